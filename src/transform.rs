//! The contract between the engine and the rules under `transforms/`.
//!
//! A rule is a `static` that says what it is, and one pure function that looks at one subject and says
//! what it wants through a `Plan`. It never sees text, files or the command line; the engine finds the
//! place, decides whether the change is held, applies it and proves the result.

use crate::namespace::Namespace;
use crate::plan::Plan;
use crate::pod::{Container, Pod};
use crate::settings::Profile;
use crate::transforms::ALL;
use crate::typed::{self, Mistake};

/// One hardening rule.
#[derive(Debug)]
pub struct Transform {
    /// A verb phrase, the same everywhere: file, golden folder, documentation page, configuration key.
    pub id: &'static str,
    /// What it does, in at most 72 characters, without a full stop.
    pub summary: &'static str,
    /// The least demanding profile that asks for it.
    pub profile: Profile,
    /// The standards that ask for it.
    pub references: &'static [Reference],
    /// What the configuration may say about it.
    pub options: Options,
    /// What it looks at.
    pub run: Run,
}

/// There is no transform of this id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no transform `{id}`; {hint}")]
pub struct UnknownTransform {
    id: String,
    hint: String,
}

/// The transform of an id.
///
/// # Errors
/// An id that no transform has; the message names the nearest one.
pub fn named(id: &str) -> Result<&'static Transform, UnknownTransform> {
    let found = ALL.iter().find(|(transform, _)| transform.id == id);
    found.map(|(transform, _)| *transform).ok_or_else(|| {
        let ids: Vec<&str> = ALL.iter().map(|(transform, _)| transform.id).collect();
        let hint = typed::nearest(id, &ids).map_or_else(
            || "`kubetemper list` names all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        UnknownTransform {
            id: id.to_owned(),
            hint,
        }
    })
}

/// The options of a transform, typed where it is written and untyped in the registry.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Checks options from the configuration; the error names the key.
    pub check: fn(serde_json::Value) -> Result<(), Mistake>,
    /// The options' JSON Schema.
    pub schema: fn() -> schemars::Schema,
}

/// The options of a transform that has none.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

impl Options {
    /// No options but `enabled`.
    pub const NONE: Self = Self::of::<NoOptions>();

    /// Options of a type whose doc comments become the documentation.
    #[must_use]
    pub const fn of<T: serde::de::DeserializeOwned + schemars::JsonSchema>() -> Self {
        Self {
            check: |value| typed::read::<T>(value).map(drop),
            schema: || schemars::schema_for!(T),
        }
    }
}

/// What a transform looks at. The engine walks; the function gets one subject at a time.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// Every init, regular and ephemeral container of every pod.
    Container(fn(&Pod<'_>, &Container<'_>, &mut Plan<'_>)),
    /// Every pod or pod template.
    Pod(fn(&Pod<'_>, &mut Plan<'_>)),
    /// Every namespace that is to have guards, as it is after all transforms of the other kinds.
    Namespace(fn(&Namespace<'_>, &mut Plan<'_>)),
}

/// A place in a standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// Pod Security Standards, by level.
    Pss(&'static str),
    /// CIS Kubernetes Benchmark 1.11.1, by section.
    Cis(&'static str),
    /// NSA/CISA Kubernetes Hardening Guidance 1.2, by chapter.
    Nsa(&'static str),
    /// OWASP Kubernetes Top Ten 2025, by number.
    Owasp(&'static str),
    /// Kubernetes documentation: application security checklist.
    Checklist,
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Pss(level) => write!(f, "PSS {level}"),
            Self::Cis(section) => write!(f, "CIS {section}"),
            Self::Nsa(chapter) => write!(f, "NSA/CISA {chapter}"),
            Self::Owasp(number) => write!(f, "OWASP {number}"),
            Self::Checklist => f.write_str("Kubernetes application security checklist"),
        }
    }
}
