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
        let added: Vec<_> = added
            .iter()
            .map(|(key, value)| Added::Pair(key, value))
            .collect();
        let braces = self.source.as_bytes()[start] == b'{';
        if !braces {
            // A single pair `[a: b]` needs braces to hold a second key or none.
            self.push(start, start, "{");
        }
        self.remove_and_append(id, removed, &added, flavour, braces);
        if !braces {
            self.push(end, end, format!("{}}}", self.space_before_comma(end)));
        }
    }

    pub(super) fn edit_flow_sequence(
        &mut self,
        id: NodeId,
        removed: &[bool],
        added: &[(usize, &Value)],
        flavour: Flavour,
    ) {
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
        self.remove_and_append(id, removed, &appended, flavour, true);
    }

    /// Removes runs of entries, each with one comma, but never a comment; added entries take the place of
    /// removed ones at the end, or follow the last one.
    fn remove_and_append(
        &mut self,
        id: NodeId,
        removed: &[bool],
        added: &[Added<'_>],
        flavour: Flavour,
        brackets: bool,
    ) {
        let entries = self.index.entries(id);
        let mut at = 0;
        while at < entries.len() {
            let first = at;
            while at < entries.len() && removed[at] {
                at += 1;
            }
            if first == at {
                at += 1;
                continue;
            }
            let start = entries[first].start as usize;
            let end = self.entry_end(&entries[at - 1]);
            if let Some(next) = entries.get(at) {
                self.replace_keeping_comments(start, next.start as usize, "");
            } else if !added.is_empty() {
                let lines = self.lines(id, &entries[first], brackets);
                let (texts, comma) = texts(added, flavour, lines.as_ref());
                self.replace_keeping_comments(start, end, &texts.join(&comma));
                return;
            } else if let Some(before) = first.checked_sub(1) {
                let start = self.entry_end(&entries[before]);
                self.replace_keeping_comments(start, end, self.space_before_comma(start));
            } else {
                // The comma behind a single pair without braces is that of the sequence.
                let comma = self.comma_after(end).filter(|_| brackets);
                let end = comma.map_or(end, |comma| comma + 1);
                self.replace_keeping_comments(start, end, "");
            }
        }
        if added.is_empty() {
            return;
        }
        let Some(last) = entries.last() else {
            let open = self.index.node(id).start as usize + 1;
            let (texts, comma) = texts(added, flavour, None);
            self.push(open, open, texts.join(&comma));
            return;
        };
        let end = self.entry_end(last);
        let Some(lines) = self.lines(id, last, brackets) else {
            let (texts, comma) = texts(added, flavour, None);
            let space = self.space_before_comma(end);
            self.push(end, end, format!("{space}{comma}{}", texts.join(&comma)));
            return;
        };
        let (texts, _) = texts(added, flavour, Some(&lines));
        let mut texts: Vec<String> = texts
            .into_iter()
            .map(|text| format!("{}{text},", lines.prefix))
            .collect();
        let comma = self.comma_after(end);
        if comma.is_none() {
            self.push(end, end, format!("{},", self.space_before_comma(end)));
            if let Some(text) = texts.last_mut() {
                text.pop();
            }
        }
        self.insert_lines(self.after(comma.unwrap_or(end)), &texts);
    }

    /// A bare key without a value must not stand right before a comma or bracket: `{a: }`, nor a dash that begins a line.
    fn space_before_comma(&self, at: usize) -> &'static str {
        let before = &self.source[..at];
        let dash = before.strip_suffix('-');
        if before.ends_with(':') || dash.is_some_and(|it| it.ends_with([' ', '\t', '\n'])) {
            " "
        } else {
            ""
        }
    }

    /// The indentation of entries if they stand on lines of their own, and so does the closing bracket.
    fn lines(&self, id: NodeId, entry: &Entry, brackets: bool) -> Option<Lines<'_>> {
        let node = self.index.node(id);
        let close = node.end as usize - 1;
        let (start, end) = (entry.start as usize, self.entry_end(entry));
        let first = self.index.entries(id).first()?.start as usize;
        let own_lines = self.source[node.start as usize..first].contains('\n')
            && self.source[end..close].contains('\n')
            && self.is_first_on_line(start)
            && self.is_first_on_line(close);
        if !brackets || !own_lines {
            return None;
        }
        let prefix = &self.source[self.line_start(start)..start];
        let outer = &self.source[self.line_start(close)..close];
        Some(Lines {
            prefix,
            unit: prefix.strip_prefix(outer).unwrap_or("  "),
            newline: self.newline,
        })
    }

    /// A value that takes the place of another one in flow context.
    pub(super) fn flow_value(&self, value: &Value, flavour: Flavour, slot: Slot) -> String {
        let prefix = if flavour.notation != Notation::Bare && !flavour.compact {
            self.indent_of(slot.start)
        } else {
            None
        };
        let unit = self.index.root.and_then(|root| {
            let first = self.index.entries(root).first()?;
            let first = self.indent_of(first.start as usize)?;
            // The item of a list is indented itself, with its closing brace.
            let braces = self.index.flow_root().map(|root| self.index.node(root));
            let outer = braces.and_then(|node| self.indent_of(node.end as usize - 1));
            first.strip_prefix(outer.unwrap_or_default())
        });
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

/// The texts of added entries, and what stands between them.
fn texts(
    added: &[Added<'_>],
    flavour: Flavour,
    lines: Option<&Lines<'_>>,
) -> (Vec<String>, String) {
    match lines {
        Some(lines) => (
            added
                .iter()
                .map(|entry| entry.lines(flavour, lines))
                .collect(),
            format!(",{}{}", lines.newline, lines.prefix),
        ),
        None => (
            added.iter().map(|entry| entry.inline(flavour)).collect(),
            if flavour.compact { "," } else { ", " }.to_owned(),
        ),
    }
}
