//! The only door to YAML text.
//!
//! `split` cuts a stream into documents; `Document::parse` reads one into a value and an index of
//! positions; `Document::edits` says which bytes must change for the document to have another value;
//! `splice` applies them; `prove` reads the result with a second, unrelated parser and compares.

mod agree;
mod block;
mod bytes;
mod cover;
mod create;
mod edit;
mod events;
mod flow;
mod head;
mod index;
mod items;
mod json;
mod lex;
mod lex_collection;
mod lex_properties;
mod lex_scalar;
mod limits;
mod locate;
mod measure;
mod place;
mod prove;
mod relax;
mod render;
mod replace;
pub mod scalar;
mod split;
mod value;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value;
use yaml_rust2::ScanError;

pub use create::{Manner, Note};
pub use head::{Head, head};
pub use items::with_items;
pub use prove::{prove, read_leniently};

use index::Index;
use split::Chunk;

/// Why a document cannot be read or edited, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {help}")]
pub struct Refusal {
    /// Byte offset in the stream.
    pub at: usize,
    /// What is wrong, without a full stop.
    pub reason: String,
    /// What to do about it, without a full stop.
    pub help: String,
    /// True when the document looks like an unrendered template.
    pub template: bool,
}

impl Refusal {
    fn new(at: usize, reason: &str, help: &str) -> Self {
        Self {
            at,
            reason: reason.to_owned(),
            help: help.to_owned(),
            template: false,
        }
    }

    fn too_deep(at: usize) -> Self {
        Self::new(
            at,
            &format!("nested deeper than {} levels", limits::DEPTH),
            "no Kubernetes object needs that depth; split the file if this one does",
        )
    }

    /// A syntax error of the parser; `line()` and `col()` of its markers are right, `index()` is not.
    fn scan(source: &str, body_start: usize, error: &ScanError) -> Self {
        let marker = error.marker();
        let mut at = body_start;
        for _ in 1..marker.line() {
            at += memchr::memchr(b'\n', &source.as_bytes()[at..])
                .map_or(source.len() - at, |offset| offset + 1);
        }
        let line = &source[at..];
        let at = at
            + line
                .char_indices()
                .nth(marker.col())
                .map_or(0, |(offset, _)| offset);
        // The limit of the parser, which is near ours.
        if error.info() == "recursion limit exceeded" {
            return Self::too_deep(at.min(source.len()));
        }
        Self::new(at.min(source.len()), error.info(), "mend the YAML here")
    }
}

/// A place in a text for people: both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// Where the lines of a text begin: positions of many offsets without counting each time.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    /// Found when they are asked for the first time: most texts have nothing to tell.
    starts: OnceLock<Vec<u32>>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            starts: OnceLock::new(),
        }
    }

    fn starts(&self) -> &[u32] {
        self.starts.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes());
            let breaks = breaks.map(|at| lex::offset(at + 1));
            std::iter::once(0).chain(breaks).collect()
        })
    }

    /// The 1-based line of a byte offset; unlike its column it is found without reading the line.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        if offset == 0 {
            return 1;
        }
        self.starts()
            .partition_point(|start| *start as usize <= offset)
    }

    /// The position of a byte offset.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = (0..=offset.min(self.text.len()))
            .rev()
            .find(|at| self.text.is_char_boundary(*at))
            .unwrap_or(0);
        let line = self.line(offset);
        let start = self.starts()[line - 1] as usize;
        // The byte order mark takes no column.
        let column = self.text[start..offset]
            .trim_start_matches('\u{feff}')
            .chars()
            .count();
        Position {
            line,
            column: column + 1,
        }
    }
}

/// One replacement of bytes; `start == end` is an insertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// First byte replaced.
    pub start: usize,
    /// One past the last byte replaced.
    pub end: usize,
    /// What stands there afterwards.
    pub text: String,
}

/// Where one document of a stream lies.
#[derive(Debug, Clone)]
pub struct Slice(Chunk);

impl Slice {
    /// The bytes of the document: from its `---` line up to the next one.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.0.range.clone()
    }
}

/// Cuts a stream into documents. Comment-only text before the first `---` belongs to no document.
///
/// # Errors
/// A text of 4 GiB or more is refused: offsets have 32 bits.
pub fn split(text: &str) -> Result<Vec<Slice>, Refusal> {
    if u32::try_from(text.len()).is_err() {
        return Err(Refusal::new(
            0,
            "the text is 4 GiB or longer",
            "split it into several streams",
        ));
    }
    Ok(split::split(text).into_iter().map(Slice).collect())
}

/// One document that was read: its value as Kubernetes reads it, and where everything stands.
#[derive(Debug)]
pub struct Document<'a> {
    source: &'a str,
    range: Range<usize>,
    index: Index,
    value: Value,
    braces: Option<u32>,
    newline: &'static str,
}

impl<'a> Document<'a> {
    /// Reads one document of `source`.
    ///
    /// # Errors
    /// What Kubernetes would reject or read differently, templates, and what exceeds the limits.
    pub fn parse(source: &'a str, slice: &Slice) -> Result<Self, Refusal> {
        let Chunk {
            range,
            body,
            refusal,
            newline,
        } = &slice.0;
        let text = &source[range.clone()];
        let template = |mut refusal: Refusal| {
            if text.contains("{{") {
                refusal.template = true;
                "render templates first, for example with `helm template`"
                    .clone_into(&mut refusal.help);
            }
            refusal
        };
        if let Some(refusal) = refusal {
            return Err(template(Refusal::clone(refusal)));
        }
        check_bytes(source, range)?;
        // kubectl's reader ends every line, also the last one, with a line break.
        let mut readable = Cow::Borrowed(&source[body.clone()]);
        if !readable.ends_with('\n') {
            readable.to_mut().push('\n');
        }
        let index = lex::index(source, range, body, &readable)
            .or_else(|refusal| {
                let relaxed = relax::relax(&readable).ok_or_else(|| refusal.clone())?;
                lex::index(source, range, body, &relaxed).map_err(|_| refusal)
            })
            .map_err(|refusal| {
                let others =
                    || several_values(source, body).or_else(|| complaint(&refusal, &readable));
                others().unwrap_or_else(|| template(refusal.clone()))
            })?;
        let (value, braces) = value::read(source, &index)?;
        Ok(Self {
            source,
            range: range.clone(),
            index,
            value,
            braces,
            newline,
        })
    }

    /// Why the document may be an unrendered template that YAML happens to accept: a bare scalar holds
    /// `{{`. In quotes, block scalars and comments braces are data.
    #[must_use]
    pub fn template(&self) -> Option<Refusal> {
        self.braces.map(value::template)
    }

    /// The document's value; null when it is empty.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The bytes of the document in the stream.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The comments in order, each from its `#` to the end of its line.
    pub fn comments(&self) -> impl Iterator<Item = (usize, &'a str)> + Clone + '_ {
        self.index.comments.iter().map(|comment| {
            let start = comment.start as usize;
            (start, &self.source[start..comment.end as usize])
        })
    }

    /// The edits that give the document another value, sorted, in the document's own style.
    ///
    /// # Errors
    /// A change that has no place in the text, such as one below a scalar that stays.
    pub fn edits(&self, new: &Value) -> Result<Vec<TextEdit>, Refusal> {
        let newline = self.newline;
        let ends = self.source[..self.range.end].ends_with('\n');
        // What is in braces is edited in them.
        let edits = if ends || self.index.flow_root().is_some() {
            edit::edits(self.source, newline, &self.index, &self.value, new)?
        } else {
            let ended = format!("{}{newline}", self.source);
            let edits = edit::edits(&ended, newline, &self.index, &self.value, new)?;
            place::unterminated(self.source, newline, edits)
        };
        match edits.last() {
            // kubectl's reader adds a line break at the end of a file, which becomes part of the scalar.
            Some(edit) if self.index.ends_in_kept_breaks && edit.end == self.source.len() => {
                Err(Refusal::new(
                    edit.start,
                    "the file ends in a block scalar that keeps its line breaks (`|+`), and text after it would change its value",
                    "write the scalar with `|`, or move it up",
                ))
            }
            _ => Ok(edits),
        }
    }
}

/// Why a text that is not YAML cannot be read, if it is a stream of JSON values (`jq -c`, `kubectl get -w -o json`).
fn several_values(source: &str, body: &Range<usize>) -> Option<Refusal> {
    let text = &source[body.clone()];
    let text = text.strip_prefix("---").unwrap_or(text);
    let start = body.end - text.len();
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    let end = values.byte_offset();
    values.next()?.ok()?;
    let space = text[end..].len() - text[end..].trim_start().len();
    Some(Refusal::new(
        start + end + space,
        "one JSON value follows another",
        "put a line `---` between them, or make them the items of a List",
    ))
}

/// What a stricter parser says of a text that the first one takes and nothing in it fits.
fn complaint(refusal: &Refusal, readable: &str) -> Option<Refusal> {
    let error = prove::syntax_error(readable).filter(|_| refusal.help == lex::BUG)?;
    Some(Refusal::new(refusal.at, &error, "mend the YAML here"))
}

/// Applies sorted edits that do not overlap.
///
/// # Errors
/// Overlapping edits are a bug of this program; nothing is applied then.
pub fn splice(source: &str, range: Range<usize>, edits: &[TextEdit]) -> Result<String, Refusal> {
    let mut out = String::with_capacity(
        range.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>(),
    );
    let mut at = range.start;
    for edit in edits {
        if edit.start < at || edit.end > range.end || edit.start > edit.end {
            return Err(Refusal::new(
                edit.start,
                "two edits overlap",
                "please report this file as a bug",
            ));
        }
        out.push_str(&source[at..edit.start]);
        out.push_str(&edit.text);
        at = edit.end;
    }
    out.push_str(&source[at..range.end]);
    Ok(out)
}

/// Bytes that parsers disagree about are refused before any of them sees the text.
fn check_bytes(source: &str, range: &Range<usize>) -> Result<(), Refusal> {
    let bytes = &source.as_bytes()[range.clone()];
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != 0x7f || matches!(byte, b'\t' | b'\n') {
            continue;
        }
        if *byte == b'\r' {
            if bytes.get(at + 1) == Some(&b'\n') {
                continue;
            }
            return Err(Refusal::new(
                range.start + at,
                "a carriage return stands without a line feed: some parsers take it for a line break",
                "convert the file to LF or CRLF line ends",
            ));
        }
        return Err(Refusal::new(
            range.start + at,
            &format!("control character U+{byte:04X}, which YAML forbids"),
            "remove it, or write it as an escape in double quotes",
        ));
    }
    Ok(())
}
