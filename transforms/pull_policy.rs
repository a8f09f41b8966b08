//! Pulls images whose tag can move each time a container starts.
//!
//! ## What it changes
//! Sets `imagePullPolicy: Always` on containers whose image has a tag and no digest. It is the default
//! already for `latest` and for no tag at all, and a digest never moves: those stay. `Never` stays too.
//!
//! ## Why
//! With `IfNotPresent` a node that has an image under this tag starts it without asking the registry: an old
//! one after the tag was moved, and a private one for a pod that has no credentials to pull it. With `Always`
//! the kubelet checks both; layers that are there are not loaded again.
//!
//! ## When it breaks something
//! Risk is low: images that are loaded onto nodes without a registry (kind, minikube, air-gapped sites) are not
//! found, and no container starts while the registry is down. Risk is high for an image of `localhost`, which
//! is no registry that a node can reach. An explicit `IfNotPresent` is the author's word.
//!
//! ## References
//! CIS 1.2.10 (`AlwaysPullImages`).

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "pull-policy",
    summary: "pull images whose tag can move each time a container starts",
    profile: Strict,
    references: &[Cis("1.2.10"), Nsa("Pod security")],
    options: Options::NONE,
    run: Run::Container(run),
};

const POLICY: &str = "/imagePullPolicy";

fn run(_: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    let image = container.get("/image").and_then(Value::as_str);
    let Some(image) = image.and_then(Image::parse) else {
        return;
    };
    let is_default = container.get(POLICY).is_none() && image.is_latest();
    if image.digest.is_some() || is_default {
        return;
    }
    let (risk, reason) = match image.registry {
        Some("localhost") => (
            High,
            "an image of localhost is on the node and in no registry that it could be pulled from",
        ),
        _ => (
            Low,
            "only an image that was loaded onto the nodes without a registry is not found",
        ),
    };
    plan.ensure(
        container,
        POLICY,
        json!("Always"),
        |policy| *policy == "Always" || *policy == "Never",
        risk,
        reason,
    );
}
