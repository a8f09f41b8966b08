//! A second reading of the domain: the Pod Security table and the validity rules of the API server, transcribed from
//! the reference text on plain JSON, without any code of the program; and that the program agrees with them.
//!
//! The material: the golden cases, the upstream fixtures where they are present, and random pods. `PODS` is the number
//! of the latter.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

mod gates;
mod objects;
mod random;
mod standards;
mod validity;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kubetemper::pod_security::{self, Level, Version};
use kubetemper::validity as program;
use kubetemper::workload::{self, PodTemplate};
use kubetemper::yaml::{self, Document};
use serde_json::{Value, json};

/// The newest minor that the reference knows.
const NEWEST: u32 = 37;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A pod of a document as the transcriptions take it.
fn plain(template: &PodTemplate, document: &Value) -> Value {
    let at = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
    json!({
        "metadata": template.metadata.as_ref().map(|pointer| at(pointer)),
        "spec": at(&template.spec),
    })
}

/// Asserts that program and transcription find the same in a pod, at every version and level.
fn agree_on_standards(document: &Value, template: &PodTemplate, label: &str) -> usize {
    let (pod, plain) = (template.pod(document), plain(template, document));
    let mut count = 0;
    for minor in (0..=NEWEST + 1).chain([u32::MAX]) {
        for (level, name) in [
            (Level::Baseline, "baseline"),
            (Level::Restricted, "restricted"),
        ] {
            let found = pod_security::evaluate(&pod, level, Version::new(minor));
            let found: BTreeSet<&str> = found.iter().map(|violation| violation.check).collect();
            let expected = standards::failed(&plain, name, minor);
            assert_eq!(found, expected, "{label} at {name} v1.{minor}: {plain:#}");
            count += 1;
        }
    }
    count
}

/// Asserts that program and transcription reject the same in a pod.
fn agree_on_validity(document: &Value, template: &PodTemplate, label: &str) {
    let (pod, plain) = (template.pod(document), plain(template, document));
    let found = program::rejections(&pod);
    let found = found
        .iter()
        .filter_map(|rejection| validity::number(rejection.rule));
    let found: BTreeSet<u8> = found.collect();
    assert_eq!(found, validity::broken(&plain), "{label}: {plain:#}");
}

/// The pods of a document, of those kinds whose template is a whole pod.
fn pods(document: &Value) -> Vec<PodTemplate> {
    let objects = workload::flatten(document).into_iter();
    let templates = objects.flat_map(|pointer| {
        let identity = workload::identity(document, &pointer);
        workload::pod_templates(&identity, document, &pointer, &[])
    });
    let is_whole = |template: &PodTemplate| {
        let lists = ["containers", "initContainers", "ephemeralContainers"];
        let lists = lists.map(|list| format!("{}/{list}/", template.spec));
        let is_plain = |pointer: &String| lists.iter().any(|list| pointer.starts_with(list));
        template.pod_level
            && template
                .containers
                .iter()
                .all(|(_, pointer)| is_plain(pointer))
    };
    templates.filter(is_whole).collect()
}

/// All documents of all YAML and JSON files below a folder that can be read, with the names of their files.
fn documents(folder: &Path) -> Vec<(String, Value)> {
    let mut documents = Vec::new();
    for path in files(folder) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for slice in yaml::split(&text).unwrap_or_default() {
            if let Ok(document) = Document::parse(&text, &slice) {
                documents.push((path.display().to_string(), document.value().clone()));
            }
        }
    }
    documents
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    let mut paths: Vec<PathBuf> = paths.flat_map(below).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|is| is == "yaml" || is == "json")
    });
    paths.sort();
    paths
}

#[test]
fn on_all_golden_cases() {
    let (mut checked, mut others) = (0, 0);
    for (label, document) in documents(&root().join("golden")) {
        for template in pods(&document) {
            agree_on_standards(&document, &template, &label);
            agree_on_validity(&document, &template, &label);
            checked += 1;
        }
        for pointer in workload::flatten(&document) {
            others += usize::from(objects::agree(&document, &pointer, &label));
        }
    }
    println!("{checked} pods and {others} other objects of the golden cases");
    assert!(checked > 500 && others > 20, "{checked} {others}");
}

/// The fixtures of the Pod Security admission of Kubernetes 1.36: their folders tell the verdict.
#[test]
fn on_the_upstream_fixtures() {
    const FIXTURES: &str = "../shared/corpus/kubernetes+pod-security-admission/test/testdata";
    let mut checked = 0;
    for (level, verdict) in [
        ("baseline", "pass"),
        ("baseline", "fail"),
        ("restricted", "pass"),
        ("restricted", "fail"),
    ] {
        let folder = root()
            .join(FIXTURES)
            .join(level)
            .join("v1.36")
            .join(verdict);
        for (label, document) in documents(&folder) {
            for template in pods(&document) {
                agree_on_standards(&document, &template, &label);
                agree_on_validity(&document, &template, &label);
                let failed = standards::failed(&plain(&template, &document), level, 36);
                assert_eq!(failed.is_empty(), verdict == "pass", "{label}: {failed:?}");
                checked += 1;
            }
        }
    }
    println!("{checked} upstream fixtures");
}

fn number_of_pods() -> u64 {
    let value = std::env::var("PODS").ok();
    value.map_or(300, |value| value.parse().unwrap())
}

#[test]
fn on_random_pods() {
    let mut evaluations = 0;
    let mut failed: BTreeSet<&str> = BTreeSet::new();
    for seed in 0..number_of_pods() {
        let pod = random::pod(seed);
        let template = pods(&pod).remove(0);
        evaluations += agree_on_standards(&pod, &template, &format!("pod {seed}"));
        failed.extend(standards::failed(
            &plain(&template, &pod),
            "restricted",
            NEWEST,
        ));
        failed.extend(standards::failed(
            &plain(&template, &pod),
            "baseline",
            NEWEST,
        ));
    }
    println!("{evaluations} evaluations of random pods");
    assert_eq!(
        failed.len(),
        standards::TABLE.len(),
        "some check never failed: {failed:?}"
    );
}

#[test]
fn on_the_validity_of_random_pods() {
    let mut broken: BTreeSet<u8> = BTreeSet::new();
    for seed in 0..4 * number_of_pods() {
        let pod = random::pod(seed);
        let template = pods(&pod).remove(0);
        agree_on_validity(&pod, &template, &format!("pod {seed}"));
        broken.extend(validity::broken(&plain(&template, &pod)));
    }
    let missing: Vec<u8> = validity::OF_PODS
        .iter()
        .copied()
        .filter(|rule| !broken.contains(rule))
        .collect();
    assert!(missing.is_empty(), "never broken: {missing:?}");
}

#[test]
fn on_random_objects() {
    for seed in 0..4 * number_of_pods() {
        let object = random::object(seed);
        assert!(
            objects::agree(&object, "", &format!("object {seed}")),
            "{object:#}"
        );
    }
}
