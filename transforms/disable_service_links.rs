//! Keeps the addresses of all Services of the namespace out of the environment.
//!
//! ## What it changes
//! Sets `enableServiceLinks: false` on the pod.
//!
//! ## Why
//! For each Service of the namespace the kubelet adds seven variables or more to every container, in the
//! manner of Docker links. They map the namespace for an intruder, collide with an application's own
//! variables (`REDIS_PORT=tcp://...`), and slow the start where there are thousands of Services.
//!
//! ## When it breaks something
//! Risk is low: only a program that looks up Services by `REDIS_SERVICE_HOST` and the like fails; DNS works
//! as before, and `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT` are always set. Where the manifest
//! names such a variable, the change is held.
//!
//! ## References
//! Kubernetes documentation, Accessing the Service: environment variables.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "disable-service-links",
    summary: "keep the addresses of Services out of the environment",
    profile: Strict,
    references: &[Checklist],
    options: Options::NONE,
    run: Run::Pod(run),
};

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    if !pod.pod_level || pod.shape == Shape::Limited {
        return;
    }
    let proposal = plan.ensure(
        pod,
        "/enableServiceLinks",
        json!(false),
        |value| *value == false,
        Low,
        "only a program that finds Services by variables like REDIS_SERVICE_HOST would miss them",
    );
    let Some(proposal) = proposal else { return };
    for container in &pod.containers {
        if let Some(variable) = container.texts().into_iter().find_map(link) {
            let name = container.name();
            let why = format!("container {name} names the service link `{variable}`");
            proposal.hold(HeldBy::Explicit, &why);
        }
    }
}

/// The first variable of a service link that a text names, but for those that are always set.
fn link(text: &str) -> Option<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_link = |word: &&str| {
        ["_SERVICE_HOST", "_SERVICE_PORT", "_TCP_ADDR"]
            .iter()
            .any(|part| word.find(part).is_some_and(|at| at > 0))
            && !word.starts_with("KUBERNETES_")
    };
    text.split(|c| !is_name(c)).find(is_link)
}
