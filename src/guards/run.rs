//! What planning knows, and which namespaces are to have guards.

use std::collections::{BTreeMap, BTreeSet};

use super::deployed::Deployed;
use super::read::{Facts, Found};
use super::unseen::Places;
use super::{File, Guards, is_system, mode, stale};
use crate::cluster::Cluster;
use crate::group::Group;
use crate::settings;
use crate::transform;

/// How deep kustomizations are followed to what they include.
const MAX_DEPTH: usize = 16;

/// What planning knows.
pub(super) struct Run<'a> {
    pub(super) files: &'a [File<'a>],
    pub(super) groups: &'a [Group],
    pub(super) facts: &'a [Facts],
    pub(super) deployed: &'a [Deployed],
    pub(super) places: Places<'a>,
    pub(super) cluster: &'a Cluster,
}

/// A namespace that is to have guards.
pub(super) struct Subject<'a> {
    pub(super) name: String,
    pub(super) group: usize,
    /// The Namespace object, where there is one.
    pub(super) object: Option<Found<'a>>,
    /// The objects of the namespace.
    pub(super) members: Vec<Found<'a>>,
    /// The file of the Namespace object, else of the first object, else the kustomization that names the namespace: it
    /// says where new objects go.
    pub(super) anchor: usize,
    /// Why what is deployed may differ from the files.
    pub(super) unseen: Option<String>,
    /// What an overlay adds to the namespace, if it does.
    pub(super) shared: Option<String>,
}

impl<'a> Run<'a> {
    /// All objects of a group, each with its namespace; that of a Namespace object is itself.
    pub(super) fn objects(
        &self,
        group: usize,
    ) -> impl Iterator<Item = (Found<'a>, Option<String>)> + use<'a> {
        let (files, facts) = (self.files, self.facts);
        let objects = self.deployed[group].objects.iter();
        objects.filter_map(move |object| {
            let found = object.found(facts)?;
            let identity = found.identity();
            let own = if found.is_namespace() {
                identity.name.clone()
            } else {
                let default = || files[found.file].settings.namespace.clone();
                identity.namespace.clone().or_else(default)
            };
            // kustomize puts everything into its namespace, and renames Namespace objects.
            Some((found, object.namespace.clone().or(own)))
        })
    }

    /// The namespaces of a group, in the order of the files, each with its objects.
    pub(super) fn namespaces(&self, group: usize) -> Vec<(String, Vec<Found<'a>>)> {
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
    pub(super) fn subject(
        &self,
        group: usize,
        name: &str,
        all: Vec<Found<'a>>,
    ) -> Option<Subject<'a>> {
        let (anchor, object, members) = self.place(group, name, all, MAX_DEPTH)?;
        Some(Subject {
            name: name.to_owned(),
            group,
            object,
            unseen: self.unseen(group, anchor, name),
            shared: self.shared(group, anchor, name),
            members,
            anchor,
        })
    }

    /// Reports what an earlier run made for namespaces in which nothing runs any more.
    pub(super) fn abandoned(&self, guards: &mut Guards) {
        let unreadable = |facts: &Facts| facts.unreadable.is_some();
        // What is not seen may run all the same.
        if !self.cluster.complete || self.facts.iter().any(unreadable) {
            return;
        }
        let mut alive = BTreeSet::new();
        for group in 0..self.groups.len() {
            let objects = self.objects(group).filter(|(found, _)| found.is_workload());
            alive.extend(objects.filter_map(|(_, namespace)| namespace));
        }
        for (file, facts) in self.facts.iter().enumerate() {
            let File {
                settings, writable, ..
            } = self.files[file];
            let guarded = mode(self.files[file].text, settings) != settings::Guards::None;
            if !writable || !guarded {
                continue;
            }
            for found in facts.objects(file) {
                let namespace = found.identity().namespace.as_ref();
                let made = found.generator().and_then(|id| transform::named(id).ok());
                let Some(made) = made.filter(|it| settings.runs(it)) else {
                    continue;
                };
                if namespace.is_some_and(|it| !alive.contains(it)) {
                    guards.push(file, stale::stale(&found, made.id));
                }
            }
        }
    }

    /// The anchor, the Namespace object and the other objects of a namespace that is to have guards.
    #[allow(clippy::type_complexity)]
    fn place(
        &self,
        group: usize,
        name: &str,
        all: Vec<Found<'a>>,
        depth: usize,
    ) -> Option<(usize, Option<Found<'a>>, Vec<Found<'a>>)> {
        if is_system(name) {
            return None;
        }
        let (namespaces, members): (Vec<_>, Vec<_>) =
            all.into_iter().partition(Found::is_namespace);
        let object = namespaces.first().copied();
        let mut workloads = members.iter().filter(|found| found.is_workload());
        let first = workloads.next();
        let own = &self.groups[group].own;
        let anchor = object.or(first.copied())?.file;
        let (anchor, at) = if own.contains(&anchor) {
            (anchor, object)
        } else {
            (self.naming(group, name, depth)?, None)
        };
        let file = &self.files[anchor];
        let wanted = match mode(file.text, file.settings) {
            settings::Guards::Declared => first.is_some() && object.is_some(),
            settings::Guards::All => first.is_some() || object.is_some(),
            settings::Guards::None => false,
        };
        let can_write = file.writable && self.facts[anchor].unreadable.is_none();
        let held = object.is_some_and(|object| object.hold().is_some());
        (wanted && can_write && !held).then_some((anchor, at, members))
    }

    /// The kustomization of a group, if it and no base names the namespace: then the guards belong beside it.
    fn naming(&self, group: usize, name: &str, depth: usize) -> Option<usize> {
        let (path, namespace) = {
            let group = &self.groups[group];
            (group.kustomization.as_ref()?, group.namespace.as_deref())
        };
        let file = self.files.iter().position(|file| file.path == Some(path));
        let is_ours = namespace == Some(name) && depth > 0 && !self.is_guarded(group, depth - 1);
        file.filter(|_| is_ours)
    }

    /// Tells whether a namespace of what a group includes is to have guards there.
    fn is_guarded(&self, group: usize, depth: usize) -> bool {
        let all = self.groups.iter().enumerate();
        let mut bases = all.filter(|(_, base)| base.within.contains(&group));
        bases.any(|(base, _)| {
            let mut namespaces = self.namespaces(base).into_iter();
            namespaces.any(|(name, all)| self.place(base, &name, all, depth).is_some())
                || depth > 0 && self.is_guarded(base, depth - 1)
        })
    }
}
