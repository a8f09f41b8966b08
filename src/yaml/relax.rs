//! Helps the first parser over layouts that it rejects although Kubernetes takes them.
//!
//! It wants a space, not a tab, after `:`, and wants brackets indented deeper than Kubernetes does:
//!
//! ```yaml
//! data: {
//!   "a": "b"
//! }
//! ```
//!
//! It is given a text in which only such white space differs; the index is made from the source all the same.

use granit_parser::{Event, Parser, StructureStyle};

use super::prove;

/// The text with spaces for separating tabs, and more indentation within brackets. White space in scalars
/// stays, but at the start of their further lines in brackets, where it says nothing.
///
/// `None` where the second parser rejects the text too.
pub(super) fn relax(text: &str) -> Option<String> {
    let mut writer = Writer {
        text,
        at: 0,
        pad: 0,
        out: String::with_capacity(text.len() * 2),
    };
    let mut open = Vec::new();
    for next in Parser::new_from_str_with_options(text, prove::options(text)) {
        let (event, span) = next.ok()?;
        let range = span.byte_range()?;
        match event {
            Event::Scalar(..) => {
                writer.gap(range.start);
                writer.scalar(range.end);
            }
            Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                let flow = style == StructureStyle::Flow;
                if flow && !open.contains(&true) {
                    writer.gap(range.start);
                    let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
                    writer.pad = text[line..range.start].chars().count();
                }
                open.push(flow);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
                if writer.pad > 0 && !open.contains(&true) {
                    writer.gap(range.end);
                    writer.pad = 0;
                }
            }
            _ => {}
        }
    }
    writer.gap(text.len());
    Some(writer.out)
}

struct Writer<'t> {
    text: &'t str,
    at: usize,
    /// More indentation for each line within brackets; 0 outside.
    pad: usize,
    out: String,
}

impl<'t> Writer<'t> {
    /// Copies what stands between scalars.
    fn gap(&mut self, end: usize) {
        let mut separator = false;
        for c in self.take(end).chars() {
            if c == '\t' && separator {
                self.out.push(' ');
                continue;
            }
            separator = matches!(c, ':' | '-' | '?' | ',' | '{' | '[') || (separator && c == ' ');
            self.push(c);
        }
    }

    fn scalar(&mut self, end: usize) {
        self.take(end).chars().for_each(|c| self.push(c));
    }

    /// The text up to `end`; an empty scalar may be said to stand before what was read already.
    fn take(&mut self, end: usize) -> &'t str {
        let text = self.text.get(self.at..end).unwrap_or_default();
        self.at = self.at.max(end);
        text
    }

    fn push(&mut self, c: char) {
        self.out.push(c);
        if c == '\n' {
            self.out.extend(std::iter::repeat_n(' ', self.pad));
        }
    }
}
