//! What a transform wants of one object, before the engine decides what becomes of it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::answers::{Answers, Wish};
use crate::change::{HeldBy, Risk};
use crate::cluster::Cluster;
use crate::exempt;
use crate::images::Known;
use crate::pod::{Container, ContainerKind, Metadata, Pod};
use crate::settings::Settings;
use crate::workload::Identity;
use crate::yaml::Note;

/// The wishes of one transform for one object.
#[derive(Debug)]
pub struct Plan<'a> {
    /// What the run was asked to do.
    pub settings: &'a Settings,
    /// What is known of other objects.
    pub cluster: &'a Cluster,
    /// The object that the pod belongs to.
    pub identity: &'a Identity,
    /// JSON Pointers below which the author wants this transform to change nothing.
    pub(crate) kept: Vec<String>,
    pub(crate) options: Option<&'a Value>,
    /// Options for what is at and below a JSON Pointer; later ones win.
    pub(crate) special: Vec<(String, &'a Value)>,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) creations: Vec<Creation>,
}

/// An object that a transform wants in a namespace.
#[derive(Debug)]
pub struct Creation {
    pub(crate) object: Value,
    /// Comments that say why, above the lines that they are about.
    pub(crate) notes: Vec<Note>,
    /// Its risk, and what holds it back.
    pub(crate) proposal: Proposal,
}

/// One wish: a place, a value, its risk and the reason.
#[derive(Debug)]
pub struct Proposal {
    pub(crate) pointer: String,
    pub(crate) container: Option<String>,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
    pub(crate) risk: Risk,
    pub(crate) reason: String,
    /// The author wrote a weaker value here: only an override changes it.
    pub(crate) explicit: bool,
    pub(crate) held: Option<(HeldBy, String)>,
    /// Only a person can make the change: it is reported and never applied.
    pub(crate) manual: bool,
    /// It is applied with the wish before it, or not at all.
    pub(crate) joined: bool,
}

/// What a wish is about: a pod, its metadata or one of its containers.
pub trait Subject {
    /// JSON Pointer of the subject within the document.
    fn pointer(&self) -> &str;
    /// Its present value at a pointer below it; `None` when absent or null.
    fn value(&self, pointer: &str) -> Option<&Value>;
    /// The name of the container, if it is one.
    fn container(&self) -> Option<String>;
    /// Why nothing below the subject can be changed, if so.
    fn immutable(&self) -> Option<&'static str> {
        None
    }
}

impl Subject for Pod<'_> {
    fn pointer(&self) -> &str {
        self.pointer
    }
    fn value(&self, pointer: &str) -> Option<&Value> {
        self.get(pointer)
    }
    fn container(&self) -> Option<String> {
        None
    }
}

impl Subject for Metadata<'_> {
    fn pointer(&self) -> &str {
        self.pointer
    }
    fn value(&self, pointer: &str) -> Option<&Value> {
        self.get(pointer)
    }
    fn container(&self) -> Option<String> {
        None
    }
}

impl Subject for Container<'_> {
    fn pointer(&self) -> &str {
        self.pointer
    }
    fn value(&self, pointer: &str) -> Option<&Value> {
        self.get(pointer)
    }
    fn container(&self) -> Option<String> {
        Some(self.name().to_owned())
    }
    fn immutable(&self) -> Option<&'static str> {
        (self.kind == ContainerKind::Ephemeral)
            .then_some("ephemeral containers of a live pod cannot be changed")
    }
}

impl<'a> Plan<'a> {
    /// No wishes yet.
    pub(crate) fn new(
        settings: &'a Settings,
        cluster: &'a Cluster,
        identity: &'a Identity,
    ) -> Self {
        Self {
            settings,
            cluster,
            identity,
            kept: Vec::new(),
            options: None,
            special: Vec::new(),
            proposals: Vec::new(),
            creations: Vec::new(),
        }
    }
}

impl<'a> Plan<'a> {
    /// The namespace of the object: its own, else that of the run.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.identity
            .namespace
            .as_deref()
            .or(self.settings.namespace.as_deref())
    }

    /// Tells whether the author wants this transform to leave a field of a container as it is, so that nothing may be
    /// set on the pod that reaches it.
    #[must_use]
    pub fn keeps(&self, container: &Container<'_>, field: &str) -> bool {
        let field = format!("{}{field}", container.pointer);
        // What is about the whole pod holds what is set on it, too.
        let list = container.pointer.rsplit_once('/').map_or("", |it| it.0);
        let mut own = self.kept.iter();
        own.any(|kept| exempt::is_within(kept, list) && exempt::meets(kept, &field))
    }

    /// What is known of the image of a container.
    #[must_use]
    pub fn image(&self, container: &Container<'_>) -> Option<Arc<Known>> {
        let reference = container.get("/image")?.as_str()?;
        self.settings.images.find(reference)
    }

    /// The transform's options for a subject from the configuration, or their defaults.
    #[must_use]
    pub fn options<T: serde::de::DeserializeOwned + Default>(&self, subject: &impl Subject) -> T {
        let own = |(scope, options): &(String, &'a Value)| {
            exempt::is_within(subject.pointer(), scope).then_some(*options)
        };
        let layers = self.options.into_iter();
        let layers = layers.chain(self.special.iter().filter_map(own));
        let mut layers = layers.peekable();
        if layers.peek().is_none() {
            return T::default();
        }
        let entries = layers.filter_map(Value::as_object).flatten();
        let merged: Map<String, Value> = entries
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        serde_json::from_value(Value::Object(merged)).unwrap_or_default()
    }

    /// Wants `want` at a pointer below a subject, unless the present value is `good`.
    ///
    /// A value that is present and not good was written by the author: it is explicit, and changed only
    /// by an override. `good` is a predicate and not equality, so a stricter value is left alone.
    pub fn ensure(
        &mut self,
        subject: &impl Subject,
        pointer: &str,
        want: Value,
        good: impl Fn(&Value) -> bool,
        risk: Risk,
        reason: impl Into<String>,
    ) -> Option<&mut Proposal> {
        debug_assert!(
            good(&want),
            "a transform must be content with its own value at {pointer}"
        );
        let before = subject.value(pointer);
        if before.is_some_and(good) {
            return None;
        }
        let explicit = before.is_some();
        self.push(subject, pointer, Some(want), risk, reason.into(), explicit)
    }

    /// Wants a key below a subject gone if its value is `bad`: what the author wrote is explicit.
    pub fn forbid(
        &mut self,
        subject: &impl Subject,
        pointer: &str,
        bad: impl Fn(&Value) -> bool,
        risk: Risk,
        reason: impl Into<String>,
    ) -> Option<&mut Proposal> {
        if !subject.value(pointer).is_some_and(bad) {
            return None;
        }
        self.push(subject, pointer, None, risk, reason.into(), true)
    }

    /// Wants the items of the list at a pointer below a subject gone for which `bad` has a reason, and the list
    /// too when no item stays: what the author wrote is explicit.
    pub fn forbid_items(
        &mut self,
        subject: &impl Subject,
        pointer: &str,
        bad: impl Fn(&Value) -> Option<String>,
        risk: Risk,
    ) {
        let list = subject.value(pointer).and_then(Value::as_array);
        let Some(list) = list.filter(|list| !list.is_empty()) else {
            return;
        };
        let reasons: Vec<Option<String>> = list.iter().map(bad).collect();
        if reasons.iter().all(Option::is_some) {
            let reasons: Vec<String> = reasons.into_iter().flatten().collect();
            self.push(subject, pointer, None, risk, reasons.join("; "), true);
            return;
        }
        // From the last to the first: each removal moves the items behind it.
        for (index, reason) in reasons.into_iter().enumerate().rev() {
            if let Some(reason) = reason {
                let pointer = format!("{pointer}/{index}");
                self.push(subject, &pointer, None, risk, reason, true);
            }
        }
    }

    /// Wants an item at the end of the list at a pointer below a subject; the list is made if missing.
    ///
    /// The caller has checked that the list does not hold the item already.
    pub fn append(
        &mut self,
        subject: &impl Subject,
        pointer: &str,
        item: Value,
        risk: Risk,
        reason: impl Into<String>,
    ) -> Option<&mut Proposal> {
        self.push(
            subject,
            &format!("{pointer}/-"),
            Some(item),
            risk,
            reason.into(),
            false,
        )
    }

    /// Wants an object in the namespace: made where the transform has made none, else brought up to date.
    ///
    /// The caller has checked that the author has no equivalent. The engine adds what tells that it is ours.
    pub fn create(
        &mut self,
        object: &impl serde::Serialize,
        risk: Risk,
        reason: impl Into<String>,
    ) -> Option<&mut Creation> {
        // Objects of the API are maps of strings; one that is no JSON is a bug that tests would find.
        let object = serde_json::to_value(object).ok()?;
        self.creations.push(Creation {
            proposal: Proposal {
                pointer: String::new(),
                container: None,
                before: None,
                after: Some(object.clone()),
                risk,
                reason: reason.into(),
                explicit: false,
                held: None,
                manual: false,
                joined: false,
            },
            object,
            notes: Vec::new(),
        });
        self.creations.last_mut()
    }

    /// Reports a weaker value that only a person can replace. `advice` says by what.
    pub fn suggest(
        &mut self,
        subject: &impl Subject,
        pointer: &str,
        risk: Risk,
        advice: impl Into<String>,
    ) {
        if let Some(proposal) = self.push(subject, pointer, None, risk, advice.into(), true) {
            proposal.manual = true;
        }
    }

    /// Makes the wishes of `wish` one: all of them are applied, or none is.
    pub fn together(&mut self, wish: impl FnOnce(&mut Self)) {
        let first = self.proposals.len();
        wish(self);
        for proposal in self.proposals.iter_mut().skip(first + 1) {
            proposal.joined = true;
        }
    }

    fn push(
        &mut self,
        subject: &impl Subject,
        pointer: &str,
        after: Option<Value>,
        risk: Risk,
        reason: String,
        explicit: bool,
    ) -> Option<&mut Proposal> {
        let held = subject
            .immutable()
            .map(|why| (HeldBy::Immutable, why.to_owned()));
        self.proposals.push(Proposal {
            pointer: format!("{}{pointer}", subject.pointer()),
            container: subject.container(),
            before: subject.value(pointer).cloned(),
            after,
            risk,
            reason,
            explicit,
            held,
            manual: false,
            joined: false,
        });
        self.proposals.last_mut()
    }
}

impl Proposal {
    /// Says that the present value is only a part of what is wanted, not a decision against it.
    pub fn extends(&mut self) -> &mut Self {
        self.explicit = false;
        self
    }

    /// Leaves the change to a person: it is reported and never applied.
    pub fn leave_to_a_person(&mut self) -> &mut Self {
        self.manual = true;
        self
    }

    /// What a person's answers hold back of it.
    pub(crate) fn declined(
        &self,
        answers: &Answers,
        object: &Identity,
        transform: &str,
    ) -> Option<(HeldBy, String)> {
        let wish = Wish {
            pointer: &self.pointer,
            before: self.before.as_ref(),
            after: self.after.as_ref(),
        };
        answers.hold(object, transform, wish)
    }

    /// Holds the change back, whatever the risk allows; the first hold counts.
    pub fn hold(&mut self, by: HeldBy, why: &str) -> &mut Self {
        self.held.get_or_insert_with(|| (by, why.to_owned()));
        self
    }
}

impl Creation {
    /// Says why a place of the object is as it is, in a comment.
    pub fn note(&mut self, pointer: impl Into<String>, comment: impl Into<String>) -> &mut Self {
        self.notes.push((pointer.into(), comment.into()));
        self
    }

    /// Holds the object back, whatever the risk allows; the first hold counts.
    pub fn hold(&mut self, by: HeldBy, why: &str) -> &mut Self {
        self.proposal.hold(by, why);
        self
    }
}
