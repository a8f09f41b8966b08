//! Each Pod Security check by example, through a manifest: one pod that fails only that check, and the nearest one
//! that passes.

use kubetemper::pod_security::{Level, Version, Violation, evaluate, level, message};
use kubetemper::workload::{flatten, identity, pod_templates};
use serde_json::{Value, json};

const VERSION: Version = Version::new(36);

/// A pod that passes the restricted level, with a patch merged into its spec (RFC 7386).
fn pod(patch: &Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "example"},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container(&json!({}))],
        },
    });
    json_merge(&mut pod["spec"], patch);
    pod
}

/// Its container, with a patch.
fn container(patch: &Value) -> Value {
    let mut container = json!({
        "name": "app",
        "image": "registry.example/app:1",
        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
    });
    json_merge(&mut container, patch);
    container
}

/// The pod with a patched container.
fn with_container(patch: &Value) -> Value {
    pod(&json!({"containers": [container(patch)]}))
}

/// The pod with a patched security context of its container.
fn with_context(patch: &Value) -> Value {
    with_container(&json!({"securityContext": patch}))
}

fn json_merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    for (key, value) in patch {
        json_merge(&mut target[key], value);
    }
}

fn violations(document: &Value, level: Level) -> Vec<Violation> {
    let templates = pod_templates(&identity(document, ""), document, "", &[]);
    evaluate(&templates[0].pod(document), level, VERSION)
}

fn failed(document: &Value, level: Level) -> Vec<&'static str> {
    violations(document, level)
        .iter()
        .map(|violation| violation.check)
        .collect()
}

/// Asserts that one pod fails exactly the check at the level, and that the other passes.
fn check(id: &str, level: Level, fails: &Value, passes: &Value) {
    assert_eq!(failed(fails, level), [id], "{fails}");
    assert_eq!(failed(passes, level), [""; 0], "{passes}");
}

#[test]
fn app_armor_profile() {
    let typed = |kind: &str| with_context(&json!({"appArmorProfile": {"type": kind}}));
    check(
        "appArmorProfile",
        Level::Baseline,
        &typed("Unconfined"),
        &typed("RuntimeDefault"),
    );
    let annotated = |value: &str| {
        let key = "container.apparmor.security.beta.kubernetes.io/app";
        let mut pod = pod(&json!({}));
        pod["metadata"]["annotations"] = json!({key: value});
        pod
    };
    check(
        "appArmorProfile",
        Level::Baseline,
        &annotated("unconfined"),
        &annotated("localhost/own"),
    );
}

#[test]
fn capabilities_baseline() {
    let adding = |name: &str| with_context(&json!({"capabilities": {"add": [name]}}));
    check(
        "capabilities_baseline",
        Level::Baseline,
        &adding("NET_RAW"),
        &adding("CHOWN"),
    );
}

#[test]
fn host_namespaces() {
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        let set = |value: bool| pod(&json!({field: value}));
        check("hostNamespaces", Level::Baseline, &set(true), &set(false));
    }
}

#[test]
fn host_path_volumes() {
    let volume = |source: Value| pod(&json!({"volumes": [{"name": "v", "hostPath": source}]}));
    check(
        "hostPathVolumes",
        Level::Baseline,
        &volume(json!({"path": "/"})),
        &volume(Value::Null),
    );
}

#[test]
fn host_ports() {
    let port = |number: u16| {
        with_container(&json!({"ports": [{"containerPort": 80, "hostPort": number}]}))
    };
    check("hostPorts", Level::Baseline, &port(80), &port(0));
    let mut on_host = port(0);
    on_host["spec"]["hostNetwork"] = json!(true);
    assert_eq!(
        failed(&on_host, Level::Baseline),
        ["hostNamespaces", "hostPorts"]
    );
}

#[test]
fn host_probes_and_host_lifecycle() {
    let probe = |host: &str| {
        with_container(&json!({"livenessProbe": {"httpGet": {"port": 80, "host": host}}}))
    };
    check(
        "hostProbesAndHostLifecycle",
        Level::Baseline,
        &probe("127.0.0.1"),
        &probe(""),
    );
    let hook = with_container(&json!({"lifecycle": {"postStart": {"tcpSocket": {"host": "db"}}}}));
    assert_eq!(
        failed(&hook, Level::Baseline),
        ["hostProbesAndHostLifecycle"]
    );
}

#[test]
fn privileged() {
    let set = |value: bool| with_context(&json!({"privileged": value}));
    check("privileged", Level::Baseline, &set(true), &set(false));
}

#[test]
fn proc_mount() {
    let mount = |kind: &str| with_context(&json!({"procMount": kind}));
    check(
        "procMount",
        Level::Baseline,
        &mount("Unmasked"),
        &mount("Default"),
    );
    check(
        "procMount_restricted",
        Level::Restricted,
        &mount("Unmasked"),
        &mount("Default"),
    );
    // A user namespace is an excuse for baseline alone.
    let mut mapped = mount("Unmasked");
    mapped["spec"]["hostUsers"] = json!(false);
    assert_eq!(failed(&mapped, Level::Baseline), [""; 0]);
    assert_eq!(failed(&mapped, Level::Restricted), ["procMount_restricted"]);
}

#[test]
fn se_linux_options() {
    let typed = |kind: &str| with_context(&json!({"seLinuxOptions": {"type": kind}}));
    check(
        "seLinuxOptions",
        Level::Baseline,
        &typed("spc_t"),
        &typed("container_engine_t"),
    );
    let field = |key: &str| pod(&json!({"securityContext": {"seLinuxOptions": {key: "value"}}}));
    check(
        "seLinuxOptions",
        Level::Baseline,
        &field("user"),
        &field("level"),
    );
    check(
        "seLinuxOptions",
        Level::Baseline,
        &field("role"),
        &field("level"),
    );
}

#[test]
fn seccomp_profile() {
    let typed = |kind: &str| with_context(&json!({"seccompProfile": {"type": kind}}));
    check(
        "seccompProfile_baseline",
        Level::Baseline,
        &typed("Unconfined"),
        &typed("Localhost"),
    );
    check(
        "seccompProfile_restricted",
        Level::Restricted,
        &typed("Unconfined"),
        &typed("Localhost"),
    );
    let unset = pod(&json!({"securityContext": {"seccompProfile": null}}));
    check(
        "seccompProfile_restricted",
        Level::Restricted,
        &unset,
        &pod(&json!({})),
    );
    // A forbidden value on the pod counts even when every container has its own.
    let mut overridden = typed("RuntimeDefault");
    overridden["spec"]["securityContext"]["seccompProfile"] = json!({"type": "Unconfined"});
    assert_eq!(
        failed(&overridden, Level::Restricted),
        ["seccompProfile_restricted"]
    );
}

#[test]
fn sysctls() {
    let sysctl = |name: &str| pod(&json!({"securityContext": {"sysctls": [{"name": name}]}}));
    let (unsafe_one, safe) = ("net.core.somaxconn", "net.ipv4.tcp_syncookies");
    check(
        "sysctls",
        Level::Baseline,
        &sysctl(unsafe_one),
        &sysctl(safe),
    );
}

#[test]
fn windows_host_process() {
    let set = |value: bool| with_context(&json!({"windowsOptions": {"hostProcess": value}}));
    check(
        "windowsHostProcess",
        Level::Baseline,
        &set(true),
        &set(false),
    );
}

#[test]
fn allow_privilege_escalation() {
    let set = |value: Value| with_context(&json!({"allowPrivilegeEscalation": value}));
    let id = "allowPrivilegeEscalation";
    check(id, Level::Restricted, &set(json!(true)), &set(json!(false)));
    check(id, Level::Restricted, &set(Value::Null), &set(json!(false)));
}

#[test]
fn capabilities_restricted() {
    let set = |drop: &str, add: &str| {
        with_context(&json!({"capabilities": {"drop": [drop], "add": [add]}}))
    };
    let passes = set("ALL", "NET_BIND_SERVICE");
    let id = "capabilities_restricted";
    check(
        id,
        Level::Restricted,
        &set("all", "NET_BIND_SERVICE"),
        &passes,
    );
    check(id, Level::Restricted, &set("ALL", "CHOWN"), &passes);
}

#[test]
fn restricted_volumes() {
    let volume = |source: &str| pod(&json!({"volumes": [{"name": "v", source: {}}]}));
    for allowed in [
        "configMap",
        "csi",
        "emptyDir",
        "image",
        "persistentVolumeClaim",
        "projected",
    ] {
        check(
            "restrictedVolumes",
            Level::Restricted,
            &volume("nfs"),
            &volume(allowed),
        );
    }
    // The API makes an emptyDir of a volume without a source.
    assert_eq!(
        failed(
            &pod(&json!({"volumes": [{"name": "v"}]})),
            Level::Restricted
        ),
        [""; 0]
    );
}

#[test]
fn run_as_non_root() {
    let on_pod = |value: Value| pod(&json!({"securityContext": {"runAsNonRoot": value}}));
    let on_container = |value: Value| with_context(&json!({"runAsNonRoot": value}));
    let id = "runAsNonRoot";
    check(
        id,
        Level::Restricted,
        &on_pod(Value::Null),
        &on_pod(json!(true)),
    );
    check(
        id,
        Level::Restricted,
        &on_pod(json!(false)),
        &on_container(json!(true)),
    );
    check(
        id,
        Level::Restricted,
        &on_container(json!(false)),
        &on_container(Value::Null),
    );
}

#[test]
fn run_as_user() {
    let user = |id: u32| with_context(&json!({"runAsUser": id}));
    check("runAsUser", Level::Restricted, &user(0), &user(1));
}

#[test]
fn init_and_ephemeral_containers_count() {
    let other = |list: &str| pod(&json!({list: [{"name": "other", "image": "i"}]}));
    for list in ["initContainers", "ephemeralContainers"] {
        let expected = ["allowPrivilegeEscalation", "capabilities_restricted"];
        assert_eq!(failed(&other(list), Level::Restricted), expected);
    }
}

#[test]
fn levels_and_messages_of_a_list() {
    let document = json!({"apiVersion": "v1", "kind": "PodList", "items": [
        pod(&json!({})),
        {"spec": {"containers": [{"name": "a", "image": "i"}]}},
        {"spec": {"hostPID": true, "containers": []}},
    ]});
    let levels: Vec<Level> = flatten(&document)
        .iter()
        .flat_map(|pointer| pod_templates(&identity(&document, pointer), &document, pointer, &[]))
        .map(|template| level(&template.pod(&document), Version::LATEST))
        .collect();
    assert_eq!(
        levels,
        [Level::Restricted, Level::Baseline, Level::Privileged]
    );
    let host = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"hostPID": true}});
    assert_eq!(
        message(
            &violations(&host, Level::Baseline),
            Level::Baseline,
            VERSION
        ),
        "violates PodSecurity \"baseline:v1.36\": host namespaces (hostPID=true)"
    );
}
