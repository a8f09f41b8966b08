//! Lets the transforms that look at namespaces plan on groups of files, and finds a place for what they want.
//!
//! It looks at the files as they are after the other transforms of the run, and comes before the texts are edited:
//! what it wants of a file is handed to the pipeline as a list of wishes.

mod apply;
mod decide;
mod listed;
mod place;
mod read;
mod unseen;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::change::Change;
use crate::cluster::Cluster;
use crate::foreign;
use crate::group::{Group, Member};
use crate::node_agent;
use crate::report::{FileReport, LocatedChange, ObjectReport, Status};
use crate::settings::{self, Settings};
use crate::workload::Identity;
use crate::yaml::TextEdit;

pub(crate) use apply::{apply, insert};
pub use listed::Listed;
use read::{Facts, Found};
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
        let mut groups = groups.to_vec();
        let beside: BTreeSet<usize> = self.new.iter().map(|new| new.beside).collect();
        for (number, group) in groups.iter_mut().enumerate() {
            let members = group.members.iter();
            let members = members.filter(|member| beside.contains(&member.file));
            // Whatever includes the file beside it also includes the kustomization that lists both.
            let mut namespaces: BTreeMap<usize, Option<String>> = BTreeMap::new();
            for member in members {
                let namespace = || member.namespace.clone();
                namespaces.entry(member.file).or_insert_with(namespace);
            }
            if namespaces.is_empty() {
                continue;
            }
            for (index, new) in self.new.iter().enumerate() {
                if let Some(namespace) = namespaces.get(&new.beside) {
                    group.members.push(Member {
                        file: count + index,
                        namespace: namespace.clone(),
                    });
                    if number == new.group {
                        group.own.insert(count + index);
                    }
                }
            }
        }
        groups
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

/// Tells whether a text can concern guards as they are asked for; a cheap test before parsing.
#[must_use]
pub fn wants(text: &str, settings: &Settings) -> bool {
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

/// Plans the guards of all namespaces of some groups.
#[must_use]
pub fn plan(files: &[File<'_>], groups: &[Group], cluster: &Cluster) -> Guards {
    let facts: Vec<Facts> = files
        .par_iter()
        .map(|file| read::read(file, cluster))
        .collect();
    let run = Run {
        places: Places::of(groups, &facts),
        files,
        groups,
        facts: &facts,
        cluster,
    };
    let mut guards = Guards::default();
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
    guards
}

/// What planning knows.
struct Run<'a> {
    files: &'a [File<'a>],
    groups: &'a [Group],
    facts: &'a [Facts],
    places: Places<'a>,
    cluster: &'a Cluster,
}

/// A namespace that is to have guards.
struct Subject<'a> {
    name: String,
    group: usize,
    /// The Namespace object, where there is one.
    object: Option<Found<'a>>,
    /// The objects of the namespace.
    members: Vec<Found<'a>>,
    /// The file of the Namespace object, else of the first object: it says where new objects go.
    anchor: usize,
    /// Why what is deployed may differ from the files.
    unseen: Option<String>,
    /// What an overlay adds to the namespace, if it does.
    shared: Option<String>,
}

impl<'a> Run<'a> {
    /// All objects of a group, each with its namespace; that of a Namespace object is itself.
    fn objects(&self, group: usize) -> impl Iterator<Item = (Found<'a>, Option<String>)> {
        let members = self.groups[group].members.iter();
        members.flat_map(move |member| {
            let settings = self.files[member.file].settings;
            let found = self.facts[member.file].objects(member.file);
            found.map(move |found| {
                let identity = found.identity();
                let own = if found.is_namespace() {
                    identity.name.clone()
                } else {
                    identity
                        .namespace
                        .clone()
                        .or_else(|| settings.namespace.clone())
                };
                // kustomize puts everything into its namespace, and renames Namespace objects.
                (found, member.namespace.clone().or(own))
            })
        })
    }

    /// The namespaces of a group, in the order of the files, each with its objects.
    fn namespaces(&self, group: usize) -> Vec<(String, Vec<Found<'a>>)> {
        let mut all: Vec<(String, Vec<Found<'a>>)> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (found, namespace) in self.objects(group) {
            let Some(name) = namespace else {
                continue;
            };
            let at = *known.entry(name).or_insert_with_key(|name| {
                all.push((name.clone(), Vec::new()));
                all.len() - 1
            });
            all[at].1.push(found);
        }
        all
    }

    /// A namespace of a group, if it is to have guards and the group is where it belongs.
    fn subject(&self, group: usize, name: &str, all: Vec<Found<'a>>) -> Option<Subject<'a>> {
        if is_system(name) {
            return None;
        }
        let (namespaces, members): (Vec<_>, Vec<_>) =
            all.into_iter().partition(Found::is_namespace);
        let object = namespaces.first().copied();
        let runs = members.iter().any(Found::is_workload);
        let anchor = object.or_else(|| members.iter().copied().find(Found::is_workload))?;
        let file = &self.files[anchor.file];
        let wanted = match mode(file.text, file.settings) {
            settings::Guards::Declared => runs && object.is_some(),
            settings::Guards::All => runs || object.is_some(),
            settings::Guards::None => false,
        };
        let is_here = self.groups[group].own.contains(&anchor.file);
        let can_write = file.writable && self.facts[anchor.file].unreadable.is_none();
        let held = object.is_some_and(|object| object.hold().is_some());
        (wanted && is_here && can_write && !held).then(|| Subject {
            name: name.to_owned(),
            group,
            object,
            unseen: self.unseen(group, anchor.file, name),
            shared: self.shared(group, anchor.file, name),
            members,
            anchor: anchor.file,
        })
    }
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
