//! From the text of one document to its edits: parse, plan, edit, splice, prove.

mod checks;
#[cfg(test)]
mod planted;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::change::{Change, Fate};
use crate::engine::{self, Scope};
use crate::exempt;
use crate::foreign::{encrypted, is_helm, is_serialised};
use crate::guards::{self, Wish};
use crate::planned::PlannedObject;
use crate::report::{FileReport, LocatedChange, ObjectReport, Problem, Tally, label};
use crate::secrets;
use crate::settings::Kept;
use crate::workload::{self, Identity};
use crate::yaml::{self, Document, Lines, Refusal, Slice, TextEdit};

use checks::{exceptions, prove, refused, stale};

/// Why the changes of a file are not made.
pub(crate) const NOT_WRITTEN: &str =
    "another document of this file cannot be read, so the file is not written";

/// What became of one document.
#[derive(Default)]
pub(crate) struct Outcome {
    /// It cannot be read.
    pub(crate) refusal: Option<Refusal>,
    /// It cannot be read and does not look like a manifest: that matters only beside manifests.
    pub(crate) foreign: Option<Refusal>,
    /// It can be read, but its changes could not be made with proof.
    unproved: Option<Refusal>,
    /// Objects with a change that cannot be made, by label; they are as they were.
    refused: Vec<(String, Refusal)>,
    objects: Vec<Located>,
    edits: Vec<TextEdit>,
    /// Keeps that keep nothing.
    stale: Vec<(usize, String)>,
    /// The exceptions of the configuration that concern an object of the document.
    pub(crate) exceptions: BTreeSet<usize>,
    /// The value that it will have; null where that is not known.
    pub(crate) value: Value,
    /// The changes that were counted and not kept.
    counted: Tally,
    /// Only its head was read: no rule is about its kind.
    pub(crate) by_head: bool,
}

/// An object and the byte offsets that its report needs.
struct Located {
    planned: PlannedObject,
    start: usize,
    /// For each change the place where it stands.
    places: Vec<usize>,
    secrets: Vec<std::ops::Range<usize>>,
}

impl Outcome {
    /// Hardens one document. `wishes` is what the guards want of it.
    ///
    /// `keep_value`: the file will have new documents, and its old ones are checked to stay what they are.
    pub(crate) fn of(
        text: &str,
        slice: &Slice,
        scope: Scope<'_>,
        wishes: &[&Wish],
        keep_value: bool,
    ) -> Self {
        let document = match Document::parse(text, slice) {
            Ok(document) => document,
            Err(refusal) => return Self::unreadable(text, slice, refusal, scope),
        };
        if !is_manifest(document.value()) && wishes.is_empty() {
            return Self::default();
        }
        if let Some(refusal) = encrypted(&document) {
            return Self {
                refusal: Some(refusal),
                ..Self::default()
            };
        }
        let keeps = exempt::comments(&document);
        let scope = Scope {
            keeps: &keeps,
            ..scope
        };
        let mut planned = engine::plan(document.value(), scope);
        guards::apply(&mut planned, wishes.iter().copied());
        if let Some(refusal) = document
            .template()
            .filter(|_| !is_serialised(document.value()))
            .filter(|_| planned.has_applied() || is_helm(&text[slice.range()]))
        {
            return Self {
                refusal: Some(refusal),
                ..Self::default()
            };
        }
        let mut outcome = Self {
            stale: stale(&document, &planned),
            ..Self::default()
        };
        if planned.has_applied() {
            match prove(&document, text, &planned, (scope, wishes)) {
                Ok(edits) => outcome.edits = edits,
                Err(refusal) => {
                    planned
                        .objects
                        .iter_mut()
                        .for_each(|object| object.withdraw(&refusal.to_string()));
                    outcome.unproved = Some(refusal);
                }
            }
        }
        outcome.exceptions = exceptions(&planned);
        outcome.refused = refused(&document, &planned);
        if keep_value {
            outcome.value = planned.value.into_owned();
        }
        if scope.settings.kept != Kept::Changes
            && outcome.unproved.is_none()
            && outcome.refused.is_empty()
        {
            outcome.objects = planned.objects.into_iter().map(Located::counted).collect();
            for object in &mut outcome.objects {
                let changes = std::mem::take(&mut object.planned.changes);
                for change in &changes {
                    outcome.counted.add(change);
                }
            }
            return outcome;
        }
        outcome.objects = planned
            .objects
            .into_iter()
            .map(|planned| Located::of(&document, planned, scope))
            .collect();
        outcome
    }

    /// A document that no rule is about, if its head alone tells that for certain.
    pub(crate) fn by_head(text: &str, slice: &Slice, scope: Scope<'_>) -> Option<Self> {
        let custom = &scope.settings.workloads;
        // What a Secret holds must be known, so that nobody shows it.
        let is_read = |kind: &str| {
            matches!(kind, "Namespace" | "Secret") || workload::may_hold_pods(kind, custom)
        };
        let head = yaml::head(text, slice, is_read)?;
        let identity = Identity {
            api_version: head.api_version.to_owned(),
            kind: head.kind.to_owned(),
            namespace: head.namespace.map(str::to_owned),
            name: Some(head.name.to_owned()),
        };
        let planned = PlannedObject::untouched(identity, String::new());
        Some(Self {
            objects: vec![Located {
                planned,
                // Where only counts are told, nobody asks for the line.
                start: match scope.settings.kept {
                    Kept::Changes => head.start,
                    _ => 0,
                },
                places: Vec::new(),
                secrets: Vec::new(),
            }],
            by_head: true,
            ..Self::default()
        })
    }

    /// Tells whether its text will differ.
    pub(crate) fn is_changed(&self) -> bool {
        !self.edits.is_empty()
    }

    /// A document that cannot be indexed. It is a refusal only if it is a manifest that would be changed.
    fn unreadable(text: &str, slice: &Slice, refusal: Refusal, scope: Scope<'_>) -> Self {
        let part = &text[slice.range()];
        // Other YAML with syntax of its own (CloudFormation, mkdocs) is none of our business.
        if !(part.contains("apiVersion") && part.contains("kind")) {
            return Self {
                foreign: Some(refusal),
                ..Self::default()
            };
        }
        let value = if refusal.template {
            None
        } else {
            yaml::read_leniently(part)
        };
        let planned = value
            .as_ref()
            .map(|value| engine::plan(value, scope))
            .filter(|planned| !planned.has_applied());
        let Some(planned) = planned else {
            return Self {
                refusal: Some(refusal),
                ..Self::default()
            };
        };
        let start = slice.range().start;
        let exceptions = exceptions(&planned);
        let objects = planned.objects.into_iter().map(|planned| Located {
            start,
            places: vec![start; planned.changes.len()],
            // Without positions every line may hold a secret.
            secrets: vec![slice.range()],
            planned,
        });
        Self {
            objects: objects.collect(),
            exceptions,
            ..Self::default()
        }
    }

    /// Tells whether the document holds objects of Kubernetes.
    pub(crate) fn has_objects(&self) -> bool {
        !self.objects.is_empty()
    }

    /// Adds the document to its file's report and its edits to the file's.
    ///
    /// `unreadable` says that another document of the file cannot be read: then the file is not written.
    pub(crate) fn report(
        mut self,
        index: usize,
        lines: &Lines<'_>,
        unreadable: bool,
        file: &mut FileReport,
        edits: &mut Vec<TextEdit>,
    ) {
        file.problems
            .extend(self.refusal.map(|refusal| problem(lines, refusal, None)));
        if let Some(refusal) = self.unproved {
            let object = self.objects.first().map(Located::label);
            file.problems.push(problem(lines, refusal, object));
        }
        for (object, refusal) in self.refused {
            file.problems.push(problem(lines, refusal, Some(object)));
        }
        file.warnings
            .extend(self.stale.into_iter().map(|(at, reason)| Problem {
                position: Some(lines.position(at)),
                object: self.objects.first().map(Located::label),
                reason,
                help: "remove it, or correct the transform's id and the place".to_owned(),
            }));
        let mut own = self.edits;
        if unreadable {
            self.counted.withdraw();
        }
        file.counted.merge(&self.counted);
        if self.counted.applied() > 0 {
            edits.append(&mut own);
        }
        for mut object in self.objects {
            if unreadable {
                object.planned.withdraw(NOT_WRITTEN);
                own.clear();
            }
            let applied = object
                .planned
                .changes
                .iter()
                .any(|change| change.fate == Fate::Applied);
            let shown = if applied {
                std::mem::take(&mut own)
            } else {
                Vec::new()
            };
            edits.extend(shown.iter().cloned());
            file.objects.push(object.report(index, lines, shown));
        }
    }
}

impl Located {
    /// An object of which only the counts are told.
    fn counted(planned: PlannedObject) -> Self {
        Self {
            planned,
            start: 0,
            places: Vec::new(),
            secrets: Vec::new(),
        }
    }

    fn of(document: &Document<'_>, planned: PlannedObject, scope: Scope<'_>) -> Self {
        let custom = &scope.settings.workloads;
        let templates = workload::pod_templates(
            &planned.identity,
            document.value(),
            &planned.pointer,
            custom,
        );
        let secrets = secrets::ranges(document, &planned.identity, &planned.pointer, &templates);
        let places = planned
            .changes
            .iter()
            .map(|change| document.locate(&change.pointer).start)
            .collect();
        let start = document.locate(&planned.pointer).start;
        Self {
            planned,
            start,
            places,
            secrets,
        }
    }

    fn label(&self) -> String {
        let identity = &self.planned.identity;
        label(
            &identity.kind,
            identity.namespace.as_deref(),
            identity.name.as_deref(),
        )
    }

    fn report(self, document: usize, lines: &Lines<'_>, edits: Vec<TextEdit>) -> ObjectReport {
        let identity = self.planned.identity;
        let made = self.planned.changes.iter().any(Change::is_applied);
        let created = self.planned.created && made;
        let changes = self.planned.changes.into_iter().zip(self.places);
        ObjectReport {
            document,
            pointer: self.planned.pointer,
            api_version: identity.api_version,
            kind: identity.kind,
            namespace: identity.namespace,
            name: identity.name,
            line: lines.line(self.start),
            created,
            level: self.planned.level,
            changes: changes
                .map(|(change, at)| LocatedChange {
                    change,
                    line: lines.line(at),
                })
                .collect(),
            edits,
            secrets: self.secrets,
        }
    }
}

/// A refusal as a problem of its file.
pub(crate) fn problem(lines: &Lines<'_>, refusal: Refusal, object: Option<String>) -> Problem {
    Problem {
        position: Some(lines.position(refusal.at)),
        object,
        reason: refusal.reason,
        help: refusal.help,
    }
}

fn is_manifest(value: &Value) -> bool {
    value.get("apiVersion").is_some_and(Value::is_string)
        && value.get("kind").is_some_and(Value::is_string)
}
