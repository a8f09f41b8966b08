//! The span index of one document: an arena of small nodes that know where they stand in the text.
//!
//! Offsets are bytes from the start of the stream's text. The index is built by `lex.rs`; nothing in it
//! refers to the parser's own positions, which are wrong after non-ASCII block scalars.

/// A node of the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) u32);

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarStyle {
    /// Bare; also the empty node.
    Plain,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `|` or `>`.
    Block,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A mapping; `flow` when in braces (or a single pair in a flow sequence).
    Mapping {
        /// In braces.
        flow: bool,
    },
    /// A sequence; `flow` when in brackets.
    Sequence {
        /// In brackets.
        flow: bool,
    },
    /// A scalar; its text is in `Index::text`.
    Scalar(ScalarStyle),
    /// A reference to an earlier node.
    Alias(NodeId),
}

/// The tags that this program understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// No tag.
    None,
    /// `!!str` or `!`.
    Str,
    /// A tag of the core schema by its suffix (`int`, `map`, …).
    Core(&'static str),
    /// Any other tag.
    Unknown,
}

/// One node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) tag: Tag,
    pub(super) anchored: bool,
    /// Start of the tag or anchor; equal to `start` without any.
    pub(super) properties: u32,
    /// Start of the node itself; for an empty node the place right after its indicator.
    pub(super) start: u32,
    /// Tight end. Of a block scalar: the line break (or end of text) that ends its last line.
    pub(super) end: u32,
    /// Column of the first entry of a block collection, in characters.
    pub(super) column: u32,
    /// Range in `Index::entries`.
    pub(super) entries: (u32, u32),
    /// Index in `Index::texts` where the text differs from the source, else `u32::MAX`.
    pub(super) text: u32,
}

/// One entry of a mapping or item of a sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Start of the `-`, `?` or key (with its properties).
    pub(super) start: u32,
    /// Offset of the `:`; `u32::MAX` when absent, or in a sequence.
    pub(super) colon: u32,
    /// The key; meaningless in a sequence.
    pub(super) key: NodeId,
    /// The value.
    pub(super) value: NodeId,
}

/// A comment, from its `#` to the end of its line without trailing white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Comment {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// All nodes of one document.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) nodes: Vec<Node>,
    pub(super) entries: Vec<Entry>,
    pub(super) texts: Vec<Box<str>>,
    pub(super) comments: Vec<Comment>,
    pub(super) root: Option<NodeId>,
    /// True when the text ends in a block scalar that keeps its last line breaks (`|+`).
    pub(super) ends_in_kept_breaks: bool,
}

impl Index {
    /// The root, if it is a mapping in braces.
    pub(super) fn flow_root(&self) -> Option<NodeId> {
        let is_flow = |root: &NodeId| self.node(*root).kind == Kind::Mapping { flow: true };
        self.root.filter(is_flow)
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn entries(&self, id: NodeId) -> &[Entry] {
        let (start, end) = self.node(id).entries;
        &self.entries[start as usize..end as usize]
    }

    /// The text of a scalar, without quotes and escapes.
    pub(super) fn text<'a>(&'a self, source: &'a str, id: NodeId) -> &'a str {
        let node = self.node(id);
        match self.texts.get(node.text as usize) {
            Some(text) => text,
            None => &source[node.start as usize..node.end as usize],
        }
    }
}
