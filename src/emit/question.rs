//! What a person is asked about one change, or about several that stand together.

use std::fmt::Write;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::excerpt::Excerpt;
use super::style::{ADDED, GUTTER, Painter, TITLE, plain, plain_line, wrap};
use super::text::Source;
use super::{MASK, masked};
use crate::change::Change;
use crate::report::FileReport;
use crate::secrets;
use crate::yaml::TextEdit;

/// Columns before a reason.
const INDENT: usize = 2;

/// One question.
#[derive(Debug)]
pub struct Question<'a> {
    /// The objects, as `kind/namespace/name`.
    pub objects: &'a [String],
    /// `file:line`.
    pub place: String,
    /// The changes, of one transform.
    pub changes: &'a [Change],
    /// What can be shown of the text.
    pub preview: Preview<'a>,
    /// Use colour.
    pub color: bool,
}

/// What can be shown of the text.
#[derive(Debug)]
pub enum Preview<'a> {
    /// The file without the change, in which secrets are known, and its text with the change.
    Edit(&'a FileReport, &'a str),
    /// The text of new objects.
    New(Vec<&'a str>),
    /// Only values.
    Values,
}

/// Words a question, up to the prompt.
#[must_use]
pub fn question(question: &Question<'_>) -> String {
    let painter = Painter {
        color: question.color,
    };
    let mut out = String::new();
    let place = painter.paint(GUTTER, &plain(&question.place));
    for object in question.objects {
        let object = painter.paint(TITLE, &plain(object));
        // Writing to a string does not fail.
        let _ = writeln!(out, "{object}  {place}");
    }
    head(question, painter, &mut out);
    match &question.preview {
        Preview::Edit(before, after) => {
            let edits = edits(&before.before, after);
            let source = Source::new(before);
            let lines = Excerpt::of(&source, &edits).preview(painter);
            for line in lines.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
        Preview::New(texts) => {
            for line in texts.iter().flat_map(|text| text.lines()) {
                let line = painter.paint(ADDED, &format!("+ {}", plain_line(line)));
                let _ = writeln!(out, "    {line}");
            }
        }
        Preview::Values => values(question.changes, &mut out),
    }
    out
}

/// The transform, the risk and the reasons.
fn head(question: &Question<'_>, painter: Painter, out: &mut String) {
    let mut said: Vec<&str> = Vec::new();
    for change in question.changes {
        if said.contains(&change.reason.as_str()) {
            continue;
        }
        if said.is_empty() {
            let id = painter.paint(TITLE, change.transform);
            let risk = painter.risk(change.risk);
            let container = change.container.as_ref();
            let container =
                container.map_or_else(String::new, |name| format!("  container {}", plain(name)));
            let _ = writeln!(out, "{id}  risk {}{container}", risk.trim_end());
        }
        said.push(&change.reason);
        let reason = wrap(&plain(&change.reason), INDENT, INDENT);
        let _ = writeln!(out, "  {reason}");
        if change.recreate {
            let _ = writeln!(out, "  a live object must be deleted and made again for it");
        }
    }
}

fn values(changes: &[Change], out: &mut String) {
    for change in changes {
        let value = |value: Option<&serde_json::Value>| match value {
            None => "absent".to_owned(),
            Some(value) if secrets::are_in(value) => MASK.to_owned(),
            Some(value) => masked(&change.pointer, value).to_string(),
        };
        let (before, after) = (value(change.before.as_ref()), value(change.after.as_ref()));
        let text = plain(&format!("{}: {before} -> {after}", change.pointer));
        let _ = writeln!(out, "    {text}");
    }
}

/// The edits of whole lines that turn one text into another.
fn edits(before: &str, after: &str) -> Vec<TextEdit> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut starts = vec![0];
    starts.extend(old.iter().scan(0, |at, line| {
        *at += line.len();
        Some(*at)
    }));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let changed = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let edits = changed.map(|op| TextEdit {
        start: starts[op.old_range().start],
        end: starts[op.old_range().end],
        text: new[op.new_range()].concat(),
    });
    edits.collect()
}
