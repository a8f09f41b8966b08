//! Volumes and mounts.

use serde_json::{Value, json};

use super::{check, pod, with};

fn mounts(mounts: &Value, volumes: &Value) -> Value {
    let mut pod = with(&json!({"volumeMounts": mounts}));
    pod["volumes"] = volumes.clone();
    pod
}

#[test]
fn places() {
    let volumes = json!([{"name": "a", "emptyDir": {}}]);
    let two = |path: &str| {
        let list = json!([{"name": "a", "mountPath": "/a"}, {"name": "a", "mountPath": path}]);
        mounts(&list, &volumes)
    };
    check("mount-path", &two("/a"), &two("/b"));
    let one = json!([{"name": "a", "mountPath": "/a"}]);
    let other = json!([{"name": "b", "emptyDir": {}}]);
    check(
        "mount-volume",
        &mounts(&one, &other),
        &mounts(&one, &volumes),
    );
}

#[test]
fn propagation() {
    let shared = |privileged: bool| {
        let mount = json!({"name": "a", "mountPath": "/a", "mountPropagation": "Bidirectional"});
        let mut pod = mounts(&json!([mount]), &json!([{"name": "a", "emptyDir": {}}]));
        pod["containers"][0]["securityContext"] = json!({"privileged": privileged});
        pod
    };
    check("mount-propagation", &shared(false), &shared(true));
}

#[test]
fn names() {
    let volumes = |volumes: Value| pod(&json!({"volumes": volumes}));
    check(
        "volume-duplicate",
        &volumes(json!([{"name": "a"}, {"name": "a"}])),
        &volumes(json!([{"name": "a"}, {"name": "b"}])),
    );
    let long = "a".repeat(64);
    for bad in ["A", "a_b", "-a", "a.b", &long] {
        check(
            "volume-name",
            &volumes(json!([{"name": bad}])),
            &volumes(json!([{"name": &long[1..]}])),
        );
    }
}

#[test]
fn sizes() {
    let size =
        |size: Value| pod(&json!({"volumes": [{"name": "a", "emptyDir": {"sizeLimit": size}}]}));
    check(
        "volume-size-limit",
        &size(json!("1 Gi")),
        &size(json!("1Gi")),
    );
    check("volume-size-limit", &size(json!("-1")), &size(json!(0)));
}
