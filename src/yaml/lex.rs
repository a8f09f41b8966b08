//! Builds the span index: the structure from `yaml-rust2`'s events, the positions from the text itself.
//!
//! The events tell what must come next, so the lexer is simple: skip trivia, expect the indicator, find
//! the end of the scalar whose value is known. The parser's markers are never used. Any mismatch between
//! events and text is a refusal, never a guess.

use std::ops::Range;

use yaml_rust2::Event;
use yaml_rust2::parser::{Parser, Tag as EventTag};
use yaml_rust2::scanner::TScalarStyle;

use super::index::{Comment, Entry, Index, Kind, Node, NodeId, ScalarStyle, Tag};
use super::split::memchr;
use super::{Refusal, limits};

/// Where a node stands: how deep, how far its parent is indented, and whether inside brackets.
#[derive(Clone, Copy)]
struct Place {
    /// Column of the parent block collection; -1 at the root.
    indent: i64,
    flow: bool,
    depth: u32,
}

pub(super) struct Lexer<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) line_start: usize,
    pub(super) index: Index,
    events: Parser<std::str::Chars<'a>>,
    anchors: Vec<Option<NodeId>>,
    /// Where the parser's line 1 begins.
    body_start: usize,
}

type Result<T> = std::result::Result<T, Refusal>;

/// Indexes one document. `range` is all of it, `body` the part that a parser reads.
///
/// `readable` is the body as given to the parser: the same text, or one of the same length in which
/// separating tabs are spaces.
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
        events: Parser::new_from_str(readable),
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
        loop {
            match self.event()? {
                Event::StreamStart | Event::DocumentStart | Event::Nothing => {}
                Event::DocumentEnd | Event::StreamEnd => break,
                event => {
                    let root = self.node(
                        event,
                        self.at,
                        Place {
                            indent: -1,
                            flow: false,
                            depth: 0,
                        },
                    )?;
                    self.index.root = Some(root);
                }
            }
        }
        self.trivia();
        if self.at < self.end {
            return Err(self.mismatch("text follows the document's value"));
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
                return Err(self.mismatch("unexpected text outside the document"));
            }
            self.at += memchr(b'\n', self.rest().as_bytes()).unwrap_or(self.end - self.at);
        }
    }

    fn event(&mut self) -> Result<Event> {
        match self.events.next_token() {
            Ok((event, _)) => Ok(event),
            Err(error) => Err(Refusal::scan(self.source, self.body_start, &error)),
        }
    }

    /// Indexes the node that `event` starts. `indicator_end` is where its `:` or `-` ended.
    fn node(&mut self, event: Event, indicator_end: usize, place: Place) -> Result<NodeId> {
        if place.depth > limits::DEPTH {
            return Err(Refusal::new(
                self.at,
                &format!("nested deeper than {} levels", limits::DEPTH),
                "no Kubernetes object needs that depth; split the file if this one does",
            ));
        }
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(anchor, tag)
            | Event::MappingStart(anchor, tag) => (*anchor, self.tag(tag.as_ref())),
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

    fn set_anchor(&mut self, anchor: usize, id: Option<NodeId>) {
        if anchor != 0 {
            if self.anchors.len() <= anchor {
                self.anchors.resize(anchor + 1, None);
            }
            self.anchors[anchor] = id;
        }
    }

    fn tag(&self, tag: Option<&EventTag>) -> Tag {
        const CORE: [&str; 9] = [
            "int",
            "bool",
            "float",
            "null",
            "map",
            "seq",
            "binary",
            "timestamp",
            "set",
        ];
        let Some(tag) = tag else { return Tag::None };
        match (tag.handle.as_str(), tag.suffix.as_str()) {
            ("tag:yaml.org,2002:" | "!!", "str") | ("", "!") | ("!", "") => Tag::Str,
            ("tag:yaml.org,2002:" | "!!", suffix) => CORE
                .iter()
                .find(|core| **core == suffix)
                .map_or(Tag::Unknown, |core| Tag::Core(core)),
            _ => Tag::Unknown,
        }
    }

    /// Skips an anchor and a tag in either order; returns where the last one ends.
    fn properties(&mut self, anchor: bool, tag: bool) -> Result<usize> {
        let expected = usize::from(anchor) + usize::from(tag);
        let mut end = self.at;
        for _ in 0..expected {
            self.trivia();
            match self.peek() {
                Some(b'&') if anchor => {}
                Some(b'!') if tag => {}
                _ => return Err(self.mismatch("an anchor or tag was expected")),
            }
            let verbatim = self.rest().starts_with("!<");
            let length = self
                .rest()
                .find(|c: char| {
                    c.is_whitespace() || (!verbatim && matches!(c, ',' | '[' | ']' | '{' | '}'))
                })
                .unwrap_or(self.rest().len());
            if self.peek() == Some(b'&') {
                self.check_name(length)?;
            }
            self.advance(length);
            end = self.at;
        }
        Ok(end)
    }

    fn alias(&mut self, anchor: usize) -> Result<NodeId> {
        if self.peek() != Some(b'*') {
            return Err(self.mismatch("an alias was expected"));
        }
        let start = self.at;
        let length = self
            .rest()
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'))
            .unwrap_or(self.rest().len());
        self.check_name(length)?;
        self.advance(length);
        let Some(target) = self.anchors.get(anchor).copied().flatten() else {
            return Err(Refusal::new(
                start,
                "an alias refers to the node that it is part of",
                "write the value out",
            ));
        };
        self.index.has_aliases = true;
        Ok(self.push(Kind::Alias(target), start, start, self.at))
    }

    /// Kubernetes' parser ends the name of an anchor at the first character that is no letter or digit.
    fn check_name(&self, length: usize) -> Result<()> {
        let name = &self.rest()[1..length];
        if name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        {
            return Ok(());
        }
        Err(exotic(
            self.at,
            "an anchor's name holds other characters than letters, digits, `-` and `_`",
        ))
    }

    fn flow_sequence(&mut self, anchor: usize, place: Place) -> Result<NodeId> {
        self.set_anchor(anchor, None);
        let start = self.at;
        self.advance(1);
        let mut entries = Vec::new();
        loop {
            let event = self.event()?;
            self.trivia();
            if event == Event::SequenceEnd {
                self.expect(b']')?;
                break;
            }
            let at = self.at;
            let value = self.node(
                event,
                at,
                Place {
                    flow: true,
                    depth: place.depth + 1,
                    ..place
                },
            )?;
            entries.push(Entry {
                start: offset(at),
                colon: u32::MAX,
                key: value,
                value,
            });
            self.comma();
        }
        Ok(self.push_collection(Kind::Sequence { flow: true }, start, self.at, 0, entries))
    }

    fn flow_mapping(&mut self, anchor: usize, place: Place) -> Result<NodeId> {
        self.set_anchor(anchor, None);
        let start = self.at;
        let braces = self.peek() == Some(b'{');
        if braces {
            self.advance(1);
        }
        let place = Place {
            flow: true,
            depth: place.depth + 1,
            ..place
        };
        let mut entries = Vec::new();
        let mut end = self.at;
        loop {
            let event = self.event()?;
            if event == Event::MappingEnd {
                if braces {
                    self.trivia();
                    self.expect(b'}')?;
                    end = self.at;
                }
                break;
            }
            self.trivia();
            let entry_start = self.at;
            self.explicit_key();
            let key = self.key(event, place)?;
            let after_key = self.index.node(key).end as usize;
            self.trivia();
            let colon = if self.peek() == Some(b':') {
                Some(self.at)
            } else {
                None
            };
            if colon.is_some() {
                self.advance(1);
                let plain = self.index.node(key).kind == Kind::Scalar(ScalarStyle::Plain);
                if plain && matches!(self.peek(), Some(b',' | b']' | b'}' | b'[' | b'{')) {
                    return Err(exotic(self.at, "`:` without a space ends a bare key here"));
                }
            }
            let event = self.event()?;
            let value = self.node(event, colon.map_or(after_key, |colon| colon + 1), place)?;
            end = self.at;
            entries.push(Entry {
                start: offset(entry_start),
                colon: colon.map_or(u32::MAX, offset),
                key,
                value,
            });
            if braces {
                self.comma();
            }
        }
        Ok(self.push_collection(Kind::Mapping { flow: true }, start, end, 0, entries))
    }

    fn block_sequence(&mut self, anchor: usize, place: Place) -> Result<NodeId> {
        self.set_anchor(anchor, None);
        let start = self.at;
        let column = self.column();
        let inner = Place {
            indent: i64::from(column),
            flow: false,
            depth: place.depth + 1,
        };
        let mut entries = Vec::new();
        let mut end = start;
        loop {
            let event = self.event()?;
            if event == Event::SequenceEnd {
                break;
            }
            self.trivia();
            if self.peek() != Some(b'-') || self.column() != column {
                return Err(self.mismatch("a `-` was expected"));
            }
            let entry_start = self.at;
            self.advance(1);
            let value = self.node(event, self.at, inner)?;
            end = self.index.node(value).end as usize;
            entries.push(Entry {
                start: offset(entry_start),
                colon: u32::MAX,
                key: value,
                value,
            });
        }
        Ok(self.push_collection(Kind::Sequence { flow: false }, start, end, column, entries))
    }

    fn block_mapping(&mut self, anchor: usize, place: Place) -> Result<NodeId> {
        self.set_anchor(anchor, None);
        let start = self.at;
        let column = self.column();
        let inner = Place {
            indent: i64::from(column),
            flow: false,
            depth: place.depth + 1,
        };
        let mut entries = Vec::new();
        let mut end = start;
        loop {
            let event = self.event()?;
            if event == Event::MappingEnd {
                break;
            }
            self.trivia();
            if self.column() != column {
                return Err(self.mismatch("a key stands at an unexpected column"));
            }
            let entry_start = self.at;
            let explicit = self.explicit_key();
            let key = self.key(event, inner)?;
            let after_key = self.index.node(key).end as usize;
            let event = self.event()?;
            let absent = explicit
                && matches!(&event, Event::Scalar(text, TScalarStyle::Plain, 0, None) if text.is_empty());
            if !absent {
                self.trivia();
            }
            let colon = if self.next_is_colon(absent) {
                Some(self.at)
            } else {
                None
            };
            if colon.is_some() {
                self.advance(1);
            } else if !explicit {
                return Err(self.mismatch("a `:` was expected"));
            }
            let value = self.node(event, colon.map_or(after_key, |colon| colon + 1), inner)?;
            end = self.index.node(value).end as usize;
            entries.push(Entry {
                start: offset(entry_start),
                colon: colon.map_or(u32::MAX, offset),
                key,
                value,
            });
        }
        Ok(self.push_collection(Kind::Mapping { flow: false }, start, end, column, entries))
    }

    /// Looks for the `:` of an entry; for an explicit key that may have no value, past trivia.
    fn next_is_colon(&mut self, maybe_absent: bool) -> bool {
        if !maybe_absent {
            return self.peek() == Some(b':');
        }
        let (at, line_start, comments) = (self.at, self.line_start, self.index.comments.len());
        self.trivia();
        if self.peek() == Some(b':')
            && self.source[self.at + 1..self.end]
                .chars()
                .next()
                .is_none_or(char::is_whitespace)
        {
            return true;
        }
        self.at = at;
        self.line_start = line_start;
        self.index.comments.truncate(comments);
        false
    }

    fn explicit_key(&mut self) -> bool {
        let explicit = self
            .rest()
            .strip_prefix('?')
            .is_some_and(|rest| rest.starts_with(char::is_whitespace));
        if explicit {
            self.advance(1);
        }
        explicit
    }

    fn key(&mut self, event: Event, place: Place) -> Result<NodeId> {
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

    fn comma(&mut self) {
        self.trivia();
        if self.peek() == Some(b',') {
            self.advance(1);
        }
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if self.peek() == Some(byte) {
            self.advance(1);
            return Ok(());
        }
        Err(self.mismatch(&format!("`{}` was expected", char::from(byte))))
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

    fn column(&self) -> u32 {
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

    fn push_collection(
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
                if place.flow && text.starts_with('?') {
                    return Err(exotic(start, "a bare word starts with `?` in brackets"));
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

    pub(super) fn mismatch(&self, what: &str) -> Refusal {
        Refusal::new(
            self.at,
            &format!("the text could not be matched with its structure: {what}"),
            "please report this file as a bug",
        )
    }
}

/// What is YAML, but read otherwise by the parser inside Kubernetes.
fn exotic(at: usize, what: &str) -> Refusal {
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
