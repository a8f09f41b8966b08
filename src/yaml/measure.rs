//! Measures the style of a document around the place of an edit.

use super::edit::Editor;
use super::index::{Kind, NodeId, ScalarStyle};
use super::render::{Flavour, Notation, Style};

impl Editor<'_> {
    /// The style below one value: measured from the value itself where it is a block collection.
    pub(super) fn child_style(&self, id: NodeId, column: usize, style: Style) -> Style {
        let node = self.index.node(id);
        let distance = (node.column as usize).checked_sub(column);
        match node.kind {
            Kind::Sequence { flow: false } => Style {
                dash: distance,
                ..style
            },
            _ => style,
        }
    }

    /// The style inside a block mapping: what its own entries show, else what is known from outside.
    pub(super) fn local_style(&self, id: NodeId, mut style: Style) -> Style {
        let column = self.index.node(id).column as usize;
        let (mut step, mut dash) = (None, None);
        for entry in self.index.entries(id) {
            let node = self.index.node(entry.value);
            let distance = (node.column as usize).checked_sub(column);
            match node.kind {
                Kind::Mapping { flow: false } if distance > Some(0) => step = step.or(distance),
                Kind::Sequence { flow: false } => dash = dash.or(distance),
                _ => {}
            }
        }
        style.step = step.or(style.step);
        style.dash = dash.or(style.dash);
        style
    }

    pub(super) fn voted_step(&self) -> Option<usize> {
        self.distances(|kind| kind == Kind::Mapping { flow: false })
            .find(|distance| *distance > 0)
    }

    pub(super) fn voted_dash(&self) -> Option<usize> {
        self.distances(|kind| kind == Kind::Sequence { flow: false })
            .next()
    }

    /// Distances from block mappings to their block values of a kind, in document order of the values.
    fn distances(&self, kind: impl Fn(Kind) -> bool) -> impl Iterator<Item = usize> {
        self.index
            .nodes
            .iter()
            .filter(|node| node.kind == Kind::Mapping { flow: false })
            .filter_map(move |node| {
                let (start, end) = node.entries;
                let entries = &self.index.entries[start as usize..end as usize];
                let found = entries
                    .iter()
                    .map(|entry| self.index.node(entry.value))
                    .find(|value| kind(value.kind));
                found
                    .and_then(|value| value.column.checked_sub(node.column))
                    .map(|distance| distance as usize)
            })
    }

    /// How a flow collection is written; `None` for block collections and scalars.
    pub(super) fn flavour(&self, id: NodeId) -> Option<Flavour> {
        let node = self.index.node(id);
        let entries = self.index.entries(id);
        let root = self.index.flow_root();
        let quoted_keys = |id: NodeId| {
            let key = self
                .index
                .entries(id)
                .first()
                .map(|entry| self.index.node(entry.key).kind);
            key == Some(Kind::Scalar(ScalarStyle::Double))
        };
        let quoted_values = |id: NodeId| {
            let values = self
                .index
                .entries(id)
                .iter()
                .map(|entry| self.index.node(entry.value).kind);
            values
                .into_iter()
                .any(|kind| kind == Kind::Scalar(ScalarStyle::Double))
        };
        let json = match node.kind {
            Kind::Mapping { flow: true } if !entries.is_empty() => quoted_keys(id),
            Kind::Mapping { flow: true } | Kind::Sequence { flow: true } => {
                root.is_some_and(quoted_keys)
            }
            _ => return None,
        };
        let notation = match (json, root) {
            (true, _) => Notation::Json,
            (false, Some(root)) if quoted_values(root) => Notation::Kyaml,
            (false, _) => Notation::Bare,
        };
        let compact = match (node.kind, entries) {
            (Kind::Mapping { .. }, [_, ..]) => entries.iter().any(|entry| {
                let value = self.index.node(entry.value);
                value.properties == entry.colon.wrapping_add(1) && value.end > value.start
            }),
            (Kind::Sequence { .. }, [first, second, ..]) => {
                self.index.node(first.value).end + 1 == second.start
            }
            _ => json && self.one_line,
        };
        let last = entries
            .last()
            .map_or(node.start, |entry| self.index.node(entry.value).end)
            as usize;
        let trailing_comma = self.comma_after(last).is_some();
        Some(Flavour {
            notation,
            compact,
            trailing_comma,
        })
    }
}
