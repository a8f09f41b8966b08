//! Lets the API server hold a namespace to the Pod Security Standard that its pods meet.
//!
//! ## What it changes
//! On the Namespace object: `warn` and `audit` at `restricted`, and `enforce` at the highest level that all pods of the
//! namespace meet after this run, each with its version pinned to `--target`. No `enforce` where a pod is privileged or
//! no workload is seen. Labels that are there are never lowered.
//!
//! ## Why
//! Manifests can be hardened today and softened tomorrow; the label makes the API server refuse pods that fall back.
//!
//! ## When it breaks something
//! `warn` and `audit` only speak. `enforce` refuses pods that are not among the manifests and do not meet the level:
//! those of other repositories, of operators, of injected sidecars. It is held where the manifests do not tell what is
//! deployed: a kustomization patches them, a file cannot be read, or an operator makes the pods.
//!
//! ## References
//! Pod Security Admission. CIS 5.2.1.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "label-pod-security",
    summary: "label namespaces with the Pod Security level that their pods meet",
    profile: Restricted,
    references: &[
        Pss("restricted"),
        Cis("5.2.1"),
        Nsa("Pod security"),
        Checklist,
    ],
    options: Options::NONE,
    run: Run::Namespace(run),
};

const PREFIX: &str = "/metadata/labels/pod-security.kubernetes.io~1";

fn run(namespace: &Namespace<'_>, plan: &mut Plan<'_>) {
    // OpenShift's syncer computes the labels itself.
    let sync = "/metadata/labels/security.openshift.io~1scc.podSecurityLabelSync";
    if namespace.object.is_none() || namespace.value(sync).is_some_and(|sync| sync == "true") {
        return;
    }
    let versions = [plan.settings.target, Version::LATEST];
    let levels = namespace
        .pods()
        .flat_map(|pod| versions.map(|at| pod_security::level(&pod, at)));
    if let Some(level) = levels.min().filter(|level| *level > Level::Privileged) {
        let reason =
            format!("all its pods meet {level}; one that is not seen here and does not is refused");
        let partial = |workload: &&Object<'_>| workload.pods().any(|pod| pod.shape != Shape::Full);
        let operated = namespace.workloads().find(partial);
        let operated = operated.map(|it| format!("an operator makes the pods of {}", it.label()));
        let unseen = namespace.unseen.clone().or(operated);
        label(namespace, plan, "enforce", level, High, &reason, unseen);
    }
    for mode in ["audit", "warn"] {
        let reason = "a pod that is not restricted is told of, and runs";
        label(
            namespace,
            plan,
            mode,
            Level::Restricted,
            Risk::None,
            reason,
            None,
        );
    }
}

/// Sets a label that is missing, with its version.
fn label(
    namespace: &Namespace<'_>,
    plan: &mut Plan<'_>,
    mode: &str,
    level: Level,
    risk: Risk,
    reason: &str,
    unseen: Option<String>,
) {
    let (place, version) = (format!("{PREFIX}{mode}"), format!("{PREFIX}{mode}-version"));
    let pinned = namespace.value(&place).is_some() || namespace.value(&version).is_some();
    let target = json!(plan.settings.target.to_string());
    let enough = |found: &Value| Level::named(found).is_some_and(|found| found >= level);
    plan.together(|plan| {
        let proposal = plan.ensure(namespace, &place, json!(level), enough, risk, reason);
        if let Some((proposal, why)) = proposal.zip(unseen) {
            proposal.hold(HeldBy::Unseen, &why);
        }
        if !pinned {
            let why = "newer versions of the level may refuse more";
            plan.ensure(namespace, &version, target, |_| true, risk, why);
        }
    });
}
