//! Each rule on the objects that guard pods: an edit that breaks it is held, whatever the transform.

use kubetemper::validity::{Rejection, object_rejections};
use kubetemper::workload;
use serde_json::{Value, json};

use super::planted::{held, plan, set, unset};

/// A workload, whose pods are of the app `web`, and other objects.
fn list(others: &[Value]) -> Value {
    let web = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"template": {
            "metadata": {"labels": {"app": "web", "tier": "front"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        }},
    });
    let mut items = vec![web];
    items.extend_from_slice(others);
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

fn budget(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": name}, "spec": spec,
    })
}

fn selecting(name: &str, selector: &Value) -> Value {
    budget(name, &json!({"maxUnavailable": 1, "selector": selector}))
}

fn policy(spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "web"}, "spec": spec,
    })
}

fn limits(item: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "LimitRange",
        "metadata": {"name": "limits"}, "spec": {"limits": [item]},
    })
}

fn rules(object: &Value) -> Vec<&'static str> {
    let found = object_rejections(&workload::identity(object, ""), object);
    found.iter().map(|Rejection { rule, .. }| *rule).collect()
}

/// Whether a key of the second object is set.
fn has(document: &Value, pointer: &str) -> bool {
    document["items"][1].pointer(pointer).is_some()
}

#[test]
fn rule_16_one_of_two() {
    let (least, most) = ("/spec/minAvailable", "/spec/maxUnavailable");
    let wrong = |document: &Value| has(document, least) == has(document, most);
    let document = list(&[budget("web", &json!({"minAvailable": 1}))]);
    held(
        ("budget", "cannot be both set"),
        &document,
        &[set("/items/1/spec/maxUnavailable", &json!("25%"))],
        wrong,
    );
    held(
        ("budget", "one of minAvailable and maxUnavailable"),
        &document,
        &[unset("/items/1/spec/minAvailable")],
        wrong,
    );
    assert!(rules(&budget("web", &json!({"maxUnavailable": 0}))).is_empty());
}

#[test]
fn rule_17_peers() {
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        let block = json!({"ipBlock": {"cidr": "10.0.0.0/8"}});
        let document = list(&[policy(&json!({direction: [{peers: [block]}]}))]);
        let peer = format!("/spec/{direction}/0/{peers}/0");
        for selector in ["podSelector", "namespaceSelector"] {
            let place = format!("{peer}/{selector}");
            held(
                ("policy-peer", "may not specify both ipBlock"),
                &document,
                &[set(&format!("/items/1{place}"), &json!({}))],
                |document| has(document, &format!("{peer}/ipBlock")) && has(document, &place),
            );
        }
        held(
            ("policy-peer", "must specify a peer"),
            &document,
            &[unset(&format!("/items/1{peer}/ipBlock"))],
            |document| !has(document, &format!("{peer}/ipBlock")),
        );
    }
    let both = json!({"podSelector": {}, "namespaceSelector": {}});
    assert!(
        rules(&policy(
            &json!({"ingress": [{"from": [both]}, {}], "egress": []})
        ))
        .is_empty()
    );
}

#[test]
fn rule_17_port_ranges() {
    let document = list(&[policy(
        &json!({"egress": [{"ports": [{"port": 8000, "endPort": 8080}]}]}),
    )]);
    let port = "/spec/egress/0/ports/0/port";
    let wrong = |document: &Value| {
        let first = document["items"][1].pointer(port).and_then(Value::as_u64);
        first.is_none_or(|first| first > 8080)
    };
    let place = format!("/items/1{port}");
    for (told, wish) in [
        ("when `port` is non-numeric", set(&place, &json!("http"))),
        (
            "must be greater than or equal to `port`",
            set(&place, &json!(9000)),
        ),
        ("when `port` is not specified", unset(&place)),
    ] {
        held(("policy-end-port", told), &document, &[wish], wrong);
    }
    let named = json!([{"port": "http"}, {"port": 80, "endPort": 80}, {"protocol": "UDP"}]);
    assert!(rules(&policy(&json!({"ingress": [{"ports": named}]}))).is_empty());
}

#[test]
fn rule_18_order() {
    let order = ["min", "defaultRequest", "default", "max"];
    let sizes = ["64Mi", "0.25Gi", "268435456", "1G"];
    let all: Vec<(&str, Value)> = order
        .into_iter()
        .zip(sizes.map(|size| json!({"memory": size, "cpu": 1})))
        .collect();
    let mut item: Value = all
        .iter()
        .map(|(key, value)| (*key, value.clone()))
        .collect();
    item["type"] = json!("Container");
    let document = list(&[limits(&item)]);
    for (low, high) in [
        ("min", "defaultRequest"),
        ("min", "default"),
        ("min", "max"),
        ("defaultRequest", "default"),
        ("defaultRequest", "max"),
        ("default", "max"),
    ] {
        // Only the two that are compared: no other pair can be the one that is told.
        let mut document = document.clone();
        for key in order.iter().filter(|key| ![low, high].contains(key)) {
            unset_item(&mut document, key);
        }
        let place = format!("/spec/limits/0/{low}/memory");
        held(
            (
                "limit-range-order",
                &format!("{low} value is greater than {high} value"),
            ),
            &document,
            &[set(&format!("/items/1{place}"), &json!("2Gi"))],
            |document| document["items"][1].pointer(&place) == Some(&json!("2Gi")),
        );
    }
}

fn unset_item(document: &mut Value, key: &str) {
    let item = document.pointer_mut("/items/1/spec/limits/0").unwrap();
    item.as_object_mut().unwrap().shift_remove(key);
}

#[test]
fn rule_18_defaults_are_for_containers() {
    let document = list(&[limits(&json!({"type": "Pod", "max": {"memory": "2Gi"}}))]);
    for key in ["default", "defaultRequest"] {
        let place = format!("/spec/limits/0/{key}");
        held(
            ("limit-range-default", "when `type` is 'Pod'"),
            &document,
            &[set(&format!("/items/1{place}"), &json!({"memory": "1Gi"}))],
            |document| has(document, &place),
        );
    }
}

#[test]
fn rule_19_overlapping_budgets() {
    let app = json!({"matchLabels": {"app": "web"}});
    let other = json!({"matchLabels": {"app": "other"}});
    let document = list(&[selecting("a", &app), selecting("b", &other)]);
    for wish in [
        // Duplicate, overlapping by another label, by an expression, and a selector of every pod.
        json!({"matchLabels": {"app": "web"}}),
        json!({"matchLabels": {"tier": "front"}}),
        json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}),
        json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
        json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["api"]}]}),
        json!({"matchExpressions": [{"key": "job", "operator": "DoesNotExist"}]}),
        json!({}),
    ] {
        held(
            ("budget-overlap", "PodDisruptionBudgets a, b"),
            &document,
            &[set("/items/2/spec/selector", &wish)],
            |document| document["items"][2]["spec"]["selector"] != other,
        );
    }
    // The labels of the pods, and not the budgets, may be what is changed.
    held(
        ("budget-overlap", "cannot be evicted"),
        &list(&[
            selecting("a", &app),
            selecting("b", &json!({"matchLabels": {"tier": "back"}})),
        ]),
        &[set(
            "/items/0/spec/template/metadata/labels/tier",
            &json!("back"),
        )],
        |document| {
            document.pointer("/items/0/spec/template/metadata/labels/tier") == Some(&json!("back"))
        },
    );
}

#[test]
fn budgets_that_do_not_select_the_pod_are_no_rivals() {
    let app = json!({"matchLabels": {"app": "web"}});
    let other = json!({"matchLabels": {"app": "other"}});
    let document = list(&[selecting("a", &app), selecting("b", &other)]);
    let expression = |key: &str, operator: &str, values: &Value| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
    for wish in [
        expression("app", "In", &json!(["api"])),
        expression("job", "In", &json!(["web"])),
        expression("app", "NotIn", &json!(["web", "api"])),
        expression("job", "Exists", &json!([])),
        expression("app", "DoesNotExist", &json!([])),
        json!({"matchLabels": {"app": "web", "tier": "back"}}),
    ] {
        let wishes = [set("/items/2/spec/selector", &wish)];
        let planned = plan(&document, &json!(wishes));
        assert_eq!(planned.value["items"][2]["spec"]["selector"], wish);
    }
}
