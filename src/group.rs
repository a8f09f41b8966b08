//! Which files are deployed together, and into which namespace: what one kustomization lists, else one folder, else
//! one stream.
//!
//! Quotas, flows and labels count within a group. A base is a group of its own: it is never summed with its overlays,
//! nor one overlay with another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How deep kustomizations in kustomizations are followed; real ones have a handful of levels.
const MAX_DEPTH: usize = 16;

/// What a kustomization says of the manifests that it builds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kustomization {
    /// The file itself.
    pub path: PathBuf,
    /// Files, and folders with kustomizations of their own, under `resources`, `bases` and `components`.
    pub resources: Vec<PathBuf>,
    /// `namespace`.
    pub namespace: Option<String>,
    /// The first key by which the result differs from the files in a way that is not followed here: patches,
    /// replicas, generators, resources that are not among the files.
    pub alters: Option<String>,
}

/// Files that are deployed together. Files are named by their index in the list that the groups were made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// The kustomization that lists the files; `None` for a folder or a stream.
    pub kustomization: Option<PathBuf>,
    /// The files, each with the namespace that a kustomization puts its objects into.
    pub members: Vec<Member>,
    /// The files that belong to this group first of all: it names them itself.
    pub own: BTreeSet<usize>,
    /// Why what is deployed may differ from what the files say, if it may; a clause such as
    /// `overlays/prod/kustomization.yaml has replicas`.
    pub altered: Option<String>,
    /// Groups that include this one, by index: overlays of a base.
    pub within: Vec<usize>,
}

/// A file of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The file, by index.
    pub file: usize,
    /// The namespace of all its objects, whatever they say.
    pub namespace: Option<String>,
}

impl Kustomization {
    /// Reads a kustomization. `resolve` finds the file or folder of an entry; what it does not find is elsewhere.
    pub fn read(
        path: &Path,
        value: &Value,
        resolve: impl Fn(&str) -> Option<PathBuf>,
    ) -> Option<Self> {
        const ALTERING: [&str; 12] = [
            "patches",
            "patchesStrategicMerge",
            "patchesJson6902",
            "replicas",
            "replacements",
            "vars",
            "transformers",
            "generators",
            "helmCharts",
            "helmChartInflationGenerator",
            "namePrefix",
            "nameSuffix",
        ];
        let map = value.as_object()?;
        let is_set = |key: &&&str| match map.get(**key) {
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::String(text)) => !text.is_empty(),
            other => other.is_some_and(|other| !other.is_null()),
        };
        let mut alters = ALTERING.iter().find(is_set).map(|key| (*key).to_owned());
        let mut resources = Vec::new();
        for key in ["resources", "bases", "components"] {
            let list = map.get(key).and_then(Value::as_array);
            for entry in list.into_iter().flatten().filter_map(Value::as_str) {
                match resolve(entry) {
                    Some(path) => resources.push(path),
                    None => {
                        alters.get_or_insert_with(|| format!("{entry}, which is not here"));
                    }
                }
            }
        }
        let namespace = map.get("namespace").and_then(Value::as_str);
        Some(Self {
            path: path.to_owned(),
            resources,
            namespace: namespace
                .filter(|namespace| !namespace.is_empty())
                .map(str::to_owned),
            alters,
        })
    }

    /// The same with other paths.
    #[must_use]
    pub fn map_paths(&self, to: impl Fn(&Path) -> PathBuf) -> Self {
        Self {
            path: to(&self.path),
            resources: self.resources.iter().map(|path| to(path)).collect(),
            ..self.clone()
        }
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

impl Group {
    /// The group of one file, or of standard input, by itself.
    #[must_use]
    pub fn stream(file: usize) -> Self {
        Self {
            members: vec![Member {
                file,
                namespace: None,
            }],
            own: BTreeSet::from([file]),
            ..Self::default()
        }
    }

    /// The namespace that the kustomization puts the objects of a file into.
    #[must_use]
    pub fn namespace(&self, file: usize) -> Option<&str> {
        let member = self.members.iter().find(|member| member.file == file);
        member.and_then(|member| member.namespace.as_deref())
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
            group.own.insert(file);
            group.members.push(Member {
                file,
                namespace: None,
            });
        }
    }
    groups.extend(folders.into_values());
    groups
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
        self.collect(index, None, MAX_DEPTH, &mut group);
        group
    }

    fn collect(&self, index: usize, namespace: Option<&str>, depth: usize, group: &mut Group) {
        let kustomization = &self.kustomizations[index];
        // An overlay's namespace wins over that of its base.
        let namespace = namespace.or(kustomization.namespace.as_deref());
        if let Some(key) = &kustomization.alters {
            let folder = kustomization.folder().file_name().unwrap_or_default();
            group.altered.get_or_insert_with(|| {
                format!("the kustomization in {} has {key}", folder.display())
            });
        }
        for resource in &kustomization.resources {
            if let Some(file) = self.by_path.get(resource.as_path()) {
                group.members.push(Member {
                    file: *file,
                    namespace: namespace.map(str::to_owned),
                });
                if depth == MAX_DEPTH {
                    group.own.insert(*file);
                }
            } else if let Some(base) = self.by_folder.get(resource.as_path()).filter(|_| depth > 0)
            {
                self.collect(*base, namespace, depth - 1, group);
            } else {
                group.altered.get_or_insert_with(|| {
                    format!("{} is not among the files", resource.display())
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kustomization(path: &str, value: &Value) -> Kustomization {
        let folder = Path::new(path).parent().expect("folder");
        let resolve = |entry: &str| {
            let mut path = folder.to_owned();
            for part in entry.split('/') {
                if part == ".." {
                    path.pop();
                } else {
                    path.push(part);
                }
            }
            (!entry.contains("://")).then_some(path)
        };
        Kustomization::read(Path::new(path), value, resolve).expect("mapping")
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
                    &json!({"resources": ["../base", "https://a/b"], "replicas": [1]}),
                ),
            ],
        );
        let members = |index: usize| -> Vec<usize> {
            groups[index]
                .members
                .iter()
                .map(|member| member.file)
                .collect()
        };
        assert_eq!(
            [members(0), members(1), members(2)],
            [vec![0], vec![0, 1], vec![0]]
        );
        assert_eq!(groups[0].namespace(0), Some("base"));
        assert_eq!(groups[1].namespace(0), Some("dev"));
        assert_eq!(groups[0].within, [1, 2]);
        assert!(groups[1].altered.is_none());
        assert_eq!(
            groups[2].altered.as_deref(),
            Some("the kustomization in prod has replicas")
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
