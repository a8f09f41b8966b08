//! Every version at which a check came or changed: the last minor before it, the first one with it, and the newest.

use std::collections::BTreeSet;

use kubetemper::pod_security::{self, Level, Version};
use serde_json::{Value, json};

use crate::{NEWEST, plain, pods, standards};

/// A pod that passes every check at every version, with a patch merged into it (RFC 7386).
fn pod(patch: &Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "app", "image": "i"}],
        },
    });
    pod["spec"]["containers"][0]["securityContext"] =
        json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    json_patch::merge(&mut pod, patch);
    pod
}

/// The pod with a patch of its container.
fn with(patch: &Value) -> Value {
    let mut pod = pod(&json!({}));
    json_patch::merge(&mut pod["spec"]["containers"][0], patch);
    pod
}

fn fails(document: &Value, check: &str, level: Level, minor: u32) -> bool {
    let template = pods(document).remove(0);
    let found = pod_security::evaluate(&template.pod(document), level, Version::new(minor));
    let found: BTreeSet<&str> = found.iter().map(|violation| violation.check).collect();
    let name = if level == Level::Baseline {
        "baseline"
    } else {
        "restricted"
    };
    assert_eq!(
        found,
        standards::failed(&plain(&template, document), name, minor),
        "v1.{minor}"
    );
    found.contains(check)
}

/// Checks that a verdict changes at a minor, and at no other between `since` and the newest.
#[track_caller]
fn gate(check: &str, level: Level, document: &Value, gate: u32, fails_before: bool) {
    for minor in gate.saturating_sub(4)..=NEWEST {
        let expected = if minor < gate {
            fails_before
        } else {
            !fails_before
        };
        assert_eq!(
            fails(document, check, level, minor),
            expected,
            "{check} at v1.{minor}"
        );
    }
    // The label `latest`, and a version that nobody knows yet.
    for minor in [NEWEST + 10, u32::MAX] {
        assert_eq!(
            fails(document, check, level, minor),
            !fails_before,
            "{check}"
        );
    }
}

/// A check that came at a minor: what fails it passed before.
#[track_caller]
fn came(check: &str, level: Level, document: &Value, minor: u32) {
    gate(check, level, document, minor, false);
}

/// A check that became milder at a minor.
#[track_caller]
fn relaxed(check: &str, level: Level, document: &Value, minor: u32) {
    gate(check, level, document, minor, true);
}

const BASELINE: Level = Level::Baseline;
const RESTRICTED: Level = Level::Restricted;

fn sysctl(name: &str) -> Value {
    pod(&json!({"spec": {"securityContext": {"sysctls": [{"name": name, "value": "1"}]}}}))
}

/// A Windows pod: Linux fields are not set.
fn windows() -> Value {
    let spec = json!({"os": {"name": "windows"}, "securityContext": {"seccompProfile": null}});
    let mut pod = pod(&json!({"spec": spec}));
    pod["spec"]["containers"][0]["securityContext"] = json!({});
    pod
}

fn in_user_namespace(mut document: Value) -> Value {
    document["spec"]["hostUsers"] = json!(false);
    document
}

#[test]
fn v1_8_allow_privilege_escalation() {
    let unset = with(&json!({"securityContext": {"allowPrivilegeEscalation": null}}));
    came("allowPrivilegeEscalation", RESTRICTED, &unset, 8);
}

#[test]
fn v1_19_seccomp_fields_of_baseline() {
    let unconfined = with(&json!({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}));
    came("seccompProfile_baseline", BASELINE, &unconfined, 19);
}

#[test]
fn v1_19_seccomp_annotations_count_no_more() {
    let key = "seccomp.security.alpha.kubernetes.io/pod";
    let annotated = pod(&json!({"metadata": {"annotations": {key: "unconfined"}}}));
    relaxed("seccompProfile_baseline", BASELINE, &annotated, 19);
}

#[test]
fn v1_19_seccomp_of_restricted() {
    let unset = pod(&json!({"spec": {"securityContext": {"seccompProfile": null}}}));
    came("seccompProfile_restricted", RESTRICTED, &unset, 19);
}

#[test]
fn v1_22_capabilities_of_restricted() {
    let unset = with(&json!({"securityContext": {"capabilities": null}}));
    came("capabilities_restricted", RESTRICTED, &unset, 22);
}

#[test]
fn v1_22_capabilities_of_baseline_give_way() {
    let raw = with(&json!({"securityContext": {"capabilities": {"add": ["NET_RAW"]}}}));
    relaxed("capabilities_baseline", RESTRICTED, &raw, 22);
    assert!(fails(&raw, "capabilities_baseline", BASELINE, NEWEST));
}

#[test]
fn v1_23_run_as_user() {
    let root = with(&json!({"securityContext": {"runAsUser": 0}}));
    came("runAsUser", RESTRICTED, &root, 23);
}

#[test]
fn v1_25_windows_and_privilege_escalation() {
    relaxed("allowPrivilegeEscalation", RESTRICTED, &windows(), 25);
}

#[test]
fn v1_25_windows_and_capabilities() {
    for minor in [22, 23, 24] {
        assert!(fails(
            &windows(),
            "capabilities_restricted",
            RESTRICTED,
            minor
        ));
    }
    assert!(!fails(
        &windows(),
        "capabilities_restricted",
        RESTRICTED,
        25
    ));
}

#[test]
fn v1_25_windows_and_seccomp() {
    relaxed("seccompProfile_restricted", RESTRICTED, &windows(), 25);
}

#[test]
fn v1_25_windows_must_not_be_root_all_the_same() {
    let mut root = windows();
    root["spec"]["securityContext"]["runAsNonRoot"] = Value::Null;
    for minor in 0..=NEWEST {
        assert!(fails(&root, "runAsNonRoot", RESTRICTED, minor));
    }
}

#[test]
fn v1_27_sysctls() {
    relaxed(
        "sysctls",
        BASELINE,
        &sysctl("net.ipv4.ip_local_reserved_ports"),
        27,
    );
}

#[test]
fn v1_29_sysctls() {
    let names = [
        "keepalive_time",
        "fin_timeout",
        "keepalive_intvl",
        "keepalive_probes",
    ];
    for name in names {
        relaxed(
            "sysctls",
            BASELINE,
            &sysctl(&format!("net.ipv4.tcp_{name}")),
            29,
        );
    }
}

#[test]
fn v1_31_se_linux_type() {
    let engine =
        with(&json!({"securityContext": {"seLinuxOptions": {"type": "container_engine_t"}}}));
    relaxed("seLinuxOptions", BASELINE, &engine, 31);
}

#[test]
fn v1_32_sysctls() {
    for name in ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"] {
        relaxed("sysctls", BASELINE, &sysctl(name), 32);
    }
}

#[test]
fn v1_34_hosts_of_probes_and_hooks() {
    for action in ["httpGet", "tcpSocket"] {
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let probe = with(&json!({probe: {action: {"port": 80, "host": "h"}}}));
            came("hostProbesAndHostLifecycle", BASELINE, &probe, 34);
        }
        for hook in ["postStart", "preStop"] {
            let hook = with(&json!({"lifecycle": {hook: {action: {"port": 80, "host": "h"}}}}));
            came("hostProbesAndHostLifecycle", BASELINE, &hook, 34);
        }
    }
}

#[test]
fn v1_35_proc_mount_of_baseline() {
    let unmasked = with(&json!({"securityContext": {"procMount": "Unmasked"}}));
    assert!(fails(&unmasked, "procMount", BASELINE, NEWEST));
    relaxed("procMount", BASELINE, &in_user_namespace(unmasked), 35);
}

#[test]
fn v1_35_proc_mount_of_restricted() {
    let unmasked = in_user_namespace(with(&json!({"securityContext": {"procMount": "Unmasked"}})));
    came("procMount_restricted", RESTRICTED, &unmasked, 35);
}

#[test]
fn v1_35_run_as_non_root() {
    let root = in_user_namespace(pod(
        &json!({"spec": {"securityContext": {"runAsNonRoot": null}}}),
    ));
    relaxed("runAsNonRoot", RESTRICTED, &root, 35);
}

#[test]
fn v1_35_run_as_user() {
    let root = in_user_namespace(with(&json!({"securityContext": {"runAsUser": 0}})));
    relaxed("runAsUser", RESTRICTED, &root, 35);
}

#[test]
fn v1_37_sysctls() {
    for name in [
        "net.ipv4.tcp_slow_start_after_idle",
        "net.ipv4.tcp_notsent_lowat",
    ] {
        relaxed("sysctls", BASELINE, &sysctl(name), 37);
    }
}

/// What is in force from the first version on.
#[test]
fn v1_0_all_others() {
    let host_path = json!({"volumes": [{"name": "v", "hostPath": {"path": "/"}}]});
    let annotation = "container.apparmor.security.beta.kubernetes.io/app";
    for (check, level, document) in [
        (
            "appArmorProfile",
            BASELINE,
            pod(&json!({"metadata": {"annotations": {annotation: "unconfined"}}})),
        ),
        (
            "capabilities_baseline",
            BASELINE,
            with(&json!({"securityContext": {"capabilities": {"add": ["BPF"]}}})),
        ),
        (
            "hostNamespaces",
            BASELINE,
            pod(&json!({"spec": {"hostPID": true}})),
        ),
        (
            "hostPathVolumes",
            BASELINE,
            pod(&json!({"spec": host_path})),
        ),
        (
            "restrictedVolumes",
            RESTRICTED,
            pod(&json!({"spec": host_path})),
        ),
        (
            "hostPorts",
            BASELINE,
            with(&json!({"ports": [{"containerPort": 1, "hostPort": 1}]})),
        ),
        (
            "privileged",
            BASELINE,
            with(&json!({"securityContext": {"privileged": true}})),
        ),
        (
            "procMount",
            BASELINE,
            with(&json!({"securityContext": {"procMount": "Unmasked"}})),
        ),
        (
            "seLinuxOptions",
            BASELINE,
            with(&json!({"securityContext": {"seLinuxOptions": {"role": "r"}}})),
        ),
        ("sysctls", BASELINE, sysctl("net.core.somaxconn")),
        (
            "windowsHostProcess",
            BASELINE,
            with(&json!({"securityContext": {"windowsOptions": {"hostProcess": true}}})),
        ),
        (
            "runAsNonRoot",
            RESTRICTED,
            pod(&json!({"spec": {"securityContext": {"runAsNonRoot": false}}})),
        ),
    ] {
        for minor in 0..=NEWEST {
            assert!(
                fails(&document, check, level, minor),
                "{check} at v1.{minor}"
            );
        }
    }
}

/// Each version of the table's changes is in the name of a test of this file.
#[test]
fn every_gate_has_a_test() {
    let own = include_str!("gates.rs");
    let mut gates: BTreeSet<u32> = standards::TABLE
        .iter()
        .map(|(_, _, since, ..)| *since)
        .collect();
    gates.extend([25, 27, 29, 31, 32, 35, 37]);
    for gate in gates {
        assert!(own.contains(&format!("fn v1_{gate}_")), "1.{gate}");
    }
}
