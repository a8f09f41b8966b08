//! Denies what the pods of a namespace have no need of: all traffic but DNS and the flows that the manifests imply.
//!
//! ## What it changes
//! Makes NetworkPolicies: one that denies everything in both directions, one for DNS, and for each workload one with the
//! flows that `kubetemper flows` shows, each with its evidence as a comment and in the report. A workload whose destinations are not all
//! known may call everything, unless the option `egress` is `deny`. A namespace in which a policy of the author selects
//! all pods and admits nothing stays as it is.
//!
//! ## Why
//! Without policies every pod reaches every other one, and the internet: an intruder too.
//!
//! ## When it breaks something
//! Callers and destinations that no manifest names: in Secrets, in code, in other repositories. Check the flows first.
//! It is held where the manifests do not tell what is deployed. Network plugins that enforce no policies ignore it.
//!
//! ## References
//! CIS 5.3.2. NSA/CISA Kubernetes Hardening Guidance 1.2, Network policies. OWASP Kubernetes Top Ten 2025.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "default-deny-network",
    summary: "deny all traffic but DNS and the flows that the manifests imply",
    profile: Restricted,
    references: &[
        Cis("5.3.2"),
        Nsa("Network policies"),
        Owasp("K05"),
        Checklist,
    ],
    options: Options::of::<NetworkOptions>(),
    run: Run::Namespace(run),
};

fn run(namespace: &Namespace<'_>, plan: &mut Plan<'_>) {
    let denies = |policy: &Object<'_>| {
        let selects = policy
            .get("/spec/podSelector/matchLabels")
            .or(policy.get("/spec/podSelector/matchExpressions"));
        let admits = policy.get("/spec/ingress").or(policy.get("/spec/egress"));
        policy.generator().is_none() && selects.is_none() && admits.is_none()
    };
    let mut present = namespace.of_kind("networking.k8s.io", "NetworkPolicy");
    if namespace.workloads().next().is_none() || present.any(denies) {
        return;
    }
    let options: NetworkOptions = plan.options(namespace);
    let (policies, trouble) = flows::wanted(namespace, plan, options.into());
    let trouble = namespace.unseen.clone().or(trouble);
    for policy in policies {
        let mut reason = "traffic that no manifest implies is cut off".to_owned();
        for (_, evidence) in &policy.comments {
            reason = format!("{reason}; allowed: {evidence}");
        }
        let Some(creation) = plan.create(&policy.value, High, reason) else {
            continue;
        };
        for (pointer, comment) in policy.comments {
            creation.note(pointer, comment);
        }
        if let Some(why) = &trouble {
            creation.hold(HeldBy::Unseen, why);
        }
    }
}
