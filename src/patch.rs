//! Changes as RFC 6902 JSON Patch operations.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::{Value, json};

use crate::pointer::At;

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
        let exists = document.at(pointer).is_some();
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
        // `/list/-` appends: its parent is a list.
        let empty = if pointer.strip_suffix("/-") == Some(parent) {
            json!([])
        } else {
            json!({})
        };
        match document.at(parent) {
            Some(Value::Object(_)) => {}
            Some(Value::Array(_)) if is_index(&pointer[parent.len() + 1..]) => {}
            Some(Value::Null) => {
                operations.push(PatchOperation::Replace(ReplaceOperation {
                    path: parse(parent)?,
                    value: empty,
                }));
            }
            None => operations.push(PatchOperation::Add(AddOperation {
                path: parse(parent)?,
                value: empty,
            })),
            Some(_) => return Err(format!("{parent} has the wrong type")),
        }
    }
    let path = parse(pointer)?;
    let value = after.clone();
    operations.push(match document.at(pointer) {
        Some(_) => PatchOperation::Replace(ReplaceOperation { path, value }),
        None => PatchOperation::Add(AddOperation { path, value }),
    });
    Ok(operations)
}

/// Tells whether the first part of a relative pointer can stand below a list.
fn is_index(rest: &str) -> bool {
    let token = rest.split('/').next().unwrap_or_default();
    token == "-" || token.parse::<usize>().is_ok()
}

/// Gives `pointer` of `document` the value `after`, or removes it for `None`. Returns what takes that back.
///
/// # Errors
/// As [`operations`]; the document is as it was.
pub(crate) fn apply(
    document: &mut Value,
    pointer: &str,
    after: Option<&Value>,
) -> Result<Vec<PatchOperation>, String> {
    let operations = operations(document, pointer, after)?;
    let undo = inverse(document, &operations);
    json_patch::patch(document, &operations).map_err(|error| error.to_string())?;
    Ok(undo)
}

/// The operations that take `operations` back, as made for `document` before they are applied.
///
/// The first operation changes the highest place, so putting that place back is enough.
fn inverse(document: &Value, operations: &[PatchOperation]) -> Vec<PatchOperation> {
    let (path, appends) = match operations.first() {
        Some(PatchOperation::Add(operation)) => (
            operation.path.clone(),
            operation.path.as_str().ends_with("/-"),
        ),
        Some(PatchOperation::Replace(operation)) => (operation.path.clone(), false),
        Some(PatchOperation::Remove(operation)) => {
            let value = document
                .at(operation.path.as_str())
                .cloned()
                .unwrap_or_default();
            return vec![PatchOperation::Add(AddOperation {
                path: operation.path.clone(),
                value,
            })];
        }
        _ => return Vec::new(),
    };
    if appends {
        let list = path.as_str().trim_end_matches("/-");
        let length = document
            .at(list)
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        let path = PointerBuf::parse(format!("{list}/{length}")).unwrap_or_default();
        return vec![PatchOperation::Remove(RemoveOperation { path })];
    }
    match document.at(path.as_str()).cloned() {
        Some(value) => vec![PatchOperation::Replace(ReplaceOperation { path, value })],
        None => vec![PatchOperation::Remove(RemoveOperation { path })],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(mut document: Value, pointer: &str, after: Option<&Value>) -> Value {
        apply(&mut document, pointer, after).expect("operations");
        document
    }

    #[test]
    fn operations_can_be_taken_back() {
        let document = json!({"a": null, "b": {"c": 1}, "list": [1]});
        for (pointer, after) in [
            ("/a/b", Some(json!(1))),
            ("/b/c", Some(json!(2))),
            ("/b/c", None),
            ("/x/y/z", Some(json!(1))),
            ("/list/-", Some(json!(2))),
            ("/new/-", Some(json!(2))),
            ("/list/0", None),
        ] {
            let mut value = document.clone();
            let backward = apply(&mut value, pointer, after.as_ref()).expect("forward");
            assert_ne!(value, document, "{pointer}");
            json_patch::patch(&mut value, &backward).expect("backward");
            assert_eq!(value, document, "{pointer}");
        }
    }

    #[test]
    fn parents_are_created() {
        assert_eq!(
            applied(json!({}), "/a/b", Some(&json!(1))),
            json!({"a": {"b": 1}})
        );
        assert_eq!(
            applied(json!({"a": null}), "/a/b/c", Some(&json!(1))),
            json!({"a": {"b": {"c": 1}}})
        );
        assert_eq!(
            applied(json!({"a": [{"x": 0}]}), "/a/0/y", Some(&json!(1))),
            json!({"a": [{"x": 0, "y": 1}]})
        );
        assert_eq!(
            applied(json!({"a": {"b": 1}}), "/a/b", None),
            json!({"a": {}})
        );
        assert!(operations(&json!({"a": "text"}), "/a/b", Some(&json!(1))).is_err());
        assert!(operations(&json!({"a": []}), "/a/b", Some(&json!(1))).is_err());
    }
}
