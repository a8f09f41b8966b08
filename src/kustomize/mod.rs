//! What a kustomization builds, as far as it can be followed without kustomize: files, patches, labels, replicas, images
//! and ConfigMaps. What cannot be followed is named, and nothing is decided on it.

mod apply;
mod generate;
mod labels;
mod merge;
mod read;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde_json::Value;

pub(crate) use apply::Patched;
pub use apply::{Build, Built, Inline, Step, build};
pub(crate) use merge::containers;
pub use read::Beside;
pub(crate) use read::documents;

/// What a kustomization says of the manifests that it builds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kustomization {
    /// The file itself.
    pub path: PathBuf,
    /// It is a component: it alters what the kustomization that includes it has already.
    pub component: bool,
    /// Files, and folders with kustomizations of their own, under `resources` and `bases`, then under `components`.
    pub resources: Vec<PathBuf>,
    /// `namespace`.
    pub namespace: Option<String>,
    /// The first key by which the result differs from the files in a way that is not followed here: replacements,
    /// generators, resources that are not among the files.
    pub alters: Option<String>,
    /// What it does to the objects, in the order of kustomize.
    pub actions: Vec<Action>,
    /// The ConfigMaps that it makes, but for the suffix of their names.
    pub made: Vec<Value>,
}

/// Something that a kustomization does to objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A patch.
    Patch(Patch),
    /// `commonLabels` or an entry of `labels`.
    Labels(Labels),
    /// `replicas`: a name and how many.
    Replicas(String, u64),
    /// An entry of `images`.
    Image(ImageRule),
}

/// A patch of a kustomization.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// What is patched; a strategic merge patch without a target names it itself.
    pub target: Option<Target>,
    /// The patch.
    pub source: Source,
}

/// Where a patch stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// In the kustomization, at a JSON Pointer.
    Inline(String, Vec<Value>),
    /// In a file.
    File(PathBuf),
}

/// What a patch is for; what is absent fits all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// API group.
    pub group: Option<String>,
    /// API version.
    pub version: Option<String>,
    /// A pattern for the kind.
    pub kind: Option<String>,
    /// A pattern for the name.
    pub name: Option<String>,
    /// A pattern for the namespace.
    pub namespace: Option<String>,
    /// Labels that the object must have.
    pub labels: Vec<(String, String)>,
}

/// Labels for all objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// The labels.
    pub pairs: Vec<(String, String)>,
    /// Selectors, and so pod templates, get them too.
    pub selectors: bool,
    /// Pod templates get them too.
    pub templates: bool,
}

/// What becomes of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageRule {
    /// The name of the image, without tag and digest.
    pub name: String,
    /// `newName`.
    pub new_name: Option<String>,
    /// `newTag`.
    pub new_tag: Option<String>,
    /// `digest`.
    pub digest: Option<String>,
}
