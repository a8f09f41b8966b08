//! What a run was asked to do, after the command line and the configuration have been understood.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answers::Answers;
use crate::change::Risk;
use crate::images::Library;
use crate::pod_security::{Level, Version};
use crate::transform::Transform;
use crate::workload::CustomWorkload;

/// How much is asked of a manifest.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Pods pass the Pod Security Standard "baseline"; nothing else is changed.
    Baseline,
    /// Pods pass "restricted".
    Restricted,
    /// "restricted" and more that no standard asks for.
    Strict,
}

/// The level of the Pod Security Standards that is demanded of every workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Demand {
    /// Known privilege escalations are prevented.
    Baseline,
    /// Current hardening practice.
    Restricted,
}

impl From<Demand> for Level {
    fn from(demand: Demand) -> Self {
        match demand {
            Demand::Baseline => Self::Baseline,
            Demand::Restricted => Self::Restricted,
        }
    }
}

/// Which namespaces get guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Guards {
    /// Those whose Namespace object is among the manifests, beside a workload that runs there.
    Declared,
    /// Every namespace in which a workload runs.
    All,
    /// No namespace.
    None,
}

/// What is kept until the end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// Every change.
    #[default]
    Changes,
    /// How many changes there are: nobody asks what they are.
    Counts,
    /// The same, and the result grows in a temporary file and not in memory.
    CountsBesideFile,
}

/// Which explicit weaker values are flipped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Override {
    /// None: what the author wrote stays.
    #[default]
    Nothing,
    /// All of them.
    Everything,
    /// Those that these transforms concern.
    Transforms(Vec<String>),
}

impl Override {
    /// Tells whether a transform may flip what the author wrote.
    #[must_use]
    pub fn covers(&self, transform: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Transforms(ids) => ids.iter().any(|id| id == transform),
        }
    }
}

/// An exception of the configuration: some objects or containers that some transforms leave alone.
///
/// Every condition that is given must hold; `*` in a text matches any characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exception {
    /// `kind`, or `kind.group`.
    pub kind: Option<String>,
    /// `metadata.name`.
    pub name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// Labels of the object or of its pods.
    pub labels: BTreeMap<String, String>,
    /// The container's name; without it the exception covers the whole object.
    pub container: Option<String>,
    /// Ids of transforms, or `*`.
    pub skip: Vec<String>,
    /// Options of transforms, by id, that win over those of the run.
    pub options: BTreeMap<String, Value>,
    /// Why; shown with every change that is held.
    pub reason: String,
}

/// What a run was asked to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How much is asked of a manifest.
    pub profile: Profile,
    /// The riskiest change that is applied.
    pub max_risk: Risk,
    /// The level that every workload must reach, if one is demanded.
    pub require: Option<Level>,
    /// Which explicit weaker values are flipped.
    pub overrides: Override,
    /// Only these transforms run; all when empty.
    pub only: Vec<String>,
    /// These transforms do not run.
    pub skip: Vec<String>,
    /// These transforms run although the profile does not ask for them.
    pub enabled: Vec<String>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// The Helm release, where it was told: the names of new objects begin with it.
    pub release: Option<String>,
    /// Which namespaces get guards; without it those that are declared, and none in what Helm renders.
    pub guards: Option<Guards>,
    /// Oldest Kubernetes minor that the output must work on.
    pub target: Version,
    /// The result goes straight to a cluster: fields that are immutable there are held back.
    pub hold_immutable: bool,
    /// Objects will be created anew: what is immutable on a live object may change.
    pub recreate: bool,
    /// Options of transforms, by id, without `enabled`.
    pub options: BTreeMap<String, Value>,
    /// Exceptions of the configuration.
    pub exceptions: Vec<Exception>,
    /// Custom kinds that embed a pod.
    pub workloads: Vec<CustomWorkload>,
    /// What is known of images.
    pub images: Arc<Library>,
    /// What is kept of the changes until the end of the run.
    pub kept: Kept,
    /// What a person answered about single changes of the file.
    pub answers: Answers,
}

impl Settings {
    /// The oldest Kubernetes minor that is assumed: three behind the newest known.
    pub const DEFAULT_TARGET: Version = Version::new(34);

    /// Tells whether a transform runs at all.
    #[must_use]
    pub fn selects(&self, transform: &str) -> bool {
        let named = |ids: &[String]| ids.iter().any(|id| id == transform);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }

    /// Tells whether a transform is asked for by name, whatever the profile.
    #[must_use]
    pub fn names(&self, transform: &str) -> bool {
        let mut named = self.only.iter().chain(&self.enabled);
        named.any(|id| id == transform)
    }

    /// Tells whether a transform runs: it is selected, and asked for by the profile or by name.
    #[must_use]
    pub fn runs(&self, transform: &Transform) -> bool {
        let asked = transform.profile <= self.profile || self.names(transform.id);
        self.selects(transform.id) && asked
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            profile: Profile::Restricted,
            max_risk: Risk::High,
            require: None,
            overrides: Override::Nothing,
            only: Vec::new(),
            skip: Vec::new(),
            enabled: Vec::new(),
            namespace: None,
            release: None,
            guards: None,
            target: Self::DEFAULT_TARGET,
            hold_immutable: false,
            recreate: false,
            options: BTreeMap::new(),
            exceptions: Vec::new(),
            workloads: Vec::new(),
            images: Arc::default(),
            kept: Kept::Changes,
            answers: Answers::default(),
        }
    }
}
