//! What several targets ask of a text.

use kubetemper::yaml::{self, Document};
use serde_json::{Value, json};

/// The bytes before the text, and the text.
pub(super) fn header<const N: usize>(data: &[u8]) -> Option<([u8; N], &str)> {
    let (header, text) = data.split_at_checked(N)?;
    Some((header.try_into().ok()?, std::str::from_utf8(text).ok()?))
}

/// The documents of a text that can be read; `None` stands for one that cannot.
pub(super) fn documents(text: &str) -> Vec<Option<Document<'_>>> {
    let slices = yaml::split(text).unwrap_or_default();
    let read = |slice| Document::parse(text, slice).ok();
    slices.iter().map(read).collect()
}

/// What the second parser reads of each document of a text.
pub(super) fn read_again(text: &str) -> Vec<Option<Value>> {
    let slices = yaml::split(text).unwrap_or_default();
    let read = |slice: &yaml::Slice| yaml::read_leniently(&text[slice.range()]);
    slices.iter().map(read).collect()
}

/// Gives a pointer a value, or removes it. Parents that are missing or null become mappings, or lists for an item at
/// their end.
pub(super) fn set(value: &mut Value, pointer: &str, after: Option<&Value>) {
    let tokens = pointer.split('/').skip(1);
    let tokens: Vec<String> = tokens
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    let Some((last, parents)) = tokens.split_last() else {
        *value = after.cloned().unwrap_or_default();
        return;
    };
    let mut at = value;
    for token in parents {
        if at.is_null() {
            *at = json!({});
        }
        at = match at {
            Value::Array(items) => &mut items[token.parse::<usize>().expect("an index")],
            Value::Object(map) => map.entry(token).or_insert(Value::Null),
            scalar => panic!("{scalar} is no collection at {pointer}"),
        };
    }
    if at.is_null() {
        *at = if last == "-" { json!([]) } else { json!({}) };
    }
    let index = || last.parse::<usize>().expect("an index");
    match (at, after) {
        (Value::Array(items), Some(after)) if last == "-" => items.push(after.clone()),
        (Value::Array(items), Some(after)) => items[index()] = after.clone(),
        (Value::Array(items), None) => drop(items.remove(index())),
        (Value::Object(map), Some(after)) => drop(map.insert(last.clone(), after.clone())),
        (Value::Object(map), None) => drop(map.shift_remove(last)),
        (other, _) => panic!("{other} is no collection at {pointer}"),
    }
}

/// The pointers of all values within a value, the first few hundred of them.
pub(super) fn pointers(value: &Value) -> Vec<String> {
    const MOST: usize = 300;
    let mut all = vec![(String::new(), value)];
    let mut next = 0;
    while let Some((pointer, value)) = all.get(next).cloned() {
        next += 1;
        if all.len() >= MOST {
            break;
        }
        match value {
            Value::Object(map) => all.extend(map.iter().map(|(key, value)| {
                let key = key.replace('~', "~0").replace('/', "~1");
                (format!("{pointer}/{key}"), value)
            })),
            Value::Array(items) => all.extend(
                (items.iter().enumerate())
                    .map(|(index, value)| (format!("{pointer}/{index}"), value)),
            ),
            _ => {}
        }
    }
    all.into_iter().map(|(pointer, _)| pointer).collect()
}
