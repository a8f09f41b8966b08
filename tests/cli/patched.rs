//! Containers that kustomize patches add.

use super::support::Folder;

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
";

/// A JSON patch whose container has secrets in its environment and its arguments.
const SIDE: &str = "\
- op: add
  path: /spec/template/spec/containers/-
  value:
    name: side
    env:
    - {name: DB_PASSWORD, value: hunter2}
    - {name: CACHE, value: 'redis://app:hunter3@cache:6379'}
    args: [--password=hunter4, --token, hunter5]
    image: side:1
";

/// The same in the text of a strategic merge patch.
const MERGED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: side
        image: side:1
        args: [--password=hunter4, --token, hunter5]
        env: [{name: DB_PASSWORD, value: hunter2}]
";

fn tree(kustomization: &str, patch: &str) -> Folder {
    Folder::new(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        ("shop/kustomization.yaml", kustomization),
        ("shop/side.yaml", patch),
    ])
}

/// What the program prints in every form that a person or a service reads.
fn said(folder: &Folder) -> String {
    let mut said = String::new();
    let formats = ["human", "json", "sarif", "github", "markdown", "rdjson"];
    let checks = formats.map(|format| vec!["check", "--guards", "all", "--format", format, "."]);
    let others = [
        vec!["diff", "--guards", "all", "."],
        vec!["patch", "--guards", "all", "--as", "json", "."],
        vec!["patch", "--guards", "all", "--as", "kustomize", "."],
        vec!["flows", "."],
        vec!["fix", "--guards", "all", "-v", "."],
    ];
    for arguments in checks.into_iter().chain(others) {
        let done = folder.run(&arguments);
        let has_no_patch = arguments[0] == "patch" && done.stderr.contains("in a kustomize patch");
        assert!(
            done.code < 2 || has_no_patch,
            "{arguments:?}: {}",
            done.stderr
        );
        said.extend([arguments.join(" "), done.stdout, done.stderr]);
    }
    said
}

#[test]
fn secrets_of_containers_that_a_patch_adds_are_never_shown() {
    let kustomization = "resources: [../base]\nnamespace: shop\npatches: [{path: side.yaml, target: {kind: Deployment}}]\n";
    for patch in [SIDE, MERGED] {
        let folder = tree(kustomization, patch);
        let said = said(&folder);
        assert!(!said.contains("hunter"), "{said}");
        let fixed = folder.read("shop/side.yaml");
        assert!(fixed.contains("allowPrivilegeEscalation: false"), "{fixed}");
        assert!(fixed.contains("hunter2"), "{fixed}");
    }
}

#[test]
fn secrets_of_a_patch_within_a_kustomization_are_never_shown() {
    let indented = |patch: &str| patch.replace('\n', "\n    ");
    for patch in [SIDE, MERGED] {
        // The list of resources, which gets another one, stands right beside the secrets.
        let patch = indented(patch);
        let kustomization = format!(
            "namespace: shop\nsecretGenerator: [{{name: s, literals: [pin=hunter6]}}]\npatches:\n\
             - target: {{kind: Deployment}}\n  patch: |-\n    {}\nresources:\n- ../base\n",
            patch.trim_end()
        );
        let folder = tree(&kustomization, "");
        let said = said(&folder);
        assert!(!said.contains("hunter"), "{said}");
        let fixed = folder.read("shop/kustomization.yaml");
        assert!(
            fixed.ends_with("- ../base\n- kubetemper-shop.yaml\n"),
            "{fixed}"
        );
    }
}

#[test]
fn what_a_patch_within_a_kustomization_adds_is_told() {
    let kustomization = "resources: [../base]\npatches:\n- target: {kind: Deployment}\n  # kubetemper: keep drop-capabilities: port 80\n  patch: |-\n    - op: add\n      path: /spec/template/spec/containers/-\n      value: {name: side, image: side:1}\n";
    let folder = tree(kustomization, "");
    let done = folder.run(&["fix", "--strict-config", "."]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(folder.read("shop/kustomization.yaml"), kustomization);
    let done = folder.run(&["check", "--strict-config", "."]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let said = done.stdout + &done.stderr;
    assert!(said.contains("Patch/side: no changes"), "{said}");
    assert!(said.contains("move it to a file of its own"), "{said}");
    assert!(!said.contains("keeps nothing"), "{said}");
    // Told in the kustomization alone, too: the rest is context.
    let done = folder.run(&["check", "shop/kustomization.yaml"]);
    assert!(done.stdout.contains("Patch/side"), "{}", done.stdout);
}
