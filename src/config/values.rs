//! Texts of the configuration that must have a form.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::pod_security::Version;
use crate::transform::{self, UnknownTransform};
use crate::transforms::ALL;

/// The id of a transform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransformId(pub &'static str);

impl<'de> Deserialize<'de> for TransformId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        let transform = transform::named(&id).map_err(D::Error::custom)?;
        Ok(Self(transform.id))
    }
}

impl fmt::Display for TransformId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl JsonSchema for TransformId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TransformId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let ids: Vec<&str> = ALL.iter().map(|(transform, _)| transform.id).collect();
        json_schema!({"description": "The id of a transform.", "type": "string", "enum": ids})
    }
}

/// The name of a release.
pub(super) fn release<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(deserializer)?;
    crate::release::parse(&name)
        .map(Some)
        .map_err(D::Error::custom)
}

/// The id of a transform, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Selector(pub(super) String);

impl TryFrom<String> for Selector {
    type Error = UnknownTransform;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        if id != "*" {
            transform::named(&id)?;
        }
        Ok(Self(id))
    }
}

impl JsonSchema for Selector {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Selector".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The id of a transform, or `*` for all.",
            "anyOf": [generator.subschema_for::<TransformId>(), {"const": "*"}],
        })
    }
}

/// The value has not the form that it must have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedError(String);

/// A Kubernetes version, `1.N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^1\\.[0-9]+$"))]
pub struct Target(#[schemars(with = "String")] pub(super) Version);

impl TryFrom<String> for Target {
    type Error = MalformedError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let version = text.starts_with("1.").then(|| text.parse().ok()).flatten();
        let version: Version = version.ok_or_else(|| {
            MalformedError(format!(
                "`{text}` is no Kubernetes version; write it as \"1.31\""
            ))
        })?;
        if version > Version::NEWEST {
            let newest = Version::NEWEST.minor();
            return Err(MalformedError(format!(
                "this kubetemper knows Kubernetes 1.0 to 1.{newest}, and not {text}"
            )));
        }
        Ok(Self(version))
    }
}

impl FromStr for Target {
    type Err = MalformedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix('v').unwrap_or(text).to_owned().try_into()
    }
}

impl From<Target> for Version {
    fn from(target: Target) -> Self {
        target.0
    }
}

/// A pattern of `.gitignore`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct Glob(String);

impl Glob {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Glob {
    type Error = MalformedError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut builder = ignore::gitignore::GitignoreBuilder::new("/");
        let malformed = |why: &str| {
            MalformedError(format!(
                "`{text}` is no pattern ({why}); write it as in .gitignore, for example `vendor/`"
            ))
        };
        if text
            .trim_start_matches('!')
            .split('/')
            .any(|part| part == "..")
        {
            return Err(malformed("it leads out of the folder of this file"));
        }
        match builder.add_line(None, &text).map(|builder| builder.build()) {
            Ok(Ok(rules)) if rules.is_empty() => Err(malformed("it is empty")),
            Ok(Ok(_)) => Ok(Self(text)),
            Err(ignore::Error::Glob { err, .. }) | Ok(Err(ignore::Error::Glob { err, .. })) => {
                Err(malformed(&err))
            }
            Err(error) | Ok(Err(error)) => Err(malformed(&error.to_string())),
        }
    }
}

/// A JSON Pointer (RFC 6901) below the root, in which a token `*` stands for every index or key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^(/([^~/]|~[01])+)+$"))]
pub struct Pointer(pub(super) String);

impl TryFrom<String> for Pointer {
    type Error = MalformedError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_token = |token: &str| {
            let mut escapes = token.split('~').skip(1);
            !token.is_empty() && escapes.all(|rest| rest.starts_with(['0', '1']))
        };
        let is_pointer = text
            .strip_prefix('/')
            .is_some_and(|tokens| tokens.split('/').all(is_token));
        if is_pointer {
            return Ok(Self(text));
        }
        Err(MalformedError(format!(
            "`{text}` is no JSON Pointer; write it as `/spec/template`"
        )))
    }
}

/// A custom kind with its API group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9]+\\.[A-Za-z0-9.-]+$"))]
pub struct CustomKind {
    /// `kind`.
    pub kind: String,
    /// Its API group.
    pub group: String,
}

impl TryFrom<String> for CustomKind {
    type Error = MalformedError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let split = text.split_once('.');
        let valid = split.filter(|(kind, group)| {
            let is_word = |c: char| c.is_ascii_alphanumeric();
            !kind.is_empty() && kind.chars().all(is_word) && group.starts_with(is_word)
        });
        let valid = valid.filter(|(_, group)| {
            let mut characters = group.chars();
            characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        });
        valid
            .map(|(kind, group)| Self {
                kind: kind.to_owned(),
                group: group.to_owned(),
            })
            .ok_or_else(|| {
                MalformedError(format!(
                    "`{text}` is no kind with its API group; write it as `Rollout.argoproj.io`"
                ))
            })
    }
}
