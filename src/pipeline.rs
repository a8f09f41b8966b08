//! From the text of a file to its hardened text and the report.

use std::collections::BTreeSet;

use rayon::prelude::*;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::document::{self, problem};
use crate::engine::{self, Scope};
use crate::guards::{self, Wish};
use crate::report::{FileReport, Problem, Status};
use crate::settings::{Kept, Settings};
use crate::stream;
use crate::yaml::{self, Document, Lines, Refusal, Slice};

/// A file of the input.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as shown to people; `-` for standard input.
    pub path: String,
    /// Its text.
    pub text: String,
    /// A kustomization names it as a patch.
    pub is_patch: bool,
}

/// What became of a file.
#[derive(Debug)]
pub enum Outcome {
    /// The file was read. Also the exceptions of the configuration, by index, that concern an object of it.
    Report(Box<FileReport>, BTreeSet<usize>),
    /// A document of the file looks like a template; the problem says where.
    Template(Problem),
}

/// Adds what a text tells about the cluster; documents that cannot be read tell nothing.
pub fn gather(text: &str, cluster: &mut Cluster) {
    let slices = yaml::split(text).unwrap_or_default();
    // A list tells what its items tell.
    let slices = yaml::with_items(text, &slices);
    let told = slices.par_iter().filter_map(|slice| told(text, slice));
    cluster.merge(told.reduce(Cluster::default, |mut all, other| {
        all.merge(other);
        all
    }));
}

/// What a document tells about the cluster; `None` when that is nothing.
fn told(text: &str, slice: &Slice) -> Option<Cluster> {
    let part = &text[slice.range()];
    let wants = match yaml::head(text, slice, |kind| kind.ends_with("List")) {
        Some(head) => Cluster::wants_kind(head.group(), head.kind, part),
        None => Cluster::wants(part),
    };
    let mut cluster = Cluster::default();
    match wants.then(|| Document::parse(text, slice))? {
        Ok(document) => cluster.add(document.value()),
        Err(_) => cluster.unreadable = part.contains("RoleBinding"),
    }
    Some(cluster)
}

/// Hardens one file. Nothing is written.
#[must_use]
pub fn harden(source: Source, settings: &Settings, cluster: &Cluster) -> Outcome {
    harden_and_guard(source, settings, cluster, &[])
}

/// Hardens one file, and does what the guards want of it. Nothing is written.
#[must_use]
pub fn harden_and_guard(
    source: Source,
    settings: &Settings,
    cluster: &Cluster,
    wishes: &[Wish],
) -> Outcome {
    let run = Course {
        reads_all: true,
        progress: &|_| {},
    };
    harden_in_course(source, settings, cluster, wishes, run)
}

/// What a file's hardening depends on besides what is asked for.
#[derive(Clone, Copy)]
pub struct Course<'a> {
    /// Every document is read, so that nothing that cannot be read goes unnoticed. Otherwise, in a file of which
    /// nothing is changed, documents that no rule is about may be passed over.
    pub reads_all: bool,
    /// Is told of the bytes that are done.
    pub progress: &'a (dyn Fn(usize) + Sync),
}

/// As [`harden_and_guard`], in the course of a run over many files.
#[must_use]
pub fn harden_in_course(
    source: Source,
    settings: &Settings,
    cluster: &Cluster,
    wishes: &[Wish],
    course: Course<'_>,
) -> Outcome {
    let slices = match yaml::split(&source.text) {
        Ok(slices) => slices,
        Err(refusal) => {
            let problem = problem(&Lines::new(&source.text), refusal, None);
            let mut file = FileReport::unchanged(source.path);
            file.problems.push(problem);
            file.status = Status::Refused;
            return Outcome::Report(Box::new(file), BTreeSet::new());
        }
    };
    let scope = Scope {
        settings,
        cluster,
        is_patch: source.is_patch,
        keeps: &[],
        transforms: engine::in_order(),
    };
    if settings.kept != Kept::Changes && wishes.is_empty() {
        return stream::harden(source, &slices, scope, course);
    }
    let outcome = harden_whole(source, &slices, scope, wishes, course.reads_all);
    (course.progress)(slices.last().map_or(0, |slice| slice.range().end));
    outcome
}

/// Hardens one file, and keeps all that is known of it.
fn harden_whole(
    source: Source,
    slices: &[Slice],
    scope: Scope<'_>,
    wishes: &[Wish],
    reads_all: bool,
) -> Outcome {
    let Source { path, text, .. } = source;
    let mut file = FileReport::unchanged(path);
    let read = |index: usize, slice| {
        let own = |wish: &&Wish| wish.document == index && wish.text.is_none();
        let own: Vec<&Wish> = wishes.iter().filter(own).collect();
        document::Outcome::of(&text, slice, scope, &own, !wishes.is_empty())
    };
    let mut documents: Vec<document::Outcome> = slices
        .par_iter()
        .enumerate()
        .map(|(index, slice)| {
            let by_head = || document::Outcome::by_head(&text, slice, scope);
            let passed = (!reads_all).then(by_head).flatten();
            passed.unwrap_or_else(|| read(index, slice))
        })
        .collect();
    // A file is written only if all of it can be read.
    if !wishes.is_empty() || documents.iter().any(document::Outcome::is_changed) {
        let unread = documents.par_iter_mut().zip(slices).enumerate();
        unread
            .filter(|(_, (document, _))| document.by_head)
            .for_each(|(index, (document, slice))| *document = read(index, slice));
    }
    // Other YAML is none of our business, but kubectl rejects a stream of manifests with such a part.
    if documents.iter().any(document::Outcome::has_objects) {
        for document in &mut documents {
            document.refusal = document.refusal.take().or(document.foreign.take());
        }
    }
    let lines = Lines::new(&text);
    let refusals = || {
        documents
            .iter()
            .filter_map(|document| document.refusal.as_ref())
    };
    if let Some(refusal) = refusals().find(|refusal| refusal.template) {
        return Outcome::Template(problem(&lines, refusal.clone(), None));
    }
    let unreadable = refusals().next().is_some();
    let exceptions = documents
        .iter()
        .flat_map(|document| document.exceptions.iter().copied())
        .collect();
    let mut edits = Vec::new();
    let mut expected = Vec::new();
    for (index, mut document) in documents.into_iter().enumerate() {
        expected.push(std::mem::take(&mut document.value));
        document.report(index, &lines, unreadable, &mut file, &mut edits);
        let why = unreadable.then_some(document::NOT_WRITTEN);
        for wish in wishes.iter().filter(|wish| wish.document == index) {
            if let Some(object) = guards::insert(wish, &text, &slices[index], &lines, why) {
                edits.extend(object.edits.iter().cloned());
                expected.extend(
                    wish.changes
                        .iter()
                        .filter_map(|change| change.after.clone()),
                );
                file.objects.push(object);
            }
        }
    }
    if !edits.is_empty() {
        let spliced = yaml::splice(&text, 0..text.len(), &edits);
        match spliced.and_then(|after| holds(after, &expected, slices.len())) {
            Ok(after) => {
                file.after = Some(after);
                file.status = Status::Changed;
            }
            Err(refusal) => file.problems.push(problem(&lines, refusal, None)),
        }
    }
    // Other documents of the file may have been changed beside one whose edit could not be proved.
    if file.after.is_none() && !file.problems.is_empty() {
        file.status = Status::Refused;
    }
    file.before = text;
    Outcome::Report(Box::new(file), exceptions)
}

/// Checks that a text with new documents holds them, and that its old ones are what they were.
fn holds(text: String, expected: &[Value], before: usize) -> Result<String, Refusal> {
    if expected.len() == before {
        return Ok(text);
    }
    let bug = |at: usize| Refusal {
        at,
        reason: "a new document would change its neighbours".to_owned(),
        help: "the file is left as it was; please report it as a bug of kubetemper".to_owned(),
        template: false,
    };
    let slices = yaml::split(&text)?;
    if slices.len() != expected.len() {
        return Err(bug(0));
    }
    for (slice, value) in slices.iter().zip(expected) {
        if value.is_null() {
            continue;
        }
        if Document::parse(&text, slice)?.value() != value {
            return Err(bug(0));
        }
    }
    Ok(text)
}
