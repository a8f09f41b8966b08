//! What must hold for every manifest, in every style of YAML: a generator of objects, a printer that takes
//! all the freedoms of YAML, and the promises of the editing core.
//!
//! `PROPTEST_CASES=20000 cargo test --release --test properties` runs it long. What it found is kept as
//! plain cases in `yaml_edit.rs`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout
)]

#[path = "properties/anchors.rs"]
mod anchors;
#[path = "properties/edit.rs"]
mod edit;
#[path = "properties/flow.rs"]
mod flow;
#[path = "properties/generate.rs"]
mod generate;
#[path = "properties/harden.rs"]
mod harden;
#[path = "properties/mutate.rs"]
mod mutate;
#[path = "properties/patches.rs"]
mod patches;
#[path = "properties/print.rs"]
mod print;
#[path = "properties/resources.rs"]
mod resources;
#[path = "properties/scalars.rs"]
mod scalars;
#[path = "properties/settings.rs"]
mod settings;
#[path = "properties/style.rs"]
mod style;
#[path = "properties/trivia.rs"]
mod trivia;

use kubetemper::yaml::{self, Document};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use print::Printed;

/// The number of cases: `PROPTEST_CASES`, or few enough for every day.
fn runner(cases: u32) -> TestRunner {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(cases);
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    })
}

fn fail(reason: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(reason.into())
}

/// The documents of a text.
fn parse(text: &str) -> Result<Vec<Document<'_>>, TestCaseError> {
    let slices = yaml::split(text).map_err(|refusal| fail(refusal.to_string()))?;
    let documents = slices.iter().map(|slice| {
        Document::parse(text, slice).map_err(|refusal| fail(format!("{refusal}\n{text}")))
    });
    documents.collect()
}

/// A text that the printer made says what it should, comments and all.
fn reads_back(printed: &Printed) -> Result<(), TestCaseError> {
    let documents = parse(&printed.text)?;
    let values: Vec<&Value> = documents.iter().map(Document::value).collect();
    let expected: Vec<&Value> = printed.values.iter().collect();
    prop_assert_eq!(values, expected, "\n{}", printed.text);
    let comments: Vec<&str> = documents
        .iter()
        .flat_map(|document| document.comments().map(|(_, comment)| comment))
        .collect();
    prop_assert_eq!(&comments, &printed.comments, "\n{}", printed.text);
    Ok(())
}

#[test]
fn every_style_reads_back() {
    let values = vec(
        prop_oneof![generate::manifests(), generate::any_document()],
        1..4,
    );
    let result = runner(700).run(&(values, style::styles()), |(values, style)| {
        reads_back(&print::print(&values, &style))
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
