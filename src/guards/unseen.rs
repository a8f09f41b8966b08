//! Whether the files of a group show all that runs in a namespace.

use std::collections::BTreeSet;
use std::path::Path;

use super::Run;
use super::read::Found;
use crate::group::Group;

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
        let known = files(&self.groups[home]);
        self.including(home, anchor).find_map(|index| {
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
        let known = files(&self.groups[home]);
        (0..self.groups.len()).find_map(|index| {
            let group = &self.groups[index];
            if group
                .members
                .iter()
                .any(|member| known.contains(&member.file))
            {
                return None;
            }
            let mut here = self.objects(index);
            if here.any(|(found, own)| found.is_namespace() && own.as_deref() == Some(name)) {
                return None;
            }
            let says = |found: &Found<'_>| {
                let own = found.identity().namespace.as_deref();
                group.namespace(found.file).or(own) == Some(name)
            };
            let mut workloads = self.objects(index).map(|(found, _)| found);
            let found = workloads.find(|found| found.is_workload() && says(found))?;
            let file = self.file_name(found.file);
            Some(format!(
                "{} of {file}, which is deployed by itself, runs here too",
                found.label()
            ))
        })
    }

    /// The groups that include a file of another one.
    fn including(&self, home: usize, anchor: usize) -> impl Iterator<Item = usize> {
        let all = self.groups.iter().enumerate();
        let includes = move |(index, group): &(usize, &Group)| {
            *index != home && group.members.iter().any(|member| member.file == anchor)
        };
        all.filter(includes).map(|(index, _)| index)
    }

    fn file_name(&self, file: usize) -> String {
        let name = self.files[file].path.and_then(Path::file_name);
        name.unwrap_or_default().display().to_string()
    }
}

fn files(group: &Group) -> BTreeSet<usize> {
    group.members.iter().map(|member| member.file).collect()
}
