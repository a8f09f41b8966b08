//! What may be known of an image: one entry of the table.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::image::Image;
use crate::quantity::Quantity;
use crate::typed::{Mistake, Step};

/// What is known of an image, or of some tags of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// Name without tag; `*` matches any characters. The longest pattern wins.
    #[schemars(example = &"registry.example.com/shop/*")]
    pub image: String,
    /// Other names of the same image.
    #[serde(default)]
    #[schemars(example = serde_json::json!(["quay.io/shop/api"]))]
    pub aliases: Vec<String>,
    /// Which tags it is about, all without it: globs, or `>=` and `<` on the leading number of the tag; `&&` and `||`.
    #[schemars(example = &"*alpine* && >=18")]
    pub versions: Option<String>,
    /// The USER of the image: a number, a name, or a pair with a group; root without it.
    #[serde(default)]
    #[schemars(example = 1001)]
    pub user: User,
    /// The user other than root that it works as, or `never` where it must stay root. `fsGroup` is left out where it
    /// does harm.
    #[schemars(example = serde_json::json!({"user": 1001, "group": 1001, "fsGroup": 1001}))]
    pub non_root: Option<NonRoot>,
    /// What to mind as that user.
    #[schemars(example = &"its files belong to group 0")]
    pub note: Option<String>,
    /// It is a base for programs that the manifest or somebody's build adds.
    #[serde(default)]
    #[schemars(example = true)]
    pub base: bool,
    /// Any user works.
    #[serde(default)]
    #[schemars(example = true)]
    pub any_uid: bool,
    /// The data directory must belong to the user.
    #[serde(default)]
    #[schemars(example = true)]
    pub owns_data: bool,
    /// What the entrypoint does with users.
    #[schemars(example = &"entrypoint chowns /data, then gosu")]
    pub start: Option<String>,
    /// Paths that an empty volume may cover.
    #[serde(default)]
    #[schemars(example = serde_json::json!(["/tmp", "/var/cache/api"]))]
    pub writable: Vec<Item>,
    /// Those that hold state.
    #[serde(default)]
    #[schemars(example = serde_json::json!(["/data"]))]
    pub data: Vec<Item>,
    /// Must be writable, but the image has files there: an empty volume would hide them.
    #[serde(default)]
    #[schemars(example = serde_json::json!(["/etc/api"]))]
    pub writable_seeded: Vec<Item>,
    /// Listens on these.
    #[serde(default)]
    #[schemars(example = serde_json::json!([8080]))]
    pub ports: Vec<Port>,
    /// Needed after `drop: [ALL]` when it starts as root.
    #[serde(default)]
    #[schemars(example = serde_json::json!(["CHOWN", "SETGID", "SETUID"]))]
    pub capabilities_as_root: Vec<Item>,
    /// Capabilities of the program that is started.
    #[serde(default)]
    #[schemars(example = serde_json::json!(["NET_BIND_SERVICE"]))]
    pub file_capabilities: Vec<Item>,
    /// It gains privileges from a file, so that it does not start where that is forbidden.
    #[serde(default)]
    #[schemars(example = true)]
    pub gains_privileges: bool,
    /// Whether it runs with a read-only root file system.
    #[schemars(example = &"with-writable")]
    pub read_only_root: Option<ReadOnlyRoot>,
    /// Calls the API server.
    #[serde(default)]
    #[schemars(example = true)]
    pub needs_api: bool,
    /// What it connects to of itself: `none` where its settings must name all of it.
    #[schemars(example = &"none")]
    pub network: Option<Network>,
    /// What it uses of the node.
    #[serde(default)]
    #[schemars(example = serde_json::json!(["hostPath /var/log"]))]
    pub needs_host: Vec<String>,
    /// Environment that it needs to run as another user than root.
    #[serde(default)]
    #[schemars(example = serde_json::json!({"HOME": "/tmp"}))]
    pub env: BTreeMap<String, String>,
    /// Environment that it needs with a read-only root file system.
    #[serde(default)]
    #[schemars(example = serde_json::json!({"HOME": "/tmp"}))]
    pub env_read_only: BTreeMap<String, String>,
    /// Hints from charts.
    #[schemars(example = &"request 256Mi")]
    pub memory: Option<String>,
    /// The least memory limit that it is documented to need.
    #[schemars(example = &"512Mi")]
    pub memory_limit: Option<String>,
    /// How sure this is.
    #[serde(default)]
    #[schemars(example = &"medium")]
    pub confidence: Confidence,
    /// Where it was read.
    #[serde(default)]
    #[schemars(example = serde_json::json!(["our Dockerfile"]))]
    pub source: Vec<String>,
}

/// The USER of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a user is a number, a name, or `user:group`")]
pub enum User {
    /// A number.
    Number(u32),
    /// A name, or a pair with a group.
    Text(String),
}

/// The user other than root that an image works as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "write `never`, or numbers as in `{user: 1001, group: 1001, fsGroup: 1001}`"
)]
pub enum NonRoot {
    /// It must stay root.
    Never(Never),
    /// These work.
    As(Ids),
}

/// The word `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Never {
    /// The image must stay root.
    Never,
}

/// Numbers of a user and its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "write a text, or `{value: ..., when: ...}`")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a port is a number, or a text such as `53/udp`")]
pub enum Port {
    /// Of TCP.
    Tcp(u16),
    /// With its protocol.
    Text(String),
}

/// Whether an image runs with a read-only root file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "write true, false or with-writable")]
pub enum ReadOnlyRoot {
    /// It does, or does not.
    Plain(bool),
    /// It does, given its writable paths.
    Given(WithWritable),
}

/// The word `with-writable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithWritable {
    /// Given its writable paths.
    WithWritable,
}

/// What an image connects to when nothing tells it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Nothing.
    None,
}

/// How sure an entry is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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
    /// As it is written.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Tcp(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

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
    /// Checks what the form does not tell.
    ///
    /// # Errors
    /// The first thing that makes no sense, with the key that it is about.
    pub fn check(&self) -> Result<(), Mistake> {
        let mistake =
            |key: &str, what: String| Err(Mistake::new(vec![Step::Key(key.to_owned())], what));
        let name = self.image.replace('*', "x");
        if Image::parse(&name).is_none_or(|image| image.tag.is_some() || image.digest.is_some()) {
            let what = format!(
                "`{}` is no name of an image without its tag; put tags under `versions`",
                self.image
            );
            return mistake("image", what);
        }
        if self.ids().is_some_and(|ids| ids.user == 0) {
            return mistake(
                "nonRoot",
                "user 0 is root; write `never` where the image must stay root".to_owned(),
            );
        }
        for (key, items) in [
            ("writable", &self.writable),
            ("data", &self.data),
            ("writableSeeded", &self.writable_seeded),
        ] {
            let is_path =
                |path: &str| path.starts_with('/') && !path.contains([' ', '(', ',', '<']);
            if let Some(item) = items.iter().find(|item| !is_path(item.value())) {
                return mistake(key, format!("`{}` is no absolute path", item.value()));
            }
        }
        for (key, items) in [
            ("capabilitiesAsRoot", &self.capabilities_as_root),
            ("fileCapabilities", &self.file_capabilities),
        ] {
            let is_name = |name: &str| {
                name.bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            };
            let bad = |item: &&Item| !is_name(item.value()) || item.value().starts_with("CAP_");
            if let Some(item) = items.iter().find(bad) {
                let what = format!(
                    "`{}` is no capability; write it as in NET_BIND_SERVICE",
                    item.value()
                );
                return mistake(key, what);
            }
        }
        if let Some(limit) = self
            .memory_limit
            .as_deref()
            .filter(|limit| Quantity::parse(limit).is_none())
        {
            return mistake(
                "memoryLimit",
                format!("`{limit}` is no quantity; write it as in 512Mi"),
            );
        }
        match self.ports.iter().find(|port| port.number().is_none()) {
            Some(port) => mistake(
                "ports",
                format!("`{}` is no port; write 80 or `53/udp`", port.text()),
            ),
            None => Ok(()),
        }
    }

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
