//! The quick half of the proof: the second parser's events are held against the wanted value as they come, and
//! nothing is built. It says yes, or that it does not know; then `prove.rs` reads the text the long way.

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::prove::{is_string, options};
use super::scalar::{self, Plain};

/// Mappings with more keys are left to the long way: which of them were seen is a bit each.
pub(super) const KEYS: usize = 64;

/// Tells whether a text that ends with a line break certainly holds one document of this value, with these comments.
pub(super) fn agrees<'c>(
    text: &str,
    expected: &Value,
    mut comments: impl Iterator<Item = &'c str>,
) -> bool {
    let mut stack = Vec::new();
    let mut documents = 0;
    let mut root = Some(expected);
    for next in Parser::new_from_str_with_options(text, options(text)) {
        let Ok((event, _)) = next else {
            return false;
        };
        let goes_on = match event {
            Event::DocumentStart(..) => {
                documents += 1;
                documents == 1
            }
            Event::Comment(text, _) => comments.next().is_some_and(|comment| {
                let rest = comment.strip_prefix('#');
                rest.is_some_and(|rest| rest.trim_end() == text.trim_end())
            }),
            Event::Alias(_) => false,
            Event::Scalar(text, style, anchor, tag) => {
                anchor == 0 && scalar(&text, style, tag.as_deref(), &mut stack, &mut root)
            }
            Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _)
                if anchor != 0 =>
            {
                false
            }
            Event::SequenceStart(..) => match wanted(&mut stack, &mut root) {
                Some(Value::Array(items)) => {
                    stack.push(Frame::Sequence(items));
                    true
                }
                _ => false,
            },
            Event::MappingStart(..) => match wanted(&mut stack, &mut root) {
                Some(Value::Object(map)) if map.len() <= KEYS => {
                    stack.push(Frame::Mapping(Mapping::of(map)));
                    true
                }
                _ => false,
            },
            Event::SequenceEnd | Event::MappingEnd => {
                stack.pop().is_some_and(|frame| frame.is_complete())
            }
            _ => true,
        };
        if !goes_on {
            return false;
        }
    }
    root.is_none() && comments.next().is_none()
}

/// An open collection, and what of the wanted one is still to come.
enum Frame<'v> {
    Sequence(&'v [Value]),
    Mapping(Mapping<'v>),
}

/// A mapping of which keys are read.
pub(super) struct Mapping<'v> {
    map: &'v Map<String, Value>,
    /// The entries from the one after the last that was found: keys mostly come in their order.
    rest: serde_json::map::Iter<'v>,
    position: usize,
    seen: u64,
    /// The value of the key that was read last.
    value: Option<&'v Value>,
}

impl Frame<'_> {
    fn is_complete(&self) -> bool {
        match self {
            Self::Sequence(items) => items.is_empty(),
            Self::Mapping(mapping) => mapping.value.is_none() && mapping.is_complete(),
        }
    }
}

impl<'v> Mapping<'v> {
    pub(super) fn of(map: &'v Map<String, Value>) -> Self {
        Self {
            map,
            rest: map.iter(),
            position: 0,
            seen: 0,
            value: None,
        }
    }

    /// Takes a key, unless it is not wanted or came before.
    pub(super) fn key(&mut self, key: &str) -> bool {
        let found = match self.rest.next() {
            Some((name, value)) if name == key => Some((self.position, value)),
            _ => {
                self.rest = self.map.iter();
                let at = self.rest.position(|(name, _)| name == key);
                at.zip(self.map.get(key))
            }
        };
        let Some((at, value)) = found else {
            return false;
        };
        self.position = at + 1;
        let bit = 1 << at;
        let first = self.seen & bit == 0;
        self.seen |= bit;
        self.value = Some(value);
        first
    }

    /// The value of the key that was read last, once.
    pub(super) fn take(&mut self) -> Option<&'v Value> {
        self.value.take()
    }

    /// Tells whether every key was read.
    pub(super) fn is_complete(&self) -> bool {
        self.seen.count_ones() as usize == self.map.len()
    }
}

/// The value that must come next.
fn wanted<'v>(stack: &mut [Frame<'v>], root: &mut Option<&'v Value>) -> Option<&'v Value> {
    match stack.last_mut() {
        None => root.take(),
        Some(Frame::Mapping(mapping)) => mapping.take(),
        Some(Frame::Sequence(items)) => {
            let (first, rest) = items.split_first()?;
            *items = rest;
            Some(first)
        }
    }
}

fn scalar<'v>(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    stack: &mut [Frame<'v>],
    root: &mut Option<&'v Value>,
) -> bool {
    let bare = style == ScalarStyle::Plain && !is_string(tag);
    if let Some(Frame::Mapping(mapping)) = stack.last_mut()
        && mapping.value.is_none()
    {
        if style == ScalarStyle::Plain && text == "<<" {
            return false;
        }
        return if !bare || scalar::is_word(text) {
            mapping.key(text)
        } else {
            scalar::resolve_key(text).is_some_and(|key| mapping.key(&key))
        };
    }
    match wanted(stack, root) {
        Some(Value::String(wanted)) if !bare || scalar::is_word(text) => wanted == text,
        Some(wanted) if bare => {
            matches!(scalar::resolve(text), Plain::Value(value) if value == *wanted)
        }
        _ => false,
    }
}
