//! Lets the transforms plan on one namespace, and decides what becomes of each wish.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::place::{self, New};
use super::read::Found;
use super::run::{Run, Subject};
use super::{Guards, Wish};
use crate::answers::Answers;
use crate::change::{Change, Fate, Risk};
use crate::engine;
use crate::exempt::{self, Exemption};
use crate::namespace::{GENERATED_BY, Namespace, Object};
use crate::plan::{Creation, Plan, Proposal};
use crate::settings::{Profile, Settings};
use crate::transform::{self, Transform};
use crate::workload::{self, Identity};
use crate::yaml::Note;

/// Runs all transforms that look at namespaces on one.
pub(super) fn decide(run: &Run<'_>, subject: &Subject<'_>, guards: &mut Guards) {
    let settings = run.files[subject.anchor].settings;
    let mut new: Vec<New> = Vec::new();
    let mut labels = Vec::new();
    let transforms = engine::in_order().iter();
    for transform in transforms.filter(|transform| settings.runs(transform)) {
        let transform::Run::Namespace(function) = transform.run else {
            continue;
        };
        let identity = subject.identity();
        let mut plan = Plan::new(settings, run.cluster, &identity);
        plan.options = settings.options.get(transform.id);
        function(&subject.view(run, &new), &mut plan);
        let decider = Decider {
            transform,
            settings,
        };
        labels.extend(decider.labels(plan.proposals, subject));
        decider.stale(&plan.creations, run, subject, guards);
        let creations = plan
            .creations
            .into_iter()
            .filter(|it| decider.wishes(&it.proposal));
        let wants: Vec<Want> = creations
            .map(|it| decider.creation(it, run, subject))
            .collect();
        for want in together(wants) {
            match want {
                Want::Nothing => {}
                Want::Edit(file, wish) => guards.push(file, *wish),
                Want::New(wanted) => new.push(*wanted),
            }
        }
    }
    if let Some(object) = subject.object.filter(|_| !labels.is_empty()) {
        guards.push(object.file, wish(&object, labels));
    }
    place::place(run, subject, new, guards);
}

/// What an object begins with.
const HEAD: [&str; 3] = ["apiVersion", "kind", "metadata"];

enum Want {
    Nothing,
    Edit(usize, Box<Wish>),
    New(Box<New>),
}

/// New objects of one transform are made together: what one holds back holds all. A policy that denies is nothing
/// without those that allow.
fn together(mut wants: Vec<Want>) -> Vec<Want> {
    let held = wants.iter().find_map(|want| match want {
        Want::New(new) if !new.change.is_applied() => Some(new.change.fate.clone()),
        _ => None,
    });
    if let Some(fate) = held {
        for want in &mut wants {
            if let Want::New(new) = want {
                new.change.fate = fate.clone();
            }
        }
    }
    wants
}

/// A wish for an object that is there.
pub(super) fn wish(object: &Found<'_>, changes: Vec<Change>) -> Wish {
    Wish {
        document: object.document.index,
        pointer: object.pointer().to_owned(),
        identity: object.identity().clone(),
        created: false,
        changes,
        text: None,
        notes: Vec::new(),
        used: BTreeSet::new(),
    }
}

impl Subject<'_> {
    /// The Namespace object, or what it would be.
    fn identity(&self) -> Identity {
        Identity {
            api_version: "v1".to_owned(),
            kind: "Namespace".to_owned(),
            namespace: Some(self.name.clone()),
            name: Some(self.name.clone()),
        }
    }

    /// As the transforms see it, with what earlier ones of this run make.
    fn view<'s>(&'s self, run: &Run<'s>, new: &'s [New]) -> Namespace<'s> {
        let group = run.objects(self.group);
        let objects = self.members.iter().map(Found::object);
        let made = new.iter().filter(|new| new.change.is_applied());
        let made = made.map(|new| Object {
            identity: &new.identity,
            document: &new.object,
            pointer: "",
            templates: &[],
            hold: None,
            token: None,
        });
        Namespace {
            name: &self.name,
            object: self.object.map(|object| object.value()),
            pointer: self.object.map_or("", |object| object.pointer()),
            objects: objects.chain(made).collect(),
            group: group
                .map(|(found, namespace)| (found.object(), namespace))
                .collect(),
            unseen: self.unseen.clone(),
        }
    }

    /// What a person said of an object that is to be made: the file that it goes to is not known yet.
    fn answers<'r>(&self, run: &Run<'r>, object: &Identity, transform: &Transform) -> &'r Answers {
        let members = run.groups[self.group].members.iter();
        let mut answers = members.map(|member| &run.files[*member].settings.answers);
        let known = answers.find(|answers| answers.know_new(object, transform.id));
        known.unwrap_or(&run.files[self.anchor].settings.answers)
    }

    /// What the author or the configuration wants left alone in the namespace.
    fn exemptions(&self, settings: &Settings) -> Vec<Exemption> {
        let identity = self.identity();
        match self.object {
            Some(object) => exemptions(&object, &identity, settings),
            None => exempt::exceptions(settings, &identity, &Value::Null, "", &[]),
        }
    }
}

fn exemptions(object: &Found<'_>, identity: &Identity, settings: &Settings) -> Vec<Exemption> {
    let (document, pointer) = (&object.document.value, object.pointer());
    let mut exemptions = object.document.keeps.clone();
    exemptions.extend(exempt::annotation(document, pointer, &[]));
    exemptions.extend(exempt::exceptions(
        settings,
        identity,
        document,
        pointer,
        &[],
    ));
    exemptions
}

/// The wishes of one transform.
pub(super) struct Decider<'a> {
    pub(super) transform: &'static Transform,
    settings: &'a Settings,
}

impl Decider<'_> {
    /// Tells whether the profile asks for a change.
    fn wishes(&self, proposal: &Proposal) -> bool {
        self.settings.profile != Profile::Baseline
            || self.transform.profile == Profile::Baseline
            || proposal.risk < Risk::High
    }

    /// What becomes of a wish; `answers` is what a person said of the object that it concerns.
    fn fate(
        &self,
        proposal: &Proposal,
        exemptions: &[Exemption],
        (object, answers): (&Identity, &Answers),
    ) -> Fate {
        let held = engine::held(self.settings, self.transform, proposal, None, exemptions);
        let held = held.map(|(hold, _)| hold);
        match held.or_else(|| proposal.declined(answers, object, self.transform.id)) {
            Some((by, why)) => Fate::Held { by, why },
            None => Fate::Applied,
        }
    }

    fn change(&self, proposal: Proposal, fate: Fate) -> Change {
        Change {
            transform: self.transform.id,
            pointer: proposal.pointer,
            container: None,
            before: proposal.before,
            after: proposal.after,
            risk: proposal.risk,
            reason: proposal.reason,
            fate,
            joined: proposal.joined,
            recreate: false,
        }
    }

    /// Changes of the Namespace object; what stands or falls together has one fate.
    fn labels(&self, proposals: Vec<Proposal>, subject: &Subject<'_>) -> Vec<Change> {
        let exemptions = subject.exemptions(self.settings);
        let identity = subject
            .object
            .map_or_else(|| subject.identity(), |object| object.identity().clone());
        let about = (&identity, &self.settings.answers);
        let mut changes: Vec<Change> = Vec::new();
        let mut proposals = proposals.into_iter().peekable();
        while let Some(first) = proposals.next() {
            let mut group = vec![first];
            group.extend(std::iter::from_fn(|| proposals.next_if(|next| next.joined)));
            if !group.iter().all(|proposal| self.wishes(proposal)) {
                continue;
            }
            let fates = group
                .iter()
                .map(|proposal| self.fate(proposal, &exemptions, about));
            let held = fates.into_iter().find(|fate| *fate != Fate::Applied);
            let fate = held.unwrap_or(Fate::Applied);
            let together = group.into_iter();
            changes.extend(together.map(|proposal| self.change(proposal, fate.clone())));
        }
        changes
    }

    /// What becomes of an object that is wanted.
    fn creation(&self, creation: Creation, run: &Run<'_>, subject: &Subject<'_>) -> Want {
        let (object, identity) = self.complete(creation.object, &subject.name);
        let is_same = |found: &&Found<'_>| {
            let other = found.identity();
            other.kind == identity.kind
                && other.group() == identity.group()
                && other.name == identity.name
        };
        if let Some(present) = subject.members.iter().find(is_same) {
            let ours = present.generator() == Some(self.transform.id);
            let writable =
                run.files[present.file].writable && run.facts[present.file].unreadable.is_none();
            return if ours && writable {
                let answers = &run.files[present.file].settings.answers;
                self.update(
                    present,
                    &object,
                    &creation.proposal,
                    (answers, creation.notes),
                )
            } else {
                Want::Nothing
            };
        }
        let mut proposal = creation.proposal;
        // What the Namespace object keeps is kept of all that joins it.
        let place = subject.object.map_or("", |it| it.pointer());
        place.clone_into(&mut proposal.pointer);
        let nothing = (&identity, &Answers::default());
        let mut fate = self.fate(&proposal, &subject.exemptions(self.settings), nothing);
        proposal.pointer.clear();
        proposal.after = Some(object.clone());
        let answers = subject.answers(run, &identity, self.transform);
        if let (Fate::Applied, Some((by, why))) = (
            &fate,
            proposal.declined(answers, &identity, self.transform.id),
        ) {
            fate = Fate::Held { by, why };
        }
        Want::New(Box::new(New {
            change: self.change(proposal, fate),
            identity,
            object,
            notes: creation.notes,
        }))
    }

    /// Adds what tells whose the object is, and where it belongs.
    pub(super) fn complete(&self, mut object: Value, namespace: &str) -> (Value, Identity) {
        let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
        if let Some(metadata) = metadata {
            let name = metadata.get("name").and_then(Value::as_str);
            let name = name.unwrap_or_default();
            // Every namespace has the one ServiceAccount of its name; others would be fought over by two releases.
            let release = self.settings.release.as_ref().filter(|_| name != "default");
            let name =
                release.map_or_else(|| name.to_owned(), |release| format!("{release}-{name}"));
            *metadata = Map::from_iter([
                ("name".to_owned(), json!(name)),
                ("namespace".to_owned(), json!(namespace)),
                (
                    "annotations".to_owned(),
                    json!({GENERATED_BY: self.transform.id}),
                ),
            ]);
        }
        // In the order in which people write it.
        if let Some(map) = object.as_object_mut() {
            let rest: Vec<String> = map
                .keys()
                .filter(|key| !HEAD.contains(&key.as_str()))
                .cloned()
                .collect();
            for key in rest {
                if let Some(value) = map.shift_remove(&key) {
                    map.insert(key, value);
                }
            }
        }
        let identity = workload::identity(&object, "");
        (object, identity)
    }

    /// Brings an object that is ours up to date, where it differs.
    fn update(
        &self,
        present: &Found<'_>,
        wanted: &Value,
        creation: &Proposal,
        (answers, notes): (&Answers, Vec<Note>),
    ) -> Want {
        let (settings, identity) = (self.settings, present.identity());
        let exemptions = exemptions(present, identity, settings);
        let mut differences = Vec::new();
        for (key, value) in wanted.as_object().into_iter().flatten() {
            if key != "metadata" {
                let pointer = format!("/{key}");
                differ(
                    present.value().get(key),
                    Some(value),
                    pointer,
                    &mut differences,
                );
            }
        }
        let changes = differences.into_iter().enumerate();
        let changes = changes.map(|(index, (pointer, before, after))| {
            let proposal = Proposal {
                pointer: format!("{}{pointer}", present.pointer()),
                container: None,
                before,
                after,
                risk: creation.risk,
                reason: creation.reason.clone(),
                explicit: false,
                held: creation.held.clone(),
                manual: false,
                // Half an update would be neither the old object nor the new one.
                joined: index > 0,
            };
            let fate = self.fate(&proposal, &exemptions, (identity, answers));
            self.change(proposal, fate)
        });
        let changes: Vec<Change> = changes.collect();
        if changes.is_empty() {
            return Want::Nothing;
        }
        let wish = wish(present, changes);
        Want::Edit(present.file, Box::new(Wish { notes, ..wish }))
    }
}

type Difference = (String, Option<Value>, Option<Value>);

/// The smallest places in which two values differ; lists are one place.
fn differ(before: Option<&Value>, after: Option<&Value>, at: String, into: &mut Vec<Difference>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let gone = old.keys().filter(|key| !new.contains_key(*key));
            for key in new.keys().chain(gone) {
                let token = key.replace('~', "~0").replace('/', "~1");
                differ(old.get(key), new.get(key), format!("{at}/{token}"), into);
            }
        }
        _ if before == after => {}
        _ => into.push((at, before.cloned(), after.cloned())),
    }
}
