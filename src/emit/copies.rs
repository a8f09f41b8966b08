//! Recognises the copy of a secret in text that is added.

use std::collections::HashSet;

use super::text::{self, Lines, content};
use crate::report::FileReport;

/// A shorter secret also occurs where it is no secret: `postgres` is a password and a label.
const TELLING: usize = 12;

/// The secrets of a file, to recognise a copy of one in a line that is added: an alias that had to be
/// written out, a flow mapping that became a block.
pub(super) struct Copies<'a> {
    /// Whole lines.
    lines: HashSet<String>,
    /// Values that are long enough to be found inside a line.
    values: HashSet<&'a str>,
}

impl<'a> Copies<'a> {
    pub(super) fn new(file: &'a FileReport, old: &Lines<'a>) -> Self {
        let mut copies = Self {
            lines: HashSet::new(),
            values: HashSet::new(),
        };
        for range in text::secrets(file) {
            let value = file.before.get(range.clone()).unwrap_or_default();
            // A whole document, all of which is hidden: its lines are no values.
            if value.contains("apiVersion") {
                continue;
            }
            let lines = old.at(range.start)..=old.at(range.end.saturating_sub(1));
            copies
                .lines
                .extend(lines.map(|line| bare(old.content(line))));
            let values = value
                .lines()
                .map(|line| line.trim().trim_matches(['"', '\'']));
            copies
                .values
                .extend(values.filter(|value| value.len() >= TELLING));
        }
        copies.lines.remove("");
        copies
    }

    /// Tells whether an added line repeats a secret.
    pub(super) fn contain(&self, line: &str) -> bool {
        (!self.lines.is_empty() && self.lines.contains(&bare(content(line))))
            || self.values.iter().any(|value| line.trim().contains(value))
    }
}

/// A line without indentation, list dash, quotes and comment: what stays of it in another style.
fn bare(line: &str) -> String {
    let line = line.split(" #").next().unwrap_or_default();
    let line = line.trim().trim_start_matches("- ");
    line.replace(['"', '\''], "").trim().to_owned()
}
