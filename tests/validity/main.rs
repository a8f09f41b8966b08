//! The rules of the API server on single objects, and that no transform, real or planted, breaks one.

#![allow(missing_docs, clippy::unwrap_used)]

mod host;
mod planted;
mod resources;
mod rules_of_containers;
mod rules_of_objects;
mod rules_of_pods;
mod security;
mod together;
mod volumes;

use std::collections::BTreeSet;

use kubetemper::validity;
use kubetemper::workload;
use serde_json::{Value, json};

/// The rules that a pod with these annotations breaks.
fn rejections(annotations: &Value, spec: &Value) -> BTreeSet<(&'static str, String)> {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "pod", "annotations": annotations},
        "spec": spec,
    });
    let identity = workload::identity(&pod, "");
    let templates = workload::pod_templates(&identity, &pod, "", &[]);
    let rejections = validity::rejections(&templates[0].pod(&pod));
    rejections
        .into_iter()
        .map(|found| (found.rule, found.text))
        .collect()
}

fn rules(spec: &Value) -> Vec<&'static str> {
    let found = rejections(&json!({}), spec);
    found.into_iter().map(|(rule, _)| rule).collect()
}

/// Checks that `bad` breaks one rule only, and `good` none.
#[track_caller]
fn check(rule: &str, bad: &Value, good: &Value) {
    assert_eq!(rules(bad), [rule], "{bad}");
    assert_eq!(rules(good), [""; 0], "{good}");
}

/// Adds the fields of one mapping to another.
fn merged(mut into: Value, fields: &Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    into.as_object_mut().unwrap().extend(fields);
    into
}

/// A pod whose only container has these fields.
fn with(fields: &Value) -> Value {
    let container = merged(json!({"name": "app", "image": "app:1"}), fields);
    json!({"containers": [container]})
}

/// A pod whose only container has this security context.
fn context(fields: &Value) -> Value {
    with(&json!({"securityContext": fields}))
}

/// A pod with these fields beside a plain container.
fn pod(fields: &Value) -> Value {
    merged(with(&json!({})), fields)
}
