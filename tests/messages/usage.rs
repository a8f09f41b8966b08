//! Usage errors: exit status 2, nothing on standard output, and what to do instead.

use crate::{folder, run_in};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: a}]}\n";

#[track_caller]
fn wrong(files: &[(&str, &str)], arguments: &[&str], message: &str) {
    let said = run_in(&folder(files), arguments, POD);
    assert!(
        said.stderr.contains(message),
        "{message:?} is not said: {}",
        said.stderr
    );
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
}

#[test]
fn formats_that_a_command_does_not_have() {
    wrong(
        &[],
        &["diff", "-", "--format", "json"],
        "its product is a patch: `kubetemper check` has the other formats",
    );
    wrong(
        &[("a.yaml", POD)],
        &["fix", "a.yaml", "--format", "sarif"],
        "it names places that fix moves: run check before or after it",
    );
    wrong(
        &[],
        &["images", "-", "--format", "sarif"],
        "`kubetemper check` has it",
    );
    wrong(
        &[],
        &["patch", "-", "--format", "json"],
        "--as says what to print",
    );
    let render = "standard output carries the manifests: --report FILE writes the report as JSON";
    wrong(&[], &["render", "-", "--format", "json"], render);
}

#[test]
fn a_spool_beside_a_report() {
    let message = "--spool is for render, and keeps no changes to report: leave out --report";
    wrong(&[], &["check", "-", "--spool"], message);
    wrong(
        &[],
        &["render", "-", "--spool", "--report", "r.json"],
        message,
    );
}

#[test]
fn revisions() {
    let render =
        "--since would leave out manifests, and render prints all: it is for check, diff and fix";
    wrong(&[], &["render", "--since", "HEAD", "."], render);
    wrong(
        &[],
        &["check", "--since", "HEAD", "-"],
        "standard input has no revisions",
    );
}

#[test]
fn values_of_flags() {
    wrong(
        &[],
        &["check", "-", "--target", "x"],
        "`x` is no Kubernetes version; write it as \"1.31\"",
    );
    let version = "x"
        .parse::<kubetemper::pod_security::Version>()
        .unwrap_err()
        .to_string();
    assert_eq!(
        version,
        "\"x\" is not a Pod Security version: expected \"latest\" or \"v1.<minor>\""
    );
    let release = "a release is named with lower-case letters, digits, `-` and `.`, 53 at most";
    wrong(&[], &["check", "-", "--release", "A B"], release);
}

#[test]
fn images() {
    let no_config =
        "there is no `config`; write what `crane config` or `skopeo inspect --config` prints";
    wrong(
        &[("i/a.json", "{}")],
        &["check", "-", "--image-config", "i"],
        no_config,
    );
    let layout = |digest: &str| format!("{{\"manifests\": [{{\"digest\": \"{digest}\"}}]}}");
    let files = |index: &'static str| {
        [
            ("i/oci-layout", "{}"),
            ("i/index.json", index),
            ("i/blobs/sha256/aa", "{}"),
        ]
    };
    let arguments = ["check", "-", "--image-config", "i"];
    wrong(
        &files(Box::leak(layout("x").into_boxed_str())),
        &arguments,
        "`x` is no digest",
    );
    wrong(
        &files(Box::leak(layout("sha256:aa").into_boxed_str())),
        &arguments,
        "this is no manifest of an image",
    );
}

#[test]
fn configurations() {
    let start = "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\nspec:\n";
    let factor = format!("{start}  transforms:\n    resource-quota: {{headroom: 1000}}\n");
    wrong(
        &[("kubetemper.yaml", &factor)],
        &["check", "-"],
        "`1000` is no factor from 1 to 100",
    );
    let limit = format!("{start}  images:\n  - {{image: a, memoryLimit: much}}\n");
    wrong(
        &[("kubetemper.yaml", &limit)],
        &["check", "-"],
        "`much` is no quantity; write it as in 512Mi",
    );
}

fn git(folder: &tempfile::TempDir, arguments: &[&str]) {
    let identity = [
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.com",
        "-c",
        "commit.gpgsign=false",
    ];
    let done = std::process::Command::new("git")
        .args(identity)
        .args(arguments)
        .current_dir(folder.path())
        .output();
    assert!(
        done.is_ok_and(|done| done.status.success()),
        "{arguments:?}"
    );
}

#[test]
fn revisions_that_are_not_there() {
    let folder = folder(&[("a.yaml", POD)]);
    std::fs::remove_dir(folder.path().join(".git")).unwrap();
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "--quiet", "-m", "one"]);
    let said = run_in(&folder, &["check", "--since", "v9", "."], "");
    let message =
        "there is no such revision; a shallow clone has only the newest, fetch more history";
    assert!(said.stderr.contains(message), "{}", said.stderr);
    git(&folder, &["branch", "first"]);
    git(&folder, &["checkout", "--quiet", "--orphan", "other"]);
    git(&folder, &["commit", "--quiet", "-m", "two"]);
    let said = run_in(&folder, &["check", "--since", "first", "."], "");
    let message = "it has no common ancestor with HEAD; in a shallow clone, fetch more history";
    assert!(said.stderr.contains(message), "{}", said.stderr);
}
