//! What sets the size of workloads from outside: autoscalers, the defaults of a namespace, kustomize patches.

use serde_json::{Map, Value};

use super::list;
use crate::pointer::At;
use crate::workload::{self, Identity};

/// Something that scales a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autoscaler {
    /// `kind/name`, for reasons.
    pub by: String,
    /// Its namespace, which is the workload's too.
    pub namespace: Option<String>,
    /// The workload's kind.
    pub kind: String,
    /// The workload's name.
    pub name: String,
    /// How it scales.
    pub scales: Scales,
}

/// How a workload is scaled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scales {
    /// By the number of pods; with the resources whose use it measures in percent of the request.
    Pods(Vec<String>),
    /// By the requests and limits of the containers.
    Resources,
}

/// A LimitRange: defaults and bounds for the pods of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRange {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `spec.limits`.
    pub limits: Vec<Value>,
}

/// A kustomize patch that sets requests or limits of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePatch {
    /// `kind` of the workload.
    pub kind: String,
    /// `metadata.name` of the workload.
    pub name: String,
    /// `metadata.namespace`; kustomize takes a patch without one for an object without one.
    pub namespace: Option<String>,
    /// The container's name.
    pub container: String,
    /// The names of the resources.
    pub resources: Vec<String>,
}

impl ResourcePatch {
    /// A cheap test before parsing: a patch names no image.
    pub(super) fn may_be_in(text: &str) -> bool {
        text.contains("resources") && text.contains("containers") && !text.contains("image")
    }

    /// The patches of an object; none if it is a workload of its own, whose containers have images.
    pub(super) fn read<'d>(
        identity: &'d Identity,
        document: &'d Value,
        pointer: &str,
    ) -> impl Iterator<Item = Self> + use<'d> {
        let templates = workload::pod_templates(identity, document, pointer, &[]);
        let containers = templates
            .into_iter()
            .flat_map(|template| template.containers);
        containers.filter_map(move |(_, place)| {
            let container = document.at(&place)?;
            let parts = ["/resources/requests", "/resources/limits"].into_iter();
            let parts = parts.filter_map(|part| container.at(part)?.as_object());
            let patch = Self {
                kind: identity.kind.clone(),
                name: identity.name.clone()?,
                namespace: identity.namespace.clone(),
                container: container.get("name")?.as_str()?.to_owned(),
                resources: parts.flat_map(Map::keys).cloned().collect(),
            };
            let is_patch = container.get("image").is_none() && !patch.resources.is_empty();
            is_patch.then_some(patch)
        })
    }
}

impl Autoscaler {
    /// Reads an object; `None` if it scales nothing.
    pub(super) fn read(identity: &Identity, object: &Value) -> Option<Self> {
        let (target, scales) = match (identity.group(), identity.kind.as_str()) {
            ("autoscaling", "HorizontalPodAutoscaler") => {
                ("/spec/scaleTargetRef", Scales::Pods(measured(object)))
            }
            ("keda.sh", "ScaledObject") => ("/spec/scaleTargetRef", Scales::Pods(triggers(object))),
            // With `Off` it only recommends.
            ("autoscaling.k8s.io", "VerticalPodAutoscaler")
                if object.at("/spec/updatePolicy/updateMode") != Some(&Value::from("Off")) =>
            {
                ("/spec/targetRef", Scales::Resources)
            }
            _ => return None,
        };
        let target = object.at(target)?;
        let text = |key: &str| target.get(key).and_then(Value::as_str);
        let name = identity.name.as_deref().unwrap_or_default();
        Some(Self {
            by: format!("{}/{name}", identity.kind),
            namespace: identity.namespace.clone(),
            // The default of KEDA; the others demand a kind.
            kind: text("kind").unwrap_or("Deployment").to_owned(),
            name: text("name")?.to_owned(),
            scales,
        })
    }

    /// Tells whether it may scale an object of a namespace; one that is not written may be any.
    #[must_use]
    pub fn targets(&self, identity: &Identity, namespace: Option<&str>) -> bool {
        let own = self.namespace.as_deref();
        self.kind == identity.kind
            && identity.name.as_ref() == Some(&self.name)
            && own.zip(namespace).is_none_or(|(one, other)| one == other)
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

impl LimitRange {
    /// Reads an object; `None` if it is none, or one that kubetemper made.
    pub(super) fn read(identity: &Identity, object: &Value) -> Option<Self> {
        let generated = object.at("/metadata/annotations/kubetemper.dev~1generated-by");
        if identity.kind != "LimitRange" || !identity.group().is_empty() || generated.is_some() {
            return None;
        }
        Some(Self {
            name: identity.name.clone().unwrap_or_default(),
            namespace: identity.namespace.clone(),
            limits: list(object, "/spec/limits").cloned().collect(),
        })
    }
}
