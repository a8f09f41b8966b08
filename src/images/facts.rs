//! What may be known of an image: one entry of the table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is known of an image, or of some tags of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Entry {
    /// Name without tag; `*` matches any characters.
    pub image: String,
    /// Other names of the same image.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Which tags it is about; all without it.
    pub versions: Option<String>,
    /// What is known.
    #[serde(flatten)]
    pub facts: Facts,
}

/// What is known of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
// Each is a key of the table.
#[allow(clippy::struct_excessive_bools)]
pub struct Facts {
    /// The user that the image runs as: a name, a number, or a pair with a group.
    #[serde(default)]
    pub user: User,
    /// The user other than root that works, as far as anybody knows.
    pub non_root: Option<NonRoot>,
    /// What to mind as that user.
    pub note: Option<String>,
    /// It is a base for programs that the manifest or somebody's build adds.
    #[serde(default)]
    pub base: bool,
    /// Any user works.
    #[serde(default)]
    pub any_uid: bool,
    /// The data directory must belong to the user.
    #[serde(default)]
    pub owns_data: bool,
    /// What the entrypoint does with users.
    pub start: Option<String>,
    /// Paths that an empty volume may cover.
    #[serde(default)]
    pub writable: Vec<Item>,
    /// Those that hold state.
    #[serde(default)]
    pub data: Vec<Item>,
    /// Must be writable, but the image has files there.
    #[serde(default)]
    pub writable_seeded: Vec<Item>,
    /// Listens on these.
    #[serde(default)]
    pub ports: Vec<Port>,
    /// Needed after `drop: [ALL]` when it starts as root.
    #[serde(default)]
    pub capabilities_as_root: Vec<Item>,
    /// Capabilities of the program that is started.
    #[serde(default)]
    pub file_capabilities: Vec<Item>,
    /// It gains privileges from a file, so that it does not start where that is forbidden.
    #[serde(default)]
    pub gains_privileges: bool,
    /// Whether it runs with a read-only root file system.
    pub read_only_root: Option<ReadOnlyRoot>,
    /// Calls the API server.
    #[serde(default)]
    pub needs_api: bool,
    /// What it uses of the node.
    #[serde(default)]
    pub needs_host: Vec<String>,
    /// Environment that it needs to run as another user than root.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Environment that it needs with a read-only root file system.
    #[serde(default)]
    pub env_read_only: BTreeMap<String, String>,
    /// Hints from charts.
    pub memory: Option<String>,
    /// How sure this is.
    #[serde(default)]
    pub confidence: Confidence,
    /// Where it was read.
    #[serde(default)]
    pub source: Vec<String>,
}

/// The USER of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum User {
    /// A number.
    Number(u32),
    /// A name, or a pair with a group.
    Text(String),
}

/// The user other than root that an image works as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum NonRoot {
    /// It must stay root.
    Never(Never),
    /// These work.
    As(Ids),
}

/// The word `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Never {
    /// The image must stay root.
    Never,
}

/// Numbers of a user and its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ids {
    /// `runAsUser`.
    pub user: u32,
    /// `runAsGroup`.
    pub group: u32,
    /// `fsGroup` for persistent volumes.
    pub fs_group: Option<u32>,
}

/// A path or a capability, maybe under a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Item {
    /// Always.
    Always(String),
    /// Under a condition, in words.
    When {
        /// The path or capability.
        value: String,
        /// The condition.
        when: String,
    },
}

/// A port, with `/udp` behind it where it is none of TCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Port {
    /// Of TCP.
    Tcp(u16),
    /// With its protocol.
    Text(String),
}

/// Whether an image runs with a read-only root file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReadOnlyRoot {
    /// It does, or does not.
    Plain(bool),
    /// It does, given its writable paths.
    Given(WithWritable),
}

/// The word `with-writable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithWritable {
    /// Given its writable paths.
    WithWritable,
}

/// How sure an entry is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Somebody remembers it.
    Low,
    /// A part was read.
    Medium,
    /// A source of the image, or a manifest that runs in production, was read. So is what a user says.
    #[default]
    High,
}

impl Default for User {
    fn default() -> Self {
        Self::Text("root".to_owned())
    }
}

impl User {
    /// Its number, where the kubelet can tell it: what stands before the colon.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => match text.split(':').next().unwrap_or_default() {
                "" | "root" => Some(0),
                user => user.parse().ok(),
            },
        }
    }

    /// Tells whether it is root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.number() == Some(0)
    }
}

impl std::fmt::Display for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Item {
    /// The path or capability.
    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Self::Always(value) | Self::When { value, .. } => value,
        }
    }

    /// The condition, in words.
    #[must_use]
    pub fn when(&self) -> Option<&str> {
        match self {
            Self::Always(_) => None,
            Self::When { when, .. } => Some(when),
        }
    }

    /// The path or capability, where it needs no condition.
    #[must_use]
    pub fn always(&self) -> Option<&str> {
        match self {
            Self::Always(value) => Some(value),
            Self::When { .. } => None,
        }
    }
}

impl Port {
    /// Its number.
    #[must_use]
    pub fn number(&self) -> Option<u16> {
        match self {
            Self::Tcp(number) => Some(*number),
            Self::Text(text) => text.split('/').next()?.parse().ok(),
        }
    }
}

impl Facts {
    /// The user other than root that works, if one is known.
    #[must_use]
    pub fn ids(&self) -> Option<Ids> {
        match self.non_root {
            Some(NonRoot::As(ids)) => Some(ids),
            _ => None,
        }
    }

    /// Tells whether the image must stay root.
    #[must_use]
    pub fn must_be_root(&self) -> bool {
        matches!(self.non_root, Some(NonRoot::Never(_)))
    }
}
