//! Builds the span index: the structure from `yaml-rust2`'s events, the positions from the text itself.
//!
//! The events tell what must come next, so the lexer is simple: skip trivia, expect the indicator, find
//! the end of the scalar whose value is known. The parser's markers are never used. Any mismatch between
//! events and text is a refusal, never a guess.

use std::ops::Range;

use yaml_rust2::Event;
use yaml_rust2::scanner::TScalarStyle;

use super::events::Events;
use super::index::{Comment, Entry, Index, Kind, Node, NodeId, ScalarStyle, Tag};
use super::lex_properties::known_tag;
use super::{Refusal, limits};
use memchr::memchr;

/// Where a node stands: how deep, how far its parent is indented, and whether inside brackets.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// Column of the parent block collection; -1 at the root.
    pub(super) indent: i64,
    pub(super) flow: bool,
    pub(super) depth: u32,
}

/// What to do about a text that the parser takes and this file does not.
pub(super) const BUG: &str = "please report this file as a bug";

pub(super) struct Lexer<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) line_start: usize,
    pub(super) index: Index,
    events: Events<'a>,
    pub(super) anchors: Vec<Option<NodeId>>,
    /// Where the parser's line 1 begins.
    body_start: usize,
}

type Result<T> = std::result::Result<T, Refusal>;

/// Indexes one document. `range` is all of it, `body` the part that a parser reads.
///
/// `readable` is the body as given to the parser: the same text, or one that `relax` made of it.
pub(super) fn index(
    source: &str,
    range: &Range<usize>,
    body: &Range<usize>,
    readable: &str,
) -> Result<Index> {
    let mut lexer = Lexer {
        source,
        at: range.start,
        end: body.start,
        line_start: range.start,
        index: Index::default(),
        events: Events::of(readable),
        anchors: Vec::new(),
        body_start: body.start,
    };
    lexer.directives()?;
    lexer.end = body.end;
    lexer.document(body.start)?;
    lexer.at = body.end;
    lexer.end = range.end;
    lexer.directives()?;
    Ok(lexer.index)
}

impl<'a> Lexer<'a> {
    fn document(&mut self, body_start: usize) -> Result<()> {
        self.at = body_start;
        self.line_start = body_start;
        if self.rest().starts_with("---") {
            self.at += 3;
        }
        let mut documents = 0;
        loop {
            match self.event()? {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart => documents += 1,
                Event::StreamEnd => break,
                _ if documents > 1 => return Err(self.leftover()),
                event => {
                    let place = Place {
                        indent: -1,
                        flow: false,
                        depth: 0,
                    };
                    let root = self.node(event, self.at, place)?;
                    self.index.root = Some(root);
                    self.no_tab_before(root)?;
                }
            }
        }
        self.trivia();
        if self.at < self.end {
            return Err(self.leftover());
        }
        Ok(())
    }

    /// The parser lets a tab indent a sequence at the root, which Kubernetes' does not.
    fn no_tab_before(&self, root: NodeId) -> Result<()> {
        let node = self.index.node(root);
        let start = node.start as usize;
        let line = self.source[..start].rfind('\n').map_or(0, |at| at + 1);
        let is_block = node.kind == Kind::Sequence { flow: false };
        if is_block && self.source[line..start].contains('\t') {
            return Err(Refusal::new(
                line,
                "a tab indents the document",
                "indent with spaces",
            ));
        }
        Ok(())
    }

    /// Skips comments and directives before `---` or after `...`.
    fn directives(&mut self) -> Result<()> {
        loop {
            self.trivia();
            if self.at >= self.end {
                return Ok(());
            }
            if !self.rest().starts_with(['%', '.']) {
                return Err(self.leftover());
            }
            let line = self.rest().lines().next().unwrap_or_default();
            // A comment may stand behind either.
            self.at += line.find(" #").or(line.find("\t#")).unwrap_or(line.len());
        }
    }

    pub(super) fn event(&mut self) -> Result<Event> {
        let next = self.events.next();
        next.map_err(|error| Refusal::scan(self.source, self.body_start, &error))
    }

    /// Indexes the node that `event` starts. `indicator_end` is where its `:` or `-` ended.
    pub(super) fn node(
        &mut self,
        event: Event,
        indicator_end: usize,
        place: Place,
    ) -> Result<NodeId> {
        if place.depth > limits::DEPTH {
            return Err(Refusal::too_deep(self.at));
        }
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(anchor, tag)
            | Event::MappingStart(anchor, tag) => (*anchor, known_tag(tag.as_ref())),
            _ => (0, Tag::None),
        };
        let empty =
            matches!(&event, Event::Scalar(text, TScalarStyle::Plain, ..) if text.is_empty());
        if empty && anchor == 0 && tag == Tag::None {
            return Ok(self.push(
                Kind::Scalar(ScalarStyle::Plain),
                indicator_end,
                indicator_end,
                indicator_end,
            ));
        }
        self.trivia();
        let properties = self.at;
        let mut end_of_properties = self.at;
        if anchor != 0 || tag != Tag::None {
            end_of_properties = self.properties(anchor != 0, tag != Tag::None)?;
        }
        if !empty {
            self.trivia();
        }
        let start = if empty { end_of_properties } else { self.at };
        let id = match event {
            Event::Scalar(..) if empty => {
                self.push(Kind::Scalar(ScalarStyle::Plain), start, start, start)
            }
            Event::Scalar(text, style, ..) => self.scalar(text, style, place)?,
            Event::Alias(anchor) => self.alias(anchor)?,
            Event::SequenceStart(..) if self.peek() == Some(b'[') => {
                self.flow_sequence(anchor, place)?
            }
            Event::SequenceStart(..) => self.block_sequence(anchor, place)?,
            Event::MappingStart(..) if self.peek() == Some(b'{') || place.flow => {
                self.flow_mapping(anchor, place)?
            }
            Event::MappingStart(..) => self.block_mapping(anchor, place)?,
            _ => return Err(self.mismatch("an unexpected event")),
        };
        let has_properties = anchor != 0 || tag != Tag::None;
        let node = &mut self.index.nodes[id.0 as usize];
        node.tag = tag;
        node.anchored = anchor != 0;
        if has_properties {
            node.properties = offset(properties);
        }
        self.set_anchor(anchor, Some(id));
        Ok(id)
    }

    pub(super) fn set_anchor(&mut self, anchor: usize, id: Option<NodeId>) {
        if anchor != 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = id;
        }
    }

    pub(super) fn explicit_key(&mut self) -> bool {
        let explicit = self
            .rest()
            .strip_prefix('?')
            .is_some_and(|rest| rest.starts_with(char::is_whitespace));
        if explicit {
            self.advance(1);
        }
        explicit
    }

    pub(super) fn key(&mut self, event: Event, place: Place) -> Result<NodeId> {
        let template = "a key is not a plain word: an unrendered template `{{ }}`, or a complex key that Kubernetes rejects";
        match &event {
            Event::Scalar(text, TScalarStyle::Plain, ..) if text.is_empty() => Err(Refusal::new(
                self.at,
                "a key is empty",
                "give the key a name",
            )),
            Event::Scalar(..) => self.node(event, self.at, place),
            _ => Err(Refusal::new(
                self.at,
                template,
                "render templates first, for example with `helm template`",
            )),
        }
    }

    /// Skips white space and comments, and notes the comments.
    pub(super) fn trivia(&mut self) {
        let bytes = self.source.as_bytes();
        while self.at < self.end {
            match bytes[self.at] {
                b' ' | b'\t' | b'\r' => {}
                b'\n' => self.line_start = self.at + 1,
                b'#' if self.at == self.line_start || bytes[self.at - 1].is_ascii_whitespace() => {
                    let length =
                        memchr(b'\n', &bytes[self.at..self.end]).unwrap_or(self.end - self.at);
                    let text = self.source[self.at..self.at + length].trim_end();
                    self.index.comments.push(Comment {
                        start: offset(self.at),
                        end: offset(self.at + text.len()),
                    });
                    self.at += length;
                    continue;
                }
                _ => return,
            }
            self.at += 1;
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.source[self.at..self.end]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().as_bytes().first().copied()
    }

    /// Moves on within a line.
    pub(super) fn advance(&mut self, length: usize) {
        self.at += length;
    }

    pub(super) fn column(&self) -> u32 {
        offset(self.source[self.line_start..self.at].chars().count())
    }

    pub(super) fn push(
        &mut self,
        kind: Kind,
        properties: usize,
        start: usize,
        end: usize,
    ) -> NodeId {
        let id = NodeId(offset(self.index.nodes.len()));
        self.index.nodes.push(Node {
            kind,
            tag: Tag::None,
            anchored: false,
            properties: offset(properties),
            start: offset(start),
            end: offset(end),
            column: 0,
            entries: (0, 0),
            text: u32::MAX,
        });
        id
    }

    pub(super) fn push_collection(
        &mut self,
        kind: Kind,
        start: usize,
        end: usize,
        column: u32,
        entries: Vec<Entry>,
    ) -> NodeId {
        let first = offset(self.index.entries.len());
        self.index.entries.extend(entries);
        let id = self.push(kind, start, start, end);
        let last = offset(self.index.entries.len());
        let node = &mut self.index.nodes[id.0 as usize];
        node.entries = (first, last);
        node.column = column;
        id
    }

    fn scalar(&mut self, text: String, style: TScalarStyle, place: Place) -> Result<NodeId> {
        let start = self.at;
        let (style, text) = match style {
            TScalarStyle::Plain => {
                if place.flow && text.starts_with(['?', '|', '>']) {
                    let what = "a bare word in brackets starts with `?`, `|` or `>`";
                    return Err(exotic(start, what));
                }
                self.match_visible(&text)?;
                (ScalarStyle::Plain, text)
            }
            TScalarStyle::SingleQuoted => {
                self.quoted(b'\'')?;
                (ScalarStyle::Single, text)
            }
            TScalarStyle::DoubleQuoted => {
                self.quoted(b'"')?;
                (ScalarStyle::Double, text)
            }
            TScalarStyle::Literal | TScalarStyle::Folded => {
                let text = self.block_scalar(text, style == TScalarStyle::Literal, place.indent)?;
                (ScalarStyle::Block, text)
            }
        };
        let id = self.push(Kind::Scalar(style), start, start, self.at);
        if self.source[start..self.at] != *text {
            self.index.nodes[id.0 as usize].text = offset(self.index.texts.len());
            self.index.texts.push(text.into_boxed_str());
        }
        Ok(id)
    }

    fn leftover(&self) -> Refusal {
        Refusal::new(
            self.at,
            "text follows the document's value",
            "remove it, or begin another document with a line `---`",
        )
    }

    pub(super) fn mismatch(&self, what: &str) -> Refusal {
        if self.rest().starts_with('#') {
            return Refusal::new(
                self.at,
                "a `#` stands right behind other text: some parsers take it for a comment, and some do not",
                "put a space before it, or the text in quotes",
            );
        }
        Refusal::new(
            self.at,
            &format!("the text could not be matched with its structure: {what}"),
            BUG,
        )
    }
}

/// What is YAML, but read otherwise by the parser inside Kubernetes.
pub(super) fn exotic(at: usize, what: &str) -> Refusal {
    Refusal::new(
        at,
        &format!("{what}, which Kubernetes reads differently"),
        "put the words in quotes",
    )
}

/// Offsets are 32 bits wide: `Stream::parse` refuses longer texts.
#[expect(
    clippy::cast_possible_truncation,
    reason = "Stream::parse refuses texts of 4 GiB and more"
)]
pub(super) fn offset(at: usize) -> u32 {
    at as u32
}
