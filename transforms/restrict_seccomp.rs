//! Lets seccomp confine every container, and replaces its old annotations.
//!
//! ## What it changes
//! - Sets `seccompProfile.type: RuntimeDefault` where it is `Unconfined`, on the pod and on its containers.
//! - Removes the alpha annotations `seccomp.security.alpha.kubernetes.io/pod` and
//!   `container.seccomp.security.alpha.kubernetes.io/<container>`, which do nothing since Kubernetes 1.27, for
//!   targets from there on. What they say is written as the field where none is set. Where annotation and field
//!   disagree, or no container has the name, that is reported and nothing else. The profile `baseline` allows
//!   these annotations: there it is done only where the field is `Unconfined`.
//!
//! ## Why
//! Without a profile a container may make every system call of the kernel. The runtime's profile blocks some
//! forty that ordinary programs never make and that exploits of the kernel start with. An annotation that does
//! nothing only looks like protection.
//!
//! ## When it breaks something
//! `Unconfined` is the author's word, so it is changed only with `--override`, at risk high: sandboxes, mounts,
//! eBPF and `io_uring` get `operation not permitted`. On a privileged container nothing changes: no profile
//! applies to it.
//!
//! Removing an annotation changes nothing. One that says `unconfined` is evidence of what the author wants, and
//! goes only with `--override`. A profile of the runtime that becomes a field takes effect again, at risk low;
//! one of the node (`localhost/...`) at risk high: the container does not start where the file is missing.
//!
//! ## References
//! Pod Security Standards, baseline: Seccomp (v1.0+; fields since v1.19). CIS 5.6.2.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "restrict-seccomp",
    summary: "let seccomp confine every container, by field and not annotation",
    profile: Baseline,
    references: &[
        Pss("baseline"),
        Cis("5.6.2"),
        Nsa("Pod security"),
        Owasp("K01"),
    ],
    options: Options::NONE,
    run: Run::Pod(run),
};

const FIELD: &str = "/securityContext/seccompProfile";
const TYPE: &str = "/securityContext/seccompProfile/type";
const POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const INERT: &str = "the annotation does nothing since Kubernetes 1.27";
const CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    // Annotations go first, and no field is changed while one is in dispute.
    if pod.is_windows() || !annotations(pod, plan) {
        return;
    }
    let denied = "programs that build sandboxes, mount, load eBPF or use io_uring get operation not permitted";
    confine(pod, High, denied, plan);
    for container in &pod.containers {
        if container.is_true("/securityContext/privileged") {
            confine(
                container,
                Risk::None,
                "no profile applies to a privileged container",
                plan,
            );
        } else {
            confine(container, High, denied, plan);
        }
    }
}

fn confine(subject: &impl Subject, risk: Risk, reason: &str, plan: &mut Plan<'_>) {
    if subject.value(TYPE).is_some() {
        let default = json!("RuntimeDefault");
        plan.ensure(
            subject,
            TYPE,
            default,
            |kind| kind != "Unconfined",
            risk,
            reason,
        );
    }
}

/// Tells whether no annotation disagrees with its field.
fn annotations(pod: &Pod<'_>, plan: &mut Plan<'_>) -> bool {
    let Some(metadata) = pod.metadata.filter(|_| plan.settings.target.minor() >= 27) else {
        return true;
    };
    let mut agree = true;
    for (key, text) in metadata.annotations() {
        let pointer = Metadata::annotation_pointer(key);
        if key == POD && pod.pod_level {
            agree &= replace(&metadata, &pointer, text, pod, pod.get(FIELD), plan);
        } else if let Some(name) = key.strip_prefix(CONTAINER) {
            if let Some(container) = pod.container(name) {
                let field = pod.effective(container, "seccompProfile");
                agree &= replace(&metadata, &pointer, text, container, field, plan);
            } else if plan.settings.profile > Baseline {
                let advice = format!(
                    "no container is called {name}, so its profile is missing where it was meant"
                );
                plan.suggest(&metadata, &pointer, Risk::None, advice);
            }
        }
    }
    agree
}

/// Replaces one annotation. Returns false when it disagrees with its field.
fn replace(
    metadata: &Metadata<'_>,
    pointer: &str,
    text: &str,
    subject: &impl Subject,
    field: Option<&Value>,
    plan: &mut Plan<'_>,
) -> bool {
    let unconfined = field.is_some_and(|field| field["type"] == "Unconfined");
    if plan.settings.profile == Baseline && !unconfined {
        return true;
    }
    let asked = annotated_profile(text);
    if asked
        .as_ref()
        .is_some_and(|asked| field.is_some_and(|field| field != asked))
    {
        let advice = "annotation and field ask for different profiles, and only the field counts: remove the wrong one";
        plan.suggest(metadata, pointer, Risk::None, advice);
        return false;
    }
    let Some(asked) = asked.filter(|_| field.is_none()) else {
        remove(metadata, pointer, Risk::None, plan);
        return true;
    };
    let (risk, reason) = match asked["type"].as_str() {
        Some("Unconfined") => {
            plan.forbid(metadata, pointer, |_| true, Risk::None, INERT);
            return true;
        }
        Some("Localhost") => (
            High,
            "the container does not start on nodes without the file of the profile",
        ),
        _ => (
            Low,
            "only sandboxes, mounts, eBPF and io_uring need the blocked system calls",
        ),
    };
    plan.together(|plan| {
        plan.ensure(subject, FIELD, asked, |_| true, risk, reason);
        remove(metadata, pointer, risk, plan);
    });
    true
}

fn remove(metadata: &Metadata<'_>, pointer: &str, risk: Risk, plan: &mut Plan<'_>) {
    if let Some(proposal) = plan.forbid(metadata, pointer, |_| true, risk, INERT) {
        proposal.extends();
    }
}
