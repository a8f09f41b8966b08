//! Gives containers the requests and limits that they lack.
//!
//! ## What it changes
//! Sets `resources.requests.cpu` (50m), `resources.requests.memory` (64Mi) and `resources.limits.memory` (256Mi)
//! on every container, init container and sidecar that has none; a CPU limit only if the option `cpuLimit` asks for
//! one. Options set other values, for some kinds or containers in an override.
//!
//! What is written stays. A limit without a request becomes the request too, as in the API server. A memory limit is
//! raised above the default for what the manifest tells, which the reason names: a request (half as much again), a
//! heap (`-Xmx`, `-XX:MaxRAMPercentage`, `GOMEMLIMIT`, `--max-old-space-size`, `--maxmemory`, `shared_buffers`),
//! volumes in memory, an image that is documented to need more.
//!
//! Pods with `resources` of their own (from `--target 1.34` on), ephemeral containers and parts of pods that an
//! operator completes stay as they are. Devices and huge pages are not touched.
//!
//! ## Why
//! Without limits one container starves the node; without requests the scheduler packs it blindly.
//!
//! ## When it breaks something
//! A memory limit is of risk high: the kernel kills a container that uses more. It is held where no default can be
//! right: beside devices such as GPUs, and where a setting cannot be read (`-Xmx$(HEAP)`). A request is of risk low:
//! the pod waits if no node has it to spare. It is of risk high where an autoscaler measures the use in percent of the
//! request, and starts to act. What a VerticalPodAutoscaler, a LimitRange of the namespace or a kustomize patch sets is
//! held: it is set already.
//!
//! ## References
//! NSA/CISA Kubernetes Hardening Guidance 1.2, Resource policies. OWASP Kubernetes Top Ten 2025: K01.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "default-resources",
    summary: "give containers the requests and limits that they lack",
    profile: Restricted,
    references: &[Nsa("Resource policies"), Owasp("K01"), Checklist],
    options: Options::of::<resources::Defaults>(),
    run: Run::Container(run),
};

fn run(pod: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    for wish in resources::wishes(pod, container, plan) {
        let (risk, reason) = (wish.risk, wish.reason);
        // A value that is there is never wished for again.
        let proposal = plan.ensure(container, &wish.pointer, wish.value, |_| true, risk, reason);
        if let Some((proposal, why)) = proposal.zip(wish.hold) {
            proposal.hold(HeldBy::Explicit, &why);
        }
    }
}
