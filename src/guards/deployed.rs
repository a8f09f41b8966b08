//! What is deployed of each group: the objects of its files, as its kustomization builds them.

use std::borrow::Cow;

use rayon::prelude::*;

use super::File;
use super::read::{self, DocumentFacts, Facts, Found};
use crate::cluster::Cluster;
use crate::group::Group;
use crate::kustomize::{self, Built, Inline, Patched};

/// The objects of a group.
#[derive(Debug, Default)]
pub(super) struct Deployed {
    pub(super) objects: Vec<DeployedObject>,
    /// What of its kustomizations could not be followed.
    pub(super) unclear: Option<String>,
}

/// An object as it is deployed.
#[derive(Debug)]
pub(super) struct DeployedObject {
    /// The file that it comes from; what is generated comes from the kustomization.
    file: usize,
    /// Its place in the file, where it is as there: the document and the object.
    place: (usize, usize),
    /// The document with the object as kustomizations alter it.
    altered: Option<Box<DocumentFacts>>,
    /// The namespace that a kustomization puts it into.
    pub(super) namespace: Option<String>,
    /// How often patches, replicas or images of kustomizations changed it.
    pub(super) changes: usize,
    /// The containers that patches in files name with an image.
    pub(super) containers: Vec<Patched>,
    /// The containers that it has from a patch in a kustomization alone, by name.
    pub(super) inline: Vec<(Inline, String)>,
}

impl DeployedObject {
    /// The object, with what is known of it.
    pub(super) fn found<'a>(&'a self, facts: &'a [Facts]) -> Option<Found<'a>> {
        let (document, object) = match &self.altered {
            Some(document) => (&**document, 0),
            None => (facts[self.file].documents.get(self.place.0)?, self.place.1),
        };
        Found::of(self.file, document, object)
    }

    /// Where the object stands in the files: one object of two groups stands in one place.
    pub(super) fn origin(&self) -> (usize, (usize, usize)) {
        (self.file, self.place)
    }
}

/// What is deployed of each group.
pub(super) fn deployed(
    files: &[File<'_>],
    groups: &[Group],
    facts: &[Facts],
    cluster: &Cluster,
) -> Vec<Deployed> {
    let groups = groups.par_iter();
    groups
        .map(|group| of(group, files, facts, cluster))
        .collect()
}

fn of(group: &Group, files: &[File<'_>], facts: &[Facts], cluster: &Cluster) -> Deployed {
    let objects = |file: usize| facts[file].built(file);
    let documents = |file: usize| {
        let documents = facts[file].documents.iter().enumerate();
        documents.map(|(at, it)| (at, &it.value)).collect()
    };
    let build = kustomize::build(&group.steps, objects, documents);
    let kustomization = group.kustomization.as_deref();
    let kustomization = kustomization.and_then(|path| {
        let mut files = files.iter();
        files.position(|file| file.path == Some(path))
    });
    let home = kustomization.or_else(|| group.members.first().copied());
    let object = |built: Built<'_>| {
        let file = built.source.as_ref().map(|(file, ..)| *file).or(home)?;
        let place = match built.source {
            Some((file, document, pointer)) => {
                (document, facts[file].documents[document].position(pointer)?)
            }
            None => (usize::MAX, 0),
        };
        let altered = match built.value {
            Cow::Borrowed(_) => None,
            Cow::Owned(value) => {
                let present = facts[file].documents.get(place.0);
                let pointer = built.source.as_ref().map_or("", |(_, _, pointer)| pointer);
                let document = read::altered(present, pointer, value, &files[file], cluster)?;
                Some(Box::new(document))
            }
        };
        Some(DeployedObject {
            file,
            place,
            altered,
            namespace: built.namespace,
            changes: built.changes,
            containers: built.containers,
            inline: built.inline,
        })
    };
    Deployed {
        objects: build.objects.into_iter().filter_map(object).collect(),
        unclear: build.unclear,
    }
}
