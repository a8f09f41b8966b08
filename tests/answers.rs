//! Whatever a person leaves out of a file, the rest can be made, and nothing else is.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use kubetemper::answers::Answers;
use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::report::FileReport;
use kubetemper::settings::{Override, Settings};
use kubetemper::workload::Identity;

fn harden(path: &Path, text: &str, answers: &Answers, overrides: Override) -> Option<FileReport> {
    let source = Source {
        path: path.display().to_string(),
        text: text.to_owned(),
        is_patch: false,
    };
    let settings = Settings {
        answers: answers.clone(),
        overrides,
        ..Settings::default()
    };
    match pipeline::harden(source, &settings, &Cluster::default()) {
        Outcome::Report(file, _) => Some(*file),
        Outcome::Template(_) => None,
    }
}

/// Those in which changes depend on each other, and the example.
fn manifests() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("examples/shop.yaml")];
    let ids = ["run-as-non-root", "drop-capabilities"];
    let mut folders: Vec<PathBuf> = ids.iter().map(|id| root.join("golden").join(id)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() == "before.yaml" {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Answers every change, those that follow from the answers too. `yes` is asked with a number that counts up.
fn answer(
    path: &Path,
    text: &str,
    overrides: &Override,
    yes: impl Fn(u64) -> bool,
) -> Option<Answers> {
    let mut answers = Answers::default();
    let mut number = 0;
    loop {
        let file = harden(path, text, &answers, overrides.clone())?;
        let mut declined = false;
        let mut last = false;
        for object in &file.objects {
            let identity = Identity {
                api_version: object.api_version.clone(),
                kind: object.kind.clone(),
                namespace: object.namespace.clone(),
                name: object.name.clone(),
            };
            let changes = object.changes.iter().map(|located| &located.change);
            for change in changes.filter(|change| change.is_applied()) {
                if answers.accepts(&identity, change) {
                    continue;
                }
                if !change.joined {
                    number += 1;
                    last = yes(number);
                }
                declined |= !last;
                answers.record(&identity, change, last);
            }
        }
        if !declined {
            return Some(answers);
        }
        assert!(number < 100_000, "{}: no end", path.display());
    }
}

#[test]
fn what_is_left_can_be_made() {
    for path in manifests() {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for overrides in [Override::Nothing, Override::Everything] {
            let Some(whole) = harden(&path, &text, &Answers::default(), overrides.clone()) else {
                continue;
            };
            for seed in [0, 1] {
                let yes = |number: u64| {
                    let mixed = (number * 2_654_435_761 + seed * 40_503) >> 7;
                    seed == 0 || mixed % 3 != seed % 3
                };
                let answers = answer(&path, &text, &overrides, yes);
                let Some(mut answers) = answers else {
                    continue;
                };
                answers.close();
                let file = harden(&path, &text, &answers, overrides.clone()).unwrap();
                let place = format!("{} {overrides:?} {seed}", path.display());
                let known = |problem| whole.problems.contains(problem);
                assert!(file.problems.iter().all(known), "{place}");
                if seed == 0 {
                    assert_eq!(file.after, whole.after, "{place}");
                }
            }
        }
    }
}
