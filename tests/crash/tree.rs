//! A tree in which `fix` rewrites a file, makes one, and lists it in a third.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

pub(super) const ARGUMENTS: [&str; 5] = ["fix", "--no-config", "--guards", "all", "."];

const FILES: [(&str, &str); 3] = [
    (
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web # the shop\n        image: web:1\n",
    ),
    (
        "kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- web.yaml\n",
    ),
    ("notes.txt", "not ours\n"),
];

/// The file that is made.
pub(super) const MADE: &str = "kubetemper-shop.yaml";

pub(super) fn new() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The tree that an undisturbed run leaves.
pub(super) fn fixed() -> BTreeMap<String, String> {
    let folder = new();
    let output = run(folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let fixed = files(folder.path());
    assert!(fixed.contains_key(MADE) && fixed["kustomization.yaml"].contains(MADE));
    assert_ne!(fixed["web.yaml"], FILES[0].1);
    fixed
}

pub(super) fn run(folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubetemper"));
    command
        .args(ARGUMENTS)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// All files by name.
pub(super) fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let named = entries.map(|entry| {
        let text = fs::read_to_string(entry.path()).unwrap();
        (entry.file_name().into_string().unwrap(), text)
    });
    named.collect()
}

/// Takes away what a killed run could not remove, and counts it.
pub(super) fn sweep(files: &mut BTreeMap<String, String>) -> usize {
    let before = files.len();
    files.retain(|name, _| !name.starts_with(".kubetemper-"));
    before - files.len()
}

/// Every file is as it was or as it shall be, and what is listed is there.
pub(super) fn assert_whole(
    files: &BTreeMap<String, String>,
    fixed: &BTreeMap<String, String>,
    when: &str,
) {
    for (name, text) in files {
        let old = FILES.iter().find(|(other, _)| other == name);
        let is_old = old.is_some_and(|(_, old)| old == text);
        assert!(
            is_old || fixed.get(name) == Some(text),
            "{when}: {name}: {text}"
        );
    }
    for (name, _) in FILES {
        assert!(files.contains_key(name), "{when}: {name} is gone");
    }
    let listed = files["kustomization.yaml"].contains(MADE);
    assert!(
        !listed || files.contains_key(MADE),
        "{when}: listed, and not there"
    );
}
