//! From a JSON value to a typed one, with errors that say where, what is wrong, and what was probably meant.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;

/// Why a value is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// From the root of the value to the place.
    pub path: Vec<Step>,
    /// What is wrong there.
    pub what: What,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A key of a mapping.
    Key(String),
    /// An index of a list.
    Index(usize),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The last key of the path does not exist; these do.
    UnknownKey(Vec<String>),
    /// This text is none of these.
    UnknownValue(String, Vec<String>),
    /// Something else, in words, with what to do about it.
    Other(String),
}

/// Turns a value into a typed one.
///
/// # Errors
/// The first thing that does not fit.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Mistake> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let step = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let path = error.path().iter().filter_map(step).collect();
        what(path, &error.into_inner().to_string())
    })
}

/// The text among `known` that is nearest to `word`, if any is near.
#[must_use]
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    similar::get_close_matches(word, known, 1, 0.5)
        .first()
        .copied()
}

impl Mistake {
    /// A mistake in words.
    #[must_use]
    pub fn new(path: Vec<Step>, what: impl Into<String>) -> Self {
        Self {
            path,
            what: What::Other(what.into()),
        }
    }

    /// Puts steps before the path: the value was a part of a greater one.
    #[must_use]
    pub fn below(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.path.splice(0..0, steps);
        self
    }

    /// The path as a JSON Pointer.
    #[must_use]
    pub fn pointer(&self) -> String {
        let token = |step: &Step| match step {
            Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => format!("/{index}"),
        };
        self.path.iter().map(token).collect()
    }
}

impl fmt::Display for Mistake {
    /// `spec.overrides[0].match: what is wrong; what to do`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.path.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if key.contains(['.', '/', ' ']) => write!(f, "[\"{key}\"]")?,
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        match &self.what {
            What::UnknownKey(known) => {
                let key = match self.path.last() {
                    Some(Step::Key(key)) => key,
                    _ => "",
                };
                write!(f, "there is no such key; {}", hint(key, known))
            }
            What::UnknownValue(value, known) => {
                write!(f, "`{value}` is not possible here; {}", hint(value, known))
            }
            What::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Mistake {}

fn hint(word: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match (nearest(word, &known), known.as_slice()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, []) => "remove it".to_owned(),
        (None, [only]) => format!("`{only}` is expected"),
        (None, known) => format!("one of `{}` is expected", known.join("`, `")),
    }
}

/// Reads serde's message: its wording is the same for all formats.
fn what(mut path: Vec<Step>, message: &str) -> Mistake {
    let quoted = |text: &str| -> Vec<String> {
        text.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let (head, rest) = message.split_once(", ").unwrap_or((message, ""));
    let name = || quoted(head).into_iter().next().unwrap_or_default();
    let what = if head.starts_with("unknown field `") {
        let key = Step::Key(name());
        if path.last() != Some(&key) {
            path.push(key);
        }
        What::UnknownKey(quoted(rest))
    } else if head.starts_with("unknown variant `") {
        What::UnknownValue(name(), quoted(rest))
    } else if head.starts_with("missing field `") {
        What::Other(format!("the key `{}` is missing; add it", name()))
    } else if let Some((found, expected)) = message
        .strip_prefix("invalid type: ")
        .and_then(|types| types.rsplit_once(", expected "))
    {
        What::Other(wrong_type(found, expected))
    } else {
        What::Other(message.to_owned())
    };
    Mistake { path, what }
}

/// Says which type is wrong and which is expected, in words of YAML.
fn wrong_type(found: &str, expected: &str) -> String {
    let expected = match expected {
        "a map" => "a mapping",
        "a sequence" => "a list",
        "a boolean" => "`true` or `false`",
        "string or map" | "variant identifier" => "a string",
        text if text.starts_with("struct ") => "a mapping",
        text if matches!(text.as_bytes(), [b'u' | b'i', b'0'..=b'9', ..]) => "a whole number",
        text => text,
    };
    let scalar = ["integer ", "floating point ", "boolean "]
        .iter()
        .find_map(|name| found.strip_prefix(name));
    let found = match found {
        "map" => "a mapping",
        "sequence" => "a list",
        text => scalar.or(text.strip_prefix("string ")).unwrap_or(text),
    };
    let help = if scalar.is_some() && expected == "a string" {
        "; put it in quotes"
    } else {
        ""
    };
    format!("{found} stands here, but {expected} is expected{help}")
}
