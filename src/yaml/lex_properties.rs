//! Anchors, tags and aliases (fourth part of `lex.rs`).

use yaml_rust2::parser::Tag as EventTag;

use super::Refusal;
use super::index::{Kind, NodeId, Tag};
use super::lex::Lexer;
use super::lex_scalar::is_blank;

type Result<T> = std::result::Result<T, Refusal>;

/// What a tag of the parser means here.
pub(super) fn known_tag(tag: Option<&EventTag>) -> Tag {
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

impl Lexer<'_> {
    /// Skips an anchor and a tag in either order; returns where the last one ends.
    pub(super) fn properties(&mut self, anchor: bool, tag: bool) -> Result<usize> {
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
                    is_blank(c) || (!verbatim && matches!(c, ',' | '[' | ']' | '{' | '}'))
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

    pub(super) fn alias(&mut self, anchor: usize) -> Result<NodeId> {
        if self.peek() != Some(b'*') {
            return Err(self.mismatch("an alias was expected"));
        }
        let start = self.at;
        let length = self
            .rest()
            .find(|c: char| is_blank(c) || matches!(c, ',' | '[' | ']' | '{' | '}'))
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
        Err(Refusal::new(
            self.at,
            "an anchor's name holds other characters than letters, digits, `-` and `_`, which Kubernetes reads \
             differently",
            "give the anchor another name, here and in its aliases",
        ))
    }
}
