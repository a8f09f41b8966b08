//! What the API server would reject, whatever transforms, flags and inputs come together.
//!
//! Only rules that a transform could break are here, in the words of the API server
//! (`k8s.io/kubernetes/pkg/apis/core/validation`), and the kubelet's rules that keep a pod from starting.

mod acceptance;
mod budgets;
mod containers;
mod namespaces;
mod objects;
mod resources;
mod security;
mod volumes;
mod windows;

use std::fmt::Display;

use serde_json::Value;

use crate::pod::{Container, Pod};
use crate::workload::Identity;

pub use acceptance::Acceptance;
pub use budgets::{Budget, rivals};

/// A rule of the API server that an object breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejection {
    /// Stable name of the rule, for example `privilege-escalation-privileged`.
    pub rule: &'static str,
    /// What is wrong, with the container's name; a sentence without a full stop.
    pub text: String,
}

/// The rules that an object breaks apart from its pods: a PodDisruptionBudget, a NetworkPolicy or a LimitRange.
#[must_use]
pub fn object_rejections(identity: &Identity, object: &Value) -> Vec<Rejection> {
    let mut found = Found::default();
    objects::check(identity, object, &mut found);
    found.0
}

/// The rules that the pod template of a workload breaks, beyond those on every pod.
#[must_use]
pub fn template_rejections(pod: &Pod<'_>) -> Vec<Rejection> {
    let mut found = Found::default();
    containers::check_template(pod, &mut found);
    found.0
}

/// The rules that a pod breaks.
#[must_use]
pub fn rejections(pod: &Pod<'_>) -> Vec<Rejection> {
    let mut found = Found::default();
    containers::check(pod, &mut found);
    namespaces::check(pod, &mut found);
    resources::check(pod, &mut found);
    security::check(pod, &mut found);
    volumes::check(pod, &mut found);
    windows::check(pod, &mut found);
    found.0
}

/// The rejections so far. Places are told by name and not by index, so that an edit elsewhere changes no text.
#[derive(Default)]
struct Found(Vec<Rejection>);

impl Found {
    /// A rule that concerns a field of the pod, or of an object without one.
    fn pod(&mut self, rule: &'static str, field: impl Display, message: impl Display) {
        let text = format!("{field}: {message}");
        self.0.push(Rejection { rule, text });
    }

    /// A rule that concerns a field of a container.
    fn container(
        &mut self,
        rule: &'static str,
        container: &Container<'_>,
        field: impl Display,
        message: impl Display,
    ) {
        let text = format!("container \"{}\": {field}: {message}", container.name());
        self.0.push(Rejection { rule, text });
    }
}
