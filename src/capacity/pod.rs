//! What one pod takes (`k8s.io/component-helpers/resource`: effective requests and limits).

use crate::limits::{Defaults, limited, written};
use crate::pod::{Container, ContainerKind, Pod};
use crate::quantity::Quantity;

/// What is asked for, or what may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// `requests`.
    Requests,
    /// `limits`.
    Limits,
}

/// A resource of every node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// `cpu`.
    Cpu,
    /// `memory`.
    Memory,
}

impl Share {
    fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Limits => "limits",
        }
    }

    /// What containers are given that say nothing.
    pub(super) fn given(self, resource: Resource, given: &Defaults) -> Option<Quantity> {
        match (self, resource) {
            (Self::Requests, Resource::Cpu) => given.cpu_request,
            (Self::Requests, Resource::Memory) => given.memory_request,
            (Self::Limits, Resource::Cpu) => given.cpu_limit,
            (Self::Limits, Resource::Memory) => given.memory_limit,
        }
    }
}

impl Resource {
    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }
}

/// What a pod takes; `None` when a container says nothing and is given nothing.
pub(super) fn effective(
    pod: &Pod<'_>,
    share: Share,
    resource: Resource,
    given: &Defaults,
) -> Option<Quantity> {
    let name = resource.name();
    let of_pod = |kind: &str| Quantity::of(pod.get(&format!("/resources/{kind}/{name}"))?);
    let whole = of_pod(share.name()).or_else(|| match share {
        Share::Requests => of_pod("limits"),
        Share::Limits => None,
    });
    let amount = match whole {
        Some(whole) => whole,
        None => of_containers(pod, share, resource, given)?,
    };
    let overhead = pod.get(&format!("/overhead/{name}")).and_then(Quantity::of);
    Some(amount + overhead.unwrap_or_default())
}

/// Sidecars stay while the init containers after them run, one at a time, and while the containers run.
fn of_containers(
    pod: &Pod<'_>,
    share: Share,
    resource: Resource,
    given: &Defaults,
) -> Option<Quantity> {
    let (mut running, mut peak, mut app) = (Quantity::ZERO, Quantity::ZERO, Quantity::ZERO);
    for container in limited(pod) {
        let amount = of_container(container, share, resource, given)?;
        match container.kind {
            ContainerKind::Sidecar => {
                running = running + amount;
                peak = peak.max(running);
            }
            ContainerKind::Init => peak = peak.max(running + amount),
            ContainerKind::App | ContainerKind::Ephemeral => app = app + amount,
        }
    }
    Some(peak.max(running + app))
}

/// A missing request is the limit, and what is missing then is given.
fn of_container(
    container: &Container<'_>,
    share: Share,
    resource: Resource,
    given: &Defaults,
) -> Option<Quantity> {
    let own = written(container, share.name(), resource.name());
    let own = own.or_else(|| match share {
        Share::Requests => written(container, "limits", resource.name()),
        Share::Limits => None,
    });
    own.or_else(|| share.given(resource, given))
}
