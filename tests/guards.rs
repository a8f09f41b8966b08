//! Recomputes what a ResourceQuota and a LimitRange allow, with an arithmetic of its own, and checks that every
//! workload of the group fits: on goldens, and on the corpus beside the repository where that is present.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use k8s_openapi::api::core::v1::{LimitRange, ResourceQuota};
use serde_json::Value;

/// The objects of the files of a folder, or of a file.
fn objects(path: &Path) -> Vec<Value> {
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        files = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
    }
    let mut objects = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|it| it == "yaml"))
    {
        let text = fs::read_to_string(file).unwrap();
        for document in text.split("\n---") {
            objects.extend(
                yaml_serde::from_str::<Value>(document)
                    .ok()
                    .filter(Value::is_object),
            );
        }
    }
    objects
}

/// A quantity in floating point: close enough to compare what is rounded up.
fn number(value: &Value) -> f64 {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let at = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let factor = match &text[at..] {
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "" => 1.0,
        other => panic!("{other}"),
    };
    text[..at].parse::<f64>().unwrap() * factor
}

/// The most pods of a workload, counted from its manifest as it is read by people.
fn most(object: &Value, all: &[Value]) -> f64 {
    let spec = &object["spec"];
    let mut replicas = spec["replicas"].as_f64().unwrap_or(1.0);
    for scaler in all
        .iter()
        .filter(|it| it["kind"] == "HorizontalPodAutoscaler")
    {
        let target = &scaler["spec"]["scaleTargetRef"];
        if target["name"] == object["metadata"]["name"] && target["kind"] == object["kind"] {
            replicas = replicas.max(scaler["spec"]["maxReplicas"].as_f64().unwrap());
        }
    }
    match object["kind"].as_str().unwrap() {
        "Deployment" if spec["strategy"]["type"] == "Recreate" => replicas,
        "Deployment" => {
            let surge = &spec["strategy"]["rollingUpdate"]["maxSurge"];
            let percent = surge
                .as_str()
                .map_or(25.0, |it| it.trim_end_matches('%').parse().unwrap());
            replicas
                + surge
                    .as_f64()
                    .unwrap_or((replicas * percent / 100.0).ceil())
        }
        "StatefulSet" | "ReplicaSet" => replicas,
        "Job" => spec["parallelism"].as_f64().unwrap_or(1.0),
        "CronJob" => spec["jobTemplate"]["spec"]["parallelism"]
            .as_f64()
            .unwrap_or(1.0),
        _ => 1.0,
    }
}

fn pod(object: &Value) -> Option<&Value> {
    let pods = [
        "/spec/jobTemplate/spec/template/spec",
        "/spec/template/spec",
        "/spec",
    ];
    let mut pods = pods.iter().filter_map(|place| object.pointer(place));
    pods.find(|pod| pod["containers"].is_array())
}

/// What a container has of a resource: its own, its limit for a request, what the range gives.
fn has(container: &Value, share: &str, name: &str, range: &Value) -> Option<f64> {
    let own = |share: &str| {
        container
            .pointer(&format!("/resources/{share}/{name}"))
            .map(number)
    };
    let limit = own("limits").or_else(|| range.pointer(&format!("/default/{name}")).map(number));
    match share {
        "limits" => limit,
        _ => own("requests").or_else(|| own("limits")).or_else(|| {
            range
                .pointer(&format!("/defaultRequest/{name}"))
                .map(number)
        }),
    }
}

/// Checks all workloads against the quota; returns how many there are.
fn fits(place: &str, objects: &[Value]) -> usize {
    let ours = |kind: &str| {
        let is_ours = |it: &&Value| {
            let annotations = &it["metadata"]["annotations"];
            it["kind"] == kind && annotations["kubetemper.dev/generated-by"].is_string()
        };
        objects.iter().find(is_ours)
    };
    let Some(quota) = ours("ResourceQuota") else {
        return 0;
    };
    let typed: ResourceQuota = serde_json::from_value(quota.clone()).unwrap();
    let range = objects.iter().find(|it| it["kind"] == "LimitRange");
    if let Some(range) = range {
        serde_json::from_value::<LimitRange>(range.clone()).unwrap();
    }
    let none = Value::Null;
    let range = range.map_or(&none, |range| &range["spec"]["limits"][0]);
    let mut used: BTreeMap<String, f64> = BTreeMap::new();
    let mut count = 0;
    for object in objects {
        let Some(pod) = pod(object) else { continue };
        count += 1;
        let pods = most(object, objects);
        *used.entry("pods".to_owned()).or_default() += pods;
        for (share, name) in [
            ("requests", "cpu"),
            ("requests", "memory"),
            ("limits", "memory"),
        ] {
            let sum = |list: &str, add: fn(f64, f64) -> f64| {
                let list = pod[list].as_array().into_iter().flatten();
                list.filter_map(|it| has(it, share, name, range))
                    .fold(0.0, add)
            };
            let most = sum("containers", |a, b| a + b).max(sum("initContainers", f64::max));
            *used.entry(format!("{share}.{name}")).or_default() += pods * most;
        }
        for container in pod["containers"].as_array().unwrap() {
            for name in ["cpu", "memory"] {
                let (request, limit) = (
                    has(container, "requests", name, range),
                    has(container, "limits", name, range),
                );
                if let (Some(request), Some(limit)) = (request, limit) {
                    assert!(request <= limit, "{place}: {name} of {}", container["name"]);
                }
            }
        }
    }
    for (key, hard) in typed.spec.unwrap().hard.unwrap() {
        if let Some(used) = used.get(&key) {
            let hard = number(&Value::from(hard.0));
            assert!(*used <= hard, "{place}: {key} takes {used}, of {hard}");
        }
    }
    count
}

#[test]
fn the_workloads_of_goldens_fit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut count = 0;
    for group in ["resource-quota", "pipeline"] {
        for case in fs::read_dir(root.join(group)).unwrap() {
            let file = case.unwrap().path().join("after.yaml");
            if file.exists() {
                count += fits(&file.display().to_string(), &objects(&file));
            }
        }
    }
    assert!(count > 5, "{count}");
}

/// Folders and files of the corpus that are deployed as they are, and the namespace of each that counts as one of the
/// cluster's own: it gets another name here, since such namespaces have no guards.
const APPLICATIONS: [(&str, &str); 5] = [
    (
        "GoogleCloudPlatform+bank-of-anthos/kubernetes-manifests",
        "",
    ),
    ("kubernetes+examples/web/guestbook", ""),
    ("stefanprodan+podinfo/kustomize", ""),
    (
        "metallb+metallb/config/manifests/metallb-native.yaml",
        "metallb-system",
    ),
    ("rook+rook/deploy/examples", "rook-ceph"),
];

#[test]
fn the_workloads_of_the_corpus_fit() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    for (path, system) in APPLICATIONS
        .map(|(path, system)| (corpus.join(path), system))
        .iter()
        .filter(|(path, _)| path.exists())
    {
        let files: Vec<_> = if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            entries.map(|entry| entry.unwrap().path()).collect()
        } else {
            vec![path.clone()]
        };
        let copy = tempfile::tempdir().unwrap();
        for file in files.iter().filter(|file| file.is_file()) {
            let mut text = fs::read_to_string(file).unwrap();
            if !system.is_empty() {
                text = text.replace(system, "storage");
            }
            fs::write(copy.path().join(file.file_name().unwrap()), text).unwrap();
        }
        let run = |verb: &str| {
            let mut program = Command::new(env!("CARGO_BIN_EXE_kubetemper"));
            program.args([verb, "--guards", "all", "--namespace", "boa", "."]);
            program.current_dir(copy.path()).output().unwrap()
        };
        let fixed = run("fix");
        assert!(
            fixed.status.success(),
            "{}",
            String::from_utf8_lossy(&fixed.stderr)
        );
        // Some of these folders hold objects of several namespaces.
        let mut of: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for object in objects(copy.path()) {
            let namespace = object["metadata"]["namespace"].as_str().unwrap_or("boa");
            of.entry(namespace.to_owned()).or_default().push(object);
        }
        let counts = of
            .iter()
            .map(|(namespace, objects)| fits(&format!("{} {namespace}", path.display()), objects));
        assert!(counts.sum::<usize>() > 0, "{}: no quota", path.display());
        assert!(run("check").status.success(), "{}", path.display());
    }
}
