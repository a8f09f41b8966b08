//! Prints values as a stream of YAML or JSON documents in a random style, and remembers the comments.

use serde_json::{Map, Value};

use crate::scalars;
use crate::style::{Dice, Feature, Style};

/// A printed stream.
#[derive(Debug)]
pub struct Printed {
    pub text: String,
    /// What each document says.
    pub values: Vec<Value>,
    pub comments: Vec<String>,
}

/// Prints a stream.
pub fn print(values: &[Value], style: &Style) -> Printed {
    let mut printer = Printer {
        style,
        out: String::new(),
        comments: Vec::new(),
        values: Vec::new(),
        anchors: Vec::new(),
        open: Vec::new(),
        place: String::new(),
        step: 2,
        dash: 0,
        block: Open::default(),
    };
    for value in values {
        let at = printer.values.len();
        if Dice::at(style, &format!("empty {at}")).chance(Feature::Empty) {
            printer.document(&Value::Null);
        }
        printer.document(value);
    }
    printer.finish()
}

/// The block scalar that the text ends in, if it does.
#[derive(Default)]
pub struct Open {
    pub end: usize,
    pub indent: usize,
    pub keep: bool,
}

/// Where a value stands: below a key or behind a dash at a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    Key,
    Dash,
}

pub struct Printer<'s> {
    pub style: &'s Style,
    pub out: String,
    pub comments: Vec<String>,
    values: Vec<Value>,
    pub anchors: Vec<(String, Value)>,
    /// Anchors of the collections that are being printed: an alias would be part of its own value.
    pub open: Vec<String>,
    place: String,
    step: usize,
    dash: usize,
    pub block: Open,
}

impl<'s> Printer<'s> {
    pub fn dice(&self, what: &str) -> Dice<'s> {
        Dice::at(self.style, &format!("{} {what}", self.place))
    }

    /// Prints something at a place further down.
    pub fn below<T>(&mut self, token: &str, print: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.place.len();
        self.place.push('/');
        self.place.push_str(token);
        let result = print(self);
        self.place.truncate(length);
        result
    }

    fn document(&mut self, value: &Value) {
        let first = self.values.is_empty();
        self.place = format!("{}", self.values.len());
        self.values.push(value.clone());
        self.anchors.clear();
        let mut dice = self.dice("document");
        self.step = if dice.chance(Feature::Steps) {
            1 + dice.below(8)
        } else {
            2
        };
        self.dash = if dice.chance(Feature::Dashes) {
            dice.below(self.step + 2)
        } else {
            0
        };
        let json = dice.chance(Feature::Json);
        let kyaml = dice.chance(Feature::Kyaml);
        let collection = value.is_object() || value.is_array();
        let mut fresh = true;
        if !first || dice.chance(Feature::Markers) || value.is_null() {
            if first {
                self.trivia(0);
                if dice.chance(Feature::Directive) {
                    self.out.push_str("%YAML 1.2\n");
                }
            }
            self.out.push_str("---");
            if collection && (json || kyaml) && dice.below(2) == 0 {
                self.out.push(' ');
                fresh = false;
            } else if collection && !json && !kyaml && dice.chance(Feature::Tags) {
                self.out.push_str(if value.is_object() {
                    " !!map"
                } else {
                    " !!seq"
                });
                self.end_of_line();
            } else {
                self.end_of_line();
            }
        }
        if fresh {
            self.trivia(0);
        }
        if value.is_null() {
            // Nothing but comments.
        } else if json && collection {
            self.json(value);
        } else if kyaml && collection {
            self.kyaml(value);
        } else {
            self.root(value);
        }
        self.trivia(0);
        if dice.chance(Feature::Markers) {
            self.out.push_str("...");
            self.end_of_line();
            self.trivia(0);
        }
    }

    fn root(&mut self, value: &Value) {
        let mut dice = self.dice("root");
        if !value.is_object() && !value.is_array() {
            let text = scalars::inline(value, false, None, &mut dice);
            self.out.push_str(&text);
            self.end_of_line();
            return;
        }
        let column = if dice.chance(Feature::RootIndent) {
            dice.below(5)
        } else {
            0
        };
        match value {
            Value::Object(map) if !map.is_empty() => self.mapping(map, column, false),
            Value::Array(items) if !items.is_empty() => self.sequence(items, column, false),
            empty => {
                self.out.push_str(&empty.to_string());
                self.end_of_line();
            }
        }
    }

    fn finish(mut self) -> Printed {
        let mut dice = Dice::at(self.style, "finish");
        if self.block.keep && self.block.end == self.out.len() {
            // Edits after a `|+` at the very end are refused: kubectl's reader adds a line break there.
            self.comment_line(0);
        }
        if dice.chance(Feature::Unterminated) && self.out.ends_with('\n') {
            self.out.pop();
        }
        let mut text = String::new();
        if dice.chance(Feature::Bom) {
            text.push('\u{feff}');
        }
        let crlf = dice.chance(Feature::Crlf);
        let mixed = dice.chance(Feature::MixedBreaks);
        for line in self.out.split_inclusive('\n') {
            match line.strip_suffix('\n') {
                Some(line) if crlf || (mixed && dice.below(3) == 0) => {
                    text.push_str(line);
                    text.push_str("\r\n");
                }
                _ => text.push_str(line),
            }
        }
        Printed {
            text,
            values: self.values,
            comments: self.comments,
        }
    }

    fn mapping(&mut self, map: &Map<String, Value>, column: usize, mut started: bool) {
        let mut dice = self.dice("mapping");
        let base = self.merge_base(map, &mut dice);
        if let Some((name, _)) = &base {
            self.entry_start(column, started);
            started = false;
            let list = dice.below(4) == 0;
            let (open, close) = if list { ("<<: [*", "]") } else { ("<<: *", "") };
            self.out.extend([open, name, close]);
            self.end_of_line();
        }
        for (key, value) in map {
            let inherited = base
                .as_ref()
                .and_then(|(_, base)| base.get(key))
                .is_some_and(|other| other == value);
            if inherited && dice.below(8) > 0 {
                continue;
            }
            self.entry_start(column, started);
            started = false;
            self.below(key, |printer| printer.entry(key, value, column));
        }
    }

    /// Goes to the place of a key or dash; `started` says that the cursor is there already.
    fn entry_start(&mut self, column: usize, started: bool) {
        if !started {
            self.trivia(column);
            self.out.push_str(&" ".repeat(column));
        }
    }

    fn entry(&mut self, key: &str, value: &Value, column: usize) {
        let mut dice = self.dice("entry");
        let text = scalars::key(key, false, &mut dice);
        if !dice.chance(Feature::Explicit) {
            self.out.push_str(&text);
            if dice.chance(Feature::Blank) {
                self.out.push_str(&dice.spaces(0, 1));
            }
            self.out.push(':');
            self.value(value, column, Parent::Key);
            return;
        }
        self.out.push('?');
        self.out.push_str(&dice.spaces(1, 3));
        self.out.push_str(&text);
        self.end_of_line();
        if value.is_null() && dice.chance(Feature::Null) {
            return;
        }
        self.entry_start(column, false);
        self.out.push(':');
        self.value(value, column, Parent::Key);
    }

    fn sequence(&mut self, items: &[Value], column: usize, mut started: bool) {
        for (at, item) in items.iter().enumerate() {
            self.entry_start(column, started);
            started = false;
            self.out.push('-');
            self.below(&at.to_string(), |printer| {
                printer.value(item, column, Parent::Dash);
            });
        }
    }

    /// What follows a `:` or `-` at a column, with its line break.
    fn value(&mut self, value: &Value, column: usize, parent: Parent) {
        let mut dice = self.dice("value");
        let gap = match (dice.chance(Feature::Tabs), dice.chance(Feature::Blank)) {
            (true, _) if parent == Parent::Key => "\t".to_owned(),
            (_, true) => dice.spaces(1, 3),
            _ => " ".to_owned(),
        };
        if let Some(alias) = self.alias(value, &mut dice) {
            self.gap(&gap, column, &mut dice);
            self.out.push_str(&alias);
            self.end_of_line();
            return;
        }
        let (properties, name) = self.properties(value, true, &mut dice);
        self.out.push_str(&properties);
        match value {
            Value::Null if dice.chance(Feature::Null) => {
                if dice.below(2) == 0 {
                    self.out.push_str(" ~");
                }
                self.end_of_line();
            }
            Value::Object(map) if !map.is_empty() && !dice.chance(Feature::Flow) => {
                let step = if dice.chance(Feature::Steps) {
                    1 + dice.below(8)
                } else {
                    self.step
                };
                let (at, started) =
                    self.start_block(properties.is_empty(), column, step, parent, &mut dice);
                self.mapping(map, at, started);
            }
            Value::Array(items) if !items.is_empty() && !dice.chance(Feature::Flow) => {
                let least = usize::from(parent == Parent::Dash);
                let dash = if dice.chance(Feature::Dashes) {
                    dice.below(8)
                } else {
                    self.dash
                };
                let (at, started) = self.start_block(
                    properties.is_empty(),
                    column,
                    dash.max(least),
                    parent,
                    &mut dice,
                );
                self.sequence(items, at, started);
            }
            Value::Object(_) | Value::Array(_) => {
                self.gap(&gap, column, &mut dice);
                self.flow(value, column);
                self.end_of_line();
            }
            Value::String(text) if dice.chance(Feature::BlockScalars) => {
                match scalars::block(text, column, &mut dice) {
                    Some(block) => self.block_scalar(&block),
                    None => self.plain_value(value, &gap, column, &mut dice),
                }
            }
            _ => self.plain_value(value, &gap, column, &mut dice),
        }
        self.anchored(name, value);
    }

    fn plain_value(&mut self, value: &Value, gap: &str, column: usize, dice: &mut Dice<'_>) {
        self.gap(gap, column, dice);
        let lines = column + 1 + dice.below(6);
        let text = scalars::inline(value, false, Some(lines), dice);
        self.out.push_str(&text);
        self.end_of_line();
    }

    /// White space before a value, or a line break.
    fn gap(&mut self, gap: &str, column: usize, dice: &mut Dice<'_>) {
        if dice.chance(Feature::NextLine) {
            self.end_of_line();
            self.trivia(column + 1);
            self.out.push_str(&" ".repeat(column + 1 + dice.below(4)));
        } else {
            self.out.push_str(gap);
        }
    }

    /// Begins a block collection: beside its dash, or on the next line. Returns its column.
    fn start_block(
        &mut self,
        bare: bool,
        column: usize,
        step: usize,
        parent: Parent,
        dice: &mut Dice<'_>,
    ) -> (usize, bool) {
        let next_line = dice.chance(Feature::NextLine);
        if parent == Parent::Dash && bare && !next_line {
            let spaces = if dice.chance(Feature::Steps) {
                1 + dice.below(5)
            } else {
                1
            };
            self.out.push_str(&" ".repeat(spaces));
            return (column + 1 + spaces, true);
        }
        self.end_of_line();
        (column + step, false)
    }

    fn block_scalar(&mut self, block: &scalars::Block) {
        self.out.push(' ');
        self.out.push_str(&block.header);
        self.end_of_line();
        self.out.push_str(&block.body);
        self.block = Open {
            end: self.out.len(),
            indent: block.indent,
            keep: block.keep,
        };
    }
}
