//! Objects without pods that guard those of others (`k8s.io/kubernetes/pkg/apis/{policy,networking,core}/validation`).

use serde_json::{Map, Value};

use super::Found;
use crate::pointer::At;
use crate::quantity::Quantity;
use crate::workload::Identity;

pub(super) fn check(identity: &Identity, object: &Value, found: &mut Found) {
    match (identity.group(), identity.kind.as_str()) {
        ("policy", "PodDisruptionBudget") => budget(object, found),
        ("networking.k8s.io", "NetworkPolicy") => policy(object, found),
        ("", "LimitRange") => limits(object, found),
        _ => {}
    }
}

fn present<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|value| !value.is_null())
}

fn items<'v>(
    value: &'v Value,
    pointer: &str,
) -> impl Iterator<Item = (usize, &'v Value)> + use<'v> {
    let list = value.at(pointer).and_then(Value::as_array);
    list.into_iter().flatten().enumerate()
}

/// The API server rejects both together. It takes neither as well, and such a budget protects nothing.
fn budget(object: &Value, found: &mut Found) {
    const RULE: &str = "budget";
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let is_set = |key: &&&str| present(spec, key).is_some();
    let message = match ["minAvailable", "maxUnavailable"]
        .iter()
        .filter(is_set)
        .count()
    {
        0 => "one of minAvailable and maxUnavailable must be set",
        1 => return,
        _ => "minAvailable and maxUnavailable cannot be both set",
    };
    found.pod(RULE, "spec", message);
}

fn policy(object: &Value, found: &mut Found) {
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in items(object, &format!("/spec/{direction}")) {
            let field = format!("spec.{direction}[{index}]");
            for (index, peer) in items(rule, &format!("/{peers}")) {
                self::peer(peer, &format!("{field}.{peers}[{index}]"), found);
            }
            for (index, port) in items(rule, "/ports") {
                self::port(port, &format!("{field}.ports[{index}]"), found);
            }
        }
    }
}

fn peer(peer: &Value, field: &str, found: &mut Found) {
    const RULE: &str = "policy-peer";
    let selects = ["podSelector", "namespaceSelector"]
        .iter()
        .any(|key| present(peer, key).is_some());
    match (present(peer, "ipBlock").is_some(), selects) {
        (true, true) => {
            let message = "may not specify both ipBlock and another peer";
            found.pod(RULE, field, message);
        }
        (false, false) => found.pod(RULE, field, "must specify a peer"),
        _ => {}
    }
}

fn port(port: &Value, field: &str, found: &mut Found) {
    const RULE: &str = "policy-end-port";
    let Some(end) = present(port, "endPort") else {
        return;
    };
    let field = format!("{field}.endPort");
    match present(port, "port") {
        None => found.pod(
            RULE,
            field,
            "may not be specified when `port` is not specified",
        ),
        Some(Value::Number(first)) => {
            if end.as_u64() < first.as_u64() {
                let message = "must be greater than or equal to `port`";
                found.pod(RULE, field, message);
            }
        }
        Some(_) => {
            let message = "may not be specified when `port` is non-numeric";
            found.pod(RULE, field, message);
        }
    }
}

/// `min <= defaultRequest <= default <= max`, for each resource that has the two values.
fn limits(object: &Value, found: &mut Found) {
    const ORDER: [&str; 4] = ["min", "defaultRequest", "default", "max"];
    for (index, item) in items(object, "/spec/limits") {
        let field = format!("spec.limits[{index}]");
        if item["type"] == "Pod" {
            for key in ["default", "defaultRequest"] {
                if present(item, key).is_some() {
                    let message = "may not be specified when `type` is 'Pod'";
                    found.pod("limit-range-default", format!("{field}.{key}"), message);
                }
            }
        }
        for (at, low) in ORDER.iter().enumerate() {
            for high in &ORDER[at + 1..] {
                order(item, (low, high), &field, found);
            }
        }
    }
}

fn order(item: &Value, (low, high): (&str, &str), field: &str, found: &mut Found) {
    let lows = present(item, low).and_then(Value::as_object);
    for (name, less) in lows.into_iter().flat_map(Map::iter) {
        let more = item.get(high).and_then(|map| map.get(name));
        let both = Quantity::of(less).zip(more.and_then(Quantity::of));
        if both.is_some_and(|(less, more)| less > more) {
            let message = format!("{low} value is greater than {high} value");
            found.pod(
                "limit-range-order",
                format!("{field}.{low}[{name}]"),
                message,
            );
        }
    }
}
