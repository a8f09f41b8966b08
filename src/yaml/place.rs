//! Finds places in the text for an edit: lines, their starts, the comments in them.

use super::TextEdit;
use super::edit::Editor;
use super::index::Comment;
use memchr::memchr;

impl<'d> Editor<'d> {
    /// The start of the line after the one that holds `at`.
    pub(super) fn after(&self, at: usize) -> usize {
        memchr(b'\n', &self.source.as_bytes()[at..])
            .map_or(self.source.len(), |offset| at + offset + 1)
    }

    /// Where new lines at `column` go after a value that ends at `end`: past comments that are indented
    /// deeper and follow at once, since they belong to that value.
    pub(super) fn after_comments(&self, end: usize, column: usize) -> usize {
        let mut at = self.after(end);
        loop {
            let line = &self.source[at..self.after(at)];
            let indent = line.len() - line.trim_start_matches(' ').len();
            if indent <= column || !line[indent..].starts_with('#') {
                return at;
            }
            at += line.len();
        }
    }

    /// The comma that follows in a flow collection, perhaps after comments.
    pub(super) fn comma_after(&self, at: usize) -> Option<usize> {
        let mut at = at;
        loop {
            let rest = &self.source[at..];
            at += rest.len() - rest.trim_start().len();
            match self.source.as_bytes().get(at) {
                Some(b',') => return Some(at),
                Some(b'#') => at = self.after(at),
                _ => return None,
            }
        }
    }

    /// The start of the line that holds `at`.
    pub(super) fn line_start(&self, at: usize) -> usize {
        let bytes = self.source.as_bytes();
        let start = bytes[..at]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        if start == 0 && self.source.starts_with('\u{feff}') {
            3
        } else {
            start
        }
    }

    /// Tells whether only white space stands before `at` on its line. Looks no further back than that: a line
    /// may be a whole file.
    pub(super) fn is_first_on_line(&self, at: usize) -> bool {
        let before = self.source[..at].trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with('\n') || before == "\u{feff}"
    }

    pub(super) fn push(&mut self, start: usize, end: usize, text: impl Into<String>) {
        let text = text.into();
        if start != end || !text.is_empty() {
            self.edits.push(TextEdit { start, end, text });
        }
    }

    /// Inserts whole lines at the start of a line.
    pub(super) fn insert_lines(&mut self, at: usize, lines: &[String]) {
        let text = lines.join(self.newline);
        self.push(at, at, format!("{text}{}", self.newline));
    }

    /// The comments that start within a range.
    pub(super) fn comments_in(&self, start: usize, end: usize) -> &'d [Comment] {
        let comments = &self.index.comments;
        let first = comments.partition_point(|comment| (comment.start as usize) < start);
        let last = comments.partition_point(|comment| (comment.start as usize) < end);
        &comments[first..last]
    }
}

/// Makes the edits of a text that was given a last line break fit the same text without it: what they
/// lead to ends without one too.
pub(super) fn unterminated(source: &str, newline: &str, edits: Vec<TextEdit>) -> Vec<TextEdit> {
    let (mut edits, tail): (Vec<_>, Vec<_>) =
        edits.into_iter().partition(|edit| edit.end <= source.len());
    let Some(first) = tail.first() else {
        return edits;
    };
    let mut start = first.start.min(source.len());
    let mut text = if first.start > source.len() {
        newline.to_owned()
    } else {
        String::new()
    };
    text.extend(tail.iter().map(|edit| edit.text.as_str()));
    // Look back until there is a line break to take away.
    while text.is_empty() {
        match edits.pop() {
            Some(edit) if edit.end >= start => {
                start = edit.start;
                text.insert_str(0, &edit.text);
            }
            edit => {
                edits.extend(edit);
                let before = &source[..start];
                let line = before.strip_suffix('\n').unwrap_or(before);
                start = line.strip_suffix('\r').unwrap_or(line).len();
                break;
            }
        }
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    text.truncate(line.strip_suffix('\r').unwrap_or(line).len());
    edits.push(TextEdit {
        start,
        end: source.len(),
        text,
    });
    edits
}
