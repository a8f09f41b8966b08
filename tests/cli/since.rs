//! `--since REV`: the files that differ, with all others as context.

use std::process::Command;

use super::support::{Done, Folder, POD};

fn git(folder: &Folder, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(folder.root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {said}");
}

fn commit(folder: &Folder, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "-m", message]);
}

/// The files that a run looked at.
fn files(done: &Done) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let files = report["files"].as_array().unwrap().iter();
    files
        .map(|file| file["path"].as_str().unwrap().to_owned())
        .collect()
}

const SINCE: [&str; 5] = ["check", "--format", "json", "--since", "main"];

/// A branch that changed, moved, added and deleted files, while others went on.
fn branch() -> Folder {
    let names = ["changed", "deleted", "moved", "same", "theirs"];
    let folder = Folder::new(&[]);
    for name in names {
        let pod = POD.replacen("name: app", &format!("name: {name}"), 1);
        folder.write(&format!("{name}.yaml"), pod.as_bytes());
    }
    git(&folder, &["init", "--quiet"]);
    commit(&folder, "start");
    git(&folder, &["checkout", "--quiet", "-b", "topic"]);
    folder.write("changed.yaml", format!("{POD}# changed\n").as_bytes());
    git(&folder, &["mv", "moved.yaml", "new ü.yaml"]);
    git(&folder, &["rm", "--quiet", "deleted.yaml"]);
    commit(&folder, "ours");
    git(&folder, &["checkout", "--quiet", "main"]);
    folder.write("theirs.yaml", format!("{POD}# theirs\n").as_bytes());
    commit(&folder, "theirs");
    git(&folder, &["checkout", "--quiet", "topic"]);
    folder.write("untracked.yaml", POD.as_bytes());
    folder
}

#[test]
fn what_changed_since_the_branches_parted() {
    let folder = branch();
    let done = folder.run(&SINCE);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert_eq!(
        files(&done),
        ["changed.yaml", "new ü.yaml", "untracked.yaml"]
    );
    let done = folder.run(&[&SINCE[..], &["same.yaml", "changed.yaml"]].concat());
    assert_eq!(files(&done), ["changed.yaml"]);
    let done = folder.run(&["fix", "--since", "main", "."]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(!folder.read("same.yaml").contains("securityContext"));
    assert!(folder.read("new ü.yaml").contains("securityContext"));
}

#[test]
fn nothing_changed_is_nothing_to_do() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    git(&folder, &["init", "--quiet"]);
    commit(&folder, "start");
    let done = folder.run(&["check", "--since", "HEAD", "."]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    folder.write("pod.yaml", format!("{POD}# not committed\n").as_bytes());
    assert_eq!(folder.run(&["check", "--since", "HEAD", "."]).code, 1);
}

/// As git runs it, with its variables, from a folder below the root.
#[test]
fn in_a_hook_of_git() {
    let folder = Folder::new(&[("sub/pod.yaml", POD), ("other.yaml", POD)]);
    git(&folder, &["init", "--quiet"]);
    commit(&folder, "start");
    folder.write("sub/pod.yaml", format!("{POD}# changed\n").as_bytes());
    let hook = format!(
        "#!/bin/sh\nGIT_DIR=.git '{}' fix --since HEAD sub\n",
        env!("CARGO_BIN_EXE_kubetemper")
    );
    folder.write("hook.sh", hook.as_bytes());
    git(&folder, &["-c", "alias.harden=!sh hook.sh", "harden"]);
    assert!(folder.read("sub/pod.yaml").contains("securityContext"));
    assert_eq!(folder.read("other.yaml"), POD);
}

#[test]
fn other_files_stay_context() {
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: op, namespace: prod}\n";
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: op, namespace: prod}\nroleRef: {kind: Role, name: op}\nsubjects:\n- {kind: ServiceAccount, name: op, namespace: prod}\n";
    let user = POD.replace("spec:\n", "spec:\n  serviceAccountName: op\n");
    let user = user.replace("  name: app\nspec", "  name: app\n  namespace: prod\nspec");
    let folder = Folder::new(&[("account.yaml", account), ("binding.yaml", binding)]);
    git(&folder, &["init", "--quiet"]);
    commit(&folder, "start");
    folder.write("pod.yaml", user.as_bytes());
    let since = folder.run(&["check", "--format", "json", "--since", "HEAD", "."]);
    let named = folder.run(&["check", "--format", "json", "pod.yaml"]);
    assert_eq!(files(&since), ["pod.yaml"]);
    assert_eq!(since.stdout, named.stdout);
}

#[test]
fn what_git_does_not_know_is_an_error() {
    let folder = branch();
    git(&folder, &["checkout", "--quiet", "--orphan", "alone"]);
    commit(&folder, "alone");
    for (revision, words) in [
        ("--since=no-such", "there is no such revision"),
        ("--since=--output=pwned", "this is no revision"),
        ("--since=", "this is no revision"),
        ("--since=main", "no common ancestor"),
        ("--since=main..topic", "there is no such revision"),
    ] {
        let done = folder.run(&["check", revision, "."]);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{revision}");
        assert!(done.stderr.contains(words), "{revision}: {}", done.stderr);
    }
    let done = folder.run(&["check", "--since", "main", "-"]);
    assert_eq!(done.code, 2);
    let done = folder.run(&["render", "--since", "main", "."]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    let plain = Folder::new(&[("pod.yaml", POD)]);
    let done = plain.run(&["check", "--since", "HEAD", "."]);
    assert_eq!(done.code, 2);
    assert!(
        done.stderr.contains("not a git repository"),
        "{}",
        done.stderr
    );
}
