//! Cuts a stream into documents before anything is parsed.
//!
//! Each document is then indexed on its own, so one broken document cannot hide the others and memory
//! stays bounded by the largest one. The cut follows kubectl's reader (`k8s.io/apimachinery` yaml
//! decoder): a line that starts with `---` followed by white space or its end separates documents.

use std::ops::Range;

use super::{Refusal, create};
use memchr::memchr;

/// One document of a stream, in byte offsets of the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    /// From the document's `---` line (or its first byte) up to the next one.
    pub(super) range: Range<usize>,
    /// What the parser reads: from the `---` marker up to a `...` marker or the end of the range.
    pub(super) body: Range<usize>,
    /// Why the document cannot be read, as far as the cut alone can tell.
    pub(super) refusal: Option<Box<Refusal>>,
    /// How the lines of the whole text end.
    pub(super) newline: &'static str,
}

/// Cuts `text` into documents. A leading byte order mark belongs to no document.
pub(super) fn split(text: &str) -> Vec<Chunk> {
    let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let newline = create::newline(text);
    let mut chunks = Vec::new();
    let mut current = Builder::new(bom);
    let mut start = bom;
    while start < text.len() {
        let end = memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |at| start + at + 1);
        let line = &text[start..end];
        // Nearly every line is one of these.
        let inner = !matches!(line.as_bytes().first(), Some(b'-' | b'.' | b'%'));
        if inner && current.content && current.ended.is_none() {
            start = end;
            continue;
        }
        if is_marker(line, "---") {
            if current.explicit || current.content {
                chunks.push(current.finish(start, newline));
                current = Builder::new(start);
            }
            current.begin(start, line);
        } else {
            if current.ended.is_some() && line.starts_with('%') {
                // A directive after `...` belongs to the next document.
                chunks.push(current.finish(start, newline));
                current = Builder::new(start);
            }
            current.line(start, line);
        }
        start = end;
    }
    if current.explicit || current.content || chunks.is_empty() {
        chunks.push(current.finish(text.len(), newline));
    } else if let Some(last) = chunks.last_mut() {
        last.range.end = text.len();
    }
    chunks
}

/// Tells whether a line is a document marker: `---` or `...` at column 0, then white space or its end.
fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Cuts off what is white space in YAML: of Unicode's other spaces a scalar can be made.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

struct Builder {
    start: usize,
    body_start: usize,
    explicit: bool,
    content: bool,
    ended: Option<usize>,
    refusal: Option<Refusal>,
}

impl Builder {
    fn new(start: usize) -> Self {
        Self {
            start,
            body_start: start,
            explicit: false,
            content: false,
            ended: None,
            refusal: None,
        }
    }

    fn begin(&mut self, at: usize, line: &str) {
        self.explicit = true;
        self.body_start = at;
        // An end marker before the first document ends nothing.
        self.ended = None;
        let rest = trim(&line[3..]);
        self.content = !rest.is_empty() && !rest.starts_with('#');
    }

    fn line(&mut self, at: usize, line: &str) {
        let trimmed = trim(line);
        let blank = trimmed.is_empty() || trimmed.starts_with('#');
        if self.ended.is_some() {
            if !blank && !line.starts_with('%') && !is_marker(line, "...") {
                self.refuse(
                    at,
                    "text follows the end marker `...` without a new `---`, and Kubernetes ignores it",
                    "start it with a line `---`",
                );
            }
        } else if is_marker(line, "...") {
            self.ended = Some(at);
            let rest = trim(&trimmed[3..]);
            if !rest.is_empty() && !rest.starts_with('#') {
                self.refuse(
                    at,
                    "text follows the end marker `...` on its line",
                    "put it on a line of its own",
                );
            }
        } else if line.starts_with("---") {
            self.refuse(
                at,
                "a line starts with `---` and goes on: Helm cuts the stream here, YAML does not",
                "put `---` on a line of its own",
            );
            self.content = true;
        } else if line.starts_with("%TAG") && !self.content {
            self.refuse(
                at,
                "a `%TAG` directive changes what tags mean",
                "remove the directive",
            );
        } else if line.starts_with('%') && !self.content && !self.explicit {
            // `%YAML` says nothing that matters here; the parser starts at `---`.
        } else if !blank {
            self.content = true;
        }
    }

    fn refuse(&mut self, at: usize, reason: &str, help: &str) {
        self.refusal
            .get_or_insert_with(|| Refusal::new(at, reason, help));
    }

    fn finish(self, end: usize, newline: &'static str) -> Chunk {
        Chunk {
            range: self.start..end,
            body: self.body_start..self.ended.unwrap_or(end),
            refusal: self.refusal.map(Box::new),
            newline,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(text: &str) -> Vec<&str> {
        split(text)
            .into_iter()
            .map(|chunk| &text[chunk.body])
            .collect()
    }

    #[test]
    fn only_white_space_of_yaml_is_blank() {
        let chunks = split("a: 1\n...\n# after\n\u{2003}\n");
        assert!(chunks[0].refusal.is_some());
        assert_eq!(bodies("---\n\u{a0}\n---\n"), ["---\n\u{a0}\n", "---\n"]);
    }

    #[test]
    fn separators() {
        assert_eq!(bodies("a: 1\n---\nb: 2\n"), ["a: 1\n", "---\nb: 2\n"]);
        assert_eq!(
            bodies("# c\n---\na: 1\n"),
            ["---\na: 1\n"],
            "a comment before the first marker is no document"
        );
        assert_eq!(bodies("---\n---\na: 1\n...\n"), ["---\n", "---\na: 1\n"]);
        assert_eq!(bodies("\u{feff}a: 1"), ["a: 1"]);
        assert_eq!(bodies("--- # x\r\na: 1\r\n"), ["--- # x\r\na: 1\r\n"]);
        assert_eq!(bodies(""), [""]);
    }

    #[test]
    fn ranges_cover_the_text() {
        for text in [
            "a: 1\n---\nb: 2\n",
            "# c\n---\na: 1\n...\n# end\n",
            "%YAML 1.2\n---\na: 1\n...\n---\n",
            "---\n",
            "---\na: 1\n...\n# c\n%YAML 1.2\n---\nb: 1\n",
            "\n...\n---\na: 1\n",
        ] {
            let mut at = 0;
            for chunk in split(text) {
                assert_eq!(chunk.range.start, at, "{text:?}");
                assert!(chunk.refusal.is_none());
                at = chunk.range.end;
            }
            assert_eq!(at, text.len(), "{text:?}");
        }
    }

    #[test]
    fn what_helm_and_yaml_cut_differently_is_refused() {
        assert!(split("a: 1\n---b: 2\n")[0].refusal.is_some());
        assert!(split("a: |\n  ---b\n")[0].refusal.is_none());
        assert!(split("a: 1\n...\nb: 2\n")[0].refusal.is_some());
    }
}
