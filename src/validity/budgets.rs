//! Pods that more than one PodDisruptionBudget selects: each object is valid, and evicting the pod fails.

use serde_json::{Map, Value};

use super::Rejection;
use crate::pod::Pod;
use crate::pointer::At;
use crate::workload::Identity;

/// What tells which pods a PodDisruptionBudget is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    name: String,
    namespace: Option<String>,
    selector: Value,
}

impl Budget {
    /// Reads a PodDisruptionBudget; `None` without a selector, which selects no pod.
    #[must_use]
    pub fn of(identity: &Identity, object: &Value) -> Option<Self> {
        let selector = object.at("/spec/selector")?.clone();
        selector.is_object().then(|| Self {
            name: identity.name.clone().unwrap_or_default(),
            namespace: identity.namespace.clone(),
            selector,
        })
    }

    fn selects(&self, namespace: Option<&str>, pod: &Pod<'_>) -> bool {
        let labels = self.selector.get("matchLabels").and_then(Value::as_object);
        let mut labels = labels.into_iter().flat_map(Map::iter);
        let expressions = self.selector.get("matchExpressions");
        let mut expressions = expressions.and_then(Value::as_array).into_iter().flatten();
        self.namespace.as_deref() == namespace
            && labels.all(|(key, value)| pod.label(key) == value.as_str())
            && expressions.all(|expression| holds(expression, pod))
    }
}

/// Tells whether a pod meets an expression of a label selector.
fn holds(expression: &Value, pod: &Pod<'_>) -> bool {
    let label = pod.label(expression["key"].as_str().unwrap_or_default());
    let values = expression["values"].as_array();
    let is_named = || {
        let mut values = values.into_iter().flatten();
        values.any(|value| value.as_str() == label)
    };
    match expression["operator"].as_str() {
        Some("In") => label.is_some() && is_named(),
        Some("NotIn") => label.is_none() || !is_named(),
        Some("Exists") => label.is_some(),
        Some("DoesNotExist") => label.is_none(),
        _ => false,
    }
}

/// Says of a pod that more than one budget selects it, and which.
#[must_use]
pub fn rivals(namespace: Option<&str>, pod: &Pod<'_>, budgets: &[Budget]) -> Option<Rejection> {
    let own = budgets
        .iter()
        .filter(|budget| budget.selects(namespace, pod));
    let names: Vec<&str> = own.map(|budget| budget.name.as_str()).collect();
    (names.len() > 1).then(|| Rejection {
        rule: "budget-overlap",
        text: format!(
            "PodDisruptionBudgets {}: the pod has more than one, so it cannot be evicted",
            names.join(", ")
        ),
    })
}
