//! Limits of the input: what is beyond is refused before any parser sees it.
//!
//! They are given on the command line alone. The configuration lies in the repository that is looked at, which has no
//! say in how much of the machine it takes.

use std::fmt;
use std::str::FromStr;

use crate::report::Problem;
use crate::yaml::Position;

/// What may be limited, with the limit that counts if nothing is said.
///
/// A file has at most 4 GiB, since offsets have 32 bits. The API server takes objects of 3 MiB, but a `List` or a
/// `ResourceList` is one document and, from `jq -c`, one line.
const NAMES: [(&str, u64); 4] = [
    ("file-size", (1 << 32) - 1),
    ("document-size", 64 << 20),
    ("line-length", 64 << 20),
    ("documents", 1_000_000),
];

/// How much is read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits([u64; 4]);

impl Default for Limits {
    fn default() -> Self {
        Self(NAMES.map(|(_, default)| default))
    }
}

/// One limit: `NAME=SIZE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    index: usize,
    value: u64,
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || NAMES.map(|(name, _)| name).join(", ");
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| format!("write NAME=SIZE; the names are {}", names()))?;
        let index = NAMES.iter().position(|(other, _)| *other == name);
        let index = index.ok_or_else(|| format!("there is no limit `{name}`, but {}", names()))?;
        let units = [("Ki", 10), ("Mi", 20), ("Gi", 30)];
        let unit = units.iter().find(|(unit, _)| value.ends_with(unit));
        let (digits, shift) = unit.map_or((value, 0), |(unit, shift)| {
            (value.trim_end_matches(unit), *shift)
        });
        let number: Option<u64> = digits.parse().ok();
        let size = number.and_then(|number| number.checked_mul(1 << shift));
        let most = if name == "documents" {
            u64::MAX
        } else {
            NAMES[0].1
        };
        size.filter(|value| (1..=most).contains(value))
            .map(|value| Self { index, value })
            .ok_or_else(|| {
                format!("`{value}` is no size from 1 to {most}, such as 512Ki, 64Mi or 1Gi")
            })
    }
}

impl Limits {
    /// The limits that are given, and else those that count without.
    #[must_use]
    pub fn new(given: &[Limit]) -> Self {
        let mut limits = Self::default();
        for limit in given {
            limits.0[limit.index] = limit.value;
        }
        limits
    }

    /// The size of a file.
    pub(super) fn file_size(&self) -> u64 {
        self.0[0]
    }

    /// Checks a text.
    ///
    /// # Errors
    /// The first thing that is beyond a limit.
    pub fn check(&self, text: &str) -> Result<(), Problem> {
        let [file, document, line, documents] = self.0;
        if text.len() as u64 > file {
            return Err(self.too_large(text.len()));
        }
        // Nothing can be beyond them in a text that is not.
        if text.len() as u64 <= document.min(line).min(documents) {
            return Ok(());
        }
        let (mut count, mut start, mut at) = (1, (1, 0), 0);
        for (index, content) in text.split_inclusive('\n').enumerate() {
            let number = index + 1;
            if is_marker(content) {
                count += 1;
                start = (number, at);
            }
            at += content.len();
            if content.len() as u64 > line {
                return Err(self.problem(
                    2,
                    number,
                    &format!("this line has {} bytes", content.len()),
                ));
            }
            if (at - start.1) as u64 > document {
                let what = format!("the document that begins here has more than {document} bytes");
                return Err(self.problem(1, start.0, &what));
            }
            if count > documents {
                return Err(self.problem(3, number, "another document begins here"));
            }
        }
        Ok(())
    }

    /// A file that is larger than it may be.
    pub(super) fn too_large(&self, size: impl fmt::Display) -> Problem {
        self.problem(0, 0, &format!("the file has {size} bytes or more"))
    }

    fn problem(&self, index: usize, line: usize, what: &str) -> Problem {
        let (name, limit) = (NAMES[index].0, self.0[index]);
        Problem {
            position: (line > 0).then_some(Position { line, column: 1 }),
            object: None,
            reason: format!("{what}, and the limit is {limit}"),
            help: format!("split it, or raise the limit with `--limit {name}=...`"),
        }
    }
}

/// Tells whether a line separates documents.
fn is_marker(line: &str) -> bool {
    let rest = line.strip_prefix("---");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}
