//! What the API server would say, each rule once: `held by invalid` shows these words.

use kubetemper::validity::{self, Budget};
use kubetemper::workload;
use serde_json::{Value, json};

fn pod(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "a"}}, "spec": spec})
}

/// The pod whose container has these fields.
fn with(fields: &Value) -> Value {
    let mut container = json!({"name": "a"});
    container
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    json!({"containers": [container]})
}

#[track_caller]
fn rejected(spec: &Value, message: &str) {
    let document = pod(spec);
    let templates = workload::pod_templates(&workload::identity(&document, ""), &document, "", &[]);
    let pod = templates[0].pod(&document);
    let mut said = validity::rejections(&pod);
    said.extend(validity::template_rejections(&pod));
    let texts: Vec<&str> = said
        .iter()
        .map(|rejection| rejection.text.as_str())
        .collect();
    assert!(
        texts.contains(&message),
        "{message:?} is not among {texts:#?}"
    );
}

#[test]
fn containers() {
    let probe = json!({"exec": {"command": ["a"]}});
    rejected(
        &json!({"ephemeralContainers": [{"name": "a", "livenessProbe": probe}]}),
        "container \"a\": livenessProbe: cannot be set for an Ephemeral Container",
    );
    rejected(
        &json!({"initContainers": [{"name": "a", "livenessProbe": probe}]}),
        "container \"a\": livenessProbe: may not be set for init containers without restartPolicy=Always",
    );
    rejected(
        &json!({"ephemeralContainers": [{"name": "a"}]}),
        "ephemeralContainers: ephemeral containers not allowed in pod template",
    );
}

#[test]
fn namespaces_of_the_host() {
    rejected(
        &json!({"hostUsers": false, "hostPID": true}),
        "hostPID: when `pod.Spec.HostUsers` is false",
    );
    let mut device = with(&json!({"volumeDevices": [{"name": "v", "devicePath": "/v"}]}));
    device["hostUsers"] = json!(false);
    rejected(
        &device,
        "container \"a\": volumeDevices: a pod with `hostUsers: false` cannot have raw block volumes",
    );
    rejected(
        &json!({"shareProcessNamespace": true, "hostPID": true}),
        "shareProcessNamespace: ShareProcessNamespace and HostPID cannot both be enabled",
    );
    let mut ports = with(&json!({"ports": [{"containerPort": 1, "hostPort": 2}]}));
    ports["hostNetwork"] = json!(true);
    rejected(
        &ports,
        "container \"a\": containerPort 1: must match `hostPort` when `hostNetwork` is true",
    );
    rejected(
        &json!({"hostNetwork": true, "securityContext": {"sysctls": [{"name": "net.a"}]}}),
        "sysctl net.a: may not be specified when 'hostNetwork' is true",
    );
}

#[test]
fn resources() {
    let form = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    let requests = |value: &str| with(&json!({"resources": {"requests": {"cpu": value}}}));
    rejected(
        &requests("x"),
        &format!("container \"a\": resources.requests.cpu: {form}"),
    );
    rejected(
        &requests("-1"),
        "container \"a\": resources.requests.cpu: must be greater than or equal to 0",
    );
    let mut whole = requests("2");
    whole["resources"] = json!({"requests": {"cpu": "1"}});
    rejected(
        &whole,
        "resources.requests.cpu: must be greater than or equal to aggregate container requests",
    );
    let mut whole = with(&json!({"resources": {"limits": {"cpu": "2"}}}));
    whole["resources"] = json!({"limits": {"cpu": "1"}});
    rejected(
        &whole,
        "container \"a\": resources.limits.cpu: must be less than or equal to pod limits of 1",
    );
}

#[test]
fn security_contexts() {
    for (context, message) in [
        (
            json!({"runAsUser": 0, "runAsNonRoot": true}),
            "securityContext: container's runAsUser breaks non-root policy",
        ),
        (
            json!({"runAsUser": -1}),
            "securityContext.runAsUser: must be between 0 and 2147483647, inclusive",
        ),
        (
            json!({"allowPrivilegeEscalation": false, "capabilities": {"add": ["CAP_SYS_ADMIN"]}}),
            "securityContext: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
        ),
        (
            json!({"procMount": "Unmasked"}),
            "securityContext.procMount: `hostUsers` must be false to use `Unmasked`",
        ),
        (
            json!({"seccompProfile": {"type": "Localhost"}}),
            "securityContext.seccompProfile.localhostProfile: must be set when seccomp type is Localhost",
        ),
    ] {
        rejected(
            &with(&json!({"securityContext": context})),
            &format!("container \"a\": {message}"),
        );
    }
}

#[test]
fn volumes() {
    let label = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', at most 63, and \
                 must start and end with an alphanumeric character";
    rejected(
        &json!({"volumes": [{"name": "A"}]}),
        &format!("volume \"A\": {label}"),
    );
    rejected(
        &json!({"volumes": [{"name": "a", "emptyDir": {"sizeLimit": "x"}}]}),
        "volume \"a\": SizeLimit field must be a valid resource quantity",
    );
    rejected(
        &with(
            &json!({"volumeMounts": [{"name": "v", "mountPath": "/v", "mountPropagation": "Bidirectional"}]}),
        ),
        "container \"a\": volumeMount at /v: Bidirectional mount propagation is available only to privileged containers",
    );
}

#[track_caller]
fn rejected_object(api_version: &str, kind: &str, spec: &Value, message: &str) {
    let object =
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "o"}, "spec": spec});
    let said = validity::object_rejections(&workload::identity(&object, ""), &object);
    let texts: Vec<&str> = said
        .iter()
        .map(|rejection| rejection.text.as_str())
        .collect();
    assert!(
        texts.contains(&message),
        "{message:?} is not among {texts:#?}"
    );
}

#[test]
fn objects() {
    let budget = |spec: Value, message: &str| {
        rejected_object("policy/v1", "PodDisruptionBudget", &spec, message);
    };
    budget(
        json!({}),
        "spec: one of minAvailable and maxUnavailable must be set",
    );
    budget(
        json!({"minAvailable": 1, "maxUnavailable": 1}),
        "spec: minAvailable and maxUnavailable cannot be both set",
    );
    let policy = |rule: Value, message: &str| {
        rejected_object(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            &json!({"ingress": [rule]}),
            message,
        );
    };
    policy(
        json!({"from": [{"ipBlock": {}, "podSelector": {}}]}),
        "spec.ingress[0].from[0]: may not specify both ipBlock and another peer",
    );
    policy(
        json!({"ports": [{"endPort": 1}]}),
        "spec.ingress[0].ports[0].endPort: may not be specified when `port` is not specified",
    );
    policy(
        json!({"ports": [{"port": "a", "endPort": 1}]}),
        "spec.ingress[0].ports[0].endPort: may not be specified when `port` is non-numeric",
    );
    rejected_object(
        "v1",
        "LimitRange",
        &json!({"limits": [{"type": "Pod", "default": {"cpu": "1"}}]}),
        "spec.limits[0].default: may not be specified when `type` is 'Pod'",
    );
}

#[test]
fn budgets_of_one_pod() {
    let budget = |name: &str| {
        let object = json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}},
        });
        Budget::of(&workload::identity(&object, ""), &object).unwrap()
    };
    let document = pod(&json!({"containers": [{"name": "a"}]}));
    let templates = workload::pod_templates(&workload::identity(&document, ""), &document, "", &[]);
    let rivals = validity::rivals(
        None,
        &templates[0].pod(&document),
        &[budget("x"), budget("y")],
    );
    assert_eq!(
        rivals.unwrap().text,
        "PodDisruptionBudgets x, y: the pod has more than one, so it cannot be evicted"
    );
}
