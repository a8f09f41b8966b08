//! Writes values as YAML or JSON text, in a style measured from the surroundings.

use serde_json::{Map, Value};

use super::scalar;

/// How block collections are indented here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// Columns from a mapping to a mapping below it.
    pub(super) step: Option<usize>,
    /// Columns from a key to the dashes of its sequence.
    pub(super) dash: Option<usize>,
}

impl Style {
    pub(super) fn step(self) -> usize {
        self.step.unwrap_or(2)
    }

    fn dash(self) -> usize {
        self.dash.unwrap_or(0)
    }
}

/// What a flow collection puts in double quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Notation {
    /// Only what needs them.
    #[default]
    Bare,
    /// Strings but not keys: KYAML (KEP-5295).
    Kyaml,
    /// Strings and keys.
    Json,
}

/// How flow collections are written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flavour {
    /// What stands in double quotes.
    pub(super) notation: Notation,
    /// No space after `:` and `,`.
    pub(super) compact: bool,
    /// Commas also after the last entry of a collection that spans lines.
    pub(super) trailing_comma: bool,
}

/// A scalar, `[]` or `{}` as it stands in block context.
pub(super) fn scalar_text(value: &Value, flavour: Flavour) -> String {
    match value {
        Value::String(text) if flavour.notation != Notation::Bare => scalar::double_quoted(text),
        Value::String(text) => string(text),
        other => other.to_string(),
    }
}

fn string(text: &str) -> String {
    if scalar::is_plain_safe(text) {
        text.to_owned()
    } else {
        scalar::double_quoted(text)
    }
}

fn key_text(key: &str, flavour: Flavour) -> String {
    // The merge key is only ever written by this program as itself.
    match key {
        "<<" => key.to_owned(),
        _ if flavour.notation == Notation::Json => scalar::double_quoted(key),
        _ => string(key),
    }
}

/// Tells whether a value takes lines of its own in block context.
pub(super) fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// A value on one line, in flow style.
pub(super) fn flow(value: &Value, flavour: Flavour) -> String {
    let comma = if flavour.compact { "," } else { ", " };
    match value {
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| flow_entry(key, value, flavour))
                .collect();
            format!("{{{}}}", entries.join(comma))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, flavour)).collect();
            format!("[{}]", items.join(comma))
        }
        scalar => scalar_text(scalar, flavour),
    }
}

/// `key: value` on one line, in flow style.
pub(super) fn flow_entry(key: &str, value: &Value, flavour: Flavour) -> String {
    let key = key_text(key, flavour);
    // Only after a quoted key may the value follow at once.
    let colon = if flavour.compact && key.ends_with('"') {
        ":"
    } else {
        ": "
    };
    format!("{key}{colon}{}", flow(value, flavour))
}

/// `key: value` in flow style over several lines; the caller has written the indentation of the first.
pub(super) fn flow_entry_lines(
    key: &str,
    value: &Value,
    flavour: Flavour,
    lines: &Lines<'_>,
) -> String {
    format!(
        "{}: {}",
        key_text(key, flavour),
        flow_lines(value, flavour, lines)
    )
}

/// Indentation for flow style over several lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lines<'a> {
    /// White space before the entry that is written.
    pub(super) prefix: &'a str,
    /// What one more level adds.
    pub(super) unit: &'a str,
    /// The file's line break.
    pub(super) newline: &'a str,
}

/// A value in flow style over several lines.
pub(super) fn flow_lines(value: &Value, flavour: Flavour, lines: &Lines<'_>) -> String {
    let inner = format!("{}{}", lines.prefix, lines.unit);
    let deeper = Lines {
        prefix: &inner,
        ..*lines
    };
    let (open, close, entries): (_, _, Vec<String>) = match value {
        Value::Object(map) if !map.is_empty() => (
            '{',
            '}',
            map.iter()
                .map(|(key, value)| flow_entry_lines(key, value, flavour, &deeper))
                .collect(),
        ),
        Value::Array(items) if !items.is_empty() => (
            '[',
            ']',
            items
                .iter()
                .map(|item| flow_lines(item, flavour, &deeper))
                .collect(),
        ),
        scalar => return flow(scalar, flavour),
    };
    let separator = format!(",{}{inner}", lines.newline);
    let last = if flavour.trailing_comma { "," } else { "" };
    let (newline, prefix) = (lines.newline, lines.prefix);
    format!(
        "{open}{newline}{inner}{}{last}{newline}{prefix}{close}",
        entries.join(&separator)
    )
}

/// The lines of a block mapping at a column, without line breaks.
pub(super) fn block_mapping(map: &Map<String, Value>, column: usize, style: Style) -> Vec<String> {
    let indent = " ".repeat(column);
    let mut lines = Vec::new();
    for (key, value) in map {
        let key = key_text(key, Flavour::default());
        if is_block(value) {
            lines.push(format!("{indent}{key}:"));
            lines.extend(block_below(value, column, style));
        } else {
            lines.push(format!(
                "{indent}{key}: {}",
                scalar_text(value, Flavour::default())
            ));
        }
    }
    lines
}

/// The lines of a block sequence whose dashes stand at a column.
pub(super) fn block_sequence(items: &[Value], column: usize, style: Style) -> Vec<String> {
    let indent = " ".repeat(column);
    let mut lines = Vec::new();
    for item in items {
        if is_block(item) {
            let mut inner = block_at(item, column + 2, style);
            if let Some(first) = inner.first_mut() {
                *first = format!("{indent}- {}", first.trim_start());
            }
            lines.extend(inner);
        } else {
            lines.push(format!(
                "{indent}- {}",
                scalar_text(item, Flavour::default())
            ));
        }
    }
    lines
}

/// The lines of a collection that is the value of a key at `column`.
pub(super) fn block_below(value: &Value, column: usize, style: Style) -> Vec<String> {
    let distance = match value {
        Value::Object(_) => style.step(),
        _ => style.dash(),
    };
    block_at(value, column + distance, style)
}

/// The lines of a collection at a column.
pub(super) fn block_at(value: &Value, column: usize, style: Style) -> Vec<String> {
    match value {
        Value::Object(map) => block_mapping(map, column, style),
        Value::Array(items) => block_sequence(items, column, style),
        _ => Vec::new(),
    }
}
