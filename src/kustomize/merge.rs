//! Strategic merge patches, as kustomize applies them.

use serde_json::{Map, Value};

use crate::workload;

/// Lists of built-in kinds whose items are told apart by a key.
const KEYED: [(&str, &[&str]); 13] = [
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("volumes", &["name"]),
    ("env", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("ports", &["containerPort", "port"]),
    ("imagePullSecrets", &["name"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey"]),
    ("secrets", &["name"]),
    ("resourceClaims", &["name"]),
];

/// API groups whose kinds have a schema that kustomize knows.
pub(super) fn has_schema(object: &Value) -> bool {
    let identity = workload::identity(object, "");
    let group = identity.group();
    !group.contains('.') || group.ends_with(".k8s.io")
}

/// Merges a patch into an object. `keyed` says that lists of named items are merged; else they are replaced.
/// False when the patch has a directive that is not followed; the value is then half merged.
pub(super) fn merge(value: &mut Value, patch: &Value, keyed: bool) -> bool {
    let Value::Object(changes) = patch else {
        *value = patch.clone();
        return true;
    };
    match changes.get("$patch").and_then(Value::as_str) {
        Some("delete") => {
            *value = Value::Null;
            return true;
        }
        Some("replace") => {
            let rest = changes.iter().filter(|(key, _)| *key != "$patch");
            *value = Value::Object(
                rest.map(|(key, item)| (key.clone(), item.clone()))
                    .collect(),
            );
            return true;
        }
        _ => {}
    }
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(map) = value else {
        return false;
    };
    for (key, change) in changes {
        if key.starts_with('$') {
            if key != "$patch" {
                return false;
            }
        } else if change.is_null() {
            map.shift_remove(key);
        } else {
            let entry = map.entry(key.clone()).or_insert(Value::Null);
            if !merge_entry(key, entry, change, keyed) {
                return false;
            }
            if entry.is_null() {
                map.shift_remove(key);
            }
        }
    }
    true
}

fn merge_entry(key: &str, entry: &mut Value, change: &Value, keyed: bool) -> bool {
    let by = KEYED.iter().find(|(list, _)| keyed && *list == key);
    match (change, by) {
        (Value::Array(changes), Some((_, by))) => {
            let mut items = entry.as_array().cloned().unwrap_or_default();
            let done = merge_list(&mut items, changes, by);
            *entry = Value::Array(items);
            done
        }
        _ => merge(entry, change, keyed),
    }
}

fn merge_list(items: &mut Vec<Value>, changes: &[Value], by: &[&str]) -> bool {
    if changes.iter().any(|it| it["$patch"] == "replace") {
        let rest = changes.iter().filter(|it| it.get("$patch").is_none());
        *items = rest.cloned().collect();
        return true;
    }
    for change in changes {
        let key = by.iter().find_map(|key| Some((*key, change.get(*key)?)));
        let Some((key, value)) = key else {
            return false;
        };
        match items.iter().position(|item| item.get(key) == Some(value)) {
            Some(at) if change["$patch"] == "delete" => drop(items.remove(at)),
            Some(at) => {
                if !merge(&mut items[at], change, true) {
                    return false;
                }
            }
            None if change["$patch"] == "delete" => {}
            None => items.push(change.clone()),
        }
    }
    true
}

/// The containers of an object: name and JSON Pointer.
pub(crate) fn containers(object: &Value) -> Vec<(String, String)> {
    let identity = workload::identity(object, "");
    let templates = workload::pod_templates(&identity, object, "", &[]);
    let all = templates.into_iter().flat_map(|it| it.containers);
    all.filter_map(|(_, pointer)| {
        let name = object.pointer(&pointer)?.get("name")?.as_str()?;
        Some((name.to_owned(), pointer))
    })
    .collect()
}
