//! The quick half of the proof for a document that is JSON: `serde_json` reads it, which is what kubectl does with a
//! text that begins with a brace. A YAML parser must queue all tokens of a JSON text on one line, until it knows that
//! the whole is no key; that takes a hundred times the text.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::agree::{KEYS, Mapping};

/// Tells whether a text is certainly one JSON object of this value. YAML that is no JSON is not known.
pub(super) fn agrees(text: &str, expected: &Value) -> bool {
    if !is_object(text) {
        return false;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    Wanted(expected).deserialize(&mut reader).is_ok() && reader.end().is_ok()
}

/// Tells whether kubectl would read a text as JSON.
pub(super) fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// The value that must come next.
struct Wanted<'v>(&'v Value);

fn same<E: Error>(same: bool) -> Result<(), E> {
    if same {
        Ok(())
    } else {
        // The text is read the long way then, and that says what is wrong.
        Err(E::custom(fmt::Error))
    }
}

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("the wanted value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        same(self.0.is_null())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        same(self.0.as_bool() == Some(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        same(matches!(self.0, Value::Number(wanted) if *wanted == Number::from(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        same(matches!(self.0, Value::Number(wanted) if *wanted == Number::from(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let read = Number::from_f64(value);
        same(matches!(self.0, Value::Number(wanted) if Some(wanted) == read.as_ref()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        same(self.0.as_str() == Some(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut read: A) -> Result<(), A::Error> {
        let Value::Array(items) = self.0 else {
            return same(false);
        };
        for item in items {
            if read.next_element_seed(Wanted(item))?.is_none() {
                return same(false);
            }
        }
        let more: Option<IgnoredAny> = read.next_element()?;
        same(more.is_none())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut read: A) -> Result<(), A::Error> {
        let map = match self.0 {
            Value::Object(map) if map.len() <= KEYS => map,
            _ => return same(false),
        };
        let mut mapping = Mapping::of(map);
        while let Some(value) = read.next_key_seed(Key(&mut mapping))? {
            read.next_value_seed(Wanted(value))?;
        }
        same(mapping.is_complete())
    }
}

/// The keys that may come next; gives the value of the one that comes.
struct Key<'m, 'v>(&'m mut Mapping<'v>);

impl<'de, 'v> DeserializeSeed<'de> for Key<'_, 'v> {
    type Value = &'v Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<&'v Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'v> Visitor<'_> for Key<'_, 'v> {
    type Value = &'v Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a wanted key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<&'v Value, E> {
        let first = self.0.key(key);
        let value = self.0.take().filter(|_| first);
        value.ok_or_else(|| E::custom(fmt::Error))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_knows_json_only() {
        let wanted = json!({"a": [1, -2, 1.5, "x", null, true], "b": {"c": {}}});
        let text = r#"{"a":[1,-2,1.5,"x",null,true], "b":{"c":{}}}"#;
        assert!(agrees(text, &wanted));
        assert!(agrees(&format!("{text}\n"), &wanted));
        for other in [
            r#"{"a":[1,-2,1.5,"x",null,true]}"#,
            r#"{"a":[1,-2,1.5,"x",null,true],"b":{"c":{}},"d":1}"#,
            r#"{"a":[1,-2,1.5,"x",null,true],"a":[1,-2,1.5,"x",null,true],"b":{"c":{}}}"#,
            r#"{"a":[1,-2,1.5,"x",null],"b":{"c":{}}}"#,
            r#"{"a":[1,-2,1.5,"x",null,true,1],"b":{"c":{}}}"#,
            r#"{"a":["1",-2,1.5,"x",null,true],"b":{"c":{}}}"#,
            r#"{"a":[1,-2,1.5,"x",null,true],"b":{"c":[]}}"#,
            r#"{"a":[1,-2,1.5,"x",null,true],"b":{"c":{}}} {}"#,
            r#"{"a":[1,-2,1.5,"x",null,true],"b":{"c":{}}} # c"#,
            r#"{"a":[1,-2,1.5,"x",null,false],"b":{"c":{}}}"#,
            r#"{"a":[1,-2,1.5,x,null,true],"b":{"c":{}}}"#,
            "a: 1\n",
        ] {
            assert!(!agrees(other, &wanted), "{other}");
        }
    }
}
