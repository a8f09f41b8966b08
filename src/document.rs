//! From the text of one document to its edits: parse, plan, edit, splice, prove.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::change::{Change, Fate};
use crate::engine::{self, Scope};
use crate::exempt::{self, ANNOTATION, Exemption, Origin};
use crate::foreign::{encrypted, is_helm, is_serialised};
use crate::guards::{self, Wish};
use crate::planned::{Planned, PlannedObject};
use crate::report::{FileReport, LocatedChange, ObjectReport, Problem, label};
use crate::secrets;
use crate::workload;
use crate::yaml::{self, Document, Lines, Refusal, Slice, TextEdit};

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
    pub(crate) fn of(text: &str, slice: &Slice, scope: Scope<'_>, wishes: &[&Wish]) -> Self {
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
        outcome.value = planned.value;
        outcome.objects = planned
            .objects
            .into_iter()
            .map(|planned| Located::of(&document, planned, scope))
            .collect();
        outcome
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
            .map(|value| engine::plan(&value, scope))
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
        self,
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

/// Turns the applied changes of a document into edits, and proves that they do what they should.
fn prove(
    document: &Document<'_>,
    text: &str,
    planned: &Planned,
    (scope, wishes): (Scope<'_>, &[&Wish]),
) -> Result<Vec<TextEdit>, Refusal> {
    let bug = |reason: String| Refusal {
        at: document.range().start,
        reason,
        help: "the document is left as it was; please report it as a bug of kubetemper".to_owned(),
        template: false,
    };
    let notes = wishes.iter().find(|wish| !wish.notes.is_empty());
    let anew = notes.and_then(|wish| document.written_anew(&planned.value, &wish.notes));
    let is_anew = anew.is_some();
    let edits = match anew {
        Some(edit) => vec![edit],
        None => document.edits(&planned.value)?,
    };
    let new = yaml::splice(text, document.range(), &edits)?;
    let present = document.comments().filter(|_| !is_anew);
    let present = present.map(|(_, comment)| comment);
    let lines = new.lines().map(str::trim_start).filter(|_| is_anew);
    let comments = present.chain(lines.filter(|line| line.starts_with('#')));
    yaml::prove(&new, &planned.value, comments).map_err(bug)?;
    // What a keep comment is about may have moved, and the next run reads the comments anew.
    let keeps = if scope.keeps.is_empty() {
        Vec::new()
    } else {
        keeps(&new)?
    };
    let scope = Scope {
        keeps: &keeps,
        ..scope
    };
    if engine::plan(&planned.value, scope).has_applied() {
        return Err(bug(
            "a second run would change the document again".to_owned()
        ));
    }
    Ok(edits)
}

/// The keep comments of a document that stands alone in its text.
fn keeps(text: &str) -> Result<Vec<Exemption>, Refusal> {
    let mut keeps = Vec::new();
    for slice in yaml::split(text)? {
        keeps.extend(exempt::comments(&Document::parse(text, &slice)?));
    }
    Ok(keeps)
}

/// The objects whose values have types that Kubernetes rejects, so that a change has no place.
fn refused(document: &Document<'_>, planned: &Planned) -> Vec<(String, Refusal)> {
    let objects = planned
        .objects
        .iter()
        .filter_map(|object| Some((object, object.refusal.as_ref()?)));
    objects
        .map(|(object, (pointer, reason))| {
            let identity = &object.identity;
            let label = label(
                &identity.kind,
                identity.namespace.as_deref(),
                identity.name.as_deref(),
            );
            let refusal = Refusal {
                at: document.locate(pointer).start,
                reason: reason.clone(),
                help:
                    "the object is left as it was; give the field the type that Kubernetes asks for"
                        .to_owned(),
                template: false,
            };
            (label, refusal)
        })
        .collect()
}

/// The keeps that kept nothing, with their places.
fn stale(document: &Document<'_>, planned: &Planned) -> Vec<(usize, String)> {
    let unused = planned.exemptions.difference(&planned.used);
    unused
        .filter_map(|origin| match origin {
            Origin::Comment(at) => Some((*at, "this keep comment keeps nothing".to_owned())),
            Origin::Annotation(pointer, entry) => {
                let place = format!(
                    "{pointer}/metadata/annotations/{}",
                    ANNOTATION.replace('/', "~1")
                );
                Some((
                    document.locate(&place).start,
                    format!("`{entry}` in the annotation {ANNOTATION} keeps nothing"),
                ))
            }
            Origin::Exception(_) => None,
        })
        .collect()
}

fn exceptions(planned: &Planned) -> BTreeSet<usize> {
    let index = |origin: &Origin| {
        if let Origin::Exception(index) = origin {
            Some(*index)
        } else {
            None
        }
    };
    planned.exemptions.iter().filter_map(index).collect()
}

fn is_manifest(value: &Value) -> bool {
    value.get("apiVersion").is_some_and(Value::is_string)
        && value.get("kind").is_some_and(Value::is_string)
}
