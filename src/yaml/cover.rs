//! Keeps block scalars as they are where the lines after them go.
//!
//! A blank line that follows removed lines would become a part of a `|+` before them, and so would one of
//! many spaces, or a comment that is indented as deep as the scalar.

use super::TextEdit;
use super::edit::Editor;
use super::index::{Kind, Node, ScalarStyle};

impl Editor<'_> {
    /// Sorts the edits, and adds what block scalars need.
    pub(super) fn finish(mut self) -> Vec<TextEdit> {
        let order = |edit: &TextEdit| (edit.start, edit.end);
        self.edits.sort_by_key(order);
        let scalars = self.index.nodes.iter();
        let scalars = scalars.filter(|node| node.kind == Kind::Scalar(ScalarStyle::Block));
        let mut added = Vec::new();
        for scalar in scalars {
            self.cover(scalar, &mut added);
        }
        self.edits.extend(added);
        self.edits.sort_by_key(order);
        self.edits
    }

    fn cover(&mut self, scalar: &Node, added: &mut Vec<TextEdit>) {
        let (start, end) = (scalar.start as usize, scalar.end as usize);
        let mut at = self.after(end);
        let mut next = self.edits.partition_point(|edit| edit.start < at);
        let gone = next
            .checked_sub(1)
            .is_some_and(|before| self.edits[before].end > start);
        if gone {
            return;
        }
        let header = &self.source[start..self.after(start)];
        let keeps = header
            .split(['#', '\n'])
            .next()
            .is_some_and(|header| header.contains('+'));
        let column = indent(&self.source[self.line_start(start)..]);
        let mut exposed = false;
        while at < self.source.len() {
            let line = &self.source[at..self.after(at)];
            if let Some(edit) = self.edits.get_mut(next).filter(|edit| edit.start == at) {
                let depth = indent(&edit.text);
                if edit.text[depth..].starts_with('#') && depth > column {
                    edit.text.replace_range(column..depth, "");
                }
                if !edit.text.is_empty() {
                    return;
                }
                exposed |= edit.end > edit.start;
                at = edit.end;
                next += 1;
            } else if line.trim().is_empty() {
                if exposed && (keeps || line.starts_with(' ')) {
                    added.push(TextEdit {
                        start: at,
                        end: at + line.len(),
                        text: String::new(),
                    });
                }
                at += line.len();
            } else {
                let depth = indent(line);
                if exposed && line[depth..].starts_with('#') && depth > column {
                    added.push(TextEdit {
                        start: at + column,
                        end: at + depth,
                        text: String::new(),
                    });
                }
                return;
            }
        }
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
