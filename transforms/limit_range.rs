//! Gives containers of a namespace that set no requests and limits the same defaults as everybody.
//!
//! ## What it changes
//! Makes a LimitRange with the values of `default-resources`: requests of CPU and memory and a limit of memory; a limit
//! of CPU only if the options of `default-resources` have one. The memory limit is raised to the largest request of a
//! container that has no limit. A resource for which `default-resources` left a container without a limit has no
//! default limit here either. A namespace with a LimitRange of any name keeps that one.
//!
//! ## Why
//! A container without limits starves its neighbours. A ResourceQuota rejects it, unless a LimitRange gives it values.
//!
//! ## When it breaks something
//! The kernel kills a container that uses more memory than the default: one of another repository, or injected. It is
//! held where the manifests do not tell what is deployed, and where pods have resources as a whole.
//!
//! ## References
//! NSA/CISA Kubernetes Hardening Guidance 1.2, Resource policies: LimitRange.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{LimitRange, LimitRangeItem, LimitRangeSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Text;

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "limit-range",
    summary: "give containers without requests and limits defaults",
    profile: Restricted,
    references: &[Nsa("Resource policies"), Owasp("K01")],
    options: Options::NONE,
    run: Run::Namespace(run),
};

fn run(namespace: &Namespace<'_>, plan: &mut Plan<'_>) {
    let seen = namespace.workloads().next().is_some();
    if !seen || namespace.authors("", "LimitRange").is_some() {
        return;
    }
    let (defaults, trouble) = limits::Defaults::fitting(namespace, plan);
    let map = |cpu: Option<Quantity>, memory: Option<Quantity>| {
        let cpu = cpu.map(|cpu| ("cpu".to_owned(), Text(cpu.canonical(Form::DecimalSi))));
        let memory = memory.map(|it| ("memory".to_owned(), Text(it.canonical(Form::BinarySi))));
        let map: BTreeMap<String, Text> = cpu.into_iter().chain(memory).collect();
        Some(map).filter(|map| !map.is_empty())
    };
    let item = LimitRangeItem {
        type_: "Container".to_owned(),
        default: map(defaults.cpu_limit, defaults.memory_limit),
        default_request: map(defaults.cpu_request, defaults.memory_request),
        ..LimitRangeItem::default()
    };
    let mut range = LimitRange {
        spec: Some(LimitRangeSpec { limits: vec![item] }),
        ..LimitRange::default()
    };
    range.metadata.name = Some("kubetemper".to_owned());
    let reason =
        "a container that sets no limits gets these, and is killed where it uses more memory";
    let creation = plan.create(&range, High, reason);
    if let Some((creation, why)) = creation.zip(trouble) {
        creation.hold(HeldBy::Unseen, &why);
    }
}
