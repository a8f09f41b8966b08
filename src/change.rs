//! A change: what one transform wants of one place of one object, and what became of it.
//!
//! Every output of the program (YAML, diff, patch, report) is a rendering of the same list of changes.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How likely a change is to break this very object. It belongs to the change, not to the transform.
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
pub enum Risk {
    /// Writes a default, removes something inert, or is provably a no-op for this object.
    None,
    /// Breaks only unusual, identifiable programs.
    Low,
    /// Breaks a common class of applications unless facts outside the manifest hold.
    High,
}

/// Who held a change back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldBy {
    /// The change is riskier than `--max-risk` allows.
    Risk,
    /// The author wrote the weaker value: evidence of intent, lifted by `--override`.
    Explicit,
    /// A keep comment or annotation in the manifest.
    Keep,
    /// The configuration or the profile.
    Config,
    /// The API server would reject the result.
    Invalid,
    /// The field cannot be changed on a live object.
    Immutable,
    /// The document is a kustomize patch, not an object.
    Patch,
    /// The workload is a part of the node and needs the host.
    NodeAgent,
    /// Another object owns this one and would revert the change.
    Owned,
    /// A person left it out: `fix --interactive`.
    Declined,
    /// More runs in the namespace than the manifests show, or there is no place for a new object.
    Unseen,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is part of the result.
    Applied,
    /// It was left out; `why` is a sentence for the reader.
    Held {
        /// Who held it.
        by: HeldBy,
        /// Why, in one sentence without a full stop.
        why: String,
    },
    /// The text could not be edited with proof; the object is as it was.
    Refused(String),
}

/// One edit of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Id of the transform that proposed it.
    pub transform: &'static str,
    /// RFC 6901 JSON Pointer within the document.
    pub pointer: String,
    /// Name of the container that it concerns, if it concerns one.
    pub container: Option<String>,
    /// The value before; `None` when the key is absent.
    pub before: Option<Value>,
    /// The value wanted; `None` when the key is to be removed.
    pub after: Option<Value>,
    /// How likely it is to break this object.
    pub risk: Risk,
    /// Why it is proposed here, and what it may break; a sentence without a full stop.
    pub reason: String,
    /// What became of it.
    pub fate: Fate,
    /// It is made with the change before it, or not at all.
    pub joined: bool,
    /// True when the live object must be deleted and created again for it.
    pub recreate: bool,
}

impl Change {
    /// Tells whether the change is part of the result.
    #[must_use]
    pub fn is_applied(&self) -> bool {
        self.fate == Fate::Applied
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Low => "low",
            Self::High => "high",
        })
    }
}

impl fmt::Display for HeldBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Risk => "risk",
            Self::Explicit => "explicit",
            Self::Keep => "keep",
            Self::Config => "config",
            Self::Invalid => "invalid",
            Self::Immutable => "immutable",
            Self::Patch => "patch",
            Self::NodeAgent => "node-agent",
            Self::Owned => "owned",
            Self::Declined => "declined",
            Self::Unseen => "unseen",
        })
    }
}
