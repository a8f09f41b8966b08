//! Prints collections in brackets: on one line, over several, as JSON, as KYAML.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::print::Printer;
use crate::scalars;
use crate::style::{Dice, Feature};

/// Lines within brackets.
#[derive(Clone, Copy)]
struct Lines {
    /// Column of the closing bracket; `None` for everything on one line.
    column: Option<usize>,
    unit: usize,
    /// Strings in double quotes, a comma after everything, one entry on each line.
    kyaml: bool,
}

impl Printer<'_> {
    /// A whole document as JSON, with a line break.
    pub fn json(&mut self, value: &Value) {
        let mut dice = self.dice("json");
        let indent = dice.pick(&["", "  ", "    ", " ", "   "]);
        let mut bytes = Vec::new();
        if indent.is_empty() {
            serde_json::to_writer(&mut bytes, value).unwrap();
        } else {
            let formatter = PrettyFormatter::with_indent(indent.as_bytes());
            value
                .serialize(&mut Serializer::with_formatter(&mut bytes, formatter))
                .unwrap();
        }
        let text = String::from_utf8(bytes).unwrap();
        // JSON leaves these bare; YAML takes them for line breaks or forbids them.
        for c in text.chars() {
            match c {
                '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                    self.out.push_str(&scalars::escape(c));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('\n');
    }

    /// A whole document as KYAML, with a line break.
    pub fn kyaml(&mut self, value: &Value) {
        let lines = Lines {
            column: Some(0),
            unit: 2,
            kyaml: true,
        };
        self.flow_value(value, lines);
        self.end_of_line();
    }

    /// A collection as the value of a key or dash at a column.
    pub fn flow(&mut self, value: &Value, column: usize) {
        let mut dice = self.dice("flow");
        let lines = Lines {
            column: dice
                .chance(Feature::FlowLines)
                .then(|| column + dice.below(3)),
            unit: 1 + dice.below(4),
            kyaml: false,
        };
        self.flow_value(value, lines);
    }

    fn flow_value(&mut self, value: &Value, lines: Lines) {
        let mut dice = self.dice("flow value");
        let (open, close, length) = match value {
            Value::Object(map) => ('{', '}', map.len()),
            Value::Array(items) => ('[', ']', items.len()),
            Value::String(text) if lines.kyaml => {
                let text = scalars::double_quoted(text, &mut dice);
                self.out.push_str(&text);
                return;
            }
            scalar => {
                let indent = lines.column.map(|column| column + lines.unit);
                let text = scalars::inline(scalar, true, indent, &mut dice);
                self.out.push_str(&text);
                return;
            }
        };
        let spread = lines.kyaml || dice.chance(Feature::FlowLines);
        let lines = match lines.column {
            Some(column) if spread && (length > 0 || dice.chance(Feature::Comments)) => Lines {
                column: Some(column),
                ..lines
            },
            _ => Lines {
                column: None,
                ..lines
            },
        };
        self.out.push(open);
        self.after_bracket(lines, &mut dice);
        let inner = Lines {
            column: lines.column.map(|column| column + lines.unit),
            ..lines
        };
        match value {
            Value::Object(map) => {
                let base = self.merge_base(map, &mut dice);
                let mut left = map.len();
                if let Some((name, _)) = &base {
                    self.out.extend(["<<: *", name]);
                    self.separator(left > 0, lines, &mut dice);
                }
                for (key, value) in map {
                    left -= 1;
                    self.below(key, |printer| printer.pair(key, value, inner));
                    self.separator(left > 0, lines, &mut dice);
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.below(&at.to_string(), |printer| printer.item(item, inner));
                    self.separator(at + 1 < items.len(), lines, &mut dice);
                }
            }
            _ => {}
        }
        self.out.push(close);
    }

    /// After an opening bracket: the place of the first entry, or of the closing bracket.
    fn after_bracket(&mut self, lines: Lines, dice: &mut Dice<'_>) {
        match lines.column {
            Some(column) => self.new_line(column + lines.unit),
            None if dice.chance(Feature::Blank) => self.out.push_str(&dice.spaces(0, 2)),
            None => {}
        }
    }

    fn new_line(&mut self, column: usize) {
        self.end_of_line();
        self.trivia(column);
        self.out.push_str(&" ".repeat(column));
    }

    /// Between two entries, or after the last one.
    fn separator(&mut self, more: bool, lines: Lines, dice: &mut Dice<'_>) {
        if dice.chance(Feature::Blank) {
            self.out.push_str(&dice.spaces(0, 1));
        }
        let last = !more;
        if more || (lines.kyaml && lines.column.is_some()) || dice.chance(Feature::TrailingComma) {
            self.out.push(',');
        }
        match lines.column {
            Some(column) if last => self.new_line(column),
            Some(column) if lines.kyaml || dice.below(4) > 0 => self.new_line(column + lines.unit),
            _ if more => self.out.push_str(&dice.spaces(1, 2)),
            _ => {}
        }
    }

    fn pair(&mut self, key: &str, value: &Value, lines: Lines) {
        let mut dice = self.dice("pair");
        if lines.kyaml {
            let text = if scalars::is_bare(key, true) {
                key.to_owned()
            } else {
                scalars::double_quoted(key, &mut dice)
            };
            self.out.extend([&text, ": "]);
            self.flow_value(value, lines);
            return;
        }
        if dice.chance(Feature::Explicit) {
            self.out.push_str("? ");
        }
        let text = scalars::key(key, true, &mut dice);
        self.out.push_str(&text);
        if value.is_null() && dice.chance(Feature::FlowShort) {
            if dice.below(2) == 0 {
                self.out.push_str(": ");
            }
            return;
        }
        let quoted = text.starts_with(['"', '\'']);
        self.out.push_str(if quoted && dice.below(3) == 0 {
            ":"
        } else {
            ": "
        });
        self.flow_item(value, lines, &mut dice);
    }

    fn item(&mut self, value: &Value, lines: Lines) {
        let mut dice = self.dice("item");
        // The first parser misreads `[a: {b: c}]` and `[a: []]`.
        let pair = value
            .as_object()
            .filter(|map| map.len() == 1 && !lines.kyaml)
            .and_then(|map| map.iter().next())
            .filter(|(_, value)| !value.is_object() && !value.is_array());
        if let Some((key, value)) = pair
            && dice.chance(Feature::FlowShort)
        {
            let lines = Lines {
                column: None,
                ..lines
            };
            self.below(key, |printer| {
                let text = scalars::key(key, true, &mut dice);
                printer.out.extend([&text, ": "]);
                printer.flow_value(value, lines);
            });
            return;
        }
        if lines.kyaml {
            self.flow_value(value, lines);
        } else {
            self.flow_item(value, lines, &mut dice);
        }
    }

    /// A value in brackets, which may be an alias or have an anchor.
    fn flow_item(&mut self, value: &Value, lines: Lines, dice: &mut Dice<'_>) {
        if let Some(alias) = self.alias(value, dice) {
            // `*a,` is not the end of the alias for every parser.
            self.out.extend([&alias, " "]);
            return;
        }
        let (properties, name) = self.properties(value, true, dice);
        if !properties.is_empty() {
            self.out.extend([properties.trim_start(), " "]);
        }
        self.flow_value(value, lines);
        self.anchored(name, value);
    }
}
