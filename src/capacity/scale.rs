//! The most pods that a workload has at once.

use serde_json::Value;

use crate::namespace::{Namespace, Object};

/// How many pods a workload has at once at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// The number, or why it has no bound.
    pub pods: Result<i64, String>,
}

/// What KEDA scales to when nothing is said.
const KEDA: i64 = 100;

/// Counts the pods of a workload.
pub(super) fn of(workload: &Object<'_>, namespace: &Namespace<'_>, nodes: Option<u32>) -> Scale {
    let label = workload.label();
    let kind = workload.identity.kind.as_str();
    let replicas = || most_replicas(workload, namespace);
    let pods = match (workload.identity.group(), kind) {
        ("apps" | "extensions", "Deployment") => Ok(with_surge(
            replicas(),
            text(workload, "/spec/strategy/type") == Some("Recreate"),
            workload.get("/spec/strategy/rollingUpdate/maxSurge"),
        )),
        ("apps.openshift.io", "DeploymentConfig") => Ok(with_surge(
            replicas(),
            text(workload, "/spec/strategy/type") == Some("Recreate"),
            workload.get("/spec/strategy/rollingParams/maxSurge"),
        )),
        // The new version runs whole beside the old one.
        ("argoproj.io", "Rollout") if workload.get("/spec/strategy/blueGreen").is_some() => {
            Ok(2 * replicas())
        }
        ("argoproj.io", "Rollout") => Ok(with_surge(
            replicas(),
            false,
            workload.get("/spec/strategy/canary/maxSurge"),
        )),
        ("apps", "StatefulSet")
        | ("apps" | "extensions", "ReplicaSet")
        | ("", "ReplicationController") => Ok(replicas()),
        ("", "Pod") => Ok(1),
        ("", "PodTemplate") => Ok(0),
        ("apps" | "extensions", "DaemonSet") => nodes.map_or_else(
            || {
                Err(format!(
                    "{label} runs on every node, and `nodes` does not say how many there are"
                ))
            },
            |nodes| {
                let surge = workload.get("/spec/updateStrategy/rollingUpdate/maxSurge");
                let nodes = i64::from(nodes);
                Ok(nodes + surge.map_or(0, |surge| share(surge, nodes)))
            },
        ),
        ("batch", "Job") => Ok(job(workload, "/spec")),
        ("batch", "CronJob") => {
            let runs = match text(workload, "/spec/concurrencyPolicy") {
                Some("Forbid") => 1,
                // A run is replaced, or is still there when the next one starts.
                _ => 2,
            };
            Ok(runs * job(workload, "/spec/jobTemplate/spec"))
        }
        ("keda.sh", "ScaledJob") => {
            let most = number(workload, "/spec/maxReplicaCount").unwrap_or(KEDA);
            Ok(most * job(workload, "/spec/jobTargetRef"))
        }
        _ => Err(format!("how many pods {label} has is not known")),
    };
    Scale { pods }
}

fn text<'a>(object: &Object<'a>, pointer: &str) -> Option<&'a str> {
    object.get(pointer)?.as_str()
}

/// A count; a text of another program's making, such as a variable, is none.
fn number(object: &Object<'_>, pointer: &str) -> Option<i64> {
    let count = object.get(pointer)?.as_i64()?;
    Some(count.clamp(0, i64::from(i32::MAX)))
}

/// Replicas as they are written, or as an autoscaler sets them.
fn most_replicas(workload: &Object<'_>, namespace: &Namespace<'_>) -> i64 {
    // What is parked at none can be started by hand.
    let own = number(workload, "/spec/replicas").unwrap_or(1).max(1);
    let autoscalers = namespace.of_kind("autoscaling", "HorizontalPodAutoscaler");
    let autoscalers = autoscalers.filter_map(|scaler| {
        let target = scaler.get("/spec/scaleTargetRef");
        is_target(target, workload, "").then(|| number(scaler, "/spec/maxReplicas").unwrap_or(1))
    });
    let scaled = namespace
        .of_kind("keda.sh", "ScaledObject")
        .filter_map(|scaler| {
            let target = scaler.get("/spec/scaleTargetRef");
            let most = || number(scaler, "/spec/maxReplicaCount").unwrap_or(KEDA);
            is_target(target, workload, "Deployment").then(most)
        });
    autoscalers.chain(scaled).fold(own, i64::max)
}

/// Tells whether a reference names a workload; `kind` is what it means without one.
pub(super) fn is_target(target: Option<&Value>, workload: &Object<'_>, kind: &str) -> bool {
    target.is_some_and(|target| {
        let text = |key: &str| target.get(key).and_then(Value::as_str);
        text("name") == Some(workload.name())
            && text("kind").unwrap_or(kind) == workload.identity.kind
    })
}

/// Replicas with those that a rolling update adds: a quarter unless something else is said.
fn with_surge(replicas: i64, recreate: bool, surge: Option<&Value>) -> i64 {
    if recreate {
        return replicas;
    }
    let quarter = || (replicas * 25 + 99) / 100;
    replicas + surge.map_or_else(quarter, |surge| share(surge, replicas))
}

/// A number, or percent of a whole, rounded up.
fn share(value: &Value, whole: i64) -> i64 {
    let percent = value.as_str().and_then(|text| text.strip_suffix('%'));
    let percent = percent.and_then(|text| text.parse::<i64>().ok());
    match (percent, value.as_i64()) {
        (Some(percent), _) => (whole * percent.clamp(0, 100) + 99) / 100,
        (None, Some(number)) => number.max(0),
        // What is neither is rejected by the API server.
        (None, None) => whole,
    }
}

/// Pods of a Job: a pod that still ends has its replacement beside it, unless the Job waits for it.
fn job(workload: &Object<'_>, spec: &str) -> i64 {
    let count = |key: &str| number(workload, &format!("{spec}/{key}"));
    let parallel = count("parallelism").unwrap_or(1);
    let parallel = count("completions").map_or(parallel, |all| parallel.min(all));
    let policy = text(workload, &format!("{spec}/podReplacementPolicy"));
    let fails = workload.get(&format!("{spec}/podFailurePolicy")).is_some();
    let waits = policy == Some("Failed") || policy.is_none() && fails;
    if waits { parallel } else { 2 * parallel }
}
