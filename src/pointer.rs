//! Looks up what a JSON Pointer (RFC 6901) names, without allocating: planning does little else.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Mappings of manifests are small: up to this size looking at each key is faster than hashing one.
const SMALL: usize = 8;

/// Values that can be looked into.
pub(crate) trait At {
    /// The value at a JSON Pointer; `None` when there is none. As `Value::pointer`, which allocates for each token.
    fn at(&self, pointer: &str) -> Option<&Value>;

    /// The same, to be changed.
    fn at_mut(&mut self, pointer: &str) -> Option<&mut Value>;
}

impl At for Value {
    fn at(&self, pointer: &str) -> Option<&Value> {
        if pointer.is_empty() {
            return Some(self);
        }
        let mut rest = pointer.strip_prefix('/')?;
        let mut value = self;
        loop {
            // Most tokens are short: a loop over bytes beats a search that is made for long texts.
            let end = rest.bytes().position(|byte| byte == b'/');
            let token = &rest[..end.unwrap_or(rest.len())];
            value = match value {
                Value::Object(map) => field(map, token)?,
                Value::Array(items) => items.get(index(token)?)?,
                _ => return None,
            };
            match end {
                Some(end) => rest = &rest[end + 1..],
                None => return Some(value),
            }
        }
    }

    fn at_mut(&mut self, pointer: &str) -> Option<&mut Value> {
        if pointer.is_empty() {
            return Some(self);
        }
        let tokens = pointer.strip_prefix('/')?.split('/');
        let mut value = self;
        for token in tokens {
            value = match value {
                Value::Object(map) => {
                    let key = &*unescaped(token);
                    if map.len() > SMALL {
                        map.get_mut(key)?
                    } else {
                        let mut entries = map.iter_mut();
                        entries.find_map(|(name, value)| (name == key).then_some(value))?
                    }
                }
                Value::Array(items) => items.get_mut(index(token)?)?,
                _ => return None,
            };
        }
        Some(value)
    }
}

/// The value of the key that a token names.
fn field<'v>(map: &'v Map<String, Value>, token: &str) -> Option<&'v Value> {
    if map.is_empty() {
        return None;
    }
    let key = &*unescaped(token);
    if map.len() > SMALL {
        return map.get(key);
    }
    map.iter()
        .find_map(|(name, value)| (name == key).then_some(value))
}

/// The key that a token names.
pub(crate) fn unescaped(token: &str) -> Cow<'_, str> {
    if token.bytes().any(|byte| byte == b'~') {
        token.replace("~1", "/").replace("~0", "~").into()
    } else {
        token.into()
    }
}

/// An index of a list as RFC 6901 writes it: without a sign or leading zeros.
pub(crate) fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || token.starts_with(|first: char| matches!(first, '1'..='9'));
    plain.then(|| token.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_agrees_with_the_library() {
        let wide: Map<String, Value> = (0..20).map(|key| (format!("k{key}"), json!(key))).collect();
        let mut value = json!({"a": {"b/c": [1, {"~d": 2}], "": 3}, "wide": wide, "n": null});
        for pointer in [
            "",
            "/",
            "/a",
            "/a/",
            "/a/b~1c/0",
            "/a/b~1c/1/~0d",
            "/a/b~1c/01",
            "/a/b~1c/+1",
            "/a/b~1c/-",
            "/a/b~1c/2",
            "/wide/k3",
            "/wide/k33",
            "/n",
            "/n/x",
            "a",
            "/a/b/c",
            "/a/b~1c/1/~01d",
        ] {
            assert_eq!(value.at(pointer), value.pointer(pointer), "{pointer}");
            let mut same = value.clone();
            assert_eq!(
                value.at_mut(pointer),
                same.pointer_mut(pointer),
                "{pointer}"
            );
        }
    }
}
