//! From the text of a file to its hardened text and the report: parse, plan, edit, splice, prove.

use rayon::prelude::*;
use serde_json::Value;

use crate::change::Fate;
use crate::engine::{self, Planned, PlannedObject};
use crate::report::{FileReport, LocatedChange, ObjectReport, Problem, Status, label};
use crate::secrets;
use crate::settings::Settings;
use crate::workload;
use crate::yaml::{self, Document, Lines, Refusal, Slice, TextEdit};

/// A file of the input.
#[derive(Debug)]
pub struct Source {
    /// The path as shown to people; `-` for standard input.
    pub path: String,
    /// Its text.
    pub text: String,
    /// A kustomization names it as a patch.
    pub is_patch: bool,
}

/// What became of a file: a report, or the notice that it is an unrendered template.
#[derive(Debug)]
pub enum Outcome {
    /// The file was read.
    Report(Box<FileReport>),
    /// A document of the file looks like a template; the problem says where.
    Template(Problem),
}

/// Hardens one file. Nothing is written.
#[must_use]
pub fn harden(source: Source, settings: &Settings) -> Outcome {
    let Source {
        path,
        text,
        is_patch,
    } = source;
    let slices = match yaml::split(&text) {
        Ok(slices) => slices,
        Err(refusal) => {
            let problems = vec![problem(&Lines::new(&text), refusal, None)];
            return Outcome::Report(Box::new(FileReport {
                path,
                status: Status::Refused,
                problems,
                objects: Vec::new(),
                before: text,
                after: None,
            }));
        }
    };
    let documents: Vec<DocumentOutcome> = slices
        .par_iter()
        .map(|slice| DocumentOutcome::of(&text, slice, is_patch, settings))
        .collect();
    let lines = Lines::new(&text);
    if let Some(refusal) = documents.iter().find_map(DocumentOutcome::template) {
        return Outcome::Template(problem(&lines, refusal.clone(), None));
    }
    let unreadable = documents.iter().any(|document| document.refusal.is_some());
    let mut file = FileReport {
        path,
        status: Status::Unchanged,
        problems: Vec::new(),
        objects: Vec::new(),
        before: String::new(),
        after: None,
    };
    let mut edits = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        document.report(index, &lines, unreadable, &mut file, &mut edits);
    }
    if !file.problems.is_empty() {
        file.status = Status::Refused;
    }
    if !edits.is_empty() {
        match yaml::splice(&text, 0..text.len(), &edits) {
            Ok(after) => {
                file.after = Some(after);
                if file.problems.is_empty() {
                    file.status = Status::Changed;
                }
            }
            Err(refusal) => file.problems.push(problem(&lines, refusal, None)),
        }
    }
    file.before = text;
    Outcome::Report(Box::new(file))
}

fn problem(lines: &Lines<'_>, refusal: Refusal, object: Option<String>) -> Problem {
    Problem {
        position: Some(lines.position(refusal.at)),
        object,
        reason: refusal.reason,
        help: refusal.help,
    }
}

/// What became of one document.
#[derive(Default)]
struct DocumentOutcome {
    /// It cannot be read.
    refusal: Option<Refusal>,
    /// It can be read, but its changes could not be made with proof.
    unproved: Option<Refusal>,
    objects: Vec<Located>,
    edits: Vec<TextEdit>,
}

/// An object and the byte offsets that its report needs.
struct Located {
    planned: PlannedObject,
    start: usize,
    /// For each change the place where it stands.
    places: Vec<usize>,
    secrets: Vec<std::ops::Range<usize>>,
}

impl DocumentOutcome {
    fn of(text: &str, slice: &Slice, is_patch: bool, settings: &Settings) -> Self {
        let document = match Document::parse(text, slice) {
            Ok(document) => document,
            Err(refusal) => return Self::unreadable(text, slice, refusal, is_patch, settings),
        };
        if !is_manifest(document.value()) {
            return Self::default();
        }
        if let Some(refusal) = encrypted(&document) {
            return Self {
                refusal: Some(refusal),
                ..Self::default()
            };
        }
        let mut planned = engine::plan(document.value(), is_patch, settings);
        let (mut edits, mut unproved) = (Vec::new(), None);
        if planned.has_applied() {
            match prove(&document, text, &planned, is_patch, settings) {
                Ok(proved) => edits = proved,
                Err(refusal) => {
                    withdraw(&mut planned, &format!("{refusal}"));
                    unproved = Some(refusal);
                }
            }
        }
        let objects = planned
            .objects
            .into_iter()
            .map(|planned| Located::of(&document, planned))
            .collect();
        Self {
            refusal: None,
            unproved,
            objects,
            edits,
        }
    }

    /// A document that cannot be indexed. It is a refusal only if it is a manifest that would be changed.
    fn unreadable(
        text: &str,
        slice: &Slice,
        refusal: Refusal,
        is_patch: bool,
        settings: &Settings,
    ) -> Self {
        let part = &text[slice.range()];
        // Other YAML with syntax of its own (CloudFormation, mkdocs) is none of our business.
        if !(part.contains("apiVersion") && part.contains("kind")) {
            return Self::default();
        }
        let value = if refusal.template {
            None
        } else {
            yaml::read_leniently(part)
        };
        let planned = value
            .map(|value| engine::plan(&value, is_patch, settings))
            .filter(|planned| !planned.has_applied());
        let Some(planned) = planned else {
            return Self {
                refusal: Some(refusal),
                ..Self::default()
            };
        };
        let start = slice.range().start;
        let objects = planned.objects.into_iter().map(|planned| Located {
            start,
            places: vec![start; planned.changes.len()],
            // Without positions every line may hold a secret.
            secrets: vec![slice.range()],
            planned,
        });
        Self {
            objects: objects.collect(),
            ..Self::default()
        }
    }

    fn template(&self) -> Option<&Refusal> {
        self.refusal.as_ref().filter(|refusal| refusal.template)
    }

    /// Adds the document to its file's report, and its edits to the file's unless another one is unreadable.
    fn report(
        self,
        index: usize,
        lines: &Lines<'_>,
        unreadable: bool,
        file: &mut FileReport,
        edits: &mut Vec<TextEdit>,
    ) {
        file.problems
            .extend(self.refusal.map(|refusal| problem(lines, refusal, None)));
        let label_of = |object: &Located| {
            let identity = &object.planned.identity;
            label(
                &identity.kind,
                identity.namespace.as_deref(),
                identity.name.as_deref(),
            )
        };
        if let Some(refusal) = self.unproved {
            let object = self.objects.first().map(label_of);
            file.problems.push(problem(lines, refusal, object));
        }
        let mut own = self.edits;
        for mut object in self.objects {
            if unreadable {
                withdraw_object(
                    &mut object.planned,
                    "another document of this file cannot be read, so the file is not written",
                );
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
    fn of(document: &Document<'_>, planned: PlannedObject) -> Self {
        let templates =
            workload::pod_templates(&planned.identity, document.value(), &planned.pointer);
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

    fn report(self, document: usize, lines: &Lines<'_>, edits: Vec<TextEdit>) -> ObjectReport {
        let identity = self.planned.identity;
        let changes = self.planned.changes.into_iter().zip(self.places);
        ObjectReport {
            document,
            api_version: identity.api_version,
            kind: identity.kind,
            namespace: identity.namespace,
            name: identity.name,
            line: lines.position(self.start).line,
            level: self.planned.level,
            changes: changes
                .map(|(change, at)| LocatedChange {
                    change,
                    line: lines.position(at).line,
                })
                .collect(),
            edits,
            secrets: self.secrets,
        }
    }
}

/// Turns the applied changes of a document into edits, and proves that they do what they should.
fn prove(
    document: &Document<'_>,
    text: &str,
    planned: &Planned,
    is_patch: bool,
    settings: &Settings,
) -> Result<Vec<TextEdit>, Refusal> {
    let bug = |reason: String| Refusal {
        at: document.range().start,
        reason,
        help: "the document is left as it was; please report it as a bug of kubetemper".to_owned(),
        template: false,
    };
    let edits = document.edits(&planned.value)?;
    let new = yaml::splice(text, document.range(), &edits)?;
    let comments = document.comments().map(|(_, comment)| comment);
    yaml::prove(&new, &planned.value, comments).map_err(bug)?;
    if engine::plan(&planned.value, is_patch, settings).has_applied() {
        return Err(bug(
            "a second run would change the document again".to_owned()
        ));
    }
    Ok(edits)
}

fn withdraw(planned: &mut Planned, why: &str) {
    for object in &mut planned.objects {
        withdraw_object(object, why);
    }
}

/// Says of an object's applied changes that they were not made after all.
fn withdraw_object(object: &mut PlannedObject, why: &str) {
    let mut withdrawn = false;
    for change in object
        .changes
        .iter_mut()
        .filter(|change| change.is_applied())
    {
        change.fate = Fate::Refused(why.to_owned());
        withdrawn = true;
    }
    if let Some(level) = object.level.as_mut().filter(|_| withdrawn) {
        level.after = level.before;
    }
}

fn is_manifest(value: &Value) -> bool {
    value.get("apiVersion").is_some_and(Value::is_string)
        && value.get("kind").is_some_and(Value::is_string)
}

/// SOPS signs what it encrypts: an edit would make the file unreadable.
fn encrypted(document: &Document<'_>) -> Option<Refusal> {
    document.value().pointer("/sops/mac")?;
    Some(Refusal {
        at: document.locate("/sops").start,
        reason: "the document is encrypted with SOPS, which signs its text".to_owned(),
        help: "decrypt it first, or harden what it is made from".to_owned(),
        template: false,
    })
}
