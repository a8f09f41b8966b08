//! Wherever a keep comment stands, what is left can be changed, and a second run changes nothing.

#![allow(missing_docs, clippy::unwrap_used)]

mod manifests;

use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::settings::{Override, Settings};
use kubetemper::transforms::ALL;

/// One line of so many gets a keep.
const STEP: usize = 9;

/// Hardens a text; what is refused as a bug.
fn bugs(text: &str, overrides: Override) -> Vec<String> {
    let settings = Settings {
        overrides,
        ..Settings::default()
    };
    let mut cluster = Cluster::default();
    pipeline::gather(text, &mut cluster);
    let source = Source {
        path: "-".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    let Outcome::Report(file, _) = pipeline::harden(source, &settings, &cluster) else {
        return Vec::new();
    };
    let bugs = file.problems.into_iter();
    bugs.filter(|problem| problem.help.contains("please report"))
        .map(|problem| problem.reason)
        .collect()
}

/// The text with a keep beside a line, and above it: of everything, or of one transform.
fn variants(text: &str, number: usize) -> [String; 2] {
    let id = ["*", ALL[number % ALL.len()].0.id][number / STEP % 2];
    let lines: Vec<&str> = text.lines().collect();
    let line = lines[number];
    let indent = " ".repeat(line.len() - line.trim_start().len());
    let beside = format!("{line} # kubetemper: keep {id}: why");
    let above = format!("{indent}# kubetemper: keep {id}: why\n{line}");
    [beside, above].map(|new| {
        let (before, after) = (&lines[..number], &lines[number + 1..]);
        [before, &[&new], after].concat().join("\n") + "\n"
    })
}

#[test]
fn a_keep_may_stand_anywhere() {
    let mut tried = 0;
    let all = manifests::all().into_iter();
    let before = all.filter(|(path, _)| path.ends_with("before.yaml"));
    for (at, (path, text)) in before.enumerate() {
        for number in (at % STEP..text.lines().count()).step_by(STEP) {
            for variant in variants(&text, number) {
                tried += 1;
                let overrides = [Override::Nothing, Override::Everything][tried % 3 / 2].clone();
                let bugs = bugs(&variant, overrides);
                assert!(bugs.is_empty(), "{}: {bugs:?}\n{variant}", path.display());
            }
        }
    }
    assert!(tried > 1000, "{tried}");
}
