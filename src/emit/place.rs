//! Places in a file as other programs count them: lines from 1, and columns in their units.

use super::text::Source;

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Code units of UTF-16, as SARIF. A byte order mark is no part of the text.
    Utf16,
    /// Bytes of UTF-8, as reviewdog. A byte order mark is part of the first line.
    Utf8,
}

/// A line and a column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// The place of a byte offset.
pub(super) fn of(source: &Source<'_>, offset: usize, unit: Unit) -> Place {
    let text = &source.file.before;
    if offset >= text.len() && text.ends_with('\n') {
        return Place {
            line: source.lines.len() + 1,
            column: 1,
        };
    }
    let line = source.lines.at(offset);
    let start = source.lines.start(line);
    let before = text.get(start..offset).unwrap_or_default();
    Place {
        line: line + 1,
        column: width(before, unit) + 1,
    }
}

/// The places where what a line, from 1, says begins and ends.
pub(super) fn of_line(source: &Source<'_>, line: usize, unit: Unit) -> (Place, Place) {
    let content = source.lines.content(line.saturating_sub(1));
    let indent = content.len() - content.trim_start_matches([' ', '\u{feff}']).len();
    let place = |end: usize| Place {
        line: line.max(1),
        column: width(&content[..end], unit) + 1,
    };
    (place(indent), place(content.len()))
}

fn width(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Utf8 => text.len(),
        Unit::Utf16 => text.trim_start_matches('\u{feff}').encode_utf16().count(),
    }
}
