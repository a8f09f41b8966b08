//! Proves an edited document: a second, unrelated parser must read the wanted value from the new text,
//! and every comment must still be there, in order.
//!
//! The parser is `granit-parser`, which shares no code with the one behind the index. What is shared is
//! the reading of plain scalars (`scalar.rs`), which tables of Kubernetes' own answers check. JSON is read by
//! `serde_json`.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::scalar::{self, Plain};
use super::{agree, json, limits};

/// Checks the new text of one document.
///
/// # Errors
/// A sentence that says what differs.
pub fn prove<'c>(
    text: &str,
    expected: &Value,
    comments: impl Iterator<Item = &'c str> + Clone,
) -> Result<(), String> {
    let is_json = || comments.clone().next().is_none() && json::agrees(text, expected);
    if is_json() || text.ends_with('\n') && agree::agrees(text, expected, comments.clone()) {
        return Ok(());
    }
    let read = Reader::default().read(text)?;
    if read.value != *expected {
        return Err(format!(
            "the new text does not say what was intended{}",
            first_difference(expected, &read.value, "")
        ));
    }
    let mut after = read.comments.iter();
    for comment in comments {
        if after.next().is_none_or(|other| other != comment) {
            return Err(format!("the comment `{comment}` would be lost or moved"));
        }
    }
    match after.next() {
        Some(comment) => Err(format!("the text `{comment}` would become a comment")),
        None => Ok(()),
    }
}

/// Reads the value of a document that the first parser rejects, if the second one, which is as lenient as
/// kubectl's, takes it. Such a document is never edited.
#[must_use]
pub fn read_leniently(text: &str) -> Option<Value> {
    Reader::default().read(text).ok().map(|read| read.value)
}

/// Why the second parser does not take a text, if so, without its place.
pub(super) fn syntax_error(text: &str) -> Option<String> {
    let mut events = Parser::new_from_str_with_options(text, options(text));
    let error = events.find_map(Result::err)?;
    Some(error.info().clone())
}

/// The limits of the second parser. It looks for comments at each token, but not where no `#` stands.
pub(super) fn options(text: &str) -> Options {
    let depth = limits::DEPTH as usize + 8;
    granit_parser::options! {
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: depth,
        block_nesting_limit: depth,
        simple_key_max_lookahead: 1 << 20,
        emit_comments: memchr::memchr(b'#', text.as_bytes()).is_some(),
    }
}

/// Names the place of the first difference, never the values: they may be secret.
fn first_difference(expected: &Value, read: &Value, at: &str) -> String {
    match (expected, read) {
        (Value::Object(expected), Value::Object(read)) => {
            let keys = expected.keys().chain(read.keys());
            for key in keys {
                match (expected.get(key), read.get(key)) {
                    (Some(a), Some(b)) if a == b => {}
                    (Some(a), Some(b)) => return first_difference(a, b, &format!("{at}/{key}")),
                    _ => return format!(" at {at}/{key}"),
                }
            }
            String::new()
        }
        (Value::Array(expected), Value::Array(read)) if expected.len() == read.len() => {
            let differing = expected
                .iter()
                .zip(read)
                .enumerate()
                .find(|(_, (a, b))| a != b);
            differing.map_or_else(String::new, |(index, (a, b))| {
                first_difference(a, b, &format!("{at}/{index}"))
            })
        }
        _ if at.is_empty() => String::new(),
        _ => format!(" at {at}"),
    }
}

/// An open collection.
enum Frame {
    Sequence(Vec<Value>),
    /// Its entries, the key that waits for its value, and the keys that came in by `<<`.
    Mapping(Map<String, Value>, Option<Key>, HashSet<String>),
}

enum Key {
    Name(String),
    Merge,
}

#[derive(Default)]
struct Reader {
    stack: Vec<(Frame, usize)>,
    anchors: HashMap<usize, Value>,
    /// What aliases and the values kept for them come to, and the most that they may.
    expanded: usize,
    most: usize,
    value: Value,
    comments: Vec<String>,
    documents: usize,
}

impl Reader {
    fn read(mut self, text: &str) -> Result<Self, String> {
        // kubectl's reader ends every line, also the last one, with a line break.
        let ended;
        let text = if text.ends_with('\n') {
            text
        } else {
            ended = format!("{text}\n");
            &ended
        };
        self.most = text.len() * limits::TEXT_FACTOR + limits::TEXT_FLOOR;
        for next in Parser::new_from_str_with_options(text, options(text)) {
            let (event, _) =
                next.map_err(|error| format!("the new text does not parse: {error}"))?;
            self.event(event)?;
        }
        Ok(self)
    }

    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) => self.documents += 1,
            Event::Comment(text, _) => self.comments.push(format!("#{text}").trim_end().to_owned()),
            Event::SequenceStart(_, anchor, _) => {
                self.stack.push((Frame::Sequence(Vec::new()), anchor));
            }
            Event::MappingStart(_, anchor, _) => self
                .stack
                .push((Frame::Mapping(Map::new(), None, HashSet::new()), anchor)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((frame, anchor)) = self.stack.pop() else {
                    return Err("unbalanced structure".into());
                };
                let value = match frame {
                    Frame::Sequence(items) => Value::Array(items),
                    Frame::Mapping(map, ..) => Value::Object(map),
                };
                self.add(value, anchor)?;
            }
            Event::Alias(anchor) => {
                let value = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or("an alias has no anchor")?;
                self.expand(&value)?;
                self.add(value, 0)?;
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(&text, style, anchor, tag.as_deref())?;
            }
            _ => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> Result<(), String> {
        let string = is_string(tag);
        let plain = style == ScalarStyle::Plain;
        let value = || match scalar::resolve(text) {
            Plain::Value(value) if plain && !string => Ok(value),
            Plain::NotFinite if plain && !string => Err("a number is not finite"),
            _ => Ok(Value::String(text.to_owned())),
        };
        if let Some((Frame::Mapping(_, key @ None, _), _)) = self.stack.last_mut() {
            *key = Some(match text {
                "<<" if plain => Key::Merge,
                _ if plain && !string => {
                    Key::Name(scalar::resolve_key(text).ok_or("a key is no string")?)
                }
                _ => Key::Name(text.to_owned()),
            });
            if anchor != 0 {
                self.anchors.insert(anchor, value()?);
            }
            return Ok(());
        }
        self.add(value()?, anchor)
    }

    /// Counts a value of which a copy is made.
    fn expand(&mut self, value: &Value) -> Result<(), String> {
        self.expanded += size(value);
        if self.expanded > self.most {
            return Err("aliases expand too far".into());
        }
        Ok(())
    }

    fn add(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        if anchor != 0 {
            self.expand(&value)?;
            self.anchors.insert(anchor, value.clone());
        }
        match self.stack.last_mut() {
            None if self.documents > 1 => return Err("one document became several".into()),
            None => self.value = value,
            Some((Frame::Sequence(items), _)) => items.push(value),
            Some((Frame::Mapping(map, key, inherited), _)) => match key.take() {
                Some(Key::Name(key)) => {
                    let overrides = inherited.remove(&key);
                    if map.insert(key, value).is_some() && !overrides {
                        return Err("a key would stand twice in one mapping".into());
                    }
                }
                Some(Key::Merge) => {
                    let before = map.len();
                    merge(map, value)?;
                    inherited.extend(map.keys().skip(before).cloned());
                }
                None => return Err("a key is no scalar".into()),
            },
        }
        Ok(())
    }
}

/// Tells whether a tag makes a string of any scalar.
pub(super) fn is_string(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str") || tag.parts() == ("", "!"))
}

fn merge(map: &mut Map<String, Value>, value: Value) -> Result<(), String> {
    match value {
        Value::Object(other) => {
            for (key, value) in other {
                map.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::Array(items) => items.into_iter().try_for_each(|item| merge(map, item)),
        _ => Err("`<<` merges no mapping".into()),
    }
}

/// About how many bytes a value takes.
fn size(value: &Value) -> usize {
    match value {
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| key.len() + size(value));
            1 + entries.sum::<usize>()
        }
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::String(text) => 1 + text.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(text: &str, expected: &Value, comments: &[&str]) -> String {
        prove(text, expected, comments.iter().copied()).expect_err("the proof must fail")
    }

    #[test]
    fn a_wrong_edit_does_not_pass() {
        let expected = json!({"a": {"b": 1}});
        assert!(prove("a:\n  b: 1 # c\n", &expected, ["# c"].into_iter()).is_ok());
        assert!(refused("a:\n  b: 2\n", &expected, &[]).ends_with(" at /a/b"));
        assert!(refused("a:\n  b: 1\n  c: 1\n", &expected, &[]).ends_with(" at /a/c"));
        assert!(refused("a:\nb: 1\n", &expected, &[]).contains("intended"));
        assert!(refused("a: {b: 1, b: 1}\n", &expected, &[]).contains("twice"));
        assert!(refused("a: [\n", &expected, &[]).contains("does not parse"));
    }

    #[test]
    fn a_lost_or_new_comment_does_not_pass() {
        let expected = json!({"a": "b"});
        assert!(refused("a: b\n", &expected, &["# c"]).contains("lost"));
        assert!(refused("# d\n# c\na: b\n", &expected, &["# c", "# d"]).contains("moved"));
        assert!(refused("a: b #c\n", &expected, &[]).contains("become a comment"));
    }
}
