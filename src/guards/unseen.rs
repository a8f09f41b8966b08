//! Whether the files of a group show all that runs in a namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::deployed::Deployed;
use super::read::{Facts, Found};
use super::run::Run;
use crate::group::{self, Group};

/// Where files and namespaces are met with, looked up once for all namespaces.
pub(super) struct Places<'a> {
    /// The groups that hold each file.
    holders: Vec<Vec<usize>>,
    /// By namespace: the groups with a workload that says that it runs there, but without the Namespace object; each
    /// with its first such workload.
    strangers: BTreeMap<&'a str, Vec<(usize, Found<'a>)>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(groups: &[Group], deployed: &'a [Deployed], facts: &'a [Facts]) -> Self {
        let mut places = Self {
            holders: vec![Vec::new(); facts.len()],
            strangers: BTreeMap::new(),
        };
        for (index, group) in groups.iter().enumerate() {
            let mut declared: BTreeSet<&str> = BTreeSet::new();
            let mut said: BTreeMap<&str, Found<'a>> = BTreeMap::new();
            for member in &group.members {
                let holders = &mut places.holders[*member];
                if holders.last() != Some(&index) {
                    holders.push(index);
                }
            }
            for object in &deployed[index].objects {
                let Some(found) = object.found(facts) else {
                    continue;
                };
                let (put, identity) = (object.namespace.as_deref(), found.identity());
                if found.is_namespace() {
                    declared.extend(put.or(identity.name.as_deref()));
                } else if let (true, Some(name)) =
                    (found.is_workload(), put.or(identity.namespace.as_deref()))
                {
                    said.entry(name).or_insert(found);
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
        self.altered(home)
            .or_else(|| self.unreadable(group))
            .or_else(|| self.shared(home, anchor, name))
            .or_else(|| self.overlaid(home, anchor))
            .or_else(|| self.elsewhere(home, name))
    }

    /// What of the kustomization of a group cannot be followed.
    fn altered(&self, group: usize) -> Option<String> {
        let unclear = || {
            let what = self.deployed[group].unclear.as_ref()?;
            let folder = self.groups[group].kustomization.as_ref()?.parent()?;
            let folder = folder.file_name().unwrap_or_default();
            Some(format!(
                "the kustomization in {} has {what}",
                folder.display()
            ))
        };
        self.groups[group].altered.clone().or_else(unclear)
    }

    fn unreadable(&self, group: &Group) -> Option<String> {
        let mut members = group.members.iter();
        members.find_map(|member| {
            let why = self.facts[*member].unreadable.as_ref()?;
            Some(format!("{} cannot be read: {why}", self.file_name(*member)))
        })
    }

    /// What an overlay that includes the group adds to its namespace.
    pub(super) fn shared(&self, home: usize, anchor: usize, name: &str) -> Option<String> {
        let including = self.including(home, anchor);
        if including.is_empty() {
            return None;
        }
        let known = files(&self.groups[home]);
        including.into_iter().find_map(|index| {
            // The overlay may put all into another namespace.
            let ours = |(found, _): &(Found<'_>, Option<String>)| {
                known.contains(&found.file) && !found.is_namespace()
            };
            let same = self.objects(index).find(ours).and_then(|(_, name)| name);
            let same = same.as_deref().unwrap_or(name);
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
        let own = self.deployed[home].objects.iter();
        let own: BTreeMap<_, usize> = own.map(|it| (it.origin(), it.changes)).collect();
        let including = self.including(home, anchor);
        including.into_iter().find_map(|index| {
            let altered = self.altered(index);
            altered.or_else(|| {
                let changed = self.deployed[index].objects.iter().find(|object| {
                    let before = own.get(&object.origin());
                    before.is_some_and(|before| object.changes > *before)
                })?;
                let label = changed.found(self.facts)?.label();
                Some(format!("an overlay changes {label}"))
            })
        })
    }

    /// A workload that says that it runs in the namespace, in a group that does not declare the namespace itself.
    fn elsewhere(&self, home: usize, name: &str) -> Option<String> {
        let strangers = self.places.strangers.get(name)?;
        let known = files(&self.groups[home]);
        let is_apart = |group: usize| {
            let mut members = self.groups[group].members.iter();
            !members.any(|member| known.contains(member))
        };
        let (_, found) = strangers.iter().find(|(group, _)| is_apart(*group))?;
        let file = self.file_name(found.file);
        Some(format!(
            "{} of {file}, which is deployed by itself, runs here too",
            found.label()
        ))
    }

    /// The groups that include another one, or a file of it.
    fn including(&self, home: usize, anchor: usize) -> BTreeSet<usize> {
        let mut including = group::over(self.groups, home);
        including.extend(&self.places.holders[anchor]);
        including.remove(&home);
        including
    }

    fn file_name(&self, file: usize) -> String {
        let name = self.files[file].path.and_then(Path::file_name);
        name.unwrap_or_default().display().to_string()
    }
}

fn files(group: &Group) -> BTreeSet<usize> {
    group.members.iter().copied().collect()
}
