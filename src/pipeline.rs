//! From the text of a file to its hardened text and the report.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::cluster::Cluster;
use crate::document::{self, problem};
use crate::engine::{self, Scope};
use crate::report::{FileReport, Problem, Status};
use crate::settings::Settings;
use crate::yaml::{self, Document, Lines};

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
    for slice in yaml::split(text).unwrap_or_default() {
        if !Cluster::wants(&text[slice.range()]) {
            continue;
        }
        match Document::parse(text, &slice) {
            Ok(document) => cluster.add(document.value()),
            Err(_) => cluster.unreadable |= text[slice.range()].contains("RoleBinding"),
        }
    }
}

/// Hardens one file. Nothing is written.
#[must_use]
pub fn harden(source: Source, settings: &Settings, cluster: &Cluster) -> Outcome {
    let Source {
        path,
        text,
        is_patch,
    } = source;
    let mut file = FileReport::unchanged(path);
    let slices = match yaml::split(&text) {
        Ok(slices) => slices,
        Err(refusal) => {
            file.problems
                .push(problem(&Lines::new(&text), refusal, None));
            file.status = Status::Refused;
            return Outcome::Report(Box::new(file), BTreeSet::new());
        }
    };
    let scope = Scope {
        settings,
        cluster,
        is_patch,
        keeps: &[],
        transforms: engine::in_order(),
    };
    let mut documents: Vec<document::Outcome> = slices
        .par_iter()
        .map(|slice| document::Outcome::of(&text, slice, scope))
        .collect();
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
    for (index, document) in documents.into_iter().enumerate() {
        document.report(index, &lines, unreadable, &mut file, &mut edits);
    }
    if !edits.is_empty() {
        match yaml::splice(&text, 0..text.len(), &edits) {
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
