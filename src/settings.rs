//! What a run was asked to do, after the command line and the configuration have been understood.

use serde::{Deserialize, Serialize};

use crate::change::Risk;
use crate::pod_security::Level;

/// How much is asked of a manifest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Pods pass the Pod Security Standard "baseline"; beyond it only changes of risk none or low.
    Baseline,
    /// Pods pass "restricted".
    Restricted,
    /// "restricted" and more that no standard asks for.
    Strict,
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
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// The result goes straight to a cluster: fields that are immutable there are held back.
    pub hold_immutable: bool,
}

impl Settings {
    /// Tells whether a transform runs at all.
    #[must_use]
    pub fn selects(&self, transform: &str) -> bool {
        let named = |ids: &[String]| ids.iter().any(|id| id == transform);
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}
