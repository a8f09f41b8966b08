//! Version gates, and the wording in `tests/wording.rs`. Each check by example is in `tests/pod_security.rs`.

use serde_json::{Value, json};

use super::{CHECKS, Level, Version, Violation, evaluate, level};
use crate::workload::{identity, pod_templates};

mod wording;

/// Evaluates a pod that is an object of kind Pod.
fn violations(pod: &Value, level: Level, version: Version) -> Vec<Violation> {
    let mut document = pod.clone();
    document["apiVersion"] = json!("v1");
    document["kind"] = json!("Pod");
    let templates = pod_templates(&identity(&document, ""), &document, "", &[]);
    evaluate(&templates[0].pod(&document), level, version)
}

fn ids(pod: &Value, level: Level, version: Version) -> Vec<&'static str> {
    violations(pod, level, version)
        .iter()
        .map(|violation| violation.check)
        .collect()
}

/// The reason and detail of the one check that fails at a version.
fn told(pod: &Value, check: &str, minor: u32) -> String {
    let level = CHECKS
        .iter()
        .find(|known| known.id == check)
        .expect("a known check")
        .level;
    let found = violations(pod, level, Version::new(minor));
    let found = found.iter().find(|violation| violation.check == check);
    found.map_or_else(|| "passes".to_owned(), ToString::to_string)
}

fn container(name: &str, context: Value) -> Value {
    let mut container = json!({"name": name, "image": "registry.example/app"});
    container["securityContext"] = context;
    container
}

fn pod(containers: &[Value]) -> Value {
    json!({"spec": {"containers": containers}})
}

fn pod_with(context: Value, containers: &[Value]) -> Value {
    let mut pod = pod(containers);
    pod["spec"]["securityContext"] = context;
    pod
}

#[test]
fn checks_are_listed_as_the_api_server_sorts_them() {
    let listed: Vec<_> = CHECKS.iter().map(|check| (check.level, check.id)).collect();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(listed, sorted);
    assert_eq!(
        CHECKS
            .iter()
            .filter(|check| check.level == Level::Baseline)
            .count(),
        12
    );
    for check in &CHECKS {
        assert!(
            check.revisions.is_sorted_by(|one, next| one.0 < next.0),
            "{}",
            check.id
        );
        let known = |id: &str| CHECKS.iter().any(|other| other.id == id);
        assert!(check.overrides.is_none_or(known), "{}", check.id);
    }
}

/// Asserts on which side of a version a pod fails a check.
fn gate(check: &str, pod: &Value, since: u32, before: bool, from: bool) {
    let fails = |minor| told(pod, check, minor) != "passes";
    assert_eq!(fails(since - 1), before, "{check} before 1.{since}: {pod}");
    assert_eq!(fails(since), from, "{check} at 1.{since}: {pod}");
    assert_eq!(
        fails(Version::NEWEST.0),
        fails(Version::NEWEST.0 + 9),
        "{check} clamps: {pod}"
    );
}

#[test]
fn checks_begin_at_their_version() {
    let empty = pod(&[container("a", json!({}))]);
    let root = pod(&[container("a", json!({"runAsUser": 0}))]);
    let unconfined = pod_with(json!({"seccompProfile": {"type": "Unconfined"}}), &[]);
    let probe = json!({"tcpSocket": {"port": 80, "host": "10.0.0.1"}});
    let probe = json!({"spec": {"containers": [{"name": "a", "livenessProbe": probe}]}});
    let unmasked = pod(&[container("a", json!({"procMount": "Unmasked"}))]);
    for (check, pod, since) in [
        ("allowPrivilegeEscalation", &empty, 8),
        ("seccompProfile_baseline", &unconfined, 19),
        ("seccompProfile_restricted", &empty, 19),
        ("capabilities_restricted", &empty, 22),
        ("runAsUser", &root, 23),
        ("hostProbesAndHostLifecycle", &probe, 34),
        ("procMount_restricted", &unmasked, 35),
    ] {
        gate(check, pod, since, false, true);
    }
}

#[test]
fn checks_are_relaxed_at_their_version() {
    let mut windows = pod(&[container("a", json!({}))]);
    windows["spec"]["os"] = json!({"name": "windows"});
    let mapped = |context| {
        let mut pod = pod(&[container("a", context)]);
        pod["spec"]["hostUsers"] = json!(false);
        pod
    };
    let annotation = json!({"seccomp.security.alpha.kubernetes.io/pod": "unconfined"});
    let annotated = json!({"metadata": {"annotations": annotation}, "spec": {}});
    let engine = pod_with(
        json!({"seLinuxOptions": {"type": "container_engine_t"}}),
        &[],
    );
    for (check, pod, since) in [
        // From 1.19 the field counts, no longer the annotation.
        ("seccompProfile_baseline", &annotated, 19),
        ("allowPrivilegeEscalation", &windows, 25),
        ("capabilities_restricted", &windows, 25),
        ("seccompProfile_restricted", &windows, 25),
        ("seLinuxOptions", &engine, 31),
        ("procMount", &mapped(json!({"procMount": "Unmasked"})), 35),
        ("runAsNonRoot", &mapped(json!({"runAsNonRoot": false})), 35),
        ("runAsUser", &mapped(json!({"runAsUser": 0})), 35),
    ] {
        gate(check, pod, since, true, false);
    }
}

#[test]
fn sysctls_are_allowed_from_their_version() {
    for (name, since) in [
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_keepalive_time", 29),
        ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_keepalive_intvl", 29),
        ("net.ipv4.tcp_keepalive_probes", 29),
        ("net.ipv4.tcp_rmem", 32),
        ("net.ipv4.tcp_wmem", 32),
        ("net.ipv4.tcp_slow_start_after_idle", 37),
        ("net.ipv4.tcp_notsent_lowat", 37),
    ] {
        let pod = pod_with(json!({"sysctls": [{"name": name, "value": "1"}]}), &[]);
        gate("sysctls", &pod, since, true, false);
    }
}

#[test]
fn windows_is_told_by_its_name_alone() {
    let mut pod = pod(&[container("a", json!({}))]);
    pod["spec"]["nodeSelector"] = json!({"kubernetes.io/os": "windows"});
    assert!(told(&pod, "allowPrivilegeEscalation", 36).starts_with("allowPrivilegeEscalation"));
    pod["spec"]["os"] = json!({"name": "windows"});
    assert_eq!(
        ids(&pod, Level::Restricted, Version::LATEST),
        ["runAsNonRoot"]
    );
}

#[test]
fn a_restricted_check_stands_in_for_the_baseline_check() {
    let fault = json!({"capabilities": {"add": ["SYS_ADMIN"]}, "procMount": "Unmasked",
        "seccompProfile": {"type": "Unconfined"}});
    let mut pod = pod(&[container("a", fault)]);
    pod["spec"]["volumes"] = json!([{"name": "host", "hostPath": {"path": "/"}}]);
    let at = |level, minor| ids(&pod, level, Version::new(minor));
    let baseline = [
        "capabilities_baseline",
        "hostPathVolumes",
        "procMount",
        "seccompProfile_baseline",
    ];
    assert_eq!(at(Level::Baseline, 36), baseline);
    let restricted = [
        "allowPrivilegeEscalation",
        "capabilities_restricted",
        "procMount_restricted",
        "restrictedVolumes",
        "runAsNonRoot",
        "seccompProfile_restricted",
    ];
    assert_eq!(at(Level::Restricted, 36), restricted);
    // Before the stand-ins exist, the baseline checks are told.
    assert_eq!(
        at(Level::Restricted, 1),
        [
            "capabilities_baseline",
            "procMount",
            "restrictedVolumes",
            "runAsNonRoot"
        ]
    );
    assert_eq!(at(Level::Privileged, 36), [""; 0]);
}

#[test]
fn versions_are_read_as_in_the_label() {
    for (text, version) in [
        ("latest", Some(Version::LATEST)),
        ("v1.0", Some(Version::new(0))),
        ("v1.36", Some(Version::new(36))),
        ("1.22", Some(Version::new(22))),
        ("v1.036", None),
        ("v1.+3", None),
        ("v1.", None),
        ("v2.1", None),
        ("vlatest", None),
        ("", None),
        ("v1.99999999999", None),
    ] {
        assert_eq!(text.parse::<Version>().ok(), version, "{text}");
    }
    assert!(
        "v1.036"
            .parse::<Version>()
            .is_err_and(|error| error.to_string().contains("v1.036"))
    );
}

#[test]
fn wrong_types_do_not_panic() {
    let odd = json!(["text", 7, null, {"a": [1]}, {"name": 5, "type": [], "hostPort": "80"}]);
    for value in odd.as_array().expect("a list") {
        let context = json!({"capabilities": value, "seccompProfile": value, "procMount": value,
            "seLinuxOptions": value, "windowsOptions": value, "runAsUser": value, "sysctls": value});
        let lists = json!({"add": value, "drop": [value]});
        let odd = json!({"name": value, "ports": value, "livenessProbe": value, "lifecycle": value,
            "securityContext": {"capabilities": lists}});
        let pods = [
            json!({"metadata": value, "spec": value}),
            json!({"spec": {"containers": value, "volumes": value, "os": value, "securityContext": value}}),
            json!({"metadata": {"annotations": value}, "spec": {"containers": [value, odd],
                "volumes": [value], "securityContext": context, "hostUsers": value}}),
        ];
        for mut pod in pods {
            pod["kind"] = json!("Pod");
            pod["apiVersion"] = json!("v1");
            for template in pod_templates(&identity(&pod, ""), &pod, "", &[]) {
                for minor in 0..40 {
                    assert!(level(&template.pod(&pod), Version::new(minor)) <= Level::Restricted);
                }
            }
        }
    }
}

#[test]
fn annotations_of_seccomp_that_baseline_allows() {
    for (profile, allowed) in [
        ("runtime/default", true),
        ("docker/default", true),
        ("localhost/audit.json", true),
        ("localhost", false),
        ("runtime/default/", false),
        ("unconfined", false),
        ("", false),
    ] {
        for key in [
            "seccomp.security.alpha.kubernetes.io/pod",
            "container.seccomp.security.alpha.kubernetes.io/a",
        ] {
            let mut pod = pod(&[container("a", json!({}))]);
            pod["metadata"] = json!({"annotations": {key: profile}});
            let told = told(&pod, "seccompProfile_baseline", 18);
            assert_eq!(told == "passes", allowed, "{key}: {profile}: {told}");
        }
    }
}

#[test]
fn a_name_that_stands_twice_is_told_once_for_probes() {
    let mut probed = container("a", json!({}));
    probed["livenessProbe"] = json!({"httpGet": {"port": 1, "host": "10.0.0.1"}});
    let told = told(
        &pod(&[probed.clone(), probed]),
        "hostProbesAndHostLifecycle",
        36,
    );
    assert_eq!(told.matches("\"a\"").count(), 1, "{told}");
}

#[test]
fn each_version_still_forbids_other_sysctls() {
    let with = |name: &str| pod_with(json!({"sysctls": [{"name": name, "value": "1"}]}), &[]);
    for minor in [0, 26, 27, 29, 32, 36, 37] {
        let told = told(&with("kernel.panic"), "sysctls", minor);
        assert!(told.contains("kernel.panic"), "1.{minor}: {told}");
    }
    let new = with("net.ipv4.tcp_slow_start_after_idle");
    assert_ne!(told(&new, "sysctls", 36), "passes");
    assert_eq!(told(&new, "sysctls", 37), "passes");
}
