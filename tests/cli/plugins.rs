//! Under the names and in the surroundings that Helm, kustomize and kubectl give a plugin.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::support::{BROKEN, Done, Folder, POD};

/// Runs the program in a folder under another name.
fn run_as(folder: &Folder, name: &str, arguments: &[&str], stdin: &str) -> Done {
    let path = folder.path(name);
    if !path.exists() {
        symlink(env!("CARGO_BIN_EXE_kubetemper"), &path).unwrap();
    }
    finish(
        Command::new(path)
            .args(arguments)
            .current_dir(folder.root()),
        stdin,
    )
}

/// Runs the program as Helm 4 runs a plugin.
fn run_in_helm(folder: &Folder, plugin: &str, arguments: &[&str], stdin: &str) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubetemper"));
    command.env("HELM_PLUGIN_NAME", plugin);
    command.env("HELM_PLUGIN_DIR", folder.root());
    finish(command.arg("render").args(arguments), stdin)
}

fn finish(command: &mut Command, stdin: &str) -> Done {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // A program that fails on its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Done {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn report(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&folder.read(name)).unwrap()
}

#[test]
fn kustomize_gives_a_legacy_plugin_the_file_of_its_configuration() {
    let hardening = |spec: &str| {
        format!(
            "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\nmetadata: {{name: h}}\nspec: {spec}\n"
        )
    };
    let folder = Folder::new(&[
        ("config-1", &hardening("{only: [set-seccomp-profile]}")),
        ("config-2", &hardening("{onyl: []}")),
        ("kubetemper.yaml", &hardening("{only: [drop-capabilities]}")),
    ]);
    let pod = POD.replace("kind: Pod\n", "kind: ReplicationController\n").replace(
        "spec:\n  containers:\n  - name: app\n    image: a\n",
        "spec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: a\n",
    );
    let done = run_as(&folder, "Hardening", &["config-1"], &pod);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let added = "      securityContext:\n        seccompProfile:\n          type: RuntimeDefault\n";
    assert_eq!(done.stdout, format!("{pod}{added}"));
    let done = run_as(&folder, "Hardening", &["config-2"], &pod);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    assert!(
        done.stderr.contains("did you mean `only`?"),
        "{}",
        done.stderr
    );
}

#[test]
fn kubectl_users_name_files_with_f() {
    let folder = Folder::new(&[("a.yaml", POD), ("b.yaml", POD), ("c.yaml", POD)]);
    let own = super::support::run(Some(folder.root()), &["diff", "a.yaml", "b.yaml"], "");
    for name in ["kubectl-temper", "kubetemper"] {
        let done = run_as(
            &folder,
            name,
            &["diff", "-f", "a.yaml", "--filename=b.yaml"],
            "",
        );
        assert_eq!(
            (done.code, &done.stdout),
            (1, &own.stdout),
            "{}",
            done.stderr
        );
        let done = run_as(&folder, name, &["diff", "-f", "-"], POD);
        assert_eq!(done.code, 1, "{}", done.stderr);
    }
    let help = run_as(&folder, "kubectl-temper", &["diff", "--help"], "").stdout;
    assert!(help.contains("Usage: kubectl temper diff"), "{help}");
    assert!(help.contains("--filename <FILE>"), "{help}");
    let help = run_as(&folder, "kubectl-temper", &["--help"], "").stdout;
    assert!(!help.contains("kubetemper "), "{help}");
    let help = run_as(&folder, "kubetemper", &["diff", "--help"], "").stdout;
    assert!(!help.contains("--filename"), "{help}");
    let done = run_as(&folder, "kubectl-temper", &["dif"], "");
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("'diff'"), "{}", done.stderr);
}

/// Shortened output of `kubectl get deploy,job,pod -o yaml`.
const LIVE: &str = "\
apiVersion: v1
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    annotations:
      deployment.kubernetes.io/revision: \"3\"
      kubectl.kubernetes.io/last-applied-configuration: |
        {\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"annotations\":{},\"name\":\"web\",\"namespace\":\"shop\"}}
    creationTimestamp: \"2026-01-05T09:11:02Z\"
    generation: 3
    managedFields:
    - apiVersion: apps/v1
      fieldsType: FieldsV1
      fieldsV1:
        f:spec:
          f:template: {}
      manager: kubectl-client-side-apply
      operation: Update
    name: web
    namespace: shop
    resourceVersion: \"81232\"
    uid: 3c0f1a52-9df8-4a36-8a51-6c3c0a3d7e11
  spec:
    replicas: 1
    template:
      metadata:
        creationTimestamp: null
        labels:
          app: web
      spec:
        containers:
        - image: registry.example.com/web:1
          imagePullPolicy: IfNotPresent
          name: web
          resources: {}
          terminationMessagePath: /dev/termination-log
          terminationMessagePolicy: File
        dnsPolicy: ClusterFirst
        restartPolicy: Always
        schedulerName: default-scheduler
        securityContext: {}
        terminationGracePeriodSeconds: 30
  status:
    conditions:
    - status: \"True\"
      type: Available
    observedGeneration: 3
- apiVersion: batch/v1
  kind: Job
  metadata:
    name: migrate
    namespace: shop
    uid: 5f0c7b50-8a5c-4a0f-9a0c-2f8a51b4b0aa
  spec:
    template:
      spec:
        containers:
        - image: registry.example.com/web:1
          name: migrate
        restartPolicy: Never
- apiVersion: v1
  kind: Pod
  metadata:
    name: web-6b9f7-x2x5p
    namespace: shop
    ownerReferences:
    - apiVersion: apps/v1
      kind: ReplicaSet
      name: web-6b9f7
      uid: 8b7a1a52-0000-4a36-8a51-6c3c0a3d7e11
    uid: 1d2f1a52-0000-4a36-8a51-6c3c0a3d7e11
  spec:
    containers:
    - image: registry.example.com/web:1
      name: web
  status:
    phase: Running
kind: List
metadata:
  resourceVersion: \"\"
";

#[test]
fn live_objects_change_in_their_specification_only() {
    let folder = Folder::new(&[]);
    let done = run_as(&folder, "kubectl-temper", &["diff", "-"], LIVE);
    assert_eq!(done.code, 1, "{}", done.stderr);
    let removed = |line: &&str| line.starts_with('-') && !line.starts_with("---");
    let removed: Vec<&str> = done.stdout.lines().filter(removed).collect();
    assert_eq!(
        removed,
        ["-          resources: {}", "-        securityContext: {}"]
    );
    assert_eq!(done.stdout.matches("\n@@ ").count(), 1, "{}", done.stdout);

    let check = ["check", "--format", "json", "-"];
    let done = run_as(&folder, "kubectl-temper", &check, LIVE);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let holders = |index: usize| -> Vec<&str> {
        let changes = report["files"][0]["documents"][index]["changes"].as_array();
        let by = |change: &Value| change["fate"] != "applied";
        assert!(changes.unwrap().iter().all(by) || index == 0);
        let mut holders: Vec<_> = changes
            .unwrap()
            .iter()
            .filter_map(|change| change["heldBy"].as_str())
            .collect();
        holders.dedup();
        holders
    };
    assert_eq!(holders(1), ["immutable"]);
    assert_eq!(holders(2), ["owned"]);
    // Whoever creates it anew may have it.
    let arguments = ["diff", "--recreate", "-"];
    let done = run_as(&folder, "kubectl-temper", &arguments, LIVE);
    assert!(done.stdout.matches("\n@@ ").count() > 1, "{}", done.stdout);
}

#[test]
fn helm_4_finds_the_reason_in_the_folder_of_the_plugin() {
    let folder = Folder::new(&[]);
    assert_eq!(run_in_helm(&folder, "kubetemper", &[], POD).code, 0);
    assert_eq!(report(&folder, "report.json")["summary"]["files"], 1);

    assert_eq!(run_in_helm(&folder, "kubetemper", &[], BROKEN).code, 2);
    let problem = &report(&folder, "report.json")["files"][0]["problems"][0];
    assert!(problem["reason"].is_string(), "{problem}");

    let arguments = ["--require", "restricted"];
    assert_eq!(run_in_helm(&folder, "kubetemper", &arguments, POD).code, 1);
    let misses = &report(&folder, "report.json")["misses"][0];
    assert!(misses.as_str().unwrap().contains("Pod/app"), "{misses}");

    for arguments in [&["--no-such-flag"][..], &["--config", "no-such-file"]] {
        let done = run_in_helm(&folder, "kubetemper", arguments, POD);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""));
        let error = &report(&folder, "report.json")["error"];
        assert!(error.as_str().unwrap().contains("no-such"), "{error}");
    }

    // The last of several wins, so that the plugin's own can be replaced.
    fs::remove_file(folder.path("report.json")).unwrap();
    let other = folder.path("other.json");
    let arguments = [
        "--report",
        "/nowhere/x",
        "--report",
        other.to_str().unwrap(),
    ];
    assert_eq!(run_in_helm(&folder, "kubetemper", &arguments, POD).code, 0);
    assert_eq!(report(&folder, "other.json")["version"], 1);
    let arguments = [
        "--report",
        other.to_str().unwrap(),
        "--config",
        "no-such-file",
    ];
    assert_eq!(run_in_helm(&folder, "kubetemper", &arguments, POD).code, 2);
    assert!(report(&folder, "other.json")["error"].is_string());
    assert!(!folder.path("report.json").exists());
}

#[test]
fn the_folders_of_other_plugins_are_not_ours() {
    let folder = Folder::new(&[]);
    assert_eq!(run_in_helm(&folder, "diff", &[], POD).code, 0);
    assert_eq!(
        run_in_helm(&folder, "diff", &["--no-such-flag"], POD).code,
        2
    );
    assert_eq!(fs::read_dir(folder.root()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_cannot_be_written_does_not_fail_a_release() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubetemper"));
    command.env("HELM_PLUGIN_NAME", "kubetemper");
    command.env("HELM_PLUGIN_DIR", "/nowhere");
    let done = finish(&mut command, POD);
    assert_eq!((done.code, done.stdout.as_str()), (0, POD));
    assert!(done.stderr.contains("warning: /nowhere"), "{}", done.stderr);
}

#[test]
fn the_file_names_of_helm_4_stay() {
    let document = |name: &str, quote: &str| {
        let names = format!(
            "    postrenderer.helm.sh/postrender-filename: {quote}shop/templates/{name}.yaml{quote}\n"
        );
        POD.replace(
            "  name: app\n",
            &format!("  name: {name}\n  annotations:\n{names}"),
        )
    };
    let stream = [document("a", "'"), document("b", "\""), document("b", "")].join("---\n");
    let done = super::support::run(None, &["--max-risk", "high", "--recreate"], &stream);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let names = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.contains("postrender-filename"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(names(&done.stdout), names(&stream));
    assert_ne!(done.stdout, stream);
}

#[test]
fn the_commands_are_on_one_screen() {
    let done = super::support::run(None, &["--help"], "");
    assert!(done.stdout.lines().count() <= 40, "{}", done.stdout);
    assert!(!done.stdout.contains("--max-risk <"), "{}", done.stdout);
}

#[test]
fn releases_have_names() {
    let done = super::support::run(None, &["--release", "shop-2"], POD);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let done = super::support::run(None, &["--release", "No Name"], POD);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("lower-case"), "{}", done.stderr);
}

#[test]
fn the_names_of_new_objects_begin_with_the_release() {
    let stream = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop}}\n---\n{POD}")
        .replace("name: app\nspec", "name: app\n  namespace: shop\nspec");
    let flags = [
        "render",
        "--max-risk",
        "high",
        "--recreate",
        "--release",
        "eu",
    ];
    let done = super::support::run(None, &flags, &stream);
    assert!(
        done.stdout.contains("  name: eu-kubetemper\n"),
        "{}",
        done.stdout
    );
    assert!(
        done.stdout
            .contains("kind: ServiceAccount\nmetadata:\n  name: default\n")
    );
    let again = super::support::run(None, &flags, &done.stdout);
    assert_eq!(again.stdout, done.stdout);
}
