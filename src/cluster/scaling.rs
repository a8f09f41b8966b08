//! What sets the size of workloads from outside: autoscalers, the defaults of a namespace, kustomize patches.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::list;
use super::places::{Fact, least};
use crate::pointer::At;
use crate::workload::{self, Identity};

/// What scales a workload; each is told as `kind/name`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scaling {
    /// By the requests and limits of the containers.
    pub resources: Option<String>,
    /// By the number of pods, for each resource whose use is measured in percent of the request.
    pub measured: BTreeMap<String, String>,
}

impl Fact for Scaling {
    fn join(&mut self, other: Self) {
        least(&mut self.resources, other.resources);
        for (resource, by) in other.measured {
            let own = self.measured.entry(resource).or_insert_with(|| by.clone());
            if *own > by {
                *own = by;
            }
        }
    }
}

/// The LimitRanges of a namespace, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Limits(pub Vec<LimitRange>);

/// A LimitRange: defaults and bounds for the pods of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitRange {
    /// `metadata.name`.
    pub name: String,
    /// `spec.limits`.
    pub limits: Vec<Value>,
}

impl Fact for Limits {
    /// Of those that say the same, one is enough: many folders hold a copy of the same file.
    fn join(&mut self, other: Self) {
        for range in other.0 {
            match self.0.iter_mut().find(|own| own.limits == range.limits) {
                Some(own) if own.name <= range.name => continue,
                Some(own) => own.name = range.name,
                None => self.0.push(range),
            }
            let text = |range: &LimitRange| Value::from(range.limits.clone()).to_string();
            self.0
                .sort_by_cached_key(|range| (range.name.clone(), text(range)));
        }
    }
}

/// What kustomize patches set of a workload: for each container the names of the resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Patched(pub BTreeMap<String, BTreeSet<String>>);

impl Fact for Patched {
    fn join(&mut self, other: Self) {
        for (container, resources) in other.0 {
            self.0.entry(container).or_default().extend(resources);
        }
    }
}

impl Patched {
    /// A cheap test before parsing: a patch names no image.
    pub(super) fn may_be_in(text: &str) -> bool {
        text.contains("resources") && text.contains("containers") && !text.contains("image")
    }

    /// What an object patches, and in which workload; none if it is a workload of its own, whose containers have images.
    pub(super) fn read(
        identity: &Identity,
        document: &Value,
        pointer: &str,
    ) -> Option<(String, Self)> {
        let templates = workload::pod_templates(identity, document, pointer, &[]);
        let mut patched = Self::default();
        let containers = templates
            .into_iter()
            .flat_map(|template| template.containers);
        for (_, place) in containers {
            let Some(container) = document.at(&place) else {
                continue;
            };
            let parts = ["/resources/requests", "/resources/limits"].into_iter();
            let parts = parts.filter_map(|part| container.at(part)?.as_object());
            let resources: BTreeSet<String> = parts.flat_map(Map::keys).cloned().collect();
            let name = container.get("name").and_then(Value::as_str);
            if let Some(name) =
                name.filter(|_| container.get("image").is_none() && !resources.is_empty())
            {
                patched
                    .0
                    .entry(name.to_owned())
                    .or_default()
                    .extend(resources);
            }
        }
        let name = identity.name.as_ref().filter(|_| !patched.0.is_empty())?;
        Some((format!("{}/{name}", identity.kind), patched))
    }
}

impl Scaling {
    /// Reads an object, with the workload that it scales; `None` if it scales nothing.
    pub(super) fn read(identity: &Identity, object: &Value) -> Option<(String, Self)> {
        let name = identity.name.as_deref().unwrap_or_default();
        let by = format!("{}/{name}", identity.kind);
        let pods = |measured: Vec<String>| Self {
            resources: None,
            measured: measured
                .into_iter()
                .map(|name| (name, by.clone()))
                .collect(),
        };
        let (target, scaling) = match (identity.group(), identity.kind.as_str()) {
            ("autoscaling", "HorizontalPodAutoscaler") => {
                ("/spec/scaleTargetRef", pods(measured(object)))
            }
            ("keda.sh", "ScaledObject") => ("/spec/scaleTargetRef", pods(triggers(object))),
            // With `Off` it only recommends.
            ("autoscaling.k8s.io", "VerticalPodAutoscaler")
                if object.at("/spec/updatePolicy/updateMode") != Some(&Value::from("Off")) =>
            {
                let resources = Self {
                    resources: Some(by),
                    ..Self::default()
                };
                ("/spec/targetRef", resources)
            }
            _ => return None,
        };
        let target = object.at(target)?;
        let text = |key: &str| target.get(key).and_then(Value::as_str);
        // The default of KEDA; the others demand a kind.
        let kind = text("kind").unwrap_or("Deployment");
        Some((format!("{kind}/{}", text("name")?), scaling))
    }
}

/// The resources that a HorizontalPodAutoscaler measures in percent of the request, in any version of the API.
fn measured(object: &Value) -> Vec<String> {
    if list(object, "/spec/metrics").next().is_none() {
        // `autoscaling/v1` knows no other metric, and the others default to it.
        return vec!["cpu".to_owned()];
    }
    let metric = |metric: &Value| {
        let resource = ["resource", "containerResource"];
        let resource = resource.iter().find_map(|key| metric.get(key))?;
        let in_percent = resource.at("/target/averageUtilization").is_some()
            || resource.get("targetAverageUtilization").is_some();
        let name = resource.get("name")?.as_str()?;
        in_percent.then(|| name.to_owned())
    };
    list(object, "/spec/metrics").filter_map(metric).collect()
}

/// The same for the triggers of a ScaledObject; `Utilization` is the default.
fn triggers(object: &Value) -> Vec<String> {
    let trigger = |trigger: &Value| {
        let name = trigger.get("type")?.as_str()?;
        let metric = trigger.get("metricType").or(trigger.at("/metadata/type"));
        let in_percent = metric.is_none_or(|metric| metric == "Utilization");
        (in_percent && matches!(name, "cpu" | "memory")).then(|| name.to_owned())
    };
    list(object, "/spec/triggers").filter_map(trigger).collect()
}

impl Limits {
    /// Reads an object; `None` if it is none, or one that kubetemper made.
    pub(super) fn read(identity: &Identity, object: &Value) -> Option<Self> {
        let generated = object.at("/metadata/annotations/kubetemper.dev~1generated-by");
        if identity.kind != "LimitRange" || !identity.group().is_empty() || generated.is_some() {
            return None;
        }
        Some(Self(vec![LimitRange {
            name: identity.name.clone().unwrap_or_default(),
            limits: list(object, "/spec/limits").cloned().collect(),
        }]))
    }
}
