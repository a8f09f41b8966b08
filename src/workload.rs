//! Where the pods are: the objects of a document, and the pods inside an object, by API group and kind.
//!
//! All pointers are RFC 6901 JSON Pointers from the root of the document, also for the items of a list.

use serde_json::Value;

use crate::pod::{Container, ContainerKind, Metadata, Pod};
use crate::pointer::At;

mod kinds;
mod list;
mod operators;
mod pipeline;
mod table;

#[cfg(test)]
mod list_tests;
#[cfg(test)]
mod pipeline_tests;
#[cfg(test)]
mod tests;

pub use list::{flatten, is_krm, list_items};

/// How much of a pod template an object takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A complete `PodTemplateSpec`.
    Full,
    /// An overlay that an operator merges by container name into pods of its own: containers may lack an image.
    /// Set fields of what is there; never add containers, volumes or mounts.
    Merge,
    /// The schema or a webhook takes a part of the fields only.
    Limited,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// `apiVersion`, for example `apps/v1`; empty when unknown.
    pub api_version: String,
    /// `kind`; empty when unknown.
    pub kind: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: Option<String>,
}

/// Where one pod stands inside a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodTemplate {
    /// The object with the pod-level fields, for example `/spec/template/spec`.
    pub spec: String,
    /// The pod's metadata, where the kind has it; the object itself may be absent.
    pub metadata: Option<String>,
    /// The containers: init, then regular, then ephemeral, each in document order.
    pub containers: Vec<(ContainerKind, String)>,
    /// False where security settings stand on containers only (Knative, Tekton steps).
    pub pod_level: bool,
    /// How much of a pod template it is.
    pub shape: Shape,
}

/// A kind that the built-in table does not know, and where it holds a pod template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomWorkload {
    /// `kind`.
    pub kind: String,
    /// API group; empty for the core group.
    pub group: String,
    /// JSON Pointer of the pod template (`metadata` and `spec`) within the object; `*` is any index or key.
    pub pod_template: String,
}

impl CustomWorkload {
    fn is(&self, identity: &Identity) -> bool {
        self.kind == identity.kind && self.group == identity.group()
    }
}

/// The pods of the object at a pointer. Empty when its kind has none, or has none here.
///
/// A kind is matched by API group and kind, in any version of the group. A pod without containers counts when its
/// spec is a map.
#[must_use]
pub fn pod_templates(
    identity: &Identity,
    document: &Value,
    pointer: &str,
    custom: &[CustomWorkload],
) -> Vec<PodTemplate> {
    let Some(object) = document.at(pointer).filter(|object| object.is_object()) else {
        return Vec::new();
    };
    let mut templates: Vec<PodTemplate> = match table::layout(identity.group(), &identity.kind) {
        Some(table::Layout::Places(places)) => places
            .iter()
            .flat_map(|place| place.templates(object))
            .collect(),
        Some(table::Layout::Workflow(roots)) => roots
            .iter()
            .flat_map(|root| pipeline::workflow(object, root))
            .collect(),
        Some(table::Layout::Tasks(tasks)) => tasks
            .iter()
            .flat_map(|task| pipeline::tasks(object, task))
            .collect(),
        None => custom
            .iter()
            .filter(|custom| custom.is(identity))
            .flat_map(|custom| table::custom(&custom.pod_template, object))
            .collect(),
    };
    for template in &mut templates {
        template.move_below(pointer);
    }
    templates
}

/// Tells whether an object of a kind, of whatever group, may hold pods: itself, or as a list.
pub(crate) fn may_hold_pods(kind: &str, custom: &[CustomWorkload]) -> bool {
    table::has_kind(kind)
        || kind.ends_with("List")
        || custom.iter().any(|custom| custom.kind == kind)
}

/// Tells whether the built-in table knows where the kind holds its pods.
#[must_use]
pub fn is_known(identity: &Identity) -> bool {
    holds_pods(identity.group(), &identity.kind)
}

/// The same for a kind of an API group.
pub(crate) fn holds_pods(group: &str, kind: &str) -> bool {
    table::layout(group, kind).is_some()
}

/// What the object at a pointer is.
///
/// The items of a typed list (`DeploymentList`) may leave out `apiVersion` and `kind`: they are inferred from the list.
#[must_use]
pub fn identity(document: &Value, pointer: &str) -> Identity {
    let text = |below: &str| {
        let value = document.at(&format!("{pointer}{below}"));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    let inferred = || list::of_item(pointer).map(|list| identity(document, list));
    let (api_version, kind) = match (text("/apiVersion"), text("/kind")) {
        (Some(api_version), Some(kind)) => (api_version, kind),
        (api_version, kind) => {
            let list = inferred().unwrap_or_default();
            let item = list
                .kind
                .strip_suffix("List")
                .unwrap_or_default()
                .to_owned();
            // The items of a plain `List` are of any kind: its version says nothing about them.
            let version = if item.is_empty() {
                String::new()
            } else {
                list.api_version
            };
            (api_version.unwrap_or(version), kind.unwrap_or(item))
        }
    };
    Identity {
        api_version,
        kind,
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
    }
}

impl Identity {
    /// The API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }
}

impl PodTemplate {
    /// The pod itself, in the document whose templates these are.
    #[must_use]
    pub fn pod<'a>(&'a self, document: &'a Value) -> Pod<'a> {
        static ABSENT: Value = Value::Null;
        let container = |(kind, pointer): &'a (ContainerKind, String)| {
            let value = document.at(pointer)?;
            Some(Container {
                value,
                pointer,
                kind: *kind,
            })
        };
        Pod {
            spec: document.at(&self.spec).unwrap_or(&ABSENT),
            pointer: &self.spec,
            metadata: self.metadata.as_deref().and_then(|pointer| {
                let value = document.at(pointer)?;
                Some(Metadata { value, pointer })
            }),
            containers: self.containers.iter().filter_map(container).collect(),
            pod_level: self.pod_level,
            shape: self.shape,
        }
    }

    /// Puts a prefix before every pointer.
    fn move_below(&mut self, prefix: &str) {
        let containers = self.containers.iter_mut().map(|(_, pointer)| pointer);
        for pointer in containers.chain(&mut self.metadata).chain([&mut self.spec]) {
            pointer.insert_str(0, prefix);
        }
    }
}

/// The pointers that a pattern matches below the value at a pointer, in document order: a token `*` of the pattern
/// stands for every index of a list or every key of a map. The pointer is taken as it is.
fn expand(object: &Value, below: &str, pattern: &str) -> Vec<String> {
    let mut found: Vec<_> = object
        .at(below)
        .map(|value| (below.to_owned(), value))
        .into_iter()
        .collect();
    for token in pattern.split('/').skip(1) {
        found = found
            .into_iter()
            .flat_map(|(pointer, value)| {
                let children = if token == "*" {
                    children(value)
                } else {
                    child(value, token)
                };
                children
                    .into_iter()
                    .map(move |(key, value)| (format!("{pointer}/{key}"), value))
            })
            .collect();
    }
    found.into_iter().map(|(pointer, _)| pointer).collect()
}

fn child<'v>(value: &'v Value, token: &str) -> Vec<(String, &'v Value)> {
    value
        .at(&format!("/{token}"))
        .map(|value| (token.to_owned(), value))
        .into_iter()
        .collect()
}

fn children(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), item))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        _ => Vec::new(),
    }
}

/// The maps among what a pattern matches below a pointer, as containers of a kind.
fn containers_at(
    object: &Value,
    below: &str,
    pattern: &str,
    kind: ContainerKind,
) -> Vec<(ContainerKind, String)> {
    let is_container = |pointer: &String| object.at(pointer).is_some_and(Value::is_object);
    let found = expand(object, below, pattern)
        .into_iter()
        .filter(is_container);
    found
        .map(|pointer| (restartable(object, &pointer, kind), pointer))
        .collect()
}

/// An init container that is restarted always runs beside the app: a sidecar (KEP-753).
fn restartable(object: &Value, pointer: &str, kind: ContainerKind) -> ContainerKind {
    let policy = object.at(&format!("{pointer}/restartPolicy"));
    if kind == ContainerKind::Init && policy.is_some_and(|policy| policy == "Always") {
        ContainerKind::Sidecar
    } else {
        kind
    }
}
