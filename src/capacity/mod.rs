//! How much the workloads of a namespace take at most: the arithmetic behind a ResourceQuota
//! (`pkg/quota/v1/evaluator/core`, and the controllers' ways to replace pods).

mod pod;
mod scale;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::limits::Defaults;
use crate::namespace::{Namespace, Object};
use crate::quantity::Quantity;

pub use pod::{Resource, Share};
pub use scale::Scale;

/// An amount, or why it has no bound.
pub type Bound = Result<Quantity, String>;

/// What the workloads of a namespace take at most.
#[derive(Debug)]
pub struct Capacity<'a> {
    namespace: &'a Namespace<'a>,
    given: Defaults,
    nodes: Option<u32>,
}

impl<'a> Capacity<'a> {
    /// Of a namespace, in a cluster with so many nodes, if that is known.
    #[must_use]
    pub fn new(namespace: &'a Namespace<'a>, nodes: Option<u32>) -> Self {
        Self {
            namespace,
            given: Defaults::given(namespace),
            nodes,
        }
    }

    /// The workloads with the most pods that each has at once.
    fn scales(&self) -> impl Iterator<Item = (&Object<'a>, Scale)> {
        let workloads = self.namespace.workloads();
        workloads.map(|workload| (workload, scale::of(workload, self.namespace, self.nodes)))
    }

    /// The most pods at once.
    pub fn pods(&self) -> Bound {
        self.sum(|_, count| Ok(Quantity::whole(count)))
    }

    /// The most of a resource at once. It has no bound either where containers without a value would be rejected.
    pub fn total(&self, share: Share, resource: Resource) -> Bound {
        if share.given(resource, &self.given).is_none() {
            return Err("no LimitRange gives it to containers that say nothing".to_owned());
        }
        self.sum(|workload, count| {
            if let Some(scaler) = self.scaler(workload) {
                return Err(format!(
                    "{scaler} changes what {} asks for",
                    workload.label()
                ));
            }
            let mut most = Quantity::ZERO;
            for pod in workload.pods() {
                let amount = pod::effective(&pod, share, resource, &self.given);
                most = most.max(amount.ok_or_else(|| {
                    format!("a container of {} says nothing of it", workload.label())
                })?);
            }
            let count = u32::try_from(count).map_err(|_| "too many pods".to_owned())?;
            Ok(most * count)
        })
    }

    /// The most PersistentVolumeClaims, and the most storage that they ask for.
    pub fn claims(&self) -> (Bound, Bound) {
        let (mut number, mut storage) = (Quantity::ZERO, Quantity::ZERO);
        let mut add = |claim: &Value, count: i64| {
            let asked = claim.pointer("/spec/resources/requests/storage");
            let asked = asked.and_then(Quantity::of).unwrap_or_default();
            number = number + Quantity::whole(count);
            storage = storage + asked * u32::try_from(count).unwrap_or(u32::MAX);
        };
        for claim in self.namespace.of_kind("", "PersistentVolumeClaim") {
            add(claim.value(), 1);
        }
        for (workload, scale) in self.scales() {
            let claims = workload
                .get("/spec/volumeClaimTemplates")
                .and_then(Value::as_array);
            let claims = claims.into_iter().flatten();
            let volumes = workload.pods().flat_map(|pod| {
                let volumes = pod.get("/volumes").and_then(Value::as_array);
                let volumes = volumes.into_iter().flatten();
                let claims =
                    volumes.filter_map(|volume| volume.pointer("/ephemeral/volumeClaimTemplate"));
                claims.cloned().collect::<Vec<_>>()
            });
            for claim in claims.cloned().chain(volumes) {
                match &scale.pods {
                    Ok(count) => add(&claim, *count),
                    Err(why) => return (Err(why.clone()), Err(why.clone())),
                }
            }
        }
        (Ok(number), Ok(storage))
    }

    /// The ports that Services open on the nodes, and the Services with a load balancer.
    #[must_use]
    pub fn services(&self) -> (Quantity, Quantity) {
        let (mut ports, mut balancers) = (0, 0);
        for service in self.namespace.of_kind("", "Service") {
            let kind = service.get("/spec/type").and_then(Value::as_str);
            let own = service.get("/spec/ports").and_then(Value::as_array);
            let own = own.map_or(0, Vec::len);
            let spared = service.get("/spec/allocateLoadBalancerNodePorts");
            match kind {
                Some("NodePort") => ports += own,
                Some("LoadBalancer") => {
                    balancers += 1;
                    ports += if spared == Some(&Value::Bool(false)) {
                        0
                    } else {
                        own
                    };
                }
                _ => {}
            }
        }
        let whole = |count: usize| Quantity::whole(i64::try_from(count).unwrap_or(i64::MAX));
        (whole(ports), whole(balancers))
    }

    fn sum(&self, of: impl Fn(&Object<'a>, i64) -> Bound) -> Bound {
        let amounts = self
            .scales()
            .map(|(workload, scale)| of(workload, scale.pods?));
        amounts.sum()
    }

    /// The VerticalPodAutoscaler of a workload.
    fn scaler(&self, workload: &Object<'a>) -> Option<String> {
        let mut scalers = self
            .namespace
            .of_kind("autoscaling.k8s.io", "VerticalPodAutoscaler");
        let scaler = scalers.find(|scaler| {
            let target = scaler.get("/spec/targetRef");
            let mode = scaler.get("/spec/updatePolicy/updateMode");
            scale::is_target(target, workload, "") && mode.is_none_or(|mode| mode != "Off")
        });
        scaler.map(Object::label)
    }
}

/// A quantity with headroom in percent, rounded up to what people write.
#[must_use]
pub fn roomy(amount: Quantity, percent: u32, steps: &[(i64, i64, u32)]) -> Quantity {
    let amount = amount.times(percent, 100);
    let fits = |(_, below, _): &&(i64, i64, u32)| amount < Quantity::whole(*below);
    let step = steps.iter().find(fits).or(steps.last());
    step.map_or(amount, |(step, _, per)| {
        amount.round_up(Quantity::whole(*step).times(1, *per))
    })
}
