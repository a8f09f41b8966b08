//! Bounds what a namespace can take, at what its workloads need at most.
//!
//! ## What it changes
//! Makes a ResourceQuota, computed from the workloads and brought up to date on each run: `pods`, `requests.cpu`,
//! `requests.memory` and `limits.memory` at the highest scale (replicas or the maximum of an autoscaler, the surge of a
//! rolling update, parallel and overlapping Jobs, init containers and sidecars), `persistentvolumeclaims` and
//! `requests.storage`, times the headroom, rounded up; `services.nodeports` and `services.loadbalancers` as they are.
//! `limits.cpu` only where a CPU limit is configured. What has no bound is left out: DaemonSets without the option
//! `nodes`, custom kinds; so are resources that no LimitRange defaults, since pods without a value would be rejected.
//! A CronJob that may overlap itself counts twice. A namespace with a ResourceQuota of any name keeps that one.
//!
//! ## Why
//! One namespace cannot take the whole cluster, by mistake or by an intruder who starts pods of his own.
//!
//! ## When it breaks something
//! Pods, claims and Services that are not among the manifests count too: what exceeds the quota is not started. It is
//! held where the manifests do not tell what is deployed.
//!
//! ## References
//! NSA/CISA Kubernetes Hardening Guidance 1.2, Resource policies: ResourceQuota.

use k8s_openapi::api::core::v1::{ResourceQuota, ResourceQuotaSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "resource-quota",
    summary: "bound what a namespace can take at what its workloads need",
    profile: Restricted,
    references: &[Nsa("Resource policies"), Owasp("K01")],
    options: Options::of::<QuotaOptions>(),
    run: Run::Namespace(run),
};

fn run(namespace: &Namespace<'_>, plan: &mut Plan<'_>) {
    let seen = namespace.workloads().next().is_some();
    if !seen || namespace.authors("", "ResourceQuota").is_some() {
        return;
    }
    let options: QuotaOptions = plan.options(namespace);
    let (hard, open) = quota::hard(
        namespace,
        &options,
        limits::Defaults::configured(plan).cpu_limit.is_some(),
    );
    let hard = hard
        .into_iter()
        .map(|(key, amount)| (key.to_owned(), Text(amount)));
    let mut quota = ResourceQuota {
        spec: Some(ResourceQuotaSpec {
            hard: Some(hard.collect()),
            ..ResourceQuotaSpec::default()
        }),
        ..ResourceQuota::default()
    };
    quota.metadata.name = Some("kubetemper".to_owned());
    let mut reason = "what is started beyond it, also by others, is rejected".to_owned();
    if !open.is_empty() {
        reason = format!("{reason}; left out: {}", open.join("; "));
    }
    let creation = plan.create(&quota, High, reason);
    if let Some(creation) = creation {
        let note = "Computed from the workloads of the namespace, with headroom: run kubetemper again when they change.";
        creation.note("/spec/hard", note);
        if let Some(why) = &namespace.unseen {
            creation.hold(HeldBy::Unseen, why);
        }
    }
}
