//! Forbids pods to share the node's network, processes and shared memory.
//!
//! ## What it changes
//! Sets `hostNetwork`, `hostPID` and `hostIPC` to `false` where they are `true`.
//!
//! `dnsPolicy: ClusterFirstWithHostNet` stays: without the host's network it means `ClusterFirst`. Host ports
//! that the manifest names become ports of their own, which `forbid-host-ports` looks at. The host's network of
//! Windows HostProcess pods is left to `forbid-host-process`: the API server accepts neither without the other.
//!
//! ## Why
//! On the host's network a pod reaches what listens on the node's loopback, sees the traffic of its neighbours
//! and escapes every NetworkPolicy. With `hostPID` it sees and, as root, controls every process of the node; with
//! `hostIPC` it reads the shared memory of others.
//!
//! ## When it breaks something
//! The author wrote `true`, so the change is made only with `--override`, at risk high.
//!
//! Without the host's network a program has an address of its own: clients need a Service instead of the node's
//! address, a probe or a peer on the node's `127.0.0.1` is out of reach, and names are resolved by the cluster's
//! DNS unless `dnsPolicy` is `Default`. Without `hostPID` and `hostIPC` debuggers, monitors and programs that
//! share memory with the node see only their own pod.
//!
//! ## References
//! Pod Security Standards, baseline: Host Namespaces (v1.0+). CIS 5.2.3, 5.2.4, 5.2.5.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "forbid-host-namespaces",
    summary: "forbid sharing the node's network, processes and memory",
    profile: Baseline,
    references: &[
        Pss("baseline"),
        Cis("5.2.3"),
        Cis("5.2.4"),
        Cis("5.2.5"),
        Nsa("Pod security"),
        Owasp("K01"),
    ],
    options: Options::NONE,
    run: Run::Pod(run),
};

const FIELDS: [(&str, &str); 3] = [
    (
        "/hostNetwork",
        "clients at the node's address need a Service instead, and the node's loopback and interfaces are out of reach",
    ),
    (
        "/hostPID",
        "a program that inspects or signals processes of the node sees only its own pod",
    ),
    (
        "/hostIPC",
        "a program that shares memory or semaphores with the node sees only its own pod",
    ),
];

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    const HOST_PROCESS: &str = "/securityContext/windowsOptions/hostProcess";
    let host_process = pod.is_true(HOST_PROCESS)
        || pod
            .containers
            .iter()
            .any(|container| container.is_true(HOST_PROCESS));
    for (field, reason) in FIELDS {
        let theirs = field == "/hostNetwork" && host_process;
        if pod.is_true(field) && !theirs {
            plan.ensure(
                pod,
                field,
                json!(false),
                |value| *value != true,
                High,
                reason,
            );
        }
    }
}
