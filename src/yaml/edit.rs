//! One walk over the index with the old and the new value side by side; it emits text edits.
//!
//! Nothing is remembered of how the new value came about: the walk finds every difference where it
//! stands, so nested insertions at one place come out in the right order and the cost is linear in the
//! document. In documents with aliases the walk visits everything, because an edit at an anchor also
//! shows at its aliases, which then must be written out.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::index::{Entry, Index, Kind, NodeId};
use super::render::{Flavour, Style, is_block};
use super::{Refusal, TextEdit, value};

type Result<T> = std::result::Result<T, Refusal>;

/// Where a value hangs: what it takes to replace it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Start of the entry: its key or dash.
    pub(super) start: usize,
    /// Right after the `:` or `-`; right after the key where a flow entry has no `:`.
    pub(super) gap: usize,
    /// False where the entry has no `:` yet.
    pub(super) indicator: bool,
    /// Column of the key or dash that the value belongs to.
    pub(super) column: usize,
    /// The value is the item of a sequence.
    pub(super) item: bool,
    /// In braces or brackets, and how those are written.
    pub(super) flow: Option<Flavour>,
    /// The document's root: there is no key or dash.
    pub(super) root: bool,
}

pub(super) struct Editor<'d> {
    pub(super) source: &'d str,
    pub(super) index: &'d Index,
    pub(super) newline: &'static str,
    /// The document stands on one line, as minified JSON does.
    pub(super) one_line: bool,
    pub(super) edits: Vec<TextEdit>,
    /// The new value of each anchored node that was passed and keeps its anchor; `None` for a key.
    pub(super) anchors: HashMap<NodeId, Option<&'d Value>>,
}

/// The sorted edits that turn `old` into `new`. The document ends with a line break.
pub(super) fn edits(
    source: &str,
    newline: &'static str,
    index: &Index,
    old: &Value,
    new: &Value,
) -> Result<Vec<TextEdit>> {
    let Some(root) = index.root else {
        return if new.is_null() {
            Ok(Vec::new())
        } else {
            Err(Refusal::new(0, "an empty document cannot be edited", ""))
        };
    };
    let node = index.node(root);
    let start = node.start as usize;
    let mut editor = Editor::new(source, newline, index);
    let flow = editor.flavour(root);
    let slot = Slot {
        start,
        gap: start,
        indicator: true,
        column: 0,
        item: false,
        flow,
        root: true,
    };
    let style = editor.voted_style();
    editor.node(root, old, new, slot, style)?;
    Ok(editor.finish())
}

impl<'d> Editor<'d> {
    pub(super) fn new(source: &'d str, newline: &'static str, index: &'d Index) -> Self {
        let lines = index.root.map(|root| {
            let node = index.node(root);
            &source[node.start as usize..node.end as usize]
        });
        Self {
            source,
            index,
            newline,
            one_line: lines.is_some_and(|text| !text.contains('\n')),
            edits: Vec::new(),
            anchors: HashMap::new(),
        }
    }

    /// The style of the document as a whole.
    pub(super) fn voted_style(&self) -> Style {
        Style {
            step: self.voted_step(),
            dash: self.voted_dash(),
        }
    }

    /// Makes one node say `new`.
    pub(super) fn node(
        &mut self,
        id: NodeId,
        old: &Value,
        new: &'d Value,
        slot: Slot,
        style: Style,
    ) -> Result<()> {
        let node = self.index.node(id);
        let mut anchored = node.anchored;
        match (node.kind, old, new) {
            (Kind::Mapping { flow: true } | Kind::Sequence { flow: true }, _, _)
                if self.fills_empty(id, new, slot) =>
            {
                anchored = self.replace(id, new, slot, style)? && anchored;
            }
            (Kind::Alias(target), _, _) => {
                let kept = self.anchors.get(&target).copied();
                // The anchor of a key says what it said.
                if kept != Some(None) || old != new {
                    self.alias(id, kept.flatten(), new, slot, style)?;
                }
            }
            (Kind::Mapping { flow }, Value::Object(old), Value::Object(new_map)) => {
                self.mapping(id, flow, old, new_map, slot, style)?;
            }
            (Kind::Sequence { flow }, Value::Array(old), Value::Array(new_items)) => {
                self.sequence(id, flow, old, new_items, slot, style)?;
            }
            _ if old == new => {}
            _ => anchored = self.replace(id, new, slot, style)? && anchored,
        }
        if anchored {
            self.anchors.insert(id, Some(new));
        }
        Ok(())
    }

    /// Tells whether `{}` or `[]` without a comment inside is to be filled: then it is written anew.
    fn fills_empty(&self, id: NodeId, new: &Value, slot: Slot) -> bool {
        let node = self.index.node(id);
        let bare = self
            .comments_in(node.start as usize, node.end as usize)
            .is_empty();
        !slot.root && node.entries.0 == node.entries.1 && is_block(new) && bare
    }

    fn mapping(
        &mut self,
        id: NodeId,
        flow: bool,
        old: &Map<String, Value>,
        new: &'d Map<String, Value>,
        slot: Slot,
        style: Style,
    ) -> Result<()> {
        let entries = self.index.entries(id);
        let flavour = if flow { self.flavour(id) } else { None };
        let column = self.index.node(id).column as usize;
        let style = if flow {
            style
        } else {
            self.local_style(id, style)
        };
        let mut removed = vec![false; entries.len()];
        let mut own = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            if value::is_merge(self.source, self.index, entry.key) {
                continue;
            }
            let key = value::key(self.source, self.index, entry.key)?;
            match (old.get(&key), new.get(&key)) {
                (Some(old), Some(new)) => {
                    if self.index.node(entry.key).anchored {
                        self.anchors.insert(entry.key, None);
                    }
                    let slot = self.entry_slot(entry, column, flavour);
                    let style = self.child_style(entry.value, column, style);
                    self.node(entry.value, old, new, slot, style)?;
                }
                _ => removed[at] = true,
            }
            own.push(key);
        }
        // What `<<` refers to may stand in an entry above it.
        let (inherited, sound) = self.inherited(entries, old, new).unzip();
        // Without an inherited key nothing can come back through `<<` when an own key goes.
        let broken = sound == Some(false)
            || inherited
                .as_ref()
                .is_some_and(|map| map.keys().any(|key| !new.contains_key(key)));
        if broken {
            for (at, entry) in entries.iter().enumerate() {
                removed[at] |= value::is_merge(self.source, self.index, entry.key);
            }
        }
        let comes_by_merge = |key: &String, value: &Value| {
            !broken
                && inherited
                    .as_ref()
                    .is_some_and(|map| map.get(key) == Some(value))
        };
        let is_own = |key: &String| {
            if inherited.is_some() {
                own.contains(key)
            } else {
                old.contains_key(key)
            }
        };
        let added: Vec<(&String, &'d Value)> = new
            .iter()
            .filter(|(key, value)| !is_own(key) && !comes_by_merge(key, value))
            .collect();
        // The first parser misreads `[a: {b: c}]` and `[a: []]`: such a pair gets braces.
        let braces = flow
            && self.source.as_bytes()[self.index.node(id).start as usize] != b'{'
            && new
                .values()
                .any(|value| value.is_object() || value.is_array())
            && old != new;
        if added.is_empty() && !removed.contains(&true) && !braces {
            return Ok(());
        }
        if flow {
            self.edit_flow_mapping(id, &removed, &added, flavour.unwrap_or_default());
            Ok(())
        } else {
            self.edit_block_mapping(id, &removed, &added, slot, style)
        }
    }

    /// What `<<` brings into a mapping after the edit; `None` without `<<`.
    ///
    /// The second is false where the `<<` cannot stay: an edit takes away what it refers to, or changes a
    /// mapping that it holds itself.
    fn inherited(
        &self,
        entries: &[Entry],
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Option<(Map<String, Value>, bool)> {
        let entry = entries
            .iter()
            .find(|entry| value::is_merge(self.source, self.index, entry.key))?;
        let sources: Vec<NodeId> = match self.index.node(entry.value).kind {
            Kind::Sequence { .. } => self
                .index
                .entries(entry.value)
                .iter()
                .map(|entry| entry.value)
                .collect(),
            _ => vec![entry.value],
        };
        let (mut map, mut sound) = (Map::new(), true);
        for source in sources {
            let value = match self.index.node(source).kind {
                Kind::Alias(target) => match self.anchors.get(&target) {
                    Some(Some(Value::Object(value))) => Some(value),
                    _ => None,
                },
                _ => Some(old).filter(|old| *old == new),
            };
            sound &= value.is_some();
            for (key, value) in value.into_iter().flatten() {
                map.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        Some((map, sound))
    }

    fn sequence(
        &mut self,
        id: NodeId,
        flow: bool,
        old: &[Value],
        new: &'d [Value],
        slot: Slot,
        style: Style,
    ) -> Result<()> {
        let entries = self.index.entries(id);
        let flavour = if flow { self.flavour(id) } else { None };
        let column = self.index.node(id).column as usize;
        let plan = align(old, new);
        let mut removed = vec![true; entries.len()];
        let mut added: Vec<(usize, &'d Value)> = Vec::new();
        let mut place = 0;
        for (item, source) in new.iter().zip(&plan) {
            let Some(at) = *source else {
                added.push((place, item));
                continue;
            };
            removed[at] = false;
            place = at + 1;
            let slot = Slot {
                item: true,
                ..self.entry_slot(&entries[at], column, flavour)
            };
            let style = self.child_style(entries[at].value, column, style);
            self.node(entries[at].value, &old[at], item, slot, style)?;
        }
        if added.is_empty() && !removed.contains(&true) {
            return Ok(());
        }
        if flow {
            self.edit_flow_sequence(id, &removed, &added, flavour.unwrap_or_default());
            Ok(())
        } else {
            self.edit_block_sequence(id, &removed, &added, slot, style)
        }
    }

    fn entry_slot(&self, entry: &Entry, column: usize, flow: Option<Flavour>) -> Slot {
        let item = entry.key == entry.value;
        let node = self.index.node(entry.value);
        let (gap, indicator) = match (item, entry.colon) {
            (true, _) if flow.is_some() => (node.properties as usize, true),
            (true, _) => (entry.start as usize + 1, true),
            (false, u32::MAX) => (self.index.node(entry.key).end as usize, false),
            (false, colon) => (colon as usize + 1, true),
        };
        Slot {
            start: entry.start as usize,
            gap,
            indicator,
            column,
            item,
            flow,
            root: false,
        }
    }
}

/// For each new item the old item that it continues, in order; `None` for a new one.
///
/// Equal lengths continue one by one, so a changed item is edited where it stands. Otherwise items
/// continue the next old one that is equal or has the same name, and what lies between pairs up.
fn align(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    if old.len() == new.len() {
        return (0..new.len()).map(Some).collect();
    }
    let name = |value: &Value| {
        let key = ["name", "mountPath", "devicePath"]
            .iter()
            .find(|key| value.get(**key).is_some());
        key.and_then(|key| value.get(*key)).cloned()
    };
    let same = |a: &Value, b: &Value| a == b || (name(a).is_some() && name(a) == name(b));
    let mut plan = Vec::with_capacity(new.len());
    let mut next = 0;
    for item in new {
        let found = old[next..]
            .iter()
            .position(|other| same(item, other))
            .map(|offset| next + offset);
        if let Some(at) = found {
            next = at + 1;
        }
        plan.push(found);
    }
    // A scalar list that shares nothing with the old one is edited in place as far as it goes.
    if plan.iter().all(Option::is_none) && !old.is_empty() {
        for (at, slot) in plan.iter_mut().enumerate().take(old.len()) {
            *slot = Some(at);
        }
    }
    plan
}
