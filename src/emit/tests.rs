//! Synthetic reports for the tests of the formats.

mod diff;
mod human;
mod json;
mod patch;

use std::ops::Range;

use crate::change::{Change, Fate, HeldBy, Risk};
use crate::pod_security::{Level, Violation};
use crate::report::{FileReport, Levels, LocatedChange, ObjectReport, Report, Status};
use crate::yaml::TextEdit;

/// A file whose text changes.
fn file(path: &str, before: &str, after: &str) -> FileReport {
    let changed = before != after;
    FileReport {
        status: if changed {
            Status::Changed
        } else {
            Status::Unchanged
        },
        before: before.to_owned(),
        after: changed.then(|| after.to_owned()),
        ..FileReport::unchanged(path.to_owned())
    }
}

fn report(files: Vec<FileReport>) -> Report {
    Report {
        files,
        templates: Vec::new(),
    }
}

/// A Deployment `shop/web` on line 1 without anything to say.
fn object() -> ObjectReport {
    ObjectReport {
        document: 0,
        pointer: String::new(),
        api_version: "apps/v1".to_owned(),
        kind: "Deployment".to_owned(),
        namespace: Some("shop".to_owned()),
        name: Some("web".to_owned()),
        created: false,
        line: 1,
        level: None,
        changes: Vec::new(),
        edits: Vec::new(),
        secrets: Vec::new(),
    }
}

fn change(
    transform: &'static str,
    container: Option<&str>,
    risk: Risk,
    fate: Fate,
) -> LocatedChange {
    let change = Change {
        transform,
        pointer: "/spec/template/spec/containers/0/securityContext/x".to_owned(),
        container: container.map(str::to_owned),
        before: None,
        after: Some(true.into()),
        risk,
        reason: format!("{transform} may break it"),
        fate,
        joined: false,
        recreate: false,
    };
    LocatedChange { change, line: 3 }
}

fn held(by: HeldBy, why: &str) -> Fate {
    Fate::Held {
        by,
        why: why.to_owned(),
    }
}

fn levels(before: Level, after: Level) -> Levels {
    let violations = vec![Violation {
        check: "allowPrivilegeEscalation",
        level: Level::Restricted,
        reason: "allowPrivilegeEscalation != false".to_owned(),
        detail: "container \"x\" must set securityContext.allowPrivilegeEscalation=false"
            .to_owned(),
    }];
    let violations = if after < Level::Restricted {
        violations
    } else {
        Vec::new()
    };
    Levels {
        before,
        after,
        violations,
    }
}

/// The bytes of a text's first occurrence.
fn range(text: &str, part: &str) -> Range<usize> {
    let start = text.find(part).expect("the part occurs");
    start..start + part.len()
}

/// An insertion before the first occurrence of `part`.
fn insert(text: &str, part: &str, new: &str) -> TextEdit {
    let start = range(text, part).start;
    TextEdit {
        start,
        end: start,
        text: new.to_owned(),
    }
}
