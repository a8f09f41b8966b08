//! What the LimitRanges of the namespace give a container that says nothing (`LimitRanger`, `SetDefaults_LimitRangeItem`).

use serde_json::Value;

use crate::plan::Plan;
use crate::quantity::Quantity;

/// What a container gets of one resource when it asks for nothing.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// Its request, and by whom.
    pub(super) request: Option<(String, Quantity)>,
    /// Its limit, and by whom.
    pub(super) limit: Option<(String, Quantity)>,
    /// The least limit that is accepted.
    pub(super) least: Quantity,
    /// Why nobody can tell which values are accepted.
    pub(super) hold: Option<String>,
}

impl Given {
    /// Looks at the LimitRanges of the very namespace: those of another say nothing.
    pub(super) fn of(name: &str, plan: &Plan<'_>) -> Self {
        let mut given = Self::default();
        let run = plan.settings.namespace.as_deref();
        let limits = plan.cluster.limit_ranges.are_in("", plan.namespace(), run);
        for range in limits.flat_map(|limits| &limits.0) {
            let by = format!("LimitRange {}", range.name);
            for item in &range.limits {
                given.add(&by, item, name);
            }
        }
        given
    }

    fn add(&mut self, by: &str, item: &Value, name: &str) {
        let amount = |key: &str| Quantity::of(item.get(key)?.get(name)?);
        let has = |key: &str| amount(key).is_some();
        match item.get("type").and_then(Value::as_str) {
            Some("Container") => {
                let limit = amount("default").or_else(|| amount("max"));
                let request = amount("defaultRequest").or(limit).or_else(|| amount("min"));
                let give = |amount: Option<Quantity>| Some((by.to_owned(), amount?));
                self.least = self
                    .least
                    .max(amount("min").or(request).unwrap_or_default());
                self.least = self.least.max(request.unwrap_or_default());
                self.limit = self.limit.take().or_else(|| give(limit));
                self.request = self.request.take().or_else(|| give(request));
                if has("maxLimitRequestRatio") {
                    self.hold = Some(format!("{by} bounds the limit by the request"));
                }
            }
            Some("Pod") if has("max") || has("min") || has("maxLimitRequestRatio") => {
                self.hold = Some(format!("{by} bounds the {name} of the whole pod"));
            }
            _ => {}
        }
    }
}
