//! What planning on a document came to.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::change::{Change, Fate};
use crate::exempt::Origin;
use crate::pod_security::Violation;
use crate::pointer::At;
use crate::report::Levels;
use crate::workload::Identity;

/// A document after planning.
#[derive(Debug)]
pub struct Planned<'v> {
    /// Its objects, in the order of the text.
    pub objects: Vec<PlannedObject>,
    /// Its value with the applied changes; equal to the old one when nothing is applied.
    pub value: Cow<'v, Value>,
    /// The exemptions that were found; keeps only if the run can tell whether they are of use.
    pub exemptions: BTreeSet<Origin>,
    /// The exemptions that held a change.
    pub used: BTreeSet<Origin>,
}

/// An object after planning.
#[derive(Debug)]
pub struct PlannedObject {
    /// What it is.
    pub identity: Identity,
    /// JSON Pointer within the document.
    pub pointer: String,
    /// Pod Security levels; `None` without pods.
    pub level: Option<Levels>,
    /// All changes with their fate.
    pub changes: Vec<Change>,
    /// A change that could not be made, by its pointer and the reason: then none of the object was.
    pub refusal: Option<(String, String)>,
    pub(crate) violations_before: Vec<Violation>,
    /// This run makes it.
    pub(crate) created: bool,
}

impl Planned<'_> {
    /// Tells whether any change is part of the result.
    #[must_use]
    pub fn has_applied(&self) -> bool {
        self.objects
            .iter()
            .any(|object| object.changes.iter().any(Change::is_applied))
    }
}

impl PlannedObject {
    /// An object that nothing is wanted of.
    pub(crate) fn untouched(identity: Identity, pointer: String) -> Self {
        Self {
            identity,
            pointer,
            level: None,
            changes: Vec::new(),
            refusal: None,
            violations_before: Vec::new(),
            created: false,
        }
    }

    /// Says of the applied changes that they were not made after all.
    pub(crate) fn withdraw(&mut self, why: &str) {
        let mut withdrawn = false;
        for change in self.changes.iter_mut().filter(|change| change.is_applied()) {
            change.fate = Fate::Refused(why.to_owned());
            withdrawn = true;
        }
        if let Some(level) = self.level.as_mut().filter(|_| withdrawn) {
            level.after = level.before;
            level.violations = std::mem::take(&mut self.violations_before);
        }
    }
}

/// When one change cannot be made the object stays as it was. Returns the place and the reason.
pub(crate) fn withdraw_refused(changes: &mut [Change]) -> Option<(String, String)> {
    let refused = changes.iter().find_map(|change| match &change.fate {
        Fate::Refused(why) => Some((change.pointer.clone(), why.clone())),
        _ => None,
    });
    if refused.is_some() {
        for change in changes.iter_mut().filter(|change| change.is_applied()) {
            change.fate =
                Fate::Refused("another change of this object could not be made".to_owned());
        }
    }
    refused
}

/// Puts an object back as it was.
pub(crate) fn restore(document: &Value, pointer: &str, value: &mut Value) {
    if let (Some(old), Some(new)) = (document.at(pointer), value.pointer_mut(pointer)) {
        new.clone_from(old);
    }
}
