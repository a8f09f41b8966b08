//! A table of images: an index by name, and entries that are read when they are asked for.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use super::facts::Facts;
use super::{name, versions};
use crate::exempt::matches;

/// The table that comes with the program.
pub(super) const TEXT: &str = include_str!("facts.yaml");

static BUILT_IN: LazyLock<Table> = LazyLock::new(|| Table::lazy(TEXT));

/// Images by name.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    exact: HashMap<String, Vec<usize>>,
    /// Patterns with a `*`, the longest first.
    patterns: Vec<(String, Vec<usize>)>,
}

/// The head of an entry, and the facts once somebody asked.
#[derive(Debug)]
struct Row {
    versions: Option<String>,
    text: &'static str,
    facts: OnceLock<Option<Facts>>,
}

/// The keys by which an entry is found.
#[derive(Debug, Deserialize)]
struct Head {
    image: String,
    #[serde(default)]
    aliases: Vec<String>,
    versions: Option<String>,
}

/// What a table has on an image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'t> {
    pub(super) facts: &'t Facts,
    /// Other tags of the image have other facts.
    pub(super) depends_on_tag: bool,
}

impl Table {
    /// The table that comes with the program.
    pub(super) fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// A table of entries that somebody gives.
    pub(super) fn of(entries: Vec<Facts>) -> Self {
        let mut table = Self::default();
        for entry in entries {
            let head = Head {
                image: entry.image.clone(),
                aliases: entry.aliases.clone(),
                versions: entry.versions.clone(),
            };
            table.add(head, "", OnceLock::from(Some(entry)));
        }
        table.sorted()
    }

    /// Reads the heads of a text's entries, and leaves the rest for later: to read all takes longer than most runs.
    fn lazy(text: &'static str) -> Self {
        let entries = chunks(text);
        let heads: String = entries.iter().map(|entry| head(entry)).collect();
        let heads: Vec<Head> = yaml_serde::from_str(&heads).unwrap_or_default();
        let mut table = Self::default();
        for (head, text) in heads.into_iter().zip(entries) {
            table.add(head, text, OnceLock::new());
        }
        table.sorted()
    }

    fn add(&mut self, head: Head, text: &'static str, facts: OnceLock<Option<Facts>>) {
        let index = self.rows.len();
        self.rows.push(Row {
            versions: head.versions,
            text,
            facts,
        });
        let mut names: Vec<String> = std::iter::once(&head.image)
            .chain(&head.aliases)
            .map(|pattern| name::pattern(pattern))
            .collect();
        names.sort();
        names.dedup();
        for name in names {
            if !name.contains('*') {
                self.exact.entry(name).or_default().push(index);
            } else if let Some((_, rows)) =
                self.patterns.iter_mut().find(|(known, _)| *known == name)
            {
                rows.push(index);
            } else {
                self.patterns.push((name, vec![index]));
            }
        }
    }

    fn sorted(mut self) -> Self {
        self.patterns
            .sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.len()));
        self
    }

    /// What the table has on an image of a canonical name.
    pub(super) fn find(&self, name: &str, tag: Option<&str>) -> Option<Found<'_>> {
        let rows = self.indices(name)?;
        let fits = |row: &&Row| {
            let versions = row.versions.as_deref();
            versions.is_none_or(|condition| versions::fit(condition, tag))
        };
        let row = rows.iter().map(|index| &self.rows[*index]).find(fits)?;
        Some(Found {
            facts: row.facts()?,
            depends_on_tag: rows.len() > 1,
        })
    }

    /// All that the table has on an image of a canonical name, whatever the tag.
    pub(super) fn all(&self, name: &str) -> Option<impl Iterator<Item = &Facts>> {
        let rows = self.indices(name)?.iter().map(|index| &self.rows[*index]);
        Some(rows.filter_map(Row::facts))
    }

    fn indices(&self, name: &str) -> Option<&[usize]> {
        let exact = self.exact.get(name).map(Vec::as_slice);
        exact.or_else(|| {
            let mut patterns = self.patterns.iter();
            let found = patterns.find(|(pattern, _)| matches(pattern, name));
            found.map(|(_, rows)| rows.as_slice())
        })
    }

    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &[usize])> {
        let exact = self.exact.iter();
        let exact = exact.map(|(name, rows)| (name.as_str(), rows.as_slice()));
        let patterns = self.patterns.iter();
        exact.chain(patterns.map(|(name, rows)| (name.as_str(), rows.as_slice())))
    }
}

impl Row {
    fn facts(&self) -> Option<&Facts> {
        let read = || {
            let entries: Vec<Facts> = yaml_serde::from_str(self.text).ok()?;
            entries.into_iter().next()
        };
        self.facts.get_or_init(read).as_ref()
    }
}

/// The text of each entry of a list.
pub(super) fn chunks(text: &'static str) -> Vec<&'static str> {
    let mut starts: Vec<usize> = text
        .match_indices("\n- image:")
        .map(|(at, _)| at + 1)
        .collect();
    starts.push(text.len());
    starts
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect()
}

/// The lines of an entry by which it is found.
fn head(entry: &str) -> &str {
    const KEYS: [&str; 3] = ["- image:", "  aliases:", "  versions:"];
    let lines = entry.split_inclusive('\n');
    let ours = lines.take_while(|line| KEYS.iter().any(|key| line.starts_with(key)));
    &entry[..ours.map(str::len).sum()]
}
