//! Colour, and text that a terminal can be trusted with.

use std::fmt::Write;

use annotate_snippets::renderer::{AnsiColor, Style};

use crate::change::Risk;
use crate::pod_security::Level;

/// Lines are wrapped before this column.
const WIDTH: usize = 100;

pub(super) const TITLE: Style = Style::new().bold();
pub(super) const GUTTER: Style = AnsiColor::BrightBlue.on_default().bold();
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
pub(super) const DIM: Style = Style::new().dimmed();

/// Paints or does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Painter {
    pub(super) color: bool,
}

impl Painter {
    /// A text in a style.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn level(self, level: Level) -> String {
        let color = match level {
            Level::Privileged => AnsiColor::Red,
            Level::Baseline => AnsiColor::Yellow,
            Level::Restricted => AnsiColor::Green,
        };
        self.paint(color.on_default().bold(), &level.to_string())
    }

    /// A risk in a column of its own.
    pub(super) fn risk(self, risk: Risk) -> String {
        let style = match risk {
            Risk::None => DIM,
            Risk::Low => AnsiColor::Cyan.on_default(),
            Risk::High => AnsiColor::Yellow.on_default().bold(),
        };
        self.paint(style, &format!("{risk:4}"))
    }
}

/// Text of others without what would steer a terminal: control characters and marks that turn the direction
/// of writing are spelled out.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let steers = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || steers || c == '\u{feff}' {
            // Writing to a string does not fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A line of a manifest: like [`plain`], but a tab becomes blanks, and a byte order mark goes unseen.
pub(super) fn plain_line(line: &str) -> String {
    plain(&line.trim_start_matches('\u{feff}').replace('\t', "    "))
}

/// Wraps the words of a text that starts at column `start`; the following lines start at column `indent`.
pub(super) fn wrap(text: &str, start: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut column = start;
    let mut empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !empty && column + 1 + length > WIDTH {
            let _ = write!(out, "\n{:indent$}", "");
            column = indent;
        } else if !empty {
            out.push(' ');
            column += 1;
        }
        empty = false;
        out.push_str(word);
        column += length;
    }
    out
}

/// `1 change`, `2 changes`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
