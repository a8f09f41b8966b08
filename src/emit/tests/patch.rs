use std::slice;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::emit;

/// A file with a document that changes step by step; every step is one applied change.
fn stepwise(document: &Value, pointer: &str, steps: &[(String, Option<Value>)]) -> FileReport {
    let mut object = object();
    pointer.clone_into(&mut object.pointer);
    for (below, after) in steps {
        let mut located = change("test", None, Risk::Low, Fate::Applied);
        located.change.pointer = format!("{pointer}{below}");
        located.change.after.clone_from(after);
        object.changes.push(located);
    }
    let mut file = file("a.json", &document.to_string(), "changed");
    file.objects.push(object);
    file
}

/// The operations for a document that is one object.
fn operations(document: &Value, steps: &[(&str, Option<Value>)]) -> Result<Value, String> {
    let steps: Vec<_> = steps
        .iter()
        .map(|(pointer, after)| ((*pointer).to_owned(), after.clone()))
        .collect();
    let file = stepwise(document, "", &steps);
    let mut patches = emit::patches(slice::from_ref(&file));
    match patches.patches.pop() {
        Some(patch) => Ok(json!(patch.operations)),
        None => Err(patches.withheld.remove(0).problem.reason),
    }
}

#[test]
fn what_is_replaced_or_removed_is_tested_and_what_is_added_comes_at_once() {
    let document = json!({"a": {"b": 1, "c": 2, "n": null}});
    let steps = [
        ("/a/b", Some(json!(9))),
        ("/a/c", None),
        ("/a/n/x/y", Some(json!(true))),
        ("/a/n/x/z", Some(json!(false))),
        ("/m/list/-", Some(json!("one"))),
        ("/m/list/-", Some(json!("two"))),
        ("/m/list/0", None),
    ];
    let expected = json!([
        {"op": "test", "path": "/a/b", "value": 1},
        {"op": "replace", "path": "/a/b", "value": 9},
        {"op": "test", "path": "/a/c", "value": 2},
        {"op": "remove", "path": "/a/c"},
        {"op": "add", "path": "/a/n", "value": {"x": {"y": true, "z": false}}},
        {"op": "add", "path": "/m", "value": {"list": ["two"]}},
    ]);
    assert_eq!(operations(&document, &steps), Ok(expected));
}

#[test]
fn list_items_are_pinned_anew_after_a_shift() {
    let document = json!({"containers": [
        {"name": "a"},
        {"name": "b", "volumeMounts": [{"name": "v", "mountPath": "/m"}], "ports": [{"containerPort": 80}]},
    ]});
    let steps = [
        ("/containers/1/volumeMounts/0/readOnly", Some(json!(true))),
        ("/containers/1/ports/0/protocol", Some(json!("TCP"))),
        ("/containers/0", None),
        ("/containers/0/tty", Some(json!(true))),
    ];
    let expected = json!([
        {"op": "test", "path": "/containers/1/name", "value": "b"},
        {"op": "test", "path": "/containers/1/volumeMounts/0/mountPath", "value": "/m"},
        {"op": "add", "path": "/containers/1/volumeMounts/0/readOnly", "value": true},
        {"op": "test", "path": "/containers/1/ports/0/containerPort", "value": 80},
        {"op": "add", "path": "/containers/1/ports/0/protocol", "value": "TCP"},
        {"op": "test", "path": "/containers/0/name", "value": "a"},
        {"op": "test", "path": "/containers/0", "value": {"name": "a"}},
        {"op": "remove", "path": "/containers/0"},
        {"op": "test", "path": "/containers/0/name", "value": "b"},
        {"op": "add", "path": "/containers/0/tty", "value": true},
    ]);
    assert_eq!(operations(&document, &steps), Ok(expected));
}

#[test]
fn secrets_stand_in_no_patch() {
    let document = json!({
        "data": {"password": "canary"},
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"canary\"}"}},
        "spec": {"containers": [{
            "name": "a",
            "args": ["--password", "canary"],
            "env": [{"name": "X", "value": "canary"}, {"name": "Y", "value": "canary"}],
            "livenessProbe": {"httpHeaders": [{"name": "Authorization", "value": "canary"}]},
        }]},
    });
    let container = "/spec/containers/0";
    let steps = [
        ("/data/password", None),
        ("/metadata/annotations", None),
        (&*format!("{container}/args/1"), None),
        (&format!("{container}/env/0"), None),
        (&format!("{container}/env/0/value"), Some(json!("new"))),
        (&format!("{container}/env"), None),
        (&format!("{container}/livenessProbe"), None),
        ("/spec/containers", Some(json!([]))),
    ];
    let patch = operations(&document, &steps).expect("a patch").to_string();
    assert!(!patch.contains("canary"), "{patch}");
    let pin = r#"{"op":"test","path":"/spec/containers/0/env/0/name","value":"X"}"#;
    assert!(patch.contains(pin), "{patch}");

    let secret = json!({"name": "API_TOKEN", "value": "canary"});
    let reason = operations(&document, &[("/spec/containers/0/env/-", Some(secret))]);
    let reason = reason.expect_err("no patch");
    let why = "Deployment/shop/web: the new value of /spec/containers/0/env/- holds a secret";
    assert_eq!(reason, why);
}

#[test]
fn a_change_without_a_place_is_withheld() {
    let reason = operations(&json!({"a": "text"}), &[("/a/b", Some(json!(1)))]);
    assert_eq!(
        reason.expect_err("no patch"),
        "Deployment/shop/web: /a has the wrong type"
    );
    let reason = operations(&json!({"a": "text"}), &[("", Some(json!({})))]);
    assert_eq!(
        reason.expect_err("no patch"),
        "Deployment/shop/web: it changes as a whole"
    );
}

/// Keys that need escapes, look like an index, or are no ASCII.
fn keys() -> impl Strategy<Value = String> {
    let keys = ["a", "a/b", "~", "~1", "0", "", "ä", "name", "-"];
    prop::sample::select(keys.map(str::to_owned).to_vec())
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!("x")),
        (0..9).prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let map = prop::collection::vec((keys(), inner.clone()), 0..4);
        prop_oneof![
            map.prop_map(|map| map.into_iter().collect()),
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
        ]
    })
}

/// Walks down a value: at each step into a child, or to a key that is new.
fn pointer(value: &Value, choices: &[(usize, String)]) -> String {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    let (mut at, mut pointer) = (value, String::new());
    for (choice, key) in choices {
        let token = match at {
            Value::Array(items) if *choice < items.len() => choice.to_string(),
            Value::Array(_) => return pointer + "/-",
            _ => escaped(key),
        };
        pointer = format!("{pointer}/{token}");
        at = value.pointer(&pointer).unwrap_or(&Value::Null);
    }
    pointer
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the object and the changes: the guarded, folded patch gives what the changes give one by one.
    #[test]
    fn a_patch_gives_what_the_changes_give(
        keys in prop::collection::vec((keys(), values()), 0..4),
        steps in prop::collection::vec(
            (prop::collection::vec((0..3_usize, keys()), 1..4), prop::option::of(values())),
            1..8,
        ),
        item in any::<bool>(),
    ) {
        let value: Value = keys.into_iter().collect();
        let mut after = value.clone();
        let mut made = Vec::new();
        for (choices, new) in steps {
            let pointer = pointer(&after, &choices);
            if crate::patch::apply(&mut after, &pointer, new.as_ref()).is_ok() {
                made.push((pointer, new));
            }
        }
        let (document, at) = if item {
            (json!({"items": [{}, value.clone()]}), "/items/1")
        } else {
            (value.clone(), "")
        };
        let file = stepwise(&document, at, &made);
        let patches = emit::patches(slice::from_ref(&file));
        if made.is_empty() {
            prop_assert!(patches.patches.is_empty());
            return Ok(());
        }
        prop_assert!(patches.withheld.is_empty(), "{:?}\n{made:?}\n{document}", patches.withheld);
        let text = emit::patch_file(&patches.patches[0].operations);
        prop_assert!(text.is_ascii());
        let read: json_patch::Patch = serde_json::from_str(&text).expect("a patch");
        let mut patched = value;
        prop_assert!(json_patch::patch(&mut patched, &read).is_ok(), "{text}");
        prop_assert_eq!(patched, after, "{}", text);
    }
}
