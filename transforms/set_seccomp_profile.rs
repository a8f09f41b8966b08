//! Applies the container runtime's default seccomp profile.
//!
//! ## What it changes
//! Sets `securityContext.seccompProfile.type: RuntimeDefault` on the pod where no container is without one,
//! or on each container for kinds that take no pod-level settings. Profiles that are set stay.
//!
//! ## Why
//! Without a profile a container may make every system call of the kernel. The runtime's profile blocks some
//! forty that ordinary programs never make and that exploits of the kernel start with.
//!
//! ## When it breaks something
//! Risk is high where a container's command or image names such a program, else low: programs that build sandboxes of their own (a browser, rootless buildkit or podman, Bazel),
//! mount file systems, load eBPF programs or use `io_uring` get `operation not permitted`. On nodes whose
//! kubelet runs with `seccompDefault` nothing changes.
//!
//! ## References
//! Pod Security Standards, restricted: Seccomp (v1.19+). CIS 5.6.2.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "set-seccomp-profile",
    summary: "apply the runtime's default seccomp profile",
    profile: Restricted,
    references: &[
        Pss("restricted"),
        Cis("5.6.2"),
        Nsa("Pod security"),
        Owasp("K01"),
        Checklist,
    ],
    options: Options::NONE,
    run: Run::Pod(run),
};

const PROFILE: &str = "/securityContext/seccompProfile";
const REASON: &str = "only sandboxes, mounts, eBPF and io_uring need the blocked system calls";

/// Programs that build sandboxes or mount file systems.
const SANDBOXES: [&str; 10] = [
    "unshare",
    "bwrap",
    "buildkit",
    "buildkitd",
    "podman",
    "rootless",
    "chrome",
    "chromium",
    "mount",
    "bazel",
];

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    if pod.is_windows() || pod.get(PROFILE).is_some() {
        return;
    }
    let open: Vec<&Container<'_>> = pod
        .containers
        .iter()
        .filter(|container| container.get(PROFILE).is_none())
        .collect();
    if open.is_empty() && !pod.containers.is_empty() {
        return;
    }
    let any = |_: &Value| true;
    let sandbox = open.iter().find_map(|container| container.runs(&SANDBOXES));
    let (risk, reason) = match sandbox {
        Some(program) => (
            High,
            format!("{program} makes system calls that the profile blocks"),
        ),
        None => (Low, REASON.to_owned()),
    };
    // What stands on the pod would reach a container that is to be kept as it is.
    if pod.pod_level && !open.iter().any(|container| plan.keeps(container, PROFILE)) {
        let proposal = plan.ensure(
            pod,
            PROFILE,
            json!({"type": "RuntimeDefault"}),
            any,
            risk,
            reason.clone(),
        );
        if let (Some(proposal), Some(why)) = (proposal, annotated(pod)) {
            proposal.hold(HeldBy::Explicit, why);
        }
        return;
    }
    for container in open {
        plan.ensure(
            container,
            PROFILE,
            json!({"type": "RuntimeDefault"}),
            any,
            risk,
            reason.clone(),
        );
    }
}

/// The alpha annotations are inert since Kubernetes 1.27, but say what the author wants.
fn annotated(pod: &Pod<'_>) -> Option<&'static str> {
    let weaker = |(key, value): (&str, &str)| {
        key.contains("seccomp.security.alpha.kubernetes.io")
            && !matches!(value, "runtime/default" | "docker/default")
    };
    pod.metadata?
        .annotations()
        .any(weaker)
        .then_some("a seccomp annotation of the pod asks for another profile")
}
