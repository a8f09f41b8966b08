//! Indexes collections: `[…]`, `{…}`, block sequences and block mappings (third part of `lex.rs`).

use yaml_rust2::Event;
use yaml_rust2::scanner::TScalarStyle;

use super::Refusal;
use super::index::{Entry, Kind, NodeId, ScalarStyle};
use super::lex::{Lexer, Place, exotic, offset};

type Result<T> = std::result::Result<T, Refusal>;

impl Lexer<'_> {
    pub(super) fn flow_sequence(&mut self, anchor: usize, place: Place) -> Result<NodeId> {
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

    pub(super) fn flow_mapping(&mut self, anchor: usize, place: Place) -> Result<NodeId> {
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

    pub(super) fn block_sequence(&mut self, anchor: usize, place: Place) -> Result<NodeId> {
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

    pub(super) fn block_mapping(&mut self, anchor: usize, place: Place) -> Result<NodeId> {
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
}
