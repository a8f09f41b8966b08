//! Finds the end of a scalar whose value the parser has already told (second half of `lex.rs`).

use super::Refusal;
use super::lex::Lexer;
use memchr::memchr;

type Result<T> = std::result::Result<T, Refusal>;

/// White space of YAML, which knows less of it than Unicode does: what folding, indentation and chomping may change. All other
/// characters must be there one by one.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

impl Lexer<'_> {
    /// Moves past a plain scalar: its visible characters, one by one, are those of its value.
    pub(super) fn match_visible(&mut self, value: &str) -> Result<()> {
        let bytes = self.source.as_bytes();
        for c in value.chars().filter(|c| !is_blank(*c)) {
            while self.at < self.end && is_blank(char::from(bytes[self.at])) {
                if bytes[self.at] == b'\n' {
                    self.line_start = self.at + 1;
                }
                self.at += 1;
            }
            if !self.rest().starts_with(c) {
                return Err(self.mismatch("a plain scalar"));
            }
            self.advance(c.len_utf8());
        }
        Ok(())
    }

    /// Moves past a quoted scalar.
    pub(super) fn quoted(&mut self, quote: u8) -> Result<()> {
        let bytes = self.source.as_bytes();
        if self.peek() != Some(quote) {
            return Err(self.mismatch("a quote was expected"));
        }
        self.advance(1);
        while self.at < self.end {
            match bytes[self.at] {
                b'\\' if quote == b'"' && bytes.get(self.at + 1) != Some(&b'\n') => self.at += 1,
                b'\n' => self.line_start = self.at + 1,
                byte if byte == quote => {
                    if quote == b'\''
                        && bytes.get(self.at + 1) == Some(&b'\'')
                        && self.at + 1 < self.end
                    {
                        self.at += 1;
                    } else {
                        self.at += 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(self.mismatch("a closing quote was expected"))
    }

    /// Moves to the end of a block scalar's last line and returns its value.
    pub(super) fn block_scalar(
        &mut self,
        value: String,
        literal: bool,
        parent: i64,
    ) -> Result<String> {
        let (line_start, comments) = (self.line_start, self.index.comments.len());
        let header = self.header()?;
        let body = self.at;
        let explicit = header
            .indent
            .map(|indent| usize::try_from(parent.max(0)).unwrap_or(0) + indent);
        let least = usize::try_from(parent + 1).unwrap_or(0);
        let lines = Lines::measure(&self.source[body..self.end], explicit, least);
        let decoded = literal.then(|| lines.decode(&self.source[body..self.end], header.chomp));
        let end = body
            + if header.chomp == Chomp::Keep {
                lines.kept_end
            } else {
                lines.content_end
            };
        if header.chomp == Chomp::Keep && end == self.source.len() {
            self.index.ends_in_kept_breaks = true;
        }
        let visible = |text: &str| text.chars().filter(|c| !is_blank(*c)).collect::<String>();
        match &decoded {
            // The parser reads an empty literal at the end of its input as a line break (saphyr #143), and
            // sees no line break where the text ends without one.
            Some(decoded)
                if *decoded != value && !(lines.content_end == 0 && visible(&value).is_empty()) =>
            {
                return Err(self.mismatch("a block scalar"));
            }
            None if visible(&value) != visible(&self.source[body..body + lines.content_end]) => {
                return Err(self.mismatch("a folded scalar"));
            }
            _ => {}
        }
        if end == body {
            // There is no line at all, not even one that `+` keeps.
            // What stands behind the header is read again.
            self.at = header.end;
            self.line_start = line_start;
            self.index.comments.truncate(comments);
            return Ok(decoded.unwrap_or_default());
        }
        // Stand on the line break that ends the last line, so that the next line starts after it.
        self.at = end;
        if end > body && self.source.as_bytes()[end - 1] == b'\n' {
            self.at = end - 1;
            if self.at > body && self.source.as_bytes()[self.at - 1] == b'\r' {
                self.at -= 1;
            }
        }
        Ok(decoded.unwrap_or(value))
    }

    /// Reads `|` or `>` with its indicators and comment; stands on the first line of the body after it.
    fn header(&mut self) -> Result<Header> {
        if !matches!(self.peek(), Some(b'|' | b'>')) {
            return Err(self.mismatch("a block scalar was expected"));
        }
        self.advance(1);
        let mut header = Header {
            indent: None,
            chomp: Chomp::Clip,
            end: 0,
        };
        while let Some(byte) = self.peek() {
            match byte {
                b'+' => header.chomp = Chomp::Keep,
                b'-' => header.chomp = Chomp::Strip,
                b'1'..=b'9' => header.indent = Some(usize::from(byte - b'0')),
                _ => break,
            }
            self.advance(1);
        }
        header.end = self.at;
        let line = memchr(b'\n', self.rest().as_bytes());
        let stop = line.map_or(self.end, |at| self.at + at);
        let end = std::mem::replace(&mut self.end, stop);
        self.trivia();
        self.end = end;
        if self.at != stop {
            return Err(self.mismatch("the head of a block scalar"));
        }
        if line.is_some() {
            self.at += 1;
            self.line_start = self.at;
        }
        Ok(header)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Clip,
    Strip,
    Keep,
}

struct Header {
    indent: Option<usize>,
    chomp: Chomp,
    /// Right after the indicators.
    end: usize,
}

/// The lines of a block scalar, as offsets from the start of its body.
struct Lines {
    indent: usize,
    /// End of the last line with content, its line break included; 0 without any.
    content_end: usize,
    /// End of the blank lines after it, which `+` keeps.
    kept_end: usize,
}

impl Lines {
    fn measure(body: &str, explicit: Option<usize>, least: usize) -> Self {
        let mut lines = Self {
            indent: explicit.unwrap_or(0),
            content_end: 0,
            kept_end: 0,
        };
        let mut known = explicit.is_some();
        let mut at = 0;
        for line in body.split_inclusive('\n') {
            let text = line.trim_end_matches(['\n', '\r']);
            let indent = text.len() - text.trim_start_matches(' ').len();
            let blank = indent == text.len();
            if !known && !blank {
                if indent < least {
                    break;
                }
                lines.indent = indent;
                known = true;
            }
            at += line.len();
            if blank && (!known || indent <= lines.indent) {
                lines.kept_end = at;
                continue;
            }
            if indent < lines.indent {
                break;
            }
            lines.content_end = at;
            lines.kept_end = at;
        }
        if !known {
            // Blank lines only: their spaces are indentation.
            lines.indent = usize::MAX;
        }
        lines
    }

    /// The value of a literal scalar. The end of the text counts as a line break, as in kubectl's reader.
    fn decode(&self, body: &str, chomp: Chomp) -> String {
        let mut value = String::with_capacity(self.kept_end + 1);
        for line in body[..self.kept_end].split_inclusive('\n') {
            let text = line.trim_end_matches(['\n', '\r']);
            value.push_str(text.get(self.indent.min(text.len())..).unwrap_or_default());
            value.push('\n');
        }
        let text = value.trim_end_matches('\n').len();
        match chomp {
            Chomp::Keep => {}
            Chomp::Clip if text > 0 => value.truncate(text + 1),
            Chomp::Clip | Chomp::Strip => value.truncate(text),
        }
        value
    }
}
