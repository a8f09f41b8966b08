//! Forbids processes to gain more privileges than their parent.
//!
//! ## What it changes
//! Sets `securityContext.allowPrivilegeEscalation: false` on every container.
//!
//! ## Why
//! Unset means allowed: a program with the setuid bit or file capabilities raises a process to root. With
//! `false` the runtime sets `no_new_privs`, and the kernel ignores those bits.
//!
//! ## When it breaks something
//! Risk is high where the container's command or image names such a program, or where the image is known to gain
//! privileges so (`kubetemper images`), else low: `sudo`, `su`, a setuid `ping` and programs with file capabilities lose
//! their special powers.
//! Programs that step down from root (`gosu`, `su-exec`, `setpriv`) are not affected.
//!
//! The API server rejects `false` beside `privileged: true` or an added `CAP_SYS_ADMIN`; there the change
//! is held as invalid. Windows pods have no such field.
//!
//! ## References
//! Pod Security Standards, restricted: Privilege Escalation (v1.8+). CIS 5.2.6.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "forbid-privilege-escalation",
    summary: "forbid processes to gain more privileges than their parent",
    profile: Restricted,
    references: &[
        Pss("restricted"),
        Cis("5.2.6"),
        Nsa("Pod security"),
        Owasp("K01"),
        Checklist,
    ],
    options: Options::NONE,
    run: Run::Container(run),
};

/// Programs that a file's setuid bit or capabilities make work, or that build sandboxes with such helpers.
const SETUID: [&str; 10] = [
    "sudo",
    "su",
    "ping",
    "newuidmap",
    "buildkit",
    "buildkitd",
    "rootless",
    "podman",
    "bwrap",
    "fusermount",
];

fn run(pod: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    if pod.is_windows() {
        return;
    }
    let (risk, reason) = match container.runs(&SETUID) {
        Some(program) => (
            High,
            format!("{program} needs the privileges of its file and stops working"),
        ),
        None => (
            Low,
            "only sudo, su, setuid programs and file capabilities stop working".to_owned(),
        ),
    };
    let (risk, reason) = match user::gains_privileges(container, plan) {
        Some(reason) => (High, reason),
        None => (risk, reason),
    };
    let proposal = plan.ensure(
        container,
        "/securityContext/allowPrivilegeEscalation",
        json!(false),
        |value| *value == false,
        risk,
        reason,
    );
    let Some(proposal) = proposal else { return };
    if container.is_true("/securityContext/privileged") {
        proposal.hold(
            HeldBy::Invalid,
            "the API server rejects it beside privileged: true",
        );
    }
    // Kubernetes compares this literal only; `SYS_ADMIN` without the prefix is accepted.
    let added = container
        .get("/securityContext/capabilities/add")
        .and_then(Value::as_array);
    if added.is_some_and(|added| added.iter().any(|name| name == "CAP_SYS_ADMIN")) {
        proposal.hold(
            HeldBy::Invalid,
            "the API server rejects it beside the added capability CAP_SYS_ADMIN",
        );
    }
}
