//! Diagnostics for reviewdog: a comment with a suggestion for each place that changes, and one for each change that is
//! held or refused.

use std::cmp::Reverse;
use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::findings::{self, Gravity};
use super::fixes::{self, Fix};
use super::notes;
use super::place::{self, Place, Unit};
use super::style::plain;
use super::text::Source;
use crate::change::Change;
use crate::report::{FileReport, LocatedChange, ObjectReport, Problem, Report};

/// The whole report as one `DiagnosticResult` of the Reviewdog Diagnostic Format.
#[must_use]
pub fn rdjson(report: &Report) -> Value {
    json!({
        "source": {"name": "kubetemper", "url": env!("CARGO_PKG_REPOSITORY")},
        "diagnostics": report.files.iter().flat_map(of_file).collect::<Vec<_>>(),
    })
}

fn of_file(file: &FileReport) -> Vec<Value> {
    let source = Source::new(file);
    let mut all: Vec<(usize, Value)> = Vec::new();
    let problems = file
        .problems
        .iter()
        .map(|problem| (problem, Gravity::Error));
    let warnings = file
        .warnings
        .iter()
        .map(|problem| (problem, Gravity::Warning));
    all.extend(problems.chain(warnings).map(|(problem, gravity)| {
        let line = problem.position.map_or(1, |position| position.line);
        (line, of_problem(file, problem, gravity))
    }));
    for edits in fixes::of(&source) {
        let fixes = edits.fixes();
        let count = fixes.len();
        for (index, fix) in fixes.iter().enumerate() {
            let start = place::of(&source, fix.range.start, Unit::Utf8);
            let part = (count > 1).then_some((index + 1, count));
            all.push((start.line, of_fix(&source, fix, part)));
        }
    }
    for object in &file.objects {
        let left = object.changes.iter();
        for located in left.filter(|located| !located.change.is_applied()) {
            all.push((located.line, of_change(&source, object, located)));
        }
    }
    all.sort_by_key(|(line, _)| *line);
    all.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}

/// A place that changes. The range of the diagnostic is that of its suggestion: GitHub takes no other.
fn of_fix(source: &Source<'_>, fix: &Fix<'_>, part: Option<(usize, usize)>) -> Value {
    let range = json!({
        "start": json_place(place::of(source, fix.range.start, Unit::Utf8)),
        "end": json_place(place::of(source, fix.range.end, Unit::Utf8)),
    });
    let mut message = String::new();
    if let Some((number, count)) = part {
        // Writing to a string does not fail.
        let _ = writeln!(
            message,
            "Part {number} of {count}, which belong together: take all or none."
        );
    }
    for changes in fix
        .changes
        .chunk_by(|one, next| std::ptr::eq(one.0, next.0))
    {
        let Some((object, _)) = changes.first() else {
            continue;
        };
        message.push_str(&plain(&object.label()));
        let mut changes: Vec<&Change> = changes.iter().map(|(_, change)| *change).collect();
        changes.sort_by_key(|change| Reverse(change.risk));
        for line in notes::folded(object, &changes) {
            message.push_str("\n- ");
            message.push_str(&plain(&line));
        }
        message.push('\n');
    }
    let mut out = Map::new();
    if fix.text.is_none() {
        message.push_str(
            "No suggestion: it would show a secret value. `kubetemper fix` makes the change.",
        );
    }
    out.insert("message".to_owned(), json!(message.trim_end()));
    out.insert(
        "location".to_owned(),
        json!({"path": source.file.path, "range": range}),
    );
    out.insert("severity".to_owned(), json!(severity(Gravity::Warning)));
    let mut transforms = fix.changes.iter().map(|(_, change)| change.transform);
    if let Some(first) = transforms.next()
        && transforms.all(|other| other == first)
    {
        out.insert("code".to_owned(), code(first));
    }
    if let Some(text) = &fix.text {
        let suggestion = json!({"range": range, "text": text});
        out.insert("suggestions".to_owned(), json!([suggestion]));
    }
    Value::Object(out)
}

fn of_change(source: &Source<'_>, object: &ObjectReport, located: &LocatedChange) -> Value {
    let (start, end) = place::of_line(source, located.line, Unit::Utf8);
    let change = &located.change;
    json!({
        "message": findings::message(object, change),
        "location": {
            "path": source.file.path,
            "range": {"start": json_place(start), "end": json_place(end)},
        },
        "severity": severity(Gravity::of(change)),
        "code": code(change.transform),
    })
}

fn of_problem(file: &FileReport, problem: &Problem, gravity: Gravity) -> Value {
    let mut location = json!({"path": file.path});
    if let Some(position) = problem.position {
        // Without columns: those of a problem count characters, and its file may not even be UTF-8.
        location["range"] = json!({"start": {"line": position.line}});
    }
    json!({
        "message": findings::problem(problem),
        "location": location,
        "severity": severity(gravity),
    })
}

fn severity(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Note => "INFO",
        Gravity::Warning => "WARNING",
        Gravity::Error => "ERROR",
    }
}

fn code(transform: &str) -> Value {
    json!({"value": transform, "url": findings::page(transform)})
}

fn json_place(place: Place) -> Value {
    json!({"line": place.line, "column": place.column})
}
