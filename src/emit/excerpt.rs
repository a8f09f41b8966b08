//! The lines of a manifest that change, with just enough around them to know the place.
//!
//! `annotate-snippets` renders a patch with the line numbers of the result and joins removed lines of
//! neighbouring patches; here the numbers are those of the file that the reader has open.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::MASK;
use super::style::{ADDED, GUTTER, Painter, REMOVED, plain_line};
use super::text::{self, Lines, Source, content};
use crate::report::ObjectReport;
use crate::yaml::TextEdit;

/// Characters shown of a line that is too long, such as JSON without line breaks.
const WIDEST: usize = 140;
/// Characters shown of it before the first difference.
const LEAD: usize = 40;

/// Old lines that go, by index, and the lines that come in their place.
#[derive(Debug, PartialEq, Eq)]
struct Hunk {
    old: Range<usize>,
    new: Vec<String>,
}

/// The changes of one object as an excerpt of its file.
pub(super) struct Excerpt<'a> {
    source: &'a Source<'a>,
    hunks: Vec<Hunk>,
}

impl<'a> Excerpt<'a> {
    pub(super) fn new(source: &'a Source<'a>, object: &ObjectReport) -> Self {
        Self::of(source, &object.edits)
    }

    /// What sorted edits do to a file.
    pub(super) fn of(source: &'a Source<'a>, mut edits: &[TextEdit]) -> Self {
        let lines = &source.lines;
        let mut hunks = Vec::new();
        while !edits.is_empty() {
            let (count, touched) = cluster(lines, edits);
            let new = masked_result(source, &edits[..count], &touched);
            compare(lines, &touched, &new, &mut hunks);
            edits = &edits[count..];
        }
        Self { source, hunks }
    }

    /// Columns that the line numbers take.
    pub(super) fn width(&self) -> usize {
        let last = self.hunks.last().map_or(1, |hunk| hunk.old.end.max(1));
        last.to_string().len()
    }

    /// The excerpt, line by line, after a margin for line numbers of `width` columns.
    pub(super) fn render(&self, painter: Painter, width: usize, out: &mut String) {
        let bar = painter.paint(GUTTER, &format!("{:width$} |", ""));
        let context = self.context();
        // Writing to a string does not fail.
        let _ = writeln!(out, "{bar}");
        let mut next = None;
        let elide = |line: usize, next: &mut Option<usize>, out: &mut String| {
            if next.is_some_and(|next| line > next) {
                let _ = writeln!(out, "{}", painter.paint(GUTTER, "..."));
            }
            *next = Some(line);
        };
        let mut at = 0;
        for hunk in &self.hunks {
            for &line in context.range(at..hunk.old.start) {
                elide(line, &mut next, out);
                let number = painter.paint(GUTTER, &format!("{:width$} |", line + 1));
                let _ = writeln!(out, "{number} {}", cut(&self.shown(line), 0));
                next = Some(line + 1);
            }
            elide(hunk.old.start, &mut next, out);
            self.hunk(hunk, painter, width, out);
            at = hunk.old.end;
            next = Some(at);
        }
        let _ = writeln!(out, "{bar}");
    }

    /// The excerpt as the body of a diff: `@@` stands where lines are left out and names the next one.
    pub(super) fn as_diff(&self) -> String {
        let plain = Painter { color: false };
        self.diff(plain, |line| format!("@@ line {} @@\n", line + 1))
    }

    /// The excerpt as the body of a diff, for a terminal.
    pub(super) fn preview(&self, painter: Painter) -> String {
        self.diff(painter, |_| String::new())
    }

    /// `elided` is what stands where lines are left out before a line.
    fn diff(&self, painter: Painter, elided: impl Fn(usize) -> String) -> String {
        let context = self.context();
        let mut out = String::new();
        let mut next = None;
        let mut at = 0;
        let reach = |line: usize, next: Option<usize>, out: &mut String| {
            if next != Some(line) {
                out.push_str(&elided(line));
            }
        };
        for hunk in &self.hunks {
            for &line in context.range(at..hunk.old.start) {
                reach(line, next, &mut out);
                let _ = writeln!(out, "  {}", cut(&self.shown(line), 0));
                next = Some(line + 1);
            }
            reach(hunk.old.start, next, &mut out);
            let focus = self.first_difference(hunk);
            // Writing to a string does not fail.
            for line in hunk.old.clone() {
                let text = format!("- {}", cut(&self.shown(line), focus));
                let _ = writeln!(out, "{}", painter.paint(REMOVED, &text));
            }
            for line in &hunk.new {
                let text = format!("+ {}", cut(&plain_line(line), focus));
                let _ = writeln!(out, "{}", painter.paint(ADDED, &text));
            }
            at = hunk.old.end;
            next = Some(at);
        }
        out
    }

    fn hunk(&self, hunk: &Hunk, painter: Painter, width: usize, out: &mut String) {
        let focus = self.first_difference(hunk);
        for line in hunk.old.clone() {
            let number = painter.paint(GUTTER, &format!("{:width$}", line + 1));
            let text = format!("- {}", cut(&self.shown(line), focus));
            let _ = writeln!(out, "{number} {}", painter.paint(REMOVED, &text));
        }
        for line in &hunk.new {
            let text = format!("+ {}", cut(&plain_line(line), focus));
            let _ = writeln!(out, "{:width$} {}", "", painter.paint(ADDED, &text));
        }
    }

    /// The unchanged lines worth showing: for each hunk the line before it, and the lines that it belongs to,
    /// such as `spec:` or `- name: web`.
    fn context(&self) -> BTreeSet<usize> {
        let mut shown = BTreeSet::new();
        for hunk in &self.hunks {
            let place = hunk.old.start;
            let first = hunk
                .new
                .first()
                .map_or_else(|| self.source.lines.content(place), String::as_str);
            shown.extend(place.checked_sub(1).filter(|line| !self.is_blank(*line)));
            let parent = self.parent(place, indent(first));
            shown.extend(parent);
            shown.extend(parent.and_then(|line| self.item(line)));
        }
        for hunk in &self.hunks {
            for line in hunk.old.clone() {
                shown.remove(&line);
            }
        }
        // A gap of one line is no shorter than the line.
        let gaps: Vec<usize> = shown
            .iter()
            .map(|line| line + 1)
            .filter(|line| shown.contains(&(line + 1)) && !self.is_changed(*line))
            .collect();
        shown.extend(gaps);
        shown
    }

    /// The list item, such as a container, that the mapping at a line belongs to.
    fn item(&self, line: usize) -> Option<usize> {
        let is_item = |line: &usize| {
            self.source
                .lines
                .content(*line)
                .trim_start()
                .starts_with("- ")
        };
        if is_item(&line) {
            return None;
        }
        let above = self.parent(line, indent(self.source.lines.content(line)))?;
        Some(above).filter(is_item)
    }

    /// The nearest line above that is indented less.
    fn parent(&self, place: usize, indentation: usize) -> Option<usize> {
        (0..place).rev().find(|line| {
            let content = self.source.lines.content(*line);
            let text = content.trim_start();
            !text.is_empty() && !text.starts_with('#') && indent(content) < indentation
        })
    }

    fn is_blank(&self, line: usize) -> bool {
        self.source.lines.content(line).trim().is_empty()
    }

    fn is_changed(&self, line: usize) -> bool {
        let next = self.hunks.partition_point(|hunk| hunk.old.end <= line);
        self.hunks
            .get(next)
            .is_some_and(|hunk| hunk.old.contains(&line))
    }

    fn shown(&self, line: usize) -> String {
        let content = self.source.lines.content(line);
        if self.source.is_secret(line) {
            hidden(content)
        } else {
            plain_line(content)
        }
    }

    /// Where the first pair of lines of a hunk begins to differ, in characters.
    fn first_difference(&self, hunk: &Hunk) -> usize {
        let Some(new) = hunk.new.first().filter(|_| !hunk.old.is_empty()) else {
            return 0;
        };
        let old = self.shown(hunk.old.start);
        old.chars()
            .zip(plain_line(new).chars())
            .take_while(|(old, new)| old == new)
            .count()
    }
}

/// How many of the edits touch lines in common, and the lines.
fn cluster(lines: &Lines<'_>, edits: &[TextEdit]) -> (usize, Range<usize>) {
    let first = edits.first().map_or(0, |edit| lines.at(edit.start));
    let mut end = first;
    let mut count = 0;
    for edit in edits {
        if count > 0 && lines.at(edit.start) >= end {
            break;
        }
        end = end.max(lines.at(edit.end) + 1);
        count += 1;
    }
    (count, first..end.min(lines.len()))
}

/// The lines that result from edits of `touched` lines. Those that might show a secret are masked.
fn masked_result(source: &Source<'_>, edits: &[TextEdit], touched: &Range<usize>) -> Vec<String> {
    let (lines, text) = (&source.lines, &source.file.before);
    let mut at = lines.start(touched.start);
    let end = touched
        .clone()
        .next_back()
        .map_or(at, |last| lines.end(last));
    let hides = touched.clone().any(|line| source.is_secret(line));
    let hidden_here: Vec<&Range<usize>> = text::secrets(source.file)
        .filter(|_| hides)
        .filter(|secret| secret.start < end && at < secret.end)
        .collect();
    let rewritten = edits.iter().any(|edit| {
        hidden_here
            .iter()
            .any(|secret| secret.start < edit.end && edit.start < secret.end)
    });
    let mut result = String::new();
    for edit in edits {
        result.push_str(text.get(at..edit.start).unwrap_or_default());
        result.push_str(&edit.text);
        at = edit.end;
    }
    result.push_str(text.get(at..end).unwrap_or_default());
    let values: Vec<&str> = hidden_here
        .iter()
        .flat_map(|secret| text.get((**secret).clone()).unwrap_or_default().lines())
        .map(|line| line.trim().trim_matches(['"', '\'']))
        .filter(|value| !value.is_empty())
        .collect();
    let mask = |line: &str| {
        if rewritten || values.iter().any(|value| line.contains(value)) {
            hidden(line)
        } else {
            line.to_owned()
        }
    };
    result
        .split_inclusive('\n')
        .map(|line| mask(content(line)))
        .collect()
}

/// Adds what differs between the touched lines and their replacement.
fn compare(lines: &Lines<'_>, touched: &Range<usize>, new: &[String], hunks: &mut Vec<Hunk>) {
    let old: Vec<&str> = touched.clone().map(|line| lines.content(line)).collect();
    let fresh: Vec<&str> = new.iter().map(String::as_str).collect();
    let ops = capture_diff_slices(Algorithm::Myers, &old, &fresh);
    for op in ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let range = op.old_range();
        hunks.push(Hunk {
            old: touched.start + range.start..touched.start + range.end,
            new: new[op.new_range()].to_vec(),
        });
    }
}

/// A line that holds a secret: its indentation stays, so that the reader keeps the place.
fn hidden(line: &str) -> String {
    format!("{:width$}{MASK}", "", width = indent(line))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A line that is not too long; `focus` is the character that must stay in sight.
fn cut(line: &str, focus: usize) -> String {
    let length = line.chars().count();
    if length <= WIDEST {
        return line.to_owned();
    }
    let start = if focus < WIDEST { 0 } else { focus - LEAD };
    let part: String = line.chars().skip(start).take(WIDEST).collect();
    let before = if start > 0 { "…" } else { "" };
    let after = if start + WIDEST < length { "…" } else { "" };
    format!("{before}{part}{after}")
}
