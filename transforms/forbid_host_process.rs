//! Forbids Windows containers that run as processes of the node.
//!
//! ## What it changes
//! Sets `securityContext.windowsOptions.hostProcess` to `false` wherever it is `true`, on the pod and on its
//! containers, and `hostNetwork` with it: all of it or nothing. The API server accepts neither a pod with some
//! HostProcess containers nor one without the host's network.
//!
//! ## Why
//! A HostProcess container is no container: it sees the file system, the network, the devices and the registry of
//! the Windows node, and runs as the user that `runAsUserName` names, often `NT AUTHORITY\SYSTEM`.
//!
//! ## When it breaks something
//! The author wrote `true`, so the change is made only with `--override`, at risk high: agents that manage the
//! node (CNI, kube-proxy, CSI, log shippers) stop working, and an account of the node in `runAsUserName` does not
//! exist in an ordinary container.
//!
//! ## References
//! Pod Security Standards, baseline: HostProcess (v1.0+). CIS 5.2.11.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "forbid-host-process",
    summary: "forbid Windows containers that run as processes of the node",
    profile: Baseline,
    references: &[Pss("baseline"), Cis("5.2.11"), Owasp("K01")],
    options: Options::NONE,
    run: Run::Pod(run),
};

const HOST_PROCESS: &str = "/securityContext/windowsOptions/hostProcess";

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    let on_pod = pod.is_true(HOST_PROCESS);
    let containers = pod.containers.iter();
    let containers: Vec<_> = containers
        .filter(|container| container.is_true(HOST_PROCESS))
        .collect();
    if !on_pod && containers.is_empty() {
        return;
    }
    plan.together(|plan| {
        if pod.is_true("/hostNetwork") {
            deny(
                pod,
                "/hostNetwork",
                "only HostProcess pods must be on the host's network",
                plan,
            );
        }
        let reason =
            "a program that manages the Windows node, its files, network or services stops working";
        if on_pod {
            deny(pod, HOST_PROCESS, reason, plan);
        }
        for container in containers {
            deny(container, HOST_PROCESS, reason, plan);
        }
    });
}

fn deny(subject: &impl Subject, pointer: &str, reason: &str, plan: &mut Plan<'_>) {
    plan.ensure(
        subject,
        pointer,
        json!(false),
        |value| *value != true,
        High,
        reason,
    );
}
