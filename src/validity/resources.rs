//! Requests and limits (`validateResourceRequirements`).

use serde_json::{Map, Value};

use super::Found;
use crate::pod::{Container, ContainerKind, Pod};
use crate::quantity::Quantity;

const FORM: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

pub(super) fn check(pod: &Pod<'_>, found: &mut Found) {
    for container in &pod.containers {
        // Tekton steps have them under a name of their own.
        for key in ["resources", "computeResources"] {
            if let Some(resources) = container.get(&format!("/{key}")) {
                requirements(resources, |rule, field, message| {
                    found.container(rule, container, format!("{key}.{field}"), message);
                });
            }
        }
    }
    if let Some(resources) = pod.get("/resources") {
        requirements(resources, |rule, field, message| {
            found.pod(rule, format!("resources.{field}"), message);
        });
        whole(pod, resources, found);
    }
}

fn entries<'v>(
    resources: &'v Value,
    part: &str,
) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
    let map = resources.get(part).and_then(Value::as_object);
    map.into_iter().flat_map(Map::iter)
}

fn requirements(resources: &Value, mut reject: impl FnMut(&'static str, String, String)) {
    for part in ["requests", "limits"] {
        for (name, value) in entries(resources, part) {
            let field = format!("{part}.{name}");
            match Quantity::of(value) {
                None => reject("resource-quantity", field, FORM.to_owned()),
                Some(quantity) if quantity.is_negative() => {
                    let message = "must be greater than or equal to 0".to_owned();
                    reject("resource-quantity", field, message);
                }
                Some(_) => {}
            }
        }
    }
    for (name, value) in entries(resources, "requests") {
        let field = format!("requests.{name}");
        let limit = resources.get("limits").and_then(|limits| limits.get(name));
        let Some(limit) = limit.filter(|limit| !limit.is_null()) else {
            if !may_overcommit(name) {
                let message = "Limit must be set for non overcommitable resources".to_owned();
                reject("resource-limit", field, message);
            }
            continue;
        };
        let Some((request, most)) = Quantity::of(value).zip(Quantity::of(limit)) else {
            continue;
        };
        let text = limit
            .as_str()
            .map_or_else(|| limit.to_string(), str::to_owned);
        if request != most && !may_overcommit(name) {
            let message = format!("must be equal to {name} limit of {text}");
            reject("request-limit", field, message);
        } else if request > most {
            let message = format!("must be less than or equal to {name} limit of {text}");
            reject("request-limit", field, message);
        }
    }
    let names = || entries(resources, "requests").chain(entries(resources, "limits"));
    let pages = names().any(|(name, _)| name.starts_with("hugepages-"));
    if pages && !names().any(|(name, _)| name == "cpu" || name == "memory") {
        let message = "HugePages require cpu or memory".to_owned();
        reject("huge-pages", "limits".to_owned(), message);
    }
}

/// Kubernetes' own resources may be requested below their limit; huge pages and extended resources may not.
fn may_overcommit(name: &str) -> bool {
    let native = !name.contains('/') || name.contains("kubernetes.io/");
    native && !name.starts_with("hugepages-")
}

/// Resources of the pod as a whole, beside those of its containers (`validatePodResourceConsistency`).
fn whole(pod: &Pod<'_>, resources: &Value, found: &mut Found) {
    let runs = |container: &&Container<'_>| {
        matches!(container.kind, ContainerKind::App | ContainerKind::Sidecar)
    };
    for (name, value) in entries(resources, "requests") {
        let own = |container: &Container<'_>| {
            let request = container.get(&format!("/resources/requests/{name}"));
            let limit = || container.get(&format!("/resources/limits/{name}"));
            Quantity::of(request.or_else(limit)?)
        };
        let sum = pod.containers.iter().filter(runs).filter_map(own);
        let sum = sum.reduce(std::ops::Add::add);
        if sum
            .zip(Quantity::of(value))
            .is_some_and(|(sum, all)| sum > all)
        {
            let message = "must be greater than or equal to aggregate container requests";
            found.pod("pod-request", format!("resources.requests.{name}"), message);
        }
    }
    for (name, value) in entries(resources, "limits") {
        for container in &pod.containers {
            let own = container.get(&format!("/resources/limits/{name}"));
            let both = own.and_then(Quantity::of).zip(Quantity::of(value));
            if both.is_some_and(|(own, all)| own > all) {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                let message = format!("must be less than or equal to pod limits of {text}");
                let field = format!("resources.limits.{name}");
                found.container("pod-limit", container, field, message);
            }
        }
    }
}
