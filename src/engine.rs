//! Lets the transforms plan on a document's value and decides what becomes of each wish.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use crate::change::{Change, Fate, HeldBy};
use crate::cluster::Cluster;
use crate::exempt::{self, Exemption, Origin};
use crate::guards;
use crate::hold;
use crate::patch;
use crate::plan::{Plan, Proposal};
use crate::planned::{Planned, PlannedObject, restore, withdraw_refused};
use crate::pod_security::{self, Level, Version, Violation};
use crate::report::Levels;
use crate::settings::{Override, Settings};
use crate::transform::{Run, Transform};
use crate::transforms::ALL;
use crate::validity::Acceptance;
use crate::workload::{self, Identity, PodTemplate};

/// What planning on a document depends on besides its value.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// What the run was asked to do.
    pub settings: &'a Settings,
    /// What is known of other objects.
    pub cluster: &'a Cluster,
    /// A kustomization names the file as a patch.
    pub is_patch: bool,
    /// The keep comments of the document.
    pub keeps: &'a [Exemption],
    /// The transforms to choose from, in the order in which they run: [`in_order`], but for tests of the engine.
    pub transforms: &'a [&'a Transform],
}

/// The transforms in the order in which they run: first those that flip what is weaker than baseline, so
/// that the later ones fill what this leaves unset.
#[must_use]
pub fn in_order() -> &'static [&'static Transform] {
    static ORDER: LazyLock<Vec<&'static Transform>> = LazyLock::new(|| {
        let mut transforms: Vec<_> = ALL.iter().map(|(transform, _)| *transform).collect();
        // Which capabilities a container needs depends on its user.
        let later = |transform: &Transform| transform.id != "run-as-non-root";
        transforms.sort_by_key(|transform| (transform.profile, later(transform), transform.id));
        transforms
    });
    &ORDER
}

/// Plans all selected transforms on a document.
#[must_use]
pub fn plan(document: &Value, scope: Scope<'_>) -> Planned {
    let mut planned = Planned {
        objects: Vec::new(),
        value: document.clone(),
        exemptions: exempt::origins(scope.keeps, scope.settings).collect(),
        used: BTreeSet::new(),
    };
    let mut acceptance = Acceptance::of(document, scope.settings);
    for pointer in workload::flatten(document) {
        let identity = workload::identity(document, &pointer);
        if identity.api_version.is_empty() || identity.kind.is_empty() {
            continue;
        }
        let templates =
            workload::pod_templates(&identity, document, &pointer, &scope.settings.workloads);
        let object = plan_object(
            document,
            identity,
            pointer,
            &templates,
            scope,
            (&mut planned, &mut acceptance),
        );
        planned.objects.push(object);
    }
    planned
}

fn plan_object(
    document: &Value,
    identity: Identity,
    pointer: String,
    templates: &[PodTemplate],
    scope: Scope<'_>,
    (planned, acceptance): (&mut Planned, &mut Acceptance),
) -> PlannedObject {
    if templates.is_empty() {
        // Namespaces have no pods, but guards.
        if identity.kind == "Namespace" {
            let named = guards::identity(&identity);
            let exceptions = exempt::exceptions(scope.settings, &named, document, &pointer, &[]);
            let origins = exempt::origins(&exceptions, scope.settings);
            planned.exemptions.extend(origins);
        }
        return PlannedObject {
            identity,
            pointer,
            level: None,
            changes: Vec::new(),
            refusal: None,
            violations_before: Vec::new(),
            created: false,
        };
    }
    let mut exemptions = scope.keeps.to_vec();
    exemptions.extend(exempt::annotation(document, &pointer, templates));
    exemptions.extend(exempt::exceptions(
        scope.settings,
        &identity,
        document,
        &pointer,
        templates,
    ));
    planned
        .exemptions
        .extend(exempt::origins(&exemptions, scope.settings));
    let (before, violations_before) = evaluate(templates, document);
    let mut object = Object {
        identity: &identity,
        templates,
        scope,
        hold: hold::of(document, &identity, &pointer, templates, scope),
        immutable: hold::is_immutable(&identity),
        live: hold::is_live(document, &pointer),
        helm_hook: document
            .pointer(&format!("{pointer}/metadata/annotations/helm.sh~1hook"))
            .is_some(),
        acceptance,
        exemptions,
        used: &mut planned.used,
    };
    let mut changes = object.changes_to_the_end(&mut planned.value);
    let refusal = withdraw_refused(&mut changes);
    if refusal.is_some() {
        restore(document, &pointer, &mut planned.value);
        acceptance.renew(&planned.value, &pointer);
    }
    let applied = changes.iter().any(Change::is_applied);
    let (after, violations) = if applied {
        evaluate(templates, &planned.value)
    } else {
        (before, violations_before.clone())
    };
    PlannedObject {
        identity,
        pointer,
        level: Some(Levels {
            before,
            after,
            violations,
        }),
        changes,
        refusal,
        violations_before,
        created: false,
    }
}

/// The lowest level of an object's pods, and what keeps them from "restricted".
fn evaluate(templates: &[PodTemplate], document: &Value) -> (Level, Vec<Violation>) {
    let pods = || templates.iter().map(|template| template.pod(document));
    let violations: Vec<_> = pods()
        .flat_map(|pod| pod_security::evaluate(&pod, Level::Restricted, Version::LATEST))
        .collect();
    if violations.is_empty() {
        return (Level::Restricted, violations);
    }
    let lowest = pods()
        .map(|pod| pod_security::level(&pod, Version::LATEST))
        .min();
    (lowest.unwrap_or(Level::Restricted), violations)
}

/// One object with pods, while it is planned.
struct Object<'a> {
    identity: &'a Identity,
    templates: &'a [PodTemplate],
    scope: Scope<'a>,
    /// Why nothing of the object may be changed, if so.
    hold: Option<(HeldBy, String)>,
    /// Its pods cannot be changed on a live object.
    immutable: bool,
    /// It comes from a cluster.
    live: bool,
    /// Helm deletes a hook and creates it again.
    helm_hook: bool,
    /// What the API server rejects already.
    acceptance: &'a mut Acceptance,
    exemptions: Vec<Exemption>,
    used: &'a mut BTreeSet<Origin>,
}

impl Object<'_> {
    /// Runs the transforms until nothing more is applied. Without an override one round is the end; an override may
    /// remove what held another change back.
    fn changes_to_the_end(&mut self, value: &mut Value) -> Vec<Change> {
        const ROUNDS: usize = 4;
        let mut changes = self.changes(value, |_| true);
        if self.scope.settings.overrides == Override::Nothing {
            return changes;
        }
        for _ in 1..ROUNDS {
            // Removed list items shift the places that keeps are about: those transforms have had their turn.
            let exempt: Vec<Exemption> = self.exemptions.clone();
            let more = self.changes(value, |id| {
                !exempt.iter().any(|exemption| exemption.names(id))
            });
            if !more.iter().any(Change::is_applied) {
                break;
            }
            changes.retain(Change::is_applied);
            changes.extend(more);
        }
        changes
    }

    /// Runs every selected transform, each on the value that its predecessors left.
    fn changes(&mut self, value: &mut Value, takes_part: impl Fn(&str) -> bool) -> Vec<Change> {
        let mut changes = Vec::new();
        let all = self.scope.transforms.iter().copied();
        let selected: Vec<_> = all
            .filter(|transform| self.scope.settings.runs(transform) && takes_part(transform.id))
            .collect();
        for transform in selected {
            let mut proposals = self.proposals(transform, value).into_iter().peekable();
            while let Some(first) = proposals.next() {
                let mut group = vec![first];
                group.extend(std::iter::from_fn(|| proposals.next_if(|next| next.joined)));
                changes.extend(self.decide(transform, group, value));
            }
        }
        changes
    }

    fn proposals(&self, transform: &Transform, value: &Value) -> Vec<Proposal> {
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
        for template in self.templates {
            let pod = template.pod(value);
            match transform.run {
                Run::Pod(run) => run(&pod, &mut plan),
                Run::Container(run) => pod
                    .containers
                    .iter()
                    .for_each(|container| run(&pod, container, &mut plan)),
                Run::Namespace(_) => {}
            }
        }
        plan.proposals
    }

    /// Turns wishes that stand or fall together into changes, and applies them to the value unless something
    /// holds one of them.
    fn decide(
        &mut self,
        transform: &Transform,
        group: Vec<Proposal>,
        value: &mut Value,
    ) -> impl Iterator<Item = Change> + use<> {
        let held = group
            .iter()
            .find_map(|proposal| self.held(transform, proposal));
        let fate = match held {
            Some((by, why)) => Fate::Held { by, why },
            None => self.apply(&group, value),
        };
        let (transform, recreate) = (transform.id, self.immutable);
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
        let settings = self.scope.settings;
        let own = self.hold.as_ref();
        if let Some((hold, origin)) = held(settings, transform, proposal, own, &self.exemptions) {
            self.used.extend(origin);
            return Some(hold);
        }
        let declined = proposal.declined(&settings.answers, self.identity, transform.id);
        if declined.is_some() {
            return declined;
        }
        let stays = settings.hold_immutable || self.live;
        if stays && self.immutable && !settings.recreate && !self.helm_hook {
            let why = format!(
                "the pod template of a live {} cannot be changed",
                self.identity.kind
            );
            return Some((HeldBy::Immutable, why));
        }
        None
    }

    /// Applies wishes, and takes them all back if the API server would reject what comes of it.
    fn apply(&mut self, group: &[Proposal], value: &mut Value) -> Fate {
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
            let rejection = self.acceptance.accept(value, pointers).err()?;
            Some(Fate::Held {
                by: HeldBy::Invalid,
                why: rejection.text,
            })
        });
        let Some(fate) = fate else {
            return Fate::Applied;
        };
        for operations in undo.iter().rev() {
            if let Err(error) = json_patch::patch(value, operations) {
                return Fate::Refused(error.to_string());
            }
        }
        fate
    }
}

/// What holds a change back whatever the object is, and the exemption that it comes from, if it comes from one.
pub(crate) fn held(
    settings: &Settings,
    transform: &Transform,
    proposal: &Proposal,
    hold: Option<&(HeldBy, String)>,
    exemptions: &[Exemption],
) -> Option<((HeldBy, String), Option<Origin>)> {
    let overridden = settings.overrides.covers(transform.id);
    let lifted = |by: HeldBy| {
        overridden && matches!(by, HeldBy::Explicit | HeldBy::NodeAgent | HeldBy::Owned)
    };
    // First, so that a keep beside another hold is not taken for one that keeps nothing.
    let exempt = |exemption: &&Exemption| exemption.covers(transform.id, &proposal.pointer);
    if let Some(exemption) = exemptions.iter().find(exempt) {
        let reason = if exemption.reason.is_empty() {
            "no reason is given"
        } else {
            &exemption.reason
        };
        let hold = (exemption.by, reason.to_owned());
        return Some((hold, Some(exemption.origin.clone())));
    }
    let holds = [hold, proposal.held.as_ref()];
    let mut holds = holds.into_iter().flatten();
    let found = holds.find(|(by, _)| !lifted(*by)).cloned();
    let explicit = |why: &str| Some((HeldBy::Explicit, why.to_owned()));
    let hold = if found.is_some() {
        found
    } else if proposal.manual {
        explicit("only a person can replace it")
    } else if proposal.explicit && !overridden {
        explicit("the author set this value")
    } else if proposal.risk > settings.max_risk {
        let (risk, most) = (proposal.risk, settings.max_risk);
        let why = format!("risk {risk} is above --max-risk {most}");
        Some((HeldBy::Risk, why))
    } else {
        None
    };
    hold.map(|hold| (hold, None))
}
