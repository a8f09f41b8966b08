//! What each profile asks of a pod, and what it leaves alone.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::pod_security::Level;
use kubetemper::report::ObjectReport;
use kubetemper::settings::{Override, Profile, Settings};
use serde_json::{Value, json};

fn harden(pod: &Value, settings: &Settings) -> ObjectReport {
    let source = Source {
        path: "pod.json".to_owned(),
        text: pod.to_string(),
        is_patch: false,
    };
    match pipeline::harden(source, settings, &Cluster::default()) {
        Outcome::Report(mut file, _) if file.problems.is_empty() => file.objects.remove(0),
        other => panic!("{pod}: {other:?}"),
    }
}

fn baseline() -> Settings {
    Settings {
        profile: Profile::Baseline,
        ..Settings::default()
    }
}

fn pod(annotations: &Value, spec: &Value, container: &Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "pod", "annotations": annotations},
        "spec": spec,
    });
    let mut app = json!({"name": "app", "image": "app"});
    app.as_object_mut()
        .unwrap()
        .extend(container.as_object().unwrap().clone());
    pod["spec"]["containers"] = json!([app]);
    pod
}

fn context(fields: &Value) -> Value {
    pod(&json!({}), &json!({}), &json!({"securityContext": fields}))
}

/// Pods that pass "baseline" and come near to what it forbids.
fn passing() -> Vec<Value> {
    let none = json!({});
    let volumes = json!([
        {"name": "a", "emptyDir": {}}, {"name": "b", "nfs": {"server": "nfs", "path": "/"}},
    ]);
    let sysctl = json!([{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]);
    vec![
        pod(&none, &none, &none),
        pod(&none, &json!({"shareProcessNamespace": true}), &none),
        pod(&none, &json!({"volumes": volumes}), &none),
        pod(&none, &json!({"os": {"name": "windows"}}), &none),
        pod(
            &none,
            &json!({"securityContext": {"sysctls": sysctl}}),
            &none,
        ),
        pod(
            &none,
            &none,
            &json!({"ports": [{"containerPort": 80, "hostPort": 0}]}),
        ),
        pod(
            &none,
            &none,
            &json!({"livenessProbe": {"httpGet": {"port": 80}}}),
        ),
        pod(
            &json!({
                "container.apparmor.security.beta.kubernetes.io/app": "runtime/default",
                "seccomp.security.alpha.kubernetes.io/pod": "runtime/default",
                "container.seccomp.security.alpha.kubernetes.io/gone": "unconfined",
            }),
            &none,
            &none,
        ),
        pod(
            &json!({"container.apparmor.security.beta.kubernetes.io/app": ""}),
            &none,
            &none,
        ),
        pod(
            &json!({"container.apparmor.security.beta.kubernetes.io/app": "localhost/mine"}),
            &none,
            &json!({"securityContext": {"appArmorProfile": {"type": "Localhost", "localhostProfile": "mine"}}}),
        ),
        context(&json!({"runAsUser": 0, "allowPrivilegeEscalation": true})),
        context(&json!({"privileged": false, "procMount": "Default"})),
        context(&json!({"capabilities": {"add": ["CHOWN", "NET_BIND_SERVICE"]}})),
        context(&json!({"seLinuxOptions": {"type": "container_t", "level": "s0:c1"}})),
        context(&json!({"windowsOptions": {"hostProcess": false}})),
    ]
}

#[test]
fn what_passes_baseline_is_left_alone() {
    for pod in passing() {
        for overrides in [Override::Nothing, Override::Everything] {
            let settings = Settings {
                overrides,
                ..baseline()
            };
            let object = harden(&pod, &settings);
            assert!(object.changes.is_empty(), "{pod}: {:?}", object.changes);
            assert!(object.level.unwrap().before >= Level::Baseline, "{pod}");
        }
        // Not in vain: the profile above has something to say of each.
        let windows = pod["spec"]["os"].is_object();
        let object = harden(&pod, &Settings::default());
        assert!(!object.changes.is_empty() || windows, "{pod}");
    }
}

#[test]
fn what_fails_baseline_is_raised_to_it_and_no_further() {
    for pod in [
        context(&json!({"privileged": true})),
        context(&json!({"procMount": "Unmasked"})),
        context(&json!({"capabilities": {"add": ["SYS_ADMIN", "CHOWN"]}})),
        context(&json!({"seccompProfile": {"type": "Unconfined"}})),
        context(&json!({"appArmorProfile": {"type": "Unconfined"}})),
        pod(&json!({}), &json!({"hostNetwork": true}), &json!({})),
        pod(
            &json!({"container.apparmor.security.beta.kubernetes.io/app": "unconfined"}),
            &json!({}),
            &json!({}),
        ),
        pod(
            &json!({"container.seccomp.security.alpha.kubernetes.io/app": "unconfined"}),
            &json!({}),
            &json!({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}),
        ),
    ] {
        let settings = Settings {
            overrides: Override::Everything,
            ..baseline()
        };
        let object = harden(&pod, &settings);
        let levels = object.level.unwrap();
        assert_eq!(levels.before, Level::Privileged, "{pod}");
        assert_eq!(levels.after, Level::Baseline, "{pod}");
    }
}

/// Each profile runs its own transforms and those before it; a name, in any profile, is the user's word.
#[test]
fn a_transform_that_is_named_runs_in_every_profile() {
    let ran = |settings: &Settings| -> BTreeSet<&str> {
        let object = harden(&pod(&json!({}), &json!({}), &json!({})), settings);
        let changes = object.changes.iter();
        changes.map(|located| located.change.transform).collect()
    };
    let both = BTreeSet::from(["disable-service-links", "drop-capabilities"]);
    let named = || both.iter().map(ToString::to_string).collect();
    for profile in [Profile::Baseline, Profile::Restricted, Profile::Strict] {
        let only = Settings {
            profile,
            only: named(),
            ..Settings::default()
        };
        assert_eq!(ran(&only), both);
        let enabled = Settings {
            profile,
            enabled: named(),
            ..Settings::default()
        };
        assert!(ran(&enabled).is_superset(&both));
        if profile == Profile::Baseline {
            assert_eq!(ran(&enabled), both);
        }
        let skipped = Settings {
            skip: named(),
            ..enabled
        };
        assert!(ran(&skipped).is_disjoint(&both));
    }
}
