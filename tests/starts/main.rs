//! Up to risk `low` what started before still starts: a kubelet is played over goldens and over random pods of images
//! that a table of this test knows.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod command;
mod generate;
mod kubelet;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use kubetemper::change::Risk;
use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::settings::Settings;
use kubetemper::workload;
use kubetemper::yaml::{self, Document};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

fn harden(text: &str) -> String {
    let settings = Settings {
        max_risk: Risk::Low,
        ..Settings::default()
    };
    let mut cluster = Cluster::default();
    pipeline::gather(text, &mut cluster);
    let source = Source {
        path: "test.yaml".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    match pipeline::harden(source, &settings, &cluster) {
        Outcome::Report(report, _) => report.after.unwrap_or_else(|| text.to_owned()),
        Outcome::Template(_) => text.to_owned(),
    }
}

/// The specs of all pods of a text; `None` when it cannot be read.
fn specs(text: &str) -> Option<Vec<Value>> {
    let mut specs = Vec::new();
    for slice in yaml::split(text).ok()? {
        let document = Document::parse(text, &slice).ok()?;
        let value = document.value();
        for pointer in workload::flatten(value) {
            let identity = workload::identity(value, &pointer);
            for template in workload::pod_templates(&identity, value, &pointer, &[]) {
                let pod = template.pod(value);
                let whole = pod.spec["containers"].is_array();
                specs.push(if whole { pod.spec.clone() } else { Value::Null });
            }
        }
    }
    Some(specs)
}

/// What does not start any more, and how many containers were looked at.
fn check(before: &str, after: &str) -> Result<usize, String> {
    let (Some(old), Some(new)) = (specs(before), specs(after)) else {
        return Ok(0);
    };
    let mut judged = 0;
    for (old, new) in old.iter().zip(&new) {
        for past in [kubelet::Past::new(), kubelet::past(old)] {
            let (was, is) = (kubelet::failures(old, &past), kubelet::failures(new, &past));
            for (name, _) in was.iter().filter(|(_, why)| why.is_empty()) {
                judged += 1;
                let why = &is[name];
                if !why.is_empty() {
                    let age = if past.is_empty() {
                        "fresh volumes"
                    } else {
                        "old volumes"
                    };
                    return Err(format!(
                        "container {name} ({age}): {}\n{before}--- became\n{after}",
                        why.join("; ")
                    ));
                }
            }
        }
    }
    Ok(judged)
}

fn goldens() -> Vec<PathBuf> {
    const GROUPS: [&str; 5] = [
        "pipeline",
        "run-as-non-root",
        "drop-capabilities",
        "read-only-root-filesystem",
        "remove-capabilities",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut files = Vec::new();
    for group in GROUPS {
        for case in fs::read_dir(root.join(group)).unwrap() {
            let before = case.unwrap().path().join("before.yaml");
            files.extend(before.exists().then_some(before));
        }
    }
    files.sort();
    files
}

#[test]
fn goldens_start() {
    let mut judged = 0;
    let mut failures = String::new();
    for path in goldens() {
        let before = fs::read_to_string(&path).unwrap();
        match check(&before, &harden(&before)) {
            Ok(number) => judged += number,
            Err(why) => failures.push_str(&format!("{}: {why}\n", path.display())),
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(judged > 150, "only {judged} containers were looked at");
}

#[test]
fn random_pods_start() {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let mut runner = TestRunner::new(Config {
        cases: cases.unwrap_or(1000),
        failure_persistence: None,
        max_shrink_iters: 5000,
        ..Config::default()
    });
    let result = runner.run(&generate::objects(), |object| {
        let before = generate::print(&object);
        let after = harden(&before);
        check(&before, &after).map_err(TestCaseError::fail)?;
        prop_assert_eq!(
            harden(&after),
            after.as_str(),
            "a second run changes\n{}",
            after
        );
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// The table is used: it fits the images that people run.
#[test]
fn the_table_has_images() {
    assert!(table::IMAGES.len() > 45);
    for (reference, user) in [
        ("postgres:17", table::User::Root),
        ("docker.io/library/haproxy:3.0", table::User::Name(99)),
        ("grafana/grafana@sha256:00", table::User::Number(472)),
    ] {
        assert_eq!(table::find(reference).unwrap().user, user, "{reference}");
    }
    assert_eq!(
        table::find("postgres:18").unwrap().writes[1].path,
        "/var/lib/postgresql"
    );
    assert!(table::find("registry.k8s.io/nginx:1").is_none());
}
