//! Exceptions, and custom kinds.

use super::support::{Folder, POD, config, transforms};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers: [{name: app, image: api}]
";

/// What the configuration holds back: `path transform container`.
fn held(matches: &str, skip: &str) -> Vec<String> {
    let spec = format!("{{overrides: [{{match: {matches}, skip: {skip}, reason: for a test}}]}}");
    let folder = Folder::new(&[
        ("kubetemper.yaml", &config(&spec)),
        ("pod.yaml", POD),
        ("api.yaml", DEPLOYMENT),
    ]);
    let changes = folder.changes(&["."]);
    let held = changes
        .iter()
        .filter_map(|it| it.strip_suffix(" held config"));
    held.map(str::to_owned).collect()
}

/// The files with something that the configuration holds back.
fn files(matches: &str) -> Vec<String> {
    let mut files: Vec<String> = held(matches, "['*']")
        .iter()
        .map(|it| it.split(' ').next().unwrap().to_owned())
        .collect();
    files.dedup();
    files
}

#[test]
fn by_kind_name_namespace_and_labels() {
    assert_eq!(files("{kind: Pod}"), ["pod.yaml"]);
    assert_eq!(files("{kind: 'D*'}"), ["api.yaml"]);
    assert_eq!(files("{kind: Deployment.apps}"), ["api.yaml"]);
    assert_eq!(files("{kind: Deployment.extensions}"), [""; 0]);
    assert_eq!(files("{name: web}"), ["pod.yaml"]);
    assert_eq!(files("{name: '*'}"), ["api.yaml", "pod.yaml"]);
    assert_eq!(files("{namespace: shop}"), ["pod.yaml"]);
    assert_eq!(files("{labels: {app: web}}"), ["pod.yaml"]);
    assert_eq!(
        files("{labels: {app: 'a*'}}"),
        ["api.yaml"],
        "labels of the pods"
    );
    assert_eq!(files("{labels: {app: web, tier: back}}"), [""; 0]);
    assert_eq!(
        files("{kind: Pod, name: api}"),
        [""; 0],
        "all conditions hold"
    );
}

#[test]
fn the_namespace_of_the_run_counts_for_objects_without_one() {
    let spec =
        "{namespace: tools, overrides: [{match: {namespace: tools}, skip: ['*'], reason: x}]}";
    let folder = Folder::new(&[("kubetemper.yaml", &config(spec)), ("api.yaml", DEPLOYMENT)]);
    assert_eq!(folder.run(&["check", "."]).code, 0);
    assert_eq!(folder.run(&["check", "--namespace", "shop", "."]).code, 1);
}

#[test]
fn by_container_and_transform() {
    let held = held("{container: proxy}", "[drop-capabilities]");
    assert_eq!(held, ["pod.yaml drop-capabilities proxy"]);
}

#[test]
fn the_reason_is_shown() {
    let spec = "{overrides: [{match: {kind: Pod}, skip: ['*'], reason: because OPS-1423}]}";
    let folder = Folder::new(&[("kubetemper.yaml", &config(spec)), ("pod.yaml", POD)]);
    let done = folder.run(&["explain", "pod.yaml:1"]);
    assert!(
        done.stdout.contains("held by config: because OPS-1423"),
        "{}",
        done.stdout
    );
    let done = folder.run(&["check", "--override", "."]);
    assert_eq!(done.code, 0, "no flag lifts it: {}", done.stdout);
}

#[test]
fn custom_kinds() {
    let worker = "\
apiVersion: example.com/v1
kind: Worker
metadata: {name: w}
spec:
  pools:
  - template:
      spec:
        containers: [{name: app, image: api}]
";
    let folder = Folder::new(&[("worker.yaml", worker)]);
    assert_eq!(folder.changes(&["."]), [""; 0]);
    let workloads =
        "{workloads: [{kind: Worker.example.com, podTemplate: /spec/pools/*/template}]}";
    folder.write("kubetemper.yaml", &config(workloads));
    let changes = folder.changes(&["."]);
    assert!(
        transforms(&changes, "applied").contains(&"drop-capabilities"),
        "{changes:?}"
    );
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert_eq!(folder.run(&["check", "."]).code, 0);
    assert!(
        folder.read("worker.yaml").contains("- ALL")
            || folder.read("worker.yaml").contains("[ALL]")
    );
    // An index and an escaped key are pointers, too.
    let odd = worker
        .replace("pools:", "a/b:")
        .replace("kind: Worker", "kind: Odd");
    folder.write("odd.yaml", &odd);
    let workloads = "{workloads: [{kind: Odd.example.com, podTemplate: /spec/a~1b/0/template}]}";
    folder.write("kubetemper.yaml", &config(workloads));
    assert_ne!(folder.changes(&["odd.yaml"]), [""; 0]);
}
