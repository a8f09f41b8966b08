//! A namespace as the rules see it: its own object, if there is one, and what a group of manifests puts into it.

use serde_json::Value;

use crate::change::HeldBy;
use crate::plan::Subject;
use crate::pod::{self, Pod};
use crate::report;
use crate::workload::{Identity, PodTemplate};

/// The annotation of objects that this program made: they are recomputed on each run.
pub const GENERATED_BY: &str = "kubetemper.dev/generated-by";

/// One namespace of a group.
#[derive(Debug)]
pub struct Namespace<'a> {
    /// Its name.
    pub name: &'a str,
    /// The Namespace object, where it is among the manifests.
    pub object: Option<&'a Value>,
    /// JSON Pointer of that object within its document.
    pub pointer: &'a str,
    /// All other objects of the namespace, in the order of the files, as they are after this run.
    pub objects: Vec<Object<'a>>,
    /// All objects of the group, of whatever namespace, each with its own: what calls and is called.
    pub group: Vec<(Object<'a>, Option<String>)>,
    /// Why more may run here than the manifests show, if so; a clause.
    pub unseen: Option<String>,
}

/// An object of a namespace.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    /// What it is.
    pub identity: &'a Identity,
    /// The document that holds it.
    pub document: &'a Value,
    /// JSON Pointer within the document.
    pub pointer: &'a str,
    /// Its pods.
    pub templates: &'a [PodTemplate],
    /// Why nothing of it may be changed, if so: an owned object, a part of the node.
    pub hold: Option<HeldBy>,
    /// What tells that its pods call the API server.
    pub token: Option<&'a str>,
}

impl Subject for Namespace<'_> {
    fn pointer(&self) -> &str {
        self.pointer
    }
    fn value(&self, pointer: &str) -> Option<&Value> {
        pod::present(self.object?, pointer)
    }
    fn container(&self) -> Option<String> {
        None
    }
}

impl<'a> Namespace<'a> {
    /// The objects that make pods, but those that another object owns: its owner makes the same pods.
    pub fn workloads(&self) -> impl Iterator<Item = &Object<'a>> {
        self.objects
            .iter()
            .filter(|object| !object.templates.is_empty() && object.hold != Some(HeldBy::Owned))
    }

    /// All pods, also those of owned objects.
    pub fn pods(&self) -> impl Iterator<Item = Pod<'_>> {
        self.objects.iter().flat_map(Object::pods)
    }

    /// The objects of a kind.
    pub fn of_kind<'s>(
        &'s self,
        group: &'s str,
        kind: &'s str,
    ) -> impl Iterator<Item = &'s Object<'a>> {
        self.objects
            .iter()
            .filter(move |object| object.is(group, kind))
    }

    /// An object of a kind that somebody else wrote.
    #[must_use]
    pub fn authors(&self, group: &str, kind: &str) -> Option<&Object<'a>> {
        let is_theirs =
            |object: &&Object<'a>| object.is(group, kind) && object.generator().is_none();
        self.objects.iter().find(is_theirs)
    }
}

impl<'a> Object<'a> {
    /// The object itself.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        static ABSENT: Value = Value::Null;
        self.document.pointer(self.pointer).unwrap_or(&ABSENT)
    }

    /// The value at a JSON Pointer below the object; `None` when absent or null.
    #[must_use]
    pub fn get(&self, pointer: &str) -> Option<&'a Value> {
        pod::present(self.value(), pointer)
    }

    /// Tells whether the object is of a kind.
    #[must_use]
    pub fn is(&self, group: &str, kind: &str) -> bool {
        self.identity.kind == kind && self.identity.group() == group
    }

    /// `metadata.name`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.identity.name.as_deref().unwrap_or_default()
    }

    /// `kind/name`, for reasons.
    #[must_use]
    pub fn label(&self) -> String {
        report::label(&self.identity.kind, None, self.identity.name.as_deref())
    }

    /// The pods that the object makes.
    pub fn pods(&self) -> impl Iterator<Item = Pod<'_>> {
        self.templates
            .iter()
            .map(|template| template.pod(self.document))
    }

    /// The transform that made the object, if one did.
    #[must_use]
    pub fn generator(&self) -> Option<&'a str> {
        self.get("/metadata/annotations")?
            .get(GENERATED_BY)?
            .as_str()
    }
}
