//! One way through the transforms for one object: what each wants, what holds it, and what is applied.

use std::borrow::Cow;
use std::collections::BTreeSet;

use json_patch::PatchOperation;
use serde_json::Value;

use super::{Scope, held};
use crate::change::{Change, Fate, HeldBy};
use crate::exempt::{self, Exemption, Origin};
use crate::patch;
use crate::plan::{Plan, Proposal};
use crate::pod::Pod;
use crate::settings::Override;
use crate::transform::{Run, Transform};
use crate::validity::Acceptance;
use crate::workload::{Identity, PodTemplate};

/// One object with pods.
pub(super) struct Object<'a> {
    pub(super) identity: &'a Identity,
    pub(super) templates: &'a [PodTemplate],
    pub(super) scope: Scope<'a>,
    /// Why nothing of the object may be changed, if so.
    pub(super) hold: Option<(HeldBy, String)>,
    /// Its pods cannot be changed on a live object.
    pub(super) immutable: bool,
    /// It comes from a cluster.
    pub(super) live: bool,
    /// Helm deletes a hook and creates it again.
    pub(super) helm_hook: bool,
    pub(super) exemptions: Vec<Exemption>,
}

/// One way through the transforms for an object.
pub(super) struct Attempt<'t, 'a, 'v> {
    object: &'t Object<'a>,
    pub(super) value: &'t mut Cow<'v, Value>,
    /// Judges each change; without it, what comes of all together is judged afterwards.
    acceptance: Option<&'t mut Acceptance<'v>>,
    /// What takes the applied changes back, in their order.
    undo: Vec<Vec<PatchOperation>>,
    /// The exemptions that held a change.
    pub(super) used: BTreeSet<Origin>,
}

impl<'t, 'a, 'v> Attempt<'t, 'a, 'v> {
    pub(super) fn new(
        object: &'t Object<'a>,
        value: &'t mut Cow<'v, Value>,
        acceptance: Option<&'t mut Acceptance<'v>>,
    ) -> Self {
        Self {
            object,
            value,
            acceptance,
            undo: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// Runs the transforms until nothing more is applied. Mostly one round is the end; but an override may remove what
    /// held another change back, and of changes that stand or fall together one that a keep held may be made by another
    /// transform.
    pub(super) fn changes_to_the_end(&mut self) -> Vec<Change> {
        const ROUNDS: usize = 4;
        let mut changes = self.changes(|_| true);
        let exemptions = &self.object.exemptions;
        let overrides = self.object.scope.settings.overrides != Override::Nothing;
        if !overrides && exemptions.is_empty() {
            return changes;
        }
        for _ in 1..ROUNDS {
            // Removed list items shift the places that keeps are about: those transforms have had their turn.
            let shifted = changes.iter().any(removes_an_item);
            let is_done = |id: &str| shifted && exemptions.iter().any(|it| it.names(id));
            let more = self.changes(|id| !is_done(id));
            if !more.iter().any(Change::is_applied) {
                break;
            }
            changes.retain(|change| change.is_applied() || is_done(change.transform));
            changes.extend(more);
        }
        changes
    }

    /// Runs every selected transform, each on the value that its predecessors left.
    fn changes(&mut self, takes_part: impl Fn(&str) -> bool) -> Vec<Change> {
        let mut changes = Vec::new();
        let scope = self.object.scope;
        let mut selected = scope
            .transforms
            .iter()
            .copied()
            .filter(|transform| scope.settings.runs(transform) && takes_part(transform.id));
        while let Some((transform, proposals)) = self.object.next(&mut selected, self.value) {
            let mut proposals = proposals.into_iter().peekable();
            while let Some(first) = proposals.next() {
                let mut group = vec![first];
                group.extend(std::iter::from_fn(|| proposals.next_if(|next| next.joined)));
                changes.extend(self.decide(transform, group));
            }
        }
        changes
    }

    /// Turns wishes that stand or fall together into changes, and applies them to the value unless something
    /// holds one of them.
    fn decide(
        &mut self,
        transform: &Transform,
        group: Vec<Proposal>,
    ) -> impl Iterator<Item = Change> + use<> {
        let held = group
            .iter()
            .find_map(|proposal| self.held(transform, proposal));
        let fate = match held {
            Some((by, why)) => Fate::Held { by, why },
            None => self.apply(&group),
        };
        let (transform, recreate) = (transform.id, self.object.immutable);
        group.into_iter().map(move |proposal| Change {
            transform,
            pointer: proposal.pointer,
            container: proposal.container,
            before: proposal.before,
            after: proposal.after,
            risk: proposal.risk,
            reason: proposal.reason,
            fate: fate.clone(),
            joined: proposal.joined,
            recreate,
        })
    }

    fn held(&mut self, transform: &Transform, proposal: &Proposal) -> Option<(HeldBy, String)> {
        let object = self.object;
        let settings = object.scope.settings;
        let own = object.hold.as_ref();
        if let Some((hold, origin)) = held(settings, transform, proposal, own, &object.exemptions) {
            self.used.extend(origin);
            return Some(hold);
        }
        let declined = proposal.declined(&settings.answers, object.identity, transform.id);
        if declined.is_some() {
            return declined;
        }
        let stays = settings.hold_immutable || object.live;
        if stays && object.immutable && !settings.recreate && !object.helm_hook {
            let why = format!(
                "the pod template of a live {} cannot be changed",
                object.identity.kind
            );
            return Some((HeldBy::Immutable, why));
        }
        None
    }

    /// Applies wishes, and takes them all back if the API server would reject what comes of it.
    fn apply(&mut self, group: &[Proposal]) -> Fate {
        let value = self.value.to_mut();
        let mut undo = Vec::new();
        let mut failure = None;
        for proposal in group {
            match patch::apply(value, &proposal.pointer, proposal.after.as_ref()) {
                Ok(operations) => undo.push(operations),
                Err(error) => {
                    failure = Some(Fate::Refused(error));
                    break;
                }
            }
        }
        let fate = failure.or_else(|| {
            let pointers = group.iter().map(|proposal| proposal.pointer.as_str());
            let acceptance = self.acceptance.as_mut()?;
            let rejection = acceptance.accept(value, pointers).err()?;
            Some(Fate::Held {
                by: HeldBy::Invalid,
                why: rejection.text,
            })
        });
        let Some(fate) = fate else {
            self.undo.append(&mut undo);
            return Fate::Applied;
        };
        match take_back(value, &undo) {
            Ok(()) => fate,
            Err(error) => Fate::Refused(error),
        }
    }

    /// Takes all applied changes back.
    ///
    /// # Errors
    /// A change that cannot be taken back, which is a bug.
    pub(super) fn take_back(&mut self) -> Result<(), String> {
        take_back(self.value.to_mut(), &self.undo)
    }
}

/// Tells whether a change took an item from a list.
fn removes_an_item(change: &Change) -> bool {
    let last = change.pointer.rsplit('/').next().unwrap_or_default();
    change.is_applied() && change.after.is_none() && last.bytes().all(|it| it.is_ascii_digit())
}

fn take_back(value: &mut Value, undo: &[Vec<PatchOperation>]) -> Result<(), String> {
    undo.iter().rev().try_for_each(|operations| {
        json_patch::patch(value, operations).map_err(|error| error.to_string())
    })
}

impl Object<'_> {
    /// The first of some transforms that wants something of a value, and what it wants.
    fn next<'t>(
        &self,
        transforms: &mut impl Iterator<Item = &'t Transform>,
        value: &Value,
    ) -> Option<(&'t Transform, Vec<Proposal>)> {
        let pods: Vec<Pod<'_>> = self.templates.iter().map(|it| it.pod(value)).collect();
        transforms.find_map(|transform| {
            let proposals = self.proposals(transform, &pods);
            (!proposals.is_empty()).then_some((transform, proposals))
        })
    }

    fn proposals(&self, transform: &Transform, pods: &[Pod<'_>]) -> Vec<Proposal> {
        let exempt = self
            .exemptions
            .iter()
            .filter(|exemption| exemption.names(transform.id));
        let mut plan = Plan {
            settings: self.scope.settings,
            cluster: self.scope.cluster,
            identity: self.identity,
            kept: exempt.map(|exemption| exemption.scope.clone()).collect(),
            options: self.scope.settings.options.get(transform.id),
            special: exempt::options(&self.exemptions, self.scope.settings, transform.id),
            proposals: Vec::new(),
            creations: Vec::new(),
        };
        for pod in pods {
            match transform.run {
                Run::Pod(run) => run(pod, &mut plan),
                Run::Container(run) => pod
                    .containers
                    .iter()
                    .for_each(|container| run(pod, container, &mut plan)),
                Run::Namespace(_) => {}
            }
        }
        plan.proposals
    }
}
