//! Lists.

use serde_json::{Value, json};

use super::{flatten, identity, list_items, pod_templates};

#[test]
fn lists_are_flattened() {
    let pod = |name: &str| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}});
    let list = |items: Value| json!({"apiVersion": "v1", "kind": "List", "items": items});
    assert_eq!(flatten(&pod("a")), [""]);
    assert_eq!(
        flatten(&list(json!([pod("a"), pod("b")]))),
        ["/items/0", "/items/1"]
    );
    let nested = list(json!([pod("a"), list(json!([pod("b"), null, "text"])), 7]));
    assert_eq!(flatten(&nested), ["/items/0", "/items/1/items/0"]);
    assert_eq!(flatten(&list(json!([]))), [""; 0]);
    assert_eq!(flatten(&json!({})), [""]);
    for none in [json!(null), json!([pod("a")]), json!("text")] {
        assert_eq!(flatten(&none), [""; 0]);
    }
}

#[test]
fn only_lists_of_the_api_are_lists() {
    let of = |api_version: &str, kind: &str| {
        list_items(&json!({"apiVersion": api_version, "kind": kind, "items": [{}]})).is_some()
    };
    assert!(of("v1", "List") && of("v1", "ConfigMapList") && of("apps/v1", "DeploymentList"));
    assert!(!of("config.kubernetes.io/v1", "ResourceList") && !of("v1", "ConfigMap"));
    assert!(list_items(&json!({"kind": "PodList", "items": {}})).is_none());
    assert!(list_items(&json!({"kind": "AllowList"})).is_none());
    assert!(list_items(&json!("text")).is_none());
}

#[test]
fn nesting_is_bounded() {
    let mut document = json!({"apiVersion": "v1", "kind": "Pod"});
    for _ in 0..50 {
        document = json!({"apiVersion": "v1", "kind": "List", "items": [document]});
    }
    // The deepest list that is looked at is told as an object.
    assert_eq!(flatten(&document), ["/items/0".repeat(8)]);
}

#[test]
fn items_of_a_typed_list_take_its_kind() {
    let spec = json!({"template": {"spec": {"containers": [{"name": "a"}]}}});
    let item = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
    let document = json!({"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [item]});
    let found = identity(&document, "/items/0");
    assert_eq!(
        (found.api_version.as_str(), found.kind.as_str()),
        ("apps/v1", "Deployment")
    );
    assert_eq!(
        (found.namespace.as_deref(), found.name.as_deref()),
        (Some("shop"), Some("web"))
    );
    let templates = pod_templates(&found, &document, "/items/0", &[]);
    assert_eq!(templates[0].spec, "/items/0/spec/template/spec");
    assert_eq!(
        templates[0].containers[0].1,
        "/items/0/spec/template/spec/containers/0"
    );
}

#[test]
fn items_keep_their_own_kind() {
    let document = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "batch/v1", "kind": "Job"}, {"metadata": {"name": "unknown"}},
        {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "p"}}]}]});
    let of = |pointer| {
        let found = identity(&document, pointer);
        (found.api_version, found.kind)
    };
    let pair = |version: &str, kind: &str| (version.to_owned(), kind.to_owned());
    assert_eq!(of("/items/0"), pair("batch/v1", "Job"));
    assert_eq!(of("/items/1"), pair("", ""));
    assert_eq!(of("/items/2/items/0"), pair("v1", "Pod"));
    assert_eq!(of("/nowhere"), pair("", ""));
    assert_eq!(of(""), pair("v1", "List"));
}
