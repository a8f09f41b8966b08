//! What a namespace gives containers that say nothing of a resource: the LimitRange that is there, and the one that
//! agrees with `default-resources`.

use serde_json::Value;

use crate::namespace::{Namespace, Object};
use crate::plan::Plan;
use crate::pod::{Container, ContainerKind, Pod};
use crate::quantity::Quantity;
use crate::resources;
use crate::transform;

/// The transform whose options say what containers get.
const DEFAULTS: &str = "default-resources";

/// Requests or limits that a container gets if it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Defaults {
    /// CPU that it asks for.
    pub cpu_request: Option<Quantity>,
    /// Memory that it asks for.
    pub memory_request: Option<Quantity>,
    /// CPU that it may use.
    pub cpu_limit: Option<Quantity>,
    /// Memory that it may use.
    pub memory_limit: Option<Quantity>,
}

impl Defaults {
    /// The options of `default-resources`.
    #[must_use]
    pub fn configured(plan: &Plan<'_>) -> Self {
        let options = plan.settings.options.get(DEFAULTS).cloned();
        let options = options.and_then(|options| serde_json::from_value(options).ok());
        let options: resources::Defaults = options.unwrap_or_default();
        let memory_limit = options.memory_limit.quantity();
        Self {
            cpu_request: Some(options.cpu_request.quantity()),
            memory_request: Some(options.memory_request.quantity().min(memory_limit)),
            cpu_limit: options.cpu_limit.map(|limit| limit.quantity()),
            memory_limit: Some(memory_limit),
        }
    }

    /// What the LimitRanges of a namespace give (`SetDefaults_LimitRangeItem`).
    #[must_use]
    pub fn given(namespace: &Namespace<'_>) -> Self {
        let mut given = Self::default();
        for range in namespace.of_kind("", "LimitRange") {
            let items = range.get("/spec/limits").and_then(Value::as_array);
            let items = items.into_iter().flatten();
            for item in items.filter(|item| item["type"] == "Container") {
                let amount = |key: &str, name: &str| Quantity::of(item.get(key)?.get(name)?);
                let limit = |name: &str| amount("default", name).or_else(|| amount("max", name));
                let request = |name: &str| {
                    let asked = amount("defaultRequest", name).or_else(|| limit(name));
                    asked.or_else(|| amount("min", name))
                };
                given = Self {
                    cpu_request: given.cpu_request.or_else(|| request("cpu")),
                    memory_request: given.memory_request.or_else(|| request("memory")),
                    cpu_limit: given.cpu_limit.or_else(|| limit("cpu")),
                    memory_limit: given.memory_limit.or_else(|| limit("memory")),
                };
            }
        }
        given
    }

    /// The defaults of a LimitRange that no pod of the namespace contradicts, and why it is not to be made, if so.
    #[must_use]
    pub fn fitting(namespace: &Namespace<'_>, plan: &Plan<'_>) -> (Self, Option<String>) {
        let mut fitting = Self::configured(plan);
        let mut trouble = namespace.unseen.clone();
        // What these containers have was decided one by one: nothing may be set on them from outside.
        let decided = transform::named(DEFAULTS).is_ok_and(|it| plan.settings.runs(it));
        for workload in namespace.workloads() {
            for pod in workload.pods() {
                if let Some(why) = unfit(workload, &pod) {
                    trouble.get_or_insert(why);
                }
                for container in limited(&pod) {
                    let limits = [
                        (&mut fitting.memory_limit, "memory"),
                        (&mut fitting.cpu_limit, "cpu"),
                    ];
                    for (default, name) in limits {
                        if written(container, "limits", name).is_some() {
                            continue;
                        }
                        if decided {
                            *default = None;
                        }
                        let request = written(container, "requests", name);
                        *default = default.map(|default| raised(default, request, name));
                    }
                }
            }
        }
        fitting.cpu_request = lower(fitting.cpu_request, fitting.cpu_limit);
        (fitting, trouble)
    }
}

/// A default that is not below a request, in readable steps.
fn raised(default: Quantity, request: Option<Quantity>, name: &str) -> Quantity {
    let step = match name {
        "memory" => Quantity::whole(64 << 20),
        _ => Quantity::whole(1).times(1, 10),
    };
    match request {
        Some(request) if request > default => request.round_up(step),
        _ => default,
    }
}

fn lower(request: Option<Quantity>, limit: Option<Quantity>) -> Option<Quantity> {
    request.map(|request| limit.map_or(request, |limit| limit.min(request)))
}

/// Why nobody can tell what a pod is given by defaults.
fn unfit(workload: &Object<'_>, pod: &Pod<'_>) -> Option<String> {
    let label = workload.label();
    if pod.shape != crate::workload::Shape::Full {
        return Some(format!("an operator completes the pods of {label}"));
    }
    let pod_level = ["/resources/requests", "/resources/limits"];
    let pod_level = pod_level.iter().any(|place| pod.get(place).is_some());
    let all = ["requests", "limits"];
    let is_open = |container: &Container<'_>| {
        let lacks = |name: &str| {
            all.iter()
                .any(|kind| written(container, kind, name).is_none())
        };
        lacks("memory") || lacks("cpu")
    };
    (pod_level && limited(pod).any(is_open)).then(|| {
        format!("defaults for containers could exceed what the pods of {label} have as a whole")
    })
}

/// The containers that LimitRanges and quotas look at.
pub(crate) fn limited<'p>(pod: &'p Pod<'_>) -> impl Iterator<Item = &'p Container<'p>> {
    let lasting = |container: &&Container<'_>| container.kind != ContainerKind::Ephemeral;
    pod.containers.iter().filter(lasting)
}

/// A quantity that a container writes: `requests` or `limits` of a resource.
pub(crate) fn written(container: &Container<'_>, kind: &str, name: &str) -> Option<Quantity> {
    Quantity::of(container.get(&format!("/resources/{kind}/{name}"))?)
}
