//! Finds a place for new objects: after the Namespace object, in its list, or in a file of their own.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::read::{DocumentFacts, Found};
use super::run::{Run, Subject};
use super::{Guards, Joined, NewFile, Wish, beside};
use crate::change::{Change, Fate, HeldBy, Risk};
use crate::workload::Identity;
use crate::yaml::{Manner, Note};

/// An object that a transform wants and that is not there.
#[derive(Debug)]
pub(super) struct New {
    pub(super) identity: Identity,
    pub(super) object: Value,
    pub(super) notes: Vec<Note>,
    pub(super) change: Change,
}

/// Where new objects of a namespace go.
enum Place {
    /// After a document of a file.
    After(usize, usize, Manner),
    /// To the end of the list at a pointer of a document.
    Item(usize, usize, String),
    /// Into a file that is made, and listed in a document of a kustomization.
    File(String, Option<(usize, usize)>),
    /// Into a file that an earlier run made and did not come to list in a document of a kustomization.
    Unlisted(usize, String, (usize, usize)),
    /// Nowhere, and why.
    Nowhere(String),
}

/// Places the new objects of a namespace.
pub(super) fn place(run: &Run<'_>, subject: &Subject<'_>, new: Vec<New>, guards: &mut Guards) {
    let mut place = Place::of(run, subject);
    let (mut applied, mut held) = (Vec::new(), Vec::new());
    for mut new in new {
        if let (Place::Nowhere(why), Fate::Applied) = (&place, &new.change.fate) {
            let (by, why) = (HeldBy::Unseen, why.clone());
            new.change.fate = Fate::Held { by, why };
        }
        if new.change.is_applied() {
            applied.push(new);
        } else {
            held.push(new);
        }
    }
    if let Place::File(name, listing) = &mut place {
        if let Some(first) = applied.first() {
            let (name, listing) = (std::mem::take(name), listing.take());
            let transform = first.change.transform;
            new_file(run, subject, name, &applied, guards);
            if let (Some((file, document)), Some(made)) = (listing, guards.new.last()) {
                guards.push(file, list(&made.name, document, transform));
            }
        }
    } else if let (Place::Unlisted(file, name, listing), Some(first)) = (&place, applied.first()) {
        guards.push(listing.0, list(name, listing.1, first.change.transform));
        guards.joined.push(Joined {
            file: *file,
            beside: subject.anchor,
            group: subject.group,
        });
    } else {
        for new in applied {
            joined(&place, new, guards);
        }
    }
    let members = subject.members.iter().copied();
    let at = subject
        .object
        .or_else(|| members.into_iter().find(|it| it.file == subject.anchor));
    for new in held {
        let (document, pointer) = at.map_or((0, ""), |it| (it.document.index, it.pointer()));
        guards.push(
            at.map_or(subject.anchor, |it| it.file),
            Wish {
                document,
                pointer: pointer.to_owned(),
                identity: new.identity,
                created: true,
                changes: vec![new.change],
                text: None,
                notes: Vec::new(),
                used: BTreeSet::new(),
            },
        );
    }
}

/// Lets a new object join a file.
fn joined(place: &Place, mut new: New, guards: &mut Guards) {
    let (file, document, pointer, text) = match place {
        Place::After(file, document, manner) => {
            let text = match manner.print(&new.object, &new.notes) {
                Ok(text) => Some(text),
                Err(refusal) => {
                    new.change.fate = Fate::Refused(refusal.to_string());
                    None
                }
            };
            (*file, *document, String::new(), text)
        }
        Place::Item(file, document, list) => (*file, *document, format!("{list}/-"), None),
        Place::File(..) | Place::Unlisted(..) | Place::Nowhere(_) => return,
    };
    new.change.pointer.clone_from(&pointer);
    guards.push(
        file,
        Wish {
            document,
            pointer,
            identity: new.identity,
            created: true,
            changes: vec![new.change],
            text,
            notes: Vec::new(),
            used: BTreeSet::new(),
        },
    );
}

/// Makes a file of new objects.
fn new_file(run: &Run<'_>, subject: &Subject<'_>, name: String, new: &[New], guards: &mut Guards) {
    let first = run.facts[subject.anchor].documents.first();
    let manner = first.map_or_else(Manner::default, |document| document.manner.block());
    let mut file = NewFile {
        beside: subject.anchor,
        name,
        group: subject.group,
        text: String::new(),
        objects: Vec::new(),
    };
    for new in new {
        // What a second parser reads differently is left out: no harm is done.
        let Ok(text) = manner.print(&new.object, &new.notes) else {
            continue;
        };
        if !file.text.is_empty() {
            file.text.push_str("---");
            file.text.push_str(manner.newline());
        }
        let line = file.text.matches('\n').count() + 1;
        file.text.push_str(&text);
        file.objects
            .push((new.identity.clone(), new.change.clone(), line));
    }
    guards.new.push(file);
}

/// Lists a new file in a kustomization.
fn list(name: &str, document: usize, transform: &'static str) -> Wish {
    Wish {
        document,
        pointer: String::new(),
        identity: Identity {
            api_version: "kustomize.config.k8s.io/v1beta1".to_owned(),
            kind: "Kustomization".to_owned(),
            ..Identity::default()
        },
        created: false,
        changes: vec![Change {
            transform,
            pointer: "/resources/-".to_owned(),
            container: None,
            before: None,
            after: Some(json!(name)),
            risk: Risk::None,
            reason: "a file that no kustomization lists is not deployed".to_owned(),
            fate: Fate::Applied,
            joined: false,
            recreate: false,
        }],
        text: None,
        notes: Vec::new(),
        used: BTreeSet::new(),
    }
}

impl Place {
    fn of(run: &Run<'_>, subject: &Subject<'_>) -> Self {
        let file = subject.anchor;
        if let Some(object) = subject.object {
            let alone = run.facts[file].count == 1;
            let is_json = run.files[file]
                .path
                .and_then(Path::extension)
                .is_some_and(|extension| extension == "json");
            let list = object.pointer().rsplit_once('/').map(|(list, _)| list);
            match list {
                Some(list) if holds_anything(&object, list) => {
                    return Self::Item(file, object.document.index, list.to_owned());
                }
                None if !(is_json || alone && object.document.manner.is_json()) => {
                    let after = last_of_ours(&run.facts[file].documents, object.document);
                    return Self::After(file, after.index, object.document.manner);
                }
                _ => {}
            }
        }
        // Two bases of one overlay would both make the same object, and the overlay could not be built.
        if let (None, Some(why)) = (subject.object, &subject.shared) {
            return Self::Nowhere(why.clone());
        }
        let name = format!("kubetemper-{}.yaml", subject.name);
        let Some(path) = run.files[file].path else {
            return Self::end_of_stream(run, file);
        };
        let path = beside(path, &name);
        match run.files.iter().position(|file| file.path == Some(&path)) {
            Some(present) => Self::end_of_ours(run, subject, present, &name),
            None => Self::new_file(run, subject, name),
        }
    }

    /// Without a Namespace object to join, at the end of the stream.
    fn end_of_stream(run: &Run<'_>, file: usize) -> Self {
        let facts = &run.facts[file];
        match facts.documents.last() {
            Some(last) if !(facts.count == 1 && last.manner.is_json()) => {
                Self::After(file, facts.count - 1, last.manner)
            }
            _ => Self::Nowhere("a JSON text has no room for a second document".to_owned()),
        }
    }

    /// A file of the right name is there: it is ours if all that it holds is.
    fn end_of_ours(run: &Run<'_>, subject: &Subject<'_>, file: usize, name: &str) -> Self {
        let facts = &run.facts[file];
        let ours = facts.objects(file).all(|found| found.generator().is_some());
        let is_member = run.groups[subject.group].own.contains(&file);
        match facts.documents.last() {
            Some(last) if ours && is_member && run.files[file].writable => {
                Self::After(file, last.index, last.manner)
            }
            Some(_) if ours && run.files[file].writable => {
                match Self::new_file(run, subject, name.to_owned()) {
                    Self::File(name, Some(listing)) => Self::Unlisted(file, name, listing),
                    other => other,
                }
            }
            _ => Self::Nowhere(format!(
                "{name} holds other objects, is not listed, or is not among the files"
            )),
        }
    }

    fn new_file(run: &Run<'_>, subject: &Subject<'_>, name: String) -> Self {
        let folder = run.files[subject.anchor].path.and_then(Path::parent);
        let Some(path) = &run.groups[subject.group].kustomization else {
            let is_beside = |file: &super::File<'_>| {
                let stem = file
                    .path
                    .filter(|path| path.parent() == folder)
                    .and_then(Path::file_stem);
                stem.is_some_and(|stem| stem == "kustomization")
            };
            return if run.files.iter().any(is_beside) {
                Self::Nowhere(
                    "the kustomization of this folder does not list the objects".to_owned(),
                )
            } else {
                Self::File(name, None)
            };
        };
        let found = run
            .files
            .iter()
            .position(|file| file.path == Some(path) && file.writable);
        let listing = found.and_then(|file| {
            let listed = |document: &&DocumentFacts| document.value["resources"].is_array();
            let mut documents = run.facts[file].documents.iter();
            Some((file, documents.find(listed)?.index))
        });
        // A file beside another folder's kustomization has another name there.
        match listing {
            Some(listing) if path.parent() == folder => Self::File(name, Some(listing)),
            Some(_) => Self::Nowhere(
                "the kustomization that lists the objects stands in another folder".to_owned(),
            ),
            None => Self::Nowhere(format!(
                "{name} must be listed in a kustomization that is not among the files to change"
            )),
        }
    }
}

/// A list whose items may be of any kind.
fn holds_anything(object: &Found<'_>, list: &str) -> bool {
    let Some(owner) = list.strip_suffix("/items") else {
        return false;
    };
    let kind = object.document.value.pointer(&format!("{owner}/kind"));
    kind.is_some_and(|kind| kind == "List" || kind == "ResourceList")
}

/// The document after which new ones come: those that an earlier run made are passed over.
fn last_of_ours<'a>(documents: &'a [DocumentFacts], from: &'a DocumentFacts) -> &'a DocumentFacts {
    let behind = documents
        .iter()
        .skip_while(|document| document.index <= from.index);
    let ours = behind.take_while(|document| document.is_ours());
    ours.last().unwrap_or(from)
}
