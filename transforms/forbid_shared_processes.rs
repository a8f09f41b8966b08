//! Keeps the processes of a pod's containers apart.
//!
//! ## What it changes
//! Sets `shareProcessNamespace: false` where the author set it to true. That is explicit: without `--override`
//! it is reported and left.
//!
//! ## Why
//! In a shared namespace every container sees the processes of the others, their command lines and, through
//! `/proc/<pid>/root`, their file systems with the secrets mounted there.
//!
//! ## When it breaks something
//! Risk is high: a sidecar that signals or traces the main process, and an image that needs another container's
//! process 1 to reap its orphans, stop working.
//!
//! ## References
//! NSA/CISA Kubernetes Hardening Guidance 1.2, Pod security.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "forbid-shared-processes",
    summary: "keep the processes of a pod's containers apart",
    profile: Strict,
    references: &[Nsa("Pod security")],
    options: Options::NONE,
    run: Run::Pod(run),
};

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    if pod.is_true("/shareProcessNamespace") {
        plan.ensure(
            pod,
            "/shareProcessNamespace",
            json!(false),
            |value| *value == false,
            High,
            "a sidecar that signals or traces another container's processes stops working",
        );
    }
}
