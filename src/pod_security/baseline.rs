//! The baseline checks (`check_*.go` of the same names) but those of `confinement.rs`. A suffix `_1_N` is the
//! policy version that brought the revision.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Finding;
use super::wording::{
    containers, entries, in_user_namespace, name, names_where, plural, quoted, setters, strings,
};
use crate::pod::{Container, ContainerKind, Pod};

/// The capabilities that baseline lets a container add: the default set of the container runtimes less `NET_RAW`.
pub const ADDABLE_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The sysctls that baseline allows, in order of admission; each policy version allows a longer prefix.
pub const SYSCTLS: [&str; 14] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    // 1.27
    "net.ipv4.ip_local_reserved_ports",
    // 1.29
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    // 1.32
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    // 1.37
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_notsent_lowat",
];

pub(super) fn capabilities(pod: &Pod<'_>) -> Option<Finding> {
    let mut forbidden = BTreeSet::new();
    let names = names_where(pod, |container| {
        let added = strings(container, "/securityContext/capabilities/add");
        let bad: Vec<&str> = added
            .filter(|add| !ADDABLE_CAPABILITIES.contains(add))
            .collect();
        forbidden.extend(bad.iter().copied());
        !bad.is_empty()
    });
    (!names.is_empty()).then(|| Finding {
        reason: "non-default capabilities",
        detail: format!(
            "{} must not include {} in securityContext.capabilities.add",
            containers(&names),
            quoted(forbidden)
        ),
    })
}

pub(super) fn host_namespaces(pod: &Pod<'_>) -> Option<Finding> {
    let shared: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .iter()
        .filter(|field| pod.is_true(&format!("/{field}")))
        .map(|field| format!("{field}=true"))
        .collect();
    (!shared.is_empty()).then(|| Finding {
        reason: "host namespaces",
        detail: shared.join(", "),
    })
}

pub(super) fn host_path_volumes(pod: &Pod<'_>) -> Option<Finding> {
    let names: Vec<&str> = entries(pod, "/volumes")
        .filter(|volume| {
            volume
                .get("hostPath")
                .is_some_and(|source| !source.is_null())
        })
        .map(name)
        .collect();
    (!names.is_empty()).then(|| Finding {
        reason: "hostPath volumes",
        detail: format!(
            "{} {}",
            plural(names.len(), "volume", "volumes"),
            quoted(&names)
        ),
    })
}

pub(super) fn host_ports(pod: &Pod<'_>) -> Option<Finding> {
    let on_host = pod.is_true("/hostNetwork");
    let mut forbidden = BTreeSet::new();
    let names = names_where(pod, |container| {
        let ports = host_ports_of(container, on_host);
        // Sorted as text, as upstream sorts them.
        forbidden.extend(ports.iter().map(ToString::to_string));
        !ports.is_empty()
    });
    let ports: Vec<String> = forbidden.into_iter().collect();
    (!names.is_empty()).then(|| Finding {
        reason: "hostPort",
        detail: format!(
            "{} {} {} {}",
            containers(&names),
            plural(names.len(), "uses", "use"),
            plural(ports.len(), "hostPort", "hostPorts"),
            ports.join(", ")
        ),
    })
}

/// The host ports of a container after the API's defaulting: on the host's network each container port is
/// one too (`defaultHostNetworkPorts` in `pkg/apis/core/v1/defaults.go`, which skips ephemeral containers).
fn host_ports_of(container: &Container<'_>, on_host: bool) -> Vec<i64> {
    let defaulted = on_host && container.kind != ContainerKind::Ephemeral;
    let number = |port: &Value, key: &str| port.get(key).and_then(Value::as_i64).unwrap_or(0);
    let ports = container
        .get("/ports")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    ports
        .map(|port| match number(port, "hostPort") {
            0 if defaulted => number(port, "containerPort"),
            port => port,
        })
        .filter(|port| *port != 0)
        .collect()
}

pub(super) fn host_probes_and_lifecycle(pod: &Pod<'_>) -> Option<Finding> {
    const HANDLERS: [&str; 5] = [
        "/livenessProbe",
        "/readinessProbe",
        "/startupProbe",
        "/lifecycle/postStart",
        "/lifecycle/preStop",
    ];
    let mut hosts = BTreeSet::new();
    let mut names = names_where(pod, |container| {
        let found = HANDLERS.iter().flat_map(|handler| {
            ["httpGet", "tcpSocket"].map(|action| format!("{handler}/{action}/host"))
        });
        let found: Vec<&str> = found
            .filter_map(|pointer| container.get(&pointer)?.as_str())
            .filter(|host| !host.is_empty())
            .collect();
        hosts.extend(found.iter().copied());
        !found.is_empty()
    });
    // Alone among the checks, upstream's keeps the names in a set.
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| Finding {
        reason: "probe or lifecycle host",
        detail: format!(
            "{} {} {} {}",
            containers(&names),
            plural(names.len(), "uses", "use"),
            plural(
                hosts.len(),
                "probe or lifecycle host",
                "probe or lifecycle hosts"
            ),
            quoted(&hosts)
        ),
    })
}

pub(super) fn privileged(pod: &Pod<'_>) -> Option<Finding> {
    let names = names_where(pod, |container| {
        container.is_true("/securityContext/privileged")
    });
    (!names.is_empty()).then(|| Finding {
        reason: "privileged",
        detail: format!(
            "{} must not set securityContext.privileged=true",
            containers(&names)
        ),
    })
}

/// Also the restricted check, which is this one without the relaxation of 1.35.
pub(super) fn proc_mount(pod: &Pod<'_>) -> Option<Finding> {
    let mut forbidden = BTreeSet::new();
    let names = names_where(pod, |container| {
        let mount = container
            .get("/securityContext/procMount")
            .and_then(Value::as_str);
        let bad = mount.filter(|mount| *mount != "Default");
        forbidden.extend(bad);
        bad.is_some()
    });
    (!names.is_empty()).then(|| Finding {
        reason: "procMount",
        detail: format!(
            "{} must not set securityContext.procMount to {}",
            containers(&names),
            quoted(forbidden)
        ),
    })
}

pub(super) fn proc_mount_1_35(pod: &Pod<'_>) -> Option<Finding> {
    if in_user_namespace(pod) {
        None
    } else {
        proc_mount(pod)
    }
}

pub(super) fn sysctls(pod: &Pod<'_>) -> Option<Finding> {
    sysctls_outside(pod, &SYSCTLS[..5])
}

pub(super) fn sysctls_1_27(pod: &Pod<'_>) -> Option<Finding> {
    sysctls_outside(pod, &SYSCTLS[..6])
}

pub(super) fn sysctls_1_29(pod: &Pod<'_>) -> Option<Finding> {
    sysctls_outside(pod, &SYSCTLS[..10])
}

pub(super) fn sysctls_1_32(pod: &Pod<'_>) -> Option<Finding> {
    sysctls_outside(pod, &SYSCTLS[..12])
}

pub(super) fn sysctls_1_37(pod: &Pod<'_>) -> Option<Finding> {
    sysctls_outside(pod, &SYSCTLS)
}

fn sysctls_outside(pod: &Pod<'_>, allowed: &[&str]) -> Option<Finding> {
    let forbidden: Vec<&str> = entries(pod, "/securityContext/sysctls")
        .map(name)
        .filter(|sysctl| !allowed.contains(sysctl))
        .collect();
    (!forbidden.is_empty()).then(|| Finding {
        reason: "forbidden sysctls",
        detail: forbidden.join(", "),
    })
}

pub(super) fn windows_host_process(pod: &Pod<'_>) -> Option<Finding> {
    const POINTER: &str = "/securityContext/windowsOptions/hostProcess";
    let on_pod = pod.is_true(POINTER);
    let names = names_where(pod, |container| container.is_true(POINTER));
    (on_pod || !names.is_empty()).then(|| Finding {
        reason: "hostProcess",
        detail: format!(
            "{} must not set securityContext.windowsOptions.hostProcess=true",
            setters(on_pod, &names)
        ),
    })
}
