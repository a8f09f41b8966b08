//! The numbers of a ResourceQuota, as text.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::capacity::{Bound, Capacity, Resource, Share, roomy};
use crate::namespace::Namespace;
use crate::quantity::{Form, Quantity};

/// Options of `resource-quota`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct QuotaOptions {
    /// How many times what the workloads need at most the quota is, from 1 to 100.
    pub headroom: Headroom,
    /// How many nodes the cluster has at most: DaemonSets have a pod on each. Without it, they have no bound.
    #[schemars(example = &12)]
    pub nodes: Option<u32>,
}

impl Default for QuotaOptions {
    fn default() -> Self {
        Self {
            headroom: Headroom(150),
            nodes: None,
        }
    }
}

/// A factor, kept in percent: quotas are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64", extend("minimum" = 1, "maximum" = 100))]
pub struct Headroom(u32);

impl TryFrom<f64> for Headroom {
    type Error = String;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    fn try_from(factor: f64) -> Result<Self, String> {
        if (1.0..=100.0).contains(&factor) {
            return Ok(Self((factor * 100.0).round() as u32));
        }
        Err(format!("`{factor}` is no factor from 1 to 100"))
    }
}

impl From<Headroom> for f64 {
    fn from(headroom: Headroom) -> Self {
        Self::from(headroom.0) / 100.0
    }
}

const MI: i64 = 1 << 20;
const GI: i64 = 1 << 30;

/// Steps of rounding: up to the second number in whole steps of the first, divided by the third.
type Steps = &'static [(i64, i64, u32)];

const COUNT: Steps = &[(1, i64::MAX, 1)];
const CPU: Steps = &[(1, 1, 10), (1, 8, 2), (1, i64::MAX, 1)];
const MEMORY: Steps = &[(64 * MI, GI, 1), (512 * MI, 8 * GI, 1), (GI, i64::MAX, 1)];
const STORAGE: Steps = &[(GI, 100 * GI, 1), (10 * GI, i64::MAX, 1)];

/// What the quota bounds, and what has no bound, each with the reason.
#[must_use]
pub fn hard(
    namespace: &Namespace<'_>,
    options: &QuotaOptions,
    limits_cpu: bool,
) -> (Vec<(&'static str, String)>, Vec<String>) {
    let capacity = Capacity::new(namespace, options.nodes);
    let (mut hard, mut open) = (Vec::new(), Vec::<String>::new());
    let mut bound = |key: &'static str, amount: Bound, steps: Steps, form: Form| match amount {
        Ok(amount) => {
            let amount = roomy(amount, options.headroom.0, steps);
            hard.push((key, amount.canonical(form)));
        }
        Err(why) => open.push(format!("{key}, since {why}")),
    };
    let decimal = Form::DecimalSi;
    let binary = Form::BinarySi;
    bound("pods", capacity.pods(), COUNT, decimal);
    let requests = |resource| capacity.total(Share::Requests, resource);
    let limits = |resource| capacity.total(Share::Limits, resource);
    bound("requests.cpu", requests(Resource::Cpu), CPU, decimal);
    bound(
        "requests.memory",
        requests(Resource::Memory),
        MEMORY,
        binary,
    );
    if limits_cpu {
        bound("limits.cpu", limits(Resource::Cpu), CPU, decimal);
    }
    bound("limits.memory", limits(Resource::Memory), MEMORY, binary);
    let (claims, storage) = capacity.claims();
    bound("persistentvolumeclaims", claims, COUNT, decimal);
    bound("requests.storage", storage, STORAGE, binary);
    // Whether something is open to the outside is a decision: no headroom.
    let (ports, balancers) = capacity.services();
    let exact = |amount: Quantity| amount.canonical(decimal);
    hard.push(("services.nodeports", exact(ports)));
    hard.push(("services.loadbalancers", exact(balancers)));
    (hard, open)
}
