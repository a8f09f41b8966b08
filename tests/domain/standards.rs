//! The Pod Security Standards as a table: 12 baseline and 7 restricted checks with their versions.
//!
//! Transcribed from the reference's sections A.0, A.2 and A.3. A predicate tells whether a pod passes.

use std::collections::BTreeSet;

use serde_json::Value;

/// Tells whether a pod (`metadata` and `spec`) passes a check at a minor version.
type Passes = fn(&Value, u32) -> bool;

/// One check: its id, its level, the version that brought it, the baseline check that it stands for, and what passes.
pub(crate) const TABLE: [(&str, &str, u32, &str, Passes); 19] = [
    ("appArmorProfile", "baseline", 0, "", app_armor),
    (
        "capabilities_baseline",
        "baseline",
        0,
        "",
        added_capabilities,
    ),
    ("hostNamespaces", "baseline", 0, "", host_namespaces),
    ("hostPathVolumes", "baseline", 0, "", host_path),
    ("hostPorts", "baseline", 0, "", host_ports),
    (
        "hostProbesAndHostLifecycle",
        "baseline",
        34,
        "",
        probe_hosts,
    ),
    ("privileged", "baseline", 0, "", privileged),
    ("procMount", "baseline", 0, "", |pod, minor| {
        relaxed(pod, minor) || proc_mount(pod, minor)
    }),
    (
        "seccompProfile_baseline",
        "baseline",
        0,
        "",
        seccomp_baseline,
    ),
    ("seLinuxOptions", "baseline", 0, "", se_linux),
    ("sysctls", "baseline", 0, "", sysctls),
    ("windowsHostProcess", "baseline", 0, "", host_process),
    (
        "allowPrivilegeEscalation",
        "restricted",
        8,
        "",
        |pod, minor| exempt(pod, minor) || escalation(pod),
    ),
    (
        "capabilities_restricted",
        "restricted",
        22,
        "capabilities_baseline",
        |pod, minor| exempt(pod, minor) || dropped_capabilities(pod),
    ),
    (
        "procMount_restricted",
        "restricted",
        35,
        "procMount",
        proc_mount,
    ),
    (
        "restrictedVolumes",
        "restricted",
        0,
        "hostPathVolumes",
        volumes,
    ),
    ("runAsNonRoot", "restricted", 0, "", |pod, minor| {
        relaxed(pod, minor) || non_root(pod)
    }),
    ("runAsUser", "restricted", 23, "", |pod, minor| {
        relaxed(pod, minor) || user(pod)
    }),
    (
        "seccompProfile_restricted",
        "restricted",
        19,
        "seccompProfile_baseline",
        |pod, minor| exempt(pod, minor) || seccomp_restricted(pod),
    ),
];

const ADDABLE: &str = "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP \
                       SETUID SYS_CHROOT";

/// The sysctls, each with the version that allowed it.
const SYSCTLS: [(u32, &str); 14] = [
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
    (37, "net.ipv4.tcp_slow_start_after_idle"),
    (37, "net.ipv4.tcp_notsent_lowat"),
];

const VOLUMES: &str =
    "configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret";

/// The ids of the checks that a pod fails at a level and a minor version.
pub(crate) fn failed(pod: &Value, level: &str, minor: u32) -> BTreeSet<&'static str> {
    // What is newer than the newest known version is judged like it.
    let minor = minor.min(crate::NEWEST);
    let restricted = level == "restricted";
    let in_force = TABLE
        .iter()
        .filter(|(_, of, from, ..)| *from <= minor && (restricted || *of == "baseline"));
    let in_force: Vec<_> = in_force.collect();
    let replaced =
        |id: &str| restricted && in_force.iter().any(|(.., replaces, _)| *replaces == id);
    let own = in_force.iter().filter(|(id, ..)| !replaced(id));
    own.filter(|(.., passes)| !passes(pod, minor))
        .map(|(id, ..)| *id)
        .collect()
}

/// Init containers, containers, ephemeral containers.
fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().flat_map(|list| items(&pod["spec"][list]))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The security contexts of the pod and of its containers.
fn contexts(pod: &Value) -> impl Iterator<Item = &Value> {
    let of_pod = std::iter::once(&pod["spec"]["securityContext"]);
    of_pod.chain(containers(pod).map(|container| &container["securityContext"]))
}

fn is_one_of(value: &Value, names: &str) -> bool {
    value
        .as_str()
        .is_some_and(|value| names.split(' ').any(|name| name == value))
}

/// 1.35: what a user namespace excuses.
fn relaxed(pod: &Value, minor: u32) -> bool {
    minor >= 35 && pod["spec"]["hostUsers"] == false
}

/// 1.25: what Windows cannot set.
fn exempt(pod: &Value, minor: u32) -> bool {
    minor >= 25 && pod["spec"]["os"]["name"] == "windows"
}

fn annotations(pod: &Value) -> impl Iterator<Item = (&str, &str)> {
    let map = pod["metadata"]["annotations"]
        .as_object()
        .into_iter()
        .flatten();
    map.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
}

/// A profile that is there has one of the two allowed types.
fn is_confined(profile: &Value) -> bool {
    is_one_of(&profile["type"], "RuntimeDefault Localhost")
}

fn app_armor(pod: &Value, _: u32) -> bool {
    let fields = contexts(pod).all(|context| {
        let profile = &context["appArmorProfile"];
        profile.is_null() || is_confined(profile)
    });
    let of_container = annotations(pod)
        .filter(|(key, _)| key.starts_with("container.apparmor.security.beta.kubernetes.io/"));
    let mut values = of_container.map(|(_, value)| value);
    fields
        && values.all(|value| {
            value.is_empty() || value == "runtime/default" || value.starts_with("localhost/")
        })
}

fn added_capabilities(pod: &Value, _: u32) -> bool {
    containers(pod).all(|container| {
        items(&container["securityContext"]["capabilities"]["add"])
            .all(|name| is_one_of(name, ADDABLE))
    })
}

fn host_namespaces(pod: &Value, _: u32) -> bool {
    ["hostNetwork", "hostPID", "hostIPC"]
        .iter()
        .all(|field| pod["spec"][field] != true)
}

fn host_path(pod: &Value, _: u32) -> bool {
    items(&pod["spec"]["volumes"]).all(|volume| volume["hostPath"].is_null())
}

/// On the network of the host each container port is a host port, by the API's defaults, which know no ephemeral
/// containers (those have no ports).
fn host_ports(pod: &Value, _: u32) -> bool {
    let on_host = pod["spec"]["hostNetwork"] == true;
    let ports = containers(pod).flat_map(|container| items(&container["ports"]));
    let none = ports
        .into_iter()
        .all(|port| port["hostPort"].is_null() || port["hostPort"] == 0);
    let lists = ["initContainers", "containers"];
    let mut defaulted = lists.iter().flat_map(|list| items(&pod["spec"][list]));
    let has_port = |container: &Value| {
        items(&container["ports"]).any(|port| port["containerPort"].as_i64() > Some(0))
    };
    none && !(on_host && defaulted.any(has_port))
}

/// 1.34.
fn probe_hosts(pod: &Value, _: u32) -> bool {
    let is_free = |handler: &Value| {
        ["httpGet", "tcpSocket"].iter().all(|action| {
            let host = &handler[action]["host"];
            host.is_null() || host == ""
        })
    };
    containers(pod).all(|container| {
        ["livenessProbe", "readinessProbe", "startupProbe"]
            .iter()
            .all(|probe| is_free(&container[probe]))
            && ["postStart", "preStop"]
                .iter()
                .all(|hook| is_free(&container["lifecycle"][hook]))
    })
}

fn privileged(pod: &Value, _: u32) -> bool {
    containers(pod).all(|container| container["securityContext"]["privileged"] != true)
}

fn proc_mount(pod: &Value, _: u32) -> bool {
    containers(pod).all(|container| {
        let mount = &container["securityContext"]["procMount"];
        mount.is_null() || mount == "Default"
    })
}

/// 1.19: fields instead of annotations.
fn seccomp_baseline(pod: &Value, minor: u32) -> bool {
    if minor >= 19 {
        return contexts(pod).all(|context| {
            let profile = &context["seccompProfile"];
            profile.is_null() || is_confined(profile)
        });
    }
    let names: Vec<&str> = containers(pod)
        .filter_map(|container| container["name"].as_str())
        .collect();
    let counts = |key: &str| {
        let of_container = key.strip_prefix("container.seccomp.security.alpha.kubernetes.io/");
        key == "seccomp.security.alpha.kubernetes.io/pod"
            || of_container.is_some_and(|name| names.contains(&name))
    };
    let mut values = annotations(pod)
        .filter(|(key, _)| counts(key))
        .map(|(_, value)| value);
    values.all(|value| {
        value == "runtime/default" || value == "docker/default" || value.starts_with("localhost/")
    })
}

/// 1.31: `container_engine_t`.
fn se_linux(pod: &Value, minor: u32) -> bool {
    contexts(pod).all(|context| {
        let options = &context["seLinuxOptions"];
        let is_empty = |field: &str| options[field].is_null() || options[field] == "";
        let known = is_one_of(
            &options["type"],
            "container_t container_init_t container_kvm_t",
        );
        let engine = minor >= 31 && options["type"] == "container_engine_t";
        (is_empty("type") || known || engine) && is_empty("user") && is_empty("role")
    })
}

/// 1.27, 1.29, 1.32, 1.37.
fn sysctls(pod: &Value, minor: u32) -> bool {
    items(&pod["spec"]["securityContext"]["sysctls"]).all(|sysctl| {
        let mut allowed = SYSCTLS.iter().filter(|(from, _)| *from <= minor);
        allowed.any(|(_, name)| sysctl["name"] == *name)
    })
}

fn host_process(pod: &Value, _: u32) -> bool {
    contexts(pod).all(|context| context["windowsOptions"]["hostProcess"] != true)
}

fn escalation(pod: &Value) -> bool {
    containers(pod)
        .all(|container| container["securityContext"]["allowPrivilegeEscalation"] == false)
}

fn dropped_capabilities(pod: &Value) -> bool {
    containers(pod).all(|container| {
        let capabilities = &container["securityContext"]["capabilities"];
        items(&capabilities["drop"]).any(|name| name == "ALL")
            && items(&capabilities["add"]).all(|name| name == "NET_BIND_SERVICE")
    })
}

/// A volume without a source is an emptyDir by the API's defaults.
fn volumes(pod: &Value, _: u32) -> bool {
    items(&pod["spec"]["volumes"]).all(|volume| {
        let fields = volume.as_object().into_iter().flatten();
        let mut sources = fields
            .filter(|(key, value)| *key != "name" && !value.is_null())
            .peekable();
        sources.peek().is_none()
            || sources.any(|(key, _)| VOLUMES.split(' ').any(|allowed| allowed == key))
    })
}

fn non_root(pod: &Value) -> bool {
    let inherited = pod["spec"]["securityContext"]["runAsNonRoot"] == true;
    contexts(pod).all(|context| context["runAsNonRoot"] != false)
        && containers(pod)
            .all(|container| inherited || container["securityContext"]["runAsNonRoot"] == true)
}

fn user(pod: &Value) -> bool {
    contexts(pod).all(|context| context["runAsUser"] != 0)
}

fn seccomp_restricted(pod: &Value) -> bool {
    let inherited = is_confined(&pod["spec"]["securityContext"]["seccompProfile"]);
    contexts(pod).all(|context| {
        context["seccompProfile"].is_null() || is_confined(&context["seccompProfile"])
    }) && containers(pod)
        .all(|container| inherited || is_confined(&container["securityContext"]["seccompProfile"]))
}
