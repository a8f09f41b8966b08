use serde_json::{Value, json};

use super::*;
use crate::workload::{self, Identity, PodTemplate};

/// Runs a check on a namespace that holds some objects.
fn with<T>(objects: &[Value], check: impl Fn(&Namespace<'_>) -> T) -> T {
    let read: Vec<(Identity, Vec<PodTemplate>)> = objects
        .iter()
        .map(|object| {
            let identity = workload::identity(object, "");
            let templates = workload::pod_templates(&identity, object, "", &[]);
            (identity, templates)
        })
        .collect();
    let objects = objects
        .iter()
        .zip(&read)
        .map(|(document, (identity, templates))| Object {
            identity,
            document,
            pointer: "",
            templates,
            hold: None,
            token: None,
        });
    check(&Namespace {
        name: "shop",
        object: None,
        pointer: "",
        objects: objects.collect(),
        group: Vec::new(),
        unseen: None,
    })
}

fn workload(kind: &str, version: &str, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["template"]["spec"]["containers"] = json!([{"name": "a", "image": "a"}]);
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec})
}

fn pods(objects: &[Value], nodes: Option<u32>) -> Result<String, String> {
    let pods = with(objects, |namespace| Capacity::new(namespace, nodes).pods());
    pods.map(|pods| pods.canonical(crate::quantity::Form::DecimalSi))
}

#[test]
fn pods_at_the_highest_scale() {
    let deployment = |spec: Value| workload("Deployment", "apps/v1", &spec);
    for (spec, expected) in [
        (json!({}), "2"),
        (json!({"replicas": 4}), "5"),
        (json!({"replicas": 5}), "7"),
        (json!({"replicas": 0}), "2"),
        (
            json!({"replicas": 4, "strategy": {"type": "Recreate"}}),
            "4",
        ),
        (
            json!({"replicas": 4, "strategy": {"rollingUpdate": {"maxSurge": 3}}}),
            "7",
        ),
        (
            json!({"replicas": 3, "strategy": {"rollingUpdate": {"maxSurge": "50%"}}}),
            "5",
        ),
        (
            json!({"replicas": 3, "strategy": {"rollingUpdate": {"maxSurge": "0%"}}}),
            "3",
        ),
    ] {
        assert_eq!(
            pods(&[deployment(spec.clone())], None).as_deref(),
            Ok(expected),
            "{spec}"
        );
    }
    for (kind, version, spec, expected) in [
        ("StatefulSet", "apps/v1", json!({"replicas": 3}), "3"),
        ("ReplicaSet", "apps/v1", json!({"replicas": 3}), "3"),
        ("Job", "batch/v1", json!({}), "2"),
        (
            "Job",
            "batch/v1",
            json!({"parallelism": 4, "podReplacementPolicy": "Failed"}),
            "4",
        ),
        (
            "Job",
            "batch/v1",
            json!({"parallelism": 4, "completions": 3, "podFailurePolicy": {}}),
            "3",
        ),
        (
            "Rollout",
            "argoproj.io/v1alpha1",
            json!({"replicas": 3, "strategy": {"blueGreen": {}}}),
            "6",
        ),
    ] {
        let object = workload(kind, version, &spec);
        assert_eq!(
            pods(&[object], None).as_deref(),
            Ok(expected),
            "{kind} {spec}"
        );
    }
}

#[test]
fn autoscalers_and_nodes() {
    let deployment = workload("Deployment", "apps/v1", &json!({"replicas": 2}));
    let scaler = |max: u32| {
        json!({
            "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"},
            "spec": {"maxReplicas": max, "scaleTargetRef": {"kind": "Deployment", "name": "a"}},
        })
    };
    assert_eq!(
        pods(&[deployment.clone(), scaler(8)], None).as_deref(),
        Ok("10")
    );
    assert_eq!(
        pods(&[deployment.clone(), scaler(1)], None).as_deref(),
        Ok("3")
    );
    let keda = json!({
        "apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a"},
        "spec": {"scaleTargetRef": {"name": "a"}},
    });
    assert_eq!(pods(&[deployment, keda], None).as_deref(), Ok("125"));
    let daemons = workload("DaemonSet", "apps/v1", &json!({}));
    assert!(pods(std::slice::from_ref(&daemons), None).is_err());
    assert_eq!(pods(&[daemons], Some(7)).as_deref(), Ok("7"));
    let unknown = workload("Kafka", "example.com/v1", &json!({}));
    assert_eq!(
        pods(&[unknown], None).as_deref(),
        Ok("0"),
        "it has no pods that are known"
    );
}

#[test]
fn what_a_scaler_changes_or_nothing_gives_has_no_bound() {
    let deployment = workload("Deployment", "apps/v1", &json!({}));
    let range = json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"},
        "spec": {"limits": [{"type": "Container", "max": {"memory": "1Gi"}}]},
    });
    let scaler = json!({
        "apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscaler", "metadata": {"name": "a"},
        "spec": {"targetRef": {"kind": "Deployment", "name": "a"}},
    });
    let total = |objects: &[Value], share, resource| {
        with(objects, |namespace| {
            Capacity::new(namespace, None).total(share, resource)
        })
    };
    let both = [deployment.clone(), range.clone()];
    let expected = Ok(Quantity::whole(2 << 30));
    assert_eq!(
        total(&both, Share::Limits, Resource::Memory),
        expected,
        "max is the default"
    );
    assert_eq!(total(&both, Share::Requests, Resource::Memory), expected);
    assert!(total(&both, Share::Requests, Resource::Cpu).is_err());
    assert!(
        total(
            &[deployment, range, scaler],
            Share::Limits,
            Resource::Memory
        )
        .is_err()
    );
}
