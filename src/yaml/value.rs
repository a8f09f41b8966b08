//! From the index to a value, read as Kubernetes reads it: YAML 1.1 scalars, merge keys, aliases.

use std::collections::HashSet;

use serde_json::map::Entry;
use serde_json::{Map, Value};

use super::Refusal;
use super::index::{Index, Kind, NodeId, ScalarStyle, Tag};
use super::limits;
use super::scalar::{self, Plain};

type Result<T> = std::result::Result<T, Refusal>;

/// Characters that Kubernetes' parser takes for line breaks (or drops) where newer parsers do not.
const AMBIGUOUS: [char; 4] = ['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'];

/// The value of a document.
///
/// Also where a bare scalar holds `{{`: only who knows what the document is for can tell whether that is a
/// template (Helm) or data (Prometheus, Argo).
pub(super) fn read(source: &str, index: &Index) -> Result<(Value, Option<u32>)> {
    for comment in &index.comments {
        unambiguous(
            &source[comment.start as usize..comment.end as usize],
            comment.start,
        )?;
    }
    let budget = index.nodes.len() * limits::EXPANSION_FACTOR + limits::EXPANSION_FLOOR;
    let length = index.root.map_or(0, |root| {
        let node = index.node(root);
        node.end.saturating_sub(node.start) as usize
    });
    let mut reader = Reader {
        source,
        index,
        budget,
        text_budget: length * limits::TEXT_FACTOR + limits::TEXT_FLOOR,
        depth: 0,
        braces: None,
    };
    let value = index
        .root
        .map_or(Ok(Value::Null), |root| reader.node(root))?;
    Ok((value, reader.braces))
}

/// The string that Kubernetes makes of a key. Merge keys come out as `<<`.
pub(super) fn key(source: &str, index: &Index, id: NodeId) -> Result<String> {
    let node = index.node(id);
    let text = index.text(source, id);
    let reject = || {
        Refusal::new(
            node.start as usize,
            &format!(
                "the key `{text}` is not a string, and Kubernetes would not read it as written"
            ),
            "put the key in quotes",
        )
    };
    unambiguous(&source[node.start as usize..node.end as usize], node.start)?;
    match (node.kind, node.tag) {
        (Kind::Scalar(ScalarStyle::Plain), Tag::None) if text.contains("{{") => {
            Err(template(node.start))
        }
        (Kind::Scalar(ScalarStyle::Plain), Tag::None) => {
            scalar::resolve_key(text).ok_or_else(reject)
        }
        (Kind::Scalar(ScalarStyle::Block), _) => Err(reject()),
        (Kind::Scalar(_), Tag::None | Tag::Str) => Ok(text.to_owned()),
        _ => Err(reject()),
    }
}

/// Tells whether a key is a merge key: `<<` without quotes.
pub(super) fn is_merge(source: &str, index: &Index, id: NodeId) -> bool {
    index.node(id).kind == Kind::Scalar(ScalarStyle::Plain) && index.text(source, id) == "<<"
}

fn unambiguous(text: &str, at: u32) -> Result<()> {
    if !text.is_ascii() && text.contains(AMBIGUOUS) {
        return Err(Refusal::new(
            at as usize,
            "a Unicode line separator or byte order mark stands here, which Kubernetes takes for a line break",
            "remove it, or write it as an escape in double quotes",
        ));
    }
    Ok(())
}

pub(super) fn template(at: u32) -> Refusal {
    let mut refusal = Refusal::new(
        at as usize,
        "`{{` stands outside quotes: this looks like an unrendered template",
        "render templates first, for example with `helm template`",
    );
    refusal.template = true;
    refusal
}

struct Reader<'a> {
    source: &'a str,
    index: &'a Index,
    /// Nodes that may still be produced; only aliases make more than there are in the text.
    budget: usize,
    /// Bytes of text that may still be produced.
    text_budget: usize,
    /// Current nesting; a chain of aliases nests deeper than the text does.
    depth: u32,
    /// The first bare scalar that holds `{{`.
    braces: Option<u32>,
}

impl Reader<'_> {
    fn node(&mut self, id: NodeId) -> Result<Value> {
        self.depth += 1;
        let value = self.expand(id);
        self.depth -= 1;
        value
    }

    fn expand(&mut self, id: NodeId) -> Result<Value> {
        let node = self.index.node(id);
        if self.depth > 2 * limits::DEPTH {
            return Err(Refusal::new(
                node.start as usize,
                "aliases nest too deep",
                "write the values out",
            ));
        }
        self.budget = self
            .budget
            .checked_sub(1)
            .ok_or_else(|| expands(node.start))?;
        match (node.kind, node.tag) {
            (Kind::Alias(target), Tag::None) => self.node(target),
            (Kind::Mapping { .. }, Tag::None | Tag::Core("map")) => self.mapping(id),
            (Kind::Sequence { .. }, Tag::None | Tag::Core("seq")) => {
                let items = self
                    .index
                    .entries(id)
                    .iter()
                    .map(|entry| self.node(entry.value));
                items.collect::<Result<Vec<_>>>().map(Value::Array)
            }
            (Kind::Scalar(style), tag) => self.scalar(id, style, tag),
            _ => Err(foreign_tag(node.properties)),
        }
    }

    fn scalar(&mut self, id: NodeId, style: ScalarStyle, tag: Tag) -> Result<Value> {
        let node = self.index.node(id);
        let text = self.index.text(self.source, id);
        self.charge(text, node.start)?;
        if style == ScalarStyle::Plain || style == ScalarStyle::Block {
            unambiguous(text, node.start)?;
        }
        if style != ScalarStyle::Plain {
            return match tag {
                Tag::None | Tag::Str => Ok(Value::String(text.to_owned())),
                _ => Err(foreign_tag(node.properties)),
            };
        }
        if text.contains("{{") {
            self.braces.get_or_insert(node.start);
        }
        if tag == Tag::Str {
            return Ok(Value::String(text.to_owned()));
        }
        let Plain::Value(value) = scalar::resolve(text) else {
            return Err(Refusal::new(
                node.start as usize,
                "infinity and not-a-number are no JSON values",
                "put the value in quotes if it is a string",
            ));
        };
        let fits = match tag {
            Tag::None => true,
            Tag::Core("null") => value.is_null(),
            Tag::Core("bool") => value.is_boolean(),
            Tag::Core("int") => value.is_i64() || value.is_u64(),
            Tag::Core("float") => value.is_number(),
            _ => false,
        };
        if fits {
            Ok(value)
        } else {
            Err(foreign_tag(node.properties))
        }
    }

    /// Counts a text that is produced.
    fn charge(&mut self, text: &str, at: u32) -> Result<()> {
        if text.len() > limits::SCALAR {
            return Err(Refusal::new(
                at as usize,
                &format!(
                    "this value has {} bytes, more than {}",
                    text.len(),
                    limits::SCALAR
                ),
                "no object of Kubernetes holds that much; keep it elsewhere",
            ));
        }
        let rest = self.text_budget.checked_sub(text.len());
        self.text_budget = rest.ok_or_else(|| expands(at))?;
        Ok(())
    }

    fn mapping(&mut self, id: NodeId) -> Result<Value> {
        let entries = self.index.entries(id);
        let mut map = Map::with_capacity(entries.len());
        let mut inherited: Option<HashSet<String>> = None;
        for entry in entries {
            let at = self.index.node(entry.key).start as usize;
            if is_merge(self.source, self.index, entry.key) {
                if inherited.is_some() {
                    return Err(duplicate(at, "<<"));
                }
                let merged = self.merge(entry.value)?;
                if let Some(key) = merged.keys().find(|key| map.contains_key(*key)) {
                    return Err(Refusal::new(
                        at,
                        &format!(
                            "`<<` merges the key `{key}`, which also stands before it: Kubernetes and YAML disagree on who wins"
                        ),
                        "move `<<` to the top of its mapping",
                    ));
                }
                inherited = Some(merged.keys().cloned().collect());
                map.extend(merged);
                continue;
            }
            let key = key(self.source, self.index, entry.key)?;
            self.charge(&key, self.index.node(entry.key).start)?;
            let value = self.node(entry.value)?;
            match map.entry(key) {
                Entry::Vacant(place) => _ = place.insert(value),
                Entry::Occupied(mut place) => {
                    let overrides = inherited
                        .as_mut()
                        .is_some_and(|keys| keys.remove(place.key()));
                    if !overrides {
                        return Err(duplicate(at, place.key()));
                    }
                    place.insert(value);
                }
            }
        }
        Ok(Value::Object(map))
    }

    /// The keys that `<<` brings in; of several mappings the earlier one wins.
    fn merge(&mut self, id: NodeId) -> Result<Map<String, Value>> {
        let node = self.index.node(id);
        let (kind, start) = (node.kind, node.start as usize);
        let bad = || {
            Refusal::new(
                start,
                "`<<` merges something that is no mapping",
                "refer to a mapping",
            )
        };
        if let Kind::Sequence { .. } = kind {
            let mut merged = Map::new();
            for entry in self.index.entries(id) {
                let Value::Object(map) = self.node(entry.value)? else {
                    return Err(bad());
                };
                for (key, value) in map {
                    merged.entry(key).or_insert(value);
                }
            }
            return Ok(merged);
        }
        match self.node(id)? {
            Value::Object(map) => Ok(map),
            _ => Err(bad()),
        }
    }
}

fn expands(at: u32) -> Refusal {
    Refusal::new(
        at as usize,
        "aliases expand to far more than the document holds",
        "write the values out",
    )
}

fn duplicate(at: usize, key: &str) -> Refusal {
    Refusal::new(
        at,
        &format!("the key `{key}` stands twice in one mapping; Kubernetes silently takes the last"),
        "remove one of the two",
    )
}

fn foreign_tag(at: u32) -> Refusal {
    Refusal::new(
        at as usize,
        "a tag gives this value another type than it is written in",
        "remove the tag and write the value plainly",
    )
}
