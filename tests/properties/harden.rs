//! Hardening keeps its promises, whatever the manifest, its style and the settings.

use kubetemper::change::Change;
use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::report::{FileReport, Status};
use kubetemper::settings::{Override, Settings};
use kubetemper::yaml::Document;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Map, Value};

use crate::print::{self, Printed};
use crate::style::{self, Feature, Style};
use crate::{fail, generate, parse, patches, runner, settings};

fn harden(text: &str, settings: &Settings) -> Result<FileReport, TestCaseError> {
    let source = Source {
        path: "test.yaml".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    let mut cluster = Cluster::default();
    pipeline::gather(text, &mut cluster);
    match pipeline::harden(source, settings, &cluster) {
        Outcome::Report(report, _) if report.problems.is_empty() => Ok(*report),
        Outcome::Report(report, _) => Err(fail(format!("refused: {:?}\n{text}", report.problems))),
        Outcome::Template(problem) => Err(fail(format!("template: {problem:?}\n{text}"))),
    }
}

fn applied(report: &FileReport) -> impl Iterator<Item = (usize, &Change)> {
    report.objects.iter().flat_map(|object| {
        let changes = object.changes.iter().map(|located| &located.change);
        changes
            .filter(|change| change.is_applied())
            .map(|change| (object.document, change))
    })
}

/// Puts a value at a pointer, as the report says it; `-` appends.
fn put(value: &mut Value, pointer: &str, new: Option<&Value>) {
    let mut tokens: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    let last = tokens.pop().unwrap();
    let mut at = value;
    for token in tokens {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        at = match at {
            Value::Array(items) => &mut items[token.parse::<usize>().unwrap()],
            Value::Object(map) => map.entry(token).or_insert(Value::Null),
            other => panic!("{other} at {pointer}"),
        };
    }
    if at.is_null() && last == "-" {
        *at = Value::Array(Vec::new());
    } else if at.is_null() {
        *at = Value::Object(Map::new());
    }
    match (at, new) {
        (Value::Array(items), Some(new)) if last == "-" => items.push(new.clone()),
        (Value::Array(items), Some(new)) => items[last.parse::<usize>().unwrap()] = new.clone(),
        (Value::Array(items), None) => drop(items.remove(last.parse().unwrap())),
        (Value::Object(map), Some(new)) => drop(map.insert(last, new.clone())),
        (Value::Object(map), None) => drop(map.shift_remove(&last)),
        (other, _) => panic!("{other} at {pointer}"),
    }
}

/// The result says what the old text said, with the applied changes; so a third reader thinks, too.
fn says_the_changes(
    printed: &Printed,
    style: &Style,
    report: &FileReport,
    after: &str,
) -> Result<(), TestCaseError> {
    let mut expected = printed.values.clone();
    for (document, change) in applied(report) {
        put(
            &mut expected[document],
            &change.pointer,
            change.after.as_ref(),
        );
    }
    let documents = parse(after)?;
    let values: Vec<Value> = documents.iter().map(|d| d.value().clone()).collect();
    prop_assert_eq!(
        &values,
        &expected,
        "\n{}--- became\n{}",
        printed.text,
        after
    );
    let comments: Vec<&str> = documents
        .iter()
        .flat_map(|document| document.comments().map(|(_, comment)| comment))
        .collect();
    prop_assert_eq!(
        &comments,
        &printed.comments,
        "\n{}--- became\n{}",
        printed.text,
        after
    );
    // Each comment has a text of its own: all are there, once and in order.
    let mut at = 0;
    for comment in &printed.comments {
        let found = after[at..].find(comment.as_str());
        prop_assert!(found.is_some(), "{}: lost or moved\n{}", comment, after);
        at += found.unwrap_or_default() + comment.len();
    }
    // YAML 1.2 reads these otherwise; `yaml_serde` mistakes an anchor whose name is used twice.
    let differs = [
        Feature::Yaml11,
        Feature::Tags,
        Feature::Directive,
        Feature::Anchors,
    ];
    if !differs.iter().any(|feature| style.uses(*feature)) {
        for (document, expected) in documents.iter().zip(&values) {
            if let Some(value) = third_reader(&after[document.range()]) {
                prop_assert_eq!(&value, expected, "a third reader\n{}", after);
            }
        }
    }
    Ok(())
}

/// What `yaml_serde` reads, if it takes the text.
fn third_reader(text: &str) -> Option<Value> {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut value: yaml_serde::Value = yaml_serde::from_str(&format!("{text}{end}")).ok()?;
    value.apply_merge().ok()?;
    serde_json::to_value(value).ok()
}

/// Everything outside the lines of the edits is as it was.
fn keeps_other_lines(
    printed: &Printed,
    style: &Style,
    settings: &Settings,
    report: &FileReport,
    after: &str,
) -> Result<(), TestCaseError> {
    let edits: Vec<_> = report.objects.iter().flat_map(|o| &o.edits).collect();
    let mut kept = Vec::new();
    let mut at = 0;
    for line in printed.text.split_inclusive('\n') {
        let end = at + line.len();
        let touched = edits.iter().any(|edit| {
            let insertion = edit.start == edit.end;
            if insertion {
                edit.start > at && edit.start < end
            } else {
                edit.start < end && edit.end > at
            }
        });
        // Lines that are only added leave all others alone.
        let plain = [
            Feature::Flow,
            Feature::Json,
            Feature::Kyaml,
            Feature::Anchors,
            Feature::Tags,
            Feature::NextLine,
            Feature::Null,
            Feature::Unterminated,
        ];
        let only_added = applied(report).all(|(_, change)| change.before.is_none())
            && settings.overrides == Override::Nothing
            && !plain.iter().any(|feature| style.uses(*feature))
            && !line.contains("null")
            && !line.contains(['{', '['])
            && !line.contains('~')
            && !line.trim_end().ends_with(':');
        prop_assert!(!(touched && only_added), "{line:?}\n{}", after);
        if !touched {
            kept.push(line.trim_end_matches(['\r', '\n']));
        }
        at = end;
    }
    let mut lines = after.lines();
    for line in kept {
        prop_assert!(
            lines.any(|other| other == line),
            "{line:?} is gone\n{}--- became\n{}",
            printed.text,
            after
        );
    }
    Ok(())
}

fn check(printed: &Printed, style: &Style, settings: &Settings) -> Result<(), TestCaseError> {
    let report = harden(&printed.text, settings)?;
    prop_assert_eq!(&report.before, &printed.text);
    prop_assert_eq!(report.after.is_some(), applied(&report).next().is_some());
    prop_assert_eq!(report.after.is_some(), report.status == Status::Changed);
    for object in &report.objects {
        if let Some(levels) = &object.level {
            prop_assert!(
                levels.after >= levels.before,
                "{:?}\n{}",
                levels,
                printed.text
            );
        }
    }
    let Some(after) = &report.after else {
        return Ok(());
    };
    prop_assert_ne!(after, &printed.text);
    says_the_changes(printed, style, &report, after)?;
    keeps_other_lines(printed, style, settings, &report, after)?;
    patches::give_the_result(&printed.values, &report, after)?;
    let again = harden(after, settings)?;
    prop_assert!(
        again.after.is_none(),
        "a second run changes\n{}--- to\n{}",
        after,
        again.after.unwrap_or_default()
    );
    // The levels that the report promises are those of the result.
    let promised = report
        .objects
        .iter()
        .map(|o| o.level.as_ref().map(|l| l.after));
    let reached = again
        .objects
        .iter()
        .map(|o| o.level.as_ref().map(|l| l.before));
    prop_assert!(promised.eq(reached), "\n{}", after);
    Ok(())
}

#[test]
fn hardening_keeps_its_promises() {
    let input = (
        vec(generate::manifests(), 1..4),
        style::styles(),
        settings::settings(),
    );
    let result = runner(500).run(&input, |(values, style, settings)| {
        check(&print::print(&values, &style), &style, &settings)
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// A document on its own reads as it does in its stream.
#[test]
fn documents_do_not_depend_on_each_other() {
    let input = (vec(generate::manifests(), 2..4), style::styles());
    let result = runner(50).run(&input, |(values, style)| {
        let printed = print::print(&values, &style);
        for document in parse(&printed.text)? {
            let alone = &printed.text[document.range()];
            let value = parse(alone)?.first().map(Document::value).cloned();
            prop_assert_eq!(value.as_ref(), Some(document.value()), "\n{}", alone);
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
