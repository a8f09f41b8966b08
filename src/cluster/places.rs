//! Facts by name and namespace, so that a question costs the same however many objects a repository has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known of one place. Adding up facts is idempotent, and comes to the same in any order: files are read in
/// parallel, and a shard reads them in another order than a whole run.
pub trait Fact: Clone + Default {
    /// Adds another fact about the same place.
    fn join(&mut self, other: Self);
}

/// The smaller of two texts, where one is enough as a reason.
pub(super) fn least(one: &mut Option<String>, other: Option<String>) {
    if let Some(other) = other
        && one.as_ref().is_none_or(|one| *one > other)
    {
        *one = Some(other);
    }
}

/// By name, then by namespace; the namespace of an object that names none is empty.
type Table<F> = BTreeMap<String, BTreeMap<String, F>>;

/// Facts by name and namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Table<F>", into = "Table<F>")]
pub struct Places<F: Fact> {
    names: BTreeMap<String, Place<F>>,
}

/// The facts of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place<F> {
    /// Of all namespaces together.
    anywhere: F,
    namespaces: BTreeMap<String, F>,
}

impl<F: Fact> Default for Places<F> {
    fn default() -> Self {
        Self {
            names: BTreeMap::new(),
        }
    }
}

impl<F: Fact> Places<F> {
    /// Tells whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn add(&mut self, name: &str, namespace: Option<&str>, fact: F) {
        let name = self.names.entry(name.to_owned()).or_default();
        name.add(namespace.unwrap_or_default(), fact);
    }

    pub(super) fn merge(&mut self, mut other: Self) {
        // The order does not count, so the larger one stays as it is.
        if self.names.len() < other.names.len() {
            std::mem::swap(self, &mut other);
        }
        for (name, place) in other.names {
            let own = self.names.entry(name).or_default();
            for (namespace, fact) in place.namespaces {
                own.add(&namespace, fact);
            }
        }
    }

    /// What is known of all objects of the name that may be in a namespace: one that is not written may be any.
    pub fn may_be_in(
        &self,
        name: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = &F> + use<'_, F> {
        let place = self.names.get(name);
        let own = place.and_then(|place| match namespace {
            Some(namespace) => place.namespaces.get(namespace),
            None => Some(&place.anywhere),
        });
        let unknown = namespace.filter(|namespace| !namespace.is_empty());
        let unknown = unknown.and_then(|_| place?.namespaces.get(""));
        own.into_iter().chain(unknown)
    }

    /// What is known of the objects of the name in this very namespace. `run` is the namespace of objects that name
    /// none, if one was given.
    pub fn are_in(
        &self,
        name: &str,
        namespace: Option<&str>,
        run: Option<&str>,
    ) -> impl Iterator<Item = &F> + use<'_, F> {
        let place = self.names.get(name);
        let own = namespace.and_then(|namespace| place?.namespaces.get(namespace));
        let unnamed = (namespace == run)
            .then(|| place?.namespaces.get(""))
            .flatten();
        own.into_iter().chain(unnamed)
    }
}

impl<F: Fact> Place<F> {
    fn add(&mut self, namespace: &str, fact: F) {
        self.anywhere.join(fact.clone());
        if let Some(own) = self.namespaces.get_mut(namespace) {
            own.join(fact);
        } else {
            self.namespaces.insert(namespace.to_owned(), fact);
        }
    }
}

impl<F: Fact> From<Table<F>> for Places<F> {
    fn from(table: Table<F>) -> Self {
        let mut places = Self::default();
        for (name, namespaces) in table {
            for (namespace, fact) in namespaces {
                places.add(&name, Some(&namespace), fact);
            }
        }
        places
    }
}

impl<F: Fact> From<Places<F>> for Table<F> {
    fn from(places: Places<F>) -> Self {
        let names = places.names.into_iter();
        names
            .map(|(name, place)| (name, place.namespaces))
            .collect()
    }
}
