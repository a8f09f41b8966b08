//! Reasons and details, letter by letter as `policy/check_*_test.go` expects them.

use serde_json::{Value, json};

use super::{container, pod, pod_with, told, violations};
use crate::pod_security::{Level, Version, message};

/// Asserts on what a check says of a pod at 1.36.
fn says(check: &str, pod: &Value, expected: &str) {
    assert_eq!(told(pod, check, 36), expected);
}

/// A pod of two containers, `a` and `b`.
fn two(first: Value, second: Value) -> Value {
    pod(&[container("a", first), container("b", second)])
}

#[test]
fn added_capabilities() {
    let adding = |names: &[&str]| json!({"capabilities": {"add": names}});
    says(
        "capabilities_baseline",
        &two(adding(&["SYS_TIME", "NET_RAW"]), adding(&["CHOWN"])),
        r#"non-default capabilities (container "a" must not include "NET_RAW", "SYS_TIME" in securityContext.capabilities.add)"#,
    );
    says(
        "capabilities_baseline",
        &two(adding(&["NET_RAW"]), adding(&["CAP_CHOWN"])),
        r#"non-default capabilities (containers "a", "b" must not include "CAP_CHOWN", "NET_RAW" in securityContext.capabilities.add)"#,
    );
}

#[test]
fn host_access() {
    let all = json!({"spec": {"hostIPC": true, "hostNetwork": true, "hostPID": true}});
    let expected = "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)";
    says("hostNamespaces", &all, expected);
    let volumes = json!([{"name": "x", "hostPath": {}}, {"name": "y", "hostPath": {"path": "/"}}]);
    let volumes = json!({"spec": {"volumes": volumes}});
    says(
        "hostPathVolumes",
        &volumes,
        r#"hostPath volumes (volumes "x", "y")"#,
    );
    let one = json!({"spec": {"initContainers": [{"name": "i", "ports": [{"hostPort": 80}]}]}});
    says(
        "hostPorts",
        &one,
        r#"hostPort (container "i" uses hostPort 80)"#,
    );
    let ports = json!({"spec": {"containers": [
        {"name": "a", "ports": [{"containerPort": 1, "hostPort": 9090}]},
        {"name": "b", "ports": [{"hostPort": 80}, {"hostPort": 0}, {"hostPort": 10080}]},
    ]}});
    says(
        "hostPorts",
        &ports,
        r#"hostPort (containers "a", "b" use hostPorts 10080, 80, 9090)"#,
    );
    // The API server sets the host port of a pod on the host's network.
    let defaulted = json!([{"name": "a", "ports": [{"containerPort": 8080}]}]);
    let defaulted = json!({"spec": {"hostNetwork": true, "containers": defaulted}});
    says(
        "hostPorts",
        &defaulted,
        r#"hostPort (container "a" uses hostPort 8080)"#,
    );
}

#[test]
fn probe_hosts() {
    let hook = json!({"preStop": {"tcpSocket": {"host": "a.example"}}});
    let probe = json!({"httpGet": {"host": "b.example"}});
    let one = json!({"spec": {"containers": [{"name": "a", "readinessProbe": probe}]}});
    says(
        "hostProbesAndHostLifecycle",
        &one,
        r#"probe or lifecycle host (container "a" uses probe or lifecycle host "b.example")"#,
    );
    let hosts = json!({"spec": {"containers": [
        {"name": "b", "startupProbe": probe, "lifecycle": hook},
        {"name": "a", "readinessProbe": probe},
    ]}});
    says(
        "hostProbesAndHostLifecycle",
        &hosts,
        r#"probe or lifecycle host (containers "a", "b" use probe or lifecycle hosts "a.example", "b.example")"#,
    );
}

#[test]
fn privileges() {
    let set = || json!({"privileged": true});
    let expected =
        r#"privileged (containers "a", "b" must not set securityContext.privileged=true)"#;
    says("privileged", &two(set(), set()), expected);
    let mounts = two(
        json!({"procMount": "Unmasked"}),
        json!({"procMount": "Default"}),
    );
    let expected =
        r#"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#;
    says("procMount", &mounts, expected);
    says("procMount_restricted", &mounts, expected);
    let sysctls = json!({"sysctls": [{"name": "kernel.msgmax"}, {"name": "a.b"}]});
    says(
        "sysctls",
        &pod_with(sysctls, &[]),
        "forbidden sysctls (kernel.msgmax, a.b)",
    );
    let process = || json!({"windowsOptions": {"hostProcess": true}});
    says(
        "windowsHostProcess",
        &pod_with(process(), &[]),
        "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
    );
    says(
        "windowsHostProcess",
        &pod_with(
            process(),
            &[container("a", process()), container("b", process())],
        ),
        r#"hostProcess (pod and containers "a", "b" must not set securityContext.windowsOptions.hostProcess=true)"#,
    );
}

#[test]
fn app_armor() {
    let armor = |kind| json!({"appArmorProfile": {"type": kind}});
    says(
        "appArmorProfile",
        &pod_with(armor("Unconfined"), &[]),
        r#"forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")"#,
    );
    let mut pod = pod_with(armor("Unconfined"), &[container("a", armor("Other"))]);
    pod["metadata"] = json!({"annotations": {
        "container.apparmor.security.beta.kubernetes.io/b": "unconfined",
        "container.apparmor.security.beta.kubernetes.io/a": "runtime/default",
    }});
    says(
        "appArmorProfile",
        &pod,
        r#"forbidden AppArmor profiles (pod and container "a" and annotation must not set AppArmor profile type to "Other", "Unconfined", "container.apparmor.security.beta.kubernetes.io/b="unconfined"")"#,
    );
}

#[test]
fn se_linux() {
    let linux = |options| json!({"seLinuxOptions": options});
    let all = linux(json!({"type": "foo", "user": "u", "role": "r"}));
    let typed = container("e", linux(json!({"type": "bar"})));
    let user = container("f", linux(json!({"user": "u"})));
    says(
        "seLinuxOptions",
        &pod_with(all, &[typed, user]),
        r#"seLinuxOptions (pod and containers "e", "f" set forbidden securityContext.seLinuxOptions: types "bar", "foo"; user may not be set; role may not be set)"#,
    );
    says(
        "seLinuxOptions",
        &pod_with(linux(json!({"role": "r"})), &[]),
        "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: role may not be set)",
    );
}

#[test]
fn seccomp() {
    let seccomp = |kind| json!({"seccompProfile": {"type": kind}});
    says(
        "seccompProfile_baseline",
        &pod_with(
            seccomp("Unconfined"),
            &[container("a", seccomp("Unconfined"))],
        ),
        r#"seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")"#,
    );
    says(
        "seccompProfile_baseline",
        &pod(&[container("a", json!({"seccompProfile": {}}))]),
        r#"seccompProfile (container "a" must not set securityContext.seccompProfile.type to "")"#,
    );
    says(
        "seccompProfile_restricted",
        &two(json!({}), json!({})),
        r#"seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#,
    );
    says(
        "seccompProfile_restricted",
        &pod_with(seccomp("Unconfined"), &[container("a", json!({}))]),
        r#"seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")"#,
    );
    let annotated = json!({"spec": {"containers": [{"name": "a"}]}, "metadata": {"annotations": {
        "seccomp.security.alpha.kubernetes.io/pod": "unconfined",
        "container.seccomp.security.alpha.kubernetes.io/a": "none",
        "container.seccomp.security.alpha.kubernetes.io/elsewhere": "none",
    }}});
    assert_eq!(
        told(&annotated, "seccompProfile_baseline", 18),
        r#"seccompProfile (forbidden annotations container.seccomp.security.alpha.kubernetes.io/a="none", seccomp.security.alpha.kubernetes.io/pod="unconfined")"#,
    );
}

#[test]
fn restricted_capabilities() {
    says(
        "capabilities_restricted",
        &pod(&[
            container("a", json!({})),
            container(
                "b",
                json!({"capabilities": {"drop": ["all"], "add": ["NET_BIND_SERVICE"]}}),
            ),
            container(
                "c",
                json!({"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}}),
            ),
        ]),
        r#"unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]; container "c" must not include "CHOWN" in securityContext.capabilities.add)"#,
    );
    says(
        "allowPrivilegeEscalation",
        &two(json!({}), json!({"allowPrivilegeEscalation": true})),
        r#"allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false)"#,
    );
}

#[test]
fn restricted_volumes() {
    let volumes = json!({"spec": {"volumes": [
        {"name": "a", "nfs": {"server": "s", "path": "/"}}, {"name": "c", "nfs": {}},
        {"name": "b", "hostPath": {"path": "/"}}, {"name": "d"}, {"name": "e", "emptyDir": {}},
    ]}});
    says(
        "restrictedVolumes",
        &volumes,
        r#"restricted volume types (volumes "a", "c", "b" use restricted volume types "hostPath", "nfs")"#,
    );
    says(
        "restrictedVolumes",
        &json!({"spec": {"volumes": [{"name": "a", "novel": {}}]}}),
        r#"restricted volume types (volume "a" uses restricted volume type "unknown")"#,
    );
}

#[test]
fn users() {
    let root = || json!({"runAsNonRoot": false, "runAsUser": 0});
    let both = pod_with(root(), &[container("a", root())]);
    says(
        "runAsNonRoot",
        &both,
        r#"runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)"#,
    );
    says(
        "runAsUser",
        &both,
        r#"runAsUser=0 (pod and container "a" must not set runAsUser=0)"#,
    );
    says(
        "runAsNonRoot",
        &two(json!({}), json!({})),
        r#"runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true)"#,
    );
}

#[test]
fn the_message_is_that_of_the_api_server() {
    let pod = pod(&[container("x", json!({}))]);
    let found = violations(&pod, Level::Restricted, Version::LATEST);
    assert_eq!(
        message(&found, Level::Restricted, Version::LATEST),
        concat!(
            r#"violates PodSecurity "restricted:latest": "#,
            r#"allowPrivilegeEscalation != false (container "x" must set securityContext.allowPrivilegeEscalation=false), "#,
            r#"unrestricted capabilities (container "x" must set securityContext.capabilities.drop=["ALL"]), "#,
            r#"runAsNonRoot != true (pod or container "x" must set securityContext.runAsNonRoot=true), "#,
            r#"seccompProfile (pod or container "x" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#,
        )
    );
    let pinned = message(&found, Level::Restricted, Version::new(36));
    assert!(pinned.contains(r#""restricted:v1.36""#));
}
