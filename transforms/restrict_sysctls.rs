//! Removes kernel parameters that Pod Security does not count as safe.
//!
//! ## What it changes
//! Takes entries out of the pod's `securityContext.sysctls` that the Pod Security Standards do not allow in their
//! newest version. The other entries stay; when none does, `sysctls` goes too.
//!
//! ## Why
//! The allowed parameters are known to be confined to the pod. Others may reach the node or exhaust it, and the
//! kubelet refuses pods that use them (`SysctlForbidden`) unless the node's administrator allows them one by one.
//!
//! ## When it breaks something
//! The author wrote the parameter, so it is removed only with `--override`, at risk high: it falls back to the
//! kernel's default (`net.core.somaxconn` to 4096, for example), and a program that checks it may refuse to
//! start. Nodes that need another value set it themselves.
//!
//! ## References
//! Pod Security Standards, baseline: Sysctls (v1.0+; the list grew in v1.27, v1.29, v1.32 and v1.37). CIS 5.6.3.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "restrict-sysctls",
    summary: "remove kernel parameters that are not known to be safe",
    profile: Baseline,
    references: &[Pss("baseline"), Cis("5.6.3"), Owasp("K01")],
    options: Options::NONE,
    run: Run::Pod(run),
};

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    let forbidden = |sysctl: &Value| {
        let name = sysctl["name"].as_str()?;
        (!pod_security::SYSCTLS.contains(&name)).then(|| {
            format!("{name} falls back to the kernel's default, where the program may be slower or not start")
        })
    };
    plan.forbid_items(pod, "/securityContext/sysctls", forbidden, High);
}
