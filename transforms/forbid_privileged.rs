//! Forbids privileged containers.
//!
//! ## What it changes
//! Sets `securityContext.privileged: false` where it is `true`.
//!
//! ## Why
//! A privileged container holds every capability and every device of the node, without seccomp, AppArmor or
//! SELinux: whoever takes it over has the node, and with it every pod and every Secret there.
//!
//! ## When it breaks something
//! The author wrote `true`, so the change is made only with `--override`, at risk high: programs that mount file
//! systems, open devices of the node, load kernel modules or write below `/proc/sys` stop working. Most need one
//! part of it only: a capability (`NET_ADMIN`, `SYS_TIME`), a device from a device plugin, or a pod sysctl.
//!
//! A container with a mount whose `mountPropagation` is `Bidirectional` stays privileged, whatever the flags: the
//! API server accepts the one only with the other.
//!
//! ## References
//! Pod Security Standards, baseline: Privileged Containers (v1.0+). CIS 5.2.2.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "forbid-privileged",
    summary: "forbid privileged containers",
    profile: Baseline,
    references: &[
        Pss("baseline"),
        Cis("5.2.2"),
        Nsa("Pod security"),
        Owasp("K01"),
        Checklist,
    ],
    options: Options::NONE,
    run: Run::Container(run),
};

const PRIVILEGED: &str = "/securityContext/privileged";

fn run(_: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    if !container.is_true(PRIVILEGED) {
        return;
    }
    let proposal = plan.ensure(
        container,
        PRIVILEGED,
        json!(false),
        |value| *value != true,
        High,
        "mounting file systems, opening devices of the node and changing kernel settings fail; a capability or a \
         device plugin can give back the part that is needed",
    );
    let bidirectional = container
        .items("/volumeMounts")
        .any(|mount| mount["mountPropagation"] == "Bidirectional");
    if let Some(proposal) = proposal.filter(|_| bidirectional) {
        proposal.hold(
            HeldBy::Invalid,
            "the API server accepts mountPropagation: Bidirectional only in privileged containers",
        );
    }
}
