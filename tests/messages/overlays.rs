//! Why changes wait for what a kustomization does elsewhere.

use crate::{folder, held, run_in};

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";

fn deployment(name: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
         spec: {{containers: [{{name: {name}, image: registry.example/{name}:1}}]}}\n"
    )
}

/// A patch that adds a container to what it is for.
fn sidecar(image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: any}}\nspec:\n  template:\n    spec:\n      \
         containers:\n      - name: sidecar\n        image: {image}\n"
    )
}

#[test]
fn a_patch_that_is_elsewhere() {
    let files = [
        ("namespace.yaml", NAMESPACE),
        ("web.yaml", &*deployment("web")),
        (
            "kustomization.yaml",
            "resources: [namespace.yaml, web.yaml]\npatches: [{path: patch.txt}]\n",
        ),
        ("patch.txt", &sidecar("registry.example/sidecar:1")),
    ];
    let why = "has a patch that is not among the files";
    held(&files, &[], "unseen", why);
}

#[test]
fn a_base_that_an_overlay_changes() {
    let patch = "[{op: add, path: /spec/replicas, value: 3}]\n";
    let kustomization = "resources: [../base]\npatches: [{path: p.yaml, target: {name: web}}]\n";
    let files = [
        ("base/namespace.yaml", NAMESPACE),
        ("base/web.yaml", &*deployment("web")),
        (
            "base/kustomization.yaml",
            "resources: [namespace.yaml, web.yaml]\n",
        ),
        ("overlay/kustomization.yaml", kustomization),
        ("overlay/p.yaml", patch),
    ];
    held(&files, &[], "unseen", "an overlay changes Deployment/web");
}

const PATCHED: &str = "resources: [web.yaml, worker.yaml]\npatches: [{path: sidecar.yaml, target: {kind: Deployment}}]\n";

#[test]
fn a_container_of_a_patch_that_only_some_need_to_change() {
    let keep = "annotations: {kubetemper.dev/keep: \"sidecar/drop-capabilities=why\"}";
    let kept = deployment("worker").replace(
        "{name: worker, namespace: shop}",
        &format!("{{name: worker, namespace: shop, {keep}}}"),
    );
    let files = [
        ("kustomization.yaml", PATCHED),
        ("web.yaml", &*deployment("web")),
        ("worker.yaml", &kept),
        ("sidecar.yaml", &sidecar("registry.example/sidecar:1")),
    ];
    let why = "not all that the patch is for needs it";
    held(&files, &[], "patch", why);
}

#[test]
fn a_container_of_a_patch_whose_pod_would_change() {
    let files = [
        ("kustomization.yaml", PATCHED),
        ("web.yaml", &*deployment("web")),
        ("worker.yaml", &deployment("worker")),
        ("sidecar.yaml", &sidecar("nginx:1.27")),
    ];
    let why = "the pod that the patch is for would change with it";
    held(&files, &["--profile", "strict"], "patch", why);
}

/// What is decided of an added container is told once, and not a second time as of any patch.
#[test]
fn a_container_of_a_patch_is_told_once() {
    let files = [
        ("kustomization.yaml", PATCHED),
        ("web.yaml", &*deployment("web")),
        ("worker.yaml", &deployment("worker")),
        ("sidecar.yaml", &sidecar("registry.example/sidecar:1")),
    ];
    let arguments = ["check", "--format", "json", "--exit-zero", "sidecar.yaml"];
    let said = run_in(&folder(&files), &arguments, "");
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let documents = report["files"][0]["documents"].as_array().unwrap();
    let changes = documents
        .iter()
        .flat_map(|document| document["changes"].as_array().unwrap());
    let mut places: Vec<String> = changes
        .map(|change| format!("{} {}", change["transform"], change["pointer"]))
        .collect();
    assert!(places.len() > 3, "{report:#}");
    let count = places.len();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), count, "{report:#}");
}

/// What an earlier run made, and no workload is left for.
#[test]
fn an_object_that_nothing_asks_for() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: allow-old\n  \
                  namespace: shop\n  annotations: {kubetemper.dev/generated-by: default-deny-network}\n\
                  spec: {podSelector: {matchLabels: {app: old}}}\n";
    let files = [
        ("namespace.yaml", NAMESPACE),
        ("web.yaml", &*deployment("web")),
        ("policy.yaml", policy),
    ];
    let arguments = ["check", "--format", "json", "--exit-zero", "."];
    let said = run_in(&folder(&files), &arguments, "");
    let why = "an earlier run made the object, and nothing in the namespace asks for it any more";
    assert!(said.stdout.contains(why), "{}", said.stdout);
    held(&files, &[], "explicit", "only a person can delete it");
}
