//! The report as data: the contract that other programs read.

use serde_json::{Map, Value, json};

use super::masked;
use crate::change::{Change, Fate};
use crate::report::{FileReport, ObjectReport, Problem, Report, Status};

/// The whole report. `references` lists, for the id of a transform, the standards that ask for it.
#[must_use]
pub fn json(report: &Report, references: &dyn Fn(&str) -> Vec<String>) -> Value {
    let summary = report.summary();
    let [none, low, high] = summary.risk;
    let files = report.files.iter().map(|report| file(report, references));
    json!({
        "version": 1,
        "summary": {
            "files": summary.files,
            "documents": summary.documents,
            "changed": summary.changed,
            "applied": summary.applied,
            "held": summary.held,
            "refused": summary.refused,
            "risk": {"none": none, "low": low, "high": high},
            "templates": report.templates.len(),
            "unreadable": summary.unreadable,
        },
        "files": files.collect::<Vec<_>>(),
    })
}

fn file(file: &FileReport, references: &dyn Fn(&str) -> Vec<String>) -> Value {
    let mut out = Map::new();
    out.insert("path".to_owned(), json!(file.path));
    let status = match file.status {
        Status::Changed => "changed",
        Status::Unchanged => "unchanged",
        Status::Refused => "refused",
    };
    out.insert("status".to_owned(), json!(status));
    let first = file.problems.first();
    if let Some(first) = first.filter(|_| file.status == Status::Refused) {
        out.insert("reason".to_owned(), json!(sentence(first)));
    }
    if first.is_some() {
        let problems: Vec<Value> = file.problems.iter().map(problem).collect();
        out.insert("problems".to_owned(), json!(problems));
    }
    if !file.warnings.is_empty() {
        let warnings: Vec<Value> = file.warnings.iter().map(problem).collect();
        out.insert("warnings".to_owned(), json!(warnings));
    }
    let objects = file.objects.iter().map(|report| object(report, references));
    out.insert("documents".to_owned(), objects.collect());
    Value::Object(out)
}

/// `line:column: reason; help`.
fn sentence(problem: &Problem) -> String {
    let place = problem.position.map_or_else(String::new, |position| {
        format!("{}:{}: ", position.line, position.column)
    });
    let separator = if problem.help.is_empty() { "" } else { "; " };
    format!("{place}{}{separator}{}", problem.reason, problem.help)
}

fn problem(problem: &Problem) -> Value {
    json!({
        "line": problem.position.map(|position| position.line),
        "column": problem.position.map(|position| position.column),
        "object": problem.object,
        "reason": problem.reason,
        "help": problem.help,
    })
}

fn object(object: &ObjectReport, references: &dyn Fn(&str) -> Vec<String>) -> Value {
    let mut out = Map::new();
    out.insert("index".to_owned(), json!(object.document));
    out.insert("apiVersion".to_owned(), json!(object.api_version));
    out.insert("kind".to_owned(), json!(object.kind));
    out.insert("namespace".to_owned(), json!(object.namespace));
    out.insert("name".to_owned(), json!(object.name));
    out.insert("created".to_owned(), json!(object.created));
    if let Some(levels) = &object.level {
        out.insert(
            "level".to_owned(),
            json!({"before": levels.before, "after": levels.after}),
        );
        if !levels.violations.is_empty() {
            let violations = levels.violations.iter().map(|violation| {
                json!({
                    "check": violation.check,
                    "reason": violation.reason,
                    "detail": violation.detail,
                })
            });
            out.insert("violations".to_owned(), violations.collect());
        }
    }
    let changes = object.changes.iter().map(|located| {
        let references = references(located.change.transform);
        change(&located.change, located.line, &references)
    });
    out.insert("changes".to_owned(), changes.collect());
    Value::Object(out)
}

fn change(change: &Change, line: usize, references: &[String]) -> Value {
    let shown = |value: &Option<Value>| {
        value
            .as_ref()
            .map_or(Value::Null, |value| masked(&change.pointer, value))
    };
    let (fate, held_by, why) = match &change.fate {
        Fate::Applied => ("applied", None, None),
        Fate::Held { by, why } => ("held", Some(by), Some(why)),
        Fate::Refused(why) => ("refused", None, Some(why)),
    };
    let mut out = Map::new();
    out.insert("transform".to_owned(), json!(change.transform));
    out.insert("pointer".to_owned(), json!(change.pointer));
    out.insert("container".to_owned(), json!(change.container));
    out.insert("before".to_owned(), shown(&change.before));
    out.insert("after".to_owned(), shown(&change.after));
    out.insert("risk".to_owned(), json!(change.risk));
    out.insert("reason".to_owned(), json!(change.reason));
    out.insert("fate".to_owned(), json!(fate));
    if let Some(by) = held_by {
        out.insert("heldBy".to_owned(), json!(by));
    }
    if let Some(why) = why {
        out.insert("why".to_owned(), json!(why));
    }
    out.insert("recreate".to_owned(), json!(change.recreate));
    out.insert("line".to_owned(), json!(line));
    out.insert("references".to_owned(), json!(references));
    Value::Object(out)
}
