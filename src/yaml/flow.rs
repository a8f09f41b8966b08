//! Adds and removes entries of flow collections: `{…}` and `[…]`, JSON, KYAML.

use serde_json::Value;

use super::edit::{Editor, Slot};
use super::index::{Entry, NodeId};
use super::render::{self, Flavour, Lines, Notation};

/// An entry to be added, as text on one line and over several lines.
enum Added<'v> {
    Pair(&'v str, &'v Value),
    Item(&'v Value),
}

impl Added<'_> {
    fn inline(&self, flavour: Flavour) -> String {
        match self {
            Self::Pair(key, value) => render::flow_entry(key, value, flavour),
            Self::Item(value) => render::flow(value, flavour),
        }
    }

    fn lines(&self, flavour: Flavour, lines: &Lines<'_>) -> String {
        match self {
            _ if flavour.notation == Notation::Bare => self.inline(flavour),
            Self::Pair(key, value) => render::flow_entry_lines(key, value, flavour, lines),
            Self::Item(value) => render::flow_lines(value, flavour, lines),
        }
    }
}

impl Editor<'_> {
    pub(super) fn edit_flow_mapping(
        &mut self,
        id: NodeId,
        removed: &[bool],
        added: &[(&String, &Value)],
        flavour: Flavour,
    ) {
        let node = self.index.node(id);
        let (start, end) = (node.start as usize, node.end as usize);
        self.remove_flow(id, removed);
        let added: Vec<_> = added
            .iter()
            .map(|(key, value)| Added::Pair(key, value))
            .collect();
        if self.source.as_bytes()[start] != b'{' {
            // A single pair `[a: b]` needs braces to hold a second key or none.
            self.push(start, start, "{");
            self.append(id, removed, &added, flavour);
            self.push(end, end, "}");
            return;
        }
        self.append(id, removed, &added, flavour);
    }

    pub(super) fn edit_flow_sequence(
        &mut self,
        id: NodeId,
        removed: &[bool],
        added: &[(usize, &Value)],
        flavour: Flavour,
    ) {
        self.remove_flow(id, removed);
        let entries = self.index.entries(id);
        let last_kept = removed
            .iter()
            .rposition(|removed| !removed)
            .map_or(0, |at| at + 1);
        let comma = if flavour.compact { "," } else { ", " };
        let mut appended = Vec::new();
        for (place, item) in added {
            if *place >= last_kept {
                appended.push(Added::Item(item));
                continue;
            }
            let text = render::flow(item, flavour);
            if let Some(before) = place.checked_sub(1) {
                let end = self.entry_end(&entries[before]);
                self.push(end, end, format!("{comma}{text}"));
            } else {
                let start = entries[0].start as usize;
                self.push(start, start, format!("{text}{comma}"));
            }
        }
        self.append(id, removed, &appended, flavour);
    }

    /// Removes runs of entries, each with one comma, but never a comment.
    fn remove_flow(&mut self, id: NodeId, removed: &[bool]) {
        let entries = self.index.entries(id);
        let mut at = 0;
        while at < entries.len() {
            if !removed[at] {
                at += 1;
                continue;
            }
            let first = at;
            while at < entries.len() && removed[at] {
                at += 1;
            }
            let start = entries[first].start as usize;
            let end = self.entry_end(&entries[at - 1]);
            if let Some(next) = entries.get(at) {
                self.delete_keeping_comments(start, next.start as usize);
            } else if let Some(before) = first.checked_sub(1) {
                self.delete_keeping_comments(self.entry_end(&entries[before]), end);
            } else {
                let comma = self.source[end..].trim_start().starts_with(',');
                let end = if comma {
                    end + self.source[end..].find(',').unwrap_or(0) + 1
                } else {
                    end
                };
                self.delete_keeping_comments(start, end);
            }
        }
    }

    fn append(&mut self, id: NodeId, removed: &[bool], added: &[Added<'_>], flavour: Flavour) {
        if added.is_empty() {
            return;
        }
        let entries = self.index.entries(id);
        let comma = if flavour.compact { "," } else { ", " };
        let kept = removed
            .iter()
            .rposition(|removed| !removed)
            .map(|at| &entries[at]);
        let Some(last) = kept else {
            let text: Vec<String> = added.iter().map(|entry| entry.inline(flavour)).collect();
            let open = entries
                .first()
                .map_or(self.index.node(id).start as usize + 1, |entry| {
                    entry.start as usize
                });
            self.push(open, open, text.join(comma));
            return;
        };
        if !self.append_lines(id, last, added, flavour) {
            let text: Vec<String> = added.iter().map(|entry| entry.inline(flavour)).collect();
            let end = self.entry_end(last);
            self.push(end, end, format!("{comma}{}", text.join(comma)));
        }
    }

    /// Appends on lines of their own where the last entry and the closing bracket have theirs.
    fn append_lines(
        &mut self,
        id: NodeId,
        last: &Entry,
        added: &[Added<'_>],
        flavour: Flavour,
    ) -> bool {
        let node = self.index.node(id);
        let (open, close) = (node.start as usize, node.end as usize - 1);
        let start = last.start as usize;
        let end = self.entry_end(last);
        let first = self
            .index
            .entries(id)
            .first()
            .map_or(open, |entry| entry.start as usize);
        if !self.source[open..first].contains('\n') || !self.source[end..close].contains('\n') {
            return false;
        }
        if !self.is_first_on_line(start) || !self.is_first_on_line(close) {
            return false;
        }
        let prefix = &self.source[self.line_start(start)..start];
        let outer = &self.source[self.line_start(close)..close];
        let unit = prefix.strip_prefix(outer).unwrap_or("  ");
        let lines = Lines {
            prefix,
            unit,
            newline: self.newline,
        };
        let mut texts: Vec<String> = added
            .iter()
            .map(|entry| format!("{prefix}{},", entry.lines(flavour, &lines)))
            .collect();
        if !flavour.trailing_comma {
            self.push(end, end, ",");
            if let Some(text) = texts.last_mut() {
                text.pop();
            }
        }
        self.insert_lines(self.after(end), &texts);
        true
    }

    /// A value that takes the place of another one in flow context.
    pub(super) fn flow_value(&self, value: &Value, flavour: Flavour, slot: Slot) -> String {
        let prefix = if flavour.notation != Notation::Bare && !flavour.compact {
            self.indent_of(slot.start)
        } else {
            None
        };
        let root = self.index.root.map(|root| self.index.entries(root));
        let unit = root
            .and_then(<[Entry]>::first)
            .and_then(|entry| self.indent_of(entry.start as usize));
        match (prefix, unit) {
            (Some(prefix), Some(unit)) if !unit.is_empty() => render::flow_lines(
                value,
                flavour,
                &Lines {
                    prefix,
                    unit,
                    newline: self.newline,
                },
            ),
            _ => render::flow(value, flavour),
        }
    }

    /// The white space before `at` if nothing else stands before it on its line.
    fn indent_of(&self, at: usize) -> Option<&str> {
        // A line may be the whole file: look back only as far as indentation can reach.
        let before = &self.source[..at];
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        let line = before.len() - indent;
        (line > 0 && before.as_bytes()[line - 1] == b'\n').then(|| &before[line..])
    }
}
