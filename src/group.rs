//! Which files are deployed together, and into which namespace: what one kustomization lists, else one folder, else
//! one stream.
//!
//! Quotas, flows and labels count within a group. A base is a group of its own: it is never summed with its overlays,
//! nor one overlay with another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::kustomize::{Action, Inline, Kustomization, Source, Step};

/// How deep kustomizations in kustomizations are followed; real ones have a handful of levels.
const MAX_DEPTH: usize = 16;

/// Files that are deployed together. Files are named by their index in the list that the groups were made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// The kustomization that lists the files; `None` for a folder or a stream.
    pub kustomization: Option<PathBuf>,
    /// The files.
    pub members: Vec<usize>,
    /// The files that belong to this group first of all: it names them itself.
    pub own: BTreeSet<usize>,
    /// Why what is deployed may differ from what the files say, if it may; a clause such as
    /// `overlays/prod/kustomization.yaml has replicas`.
    pub altered: Option<String>,
    /// Groups that include this one, by index: overlays of a base.
    pub within: Vec<usize>,
    /// How what is deployed comes from the files.
    pub steps: Vec<Step>,
    /// The namespace that the kustomization itself puts everything into.
    pub namespace: Option<String>,
}

impl Group {
    /// The group of one file, or of standard input, by itself.
    #[must_use]
    pub fn stream(file: usize) -> Self {
        Self {
            members: vec![file],
            own: BTreeSet::from([file]),
            steps: vec![Step::File(file)],
            ..Self::default()
        }
    }

    /// Gives the files other indices.
    pub fn rename(&mut self, index: impl Fn(usize) -> usize) {
        self.members.iter_mut().for_each(|it| *it = index(*it));
        self.own = self.own.iter().map(|it| index(*it)).collect();
        for step in &mut self.steps {
            if let Step::File(file) | Step::PatchFile(_, file) = step {
                *file = index(*file);
            }
        }
    }

    /// The files, and those of its patches.
    #[must_use]
    pub fn files(&self) -> BTreeSet<usize> {
        let patches = self.steps.iter().filter_map(|step| match step {
            Step::PatchFile(_, file) => Some(file),
            _ => None,
        });
        self.members.iter().chain(patches).copied().collect()
    }

    /// Adds a file.
    pub fn add(&mut self, file: usize) {
        self.members.push(file);
        self.steps.push(Step::File(file));
    }
}

/// The groups of some files: one for each kustomization, one for each folder with files that no kustomization lists.
/// All paths are canonical.
#[must_use]
pub fn groups(files: &[PathBuf], kustomizations: &[Kustomization]) -> Vec<Group> {
    let by_path: BTreeMap<&Path, usize> = files
        .iter()
        .enumerate()
        .map(|(index, path)| (path.as_path(), index))
        .collect();
    let by_folder: BTreeMap<&Path, usize> = kustomizations
        .iter()
        .enumerate()
        .map(|(index, kustomization)| (kustomization.folder(), index))
        .collect();
    let walk = Walk {
        kustomizations,
        by_path: &by_path,
        by_folder: &by_folder,
    };
    let mut groups: Vec<Group> = (0..kustomizations.len())
        .map(|index| walk.group(index))
        .collect();
    for (index, kustomization) in kustomizations.iter().enumerate() {
        for resource in &kustomization.resources {
            if let Some(base) = by_folder.get(resource.as_path()) {
                groups[*base].within.push(index);
            }
        }
    }
    let listed: BTreeSet<usize> = groups.iter().flat_map(|group| group.own.clone()).collect();
    let mut folders: BTreeMap<Option<&Path>, Group> = BTreeMap::new();
    for (path, file) in by_path {
        if !listed.contains(&file) {
            let group = folders.entry(path.parent()).or_default();
            group.add(file);
            group.own.insert(file);
        }
    }
    groups.extend(folders.into_values());
    groups
}

/// The groups that include a group, also by way of others.
#[must_use]
pub fn over(groups: &[Group], group: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![group];
    while let Some(next) = open.pop() {
        open.extend(groups[next].within.iter().filter(|it| found.insert(**it)));
    }
    found
}

struct Walk<'a> {
    kustomizations: &'a [Kustomization],
    by_path: &'a BTreeMap<&'a Path, usize>,
    by_folder: &'a BTreeMap<&'a Path, usize>,
}

impl Walk<'_> {
    fn group(&self, index: usize) -> Group {
        let mut group = Group {
            kustomization: Some(self.kustomizations[index].path.clone()),
            ..Group::default()
        };
        group.namespace = self.collect(index, true, MAX_DEPTH, &mut group);
        group
    }

    /// Adds what a kustomization builds. Returns the namespace that it puts it into.
    ///
    /// New objects join what the kustomization at the `top` lists, so that its labels are theirs too.
    fn collect(&self, index: usize, top: bool, depth: usize, group: &mut Group) -> Option<String> {
        let kustomization = &self.kustomizations[index];
        let mut namespace = None;
        if let Some(key) = &kustomization.alters {
            let folder = kustomization.folder().file_name().unwrap_or_default();
            group.altered.get_or_insert_with(|| {
                format!("the kustomization in {} has {key}", folder.display())
            });
        }
        for resource in &kustomization.resources {
            if let Some(file) = self.by_path.get(resource.as_path()) {
                group.add(*file);
                if depth == MAX_DEPTH {
                    group.own.insert(*file);
                }
            } else if let Some(base) = self.by_folder.get(resource.as_path()).filter(|_| depth > 0)
            {
                if self.kustomizations[*base].component {
                    let own = self.collect(*base, top, depth - 1, group);
                    namespace = own.or(namespace);
                } else {
                    group.steps.push(Step::Open);
                    self.collect(*base, false, depth - 1, group);
                    group.steps.push(Step::Close);
                }
            } else {
                group.altered.get_or_insert_with(|| {
                    format!("{} is not among the files", resource.display())
                });
            }
        }
        let made = kustomization.made.iter().cloned();
        group.steps.extend(made.map(Step::Made));
        let namespace = kustomization.namespace.clone().or(namespace);
        group.steps.extend(namespace.clone().map(Step::Namespace));
        for action in &kustomization.actions {
            self.act(kustomization, action, top, group);
        }
        namespace
    }

    fn act(&self, by: &Kustomization, action: &Action, top: bool, group: &mut Group) {
        let step = match action {
            Action::Patch(patch) => match &patch.source {
                Source::Inline(pointer, patches) => {
                    let place = Inline {
                        path: by.path.clone(),
                        pointer: pointer.clone(),
                    };
                    Step::Patch(patch.target.clone(), place, patches.clone())
                }
                Source::File(name) => {
                    let Some(file) = self.by_path.get(name.as_path()) else {
                        let folder = by.folder().file_name().unwrap_or_default();
                        group.altered.get_or_insert_with(|| {
                            format!(
                                "the kustomization in {} has a patch that is not among the files",
                                folder.display()
                            )
                        });
                        return;
                    };
                    Step::PatchFile(patch.target.clone(), *file)
                }
            },
            Action::Labels(_) if top => return,
            Action::Labels(labels) => Step::Labels(labels.clone()),
            Action::Replicas(name, count) => Step::Replicas(name.clone(), *count),
            Action::Image(rule) => Step::Image(rule.clone()),
        };
        group.steps.push(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kustomize::Beside;
    use serde_json::{Value, json};

    /// Files whose contents do not matter.
    struct Somewhere<'a>(&'a Path);

    impl Beside for Somewhere<'_> {
        fn resolve(&self, entry: &str) -> Option<PathBuf> {
            let mut path = self.0.to_owned();
            for part in entry.split('/') {
                if part == ".." {
                    path.pop();
                } else {
                    path.push(part);
                }
            }
            (!entry.contains("://")).then_some(path)
        }

        fn text(&self, _: &Path) -> Option<String> {
            None
        }
    }

    fn kustomization(path: &str, value: &Value) -> Kustomization {
        let folder = Path::new(path).parent().expect("folder");
        Kustomization::read(Path::new(path), value, &Somewhere(folder)).expect("mapping")
    }

    #[test]
    fn a_base_is_not_summed_with_its_overlays() {
        let files = [
            "/base/app.yaml",
            "/dev/db.yaml",
            "/loose/a.yaml",
            "/loose/b.yaml",
            "/prod/x.yaml",
        ]
        .map(PathBuf::from);
        let groups = groups(
            &files,
            &[
                kustomization(
                    "/base/kustomization.yaml",
                    &json!({"resources": ["app.yaml"], "namespace": "base"}),
                ),
                kustomization(
                    "/dev/kustomization.yaml",
                    &json!({"resources": ["../base", "db.yaml"], "namespace": "dev"}),
                ),
                kustomization(
                    "/prod/kustomization.yaml",
                    &json!({"resources": ["../base", "https://a/b"], "vars": [1]}),
                ),
            ],
        );
        let members = |index: usize| -> Vec<usize> { groups[index].members.clone() };
        assert_eq!(
            [members(0), members(1), members(2)],
            [vec![0], vec![0, 1], vec![0]]
        );
        assert_eq!(groups[0].namespace.as_deref(), Some("base"));
        assert_eq!(groups[1].namespace.as_deref(), Some("dev"));
        assert_eq!(groups[0].within, [1, 2]);
        assert!(groups[1].altered.is_none());
        assert_eq!(
            groups[2].altered.as_deref(),
            Some("the kustomization in prod has vars")
        );
        assert!(groups[1].own.contains(&1) && !groups[1].own.contains(&0));
        assert_eq!([members(3), members(4)], [vec![2, 3], vec![4]]);
    }

    #[test]
    fn kustomizations_that_list_each_other_end() {
        let groups = groups(
            &[PathBuf::from("/a/x.yaml")],
            &[
                kustomization(
                    "/a/kustomization.yaml",
                    &json!({"resources": ["../b", "x.yaml"]}),
                ),
                kustomization("/b/kustomization.yaml", &json!({"resources": ["../a"]})),
            ],
        );
        assert!(groups[0].altered.is_some());
    }
}
