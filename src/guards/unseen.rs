//! Whether the files of a group show all that runs in a namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::read::Found;
use super::run::Run;
use crate::group::{self, Group};

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
        let known = files(&self.groups[home]);
        self.including(home, anchor).into_iter().find_map(|index| {
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
        let known = files(&self.groups[home]);
        (0..self.groups.len()).find_map(|index| {
            let group = &self.groups[index];
            if group.members.iter().any(|member| known.contains(member)) {
                return None;
            }
            let mut here = self.objects(index);
            if here.any(|(found, own)| found.is_namespace() && own.as_deref() == Some(name)) {
                return None;
            }
            let mut says = self.deployed[index].objects.iter().filter_map(|object| {
                let found = object.found(self.facts)?;
                let own = found.identity().namespace.as_deref();
                let namespace = object.namespace.as_deref().or(own);
                (found.is_workload() && namespace == Some(name)).then_some(found)
            });
            let found = says.next()?;
            let file = self.file_name(found.file);
            Some(format!(
                "{} of {file}, which is deployed by itself, runs here too",
                found.label()
            ))
        })
    }

    /// The groups that include another one, or a file of it.
    fn including(&self, home: usize, anchor: usize) -> Vec<usize> {
        let over = group::over(self.groups, home);
        let all = self.groups.iter().enumerate();
        let includes = |(index, group): &(usize, &Group)| {
            *index != home && (over.contains(index) || group.members.contains(&anchor))
        };
        all.filter(includes).map(|(index, _)| index).collect()
    }

    fn file_name(&self, file: usize) -> String {
        let name = self.files[file].path.and_then(Path::file_name);
        name.unwrap_or_default().display().to_string()
    }
}

fn files(group: &Group) -> BTreeSet<usize> {
    group.members.iter().copied().collect()
}
