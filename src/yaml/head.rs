//! What the head of a document tells without reading the document: its kind, where that is certain.
//!
//! Most bytes of a repository are definitions and configuration that no rule is about. They need no model, if it is
//! certain what they are. Whatever is written in an uncommon way is not certain, and is read.

use memchr::memchr;

use super::Slice;
use super::scalar::resolve_key;

/// The identity of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// `apiVersion`.
    pub api_version: &'a str,
    /// `kind`.
    pub kind: &'a str,
    /// `metadata.namespace`.
    pub namespace: Option<&'a str>,
    /// `metadata.name`.
    pub name: &'a str,
    /// Byte offset of the first key.
    pub start: usize,
}

impl Head<'_> {
    /// The API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }
}

/// A bare scalar's text: of kinds, versions and names.
fn word(text: &str) -> Option<&str> {
    let text = text.strip_prefix(' ')?.trim();
    let text = text.find(" #").map_or(text, |at| text[..at].trim_end());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'/');
    let is_word = text.bytes().all(plain)
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        // Kubernetes' YAML reads some bare words as booleans or null.
        && resolve_key(text).as_deref() == Some(text);
    is_word.then_some(text)
}

/// A scalar that is a name, bare or in quotes.
fn name(text: &str) -> Option<&str> {
    let bare = text.trim();
    let quoted = |quote: char| bare.strip_prefix(quote)?.strip_suffix(quote);
    match quoted('"').or_else(|| quoted('\'')) {
        Some(name) => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
            (!name.is_empty() && name.bytes().all(plain)).then_some(name)
        }
        None => word(text),
    }
}

/// Keys of the first and the second level, as they are gathered. A key that comes twice makes it uncertain.
#[derive(Default)]
struct Keys<'a> {
    api_version: Option<&'a str>,
    kind: Option<&'a str>,
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    metadata: bool,
    start: Option<usize>,
}

/// Reads the head of a document; `None` where only a parser can tell, and for kinds that are read anyway.
#[must_use]
pub fn head<'a>(
    source: &'a str,
    slice: &Slice,
    is_read: impl Fn(&str) -> bool,
) -> Option<Head<'a>> {
    let chunk = &slice.0;
    if chunk.refusal.is_some() || chunk.body.end != chunk.range.end {
        return None;
    }
    let text = &source[chunk.body.clone()];
    let mut keys = Keys::default();
    // Indent of the keys of `metadata`, while its lines are read.
    let mut metadata = None;
    // The value of the last key of the head is complete only if no line goes on with it.
    let mut must_end = false;
    let mut at = 0;
    while at < text.len() {
        let end = memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |found| at + found);
        let line = &text[at..end];
        let start = chunk.body.start + at;
        at = end + 1;
        let indent = line.bytes().take_while(|byte| *byte == b' ').count();
        let content = &line[indent..];
        match content.as_bytes().first() {
            None | Some(b'\r' | b'#') => {}
            Some(b'-') if indent == 0 && line.trim_end() == "---" && keys.start.is_none() => {}
            // An item of a list whose key stands above.
            Some(b'-')
                if indent == 0 && keys.start.is_some() && metadata.is_none() && !must_end => {}
            _ if indent == 0 => {
                keys.start.get_or_insert(start);
                must_end = keys.top(line)?;
                if keys.kind.is_some_and(&is_read) {
                    return None;
                }
                metadata = line.starts_with("metadata:").then_some(None);
            }
            _ if must_end => return None,
            _ => {
                if let Some(column) = &mut metadata {
                    let column = *column.get_or_insert(indent);
                    if indent < column || content.starts_with('\t') {
                        return None;
                    }
                    if indent == column {
                        keys.below_metadata(content)?;
                    }
                }
            }
        }
    }
    if !is_common(&source[slice.range()]) {
        return None;
    }
    Some(Head {
        api_version: keys.api_version?,
        kind: keys.kind?,
        namespace: keys.namespace,
        name: keys.name?,
        start: keys.start?,
    })
}

impl<'a> Keys<'a> {
    /// Takes a line of the first level; `None` if it is no plain key. Tells whether its value must end on it.
    fn top(&mut self, line: &'a str) -> Option<bool> {
        let (key, value) = line.split_once(':')?;
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let bare = value.trim().is_empty();
        if !bare && !value.starts_with(' ') {
            return None;
        }
        match key {
            "apiVersion" => once(&mut self.api_version, word(value)?)?,
            "kind" => once(&mut self.kind, word(value)?)?,
            "metadata" if bare && !self.metadata => self.metadata = true,
            // Of these more than the kind decides.
            "metadata" | "sops" | "items" => return None,
            _ => {}
        }
        Some(matches!(key, "apiVersion" | "kind"))
    }

    /// Takes a line of the second level below `metadata`.
    fn below_metadata(&mut self, line: &'a str) -> Option<()> {
        let (key, value) = line.split_once(':')?;
        match key {
            "name" => once(&mut self.name, name(value)?),
            "namespace" => once(&mut self.namespace, name(value)?),
            _ if key.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Some(()),
            _ => None,
        }
    }
}

fn once<'a>(place: &mut Option<&'a str>, value: &'a str) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// Tells whether a text holds nothing that makes it uncertain: templates, words for this program, characters that
/// parsers disagree about.
fn is_common(text: &str) -> bool {
    // Tabs are rare, and may indent.
    let odd = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\n' | b'\r') || *byte == 0x7f;
    let bytes = text.as_bytes();
    let mut returns = memchr::memchr_iter(b'\r', bytes);
    let holds = |words: &str| memchr::memmem::find(bytes, words.as_bytes()).is_some();
    let ambiguous =
        || !text.is_ascii() && text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
    // Whole blocks at a time: the compiler makes vector instructions of it.
    !bytes
        .chunks(64)
        .any(|block| block.iter().filter(|byte| odd(byte)).count() > 0)
        && returns.all(|at| bytes.get(at + 1) == Some(&b'\n'))
        && !holds("{{")
        && !holds("kubetemper")
        && !ambiguous()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Document, split};

    fn heads(text: &str) -> Vec<Option<Head<'_>>> {
        let slices = split(text).unwrap_or_default();
        slices
            .iter()
            .map(|slice| head(text, slice, |_| false))
            .collect()
    }

    /// What is certain is what the parser says.
    #[track_caller]
    fn agrees(text: &str) {
        for slice in split(text).unwrap_or_default() {
            let Some(head) = head(text, &slice, |_| false) else {
                continue;
            };
            let Ok(document) = Document::parse(text, &slice) else {
                continue;
            };
            let value = document.value();
            assert_eq!(value["apiVersion"], head.api_version, "{text}");
            assert_eq!(value["kind"], head.kind, "{text}");
            assert_eq!(value["metadata"]["name"], head.name, "{text}");
            let namespace = head.namespace.map_or(serde_json::Value::Null, Into::into);
            assert_eq!(value["metadata"]["namespace"], namespace, "{text}");
        }
    }

    const PLAIN: &str = "# c\napiVersion: v1beta1 # old\nkind: ConfigMap\nmetadata:\n  labels:\n    name: other\n  name: \"1\"\n  namespace: shop-one\ndata:\n  a: |\n    kind: Pod\n";

    #[test]
    fn a_plain_document_is_certain() {
        let found = heads(PLAIN)[0];
        let expected = Head {
            api_version: "v1beta1",
            kind: "ConfigMap",
            namespace: Some("shop-one"),
            name: "1",
            start: 4,
        };
        assert_eq!(found, Some(expected));
        agrees(PLAIN);
        agrees(&format!("---\r\n{}", PLAIN.replace('\n', "\r\n")));
        assert!(heads(&PLAIN.replace('\n', "\r\n"))[0].is_some());
    }

    #[test]
    fn what_is_written_in_an_uncommon_way_is_not() {
        for (old, new) in [
            ("kind: ConfigMap", "kind: ConfigMap\n  s"),
            ("kind: ConfigMap", "kind: &a ConfigMap"),
            ("kind: ConfigMap", "kind: ConfigMap\nkind: Deployment"),
            ("kind: ConfigMap", "\"kind\": ConfigMap"),
            ("kind: ConfigMap", "kind: !!str ConfigMap"),
            ("kind: ConfigMap", "kind : ConfigMap"),
            ("kind: ConfigMap", "? kind\n: ConfigMap"),
            ("data:", "data:\tx"),
            ("data:", "{{ x }}:"),
            ("data:", "<<: *a\ndata:"),
            ("data:", "kubetemper: 1\ndata:"),
            ("data:", "sops:\n  mac: x\ndata:"),
            ("data:", "...\ndata:"),
            ("  name: \"1\"", "  name: \"1\"\n  name: b"),
            ("  name: \"1\"", "  generateName: b"),
            ("  name: \"1\"", "  name: 12345678"),
            ("  name: \"1\"", "  name: \"1\n    2\""),
            ("  labels:", "  \"labels\":"),
            ("metadata:", "metadata: &m"),
            ("metadata:", "metadata:\n  {name: x}\nmetadata2:"),
        ] {
            let text = PLAIN.replace(old, new);
            assert_eq!(heads(&text)[0], None, "{text}");
        }
    }
}
