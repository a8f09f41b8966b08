//! Follows the steps of a kustomization.

use std::borrow::Cow;
use std::path::PathBuf;

use serde_json::Value;

use super::{ImageRule, Labels, Target, labels, merge};
use crate::exempt;
use crate::workload;

/// A step of a kustomization. What is done is done to all objects since the innermost `Open` that is not closed.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The objects of a file, by index.
    File(usize),
    /// An object that is generated.
    Made(Value),
    /// The objects of a base begin.
    Open,
    /// They end.
    Close,
    /// The namespace of all.
    Namespace(String),
    /// A patch in a file.
    PatchFile(Option<Target>, usize),
    /// A patch in the kustomization.
    Patch(Option<Target>, Inline, Vec<Value>),
    /// Labels for all.
    Labels(Labels),
    /// How many pods the objects of a name make.
    Replicas(String, u64),
    /// What becomes of an image.
    Image(ImageRule),
}

/// Where a text of a kustomization stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inline {
    /// The kustomization.
    pub path: PathBuf,
    /// JSON Pointer of the text.
    pub pointer: String,
}

/// An object as it is deployed.
#[derive(Debug, Clone)]
pub struct Built<'a> {
    /// The file, the document in it, and the JSON Pointer of the object; `None` for one that is generated.
    pub source: Option<(usize, usize, &'a str)>,
    /// The object itself.
    pub value: Cow<'a, Value>,
    /// The namespace that kustomizations put it into.
    pub namespace: Option<String>,
    /// How often patches, replicas or images of kustomizations changed it.
    pub changes: usize,
    /// The containers that patches in files name with an image.
    pub(crate) containers: Vec<Patched>,
    /// The containers that it has from a patch in a kustomization alone, by name.
    pub(crate) inline: Vec<(Inline, String)>,
}

/// A container with an image in a patch that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patched {
    /// The patch, by file.
    pub(crate) file: usize,
    /// Its document in the file.
    pub(crate) document: usize,
    /// JSON Pointer of the container in that document.
    pub(crate) pointer: String,
    /// The name of the container.
    pub(crate) name: String,
    /// The object has the container from the patch alone.
    pub(crate) whole: bool,
}

/// What a kustomization builds.
#[derive(Debug, Clone, Default)]
pub struct Build<'a> {
    /// The objects, in the order of the files.
    pub objects: Vec<Built<'a>>,
    /// What could not be followed, if anything.
    pub unclear: Option<String>,
}

/// Follows steps. `objects` gives the objects of a file, `documents` the documents of a patch.
pub fn build<'a, 'd>(
    steps: &[Step],
    objects: impl Fn(usize) -> Vec<Built<'a>>,
    documents: impl Fn(usize) -> Vec<(usize, &'d Value)>,
) -> Build<'a> {
    let mut built = Build::default();
    let mut open = Vec::new();
    for step in steps {
        let from: usize = open.last().copied().unwrap_or_default();
        match step {
            Step::File(file) => built.objects.extend(objects(*file)),
            Step::Made(value) => built.objects.push(Built::made(value)),
            Step::Open => open.push(built.objects.len()),
            Step::Close => drop(open.pop()),
            Step::Namespace(name) => {
                for object in &mut built.objects[from..] {
                    object.namespace = Some(name.clone());
                }
            }
            Step::PatchFile(target, file) => {
                for (document, patch) in documents(*file) {
                    built.patch(from, target.as_ref(), patch, Place::File(*file, document));
                }
            }
            Step::Patch(target, place, patches) => {
                for patch in patches {
                    built.patch(from, target.as_ref(), patch, Place::Inline(place));
                }
            }
            Step::Labels(labels) => {
                for object in &mut built.objects[from..] {
                    labels::add(object.value.to_mut(), labels);
                }
            }
            Step::Replicas(name, count) => {
                for object in &mut built.objects[from..] {
                    object.scale(name, *count);
                }
            }
            Step::Image(rule) => {
                for object in &mut built.objects[from..] {
                    object.image(rule);
                }
            }
        }
    }
    built
}

/// Where a patch stands: a document of a file, or a text of a kustomization.
#[derive(Clone, Copy)]
enum Place<'p> {
    File(usize, usize),
    Inline(&'p Inline),
}

impl Build<'_> {
    /// Applies a patch to what it is for.
    fn patch(&mut self, from: usize, target: Option<&Target>, patch: &Value, place: Place<'_>) {
        for object in &mut self.objects[from..] {
            let fits = match target {
                Some(target) => object.fits(target),
                None => object.is_named_by(patch),
            };
            if !fits {
                continue;
            }
            let known = merge::containers(&object.value);
            let done = if patch.is_array() {
                json6902(object.value.to_mut(), patch)
            } else {
                let mut patch = patch.clone();
                if target.is_some() {
                    without_name(&mut patch);
                }
                let keyed = merge::has_schema(&object.value);
                merge::merge(object.value.to_mut(), &patch, keyed)
            };
            object.changes += 1;
            if !done {
                self.unclear
                    .get_or_insert_with(|| "a patch that cannot be followed".to_owned());
            }
            let found = named(patch, &object.value).into_iter();
            let is_new = |name: &String| !known.iter().any(|(known, _)| known == name);
            match place {
                Place::File(file, document) => {
                    let patched = found.map(|(name, pointer)| Patched {
                        file,
                        document,
                        pointer,
                        whole: is_new(&name),
                        name,
                    });
                    object.containers.extend(patched);
                }
                Place::Inline(place) => {
                    let names = found.map(|(name, _)| name).filter(is_new);
                    object
                        .inline
                        .extend(names.map(|name| (place.clone(), name)));
                }
            }
        }
        self.objects.retain(|object| !object.value.is_null());
    }
}

/// With a target, the name and namespace of a patch say nothing.
fn without_name(patch: &mut Value) {
    if let Some(map) = patch.as_object_mut() {
        map.shift_remove("apiVersion");
        map.shift_remove("kind");
    }
    let metadata = patch.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata {
        metadata.shift_remove("name");
        metadata.shift_remove("namespace");
    }
}

fn json6902(value: &mut Value, patch: &Value) -> bool {
    let patch: Result<json_patch::Patch, _> = serde_json::from_value(patch.clone());
    patch.is_ok_and(|patch| json_patch::patch(value, &patch).is_ok())
}

/// The containers with an image that a patch for an object names: name and JSON Pointer.
fn named(patch: &Value, object: &Value) -> Vec<(String, String)> {
    let has_image = |pointer: &String| {
        let image = patch.pointer(pointer).and_then(|it| it.get("image"));
        image.is_some_and(Value::is_string)
    };
    let Some(operations) = patch.as_array() else {
        let mut whole = patch.clone();
        if let Some(map) = whole.as_object_mut() {
            for key in ["apiVersion", "kind"] {
                map.insert(key.to_owned(), object.get(key).cloned().unwrap_or_default());
            }
        }
        let all = merge::containers(&whole).into_iter();
        return all.filter(|(_, pointer)| has_image(pointer)).collect();
    };
    let mut found = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        let text = |key: &str| operation.get(key).and_then(Value::as_str);
        let place = text("path").unwrap_or_default();
        let list = place.rsplit_once('/').map_or("", |(list, _)| list);
        let is_container = list.ends_with("/containers") || list.ends_with("/initContainers");
        let name = operation.pointer("/value/name").and_then(Value::as_str);
        let pointer = format!("/{index}/value");
        if text("op") == Some("add") && is_container && has_image(&pointer) {
            found.extend(name.map(|name| (name.to_owned(), pointer)));
        }
    }
    found
}

impl<'a> Built<'a> {
    /// An object as it stands in a file.
    #[must_use]
    pub fn of_file(file: usize, document: usize, pointer: &'a str, value: &'a Value) -> Self {
        Self {
            source: Some((file, document, pointer)),
            value: Cow::Borrowed(value),
            namespace: None,
            changes: 0,
            containers: Vec::new(),
            inline: Vec::new(),
        }
    }

    fn made(value: &Value) -> Self {
        Self {
            source: None,
            value: Cow::Owned(value.clone()),
            namespace: None,
            changes: 0,
            containers: Vec::new(),
            inline: Vec::new(),
        }
    }

    fn name(&self) -> &str {
        let name = self.value.pointer("/metadata/name");
        name.and_then(Value::as_str).unwrap_or_default()
    }

    fn fits(&self, target: &Target) -> bool {
        let identity = workload::identity(&self.value, "");
        let version = identity.api_version.rsplit('/').next().unwrap_or_default();
        let namespace = self.namespace.as_deref().or(identity.namespace.as_deref());
        let equal =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|it| it == found);
        let like = |pattern: &Option<String>, found: &str| {
            pattern
                .as_deref()
                .is_none_or(|pattern| is_like(pattern, found))
        };
        let labels = self.value.pointer("/metadata/labels");
        let has = |(key, value): &(String, String)| {
            labels
                .and_then(|labels| labels.get(key))
                .is_some_and(|it| it == value)
        };
        equal(&target.group, identity.group())
            && equal(&target.version, version)
            && like(&target.kind, &identity.kind)
            && like(&target.name, self.name())
            && like(&target.namespace, namespace.unwrap_or_default())
            && target.labels.iter().all(has)
    }

    fn is_named_by(&self, patch: &Value) -> bool {
        let (own, named) = (
            workload::identity(&self.value, ""),
            workload::identity(patch, ""),
        );
        let namespace = named.namespace.is_none()
            || named.namespace == own.namespace
            || named.namespace == self.namespace;
        own.api_version == named.api_version
            && own.kind == named.kind
            && own.name == named.name
            && namespace
    }

    fn scale(&mut self, name: &str, count: u64) {
        let kinds = [
            "Deployment",
            "ReplicaSet",
            "ReplicationController",
            "StatefulSet",
        ];
        let kind = self.value.get("kind").and_then(Value::as_str);
        if self.name() != name || !kind.is_some_and(|kind| kinds.contains(&kind)) {
            return;
        }
        let spec = self
            .value
            .to_mut()
            .get_mut("spec")
            .and_then(Value::as_object_mut);
        if let Some(spec) = spec {
            spec.insert("replicas".to_owned(), count.into());
            self.changes += 1;
        }
    }

    fn image(&mut self, rule: &ImageRule) {
        for (_, pointer) in merge::containers(&self.value) {
            let place = format!("{pointer}/image");
            let image = self.value.pointer(&place).and_then(Value::as_str);
            let renamed = image.and_then(|image| rule.renamed(image));
            if let (Some(renamed), Some(value)) = (renamed, self.value.to_mut().pointer_mut(&place))
            {
                *value = Value::String(renamed);
                self.changes += 1;
            }
        }
    }
}

impl ImageRule {
    fn renamed(&self, image: &str) -> Option<String> {
        let rest = image.strip_prefix(self.name.as_str())?;
        if !(rest.is_empty() || rest.starts_with([':', '@'])) {
            return None;
        }
        let name = self.new_name.as_ref().unwrap_or(&self.name);
        let tag = self.new_tag.as_ref().map(|tag| format!(":{tag}"));
        let digest = self.digest.as_ref().map(|digest| format!("@{digest}"));
        let new = match (tag, digest) {
            (None, None) => rest.to_owned(),
            (tag, digest) => format!("{}{}", tag.unwrap_or_default(), digest.unwrap_or_default()),
        };
        Some(format!("{name}{new}"))
    }
}

/// Tells whether a pattern of a target is of a form that is understood: words with `.*`, and `|` between them.
pub(super) fn is_clear(pattern: &str) -> bool {
    let words = pattern.replace(".*", "");
    !words.contains(|c: char| "\\[](){}+*?^$".contains(c))
}

/// Tells whether a text is wholly like a pattern.
fn is_like(pattern: &str, text: &str) -> bool {
    let one = |pattern: &str| exempt::matches(&pattern.replace(".*", "*"), text);
    pattern.is_empty() || pattern.split('|').any(one)
}
