//! Whether the files of a group show all that runs in a namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Run;
use super::read::{Facts, Found};
use crate::group::Group;

/// Where files and namespaces are met with, looked up once for all namespaces.
pub(super) struct Places<'a> {
    /// The groups that hold each file.
    holders: Vec<Vec<usize>>,
    /// By namespace: the groups with a workload that says that it runs there, but without the Namespace object; each
    /// with its first such workload.
    strangers: BTreeMap<&'a str, Vec<(usize, Found<'a>)>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(groups: &'a [Group], facts: &'a [Facts]) -> Self {
        let mut places = Self {
            holders: vec![Vec::new(); facts.len()],
            strangers: BTreeMap::new(),
        };
        for (index, group) in groups.iter().enumerate() {
            let mut declared: BTreeSet<&str> = BTreeSet::new();
            let mut said: BTreeMap<&str, Found<'a>> = BTreeMap::new();
            for member in &group.members {
                let holders = &mut places.holders[member.file];
                if holders.last() != Some(&index) {
                    holders.push(index);
                }
                let put = member.namespace.as_deref();
                for found in facts[member.file].objects(member.file) {
                    let identity = found.identity();
                    if found.is_namespace() {
                        declared.extend(put.or(identity.name.as_deref()));
                    } else if let (true, Some(name)) =
                        (found.is_workload(), put.or(identity.namespace.as_deref()))
                    {
                        said.entry(name).or_insert(found);
                    }
                }
            }
            said.retain(|name, _| !declared.contains(name));
            for (name, found) in said {
                places
                    .strangers
                    .entry(name)
                    .or_default()
                    .push((index, found));
            }
        }
        places
    }
}

impl Run<'_> {
    /// Why more may run in a namespace than the files of its group show.
    pub(super) fn unseen(&self, home: usize, anchor: usize, name: &str) -> Option<String> {
        let group = &self.groups[home];
        let altered = group.altered.clone();
        altered
            .or_else(|| self.unreadable(group))
            .or_else(|| self.shared(home, anchor, name))
            .or_else(|| self.overlaid(home, anchor))
            .or_else(|| self.elsewhere(home, name))
    }

    fn unreadable(&self, group: &Group) -> Option<String> {
        let mut members = group.members.iter();
        members.find_map(|member| {
            let why = self.facts[member.file].unreadable.as_ref()?;
            Some(format!(
                "{} cannot be read: {why}",
                self.file_name(member.file)
            ))
        })
    }

    /// What an overlay that includes the group adds to its namespace.
    pub(super) fn shared(&self, home: usize, anchor: usize, name: &str) -> Option<String> {
        let mut including = self.including(home, anchor).peekable();
        including.peek()?;
        let known = files(&self.groups[home]);
        including.find_map(|index| {
            let same = self.groups[index].namespace(anchor).unwrap_or(name);
            let adds = |(found, namespace): &(Found<'_>, Option<String>)| {
                !known.contains(&found.file)
                    && found.is_workload()
                    && namespace.as_deref() == Some(same)
            };
            let (found, _) = self.objects(index).find(adds)?;
            Some(format!("an overlay adds {}", found.label()))
        })
    }

    /// How an overlay alters what it includes.
    fn overlaid(&self, home: usize, anchor: usize) -> Option<String> {
        let mut including = self.including(home, anchor);
        including.find_map(|index| self.groups[index].altered.clone())
    }

    /// A workload that says that it runs in the namespace, in a group that does not declare the namespace itself.
    fn elsewhere(&self, home: usize, name: &str) -> Option<String> {
        let strangers = self.places.strangers.get(name)?;
        let known = files(&self.groups[home]);
        let is_apart = |group: usize| {
            let mut members = self.groups[group].members.iter();
            !members.any(|member| known.contains(&member.file))
        };
        let (_, found) = strangers.iter().find(|(group, _)| is_apart(*group))?;
        let file = self.file_name(found.file);
        Some(format!(
            "{} of {file}, which is deployed by itself, runs here too",
            found.label()
        ))
    }

    /// The groups that include a file of another one.
    fn including(&self, home: usize, anchor: usize) -> impl Iterator<Item = usize> {
        let holders = self.places.holders[anchor].iter().copied();
        holders.filter(move |index| *index != home)
    }

    fn file_name(&self, file: usize) -> String {
        let name = self.files[file].path.and_then(Path::file_name);
        name.unwrap_or_default().display().to_string()
    }
}

fn files(group: &Group) -> BTreeSet<usize> {
    group.members.iter().map(|member| member.file).collect()
}
