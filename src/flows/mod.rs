//! Who talks to whom: the connectivity that manifests imply, and the NetworkPolicies that allow just that.
//!
//! 1. `model` reads the objects: workloads, Services, ConfigMaps;
//! 2. `texts` collects the settings of each workload, and says what they hide;
//! 3. `address` finds addresses in them, `resolve` what these lead to;
//! 4. `exposed` finds callers that are no workloads: the API server, ingress controllers, Prometheus;
//! 5. `policy` turns flows into NetworkPolicies.
//!
//! No address in a manifest proves that nothing else is called, so what is not known is opened and named: where the
//! reading is in doubt, a port too many is opened rather than one too few.

mod address;
mod callers;
mod data;
mod expand;
mod exposed;
mod guard;
mod infer;
mod model;
mod monitoring;
mod names;
mod policy;
mod program;
mod resolve;
mod running;
mod service;
mod settings;
#[cfg(test)]
mod tests;
mod texts;
mod together;

use serde_json::Value;

use crate::images::Library;
use crate::workload::{self, CustomWorkload};

pub use guard::{Egress, NetworkOptions, wanted};
pub use infer::infer;
pub use policy::{Dns, Options, Policies, Policy, policies};

/// An object that takes part.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    /// The document that holds it.
    pub document: &'a Value,
    /// JSON Pointer within the document.
    pub pointer: String,
    /// The namespace that it ends up in; empty where none is known.
    pub namespace: String,
    /// The file, for people.
    pub place: &'a str,
    /// It is not of the group, and counts for what it calls and for who calls it. What the group has itself, and what
    /// names no namespace, does not count again.
    pub context: bool,
}

impl<'a> Object<'a> {
    /// The objects of a document.
    ///
    /// `forced` is the namespace that a kustomization puts everything into, `default` that of objects that name none.
    #[must_use]
    pub fn all(
        document: &'a Value,
        place: &'a str,
        forced: Option<&str>,
        default: Option<&str>,
    ) -> Vec<Self> {
        let object = |pointer: String| {
            let identity = workload::identity(document, &pointer);
            let namespace = forced.map(str::to_owned).or(identity.namespace);
            let namespace = namespace
                .or_else(|| default.map(str::to_owned))
                .unwrap_or_default();
            Self {
                document,
                pointer,
                namespace,
                place,
                context: false,
            }
        };
        workload::flatten(document)
            .into_iter()
            .map(object)
            .collect()
    }
}

/// What is known besides the objects.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Custom kinds that embed a pod.
    pub workloads: &'a [CustomWorkload],
    /// What is known of images; without it, what this program knows of itself.
    pub images: Option<&'a Library>,
}

/// The connectivity of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flows {
    /// What runs.
    pub workloads: Vec<Workload>,
    /// Who talks to whom, sorted, each pair with a Service once.
    pub flows: Vec<Flow>,
    /// Addresses that lead to nothing in these manifests.
    pub unmatched: Vec<Unmatched>,
    /// What is odd: named ports that no pod has, workloads that share labels.
    pub notes: Vec<String>,
}

/// Pods of one template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// `kind`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// The namespace; empty where none is known.
    pub namespace: String,
    /// The `podSelector` that selects its pods; `None` where no label of theirs is known.
    pub selector: Option<Value>,
    /// Its pods use the network of the node: policies do not apply to them.
    pub host_network: bool,
    /// Why it may call what these manifests do not show; empty when all its destinations are known.
    pub open: Vec<Evidence>,
    /// It is read but not of the group.
    pub context: bool,
    /// Its pods do not use the DNS of the cluster; these servers are named instead.
    pub foreign_dns: Option<Vec<String>>,
}

impl Workload {
    /// `Deployment/shop/web`.
    #[must_use]
    pub fn label(&self) -> String {
        let namespace = Some(self.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        crate::report::label(&self.kind, namespace, Some(&self.name))
    }
}

/// One side of a flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A workload, by index.
    Workload(usize),
    /// Anybody; the words say who it probably is.
    Anyone(Caller),
    /// The API server of the cluster.
    ApiServer,
    /// Some pods of a namespace.
    Namespace(String),
    /// A host outside the manifests.
    Host(String),
    /// The literal address of a machine, as a block (`10.0.0.5/32`).
    Block(String),
}

/// Who calls where the policy cannot say who.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// Nobody in these manifests is seen to call the Service.
    Unknown,
    /// An ingress controller or a gateway.
    Ingress,
    /// Clients from outside, through a load balancer or a port of the nodes.
    Outside,
    /// The API server: webhooks, conversions, aggregated APIs.
    ApiServer,
    /// Something that collects metrics.
    Monitoring,
}

impl Caller {
    /// The caller in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unknown => "callers unknown",
            Self::Ingress => "ingress controller",
            Self::Outside => "outside the cluster",
            Self::ApiServer => "API server",
            Self::Monitoring => "monitoring",
        }
    }
}

/// A port of a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The number.
    pub number: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

impl Port {
    /// A TCP port.
    #[must_use]
    pub fn tcp(number: u16) -> Self {
        Self {
            number,
            protocol: "TCP".to_owned(),
        }
    }

    /// A UDP port.
    pub(crate) fn udp(number: u16) -> Self {
        Self {
            number,
            protocol: "UDP".to_owned(),
        }
    }

    /// The ports of a number that is written without a protocol: a port too many rather than one too few.
    pub(crate) fn spoken(number: u16) -> Vec<Self> {
        let udp = names::speaks_udp(number).then(|| Self::udp(number));
        [Self::tcp(number)].into_iter().chain(udp).collect()
    }
}

/// That something talks to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Who calls.
    pub from: End,
    /// Who is called.
    pub to: End,
    /// The Service that is called.
    pub service: Option<String>,
    /// Ports of the pods; `None` means all.
    pub ports: Option<Vec<Port>>,
    /// Nothing shows this very call: the destinations of the caller are not known.
    pub possible: bool,
    /// What tells so; sorted.
    pub evidence: Vec<Evidence>,
}

/// What tells that there is a flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// `kind/namespace/name` of the object.
    pub object: String,
    /// JSON Pointer of the field, from the root of the object.
    pub pointer: String,
    /// What stands there, or what it means. A value that looks secret is masked.
    pub text: String,
}

/// An address that leads to nothing in these manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The workload that has it, by index.
    pub workload: usize,
    /// The address.
    pub address: String,
    /// What was made of it.
    pub treated: String,
    /// Where it stands.
    pub evidence: Evidence,
}
