//! Requests and limits, and what containers may hold by their kind.

use serde_json::{Value, json};

use super::{check, merged, with};

fn resources(resources: &Value) -> Value {
    with(&json!({"resources": resources}))
}

#[test]
fn requests_and_limits() {
    let one = |name: &str, request: Value, limit: Value| {
        resources(&json!({"requests": {name: request}, "limits": {name: limit}}))
    };
    check(
        "request-limit",
        &one("memory", json!("1Gi"), json!("1G")),
        &one("memory", json!("1024Mi"), json!("1Gi")),
    );
    check(
        "request-limit",
        &one("cpu", json!(1), json!("500m")),
        &one("cpu", json!(0.5), json!("500m")),
    );
    check(
        "request-limit",
        &one("nvidia.com/gpu", json!(1), json!(2)),
        &one("nvidia.com/gpu", json!(2), json!("2")),
    );
    check(
        "resource-limit",
        &resources(&json!({"requests": {"nvidia.com/gpu": 1}})),
        &resources(&json!({"limits": {"nvidia.com/gpu": 1}})),
    );
    let pages = |others: &Value| {
        resources(&json!({"limits": merged(json!({"hugepages-2Mi": "4Mi"}), others)}))
    };
    check("huge-pages", &pages(&json!({})), &pages(&json!({"cpu": 1})));
    let limit = |text: &str| resources(&json!({"limits": {"memory": text}}));
    for bad in ["1GB", "-1", ""] {
        check("resource-quantity", &limit(bad), &limit("1G"));
    }
}

#[test]
fn resources_of_the_whole_pod() {
    let whole = |kind: &str, all: &str| {
        let mut pod = resources(&json!({kind: {"memory": "1Gi"}}));
        pod["resources"] = json!({kind: {"memory": all}});
        pod
    };
    check(
        "pod-request",
        &whole("requests", "1000Mi"),
        &whole("requests", "1Gi"),
    );
    check(
        "pod-limit",
        &whole("limits", "1000Mi"),
        &whole("limits", "2Gi"),
    );
}

#[test]
fn init_containers() {
    let init = |policy: Value| {
        let mut pod = with(&json!({}));
        pod["initContainers"] = json!([{
            "name": "init", "image": "init:1", "restartPolicy": policy,
            "readinessProbe": {"tcpSocket": {"port": 80}},
        }]);
        pod
    };
    check("init-container", &init(Value::Null), &init(json!("Always")));
}

#[test]
fn ephemeral_containers() {
    let debug = |field: &str, value: Value| {
        let mut pod = with(&json!({}));
        pod["ephemeralContainers"] = json!([{"name": "debug", "image": "debug:1", field: value}]);
        pod
    };
    let good = debug("tty", json!(true));
    check("ephemeral-container", &debug("ports", json!([])), &good);
    for field in ["lifecycle", "livenessProbe", "resources", "resizePolicy"] {
        check("ephemeral-container", &debug(field, json!({})), &good);
    }
}
