//! Warnings that need the whole run: what in a configuration is of no use, and comments that get lost.

use std::collections::{BTreeMap, BTreeSet};

use super::configuration::{Configurations, Source};
use crate::config::Workload;
use crate::exempt::{self, ANNOTATION};
use crate::report::{FileReport, Problem};
use crate::workload::{self, Identity};
use crate::yaml::Position;

/// What was seen of the files of each configuration.
#[derive(Default)]
pub(super) struct Seen {
    by_configuration: BTreeMap<usize, Files>,
}

#[derive(Default)]
struct Files {
    /// The overrides, by index, that concern an object.
    concerned: BTreeSet<usize>,
    /// A file could not be read: what it holds is not known.
    unreadable: bool,
    /// API group and kind of every object, and whether any of that kind has a pod.
    kinds: BTreeMap<(String, String), bool>,
}

impl Seen {
    /// Notes the overrides that concern an object of a file.
    pub(super) fn concern(&mut self, configuration: usize, overrides: BTreeSet<usize>) {
        self.of(configuration).concerned.extend(overrides);
    }

    /// Notes that a file could not be read.
    pub(super) fn unreadable(&mut self, configuration: usize) {
        self.of(configuration).unreadable = true;
    }

    /// Notes the objects of a file.
    pub(super) fn file(&mut self, configuration: usize, file: &FileReport) {
        let files = self.of(configuration);
        files.unreadable |= !file.problems.is_empty();
        for object in &file.objects {
            let group = object.api_version.split_once('/');
            let group = group.map_or("", |(group, _)| group);
            let kind = (group.to_owned(), object.kind.clone());
            *files.kinds.entry(kind).or_default() |= object.level.is_some();
        }
    }

    fn of(&mut self, configuration: usize) -> &mut Files {
        self.by_configuration.entry(configuration).or_default()
    }
}

/// Entries of the configurations that are of no use, as `file:line:column: what; what to do`.
pub(super) fn of_configurations(configurations: &Configurations<'_>, seen: &Seen) -> Vec<String> {
    let nothing = Files::default();
    let mut warnings = Vec::new();
    for (index, configuration) in configurations.iter().enumerate() {
        let Some(source) = &configuration.source else {
            continue;
        };
        let files = seen.by_configuration.get(&index).unwrap_or(&nothing);
        if configurations.is_whole(source) && !files.unreadable {
            warnings.extend(of_overrides(source, files));
        }
        warnings.extend(of_workloads(source, files));
    }
    warnings
}

/// Overrides that concern no object.
fn of_overrides(source: &Source, files: &Files) -> Vec<String> {
    let places = source.file.overrides.iter().enumerate();
    places
        .filter(|(index, _)| !files.concerned.contains(index))
        .map(|(_, at)| {
            let help = "remove it, or correct its conditions";
            line(
                source,
                *at,
                &format!("this override matches nothing; {help}"),
            )
        })
        .collect()
}

/// Custom kinds that need no entry, or whose pods are not where the entry says.
fn of_workloads(source: &Source, files: &Files) -> Vec<String> {
    let entries = source.file.spec.workloads.iter();
    entries
        .zip(&source.file.workloads)
        .filter_map(|(entry, at)| Some(line(source, *at, &of_workload(entry, files)?)))
        .collect()
}

fn of_workload(entry: &Workload, files: &Files) -> Option<String> {
    let (kind, group) = (&entry.kind.kind, &entry.kind.group);
    let identity = Identity {
        api_version: format!("{group}/v1"),
        kind: kind.clone(),
        ..Identity::default()
    };
    if workload::is_known(&identity) {
        return Some(format!(
            "kubetemper knows where a {kind} holds its pods, so this entry has no effect; remove it"
        ));
    }
    let has_pods = files.kinds.get(&(group.clone(), kind.clone()))?;
    (!has_pods).then(|| {
        format!(
            "no {kind} has a pod there; podTemplate must lead to what holds `metadata` and `spec` of the pod"
        )
    })
}

fn line(source: &Source, at: Position, text: &str) -> String {
    format!("{}:{}:{}: {text}", source.file.path, at.line, at.column)
}

/// Warns of keep comments in a file from which something is built: they are lost on the way.
pub(super) fn of_lost_comments(file: &mut FileReport, builder: Option<&str>) {
    let Some(builder) = builder else {
        return;
    };
    let positions = exempt::comment_positions(&file.before);
    file.warnings
        .extend(positions.into_iter().map(|position| Problem {
            position: Some(position),
            object: None,
            reason: format!("this keep comment is lost when {builder} is built"),
            help: format!("write it as the annotation {ANNOTATION} of the object"),
        }));
}
