//! Namespaces of the host and of the user, and what cannot stand beside them.

use serde_json::Value;

use super::Found;
use crate::pod::{ContainerKind, Pod};

pub(super) fn check(pod: &Pod<'_>, found: &mut Found) {
    if pod.get("/hostUsers") == Some(&Value::Bool(false)) {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if pod.is_true(&format!("/{field}")) {
                let message = "when `pod.Spec.HostUsers` is false";
                found.pod("host-users", field, message);
            }
        }
        // The kubelet's rule: it cannot map the owner of a raw device (KEP-127).
        for container in &pod.containers {
            if container.items("/volumeDevices").next().is_some() {
                let message = "a pod with `hostUsers: false` cannot have raw block volumes";
                found.container(
                    "host-users-volume-devices",
                    container,
                    "volumeDevices",
                    message,
                );
            }
        }
    }
    if pod.is_true("/shareProcessNamespace") && pod.is_true("/hostPID") {
        found.pod(
            "share-process-namespace",
            "shareProcessNamespace",
            "ShareProcessNamespace and HostPID cannot both be enabled",
        );
    }
    if pod.is_true("/hostNetwork") {
        host_ports(pod, found);
    }
    sysctls(pod, found);
}

/// A `hostPort` that is not set is defaulted to the `containerPort` before this rule.
fn host_ports(pod: &Pod<'_>, found: &mut Found) {
    let apps = pod
        .containers
        .iter()
        .filter(|container| container.kind == ContainerKind::App);
    for container in apps {
        for port in container.items("/ports") {
            let number = |key: &str| port.get(key).and_then(Value::as_u64).unwrap_or(0);
            let (host, own) = (number("hostPort"), number("containerPort"));
            if host != 0 && host != own {
                let message = "must match `hostPort` when `hostNetwork` is true";
                let field = format!("containerPort {own}");
                found.container("host-network-ports", container, field, message);
            }
        }
    }
}

fn sysctls(pod: &Pod<'_>, found: &mut Found) {
    const IPC: [&str; 3] = ["kernel.shm", "kernel.msg", "fs.mqueue."];
    for sysctl in pod.items("/securityContext/sysctls") {
        let name = sysctl["name"].as_str().unwrap_or_default();
        let dotted = name.replace('/', ".");
        let network = dotted.starts_with("net.");
        let ipc = dotted == "kernel.sem" || IPC.iter().any(|prefix| dotted.starts_with(prefix));
        for (applies, host) in [(network, "hostNetwork"), (ipc, "hostIPC")] {
            if applies && pod.is_true(&format!("/{host}")) {
                let message = format!("may not be specified when '{host}' is true");
                found.pod("host-sysctls", format!("sysctl {name}"), message);
            }
        }
    }
}
