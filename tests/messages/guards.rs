//! Why guards of a namespace are held.

use crate::{held, says};

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: \
                   {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: \
                   [{name: web, image: registry.example/web:1}]}\n";

fn other(kind: &str, spec: &str) -> String {
    let start = WEB
        .replace("Deployment", kind)
        .replace("name: web, ", "name: other, ");
    start.replace("spec:\n  selector", &format!("spec:\n{spec}  selector"))
}

/// A namespace with a workload beside other files.
#[track_caller]
fn held_beside(files: &[(&str, &str)], arguments: &[&str], why: &str) {
    let mut all = vec![("namespace.yaml", NAMESPACE), ("web.yaml", WEB)];
    all.extend(files);
    held(&all, arguments, "unseen", why);
}

#[test]
fn what_a_kustomization_alters() {
    let kustomization = "resources: [namespace.yaml, web.yaml, gone.yaml]\n";
    held_beside(
        &[("kustomization.yaml", kustomization)],
        &[],
        "gone.yaml, which is not here",
    );
}

#[test]
fn what_is_no_input() {
    let kustomization = "resources: [namespace.yaml, web.yaml, data.txt]\n";
    let files = [
        ("kustomization.yaml", kustomization),
        ("data.txt", "a: b\n"),
    ];
    held_beside(&files, &[], "data.txt is not among the files");
}

#[test]
fn what_cannot_be_read() {
    held_beside(
        &[("broken.yaml", "apiVersion: v1\nkind: Pod\na: 1\na: 2\n")],
        &[],
        "broken.yaml cannot be read: ",
    );
}

#[test]
fn a_workload_of_another_group() {
    let elsewhere = other("Deployment", "");
    let why = "Deployment/other of other.yaml, which is deployed by itself, runs here too";
    held_beside(&[("more/other.yaml", &elsewhere)], &[], why);
}

/// What a quota leaves out.
#[track_caller]
fn left_out(workload: &str, arguments: &[&str], why: &str) {
    let mut all = vec!["check", "--format", "json", "."];
    all.extend(arguments);
    says(
        &[("namespace.yaml", NAMESPACE), ("other.yaml", workload)],
        &all,
        "",
        1,
        why,
    );
}

#[test]
fn pods_without_a_number() {
    let daemon = other("DaemonSet", "");
    let why = "DaemonSet/other runs on every node, and `nodes` does not say how many there are";
    left_out(&daemon, &[], why);
    let kind = WEB
        .replace("apps/v1", "serving.knative.dev/v1")
        .replace("Deployment", "Service");
    left_out(&kind, &[], "how many pods Service/web has is not known");
}

#[test]
fn containers_without_amounts() {
    let why = "no LimitRange gives it to containers that say nothing";
    left_out(WEB, &["--skip", "default-resources,limit-range"], why);
}

#[test]
fn pods_that_an_operator_completes() {
    let prometheus = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p, namespace: shop}\nspec: \
                      {containers: [{name: prometheus}]}\n";
    let why = "an operator completes the pods of Prometheus/p";
    held(
        &[
            ("namespace.yaml", NAMESPACE),
            ("web.yaml", WEB),
            ("p.yaml", prometheus),
        ],
        &[],
        "unseen",
        why,
    );
}

#[test]
fn a_kustomization_that_was_not_named() {
    let files = [
        ("web.yaml", WEB),
        ("kustomization.yaml", "resources: [web.yaml]\n"),
    ];
    let arguments = ["check", "--guards", "all", "--format", "json", "web.yaml"];
    let why = "must be listed in a kustomization that is not among the files to change";
    says(&files, &arguments, "", 1, why);
}

#[test]
fn a_file_that_is_there_already() {
    let name = "kubetemper-shop.yaml";
    let files = [
        ("a/web.yaml", WEB),
        (
            "a/kubetemper-shop.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n",
        ),
    ];
    let why = format!("{name} holds other objects, is not listed, or is not among the files");
    held(&files, &["--guards", "all"], "unseen", &why);
}

#[test]
fn places_that_a_kustomization_does_not_list() {
    let files = [("web.yaml", WEB), ("kustomization.yaml", "resources: []\n")];
    let why = "the kustomization of this folder does not list the objects";
    held(&files, &["--guards", "all"], "unseen", why);
    let files = [
        ("a/web.yaml", WEB),
        ("kustomization.yaml", "resources: [a/web.yaml]\n"),
    ];
    let why = "the kustomization that lists the objects stands in another folder";
    held(&files, &["--guards", "all"], "unseen", why);
}

#[test]
fn json_has_no_room() {
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": {"containers": [{"name": "a", "image": "b"}]}}"#;
    let arguments = ["render", "-", "--guards", "all", "--report", "report.json"];
    let said = crate::run_in(&crate::folder(&[]), &arguments, json);
    assert!(
        said.stderr
            .contains("a JSON text has no room for a second document")
            || said.code == 0
    );
    says(
        &[],
        &["check", "-", "--guards", "all", "--format", "json"],
        json,
        1,
        "a JSON text has no room for a second document",
    );
}

#[test]
fn a_new_file_is_listed() {
    let files = [
        (
            "namespace.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        ),
        ("web.yaml", WEB),
        ("kustomization.yaml", "resources: [web.yaml]\n"),
    ];
    let arguments = ["check", "--guards", "all", "--format", "json", "."];
    says(
        &files,
        &arguments,
        "",
        1,
        "a file that no kustomization lists is not deployed",
    );
}
