//! Gives containers the masked `/proc` of an ordinary container.
//!
//! ## What it changes
//! Sets `securityContext.procMount: Default` where it is `Unmasked`. At profile baseline a pod with `hostUsers:
//! false` may keep it: Pod Security baseline allows that since Kubernetes 1.35, restricted never does.
//!
//! ## Why
//! Runtimes hide parts of `/proc` (`/proc/kcore`, `/proc/keys`) and make others read-only (`/proc/sys`), because
//! they reach the node's kernel. `Unmasked` shows them all.
//!
//! ## When it breaks something
//! The author wrote `Unmasked`, so the change is made only with `--override`, at risk high: programs that build
//! containers inside the container (rootless buildkit, podman, nested kubelets) cannot mount a `/proc` of their
//! own.
//!
//! ## References
//! Pod Security Standards, baseline: /proc Mount Type (v1.0+), restricted (v1.35+). CIS 5.6.3.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "restrict-proc-mount",
    summary: "give containers the masked /proc of an ordinary container",
    profile: Baseline,
    references: &[
        Pss("baseline"),
        Pss("restricted"),
        Cis("5.6.3"),
        Owasp("K01"),
    ],
    options: Options::NONE,
    run: Run::Container(run),
};

const PROC_MOUNT: &str = "/securityContext/procMount";

fn run(pod: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    let in_user_namespace = pod.get("/hostUsers") == Some(&json!(false));
    let is_allowed = in_user_namespace && plan.settings.profile == Baseline;
    if is_allowed || container.get(PROC_MOUNT).is_none() {
        return;
    }
    plan.ensure(
        container,
        PROC_MOUNT,
        json!("Default"),
        |mount| mount == "Default",
        High,
        "a program that builds containers of its own cannot mount a /proc for them",
    );
}
