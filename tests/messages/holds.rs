//! Why changes of a workload are held.

use crate::{held, says};

fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: app}}\nspec:\n{spec}")
}

#[track_caller]
fn held_in_pod(spec: &str, arguments: &[&str], by: &str, why: &str) {
    held(&[("pod.yaml", &pod(spec))], arguments, by, why);
}

const PLAIN: &str = "  containers:\n  - {name: app, image: registry.example/app:1}\n";

#[test]
fn local_configuration() {
    let text = pod(PLAIN).replace(
        "{name: app}\n",
        "{name: app, annotations: {config.kubernetes.io/local-config: \"true\"}}\n",
    );
    let why = "the annotation config.kubernetes.io/local-config keeps it from every cluster";
    held(&[("pod.yaml", &text)], &[], "config", why);
}

#[test]
fn parts_of_the_node() {
    let mounts = "  containers:\n  - name: app\n    image: registry.example/app:1\n    \
                  volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]\n  \
                  volumes: [{name: v, emptyDir: {}}]\n";
    held_in_pod(
        mounts,
        &[],
        "node-agent",
        "container app mounts file systems for the node",
    );
    let daemon = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: app}\nspec:\n  template:\n    spec:\n      \
                  tolerations: [{operator: Exists}]\n      containers: [{name: app, image: registry.example/app:1}]\n";
    let why = "it is a DaemonSet that tolerates every taint";
    held(&[("daemon.yaml", daemon)], &[], "node-agent", why);
}

#[test]
fn a_keep_without_a_reason() {
    let text = format!("# kubetemper: keep drop-capabilities\n{}", pod(PLAIN));
    held(&[("pod.yaml", &text)], &[], "keep", "no reason is given");
}

#[test]
fn a_ratio_of_a_limit_range() {
    let range = "apiVersion: v1\nkind: LimitRange\nmetadata: {name: range}\nspec:\n  limits:\n  \
                 - {type: Container, maxLimitRequestRatio: {memory: 2}}\n";
    let files = [("pod.yaml", &*pod(PLAIN)), ("range.yaml", range)];
    held(
        &files,
        &[],
        "explicit",
        "LimitRange range bounds the limit by the request",
    );
}

#[test]
fn an_object_of_which_one_change_has_no_place() {
    let text = pod(
        "  securityContext: text\n  containers:\n  - {name: app, image: registry.example/app:1}\n",
    );
    let message = "another change of this object could not be made";
    says(
        &[("pod.yaml", &text)],
        &["check", "--format", "json", "."],
        "",
        2,
        message,
    );
    let help = "the object is left as it was; give the field the type that Kubernetes asks for";
    says(&[("pod.yaml", &text)], &["check", "."], "", 2, help);
}

#[test]
fn an_annotation_that_keeps_nothing() {
    let text = pod(PLAIN).replace(
        "{name: app}\n",
        "{name: app, annotations: {kubetemper.dev/keep: \"forbid-privileged=why\"}}\n",
    );
    let message = "`forbid-privileged=why` in the annotation kubetemper.dev/keep keeps nothing";
    says(&[("pod.yaml", &text)], &["check", "."], "", 1, message);
}

#[test]
fn syntax_that_one_parser_alone_takes() {
    let text = format!("\"extra\": {{a\n: []}}\n{}", pod(PLAIN));
    let help = "the document is left as it was, for not every parser takes it as it is: write this place more plainly";
    says(&[("pod.yaml", &text)], &["check", "."], "", 2, help);
}
