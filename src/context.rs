//! What is read but not written: the kustomizations around the input, which say what a patch is, and what they build.

mod record;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::Value;

use crate::cluster::Cluster;
use crate::guards::Listed;
use crate::input::{self, Limits, walk};
use crate::kustomize::{Beside, Kustomization};
use crate::yaml::{self, Document};

pub use record::{Record, root};

/// What an earlier run knew of the files around its input.
#[derive(Debug)]
struct Known {
    cluster: Cluster,
    files: HashMap<PathBuf, Listed>,
}

/// Facts from outside the documents themselves.
#[derive(Debug, Default)]
pub struct Context {
    /// Files that a kustomization names as a patch, as canonical paths.
    patches: HashSet<PathBuf>,
    /// Files that a kustomization names as a resource, as canonical paths.
    resources: HashSet<PathBuf>,
    /// Manifest files around the input, as canonical paths.
    files: Vec<PathBuf>,
    /// The kustomizations around the input.
    kustomizations: Vec<Kustomization>,
    /// Everything below a git root was seen, so that absence is evidence.
    complete: bool,
    limits: Limits,
    /// What an earlier run knew, where its context was read from a file.
    known: Option<Known>,
    /// Whether a folder is one of the templates of a chart, for those that were asked about.
    charts: Mutex<HashMap<PathBuf, bool>>,
}

impl Context {
    /// Looks at everything below the git root of each path. Without a git root, at a folder itself and at the
    /// files beside a file.
    ///
    /// What cannot be read is passed over: it is not part of the input.
    #[must_use]
    pub fn around<'p>(paths: impl Iterator<Item = &'p Path>) -> Self {
        let root = |path: &Path| {
            let path = path.canonicalize().ok()?;
            let folder = if path.is_dir() {
                path.as_path()
            } else {
                path.parent()?
            };
            Some(match git_root(folder) {
                Some(root) => (root.to_owned(), None),
                None if path.is_dir() => (path, None),
                // The folder may be a home folder or the root of the system.
                None => (folder.to_owned(), Some(1)),
            })
        };
        Self::below(paths.filter_map(root).collect())
    }

    /// The context that the flags ask for: none, what `named` names, or what is around the input.
    ///
    /// # Errors
    /// A file that a run wrote its context to, and that cannot be read back.
    pub fn asked(inputs: &[PathBuf], named: &[PathBuf], none: bool) -> Result<Self, String> {
        if none {
            return Ok(Self::default());
        }
        let files = inputs.iter().map(PathBuf::as_path);
        let files = files.filter(|path| path.as_os_str() != "-");
        for path in named.iter().filter(|path| path.is_file()) {
            let fail = |reason: &str| format!("--context {}: {reason}", path.display());
            // What is no text is no record either.
            let text = std::fs::read_to_string(path).unwrap_or_default();
            match Record::read(&text) {
                None => {}
                Some(_) if named.len() > 1 => {
                    return Err(fail(
                        "a context file holds all of the context; name it alone",
                    ));
                }
                Some(record) => {
                    let record = record.map_err(|error| fail(&error))?;
                    return Ok(record.into_context(&root(files)));
                }
            }
        }
        if !named.is_empty() {
            return Ok(Self::of(named));
        }
        Ok(Self::around(files))
    }

    /// Looks at files, and at everything below folders, that were named as context.
    #[must_use]
    pub fn of(paths: &[PathBuf]) -> Self {
        Self::below(
            paths
                .iter()
                .filter_map(|path| Some((path.canonicalize().ok()?, None)))
                .collect(),
        )
    }

    /// Looks at everything below some roots, down to a depth.
    fn below(roots: HashSet<(PathBuf, Option<usize>)>) -> Self {
        let mut context = Self {
            complete: !roots.is_empty(),
            ..Self::default()
        };
        for (root, depth) in roots {
            let mut builder = ignore::WalkBuilder::new(&root);
            let builder = builder.hidden(false).max_depth(depth);
            let found = walk::walk(&root, builder.sort_by_file_path(Path::cmp));
            context.complete &= found.unsafe_patterns.is_empty();
            let is_file =
                |entry: &ignore::DirEntry| entry.file_type().is_some_and(|kind| kind.is_file());
            for entry in found.entries.into_iter().flatten().filter(is_file) {
                let name = entry.file_name().to_str();
                if matches!(
                    name,
                    Some("kustomization.yaml" | "kustomization.yml" | "Kustomization")
                ) {
                    context.read(entry.path());
                } else if input::is_manifest_name(entry.path()) {
                    context.files.push(entry.into_path());
                }
            }
        }
        context
    }

    /// The same context, in which files are read up to these limits.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// How much is read of a file.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Manifest files around the input; the input itself may be among them.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The kustomizations around the input; their paths are canonical.
    #[must_use]
    pub fn kustomizations(&self) -> &[Kustomization] {
        &self.kustomizations
    }

    /// What an earlier run knew of the cluster, if it wrote that down.
    #[must_use]
    pub fn known(&self) -> Option<&Cluster> {
        Some(&self.known.as_ref()?.cluster)
    }

    /// What an earlier run found in a file.
    #[must_use]
    pub fn listed(&self, real: &Path) -> Option<&Listed> {
        self.known.as_ref()?.files.get(real)
    }

    /// Tells whether absence is evidence: the files around the input were looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Tells whether a kustomization names the file as a patch.
    #[must_use]
    pub fn is_patch(&self, path: &Path) -> bool {
        !self.patches.is_empty()
            && path
                .canonicalize()
                .is_ok_and(|path| self.names_as_patch(&path))
    }

    /// The same for a canonical path.
    #[must_use]
    pub fn names_as_patch(&self, real: &Path) -> bool {
        self.patches.contains(real)
    }

    /// What builds manifests from the file, so that its comments are lost on the way to the cluster.
    #[must_use]
    pub fn builder(&self, path: &Path) -> Option<&'static str> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        if self.is_in_chart(folder) {
            return Some("the chart");
        }
        let is_resource = !self.resources.is_empty()
            && path
                .canonicalize()
                .is_ok_and(|path| self.resources.contains(&path));
        is_resource.then_some("the kustomization")
    }

    /// Tells whether a folder is one of the templates of a chart; the answer is the same for all of its files.
    fn is_in_chart(&self, folder: &Path) -> bool {
        let known = |known: &HashMap<PathBuf, bool>| known.get(folder).copied();
        if let Some(known) = self.charts.lock().ok().and_then(|charts| known(&charts)) {
            return known;
        }
        let real = folder.canonicalize().unwrap_or_default();
        let found = real
            .ancestors()
            .filter(|folder| folder.ends_with("templates"))
            .any(|folder| folder.with_file_name("Chart.yaml").is_file());
        if let Ok(mut charts) = self.charts.lock() {
            charts.insert(folder.to_owned(), found);
        }
        found
    }

    /// Reads a kustomization. Tells whether it could be read.
    fn read(&mut self, path: &Path) -> bool {
        let Some(text) = input::text(path, &self.limits) else {
            return false;
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let resolve = |name: &str| folder.join(name).canonicalize().ok();
        for slice in yaml::split(&text).unwrap_or_default() {
            let Ok(document) = Document::parse(&text, &slice) else {
                continue;
            };
            let names = patch_names(document.value());
            // An inline patch is no path and does not resolve.
            self.patches.extend(names.filter_map(resolve));
            let names = data_names(document.value());
            self.patches.extend(names.filter_map(resolve));
            let names = entries(document.value(), "resources").filter_map(Value::as_str);
            self.resources.extend(names.filter_map(resolve));
            self.kustomizations.extend(Kustomization::read(
                path,
                document.value(),
                &Folder(folder),
            ));
        }
        true
    }
}

/// The folder of a kustomization.
struct Folder<'a>(&'a Path);

impl Beside for Folder<'_> {
    fn resolve(&self, entry: &str) -> Option<PathBuf> {
        self.0.join(entry).canonicalize().ok()
    }

    fn text(&self, path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }
}

/// The entries of a list of a kustomization.
fn entries<'v>(kustomization: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    let list = kustomization.get(key).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn patch_names(kustomization: &Value) -> impl Iterator<Item = &str> {
    let list = |key: &str| entries(kustomization, key);
    let paths = list("patches")
        .chain(list("patchesJson6902"))
        .filter_map(|patch| patch.get("path"));
    paths
        .chain(list("patchesStrategicMerge"))
        .filter_map(Value::as_str)
        .filter(|name| !name.contains('\n'))
}

/// The files that a kustomization puts into ConfigMaps and Secrets, as they are.
fn data_names(kustomization: &Value) -> impl Iterator<Item = &str> {
    let generators = ["configMapGenerator", "secretGenerator"];
    let generators = generators
        .into_iter()
        .flat_map(|key| entries(kustomization, key));
    let files = generators.flat_map(|generator| entries(generator, "files"));
    files
        .filter_map(Value::as_str)
        .map(|file| file.split_once('=').map_or(file, |(_, path)| path))
}

/// The git root that a folder is in.
pub(crate) fn git_root(folder: &Path) -> Option<&Path> {
    folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
}
