//! The guards of a run: which files are looked at for them, and the proof that a second run would change nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Error;
use super::configuration::Configurations;
use super::run::{Input, Read};
use crate::cluster::Cluster;
use crate::context::Context;
use crate::group::{self, Group};
use crate::guards::{self, File, Guards, Listed, NewFile, Wish};
use crate::input;
use crate::pipeline::Outcome;
use crate::report::Problem;

/// The guards of a run, and what they were planned on.
pub(super) struct Planned {
    pub(super) guards: Guards,
    groups: Vec<Group>,
    files: Vec<Candidate>,
    /// The candidate of each input.
    of_input: Vec<Option<usize>>,
}

/// A file that is looked at.
struct Candidate {
    path: Option<PathBuf>,
    /// Its index in the input.
    input: Option<usize>,
    /// The text of a file that is not in the input.
    text: String,
    configuration: usize,
    writable: bool,
    is_patch: bool,
    /// What is known of a file that was not read.
    listed: Option<Listed>,
}

impl Planned {
    /// Plans the guards of the input, with the files around it in view.
    pub(super) fn new(
        inputs: &[Input],
        sources: &[Read],
        configurations: &mut Configurations<'_>,
        context: &Context,
        cluster: &Cluster,
    ) -> Result<Self, Error> {
        let mut planned = Self {
            guards: Guards::default(),
            groups: Vec::new(),
            files: Vec::new(),
            of_input: vec![None; inputs.len()],
        };
        let mut wanted = false;
        for (index, (input, source)) in inputs.iter().zip(sources).enumerate() {
            let Ok(Some(source)) = source else {
                continue;
            };
            let settings = input.settings(configurations);
            wanted |= !input.excluded && guards::wants(&source.text, source.is_patch, settings);
            planned.of_input[index] = Some(planned.files.len());
            planned.files.push(Candidate {
                path: input.entry.real.clone(),
                input: Some(index),
                text: String::new(),
                configuration: input.configuration,
                writable: !input.excluded,
                is_patch: source.is_patch,
                listed: None,
            });
        }
        if !wanted {
            return Ok(planned);
        }
        planned.look_around(context, configurations)?;
        let files = planned.files.iter();
        let texts: Vec<&str> = files
            .map(|file| match file.input.map(|input| &sources[input]) {
                Some(Ok(Some(source))) => source.text.as_str(),
                _ => &file.text,
            })
            .collect();
        planned.guards = planned.plan(
            &texts,
            &[],
            &planned.groups,
            (inputs, configurations),
            cluster,
        );
        Ok(planned)
    }

    /// Adds the files of the context, and groups all.
    fn look_around(
        &mut self,
        context: &Context,
        configurations: &mut Configurations<'_>,
    ) -> Result<(), Error> {
        let known: BTreeSet<PathBuf> = self
            .files
            .iter()
            .filter_map(|file| file.path.clone())
            .collect();
        let around = context.files().iter().filter(|path| !known.contains(*path));
        self.files.extend(around.map(|path| Candidate {
            path: Some(path.clone()),
            input: None,
            text: String::new(),
            configuration: 0,
            writable: false,
            is_patch: context.names_as_patch(path),
            listed: None,
        }));
        let paths = self.files.iter().map(|file| file.path.clone());
        // Only streams have no path: they are in no folder.
        let paths: Vec<PathBuf> = paths.map(Option::unwrap_or_default).collect();
        let mut groups = group::groups(&paths, context.kustomizations());
        for (index, file) in self.files.iter().enumerate() {
            if file.path.is_none() {
                groups.retain(|group| !group.own.contains(&index));
                groups.push(Group::stream(index));
            }
        }
        self.groups = groups;
        let concerned = self.beside_input();
        for (index, file) in self.files.iter_mut().enumerate() {
            let (None, Some(path)) = (file.input, &file.path) else {
                continue;
            };
            file.configuration = configurations.of(Some(path))?;
            file.listed = context.listed(path).cloned();
            if file.listed.is_none() || concerned.contains(&index) {
                let text = input::text(path, context.limits());
                // What cannot be read is passed over, as everywhere in the context, unless it is known to be there.
                file.listed = match (&text, &file.listed) {
                    (None, Some(_)) => Some(Listed::unreadable()),
                    _ => None,
                };
                file.text = text.unwrap_or_default();
            }
        }
        Ok(())
    }

    /// The files that share a group with a file of the input.
    fn beside_input(&self) -> BTreeSet<usize> {
        let is_input = |file: &usize| self.files[*file].input.is_some();
        let groups = self.groups.iter().map(Group::files);
        let groups = groups.filter(|files| files.iter().any(is_input));
        groups.flatten().collect()
    }

    fn plan(
        &self,
        texts: &[&str],
        new: &[(PathBuf, &NewFile)],
        groups: &[Group],
        (inputs, configurations): (&[Input], &Configurations<'_>),
        cluster: &Cluster,
    ) -> Guards {
        let present = self.files.iter().zip(texts);
        let mut files: Vec<File<'_>> = present
            .map(|(file, text)| File {
                path: file.path.as_deref(),
                text,
                settings: file.input.map_or_else(
                    || &configurations.get(file.configuration).settings,
                    |input| inputs[input].settings(configurations),
                ),
                writable: file.writable,
                is_patch: file.is_patch,
                listed: file.listed.as_ref(),
            })
            .collect();
        for (path, new) in new {
            let beside = files[new.beside];
            files.push(File {
                path: Some(path),
                text: &new.text,
                ..beside
            });
        }
        guards::plan(&files, groups, cluster)
    }

    /// What the guards want of an input.
    pub(super) fn wishes(&self, input: usize) -> &[Wish] {
        self.of_input[input].map_or(&[], |file| self.guards.wishes(file))
    }

    /// The new files, each with the input beside which it comes.
    pub(super) fn new_files(&self) -> impl Iterator<Item = (usize, &NewFile)> {
        let files = self.guards.new.iter();
        files.filter_map(|new| Some((self.files[new.beside].input?, new)))
    }

    /// Checks that planning on the result wants nothing more. Returns the inputs that must do without guards.
    pub(super) fn unsettled(
        &self,
        outcomes: &[Option<Outcome>],
        (inputs, configurations): (&[Input], &Configurations<'_>),
        cluster: &Cluster,
    ) -> Vec<usize> {
        if self.guards.is_settled() {
            return Vec::new();
        }
        let report = |file: &Candidate| match outcomes[file.input?].as_ref()? {
            Outcome::Report(report, _) => Some(report),
            Outcome::Template(_) => None,
        };
        // The text of a template is not kept, and is what it was.
        let unread = |file: &Candidate| match (&file.path, report(file)) {
            (Some(path), None) if file.input.is_some() => {
                std::fs::read_to_string(path).unwrap_or_default()
            }
            _ => String::new(),
        };
        let unread: Vec<String> = self.files.iter().map(unread).collect();
        let files = self.files.iter().zip(&unread);
        let texts: Vec<&str> = files
            .map(|(file, unread)| match report(file) {
                Some(report) => report.after.as_deref().unwrap_or(&report.before),
                None if file.input.is_some() => unread,
                None => &file.text,
            })
            .collect();
        let new: Vec<(PathBuf, &NewFile)> = self
            .guards
            .new
            .iter()
            .map(|new| {
                let beside = self.files[new.beside].path.as_deref();
                let path = guards::beside(beside.unwrap_or(Path::new("")), &new.name);
                (path, new)
            })
            .collect();
        let groups = self.guards.groups(&self.groups, self.files.len());
        let again = self.plan(&texts, &new, &groups, (inputs, configurations), cluster);
        self.concerned(&again, &groups)
    }

    /// The inputs whose guards are in a group in which something is still wanted.
    fn concerned(&self, again: &Guards, groups: &[Group]) -> Vec<usize> {
        let new = again.new.iter().map(|new| new.beside);
        let wanting: BTreeSet<usize> = again.changed().chain(new).collect();
        let groups = groups.iter().enumerate().filter(|(index, group)| {
            let mut new = again.new.iter();
            new.any(|new| new.group == *index)
                || group.members.iter().any(|member| wanting.contains(member))
        });
        let (numbers, members): (BTreeSet<usize>, Vec<&Vec<usize>>) =
            groups.map(|(index, group)| (index, &group.members)).unzip();
        let members: BTreeSet<usize> = members.into_iter().flatten().copied().collect();
        // A kustomization that lists a new file is in no group itself.
        let listing = self
            .guards
            .new
            .iter()
            .filter(|new| members.contains(&new.beside) || numbers.contains(&new.group));
        let listing = listing.filter_map(|new| self.groups[new.group].kustomization.as_ref());
        let listing: BTreeSet<&PathBuf> = listing.collect();
        let is_concerned = |file: &usize| {
            let path = self.files.get(*file).and_then(|file| file.path.as_ref());
            members.contains(file) || path.is_some_and(|path| listing.contains(path))
        };
        let beside = self.guards.new.iter().map(|new| new.beside);
        let files: BTreeSet<usize> = self.guards.changed().chain(beside).collect();
        let files = files.into_iter().filter(is_concerned);
        files.filter_map(|file| self.files[file].input).collect()
    }
}

/// The problem of a file whose guards are not settled after one run.
pub(super) fn problem() -> Problem {
    Problem {
        position: None,
        object: None,
        reason: "a second run would change the guards of a namespace again, so they are left out"
            .to_owned(),
        help: "please report it as a bug of kubetemper; `--guards none` does without them"
            .to_owned(),
    }
}

/// The path of a new file as people know it.
pub(super) fn label(beside: &str, name: &str) -> String {
    guards::beside(Path::new(beside), name)
        .display()
        .to_string()
}
