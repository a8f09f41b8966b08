//! Rules 16 to 18 of section A.6: budgets, policies, limit ranges.

use kubetemper::validity;
use kubetemper::workload;
use serde_json::{Map, Value};

/// Asserts that program and transcription judge an object alike; `false` for one of another kind.
pub(crate) fn agree(document: &Value, pointer: &str, label: &str) -> bool {
    let identity = workload::identity(document, pointer);
    let Some(object) = document.pointer(pointer) else {
        return false;
    };
    let group = identity
        .api_version
        .split_once('/')
        .map_or("", |(group, _)| group);
    let (broken, rules): (bool, &[&str]) = match (group, identity.kind.as_str()) {
        ("policy", "PodDisruptionBudget") => (budget(object), &["budget"]),
        ("networking.k8s.io", "NetworkPolicy") => {
            (policy(object), &["policy-peer", "policy-end-port"])
        }
        ("", "LimitRange") => (limit_range(object), &["limit-range-order"]),
        _ => return false,
    };
    let found = validity::object_rejections(&identity, object);
    let found = found
        .iter()
        .any(|rejection| rules.contains(&rejection.rule));
    assert_eq!(found, broken, "{label}: {object:#}");
    true
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn budget(object: &Value) -> bool {
    let spec = &object["spec"];
    spec["minAvailable"].is_null() == spec["maxUnavailable"].is_null()
}

fn policy(object: &Value) -> bool {
    let rules = |direction: &str| items(&object["spec"][direction]);
    let mut peers = rules("ingress")
        .flat_map(|rule| items(&rule["from"]))
        .chain(rules("egress").flat_map(|rule| items(&rule["to"])));
    let mut ports = rules("ingress")
        .chain(rules("egress"))
        .flat_map(|rule| items(&rule["ports"]));
    let is_bad_peer = |peer: &Value| {
        let selects = !peer["podSelector"].is_null() || !peer["namespaceSelector"].is_null();
        selects != peer["ipBlock"].is_null()
    };
    let is_bad_port = |port: &Value| match port["port"].as_i64() {
        _ if port["endPort"].is_null() => false,
        Some(first) => port["endPort"].as_i64().is_none_or(|end| end < first),
        None => true,
    };
    peers.any(is_bad_peer) || ports.any(is_bad_port)
}

/// `min <= defaultRequest <= default <= max`, of each resource, where both are given.
fn limit_range(object: &Value) -> bool {
    let amount = |value: &Value| {
        let text = value.as_str()?;
        let digits = text.trim_end_matches(char::is_alphabetic);
        let scale = match &text[digits.len()..] {
            "" => 1000.0,
            "m" => 1.0,
            "Mi" => 1000.0 * 1024.0 * 1024.0,
            "Gi" => 1000.0 * 1024.0 * 1024.0 * 1024.0,
            other => panic!("the test does not know {other}"),
        };
        Some(digits.parse::<f64>().ok()? * scale)
    };
    items(&object["spec"]["limits"]).any(|item| {
        let order = ["min", "defaultRequest", "default", "max"];
        let names = order
            .iter()
            .flat_map(|key| item[key].as_object().into_iter().flat_map(Map::keys));
        let mut names = names;
        names.any(|name| {
            let amounts: Vec<f64> = order
                .iter()
                .filter_map(|key| amount(&item[key][name]))
                .collect();
            !amounts.is_sorted()
        })
    })
}
