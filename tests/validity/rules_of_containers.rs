//! Each rule of the API server on what containers hold: an edit that breaks it is held, whatever the transform.

use serde_json::{Value, json};

use super::planted::{held, set, unset};
use super::rules_of_pods::{at, object, own};
use super::{pod, with};

#[test]
fn rule_8_requests_and_limits() {
    for (rule, told, before, place, value) in [
        (
            "request-limit",
            "must be less than or equal to memory limit of 64Mi",
            json!({"requests": {"memory": "128Mi"}}),
            "limits/memory",
            json!("64Mi"),
        ),
        (
            "request-limit",
            "must be equal to nvidia.com/gpu limit of 2",
            json!({"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 1}}),
            "limits/nvidia.com~1gpu",
            json!(2),
        ),
        (
            "resource-limit",
            "Limit must be set for non overcommitable resources",
            json!({"limits": {"memory": "1Gi"}}),
            "requests/hugepages-2Mi",
            json!("2Mi"),
        ),
        (
            "huge-pages",
            "HugePages require cpu or memory",
            json!({}),
            "limits/hugepages-2Mi",
            json!("2Mi"),
        ),
        (
            "resource-quantity",
            "quantities must match",
            json!({}),
            "limits/memory",
            json!("256 MB"),
        ),
    ] {
        held(
            (rule, told),
            &object(&with(&json!({"resources": before}))),
            &[set(
                &format!("/spec/containers/0/resources/{place}"),
                &value,
            )],
            // The pairs are few and known: no arithmetic that could be wrong like the program's.
            |pod| *own(pod, &format!("/resources/{place}")) == value,
        );
    }
}

#[test]
fn rule_9_process_namespaces() {
    held(
        ("share-process-namespace", "cannot both be enabled"),
        &object(&pod(&json!({"hostPID": true}))),
        &[set("/spec/shareProcessNamespace", &json!(true))],
        |pod| pod["spec"]["shareProcessNamespace"] == true && pod["spec"]["hostPID"] == true,
    );
}

#[test]
fn rule_10_mount_propagation() {
    let mount = json!({"name": "a", "mountPath": "/a", "mountPropagation": "Bidirectional"});
    let mut spec = with(&json!({"securityContext": {"privileged": true}, "volumeMounts": [mount]}));
    spec["volumes"] = json!([{"name": "a", "emptyDir": {}}]);
    for wish in [
        unset(&at("privileged")),
        set(&at("privileged"), &json!(false)),
    ] {
        held(
            ("mount-propagation", "only to privileged containers"),
            &object(&spec),
            &[wish],
            |pod| *own(pod, "/securityContext/privileged") != true,
        );
    }
}

#[test]
fn rule_11_host_ports() {
    let ports = json!({"ports": [{"containerPort": 80, "hostPort": 8080}]});
    held(
        ("host-network-ports", "must match `hostPort`"),
        &object(&with(&ports)),
        &[set("/spec/hostNetwork", &json!(true))],
        |pod| {
            pod["spec"]["hostNetwork"] == true
                && own(pod, "/ports/0/hostPort") != own(pod, "/ports/0/containerPort")
        },
    );
}

#[test]
fn rule_12_volumes() {
    let mut spec = with(&json!({"volumeMounts": [{"name": "a", "mountPath": "/tmp"}]}));
    spec["volumes"] = json!([{"name": "a", "emptyDir": {}}]);
    let document = object(&spec);
    let mounts = "/spec/containers/0/volumeMounts/-";
    let mount = |name: &str, path: &str| set(mounts, &json!({"name": name, "mountPath": path}));
    let volume = |name: &str| set("/spec/volumes/-", &json!({"name": name, "emptyDir": {}}));
    let count = |pod: &Value| {
        (
            pod["spec"]["volumes"].as_array().map_or(0, Vec::len),
            own(pod, "/volumeMounts").as_array().map_or(0, Vec::len),
        )
    };
    let more = |pod: &Value| count(pod) != (1, 1);
    held(
        ("mount-path", "must be unique"),
        &document,
        &[mount("a", "/tmp")],
        more,
    );
    held(
        ("mount-volume", "Not found: \"b\""),
        &document,
        &[mount("b", "/b")],
        more,
    );
    held(
        ("mount-volume", "Not found: \"a\""),
        &document,
        &[unset("/spec/volumes/0")],
        more,
    );
    held(
        ("volume-duplicate", "Duplicate value"),
        &document,
        &[volume("a")],
        more,
    );
    held(
        ("volume-name", "RFC 1123 label"),
        &document,
        &[volume("Cache_1")],
        more,
    );
}

#[test]
fn rule_13_ephemeral_containers() {
    let debug = json!([{"name": "debug", "image": "debug:1"}]);
    let document = object(&pod(&json!({"ephemeralContainers": debug})));
    for field in [
        "ports",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
        "resources",
        "resizePolicy",
    ] {
        let place = format!("/spec/ephemeralContainers/0/{field}");
        held(
            ("ephemeral-container", "for an Ephemeral Container"),
            &document,
            &[set(&place, &json!({"any": "thing"}))],
            |pod| pod.pointer(&place).is_some(),
        );
    }
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"template": {"spec": pod(&json!({}))}},
    });
    let place = "/spec/template/spec/ephemeralContainers";
    held(
        ("ephemeral-in-template", "not allowed in pod template"),
        &deployment,
        &[set(place, &debug)],
        |deployment| deployment.pointer(place).is_some(),
    );
}

#[test]
fn rule_14_init_containers() {
    let init = json!([{"name": "init", "image": "init:1"}]);
    let document = object(&pod(&json!({"initContainers": init})));
    for field in [
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
        "lifecycle",
    ] {
        let place = format!("/spec/initContainers/0/{field}");
        held(
            ("init-container", "without restartPolicy=Always"),
            &document,
            &[set(&place, &json!({"exec": {"command": ["true"]}}))],
            |pod| pod.pointer(&place).is_some(),
        );
    }
}

#[test]
fn rule_15_sysctls() {
    for (name, host) in [
        ("net.core.somaxconn", "hostNetwork"),
        ("kernel.shmmax", "hostIPC"),
    ] {
        let sysctl = json!({"name": name, "value": "1"});
        held(
            ("host-sysctls", host),
            &object(&pod(&json!({"securityContext": {"sysctls": [sysctl]}}))),
            &[set(&format!("/spec/{host}"), &json!(true))],
            |pod| pod["spec"][host] == true,
        );
        held(
            ("host-sysctls", host),
            &object(&pod(&json!({host: true}))),
            &[set("/spec/securityContext/sysctls/-", &sysctl)],
            |pod| pod["spec"]["securityContext"].is_object(),
        );
    }
}
