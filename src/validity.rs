//! What the API server would reject, whatever transforms, flags and inputs come together.

use crate::pod::Pod;

/// A rule of the API server that a pod breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejection {
    /// Stable name of the rule, for example `privilege-escalation-privileged`.
    pub rule: &'static str,
    /// What is wrong, with the container's name; a sentence without a full stop.
    pub text: String,
}

/// The rules that a pod breaks (`k8s.io/kubernetes/pkg/apis/core/validation`).
#[must_use]
pub fn rejections(_pod: &Pod<'_>) -> Vec<Rejection> {
    Vec::new()
}
