//! All transforms together, with all flags: nothing comes out that the API server rejects and did not before.

use std::collections::BTreeSet;

use kubetemper::change::{Fate, HeldBy, Risk};
use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::report::FileReport;
use kubetemper::settings::{Override, Profile, Settings};
use serde_json::{Value, json};

use super::{context, merged, pod, rejections, with};

fn harden(annotations: &Value, spec: &Value, settings: &Settings) -> FileReport {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "pod", "annotations": annotations},
        "spec": spec,
    });
    let source = Source {
        path: "pod.json".to_owned(),
        text: pod.to_string(),
        is_patch: false,
    };
    match pipeline::harden(source, settings, &Cluster::default()) {
        Outcome::Report(file, _) => *file,
        Outcome::Template(problem) => panic!("{problem:?}"),
    }
}

fn only(transform: &str) -> Settings {
    Settings {
        only: vec![transform.to_owned()],
        overrides: Override::Everything,
        ..Settings::default()
    }
}

/// Checks that the changes of a transform are held because the API server would reject them.
#[track_caller]
fn check(transform: &str, annotations: &Value, spec: &Value, why: &str) {
    let file = harden(annotations, spec, &only(transform));
    let changes = file.objects.iter().flat_map(|object| &object.changes);
    let mut held = changes
        .filter_map(|located| match &located.change.fate {
            Fate::Held {
                by: HeldBy::Invalid,
                why,
            } => Some(why.as_str()),
            _ => None,
        })
        .peekable();
    assert!(held.peek().is_some(), "{:?}", file.objects);
    assert!(held.all(|held| held == why), "{:?}", file.objects);
}

#[test]
fn a_seccomp_profile_beside_another_annotation() {
    check(
        "set-seccomp-profile",
        &json!({"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}),
        &with(&json!({})),
        "securityContext.seccompProfile: seccomp type in annotation and field must match",
    );
}

#[test]
fn a_mount_where_a_device_is() {
    let mut pod = with(&json!({"volumeDevices": [{"name": "disk", "devicePath": "/tmp"}]}));
    pod["volumes"] = json!([{"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}]);
    check(
        "read-only-root-filesystem",
        &json!({}),
        &pod,
        "container \"app\": volumeDevice at /tmp: must not already exist as a path in volumeMounts",
    );
}

/// Transforms that know what they may not do say so in their own words, and an override changes nothing about it.
#[test]
fn what_a_transform_holds_itself() {
    let mount = json!({"name": "a", "mountPath": "/a", "mountPropagation": "Bidirectional"});
    let mut shared =
        with(&json!({"securityContext": {"privileged": true}, "volumeMounts": [mount]}));
    shared["volumes"] = json!([{"name": "a", "emptyDir": {}}]);
    let added = json!({"capabilities": {"add": ["CAP_SYS_ADMIN"]}});
    for (transform, pod, why) in [
        (
            "forbid-privileged",
            shared,
            "the API server accepts mountPropagation: Bidirectional only in privileged containers",
        ),
        (
            "forbid-privilege-escalation",
            context(&json!({"privileged": true})),
            "the API server rejects it beside privileged: true",
        ),
        (
            "forbid-privilege-escalation",
            context(&added),
            "the API server rejects it beside the added capability CAP_SYS_ADMIN",
        ),
    ] {
        check(transform, &json!({}), &pod, why);
        let file = harden(&json!({}), &pod, &only(transform));
        assert_eq!(file.after, None, "{:?}", file.objects);
    }
}

/// What one transform cannot do alone, another one's edit makes possible.
#[test]
fn overrides_remove_what_holds_others() {
    let pod = context(&json!({"privileged": true, "capabilities": {"add": ["CAP_SYS_ADMIN"]}}));
    let settings = Settings {
        overrides: Override::Everything,
        ..Settings::default()
    };
    let file = harden(&json!({}), &pod, &settings);
    let after: Value = serde_json::from_str(&file.after.unwrap()).unwrap();
    let context = &after["spec"]["containers"][0]["securityContext"];
    assert_eq!(context["allowPrivilegeEscalation"], false);
    assert_eq!(context["privileged"], false);
    assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}));
}

/// Pods with everything that could be broken.
fn pods() -> Vec<(Value, Value)> {
    let none = json!({});
    let local = json!({"type": "Localhost", "localhostProfile": "mine"});
    let bidirectional =
        json!({"name": "a", "mountPath": "/a", "mountPropagation": "Bidirectional"});
    let app_armor = "container.apparmor.security.beta.kubernetes.io/app";
    let sysctl = json!([{"name": "net.core.somaxconn", "value": "1"}]);
    let specs = [
        context(&json!({"privileged": true, "capabilities": {"add": ["SYS_ADMIN"]}})),
        context(&json!({"capabilities": {"add": ["CAP_SYS_ADMIN", "ALL"], "drop": ["all"]}})),
        context(&json!({"runAsUser": 0, "runAsNonRoot": false})),
        context(&json!({"procMount": "Unmasked", "allowPrivilegeEscalation": true})),
        context(&json!({"seccompProfile": local, "appArmorProfile": local})),
        context(
            &json!({"seccompProfile": {"type": "Unconfined"}, "appArmorProfile": {"type": "Unconfined"}}),
        ),
        context(&json!({"seLinuxOptions": {"type": "spc_t", "user": "root"}})),
        context(&json!({"windowsOptions": {"hostProcess": true}})),
        with(&json!({"ports": [{"containerPort": 80, "hostPort": 80}]})),
        with(&json!({"livenessProbe": {"httpGet": {"host": "127.0.0.1", "port": 80}}})),
        with(&json!({"resources": {"requests": {"memory": "10Gi", "nvidia.com/gpu": 1}}})),
        with(
            &json!({"resources": {"limits": {"cpu": "1m", "memory": "1Mi", "hugepages-2Mi": "2Mi"}}}),
        ),
        with(&json!({"securityContext": {"privileged": true}, "volumeMounts": [bidirectional]})),
        with(
            &json!({"volumeMounts": [{"name": "a", "mountPath": "/tmp/"}, {"name": "tmp", "mountPath": "/b"}]}),
        ),
        with(&json!({"volumeDevices": [{"name": "disk", "devicePath": "/tmp"}]})),
    ];
    let pods = [
        json!({"hostNetwork": true, "hostPID": true, "hostIPC": true}),
        json!({"hostNetwork": true, "securityContext": {"sysctls": sysctl}}),
        json!({"hostUsers": false, "securityContext": {"runAsUser": 0}}),
        json!({"shareProcessNamespace": true, "resources": {"limits": {"memory": "64Mi", "cpu": "10m"}}}),
        json!({"os": {"name": "windows"}}),
        json!({"os": {"name": "linux"}, "securityContext": {"seccompProfile": {"type": "Unconfined"}}}),
        json!({"nodeSelector": {"kubernetes.io/os": "windows"}}),
        json!({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "host", "hostPath": {"path": "/srv"}}]}),
        json!({"initContainers": [{"name": "tmp", "image": "init"}, {"name": "b", "image": "b", "restartPolicy": "Always"}]}),
        json!({"ephemeralContainers": [{"name": "debug", "image": "debug"}]}),
    ];
    let annotations = [
        none.clone(),
        json!({app_armor: "unconfined"}),
        json!({app_armor: "localhost/mine", "seccomp.security.alpha.kubernetes.io/pod": "localhost/mine"}),
    ];
    let mut all = Vec::new();
    for spec in &specs {
        for fields in &pods {
            all.push((none.clone(), merged(spec.clone(), fields)));
        }
        for annotations in &annotations {
            all.push((annotations.clone(), spec.clone()));
        }
    }
    all.push((none, pod(&json!({}))));
    all
}

#[test]
fn nothing_new_is_rejected() {
    for (profile, overrides, max_risk) in [
        (Profile::Baseline, Override::Everything, Risk::High),
        (Profile::Restricted, Override::Everything, Risk::Low),
        (Profile::Restricted, Override::Nothing, Risk::High),
        (Profile::Strict, Override::Everything, Risk::High),
        (Profile::Strict, Override::Nothing, Risk::Low),
    ] {
        let settings = Settings {
            profile,
            overrides,
            max_risk,
            ..Settings::default()
        };
        for (annotations, spec) in pods() {
            holds(&annotations, &spec, &settings);
        }
    }
}

fn holds(annotations: &Value, spec: &Value, settings: &Settings) {
    let file = harden(annotations, spec, settings);
    assert!(file.problems.is_empty(), "{spec}: {:?}", file.problems);
    let Some(after) = &file.after else { return };
    let after: Value = serde_json::from_str(after).unwrap();
    let before: BTreeSet<_> = rejections(annotations, spec);
    let new = rejections(&after["metadata"]["annotations"], &after["spec"]);
    let new: Vec<_> = new.difference(&before).collect();
    assert!(new.is_empty(), "{spec}\nbecame {after}\nwith {new:?}");
}
