//! What the documents of a file come to after the transforms that look at pods.

use serde_json::Value;

use super::File;
use crate::change::HeldBy;
use crate::cluster::Cluster;
use crate::engine::{self, Scope};
use crate::exempt::{self, Exemption};
use crate::foreign;
use crate::hold;
use crate::kustomize::Built;
use crate::namespace::{GENERATED_BY, Object};
use crate::plan::Plan;
use crate::report;
use crate::settings::Settings;
use crate::token::Token;
use crate::workload::{self, Identity, PodTemplate};
use crate::yaml::{self, Document, Manner};

/// The documents of a file.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) documents: Vec<DocumentFacts>,
    /// Why a document cannot be read: the file is not written, and what it holds is not known.
    pub(super) unreadable: Option<String>,
    /// How many documents the stream has, with those that are no manifests.
    pub(super) count: usize,
}

/// A document after the run.
#[derive(Debug)]
pub(super) struct DocumentFacts {
    /// Its index in the stream.
    pub(super) index: usize,
    pub(super) value: Value,
    pub(super) keeps: Vec<Exemption>,
    pub(super) manner: Manner,
    pub(super) objects: Vec<ObjectFacts>,
}

/// An object after the run.
#[derive(Debug)]
pub(super) struct ObjectFacts {
    is_workload: bool,
    identity: Identity,
    pointer: String,
    templates: Vec<PodTemplate>,
    hold: Option<(HeldBy, String)>,
    token: Option<String>,
}

/// An object of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// The file, by index.
    pub(super) file: usize,
    pub(super) document: &'a DocumentFacts,
    object: &'a ObjectFacts,
}

impl ObjectFacts {
    /// An object of which nothing else is known.
    pub(super) fn of(identity: Identity, is_workload: bool) -> Self {
        Self {
            identity,
            pointer: String::new(),
            templates: Vec::new(),
            is_workload,
            hold: None,
            token: None,
        }
    }
}

impl Facts {
    /// The objects that are deployed as they are: no patches.
    pub(super) fn objects(&self, file: usize) -> impl Iterator<Item = Found<'_>> {
        let found = self.documents.iter().flat_map(move |document| {
            let objects = document.objects.iter();
            objects.map(move |object| Found {
                file,
                document,
                object,
            })
        });
        found.filter(|found| found.hold() != Some(HeldBy::Patch))
    }
}

impl Facts {
    /// The objects as kustomizations take them.
    pub(super) fn built(&self, file: usize) -> Vec<Built<'_>> {
        let mut built = Vec::new();
        for (at, document) in self.documents.iter().enumerate() {
            let objects = document.objects.iter();
            let objects = objects.filter(|it| !matches!(it.hold, Some((HeldBy::Patch, _))));
            built.extend(objects.filter_map(|object| {
                let value = document.value.pointer(&object.pointer)?;
                Some(Built::of_file(file, at, &object.pointer, value))
            }));
        }
        built
    }
}

impl DocumentFacts {
    /// The place of the object at a pointer among the objects of the document.
    pub(super) fn position(&self, pointer: &str) -> Option<usize> {
        self.objects.iter().position(|it| it.pointer == pointer)
    }

    /// Tells whether this program made the document.
    pub(super) fn is_ours(&self) -> bool {
        let annotations = self.value.pointer("/metadata/annotations");
        annotations.is_some_and(|annotations| annotations.get(GENERATED_BY).is_some())
    }
}

impl<'a> Found<'a> {
    /// An object of a document, by its place there.
    pub(super) fn of(file: usize, document: &'a DocumentFacts, object: usize) -> Option<Self> {
        Some(Self {
            file,
            document,
            object: document.objects.get(object)?,
        })
    }

    pub(super) fn identity(&self) -> &'a Identity {
        &self.object.identity
    }

    pub(super) fn pointer(&self) -> &'a str {
        &self.object.pointer
    }

    pub(super) fn value(&self) -> &'a Value {
        static ABSENT: Value = Value::Null;
        let value = self.document.value.pointer(&self.object.pointer);
        value.unwrap_or(&ABSENT)
    }

    pub(super) fn is_namespace(&self) -> bool {
        self.identity().kind == "Namespace" && self.identity().api_version == "v1"
    }

    pub(super) fn is_workload(&self) -> bool {
        self.object.is_workload
    }

    pub(super) fn hold(&self) -> Option<HeldBy> {
        self.object.hold.as_ref().map(|(by, _)| *by)
    }

    pub(super) fn label(&self) -> String {
        let identity = self.identity();
        report::label(&identity.kind, None, identity.name.as_deref())
    }

    /// The transform that made the object.
    pub(super) fn generator(&self) -> Option<&'a str> {
        let annotations = self.value().pointer("/metadata/annotations")?;
        annotations.get(GENERATED_BY)?.as_str()
    }

    /// As the transforms see it.
    pub(super) fn object(&self) -> Object<'a> {
        Object {
            identity: &self.object.identity,
            document: &self.document.value,
            pointer: &self.object.pointer,
            templates: &self.object.templates,
            hold: self.hold(),
            token: self.object.token.as_deref(),
        }
    }
}

/// Reads a file, and lets the transforms plan on its pods.
pub(super) fn read(file: &File<'_>, cluster: &Cluster) -> Facts {
    if let Some(listed) = file.listed {
        return listed.facts();
    }
    let mut facts = Facts::default();
    let slices = match yaml::split(file.text) {
        Ok(slices) => slices,
        Err(refusal) => {
            facts.unreadable = Some(refusal.reason);
            return facts;
        }
    };
    facts.count = slices.len();
    for (index, slice) in slices.iter().enumerate() {
        let part = &file.text[slice.range()];
        let document = match Document::parse(file.text, slice) {
            Ok(document) => document,
            // Other YAML with syntax of its own is none of our business.
            Err(_) if !(part.contains("apiVersion") && part.contains("kind")) => continue,
            Err(refusal) => {
                facts.unreadable.get_or_insert(refusal.reason);
                continue;
            }
        };
        let refusal = document
            .template()
            .or_else(|| foreign::encrypted(&document));
        if let Some(refusal) = refusal {
            facts.unreadable.get_or_insert(refusal.reason);
        }
        facts
            .documents
            .push(facts_of(index, &document, file, cluster));
    }
    let manners: Vec<Manner> = facts.documents.iter().map(|it| it.manner).collect();
    for document in &mut facts.documents {
        document.manner = manners.iter().fold(document.manner, Manner::or);
    }
    facts
}

fn facts_of(
    index: usize,
    document: &Document<'_>,
    file: &File<'_>,
    cluster: &Cluster,
) -> DocumentFacts {
    let settings = file.settings;
    let keeps = exempt::comments(document);
    let scope = Scope {
        settings,
        cluster,
        is_patch: file.is_patch,
        keeps: &keeps,
        transforms: engine::in_order(),
    };
    let planned = engine::plan(document.value(), scope);
    let value = planned.value.into_owned();
    let objects = planned.objects.into_iter();
    let objects = objects
        .map(|planned| object_facts(planned.identity, planned.pointer, &value, scope))
        .collect();
    DocumentFacts {
        index,
        objects,
        manner: document.manner(),
        value,
        keeps,
    }
}

fn object_facts(
    identity: Identity,
    pointer: String,
    value: &Value,
    scope: Scope<'_>,
) -> ObjectFacts {
    let Scope {
        settings, cluster, ..
    } = scope;
    let templates = workload::pod_templates(&identity, value, &pointer, &settings.workloads);
    ObjectFacts {
        hold: hold::of(value, &identity, &pointer, &templates, scope),
        token: token(&identity, value, &templates, settings, cluster),
        is_workload: !templates.is_empty(),
        identity,
        pointer,
        templates,
    }
}

/// A document with one object as kustomizations make it, and no other. `present` is the document as it stands in its
/// file, if it stands in one.
pub(super) fn altered(
    present: Option<&DocumentFacts>,
    pointer: &str,
    object: Value,
    file: &File<'_>,
    cluster: &Cluster,
) -> Option<DocumentFacts> {
    let value = match present {
        Some(present) if !pointer.is_empty() => {
            let mut value = present.value.clone();
            *value.pointer_mut(pointer)? = object;
            value
        }
        _ => object,
    };
    let scope = Scope {
        settings: file.settings,
        cluster,
        is_patch: false,
        keeps: &[],
        transforms: engine::in_order(),
    };
    let identity = workload::identity(&value, pointer);
    let mut facts = object_facts(identity, pointer.to_owned(), &value, scope);
    // Of what was not read but listed, the pods are not known.
    facts.is_workload |= present.is_some_and(|present| {
        let at = present.position(pointer);
        at.is_some_and(|at| present.objects[at].is_workload)
    });
    Some(DocumentFacts {
        index: present.map_or(0, |present| present.index),
        objects: vec![facts],
        manner: present.map_or_else(Manner::default, |present| present.manner),
        keeps: present.map_or_else(Vec::new, |present| present.keeps.clone()),
        value,
    })
}

/// What tells that the pods of an object call the API server.
fn token(
    identity: &Identity,
    value: &Value,
    templates: &[PodTemplate],
    settings: &Settings,
    cluster: &Cluster,
) -> Option<String> {
    let plan = Plan::new(settings, cluster, identity);
    let mut pods = templates.iter().map(|template| template.pod(value));
    pods.find_map(|pod| Token::of(&pod, &plan).evidence)
}
