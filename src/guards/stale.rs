//! Objects of an earlier run that nothing asks for any more.

use super::decide::{Decider, wish};
use super::read::Found;
use super::run::{Run, Subject};
use super::{Guards, Wish};
use crate::change::{Change, Fate, HeldBy, Risk};
use crate::namespace::GENERATED_BY;
use crate::plan::Creation;
use crate::workload::Identity;

/// The finding that nothing asks for an object any more.
pub(super) fn stale(present: &Found<'_>, transform: &'static str) -> Wish {
    let annotation = GENERATED_BY.replace('/', "~1");
    let change = Change {
        transform,
        pointer: format!("{}/metadata/annotations/{annotation}", present.pointer()),
        container: None,
        before: None,
        after: None,
        risk: Risk::Low,
        reason: "an earlier run made the object, and nothing in the namespace asks for it any more"
            .to_owned(),
        fate: Fate::Held {
            by: HeldBy::Explicit,
            why: "only a person can delete it: nothing in the namespace asks for it any more; without the annotation it is yours"
                .to_owned(),
        },
        joined: false,
        recreate: false,
    };
    wish(present, vec![change])
}

impl Decider<'_> {
    /// Reports the objects of an earlier run that nothing asks for any more. Deleting a file of somebody is for people.
    pub(super) fn stale(
        &self,
        wanted: &[Creation],
        run: &Run<'_>,
        subject: &Subject<'_>,
        guards: &mut Guards,
    ) {
        // What is held is not all that would be wanted.
        if wanted.iter().any(|it| it.proposal.held.is_some()) {
            return;
        }
        let wanted: Vec<Identity> = wanted
            .iter()
            .map(|it| self.complete(it.object.clone(), &subject.name).1)
            .collect();
        for present in &subject.members {
            let identity = present.identity();
            let is_wanted = wanted
                .iter()
                .any(|it| it.kind == identity.kind && it.name == identity.name);
            let ours = present.generator() == Some(self.transform.id);
            if ours && !is_wanted && run.groups[subject.group].own.contains(&present.file) {
                guards.push(present.file, stale(present, self.transform.id));
            }
        }
    }
}
