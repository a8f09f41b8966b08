//! The node, its operating system and its namespaces.

use serde_json::{Value, json};

use super::{check, context, merged, pod, rules, with};

#[test]
fn what_windows_does_not_know() {
    let windows = json!({"os": {"name": "windows"}});
    let pinned = json!({"nodeSelector": {"kubernetes.io/os": "windows"}});
    for os in [&windows, &pinned] {
        for fields in [
            json!({"hostPID": true}),
            json!({"hostIPC": true}),
            json!({"hostUsers": true}),
            json!({"shareProcessNamespace": false}),
            json!({"resources": {"limits": {"cpu": 1}}}),
            json!({"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}}),
            json!({"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}),
            json!({"securityContext": {"seLinuxOptions": {"level": "s0"}}}),
            json!({"securityContext": {"fsGroup": 1}}),
            json!({"securityContext": {"fsGroupChangePolicy": "OnRootMismatch"}}),
            json!({"securityContext": {"runAsUser": 1}}),
            json!({"securityContext": {"runAsGroup": 1}}),
            json!({"securityContext": {"supplementalGroups": [1]}}),
            json!({"securityContext": {"supplementalGroupsPolicy": "Strict"}}),
            json!({"securityContext": {"sysctls": [{"name": "kernel.shmmax", "value": "1"}]}}),
        ] {
            let linux = pod(&fields);
            check("windows", &merged(linux.clone(), os), &linux);
        }
        for fields in [
            json!({"appArmorProfile": {"type": "RuntimeDefault"}}),
            json!({"seccompProfile": {"type": "RuntimeDefault"}}),
            json!({"seLinuxOptions": {"level": "s0"}}),
            json!({"capabilities": {"drop": ["ALL"]}}),
            json!({"readOnlyRootFilesystem": true}),
            json!({"privileged": false}),
            json!({"allowPrivilegeEscalation": false}),
            json!({"procMount": "Default"}),
            json!({"runAsUser": 1}),
            json!({"runAsGroup": 1}),
        ] {
            let linux = context(&fields);
            check("windows", &merged(linux.clone(), os), &linux);
        }
        let context = json!({"runAsNonRoot": true, "windowsOptions": {"runAsUserName": "app"}});
        let fine = merged(pod(&json!({"securityContext": context})), os);
        assert_eq!(rules(&fine), [""; 0]);
    }
}

#[test]
fn what_linux_does_not_know() {
    let linux = json!({"os": {"name": "linux"}});
    let options = |options: Value| {
        let fields = json!({"securityContext": {"windowsOptions": options}});
        merged(pod(&fields), &linux)
    };
    check("linux", &options(json!({})), &options(Value::Null));
    let container = context(&json!({"windowsOptions": {"hostProcess": false}}));
    check("linux", &merged(container.clone(), &linux), &container);
}

#[test]
fn user_namespaces() {
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        check(
            "host-users",
            &pod(&json!({"hostUsers": false, field: true})),
            &pod(&json!({"hostUsers": true, field: true})),
        );
    }
    let block = |host_users: bool| {
        let mut pod = with(&json!({"volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}]}));
        pod["volumes"] = json!([{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}]);
        pod["hostUsers"] = json!(host_users);
        pod
    };
    check("host-users-volume-devices", &block(false), &block(true));
    let unmasked = |host_users: bool| {
        let mut pod = context(&json!({"procMount": "Unmasked"}));
        pod["hostUsers"] = json!(host_users);
        pod
    };
    check("proc-mount", &unmasked(true), &unmasked(false));
}

#[test]
fn process_namespaces() {
    check(
        "share-process-namespace",
        &pod(&json!({"shareProcessNamespace": true, "hostPID": true})),
        &pod(&json!({"shareProcessNamespace": true, "hostIPC": true})),
    );
}

#[test]
fn host_ports() {
    let ports = |host: u16, network: bool| {
        let mut pod = with(&json!({"ports": [{"containerPort": 80, "hostPort": host}]}));
        pod["hostNetwork"] = json!(network);
        pod
    };
    check("host-network-ports", &ports(8080, true), &ports(80, true));
    check("host-network-ports", &ports(8080, true), &ports(0, true));
    check(
        "host-network-ports",
        &ports(8080, true),
        &ports(8080, false),
    );
}

#[test]
fn sysctls() {
    for (name, host) in [
        ("net.ipv4.ip_unprivileged_port_start", "hostNetwork"),
        ("net/core/somaxconn", "hostNetwork"),
        ("kernel.shmmax", "hostIPC"),
        ("kernel.sem", "hostIPC"),
        ("fs.mqueue.msg_max", "hostIPC"),
    ] {
        let sysctl = |on: bool| {
            let sysctls = json!({"sysctls": [{"name": name, "value": "0"}]});
            pod(&json!({"securityContext": sysctls, host: on}))
        };
        check("host-sysctls", &sysctl(true), &sysctl(false));
    }
}
