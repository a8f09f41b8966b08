//! The context as a file: one run writes down what it knows of a repository, and each shard reads that instead of the
//! repository.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Context, Known, git_root};
use crate::cluster::Cluster;
use crate::config::ApiVersion;
use crate::guards::Listed;

const KIND: &str = "Context";

/// What a run knows of the files around its input. Paths are relative to the git root.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    api_version: String,
    kind: String,
    /// The version of the program: another one may know other facts.
    version: String,
    cluster: Cluster,
    files: BTreeMap<PathBuf, Listed>,
    /// The kustomizations, which every run reads itself: what they patch may be secret.
    kustomizations: BTreeSet<PathBuf>,
}

/// What a file begins with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    api_version: String,
    kind: String,
}

/// The folder that the paths of a record are relative to: the git root of the first path, else the working directory.
#[must_use]
pub fn root<'p>(mut paths: impl Iterator<Item = &'p Path>) -> PathBuf {
    let first = paths.next().unwrap_or(Path::new("."));
    let first = first.canonicalize().unwrap_or_default();
    let root = git_root(&first).map(Path::to_owned);
    root.or_else(|| Path::new(".").canonicalize().ok())
        .unwrap_or_default()
}

impl Record {
    /// Makes a record of a context, and of what was found in its files.
    #[must_use]
    pub fn new(
        context: &Context,
        cluster: Cluster,
        files: impl Iterator<Item = (PathBuf, Listed)>,
        root: &Path,
    ) -> Self {
        let below = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
        let kustomizations = context.kustomizations.iter();
        Self {
            api_version: ApiVersion::NAME.to_owned(),
            kind: KIND.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            cluster,
            files: files.map(|(path, listed)| (below(&path), listed)).collect(),
            kustomizations: kustomizations
                .map(|kustomization| below(&kustomization.path))
                .collect(),
        }
    }

    /// Reads a record; `None` if the text is none.
    pub(super) fn read(text: &str) -> Option<Result<Self, String>> {
        let head: Head = serde_json::from_str(text).ok()?;
        if head.api_version != ApiVersion::NAME || head.kind != KIND {
            return None;
        }
        let record = serde_json::from_str(text).map_err(|error| error.to_string());
        Some(record.and_then(|record: Self| {
            if record.version == env!("CARGO_PKG_VERSION") {
                return Ok(record);
            }
            let written = &record.version;
            Err(format!(
                "kubetemper {written} wrote it; write it again with this version"
            ))
        }))
    }

    /// The context, in the tree below a root.
    pub(super) fn into_context(self, root: &Path) -> Context {
        let real = |path: &Path| root.join(path);
        let files = self.files.into_iter();
        let files = files.map(|(path, listed)| (real(&path), listed));
        let mut context = Context {
            complete: self.cluster.complete,
            ..Context::default()
        };
        let mut known = Known {
            cluster: self.cluster,
            files: HashMap::new(),
        };
        for (path, listed) in files {
            context.files.push(path.clone());
            known.files.insert(path, listed);
        }
        for path in &self.kustomizations {
            context.complete &= context.read(&real(path));
        }
        context.known = Some(known);
        context
    }
}
