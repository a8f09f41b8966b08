//! Lets the transforms plan on a document's value and decides what becomes of each wish.

mod attempt;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use crate::change::{Change, Fate, HeldBy};
use crate::cluster::Cluster;
use crate::exempt::{self, Exemption, Origin};
use crate::guards;
use crate::hold;
use crate::plan::Proposal;
use crate::planned::{Planned, PlannedObject, restore, withdraw_refused};
use crate::pod::Pod;
use crate::pod_security::{self, Level, Version, Violation};
use crate::pointer::At;
use crate::report::Levels;
use crate::settings::{Kept, Settings};
use crate::transform::Transform;
use crate::transforms::ALL;
use crate::validity::Acceptance;
use crate::workload::{self, Identity, PodTemplate};

use attempt::{Attempt, Object};

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
pub fn plan<'v>(document: &'v Value, scope: Scope<'_>) -> Planned<'v> {
    let mut planning = Planning::new(document, scope);
    let mut objects = Vec::new();
    for pointer in workload::flatten(document) {
        let identity = workload::identity(document, &pointer);
        if !identity.api_version.is_empty() && !identity.kind.is_empty() {
            objects.push(planning.object(identity, pointer));
        }
    }
    Planned {
        objects,
        value: planning.value,
        exemptions: planning.exemptions,
        used: planning.used,
    }
}

/// Tells whether planning on a document would change it.
#[must_use]
pub fn would_change(document: &Value, scope: Scope<'_>) -> bool {
    let mut planning = Planning::new(document, scope);
    workload::flatten(document).into_iter().any(|pointer| {
        let identity = workload::identity(document, &pointer);
        let templates = planning.templates(&identity, &pointer);
        if identity.api_version.is_empty() || templates.is_empty() {
            return false;
        }
        let (changes, _) = planning.changes(&identity, &pointer, &templates);
        changes.iter().any(Change::is_applied)
    })
}

/// A document while its objects are planned.
struct Planning<'v, 's> {
    document: &'v Value,
    scope: Scope<'s>,
    /// With the changes so far.
    value: Cow<'v, Value>,
    acceptance: Option<Acceptance<'v>>,
    exemptions: BTreeSet<Origin>,
    used: BTreeSet<Origin>,
}

impl<'v, 's> Planning<'v, 's> {
    fn new(document: &'v Value, scope: Scope<'s>) -> Self {
        Self {
            document,
            scope,
            value: Cow::Borrowed(document),
            acceptance: None,
            exemptions: exempt::origins(scope.keeps, scope.settings).collect(),
            used: BTreeSet::new(),
        }
    }

    fn templates(&self, identity: &Identity, pointer: &str) -> Vec<PodTemplate> {
        let custom = &self.scope.settings.workloads;
        workload::pod_templates(identity, self.document, pointer, custom)
    }

    fn object(&mut self, identity: Identity, pointer: String) -> PlannedObject {
        let templates = self.templates(&identity, &pointer);
        let mut object = PlannedObject::untouched(identity, pointer);
        if templates.is_empty() {
            self.without_pods(&object);
            return object;
        }
        // Nobody asks for levels where only changes are counted, unless one is demanded.
        let settings = self.scope.settings;
        if settings.kept != Kept::Changes && settings.require.is_none() {
            let (changes, refusal) = self.changes(&object.identity, &object.pointer, &templates);
            object.changes = changes;
            object.refusal = refusal;
            return object;
        }
        let (before, violations_before) = evaluate(&templates, self.document);
        let (changes, refusal) = self.changes(&object.identity, &object.pointer, &templates);
        let (after, violations) = if changes.iter().any(Change::is_applied) {
            evaluate(&templates, &self.value)
        } else {
            (before, violations_before.clone())
        };
        object.level = Some(Levels {
            before,
            after,
            violations,
        });
        object.changes = changes;
        object.refusal = refusal;
        object.violations_before = violations_before;
        object
    }

    /// Namespaces have no pods, but guards.
    fn without_pods(&mut self, object: &PlannedObject) {
        if object.identity.kind == "Namespace" {
            let (settings, named) = (self.scope.settings, guards::identity(&object.identity));
            let exceptions =
                exempt::exceptions(settings, &named, self.document, &object.pointer, &[]);
            self.exemptions
                .extend(exempt::origins(&exceptions, settings));
        }
    }

    /// The changes of an object, and the one that could not be made.
    fn changes(
        &mut self,
        identity: &Identity,
        pointer: &str,
        templates: &[PodTemplate],
    ) -> (Vec<Change>, Option<(String, String)>) {
        let (document, settings) = (self.document, self.scope.settings);
        let mut exemptions = self.scope.keeps.to_vec();
        exemptions.extend(exempt::annotation(document, pointer, templates));
        exemptions.extend(exempt::exceptions(
            settings, identity, document, pointer, templates,
        ));
        self.exemptions
            .extend(exempt::origins(&exemptions, settings));
        let hook = format!("{pointer}/metadata/annotations/helm.sh~1hook");
        let object = Object {
            identity,
            templates,
            scope: self.scope,
            hold: hold::of(document, identity, pointer, templates, self.scope),
            immutable: hold::is_immutable(identity),
            live: hold::is_live(document, pointer),
            helm_hook: document.at(&hook).is_some(),
            exemptions,
        };
        let mut attempt = Attempt::new(&object, &mut self.value, None);
        let mut changes = attempt.changes_to_the_end();
        if changes.iter().any(Change::is_applied) {
            let acceptance = self
                .acceptance
                .get_or_insert_with(|| Acceptance::of(document, settings));
            let edits = changes.iter().filter(|change| change.is_applied());
            let edits = edits.map(|change| change.pointer.as_str());
            // Nearly always all changes together are accepted. Where not, each is judged by itself.
            if acceptance.accept(attempt.value, edits).is_err() {
                match attempt.take_back() {
                    Ok(()) => {
                        attempt = Attempt::new(&object, attempt.value, Some(acceptance));
                        changes = attempt.changes_to_the_end();
                    }
                    Err(error) => {
                        let applied = changes.iter_mut().filter(|change| change.is_applied());
                        applied.for_each(|change| change.fate = Fate::Refused(error.clone()));
                    }
                }
            }
        }
        let used = std::mem::take(&mut attempt.used);
        self.used.extend(used);
        let refusal = withdraw_refused(&mut changes);
        if refusal.is_some() {
            restore(document, pointer, self.value.to_mut());
            if let Some(acceptance) = &mut self.acceptance {
                acceptance.renew(&self.value, pointer);
            }
        }
        (changes, refusal)
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
    let is_baseline =
        |pod: Pod<'_>| pod_security::evaluate(&pod, Level::Baseline, Version::LATEST).is_empty();
    let lowest = if pods().all(is_baseline) {
        Level::Baseline
    } else {
        Level::Privileged
    };
    (lowest, violations)
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
