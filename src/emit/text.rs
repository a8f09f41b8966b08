//! The text of a file cut into lines, and which of them hold secrets.

use std::ops::Range;

use crate::report::FileReport;

/// A file of the report, cut into lines once for all that is shown of it.
pub(super) struct Source<'a> {
    pub(super) file: &'a FileReport,
    /// The lines before.
    pub(super) lines: Lines<'a>,
    secret: Vec<bool>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: &'a FileReport) -> Self {
        let lines = Lines::new(&file.before);
        let secret = lines.overlapping(secrets(file));
        Self {
            file,
            lines,
            secret,
        }
    }

    /// Tells whether a line, by its index from 0, must not be shown.
    pub(super) fn is_secret(&self, line: usize) -> bool {
        self.secret.get(line) == Some(&true)
    }
}

/// The lines of a text. Only `\n` ends a line, as for git.
pub(super) struct Lines<'a> {
    /// Each line with its end.
    lines: Vec<&'a str>,
    /// Byte offset of each line.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut at = 0;
        let starts = lines
            .iter()
            .map(|line| {
                let start = at;
                at += line.len();
                start
            })
            .collect();
        Self { lines, starts }
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// All lines with their ends.
    pub(super) fn all(&self) -> &[&'a str] {
        &self.lines
    }

    /// A line, by its index from 0, without its end.
    pub(super) fn content(&self, index: usize) -> &'a str {
        self.lines.get(index).map_or("", |line| content(line))
    }

    /// Byte offset at which a line starts.
    pub(super) fn start(&self, index: usize) -> usize {
        self.starts.get(index).copied().unwrap_or_default()
    }

    /// Byte offset after a line's end.
    pub(super) fn end(&self, index: usize) -> usize {
        self.start(index) + self.lines.get(index).map_or(0, |line| line.len())
    }

    /// The line that an offset is on; the last one for the end of the text.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset)
            .saturating_sub(1)
    }

    /// For each line whether it overlaps one of the ranges.
    fn overlapping<'r>(&self, ranges: impl IntoIterator<Item = &'r Range<usize>>) -> Vec<bool> {
        let mut marks = vec![false; self.len()];
        for range in ranges {
            // An empty range still names the line that it is on.
            let last = self.at(range.end.max(range.start + 1) - 1);
            for mark in marks.iter_mut().take(last + 1).skip(self.at(range.start)) {
                *mark = true;
            }
        }
        marks
    }
}

/// A line without its end.
pub(super) fn content(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// Byte ranges of a file's secrets.
pub(super) fn secrets(file: &FileReport) -> impl Iterator<Item = &Range<usize>> {
    file.objects.iter().flat_map(|object| &object.secrets)
}
