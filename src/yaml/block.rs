//! Adds and removes entries of block collections, by whole lines.

use serde_json::{Map, Value};

use super::Refusal;
use super::edit::{Editor, Slot};
use super::index::{Entry, NodeId};
use super::render::{self, Style};

type Result<T> = std::result::Result<T, Refusal>;

impl Editor<'_> {
    pub(super) fn edit_block_mapping(
        &mut self,
        id: NodeId,
        removed: &[bool],
        added: &[(&String, &Value)],
        slot: Slot,
        style: Style,
    ) -> Result<()> {
        let column = self.index.node(id).column as usize;
        let map: Map<String, Value> = added
            .iter()
            .map(|(key, value)| ((*key).clone(), (*value).clone()))
            .collect();
        let lines = render::block_mapping(&map, column, style);
        if removed.iter().all(|removed| *removed) {
            return self.replace_whole(id, "{}", &lines, slot);
        }
        self.remove_entries(id, removed, column);
        if !lines.is_empty() {
            let end = self.index.node(id).end as usize;
            self.insert_lines(self.after_comments(end, column), &lines);
        }
        Ok(())
    }

    pub(super) fn edit_block_sequence(
        &mut self,
        id: NodeId,
        removed: &[bool],
        added: &[(usize, &Value)],
        slot: Slot,
        style: Style,
    ) -> Result<()> {
        let column = self.index.node(id).column as usize;
        let lines =
            |item: &Value| render::block_sequence(std::slice::from_ref(item), column, style);
        if removed.iter().all(|removed| *removed) {
            let lines: Vec<String> = added.iter().flat_map(|(_, item)| lines(item)).collect();
            return self.replace_whole(id, "[]", &lines, slot);
        }
        self.remove_entries(id, removed, column);
        let entries = self.index.entries(id);
        for (place, item) in added {
            let lines = lines(item);
            if let Some(before) = place.checked_sub(1) {
                let end = self.index.node(entries[before].value).end as usize;
                self.insert_lines(self.after_comments(end, column), &lines);
            } else if self.is_first_on_line(entries[0].start as usize) {
                self.insert_lines(self.line_start(entries[0].start as usize), &lines);
            } else {
                let first = entries[0].start as usize;
                let text = lines.join(self.newline);
                let indent = " ".repeat(column);
                self.push(
                    first,
                    first,
                    format!("{}{}{indent}", text.trim_start(), self.newline),
                );
            }
        }
        Ok(())
    }

    /// Removes some entries, never all. Comments that stand within them stay, on lines of their own.
    fn remove_entries(&mut self, id: NodeId, removed: &[bool], column: usize) {
        let entries = self.index.entries(id);
        let mut at = 0;
        while at < entries.len() {
            let mut first = at;
            while at < entries.len() && removed[at] {
                at += 1;
            }
            if first == at {
                at += 1;
                continue;
            }
            let start = entries[first].start as usize;
            if !self.is_first_on_line(start) {
                // The first key of `- a: 1`: the next key that stays moves up to the dash.
                let next = entries.get(at).map_or(start, |next| next.start as usize);
                if self.comments_in(start, next).is_empty() {
                    self.push(start, next, "");
                    continue;
                }
                let pair = entries[first].key != entries[first].value;
                let dash = self.source[..start].trim_end_matches(' ').len();
                let start = if pair { dash } else { start };
                let end = self.entry_end(&entries[first]);
                self.replace_keeping_comments(start, end, "");
                first += 1;
            }
            if first < at {
                let start = self.line_start(entries[first].start as usize);
                let end = self.after(self.entry_end(&entries[at - 1]));
                self.delete_lines(start, end, column);
            }
        }
    }

    /// Replaces all entries of a block collection: by lines of new ones, or by `{}` or `[]`.
    fn replace_whole(
        &mut self,
        id: NodeId,
        empty: &str,
        lines: &[String],
        slot: Slot,
    ) -> Result<()> {
        if lines.is_empty() {
            let kept = self.properties_end(id).unwrap_or(slot.gap);
            return self.replace_block(id, kept, empty, slot);
        }
        let node = self.index.node(id);
        let (start, end) = (node.start as usize, node.end as usize);
        if self.is_first_on_line(start) {
            let after = self.after(end);
            self.delete_lines(self.line_start(start), after, node.column as usize);
            self.insert_lines(after, lines);
        } else {
            let text = lines.join(self.newline);
            self.replace_keeping_comments(start, end, text.trim_start());
        }
        Ok(())
    }

    /// Replaces a block collection by text on the line of its key or dash. Of its anchor and tag stays what
    /// stands before `kept`.
    pub(super) fn replace_block(
        &mut self,
        id: NodeId,
        kept: usize,
        text: &str,
        slot: Slot,
    ) -> Result<()> {
        let node = self.index.node(id);
        let (start, end) = (node.start as usize, node.end as usize);
        if slot.root {
            return Err(Refusal::new(
                start,
                "the whole document would be replaced",
                "edit it by hand",
            ));
        }
        if self.is_first_on_line(start) {
            let end_of_properties = self.properties_end(id).unwrap_or(slot.gap);
            self.replace_keeping_comments(kept, end_of_properties, &format!(" {text}"));
            self.delete_lines(
                self.line_start(start),
                self.after(end),
                node.column as usize,
            );
        } else {
            self.replace_keeping_comments(start, end, text);
        }
        Ok(())
    }

    /// Where the anchor and tag of a node end, if it has any.
    pub(super) fn properties_end(&self, id: NodeId) -> Option<usize> {
        let node = self.index.node(id);
        if node.properties == node.start && !node.anchored {
            return None;
        }
        let text = &self.source[node.properties as usize..node.start as usize];
        let mut end = 0;
        let mut at = 0;
        for word in text.split([' ', '\t', '\r', '\n']) {
            if word.starts_with(['&', '!']) {
                end = at + word.len();
            } else if !word.is_empty() {
                break;
            }
            at += word.len() + 1;
        }
        Some(node.properties as usize + end)
    }

    /// Deletes whole lines but the comments in them; a comment beside deleted text gets its own line.
    pub(super) fn delete_lines(&mut self, start: usize, end: usize, column: usize) {
        let mut kept = String::new();
        for comment in self.comments_in(start, end) {
            let (from, to) = (comment.start as usize, comment.end as usize);
            if self.is_first_on_line(from) {
                kept.push_str(&self.source[self.line_start(from)..self.after(from)]);
            } else {
                kept.extend([&" ".repeat(column), &self.source[from..to], self.newline]);
            }
        }
        self.push(start, end, kept);
    }

    /// Writes `text` in the place of a range, but keeps the comments in it, and what ends their lines.
    pub(super) fn replace_keeping_comments(&mut self, start: usize, end: usize, text: &str) {
        let mut text = text.to_owned();
        let mut at = start;
        for comment in self.comments_in(start, end) {
            let from = comment.start as usize;
            if at > start {
                text = self.line_break_before(from);
            } else if !text.is_empty() || !self.source[..start].ends_with([' ', '\t', '\n']) {
                text.push(' ');
            }
            self.push(at, from, std::mem::take(&mut text));
            at = (comment.end as usize).min(end);
        }
        let mut end = end;
        if at > start && at < end && !self.rest_of_line(end).is_empty() {
            text = self.line_break_before(end);
            let rest = &self.source[end..];
            end += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        }
        self.push(at, end, text);
    }

    /// The line break and indentation before `at`.
    fn line_break_before(&self, at: usize) -> String {
        let line = &self.source[self.line_start(at)..at];
        let indent = line.len() - line.trim_start().len();
        format!("{}{}", self.newline, &line[..indent])
    }

    fn rest_of_line(&self, at: usize) -> &str {
        self.source[at..self.after(at)].trim()
    }

    /// The end of an entry: of its value, or of its key where it has none.
    pub(super) fn entry_end(&self, entry: &Entry) -> usize {
        self.index
            .node(entry.value)
            .end
            .max(self.index.node(entry.key).end) as usize
    }
}
