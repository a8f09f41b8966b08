//! The list below an excerpt: what changes and why, what is held and by whom, what is left.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::style::{GUTTER, Painter, TITLE, count, plain, wrap};
use super::{findings, masked};
use crate::change::{Change, Fate, HeldBy, Risk};
use crate::pod_security::Level;
use crate::report::{Levels, ObjectReport};

/// Longest value that is quoted in a line.
const SHORT: usize = 40;

/// One line: the same wish for several containers.
struct Row<'a> {
    risk: Risk,
    transform: &'static str,
    containers: Vec<&'a str>,
    text: String,
}

/// Writes the notes of an object after a margin of `width` columns.
pub(super) fn render(
    object: &ObjectReport,
    painter: Painter,
    width: usize,
    max_risk: Risk,
    out: &mut String,
) {
    let notes = Notes {
        painter,
        width,
        column: transform_width(object),
    };
    let changes = || object.changes.iter().map(|located| &located.change);
    let mut applied = rows(changes().filter(|change| change.is_applied()), |change| {
        change.reason.clone()
    });
    applied.sort_by_key(|row| std::cmp::Reverse(row.risk));
    for row in &applied {
        notes.row("= ", row, out);
    }
    let mut held: BTreeMap<HeldBy, Vec<&Change>> = BTreeMap::new();
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for change in changes() {
        match &change.fate {
            Fate::Applied => {}
            Fate::Held { by, .. } => held.entry(*by).or_default().push(change),
            Fate::Refused(why) => *refused.entry(why).or_default() += 1,
        }
    }
    for (by, changes) in &held {
        notes.line(&held_heading(*by, changes, max_risk), out);
        for row in &rows(changes.iter().copied(), held_text) {
            notes.row("  ", row, out);
        }
    }
    for (why, number) in refused {
        notes.line(&format!("refused, {}: {why}", count(number, "change")), out);
    }
    if let Some(text) = findings::recreate(object, &changes().collect::<Vec<_>>()) {
        notes.line(&text, out);
    }
    if let Some(levels) = object
        .level
        .as_ref()
        .filter(|levels| levels.after < Level::Restricted)
    {
        notes.left(levels, out);
    }
}

/// What holds changes back, and what would let them through.
pub(super) fn release(by: HeldBy, changes: &[&Change]) -> Option<String> {
    let them = if changes.len() == 1 {
        "applies it"
    } else {
        "applies them"
    };
    let flag = match by {
        HeldBy::Risk => {
            let risk = changes
                .iter()
                .map(|change| change.risk)
                .max()
                .unwrap_or(Risk::High);
            format!("--max-risk {risk}")
        }
        HeldBy::Explicit => {
            let flagged = changes.iter().filter(|change| !is_for_people(change));
            let mut ids: Vec<&str> = flagged.map(|change| change.transform).collect();
            ids.sort_unstable();
            ids.dedup();
            if ids.is_empty() {
                return None;
            }
            format!("--override={}", ids.join(","))
        }
        HeldBy::NodeAgent | HeldBy::Owned => "--override".to_owned(),
        HeldBy::Immutable => "--recreate".to_owned(),
        HeldBy::Keep => return Some("remove the keep comment or annotation to apply".to_owned()),
        HeldBy::Declined => return Some("run again to choose anew".to_owned()),
        HeldBy::Config | HeldBy::Invalid | HeldBy::Patch | HeldBy::Unseen => return None,
    };
    Some(format!("`{flag}` {them}"))
}

/// Tells whether no flag makes a change, since nobody but a person knows by what.
fn is_for_people(change: &Change) -> bool {
    matches!(&change.fate, Fate::Held { why, .. } if why.starts_with("only a person can"))
}

fn held_heading(by: HeldBy, changes: &[&Change], max_risk: Risk) -> String {
    let by_whom = match by {
        HeldBy::Risk => format!("risk above --max-risk {max_risk}"),
        HeldBy::Explicit => "explicit in the manifest".to_owned(),
        HeldBy::Keep => "keep in the manifest".to_owned(),
        HeldBy::Config => "config".to_owned(),
        HeldBy::Invalid => "invalid for the API server".to_owned(),
        HeldBy::Immutable => "immutable on a live object".to_owned(),
        HeldBy::Patch => "a kustomize patch".to_owned(),
        HeldBy::NodeAgent => "a node-agent".to_owned(),
        HeldBy::Owned => "owned by another object".to_owned(),
        HeldBy::Declined => "declined by you".to_owned(),
        HeldBy::Unseen => "not all is seen".to_owned(),
    };
    let release = release(by, changes).map_or_else(String::new, |release| format!("; {release}"));
    format!("held, {by_whom}{release}:")
}

/// Why a change is held.
pub(super) fn held_text(change: &Change) -> String {
    match &change.fate {
        Fate::Held {
            by: HeldBy::Explicit,
            why,
        } => match value_that_stays(change) {
            Some(value) => format!("{value} stays: {why}"),
            None => why.clone(),
        },
        // Of a risk the heading says why; what could break is the question.
        Fate::Held { by, why } if *by != HeldBy::Risk => why.clone(),
        _ => change.reason.clone(),
    }
}

/// `runAsUser: 0`, if it is short enough to quote.
fn value_that_stays(change: &Change) -> Option<String> {
    let value = masked(&change.pointer, change.before.as_ref()?).to_string();
    let key = change
        .pointer
        .rsplit('/')
        .next()?
        .replace("~1", "/")
        .replace("~0", "~");
    let index = key.bytes().all(|byte| byte.is_ascii_digit());
    (value.chars().count() <= SHORT && !index).then(|| format!("`{key}: {value}`"))
}

/// One line for each change, those together that say the same of several containers.
pub(super) fn folded(object: &ObjectReport, changes: &[&Change]) -> Vec<String> {
    let line = |row: &Row<'_>| {
        let (id, who) = (row.transform, containers(&row.containers));
        plain(&format!("{id}: {who}{}", row.text))
    };
    let rows = rows(changes.iter().copied(), findings::fate);
    let recreate = findings::recreate(object, changes);
    rows.iter()
        .map(line)
        .chain(recreate.map(|text| plain(&text)))
        .collect()
}

/// `container app: `.
fn containers(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("container {one}: "),
        several => format!("containers {}: ", several.join(", ")),
    }
}

/// Folds changes that say the same of several containers.
fn rows<'a>(
    changes: impl Iterator<Item = &'a Change>,
    text: impl Fn(&Change) -> String,
) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for change in changes {
        let text = text(change);
        let same = |row: &&mut Row<'_>| {
            row.transform == change.transform
                && row.risk == change.risk
                && row.text == text
                && row.containers.is_empty() == change.container.is_none()
        };
        let container = change.container.as_deref();
        if let Some(row) = rows.iter_mut().find(same) {
            row.containers
                .extend(container.filter(|name| !row.containers.contains(name)));
        } else {
            rows.push(Row {
                risk: change.risk,
                transform: change.transform,
                containers: container.into_iter().collect(),
                text,
            });
        }
    }
    rows
}

fn transform_width(object: &ObjectReport) -> usize {
    let ids = object
        .changes
        .iter()
        .map(|located| located.change.transform.len());
    ids.max().unwrap_or_default()
}

/// How the notes of one object are laid out.
struct Notes {
    painter: Painter,
    /// Columns of the line numbers above.
    width: usize,
    /// Columns of the transforms' ids.
    column: usize,
}

impl Notes {
    /// A note over the whole width.
    fn line(&self, text: &str, out: &mut String) {
        let sign = self
            .painter
            .paint(GUTTER, &format!("{:width$} =", "", width = self.width));
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "{sign} {}",
            wrap(&plain(text), self.width + 3, self.width + 5)
        );
    }

    /// Risk, transform, containers and reason, in columns.
    fn row(&self, sign: &str, row: &Row<'_>, out: &mut String) {
        let margin = format!("{:width$} {sign}", "", width = self.width);
        let risk = self.painter.risk(row.risk);
        let id = format!("{:column$}", row.transform, column = self.column);
        let who = containers(&row.containers);
        let text = plain(&format!("{who}{}", row.text));
        let indent = margin.chars().count() + 4 + 2 + self.column + 2;
        let _ = writeln!(
            out,
            "{}{risk}  {}  {}",
            self.painter.paint(GUTTER, &margin),
            self.painter.paint(TITLE, &id),
            wrap(&text, indent, indent)
        );
    }

    /// What keeps the workload from being restricted, in the words of the API server.
    fn left(&self, levels: &Levels, out: &mut String) {
        let head = format!("still {}: ", levels.after);
        let sign = self
            .painter
            .paint(GUTTER, &format!("{:width$} =", "", width = self.width));
        let indent = self.width + 3 + head.chars().count();
        let mut start = format!("{sign} still {}: ", self.painter.level(levels.after));
        for violation in &levels.violations {
            let text = if violation.detail.is_empty() {
                violation.reason.clone()
            } else {
                format!("{} ({})", violation.reason, violation.detail)
            };
            let _ = writeln!(out, "{start}{}", wrap(&plain(&text), indent, indent + 2));
            start = " ".repeat(indent);
        }
    }
}
