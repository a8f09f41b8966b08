//! Recomputes what a ResourceQuota and a LimitRange allow, with an arithmetic of its own, and checks that every
//! workload of the group fits: on goldens, and on the corpus beside the repository where that is present.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use k8s_openapi::api::core::v1::{LimitRange, ResourceQuota};
use serde_json::{Map, Value};

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
        "CronJob" => {
            let parallel = &spec["jobTemplate"]["spec"]["parallelism"];
            let policy = spec["concurrencyPolicy"].as_str().unwrap_or("Allow");
            parallel.as_f64().unwrap_or(1.0) * if policy == "Allow" { 2.0 } else { 1.0 }
        }
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

/// What a container has of a resource: its own, its limit for a request, what the range gives (with the defaults of
/// the API server: the maximum for a limit, the limit or the minimum for a request).
fn has(container: &Value, share: &str, name: &str, range: &Value) -> Option<f64> {
    let own = |share: &str| {
        container
            .pointer(&format!("/resources/{share}/{name}"))
            .map(number)
    };
    let given = |key: &str| range.pointer(&format!("/{key}/{name}")).map(number);
    let limit = || given("default").or_else(|| given("max"));
    if share == "limits" {
        return own("limits").or_else(limit);
    }
    let request = || given("defaultRequest").or_else(limit);
    own("requests")
        .or_else(|| own("limits"))
        .or_else(request)
        .or_else(|| given("min"))
}

/// What the ranges of a namespace say of containers; the first one counts.
fn ranges(objects: &[Value]) -> Value {
    let mut all = Map::new();
    for range in objects.iter().filter(|it| it["kind"] == "LimitRange") {
        serde_json::from_value::<LimitRange>(range.clone()).unwrap();
        let limits = range["spec"]["limits"].as_array().into_iter().flatten();
        for limit in limits.filter(|it| it["type"] == "Container") {
            for (key, values) in limit.as_object().unwrap() {
                let Some(values) = values.as_object() else {
                    continue;
                };
                let of = all.entry(key.clone()).or_insert_with(|| Map::new().into());
                for (name, value) in values {
                    let of = of.as_object_mut().unwrap();
                    of.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
    }
    all.into()
}

/// What the containers of a pod have of a resource together, at the worst moment of its life.
fn worst(pod: &Value, share: &str, name: &str, range: &Value) -> f64 {
    let of = |it: &Value| has(it, share, name, range).unwrap_or_default();
    let list = |list: &str| pod[list].as_array().cloned().unwrap_or_default();
    let mut sidecars = 0.0;
    let mut most: f64 = 0.0;
    for container in list("initContainers") {
        most = most.max(sidecars + of(&container));
        if container["restartPolicy"] == "Always" {
            sidecars += of(&container);
        }
    }
    let together = list("containers").iter().map(of).sum::<f64>();
    let overhead = pod
        .pointer(&format!("/overhead/{name}"))
        .map_or(0.0, number);
    most.max(sidecars + together) + overhead
}

/// What the objects take that are no pods, and the claims that a StatefulSet makes.
fn besides(object: &Value, all: &[Value]) -> Vec<(&'static str, f64)> {
    let storage = |claim: &Value| number(&claim["spec"]["resources"]["requests"]["storage"]);
    let spec = &object["spec"];
    match object["kind"].as_str().unwrap() {
        "StatefulSet" => {
            let claims = spec["volumeClaimTemplates"].as_array();
            let pods = most(object, all);
            let claims = claims.into_iter().flatten();
            let taken = claims.map(|it| {
                [
                    ("persistentvolumeclaims", pods),
                    ("requests.storage", pods * storage(it)),
                ]
            });
            taken.flatten().collect()
        }
        "PersistentVolumeClaim" => vec![
            ("persistentvolumeclaims", 1.0),
            ("requests.storage", storage(object)),
        ],
        "Service" => {
            let ports = number(&Value::from(spec["ports"].as_array().map_or(0, Vec::len)));
            let balanced = spec["type"] == "LoadBalancer";
            let on_nodes = spec["type"] == "NodePort"
                || balanced && spec["allocateLoadBalancerNodePorts"] != false;
            let on_nodes = if on_nodes { ports } else { 0.0 };
            vec![
                ("services.loadbalancers", f64::from(u8::from(balanced))),
                ("services.nodeports", on_nodes),
            ]
        }
        _ => Vec::new(),
    }
}

/// Checks the containers of a pod against the range: a request is no more than its limit, within what is allowed.
fn satisfies(place: &str, pod: &Value, range: &Value) {
    for container in ["containers", "initContainers"]
        .iter()
        .filter_map(|list| pod[list].as_array())
        .flatten()
    {
        for name in ["cpu", "memory"] {
            let at = format!("{place}: {name} of {}", container["name"]);
            let (request, limit) = (
                has(container, "requests", name, range),
                has(container, "limits", name, range),
            );
            if let (Some(request), Some(limit)) = (request, limit) {
                assert!(request <= limit, "{at}");
            }
            let bound = |bound: &str| range.pointer(&format!("/{bound}/{name}")).map(number);
            if let Some(min) = bound("min") {
                assert!(request.is_some_and(|request| request >= min), "{at}");
            }
            if let Some(max) = bound("max") {
                assert!(limit.is_some_and(|limit| limit <= max), "{at}");
            }
        }
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
    let hard = typed.spec.unwrap().hard.unwrap();
    let range = &ranges(objects);
    let mut used: BTreeMap<String, f64> = BTreeMap::new();
    let mut count = 0;
    for object in objects {
        for (key, taken) in besides(object, objects) {
            *used.entry(key.to_owned()).or_default() += taken;
        }
        let Some(pod) = pod(object) else { continue };
        count += 1;
        satisfies(place, pod, range);
        let pods = most(object, objects);
        *used.entry("pods".to_owned()).or_default() += pods;
        for (share, name) in [
            ("requests", "cpu"),
            ("requests", "memory"),
            ("limits", "cpu"),
            ("limits", "memory"),
        ] {
            let key = format!("{share}.{name}");
            if !hard.contains_key(&key) {
                continue;
            }
            for container in ["containers", "initContainers"]
                .iter()
                .filter_map(|list| pod[list].as_array())
                .flatten()
            {
                // The quota rejects a pod with a container that says nothing.
                let found =
                    has(container, share, name, range).is_some() || pod["resources"].is_object();
                assert!(found, "{place}: no {key} of {}", container["name"]);
            }
            *used.entry(key).or_default() += pods * worst(pod, share, name, range);
        }
    }
    for (key, hard) in hard {
        let used = used.get(&key).copied().unwrap_or_default();
        let hard = number(&Value::from(hard.0));
        assert!(used <= hard, "{place}: {key} takes {used}, of {hard}");
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
