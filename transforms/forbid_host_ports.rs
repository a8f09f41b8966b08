//! Forbids containers to take ports of the node.
//!
//! ## What it changes
//! Removes `hostPort`, and the `hostIP` beside it, from every port. `hostPort: 0`, which is none, goes without
//! `--override`; the profile `baseline` allows it and leaves it.
//!
//! On a pod that is on the host's network nothing is proposed: there every container port is a host port, and the
//! API server writes `hostPort` itself. `forbid-host-namespaces` runs first.
//!
//! ## Why
//! A host port opens the container to everybody who reaches the node, past Services and in many networks past
//! NetworkPolicies. It also lets only one such pod run on each node.
//!
//! ## When it breaks something
//! The author wrote the port, so the change is made only with `--override`, at risk high: clients that use the
//! node's address and the port find it closed. A Service of type `NodePort` or `LoadBalancer`, or an Ingress, is
//! what they should use. Removing `hostPort: 0` changes nothing.
//!
//! ## References
//! Pod Security Standards, baseline: Host Ports (v1.0+). CIS 5.2.13.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "forbid-host-ports",
    summary: "forbid containers to take ports of the node",
    profile: Baseline,
    references: &[
        Pss("baseline"),
        Cis("5.2.13"),
        Nsa("Pod security"),
        Owasp("K06"),
    ],
    options: Options::NONE,
    run: Run::Container(run),
};

fn run(pod: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    if pod.is_true("/hostNetwork") {
        return;
    }
    for (index, port) in container.items("/ports").enumerate() {
        let Some(number) = port["hostPort"].as_u64() else {
            continue;
        };
        if number == 0 && plan.settings.profile == Baseline {
            continue;
        }
        let (risk, reason) = if number == 0 {
            (Risk::None, "host port 0 is the same as none".to_owned())
        } else {
            (
                High,
                format!(
                    "clients that use the address of a node and port {number} need a Service or an Ingress instead"
                ),
            )
        };
        let pointer = format!("/ports/{index}/hostPort");
        plan.together(|plan| {
            let proposal = plan.forbid(container, &pointer, |_| true, risk, reason);
            if let Some(proposal) = proposal.filter(|_| number == 0) {
                proposal.extends();
            }
            let pointer = format!("/ports/{index}/hostIP");
            let inert = "an address of the node means nothing without a host port";
            if let Some(proposal) = plan.forbid(container, &pointer, |_| true, Risk::None, inert) {
                proposal.extends();
            }
        });
    }
}
