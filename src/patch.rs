//! Changes as RFC 6902 JSON Patch operations.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::{Value, json};

/// The operations that give `pointer` of `document` the value `after`, or remove it for `None`.
///
/// Missing and null parents are created first. The list is empty when there is nothing to remove.
///
/// # Errors
/// A parent that is neither a mapping nor an existing list item; the text says which.
pub(crate) fn operations(
    document: &Value,
    pointer: &str,
    after: Option<&Value>,
) -> Result<Vec<PatchOperation>, String> {
    let parse = |pointer: &str| PointerBuf::parse(pointer).map_err(|error| error.to_string());
    let Some(after) = after else {
        let exists = document.pointer(pointer).is_some();
        return Ok(if exists {
            vec![PatchOperation::Remove(RemoveOperation {
                path: parse(pointer)?,
            })]
        } else {
            Vec::new()
        });
    };
    let mut operations = Vec::new();
    let parents = pointer
        .char_indices()
        .skip(1)
        .filter(|(_, c)| *c == '/')
        .map(|(at, _)| &pointer[..at]);
    for parent in parents {
        match document.pointer(parent) {
            Some(Value::Object(_) | Value::Array(_)) => {}
            Some(Value::Null) => {
                operations.push(PatchOperation::Replace(ReplaceOperation {
                    path: parse(parent)?,
                    value: json!({}),
                }));
            }
            None => operations.push(PatchOperation::Add(AddOperation {
                path: parse(parent)?,
                value: json!({}),
            })),
            Some(_) => return Err(format!("{parent} is no mapping")),
        }
    }
    let path = parse(pointer)?;
    let value = after.clone();
    operations.push(match document.pointer(pointer) {
        Some(_) => PatchOperation::Replace(ReplaceOperation { path, value }),
        None => PatchOperation::Add(AddOperation { path, value }),
    });
    Ok(operations)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(mut document: Value, pointer: &str, after: Option<&Value>) -> Value {
        let operations = operations(&document, pointer, after).expect("operations");
        json_patch::patch(&mut document, &operations).expect("patch");
        document
    }

    #[test]
    fn parents_are_created() {
        assert_eq!(
            apply(json!({}), "/a/b", Some(&json!(1))),
            json!({"a": {"b": 1}})
        );
        assert_eq!(
            apply(json!({"a": null}), "/a/b/c", Some(&json!(1))),
            json!({"a": {"b": {"c": 1}}})
        );
        assert_eq!(
            apply(json!({"a": [{"x": 0}]}), "/a/0/y", Some(&json!(1))),
            json!({"a": [{"x": 0, "y": 1}]})
        );
        assert_eq!(
            apply(json!({"a": {"b": 1}}), "/a/b", None),
            json!({"a": {}})
        );
        assert!(operations(&json!({"a": "text"}), "/a/b", Some(&json!(1))).is_err());
    }
}
