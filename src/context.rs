//! What is read but not written: the kustomizations around the input, which say what a patch is.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::yaml::{self, Document};

/// Facts from outside the documents themselves.
#[derive(Debug, Default)]
pub struct Context {
    /// Files that a kustomization names as a patch, as canonical paths.
    patches: HashSet<PathBuf>,
}

impl Context {
    /// Reads the kustomizations below the git root of each path; without a git root, below the path itself.
    ///
    /// What cannot be read is passed over: it is not part of the input.
    #[must_use]
    pub fn around<'p>(paths: impl Iterator<Item = &'p Path>) -> Self {
        let roots: HashSet<PathBuf> = paths
            .filter_map(|path| path.canonicalize().ok())
            .map(|path| root(&path))
            .collect();
        let mut context = Self::default();
        for root in roots {
            let walk = ignore::WalkBuilder::new(root)
                .hidden(false)
                .filter_entry(|entry| entry.file_name() != ".git")
                .build();
            let files = walk.flatten().filter(|entry| {
                matches!(
                    entry.file_name().to_str(),
                    Some("kustomization.yaml" | "kustomization.yml" | "Kustomization")
                )
            });
            for entry in files {
                context.read(entry.path());
            }
        }
        context
    }

    /// Tells whether a kustomization names the file as a patch.
    #[must_use]
    pub fn is_patch(&self, path: &Path) -> bool {
        !self.patches.is_empty()
            && path
                .canonicalize()
                .is_ok_and(|path| self.patches.contains(&path))
    }

    fn read(&mut self, path: &Path) {
        let Ok(text) = std::fs::read_to_string(path) else {
            return;
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        for slice in yaml::split(&text).unwrap_or_default() {
            let Ok(document) = Document::parse(&text, &slice) else {
                continue;
            };
            let names = patch_names(document.value());
            // An inline patch is no path and does not resolve.
            self.patches
                .extend(names.filter_map(|name| folder.join(name).canonicalize().ok()));
        }
    }
}

fn patch_names(kustomization: &Value) -> impl Iterator<Item = &str> {
    let list = |key: &str| {
        kustomization
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let paths = list("patches")
        .chain(list("patchesJson6902"))
        .filter_map(|patch| patch.get("path"));
    paths
        .chain(list("patchesStrategicMerge"))
        .filter_map(Value::as_str)
        .filter(|name| !name.contains('\n'))
}

/// The git root above a path; the folder of the path without one.
fn root(path: &Path) -> PathBuf {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
        .unwrap_or(folder)
        .to_owned()
}
