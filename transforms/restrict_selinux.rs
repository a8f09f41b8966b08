//! Restricts SELinux labels to those of ordinary containers.
//!
//! ## What it changes
//! Removes `user` and `role`, and a `type` other than `container_t`, `container_init_t`, `container_kvm_t` and
//! `container_engine_t`, from `seLinuxOptions` of the pod and of its containers. `level` stays.
//!
//! ## Why
//! The type decides what SELinux lets a process do. With `spc_t` or `unconfined_t` a container is not confined at
//! all.
//!
//! ## When it breaks something
//! The author wrote the label, so it is removed only with `--override`, at risk high: on nodes with SELinux in
//! enforcing mode the program loses what its type or role allows it, such as files of the node or the sockets of
//! its agents. On other nodes nothing changes.
//!
//! ## References
//! Pod Security Standards, baseline: SELinux (v1.0+; `container_engine_t` since v1.31). CIS 5.6.3.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "restrict-selinux",
    summary: "restrict SELinux labels to those of ordinary containers",
    profile: Baseline,
    references: &[
        Pss("baseline"),
        Cis("5.6.3"),
        Nsa("Pod security"),
        Owasp("K01"),
    ],
    options: Options::NONE,
    run: Run::Pod(run),
};

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    restrict(pod, plan);
    for container in &pod.containers {
        restrict(container, plan);
    }
}

fn restrict(subject: &impl Subject, plan: &mut Plan<'_>) {
    for key in ["type", "user", "role"] {
        let pointer = format!("/securityContext/seLinuxOptions/{key}");
        let Some(label) = subject.value(&pointer).and_then(Value::as_str) else {
            continue;
        };
        let is_bad = match key {
            "type" => !pod_security::SE_LINUX_TYPES.contains(&label),
            _ => !label.is_empty(),
        };
        let reason =
            format!("on nodes with SELinux the program loses what the {key} {label} allows it");
        plan.forbid(subject, &pointer, |_| is_bad, High, reason);
    }
}
