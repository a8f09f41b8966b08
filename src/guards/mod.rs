//! Lets the transforms that look at namespaces plan on groups of files, and finds a place for what they want.
//!
//! It looks at the files as they are after the other transforms of the run, and comes before the texts are edited:
//! what it wants of a file is handed to the pipeline as a list of wishes.

mod added;
mod apply;
mod decide;
mod deployed;
mod listed;
mod place;
mod read;
mod run;
mod stale;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::change::Change;
use crate::cluster::Cluster;
use crate::exempt::Origin;
use crate::foreign;
use crate::group::{self, Group};
use crate::kustomize::Step;
use crate::node_agent;
use crate::report::{FileReport, LocatedChange, ObjectReport, Status};
use crate::settings::{self, Settings};
use crate::workload::Identity;
use crate::yaml::{Note, TextEdit};

pub(crate) use apply::{apply, insert};
pub use listed::Listed;
use read::Facts;
use run::Run;
use unseen::Places;

/// A file that a group may hold.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Its canonical path; `None` for a stream.
    pub path: Option<&'a Path>,
    /// Its text.
    pub text: &'a str,
    /// What the run was asked to do with it.
    pub settings: &'a Settings,
    /// It is a part of the input, not of the context.
    pub writable: bool,
    /// A kustomization names it as a patch.
    pub is_patch: bool,
    /// What is known of it, if it was not read.
    pub listed: Option<&'a Listed>,
}

/// What the transforms want of all files.
#[derive(Debug, Default)]
pub struct Guards {
    files: BTreeMap<usize, Vec<Wish>>,
    /// New files.
    pub new: Vec<NewFile>,
    /// Files that an earlier run made, and that are listed from now on.
    joined: Vec<Joined>,
}

/// A file that is there and joins a group.
#[derive(Debug)]
struct Joined {
    file: usize,
    /// A file of the group beside which it stands.
    beside: usize,
    group: usize,
}

/// What the transforms want of one object of a file, present or new.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The document that holds the object, or after which it comes.
    pub(crate) document: usize,
    /// JSON Pointer of the object; of a new one in a list, the end of the list.
    pub(crate) pointer: String,
    /// What it is.
    pub(crate) identity: Identity,
    /// The object is new.
    pub(crate) created: bool,
    /// All changes with their fate.
    pub(crate) changes: Vec<Change>,
    /// The text of a new document.
    pub(crate) text: Option<String>,
    /// The comments of an object that this program made.
    pub(crate) notes: Vec<Note>,
    /// The keeps that held a change.
    pub(crate) used: BTreeSet<Origin>,
}

/// A file that a run makes.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The file beside which it comes, by index.
    pub beside: usize,
    /// Its name.
    pub name: String,
    /// Its group, by index.
    pub group: usize,
    /// Its text.
    pub text: String,
    objects: Vec<(Identity, Change, usize)>,
}

impl Guards {
    /// What is wanted of a file.
    #[must_use]
    pub fn wishes(&self, file: usize) -> &[Wish] {
        self.files.get(&file).map_or(&[], Vec::as_slice)
    }

    /// The files that are to be changed.
    pub fn changed(&self) -> impl Iterator<Item = usize> {
        let applied = |wish: &Wish| wish.changes.iter().any(Change::is_applied);
        let files = self.files.iter();
        files
            .filter(move |(_, wishes)| wishes.iter().any(applied))
            .map(|(file, _)| *file)
    }

    /// Tells whether nothing is to be changed.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.new.is_empty() && self.changed().next().is_none()
    }

    /// The groups with the new files, which follow `count` files.
    #[must_use]
    pub fn groups(&self, groups: &[Group], count: usize) -> Vec<Group> {
        let mut changed = groups.to_vec();
        for group in &mut changed {
            let leaves = |file: usize| self.joined.iter().any(|joined| joined.file == file);
            group.own.retain(|file| !leaves(*file));
            group.members.retain(|member| !leaves(*member));
            let stays = |step: &Step| !matches!(step, Step::File(file) if leaves(*file));
            group.steps.retain(stays);
        }
        let new = self.new.iter().enumerate();
        let new = new.map(|(index, new)| (count + index, new.beside, new.group));
        let joined = self.joined.iter();
        let joined = joined.map(|joined| (joined.file, joined.beside, joined.group));
        for (file, beside, own) in new.chain(joined) {
            let over = group::over(groups, own);
            for (number, group) in changed.iter_mut().enumerate() {
                let is_home = number == own;
                // Whatever includes the file beside it also includes the kustomization that lists both.
                if !is_home && !over.contains(&number) && !group.members.contains(&beside) {
                    continue;
                }
                let beside = |step: &Step| *step == Step::File(beside);
                let at = group.steps.iter().position(beside);
                let end = if is_home { 0 } else { group.steps.len() };
                let at = at.map_or(end, |at| at + 1);
                group.steps.insert(at, Step::File(file));
                group.members.push(file);
                if is_home {
                    group.own.insert(file);
                }
            }
        }
        changed
    }

    fn push(&mut self, file: usize, wish: Wish) {
        self.files.entry(file).or_default().push(wish);
    }
}

impl NewFile {
    /// The report of the file, under the path by which people know it.
    #[must_use]
    pub fn report(&self, path: String) -> FileReport {
        let lines: Vec<&str> = self.text.split_inclusive('\n').collect();
        let ends = self.objects.iter().skip(1).map(|(_, _, line)| *line);
        let ends = ends.chain([lines.len() + 1]);
        let objects = self.objects.iter().zip(ends).enumerate();
        let object = |(document, ((identity, change, line), end)): (
            usize,
            (&(Identity, Change, usize), usize),
        )| {
            ObjectReport {
                document,
                pointer: String::new(),
                api_version: identity.api_version.clone(),
                kind: identity.kind.clone(),
                namespace: identity.namespace.clone(),
                name: identity.name.clone(),
                line: *line,
                created: true,
                level: None,
                changes: vec![LocatedChange {
                    change: change.clone(),
                    line: *line,
                }],
                edits: vec![TextEdit {
                    start: 0,
                    end: 0,
                    text: lines[line - 1..end - 1].concat(),
                }],
                secrets: Vec::new(),
            }
        };
        FileReport {
            status: Status::Changed,
            created: true,
            after: Some(self.text.clone()),
            objects: objects.map(object).collect(),
            ..FileReport::unchanged(path)
        }
    }
}

/// Tells whether a text can concern guards as they are asked for, or is a patch that may add a container; a cheap test
/// before parsing.
#[must_use]
pub fn wants(text: &str, is_patch: bool, settings: &Settings) -> bool {
    let adds = added::may_add(text, is_patch);
    if adds || is_patch {
        return adds;
    }
    match mode(text, settings) {
        settings::Guards::Declared => declares_namespace(text),
        settings::Guards::All => text.contains("apiVersion"),
        settings::Guards::None => false,
    }
}

/// Tells whether a text may hold a Namespace: the word stands soon after `kind`. Definitions say `Namespaced`.
fn declares_namespace(text: &str) -> bool {
    const WORD: &str = "Namespace";
    const NEAR: usize = 40;
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes, WORD).any(|at| {
        let ends = !bytes
            .get(at + WORD.len())
            .is_some_and(u8::is_ascii_alphanumeric);
        let before = &bytes[at.saturating_sub(NEAR)..at];
        ends && memchr::memmem::find(before, b"kind").is_some()
    })
}

/// Which namespaces of a text get guards: what Helm renders is not a whole namespace.
fn mode(text: &str, settings: &Settings) -> settings::Guards {
    let default = || {
        if foreign::is_rendered_chart(text) {
            settings::Guards::None
        } else {
            settings::Guards::Declared
        }
    };
    settings.guards.unwrap_or_else(default)
}

/// The namespace itself, as exceptions see it.
pub(crate) fn identity(namespace: &Identity) -> Identity {
    Identity {
        namespace: namespace.name.clone(),
        ..namespace.clone()
    }
}

/// Plans the guards of all namespaces of some groups, and what the containers need that patches add.
#[must_use]
pub fn plan(files: &[File<'_>], groups: &[Group], cluster: &Cluster) -> Guards {
    let mut facts: Vec<Facts> = files
        .par_iter()
        .map(|file| read::read(file, cluster))
        .collect();
    let mut deployed = deployed::deployed(files, groups, &facts, cluster);
    let mut guards = Guards::default();
    let added = added::plan(files, &facts, &deployed, cluster);
    if !added.is_empty() {
        added::apply(&added, &mut facts);
        deployed = deployed::deployed(files, groups, &facts, cluster);
        guards.files.extend(added);
    }
    let run = Run {
        places: Places::of(groups, &deployed, &facts),
        files,
        groups,
        facts: &facts,
        deployed: &deployed,
        cluster,
    };
    let mut done = BTreeSet::new();
    for index in 0..groups.len() {
        for (name, objects) in run.namespaces(index) {
            let Some(subject) = run.subject(index, &name, objects) else {
                continue;
            };
            // A file that two kustomizations list has its guards from the first one.
            if done.insert((subject.anchor, name)) {
                decide::decide(&run, &subject, &mut guards);
            }
        }
    }
    run.abandoned(&mut guards);
    guards
}

/// Namespaces that are not one application's own.
fn is_system(name: &str) -> bool {
    let prefixes = ["kube-", "openshift-"];
    name == "default"
        || prefixes.iter().any(|prefix| name.starts_with(prefix))
        || node_agent::is_system_namespace(name)
}

/// The path of a new file beside another one.
#[must_use]
pub fn beside(path: &Path, name: &str) -> PathBuf {
    path.with_file_name(name)
}
