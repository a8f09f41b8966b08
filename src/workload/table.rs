//! How a kind tells where its pods are, and the look-up by API group and kind. The kinds themselves are in
//! `kinds.rs` and `operators.rs`.

use serde_json::Value;

use super::kinds::WORKLOADS;
use super::operators::OPERATORS;
use super::pipeline::Tasks;
use super::{PodTemplate, Shape, containers_at, expand};
use crate::pod::ContainerKind;
use crate::pod::ContainerKind::{App, Ephemeral, Init};
use crate::pointer::At;

/// How the pods of a kind are found.
#[derive(Debug)]
pub(super) enum Layout {
    /// Pod specs at fixed places.
    Places(&'static [Place<'static>]),
    /// Argo workflow specs at these pointers.
    Workflow(&'static [&'static str]),
    /// Tekton tasks.
    Tasks(&'static [Tasks]),
}

/// API groups (`*` stands before a suffix), kinds, and where their pods are.
pub(super) type Row = (&'static [&'static str], &'static [&'static str], Layout);

/// Where pods stand in a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// Pattern of the pod spec; `*` is any index or key.
    spec: &'a str,
    metadata: Metadata,
    pod_level: bool,
    shape: Shape,
}

/// Where the metadata of a pod are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Metadata {
    /// `metadata` beside `spec`, as in a `PodTemplateSpec`.
    Sibling,
    /// At a pointer of its own.
    At(&'static str),
    /// The kind has none.
    Absent,
}

/// A complete pod template at a pattern.
pub(super) const fn full(spec: &str) -> Place<'_> {
    Place {
        spec,
        metadata: Metadata::Sibling,
        pod_level: true,
        shape: Shape::Full,
    }
}

/// An overlay at a pattern.
pub(super) const fn merge(spec: &str) -> Place<'_> {
    Place {
        shape: Shape::Merge,
        ..full(spec)
    }
}

/// A part of a pod template at a pattern.
pub(super) const fn limited(spec: &str) -> Place<'_> {
    Place {
        shape: Shape::Limited,
        ..full(spec)
    }
}

impl Place<'_> {
    /// The same place with its metadata elsewhere.
    pub(super) const fn metadata(self, metadata: Metadata) -> Self {
        Self { metadata, ..self }
    }

    /// The same place without security fields at pod level.
    pub(super) const fn containers_only(self) -> Self {
        Self {
            pod_level: false,
            ..self
        }
    }

    /// The pods at this place of an object.
    pub(super) fn templates(&self, object: &Value) -> Vec<PodTemplate> {
        const LISTS: [(ContainerKind, &str); 3] = [
            (Init, "/initContainers/*"),
            (App, "/containers/*"),
            (Ephemeral, "/ephemeralContainers/*"),
        ];
        let is_map = |spec: &String| object.at(spec).is_some_and(Value::is_object);
        let template = |spec: String| PodTemplate {
            metadata: match self.metadata {
                Metadata::Sibling => spec
                    .strip_suffix("/spec")
                    .map(|at| format!("{at}/metadata")),
                Metadata::At(pointer) => Some(pointer.to_owned()),
                Metadata::Absent => None,
            },
            containers: LISTS
                .iter()
                .flat_map(|(kind, list)| containers_at(object, &spec, list, *kind))
                .collect(),
            spec,
            pod_level: self.pod_level,
            shape: self.shape,
        };
        expand(object, "", self.spec)
            .into_iter()
            .filter(is_map)
            .map(template)
            .collect()
    }
}

/// The pods below a pod template that the configuration names; its spec and metadata are side by side.
pub(super) fn custom(pod_template: &str, object: &Value) -> Vec<PodTemplate> {
    full(&format!("{pod_template}/spec")).templates(object)
}

/// Tells whether any group has a kind of this name with pods.
pub(super) fn has_kind(kind: &str) -> bool {
    let mut rows = WORKLOADS.iter().chain(OPERATORS);
    rows.any(|(_, kinds, _)| kinds.contains(&kind))
}

/// The layout of a kind; `None` when it has no pods that are known.
pub(super) fn layout(group: &str, kind: &str) -> Option<&'static Layout> {
    let matches = |pattern: &str| match pattern.strip_prefix('*') {
        Some(suffix) => group.ends_with(suffix),
        None => group == pattern,
    };
    let row = WORKLOADS
        .iter()
        .chain(OPERATORS)
        .find(|(groups, kinds, _)| {
            groups.iter().any(|pattern| matches(pattern)) && kinds.contains(&kind)
        });
    row.map(|(_, _, layout)| layout)
}
