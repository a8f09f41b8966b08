//! From a JSON Pointer to its place in the text, and from a comment to what it is about.

use std::ops::Range;

use super::index::{Kind, NodeId};
use super::{Document, lex, value};

impl Document<'_> {
    /// The bytes of the value at a JSON Pointer, or of the nearest ancestor that the text holds.
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Range<usize> {
        let Some(mut id) = self.index.root else {
            return self.range.clone();
        };
        let mut span = self.span(id, None);
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let Some((start, child)) = self.child(id, &token) else {
                break;
            };
            span = self.span(child, Some(start));
            id = child;
        }
        span
    }

    /// The JSON Pointer of what a comment at a byte offset is about.
    ///
    /// A comment beside a line is about the outermost value that begins on it. A comment on a line of its own
    /// is about what begins next, but not about what is indented less: then it is about the collection that it
    /// stands in. Behind the last item of a list in brackets it is about none. A comment above the document's
    /// first key is about the whole document. Beside a comma that begins a line it is about the value before.
    #[must_use]
    pub fn pointer_at(&self, comment: usize) -> String {
        let line = self.source[..comment].rfind('\n').map_or(0, |at| at + 1);
        let before = self.source[line..comment].trim();
        let (own_line, after_comma) = (before.is_empty(), before == ",");
        let column = lex::offset(self.source[line..comment].chars().count());
        let from = lex::offset(if own_line { comment } else { line });
        let Some(mut id) = self.index.root else {
            return String::new();
        };
        let mut pointer = String::new();
        loop {
            let node = self.index.node(id);
            let entries = self.index.entries(id);
            // Entries are in the order of the text.
            let next = entries.partition_point(|entry| entry.start < from);
            if next == 0 && own_line && pointer.is_empty() {
                return pointer;
            }
            let before = next.checked_sub(1);
            let reaches = |at: &usize| self.index.node(entries[*at].value).end > from;
            let flow = matches!(
                node.kind,
                Kind::Mapping { flow: true } | Kind::Sequence { flow: true }
            );
            if flow && node.end <= from {
                return pointer;
            }
            // Between brackets the column says nothing.
            let deeper = own_line && !flow && column > node.column;
            let inside = before.filter(|at| reaches(at) || deeper || flow && after_comma);
            let Some(at) = inside.or((next < entries.len()).then_some(next)) else {
                // After the last entry: about the list item that it stands in, such as a container, and else
                // about nothing rather than about everything around it.
                let item = pointer
                    .rsplit('/')
                    .next()
                    .is_some_and(|token| token.parse::<usize>().is_ok());
                let in_item = item && matches!(node.kind, Kind::Mapping { .. });
                return if in_item || !own_line {
                    pointer
                } else {
                    format!("{pointer}/-")
                };
            };
            let entry = &entries[at];
            let is_past = !reaches(&at);
            let is_leaf = self.index.entries(entry.value).is_empty();
            if inside.is_some() && is_past && is_leaf && !after_comma {
                return pointer;
            }
            match node.kind {
                Kind::Mapping { .. } => {
                    let key = value::key(self.source, &self.index, entry.key).unwrap_or_default();
                    pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                }
                _ => pointer = format!("{pointer}/{at}"),
            }
            if inside.is_none() || is_past && after_comma {
                return pointer;
            }
            id = entry.value;
        }
    }

    fn span(&self, id: NodeId, entry_start: Option<u32>) -> Range<usize> {
        let node = self.index.node(id);
        entry_start.unwrap_or(node.properties) as usize..node.end as usize
    }

    fn child(&self, id: NodeId, token: &str) -> Option<(u32, NodeId)> {
        let entries = self.index.entries(id);
        let entry = match self.index.node(id).kind {
            Kind::Mapping { .. } => entries.iter().find(|entry| {
                value::key(self.source, &self.index, entry.key).is_ok_and(|key| key == token)
            }),
            Kind::Sequence { .. } => token.parse::<usize>().ok().and_then(|at| entries.get(at)),
            _ => None,
        }?;
        Some((entry.start, entry.value))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crate::yaml::{Document, split};

    /// What the comment of a document is about.
    fn about(text: &str) -> String {
        let document = Document::parse(text, &split(text).unwrap()[0]).unwrap();
        let (at, _) = document.comments().next().unwrap();
        document.pointer_at(at)
    }

    #[test]
    fn comments_between_brackets() {
        for (text, pointer) in [
            ("a: {b: 1, # c\n  d: 2}\n", "/a"),
            ("a: {\n  b: 1, # c\n  d: 2\n}\n", "/a/b"),
            ("a: {\n  b: 1\n  , # c\n  d: 2\n}\n", "/a/b"),
            ("a: [{\n  b: 1\n  , # c\n}]\n", "/a/0/b"),
            ("a: [{\n  b: {c: 1}\n  , # c\n}]\n", "/a/0/b"),
            ("a: [\n  {b: 1}\n  , # c\n  2\n]\n", "/a/0"),
            ("a: {\n  # c\n  b: 1\n}\n", "/a/b"),
            ("a: [{\n  b: 1\n  # c\n}]\n", "/a/0"),
        ] {
            assert_eq!(about(text), pointer, "{text}");
        }
    }
}
