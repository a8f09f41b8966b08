//! What a run found and did. Every output format is a rendering of this.

use std::collections::BTreeMap;
use std::fs::File;

use crate::change::{Change, Fate, HeldBy, Risk};
use crate::pod_security::{Level, Violation};
use crate::yaml::{Position, TextEdit};

/// The report of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// One entry for each file that was read, in the order of the input.
    pub files: Vec<FileReport>,
    /// Files that were passed over because they are unrendered templates.
    pub templates: Vec<String>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Its text differs.
    Changed,
    /// Nothing to do, or nothing that may be done.
    Unchanged,
    /// It could not be read, or not edited with proof; it is as it was.
    Refused,
}

/// A place in a file that could not be read or edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` for the file as a whole.
    pub position: Option<Position>,
    /// The object concerned, as `kind/namespace/name`, where it is known.
    pub object: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub help: String,
}

/// What a run found in a file, and did to it.
#[derive(Debug)]
pub struct FileReport {
    /// The path as shown to people; `-` for standard input.
    pub path: String,
    /// What became of it.
    pub status: Status,
    /// The run makes the file.
    pub created: bool,
    /// What could not be read or edited.
    pub problems: Vec<Problem>,
    /// What deserves attention but stops nothing: exemptions that exempt nothing.
    pub warnings: Vec<Problem>,
    /// The objects of the file.
    pub objects: Vec<ObjectReport>,
    /// The changes that were counted and not kept.
    pub counted: Tally,
    /// The text as it was read.
    pub before: String,
    /// The hardened text, if it differs.
    pub after: Option<String>,
    /// The hardened text in a temporary file, instead of `after`.
    pub spooled: Option<File>,
}

/// What a run found in an object, and did to it.
#[derive(Debug)]
pub struct ObjectReport {
    /// Index of the document in its stream, from 0.
    pub document: usize,
    /// JSON Pointer of the object within its document: empty, but for the items of a list.
    pub pointer: String,
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: Option<String>,
    /// 1-based line where the object begins; of a new one, the line before which it comes.
    pub line: usize,
    /// The object is new.
    pub created: bool,
    /// Pod Security level before and after; `None` for objects without pods.
    pub level: Option<Levels>,
    /// All changes that were proposed, with their fate.
    pub changes: Vec<LocatedChange>,
    /// The edits of the object's document that the applied changes came to, on the file's text before.
    /// A document that is a `List` has all its edits at its first object that changed.
    pub edits: Vec<TextEdit>,
    /// Byte ranges of the text before whose lines must never be shown: they hold secret values.
    pub secrets: Vec<std::ops::Range<usize>>,
}

/// Pod Security levels of an object's pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    /// As read.
    pub before: Level,
    /// With the applied changes.
    pub after: Level,
    /// What keeps the result from being `restricted`.
    pub violations: Vec<Violation>,
}

/// A change and where it stands.
#[derive(Debug, Clone)]
pub struct LocatedChange {
    /// The change.
    pub change: Change,
    /// 1-based line of the value, or of the nearest object above it that the text holds.
    pub line: usize,
}

/// Counts over changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Changes that are part of the result, of each risk: none, low, high.
    pub risk: [usize; 3],
    /// Changes that were left out, by who holds them, and the highest risk among them.
    pub held: BTreeMap<HeldBy, (usize, Risk)>,
    /// Changes that could not be made with proof.
    pub refused: usize,
}

impl Tally {
    /// Counts a change.
    pub fn add(&mut self, change: &Change) {
        match &change.fate {
            Fate::Applied => {
                self.risk[match change.risk {
                    Risk::None => 0,
                    Risk::Low => 1,
                    Risk::High => 2,
                }] += 1;
            }
            Fate::Held { by, .. } => self.hold(*by, 1, change.risk),
            Fate::Refused(_) => self.refused += 1,
        }
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        for (own, others) in self.risk.iter_mut().zip(other.risk) {
            *own += others;
        }
        for (by, (count, risk)) in &other.held {
            self.hold(*by, *count, *risk);
        }
        self.refused += other.refused;
    }

    /// Says of the applied changes that they were not made after all.
    pub fn withdraw(&mut self) {
        self.refused += self.applied();
        self.risk = [0; 3];
    }

    /// Changes that are part of the result.
    #[must_use]
    pub fn applied(&self) -> usize {
        self.risk.iter().sum()
    }

    fn hold(&mut self, by: HeldBy, count: usize, risk: Risk) {
        let (all, highest) = self.held.entry(by).or_insert((0, risk));
        *all += count;
        *highest = risk.max(*highest);
    }
}

/// Counts over a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were read.
    pub files: usize,
    /// Kubernetes objects in them.
    pub documents: usize,
    /// Files whose text differs.
    pub changed: usize,
    /// Changes that are part of the result.
    pub applied: usize,
    /// Changes that were left out.
    pub held: usize,
    /// Changes that could not be made with proof.
    pub refused: usize,
    /// Applied changes of each risk: none, low, high.
    pub risk: [usize; 3],
    /// Files that could not be read or edited.
    pub unreadable: usize,
}

impl FileReport {
    /// The report of a file in which nothing was found yet.
    #[must_use]
    pub fn unchanged(path: String) -> Self {
        Self {
            path,
            status: Status::Unchanged,
            created: false,
            problems: Vec::new(),
            warnings: Vec::new(),
            objects: Vec::new(),
            counted: Tally::default(),
            before: String::new(),
            after: None,
            spooled: None,
        }
    }

    /// Says of every change that it was not made after all.
    pub(crate) fn withdraw(&mut self, why: &str) {
        self.status = Status::Refused;
        self.counted.withdraw();
        for object in &mut self.objects {
            object.created = false;
            let changes = object.changes.iter_mut();
            for located in changes.filter(|located| located.change.is_applied()) {
                located.change.fate = Fate::Refused(why.to_owned());
            }
            if let Some(level) = &mut object.level {
                level.after = level.before;
            }
        }
    }
}

impl ObjectReport {
    /// `kind/namespace/name`, as errors and reports name an object.
    #[must_use]
    pub fn label(&self) -> String {
        label(&self.kind, self.namespace.as_deref(), self.name.as_deref())
    }
}

/// `kind/namespace/name`; without a namespace `kind/name`.
#[must_use]
pub fn label(kind: &str, namespace: Option<&str>, name: Option<&str>) -> String {
    let name = name.unwrap_or("(no name)");
    namespace.map_or_else(
        || format!("{kind}/{name}"),
        |namespace| format!("{kind}/{namespace}/{name}"),
    )
}

impl Report {
    /// All changes.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.objects()
            .flat_map(|object| object.changes.iter().map(|located| &located.change))
    }

    /// All objects.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectReport> {
        self.files.iter().flat_map(|file| &file.objects)
    }

    /// Counts over the changes.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.files
            .iter()
            .for_each(|file| tally.merge(&file.counted));
        self.changes().for_each(|change| tally.add(change));
        tally
    }

    /// Counts over the report.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let of_status = |status| {
            let files = self.files.iter();
            files.filter(|file| file.status == status).count()
        };
        let tally = self.tally();
        Summary {
            files: self.files.len(),
            documents: self.objects().count(),
            changed: of_status(Status::Changed),
            unreadable: of_status(Status::Refused),
            applied: tally.applied(),
            held: tally.held.values().map(|(count, _)| count).sum(),
            refused: tally.refused,
            risk: tally.risk,
        }
    }

    /// The workloads that end below a level.
    pub fn below(&self, level: Level) -> impl Iterator<Item = (&FileReport, &ObjectReport)> {
        self.files
            .iter()
            .flat_map(|file| file.objects.iter().map(move |object| (file, object)))
            .filter(move |(_, object)| {
                object
                    .level
                    .as_ref()
                    .is_some_and(|levels| levels.after < level)
            })
    }
}
