//! Prints scalars in every way that means the same to Kubernetes.

use kubetemper::yaml::scalar::{self, Plain};
use serde_json::Value;

use crate::style::{Dice, Feature};

/// Tells whether a text can stand bare as this very string.
pub fn is_bare(text: &str, flow: bool) -> bool {
    let first_is_word = text
        .strip_prefix('-')
        .unwrap_or(text)
        .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '(' | '$'));
    first_is_word
        && text.chars().all(|c| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric())
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        // `{{` outside quotes is taken for a template.
        && !text.contains("{{")
        // The first parser rejects `{a: b -}`.
        && !(flow && (text.ends_with(" -") || text.contains([',', '[', ']', '{', '}', '?'])))
        && scalar::resolve(text) == Plain::Value(Value::String(text.to_owned()))
}

pub fn key(key: &str, flow: bool, dice: &mut Dice<'_>) -> String {
    if key == "true" && dice.chance(Feature::Yaml11) {
        return dice.pick(&["yes", "on", "y", "True"]).to_owned();
    }
    let quotes = dice.chance(Feature::Quotes);
    if is_bare(key, flow) && !quotes {
        key.to_owned()
    } else {
        quoted(key, None, dice)
    }
}

/// A scalar that is no block scalar. Further lines, where allowed, are indented by `lines`.
pub fn inline(value: &Value, flow: bool, lines: Option<usize>, dice: &mut Dice<'_>) -> String {
    let old = dice.chance(Feature::Yaml11);
    match value {
        Value::Bool(true) if old => dice.pick(&["yes", "on", "True", "YES", "y", "On"]).into(),
        Value::Bool(false) if old => dice.pick(&["no", "off", "False", "NO", "n", "Off"]).into(),
        Value::Number(number) => match number.as_u64() {
            Some(integer) if old => match dice.below(6) {
                0 => format!("0{integer:o}"),
                1 => format!("0o{integer:o}"),
                2 => format!("0x{integer:X}"),
                3 => format!("0b{integer:b}"),
                4 => format!("+{integer}"),
                _ => format!("{integer}_"),
            },
            _ => number.to_string(),
        },
        Value::String(text) => string(text, flow, lines, dice),
        other => other.to_string(),
    }
}

fn string(text: &str, flow: bool, lines: Option<usize>, dice: &mut Dice<'_>) -> String {
    let lines = lines.filter(|_| dice.chance(Feature::Folded));
    let quotes = dice.chance(Feature::Quotes);
    if !is_bare(text, flow) || quotes {
        return quoted(text, lines, dice);
    }
    match lines {
        Some(indent) => fold(text, indent, |before, after| {
            before != ':' && after.is_alphanumeric()
        }),
        None => text.to_owned(),
    }
}

/// Breaks lines at single spaces between characters that allow it.
fn fold(text: &str, indent: usize, allowed: impl Fn(char, char) -> bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let neighbours = at
            .checked_sub(1)
            .and_then(|before| Some((chars.get(before)?, chars.get(at + 1)?)));
        match neighbours {
            Some((before, after))
                if *c == ' ' && *before != ' ' && *after != ' ' && allowed(*before, *after) =>
            {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
            }
            _ => out.push(*c),
        }
    }
    out
}

fn quoted(text: &str, lines: Option<usize>, dice: &mut Dice<'_>) -> String {
    let simple = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    if dice.below(2) == 0 && text.chars().all(simple) {
        let escaped = text.replace('\'', "''");
        let body = lines.map_or_else(
            || escaped.clone(),
            |indent| fold(&escaped, indent, |_, _| true),
        );
        return format!("'{body}'");
    }
    double(text, lines, dice)
}

/// A character as JSON and YAML escape it.
pub fn escape(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

/// A text in double quotes on one line.
pub fn double_quoted(text: &str, dice: &mut Dice<'_>) -> String {
    double(text, None, dice)
}

fn double(text: &str, lines: Option<usize>, dice: &mut Dice<'_>) -> String {
    let simple = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    let mut body = String::new();
    for c in text.chars() {
        match c {
            '"' => body.push_str("\\\""),
            '\\' => body.push_str("\\\\"),
            '\n' => body.push_str("\\n"),
            '\r' => body.push_str("\\r"),
            '\t' => body.push_str("\\t"),
            '\u{85}' => body.push_str("\\N"),
            '\u{2028}' => body.push_str("\\L"),
            c if !simple(c) && u32::from(c) < 0x1_0000 => {
                body.push_str(&escape(c));
            }
            c if c.is_ascii_alphabetic() && dice.below(20) == 0 => {
                body.extend(["\\x", &format!("{:02X}", u32::from(c))]);
            }
            c => body.push(c),
        }
    }
    if let Some(indent) = lines {
        body = fold(&body, indent, |before, _| before != '\\');
        if let Some(at) = body.find("ab") {
            // An escaped line break says nothing.
            body.insert_str(at + 1, &format!("\\\n{}", " ".repeat(indent)));
        }
    }
    format!("\"{body}\"")
}

/// A block scalar: its header, its lines with indentation, and whether it keeps its last line breaks.
pub struct Block {
    pub header: String,
    pub body: String,
    pub indent: usize,
    pub keep: bool,
}

/// Prints a text as a block scalar below a parent at a column, if it can be one.
pub fn block(text: &str, parent: usize, dice: &mut Dice<'_>) -> Option<Block> {
    let simple = |c: char| matches!(c, ' ' | '\n') || c.is_ascii_graphic() || (c.is_alphanumeric());
    let content = text.trim_end_matches('\n');
    if content.trim().is_empty() || !text.chars().all(simple) {
        return None;
    }
    let breaks = text.len() - content.len();
    let keep = breaks > 1 || (breaks == 1 && dice.below(4) == 0);
    let chomp = match breaks {
        0 => "-",
        _ if keep => "+",
        _ => "",
    };
    let step = 1 + dice.below(6);
    let indent = parent + step;
    let pad = " ".repeat(indent);
    let leading = content
        .lines()
        .find(|line| !line.is_empty())
        .is_some_and(|line| line.starts_with(' '));
    let explicit = leading || dice.below(6) == 0;
    let mut indicators = if explicit {
        [step.to_string(), chomp.to_owned()]
    } else {
        [String::new(), chomp.to_owned()]
    };
    if dice.below(2) == 0 {
        indicators.reverse();
    }
    let foldable = content.lines().all(|line| !line.starts_with(' '));
    let folded = foldable && dice.below(3) == 0;
    let mut body = String::new();
    let mut push = |line: &str| {
        if !line.is_empty() {
            body.push_str(&pad);
            body.push_str(line);
        }
        body.push('\n');
    };
    if folded {
        let start = content.len() - content.trim_start_matches('\n').len();
        (0..start).for_each(|_| push(""));
        for (at, line) in content[start..].split('\n').enumerate() {
            // One more line break than are meant.
            if at > 0 {
                push("");
            }
            if !line.is_empty() {
                fold(line, 0, |_, after| after != '#')
                    .split('\n')
                    .for_each(&mut push);
            }
        }
    } else {
        content.split('\n').for_each(&mut push);
    }
    (1..breaks).for_each(|_| push(""));
    Some(Block {
        header: format!("{}{}", if folded { '>' } else { '|' }, indicators.concat()),
        body,
        indent,
        keep,
    })
}
