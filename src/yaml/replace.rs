//! Replaces one value by another of a different kind, and writes out what an alias no longer says.

use serde_json::{Map, Value};

use super::Refusal;
use super::edit::{Editor, Slot};
use super::index::{Kind, NodeId, ScalarStyle, Tag};
use super::render::{self, Flavour, Style};
use super::scalar;

type Result<T> = std::result::Result<T, Refusal>;

impl Editor<'_> {
    /// Writes `new` in the place of a node. Returns whether the node's anchor still stands.
    pub(super) fn replace(
        &mut self,
        id: NodeId,
        new: &Value,
        slot: Slot,
        style: Style,
    ) -> Result<bool> {
        let node = self.index.node(id);
        if slot.root {
            return Err(Refusal::new(
                node.start as usize,
                "the whole document would be replaced",
                "edit it by hand",
            ));
        }
        let key = &self.source[slot.start..slot.gap];
        if !slot.indicator && slot.flow.is_some() && key.contains('\n') {
            return Err(Refusal::new(
                slot.start,
                "a key in braces goes over several lines and has no `:`, and Kubernetes reads one only behind a key \
                 on one line",
                "write the key and a `:` on one line",
            ));
        }
        let block = matches!(
            node.kind,
            Kind::Mapping { flow: false } | Kind::Sequence { flow: false }
        );
        // A tag belongs to the old value and goes with it; so does an anchor beside it.
        let bare = node.tag == Tag::None;
        let start = if bare { node.start } else { node.properties } as usize;
        let end = node.end as usize;
        if let Some(flavour) = slot.flow {
            let text = self.flow_value(new, flavour, slot);
            self.replace_inline(start, end, &text, slot, flavour.compact);
            return Ok(bare);
        }
        match (block, render::is_block(new)) {
            (false, false) => {
                let text = self.scalar_like(id, new);
                self.replace_inline(start, end, &text, slot, false);
            }
            (true, false) => {
                let text = render::scalar_text(new, Flavour::default());
                self.replace_block(id, slot.gap, &text, slot)?;
                return Ok(false);
            }
            (false, true) => {
                let lines = lines_below(new, slot, style);
                self.replace_by_lines(id, start, &lines, slot);
            }
            (true, true) => {
                self.replace_block_by_lines(id, new, slot, style);
                return Ok(false);
            }
        }
        Ok(bare)
    }

    /// Text for a node that is no collection of lines, in the quotes that the old scalar had.
    fn scalar_like(&self, id: NodeId, new: &Value) -> String {
        match (self.index.node(id).kind, new) {
            (Kind::Scalar(ScalarStyle::Single), Value::String(text)) => {
                scalar::single_quoted(text).unwrap_or_else(|| scalar::double_quoted(text))
            }
            (Kind::Scalar(ScalarStyle::Double), Value::String(text)) => scalar::double_quoted(text),
            _ => render::scalar_text(new, Flavour::default()),
        }
    }

    fn replace_inline(&mut self, start: usize, end: usize, text: &str, slot: Slot, compact: bool) {
        let key = self.source[slot.start..end].trim_end_matches(':');
        let quoted_key = key.starts_with('"') && key.ends_with('"');
        let space = if compact && quoted_key { "" } else { " " };
        if !slot.indicator {
            let lead = if slot.flow.is_some() {
                String::new()
            } else {
                format!("{}{}", self.newline, " ".repeat(slot.column))
            };
            self.push(end, end, format!("{lead}:{space}{text}"));
        } else if start == end {
            self.push(end, end, format!("{space}{text}"));
        } else {
            self.replace_keeping_comments(start, end, text);
        }
    }

    /// Replaces a scalar, `{}` or alias by lines below its key, or on the line of its dash.
    fn replace_by_lines(&mut self, id: NodeId, start: usize, lines: &[String], slot: Slot) {
        let node = self.index.node(id);
        let end = node.end as usize;
        let anchor = node.anchored && node.tag == Tag::None;
        let first = lines.first().map_or("", String::as_str);
        if slot.indicator && start != end && self.is_first_on_line(start) {
            // The value has a line of its own.
            let column = first.len() - first.trim_start().len();
            self.delete_lines(self.line_start(start), self.after(end), column);
            self.insert_lines(self.after(end), lines);
            return;
        }
        if slot.item && !anchor {
            // The first line takes the place of the value, so that a comment behind it stays there.
            self.replace_keeping_comments(slot.gap, end, &format!(" {}", first.trim_start()));
            if lines.len() > 1 {
                self.insert_lines(self.after(end), &lines[1..]);
            }
            return;
        }
        if !slot.indicator {
            self.push(
                end,
                end,
                format!("{}{}:", self.newline, " ".repeat(slot.column)),
            );
        } else if start != end {
            let cut = if anchor {
                self.properties_end(id).unwrap_or(slot.gap)
            } else {
                slot.gap
            };
            self.replace_keeping_comments(cut, end, "");
        }
        self.insert_lines(self.after(end), lines);
    }

    /// Replaces a block collection by one of another kind.
    fn replace_block_by_lines(&mut self, id: NodeId, new: &Value, slot: Slot, style: Style) {
        let node = self.index.node(id);
        let (start, end) = (node.start as usize, node.end as usize);
        if !self.is_first_on_line(start) {
            // It begins beside its dash, and so does the new one.
            let lines = render::block_at(new, node.column as usize, style);
            let text = lines.join(self.newline);
            self.replace_keeping_comments(start, end, text.trim_start());
            return;
        }
        let lines = lines_below(new, slot, style);
        let end_of_properties = self.properties_end(id).unwrap_or(slot.gap);
        self.replace_keeping_comments(slot.gap, end_of_properties, "");
        let after = self.after(end);
        self.delete_lines(self.line_start(start), after, node.column as usize);
        self.insert_lines(after, &lines);
    }

    /// Makes an alias say `new`: nothing to do where its anchor says so, `<<` where that covers a part.
    pub(super) fn alias(
        &mut self,
        id: NodeId,
        base: Option<&Value>,
        new: &Value,
        slot: Slot,
        style: Style,
    ) -> Result<()> {
        if base == Some(new) {
            return Ok(());
        }
        let node = self.index.node(id);
        let (start, end) = (node.start as usize, node.end as usize);
        let (Some(Value::Object(base)), Value::Object(map)) = (base, new) else {
            return self.replace(id, new, slot, style).map(|_| ());
        };
        let own: Map<String, Value> = map
            .iter()
            .filter(|(key, value)| base.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if own.len() == map.len() || base.keys().any(|key| !map.contains_key(key)) {
            return self.replace(id, new, slot, style).map(|_| ());
        }
        let merge = format!("<<: {}", &self.source[start..end]);
        if let Some(flavour) = slot.flow {
            let own: Vec<String> = own
                .iter()
                .map(|(key, value)| render::flow_entry(key, value, flavour))
                .collect();
            self.push(start, end, format!("{{{merge}, {}}}", own.join(", ")));
            return Ok(());
        }
        let column = slot.column + if slot.item { 2 } else { style.step() };
        let mut lines = vec![format!("{}{merge}", " ".repeat(column))];
        lines.extend(render::block_mapping(&own, column, style));
        self.replace_by_lines(id, start, &lines, slot);
        Ok(())
    }
}

/// The lines of a collection in the place of a value: below its key, or beside its dash.
fn lines_below(new: &Value, slot: Slot, style: Style) -> Vec<String> {
    if slot.item {
        render::block_at(new, slot.column + 2, style)
    } else {
        render::block_below(new, slot.column, style)
    }
}
