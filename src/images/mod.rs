//! What is known of images: the table of the program, entries that the user gives, configurations of images.

mod configuration;
mod facts;
mod file;
mod name;
mod table;
#[cfg(test)]
mod tests;
mod uses;
mod versions;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

pub use configuration::{Configuration, how_to_know};
pub use facts::{
    Confidence, Facts, Ids, Item, Network, Never, NonRoot, Port, ReadOnlyRoot, User, WithWritable,
};

pub(crate) use file::check;
pub use file::read;
pub use uses::{ImageUse, Listed, Uses};

use crate::change::Risk;
use crate::image::Image;
use table::Table;

/// All that is known of images in a run.
#[derive(Debug, Default)]
pub struct Library {
    /// Tables that the user gives, the strongest first.
    tables: Vec<(String, Table)>,
    configurations: Vec<Configuration>,
    /// What was found for references: rules ask for the same image again and again.
    found: RwLock<HashMap<String, Option<Arc<Known>>>>,
}

/// References that are remembered; a stream with more is not worth the memory.
const REMEMBERED: usize = 10_000;

/// What is known of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The facts.
    pub facts: Facts,
    /// Where they come from.
    pub origin: Origin,
}

/// Where facts come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The table of the program.
    Table,
    /// A table that the user gives.
    File(String),
    /// The image's own configuration, maybe with more from a table.
    Configuration(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table => f.write_str("the table of kubetemper"),
            Self::File(path) | Self::Configuration(path) => f.write_str(path),
        }
    }
}

impl Library {
    /// Adds a table; it counts before those that were added earlier.
    pub fn add_table(&mut self, label: &str, entries: Vec<Facts>) {
        self.found = RwLock::default();
        self.tables
            .insert(0, (label.to_owned(), Table::of(entries)));
    }

    /// Adds the configuration of an image, which counts before every table.
    pub fn add_configuration(&mut self, configuration: Configuration) {
        self.found = RwLock::default();
        self.configurations.push(configuration);
    }

    /// What is known of the image of a reference.
    #[must_use]
    pub fn find(&self, reference: &str) -> Option<Arc<Known>> {
        // Nothing is left half done by whoever panics with the lock.
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(reference) {
            return known.clone();
        }
        drop(found);
        let known = self.look_up(reference).map(Arc::new);
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        if found.len() < REMEMBERED {
            found.insert(reference.to_owned(), known.clone());
        }
        known
    }

    fn look_up(&self, reference: &str) -> Option<Known> {
        let image = Image::parse(reference)?;
        let table = self.in_tables(&image);
        let configuration = self.configurations.iter().rev();
        match { configuration }.find(|configuration| configuration.is_of(&image)) {
            Some(configuration) => Some(configuration.known(table)),
            None => table,
        }
    }

    /// What is known of an image, and what of its other tags by the same table.
    #[must_use]
    pub fn with_other_tags(&self, reference: &str) -> Option<(Arc<Known>, Vec<Known>)> {
        let known = self.find(reference)?;
        let image = Image::parse(reference)?;
        let names = name::names(&image);
        let (origin, all) = self.tables().find_map(|(origin, table)| {
            let all = names.iter().find_map(|name| table.all(name));
            Some((origin, all?))
        })?;
        let others = all.filter(|other| other.versions != known.facts.versions);
        let others = others.map(|facts| Known {
            facts: facts.clone(),
            origin: origin.clone(),
        });
        let others = others.collect();
        Some((known, others))
    }

    fn tables(&self) -> impl Iterator<Item = (Origin, &Table)> {
        let given = self.tables.iter();
        let given = given.map(|(label, table)| (Origin::File(label.clone()), table));
        given.chain([(Origin::Table, Table::built_in())])
    }

    fn in_tables(&self, image: &Image<'_>) -> Option<Known> {
        let names = name::names(image);
        for (origin, table) in self.tables() {
            let found = names.iter().find_map(|name| table.find(name, image.tag));
            if let Some(found) = found {
                let mut facts = found.facts.clone();
                if found.depends_on_tag && image.tag.is_none() && image.digest.is_some() {
                    facts.confidence = Confidence::Low;
                }
                return Some(Known { facts, origin });
            }
        }
        None
    }
}

impl Known {
    /// The risk of a change that is right if the facts are.
    #[must_use]
    pub fn risk(&self) -> Risk {
        match self.facts.confidence {
            Confidence::High => Risk::Low,
            Confidence::Medium | Confidence::Low => Risk::High,
        }
    }

    /// Which tags the facts are about, in words.
    #[must_use]
    pub fn tags(&self) -> String {
        match &self.facts.versions {
            Some(versions) => format!("the tags {versions}"),
            None => "its other tags".to_owned(),
        }
    }

    /// Where the facts come from, for a reason in parentheses.
    #[must_use]
    pub fn says(&self) -> String {
        let confidence = match self.facts.confidence {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        };
        let mut says = format!("{}, confidence {confidence}", self.origin);
        if let (Origin::Table, Some(source)) = (&self.origin, self.facts.source.first()) {
            let place = source.split(": ").next().unwrap_or(source);
            says.push_str("; ");
            says.push_str(place);
        }
        says
    }
}
