//! Changes as RFC 6902 JSON Patch operations.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::{Value, json};

use crate::pointer::{self, At};

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
    let (mut place, mut looked) = (Some(document), 0);
    for parent in parents {
        place = place.and_then(|place| place.at(&parent[looked..]));
        looked = parent.len();
        // `/list/-` appends: its parent is a list.
        let empty = if pointer.strip_suffix("/-") == Some(parent) {
            json!([])
        } else {
            json!({})
        };
        match place {
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
    let present = place.and_then(|place| place.at(&pointer[looked..]));
    operations.push(match present {
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
    for (number, operation) in operations.into_iter().enumerate() {
        if let Err(error) = perform(document, operation) {
            if number > 0 {
                json_patch::patch(document, &undo).map_err(|error| error.to_string())?;
            }
            return Err(error);
        }
    }
    Ok(undo)
}

/// Makes one change as `json_patch` does, which looks each place up more slowly: planning does this all the time.
fn perform(document: &mut Value, operation: PatchOperation) -> Result<(), String> {
    let (path, value) = match operation {
        PatchOperation::Add(add) => (add.path, Some(add.value)),
        PatchOperation::Remove(remove) => (remove.path, None),
        PatchOperation::Replace(replace) => {
            let place = document.at_mut(replace.path.as_str());
            *place.ok_or_else(|| format!("there is no {}", replace.path))? = replace.value;
            return Ok(());
        }
        _ => return Err("only add, remove and replace are made".to_owned()),
    };
    let fail = || format!("there is no place for {path}");
    let (parent, token) = path.as_str().rsplit_once('/').ok_or_else(fail)?;
    match (document.at_mut(parent).ok_or_else(fail)?, value) {
        (Value::Object(map), Some(value)) => {
            map.insert(pointer::unescaped(token).into_owned(), value);
        }
        (Value::Object(map), None) => {
            map.remove(&*pointer::unescaped(token)).ok_or_else(fail)?;
        }
        (Value::Array(items), Some(value)) if token == "-" => items.push(value),
        (Value::Array(items), value) => {
            let at = pointer::index(token).ok_or_else(fail)?;
            match value {
                Some(value) if at <= items.len() => items.insert(at, value),
                None if at < items.len() => _ = items.remove(at),
                _ => return Err(fail()),
            }
        }
        _ => return Err(fail()),
    }
    Ok(())
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
    fn it_does_what_the_library_does() {
        let document = json!({"a": null, "b": {"c": 1, "d~": {"/": 2}, "e": 3}, "list": [1, {"x": []}], "text": "t"});
        let values = [Some(json!({"y": [1]})), Some(json!(null)), None];
        let pointers = [
            "",
            "/a",
            "/a/b/c",
            "/a/-",
            "/b",
            "/b/c",
            "/b/d~0/~1",
            "/b/d~0/~1/x",
            "/b/d~0/z/-",
            "/list",
            "/list/-",
            "/list/0",
            "/list/1/x/-",
            "/list/1/x/0",
            "/list/2",
            "/list/3",
            "/list/-/x",
            "/list/01",
            "/new/0/x",
            "/text/x",
            "/list/x",
            "a",
        ];
        for pointer in pointers {
            for after in &values {
                let mut ours = document.clone();
                let done = apply(&mut ours, pointer, after.as_ref());
                let mut theirs = document.clone();
                let made = operations(&document, pointer, after.as_ref());
                let patched = made.and_then(|made| {
                    json_patch::patch(&mut theirs, &made).map_err(|it| it.to_string())
                });
                assert_eq!(done.is_ok(), patched.is_ok(), "{pointer} {after:?}");
                assert_eq!(ours, theirs, "{pointer} {after:?}");
                let keys = |value: &Value| value.to_string();
                assert_eq!(
                    keys(&ours),
                    keys(&theirs),
                    "{pointer}: the order of the keys"
                );
            }
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
