//! Lets the transforms plan on a document's value and decides what becomes of each wish.

use serde_json::Value;

use crate::change::{Change, Fate, HeldBy, Risk};
use crate::node_agent;
use crate::patch;
use crate::plan::{Plan, Proposal};
use crate::pod_security::{self, Level, Version};
use crate::report::Levels;
use crate::settings::{Profile, Settings};
use crate::transform::{Run, Transform};
use crate::transforms::ALL;
use crate::workload::{self, Identity, PodTemplate, Shape};

/// A document after planning.
#[derive(Debug)]
pub struct Planned {
    /// Its objects, in the order of the text.
    pub objects: Vec<PlannedObject>,
    /// Its value with the applied changes; equal to the old one when nothing is applied.
    pub value: Value,
}

/// An object after planning.
#[derive(Debug)]
pub struct PlannedObject {
    /// What it is.
    pub identity: Identity,
    /// JSON Pointer within the document.
    pub pointer: String,
    /// Pod Security levels; `None` without pods.
    pub level: Option<Levels>,
    /// All changes with their fate.
    pub changes: Vec<Change>,
}

impl Planned {
    /// Tells whether any change is part of the result.
    #[must_use]
    pub fn has_applied(&self) -> bool {
        self.objects
            .iter()
            .any(|object| object.changes.iter().any(Change::is_applied))
    }
}

/// Plans all selected transforms on a document. `is_patch` says that a kustomization names it as a patch.
#[must_use]
pub fn plan(document: &Value, is_patch: bool, settings: &Settings) -> Planned {
    let mut value = document.clone();
    let mut objects = Vec::new();
    for pointer in workload::flatten(document) {
        let identity = workload::identity(document, &pointer);
        if identity.api_version.is_empty() || identity.kind.is_empty() {
            continue;
        }
        let templates = workload::pod_templates(&identity, document, &pointer);
        if templates.is_empty() {
            objects.push(PlannedObject {
                identity,
                pointer,
                level: None,
                changes: Vec::new(),
            });
            continue;
        }
        let before = evaluate(&templates, document);
        let helm_hook = document
            .pointer(&format!("{pointer}/metadata/annotations/helm.sh~1hook"))
            .is_some();
        let object = Object {
            identity: &identity,
            pointer: &pointer,
            templates: &templates,
            helm_hook,
            settings,
        };
        let hold = object.hold(document, is_patch);
        let changes = object.changes(&mut value, hold.as_ref());
        let after = if changes.iter().any(Change::is_applied) {
            evaluate(&templates, &value)
        } else {
            before.clone()
        };
        let level = Some(Levels {
            before: before.0,
            after: after.0,
            violations: after.1,
        });
        objects.push(PlannedObject {
            identity,
            pointer,
            level,
            changes,
        });
    }
    Planned { objects, value }
}

/// The lowest level of an object's pods, and what keeps them from "restricted".
fn evaluate(templates: &[PodTemplate], document: &Value) -> (Level, Vec<pod_security::Violation>) {
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
    pointer: &'a str,
    templates: &'a [PodTemplate],
    /// Helm deletes a hook and creates it again.
    helm_hook: bool,
    settings: &'a Settings,
}

impl Object<'_> {
    /// Why nothing of the object may be changed, if so.
    fn hold(&self, document: &Value, is_patch: bool) -> Option<(HeldBy, String)> {
        let object = document.pointer(self.pointer)?;
        if is_patch {
            return Some((
                HeldBy::Patch,
                "a kustomization names this file as a patch".to_owned(),
            ));
        }
        if has_directive(object) {
            return Some((
                HeldBy::Patch,
                "a `$` directive makes this a strategic merge patch".to_owned(),
            ));
        }
        let without_image = |template: &PodTemplate| {
            let pod = template.pod(document);
            template.shape == Shape::Full
                && pod
                    .containers
                    .iter()
                    .any(|container| container.get("/image").is_none())
        };
        if self.templates.iter().any(without_image) {
            return Some((
                HeldBy::Patch,
                "a container without an image makes this a patch".to_owned(),
            ));
        }
        let owners = object
            .pointer("/metadata/ownerReferences")
            .and_then(Value::as_array);
        if let Some(owner) = owners.and_then(|owners| owners.first()) {
            let text = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or("?");
            return Some((
                HeldBy::Owned,
                format!(
                    "{}/{} owns the object and would revert the change",
                    text("kind"),
                    text("name")
                ),
            ));
        }
        let namespace = self
            .identity
            .namespace
            .as_deref()
            .or(self.settings.namespace.as_deref());
        let daemon = self.identity.kind == "DaemonSet";
        let agent =
            |template: &PodTemplate| node_agent::reason(namespace, &template.pod(document), daemon);
        self.templates
            .iter()
            .find_map(agent)
            .map(|why| (HeldBy::NodeAgent, why))
    }

    /// Runs every selected transform, each on the value that its predecessors left.
    fn changes(&self, value: &mut Value, hold: Option<&(HeldBy, String)>) -> Vec<Change> {
        let mut changes = Vec::new();
        let selected = ALL.iter().map(|(transform, _)| *transform);
        for transform in selected.filter(|transform| self.runs(transform)) {
            for proposal in self.proposals(transform, value) {
                let wished = self.settings.profile != Profile::Baseline
                    || transform.profile == Profile::Baseline
                    || proposal.risk < Risk::High;
                if wished {
                    changes.push(self.decide(transform, proposal, value, hold));
                }
            }
        }
        changes
    }

    fn runs(&self, transform: &Transform) -> bool {
        let strict =
            transform.profile == Profile::Strict && self.settings.profile != Profile::Strict;
        self.settings.selects(transform.id)
            && (!strict || self.settings.only.iter().any(|id| id == transform.id))
    }

    fn proposals(&self, transform: &Transform, value: &Value) -> Vec<Proposal> {
        let mut plan = Plan::new(self.settings);
        for template in self.templates {
            let pod = template.pod(value);
            match transform.run {
                Run::Pod(run) => run(&pod, &mut plan),
                Run::Container(run) => pod
                    .containers
                    .iter()
                    .for_each(|container| run(&pod, container, &mut plan)),
            }
        }
        plan.proposals
    }

    /// Turns a wish into a change, and applies it to the value unless something holds it.
    fn decide(
        &self,
        transform: &Transform,
        proposal: Proposal,
        value: &mut Value,
        hold: Option<&(HeldBy, String)>,
    ) -> Change {
        let recreate = self.is_immutable();
        let mut fate = self
            .held(transform, &proposal, hold)
            .map_or(Fate::Applied, |(by, why)| Fate::Held { by, why });
        if fate == Fate::Applied {
            let operations = patch::operations(value, &proposal.pointer, proposal.after.as_ref());
            let applied = operations.and_then(|operations| {
                json_patch::patch(value, &operations).map_err(|error| error.to_string())
            });
            if let Err(error) = applied {
                fate = Fate::Refused(error);
            }
        }
        Change {
            transform: transform.id,
            pointer: proposal.pointer,
            container: proposal.container,
            before: proposal.before,
            after: proposal.after,
            risk: proposal.risk,
            reason: proposal.reason,
            fate,
            recreate,
        }
    }

    fn held(
        &self,
        transform: &Transform,
        proposal: &Proposal,
        hold: Option<&(HeldBy, String)>,
    ) -> Option<(HeldBy, String)> {
        let settings = self.settings;
        let overridden = settings.overrides.covers(transform.id);
        let lifted = |by: HeldBy| {
            overridden && matches!(by, HeldBy::Explicit | HeldBy::NodeAgent | HeldBy::Owned)
        };
        let hold = hold
            .or(proposal.held.as_ref())
            .filter(|(by, _)| !lifted(*by));
        if let Some(hold) = hold {
            return Some(hold.clone());
        }
        if proposal.explicit && !overridden {
            return Some((HeldBy::Explicit, "the author set this value".to_owned()));
        }
        if proposal.risk > settings.max_risk {
            return Some((
                HeldBy::Risk,
                format!(
                    "risk {} is above --max-risk {}",
                    proposal.risk, settings.max_risk
                ),
            ));
        }
        if settings.hold_immutable && self.is_immutable() && !self.helm_hook {
            let why = format!(
                "the pod template of a live {} cannot be changed",
                self.identity.kind
            );
            return Some((HeldBy::Immutable, why));
        }
        None
    }

    /// Bare pods and the pod templates of Jobs cannot be changed on a live object.
    fn is_immutable(&self) -> bool {
        matches!(
            (self.identity.group(), self.identity.kind.as_str()),
            ("", "Pod") | ("batch", "Job")
        )
    }
}

/// Tells whether a mapping anywhere in the value has a key that starts with `$`, such as `$patch`.
fn has_directive(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| {
            matches!(key.as_str(), "$patch" | "$retainKeys")
                || key.starts_with("$setElementOrder")
                || key.starts_with("$deleteFromPrimitiveList")
                || has_directive(value)
        }),
        Value::Array(items) => items.iter().any(has_directive),
        _ => false,
    }
}
