//! Each rule of the API server on what pods may do: an edit that breaks it is held, whatever the transform.

use serde_json::{Value, json};

use super::planted::{held, set, unset};
use super::{context, merged, pod, with};

const CONTEXT: &str = "/spec/containers/0/securityContext";

pub(super) fn object(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": spec})
}

fn annotated(key: &str, text: &str, spec: &Value) -> Value {
    let mut pod = object(spec);
    pod["metadata"]["annotations"] = json!({key: text});
    pod
}

/// The value at a pointer below the first container.
pub(super) fn own<'v>(pod: &'v Value, pointer: &str) -> &'v Value {
    let container = &pod["spec"]["containers"][0];
    container.pointer(pointer).unwrap_or(&Value::Null)
}

pub(super) fn at(field: &str) -> String {
    format!("{CONTEXT}/{field}")
}

#[test]
fn rule_1_privilege_escalation() {
    let no = [set(&at("allowPrivilegeEscalation"), &json!(false))];
    let denied = |pod: &Value| *own(pod, "/securityContext/allowPrivilegeEscalation") == false;
    held(
        ("privilege-escalation-privileged", "`privileged` to true"),
        &object(&context(&json!({"privileged": true}))),
        &no,
        |pod| denied(pod) && *own(pod, "/securityContext/privileged") == true,
    );
    held(
        ("privilege-escalation-sys-admin", "CAP_SYS_ADMIN"),
        &object(&context(
            &json!({"capabilities": {"add": ["CAP_SYS_ADMIN"]}}),
        )),
        &no,
        |pod| denied(pod) && *own(pod, "/securityContext/capabilities/add/0") == "CAP_SYS_ADMIN",
    );
}

#[test]
fn rule_2_windows() {
    let default = json!({"type": "RuntimeDefault"});
    let of_pod = [
        ("hostPID", json!(true)),
        ("hostIPC", json!(true)),
        ("hostUsers", json!(false)),
        ("resources", json!({"limits": {"cpu": 1}})),
        ("shareProcessNamespace", json!(false)),
        ("securityContext/appArmorProfile", default.clone()),
        ("securityContext/seLinuxOptions", json!({"level": "s0"})),
        ("securityContext/seccompProfile", default.clone()),
        ("securityContext/fsGroup", json!(1)),
        (
            "securityContext/fsGroupChangePolicy",
            json!("OnRootMismatch"),
        ),
        (
            "securityContext/sysctls",
            json!([{"name": "kernel.shm_rmid_forced", "value": "1"}]),
        ),
        ("securityContext/runAsUser", json!(1)),
        ("securityContext/runAsGroup", json!(1)),
        ("securityContext/supplementalGroups", json!([1])),
        ("securityContext/supplementalGroupsPolicy", json!("Strict")),
    ];
    let of_container = [
        ("appArmorProfile", default.clone()),
        ("seLinuxOptions", json!({"level": "s0"})),
        ("seccompProfile", default),
        ("capabilities", json!({"drop": ["ALL"]})),
        ("readOnlyRootFilesystem", json!(true)),
        ("privileged", json!(false)),
        ("allowPrivilegeEscalation", json!(false)),
        ("procMount", json!("Default")),
        ("runAsUser", json!(1)),
        ("runAsGroup", json!(1)),
    ];
    for os in [
        json!({"os": {"name": "windows"}}),
        json!({"nodeSelector": {"kubernetes.io/os": "windows"}}),
    ] {
        let document = object(&pod(&os));
        let of_pod = of_pod.iter().map(|(f, v)| (format!("/spec/{f}"), v));
        let of_container = of_container.iter().map(|(f, v)| (at(f), v));
        for (place, value) in of_pod.chain(of_container) {
            held(
                ("windows", "cannot be set for a windows pod"),
                &document,
                &[set(&place, value)],
                |pod| pod.pointer(&place).is_some(),
            );
        }
    }
}

#[test]
fn rule_2_linux() {
    let document = object(&pod(&json!({"os": {"name": "linux"}})));
    for place in [
        at("windowsOptions"),
        "/spec/securityContext/windowsOptions".to_owned(),
    ] {
        held(
            ("linux", "windows options cannot be set for a linux pod"),
            &document,
            &[set(&place, &json!({"hostProcess": false}))],
            |pod| pod.pointer(&place).is_some(),
        );
    }
}

#[test]
fn rule_3_user_namespaces() {
    let own_users = [set("/spec/hostUsers", &json!(false))];
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        held(
            ("host-users", field),
            &object(&pod(&json!({field: true}))),
            &own_users,
            |pod| pod["spec"]["hostUsers"] == false && pod["spec"][field] == true,
        );
    }
    let mut block = with(&json!({"volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}]}));
    block["volumes"] = json!([{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}]);
    held(
        ("host-users-volume-devices", "raw block volumes"),
        &object(&block),
        &own_users,
        |pod| pod["spec"]["hostUsers"] == false && own(pod, "/volumeDevices/0").is_object(),
    );
}

#[test]
fn rule_4_proc_mount() {
    let unmasked = |pod: &Value| {
        *own(pod, "/securityContext/procMount") == "Unmasked" && pod["spec"]["hostUsers"] != false
    };
    held(
        ("proc-mount", "`hostUsers` must be false"),
        &object(&with(&json!({}))),
        &[set(&at("procMount"), &json!("Unmasked"))],
        unmasked,
    );
    let spec = context(&json!({"procMount": "Unmasked"}));
    held(
        ("proc-mount", "`hostUsers` must be false"),
        &object(&merged(spec, &json!({"hostUsers": false}))),
        &[unset("/spec/hostUsers")],
        unmasked,
    );
}

#[test]
fn rule_5_local_profiles() {
    for (field, rule) in [
        ("seccompProfile", "seccomp-localhost-profile"),
        ("appArmorProfile", "app-armor-localhost-profile"),
    ] {
        let place = format!("{}/type", at(field));
        let disagree = |pod: &Value| {
            let profile = own(pod, &format!("/securityContext/{field}"));
            (profile["type"] == "Localhost") != profile["localhostProfile"].is_string()
        };
        let local = json!({"type": "Localhost", "localhostProfile": "mine"});
        held(
            (rule, "can only be set"),
            &object(&context(&json!({field: local}))),
            &[set(&place, &json!("RuntimeDefault"))],
            disagree,
        );
        held(
            (rule, "must be set"),
            &object(&context(&json!({field: {"type": "Unconfined"}}))),
            &[set(&place, &json!("Localhost"))],
            disagree,
        );
    }
}

#[test]
fn rule_6_annotations() {
    let key = "container.apparmor.security.beta.kubernetes.io/app";
    let default = json!({"type": "RuntimeDefault"});
    let disagree = |pod: &Value| {
        let annotation = &pod["metadata"]["annotations"][key];
        let kind = own(pod, "/securityContext/appArmorProfile/type");
        *annotation == "unconfined" && *kind == "RuntimeDefault"
    };
    let told = "apparmor type in annotation and field must match";
    held(
        ("app-armor-annotation", told),
        &annotated(key, "unconfined", &with(&json!({}))),
        &[set(&at("appArmorProfile"), &default)],
        disagree,
    );
    let place = "/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1app";
    let spec = context(&json!({"appArmorProfile": default}));
    held(
        ("app-armor-annotation", told),
        &annotated(key, "runtime/default", &spec),
        &[set(place, &json!("unconfined"))],
        disagree,
    );
}

#[test]
fn rule_7_ids() {
    let document = object(&with(&json!({})));
    for place in [
        at("runAsUser"),
        at("runAsGroup"),
        "/spec/securityContext/runAsUser".to_owned(),
        "/spec/securityContext/runAsGroup".to_owned(),
        "/spec/securityContext/fsGroup".to_owned(),
        "/spec/securityContext/supplementalGroups/-".to_owned(),
    ] {
        for id in [-1_i64, 1 << 31] {
            held(
                ("id-range", "must be between 0 and 2147483647"),
                &document,
                &[set(&place, &json!(id))],
                |pod| pod.to_string().contains(&id.to_string()),
            );
        }
    }
}
