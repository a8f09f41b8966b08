//! Containers that a kustomize patch adds. A patch is evidence and stays as it is, but for a container that is in no
//! object that the patch is applied to: it stands there whole, and nowhere else can it be hardened.
//!
//! What it needs is planned on each object with the patch applied. Only what all of them ask for is changed.
//!
//! A patch that is a text in the kustomization is no place to edit: what its containers lack is told.

use std::collections::{BTreeMap, BTreeSet};

use super::deployed::{Deployed, DeployedObject};
use super::read::Facts;
use super::{File, Wish};
use crate::answers::Answers;
use crate::change::{Change, Fate, HeldBy};
use crate::cluster::Cluster;
use crate::engine::{self, Scope};
use crate::exempt::{Exemption, Origin};
use crate::kustomize::{self, Inline, Patched};
use crate::patch;
use crate::settings::Settings;
use crate::workload::Identity;

/// The API version by which a patch is told from an object of a cluster.
const API_VERSION: &str = "kustomize.config.k8s.io/v1beta1";

/// What is wanted of patches, by file.
type Wishes = BTreeMap<usize, Vec<Wish>>;

/// A container of a patch: the file, the document and the JSON Pointer there, and its name.
type Place = (usize, usize, String, String);

/// What the containers need that patches in files add.
pub(super) fn plan(
    files: &[File<'_>],
    facts: &[Facts],
    deployed: &[Deployed],
    cluster: &Cluster,
) -> Wishes {
    let mut wanted: BTreeMap<Place, Vec<Vec<Change>>> = BTreeMap::new();
    let mut merged = BTreeSet::new();
    for object in deployed.iter().flat_map(|group| &group.objects) {
        for (place, name) in &object.inline {
            let Some((place, changes)) = inline(object, place, name, files, facts, cluster) else {
                continue;
            };
            wanted.entry(place).or_default().push(changes);
        }
        for patched in &object.containers {
            let Patched {
                file,
                document,
                pointer,
                name,
                whole,
            } = patched.clone();
            let place = (file, document, pointer, name);
            let writable = files[file].writable && facts[file].unreadable.is_none();
            if !whole {
                merged.insert(place);
            } else if writable {
                let changes = changes(object, patched, files[file].settings, facts, cluster);
                wanted.entry(place).or_default().extend(changes);
            }
        }
    }
    let mut wishes = Wishes::new();
    for (place, wants) in wanted {
        let changes = if merged.contains(&place) {
            Vec::new()
        } else {
            agreed(&wants)
        };
        let (file, document, pointer, name) = place;
        let document = &facts[file].documents[document];
        let identity = Identity {
            api_version: API_VERSION.to_owned(),
            kind: "Patch".to_owned(),
            namespace: None,
            name: Some(name),
        };
        let answers = &files[file].settings.answers;
        let mut used = BTreeSet::new();
        let changes: Vec<Change> = changes
            .into_iter()
            .map(|change| kept(change, &document.keeps, &mut used))
            .map(|change| answered(change, &identity, answers))
            .collect();
        if !changes.is_empty() {
            wishes.entry(file).or_default().push(Wish {
                document: document.index,
                pointer,
                identity,
                created: false,
                changes,
                text: None,
                notes: Vec::new(),
                used,
            });
        }
    }
    wishes
}

/// Applies what is wanted to the patches.
pub(super) fn apply(wishes: &Wishes, facts: &mut [Facts]) {
    for (file, wishes) in wishes {
        for wish in wishes {
            let mut documents = facts[*file].documents.iter_mut();
            let Some(document) = documents.find(|it| it.index == wish.document) else {
                continue;
            };
            for change in wish.changes.iter().filter(|change| change.is_applied()) {
                // What fails here fails in the file too, and is told there.
                let _ = patch::apply(&mut document.value, &change.pointer, change.after.as_ref());
            }
        }
    }
}

/// What one object asks of a container that a patch adds, at its place in the patch.
fn changes(
    object: &DeployedObject,
    patched: &Patched,
    settings: &Settings,
    facts: &[Facts],
    cluster: &Cluster,
) -> Option<Vec<Change>> {
    let found = object.found(facts)?;
    let value = found.value();
    // What was answered about the patch is not about the object.
    let settings = Settings {
        answers: Answers::default(),
        ..settings.clone()
    };
    let scope = Scope {
        settings: &settings,
        cluster,
        is_patch: false,
        keeps: &[],
        transforms: engine::in_order(),
    };
    let planned = engine::plan(value, scope).objects.into_iter().next()?;
    let containers = kustomize::containers(value);
    let mut own = containers.iter().filter(|(name, _)| *name == patched.name);
    let own = format!("{}/", own.next()?.1);
    let outside = |change: &&Change| {
        let in_container = |(_, pointer): &(String, String)| change.pointer.starts_with(pointer);
        change.is_applied() && !containers.iter().any(in_container)
    };
    let outside: BTreeSet<&str> = planned
        .changes
        .iter()
        .filter(outside)
        .map(|change| change.transform)
        .collect();
    let of_container = planned.changes.iter().filter_map(|change| {
        let rest = change.pointer.strip_prefix(own.as_str())?;
        let mut change = Change {
            pointer: format!("{}/{rest}", patched.pointer),
            ..change.clone()
        };
        if change.is_applied() && outside.contains(change.transform) {
            hold(
                &mut change,
                "the pod that the patch is for would change with it",
            );
        }
        Some(change)
    });
    Some(of_container.collect())
}

/// What one object asks of a container that a text of a kustomization adds: once for each transform.
fn inline(
    object: &DeployedObject,
    place: &Inline,
    name: &str,
    files: &[File<'_>],
    facts: &[Facts],
    cluster: &Cluster,
) -> Option<(Place, Vec<Change>)> {
    let mut all = files.iter();
    let file = all.position(|file| file.path == Some(&place.path) && file.writable)?;
    let mut documents = facts[file].documents.iter();
    let document = documents.position(|it| it.value.pointer(&place.pointer).is_some())?;
    let patched = Patched {
        file,
        document,
        pointer: place.pointer.clone(),
        name: name.to_owned(),
        whole: true,
    };
    let wanted = changes(object, &patched, files[file].settings, facts, cluster)?;
    let mut told: Vec<Change> = Vec::new();
    for mut change in wanted {
        if told.iter().any(|it| it.transform == change.transform) {
            continue;
        }
        change.pointer.clone_from(&place.pointer);
        (change.before, change.after, change.joined) = (None, None, false);
        // What somebody wants left alone is so in a file of its own too.
        if !matches!(
            change.fate,
            Fate::Held {
                by: HeldBy::Keep | HeldBy::Config,
                ..
            }
        ) {
            hold(
                &mut change,
                "the patch is a text in the kustomization: move it to a file of its own (`path:`), and it can be made there",
            );
        }
        told.push(change);
    }
    let place = (file, document, patched.pointer, patched.name);
    Some((place, told))
}

fn hold(change: &mut Change, why: &str) {
    change.fate = Fate::Held {
        by: HeldBy::Patch,
        why: why.to_owned(),
    };
}

/// What all objects ask for; what only some ask for is held.
fn agreed(wants: &[Vec<Change>]) -> Vec<Change> {
    let is = |one: &Change, other: &Change| {
        one.transform == other.transform
            && one.pointer == other.pointer
            && one.after == other.after
            && one.is_applied() == other.is_applied()
    };
    let mut agreed: Vec<Change> = Vec::new();
    for change in wants.iter().flatten() {
        if agreed.iter().any(|known| {
            known.transform == change.transform
                && known.pointer == change.pointer
                && known.after == change.after
        }) {
            continue;
        }
        let mut change = change.clone();
        let all = wants
            .iter()
            .all(|want| want.iter().any(|it| is(it, &change)));
        if change.is_applied() && !all {
            hold(&mut change, "not all that the patch is for needs it");
        }
        agreed.push(change);
    }
    agreed
}

/// A change that a comment in the patch may keep.
fn kept(mut change: Change, keeps: &[Exemption], used: &mut BTreeSet<Origin>) -> Change {
    let mut keeps = keeps.iter();
    if let Some(keep) = keeps.find(|keep| keep.covers(change.transform, &change.pointer)) {
        change.fate = Fate::Held {
            by: keep.by,
            why: keep.reason.clone(),
        };
        used.insert(keep.origin.clone());
    }
    change
}

/// Tells whether a text may be a patch that adds a container, or a kustomization with one; a cheap test before parsing.
pub(super) fn may_add(text: &str, is_patch: bool) -> bool {
    const KEY: &str = "patches";
    (is_patch || text.starts_with(KEY) || text.contains("\npatches"))
        && text.contains("image")
        && text.contains("ontainers")
}

/// A change that a person may have left out.
fn answered(mut change: Change, identity: &Identity, answers: &Answers) -> Change {
    let wish = (&change).into();
    let held = answers.hold(identity, change.transform, wish);
    if let Some((by, why)) = held.filter(|_| change.is_applied()) {
        change.fate = Fate::Held { by, why };
    }
    change
}

/// What becomes of an object whose patch has its own wishes: these say what is held and what is not.
pub(super) fn supersedes(wish: &Wish, change: &Change) -> bool {
    wish.identity.api_version == API_VERSION
        && wish
            .changes
            .iter()
            .any(|own| own.transform == change.transform && own.pointer == change.pointer)
}
