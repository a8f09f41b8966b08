//! Keeps the token of the ServiceAccount `default` out of the pods of a namespace.
//!
//! ## What it changes
//! Makes the ServiceAccount `default` of the namespace, which Kubernetes makes anyway, with
//! `automountServiceAccountToken: false`. One that is among the manifests is the author's and stays as it is.
//!
//! ## Why
//! Pods that name no ServiceAccount run as `default`, also those that nobody has written yet: whoever is given a
//! role later for one program gives it to all of them, with the token mounted.
//!
//! ## When it breaks something
//! A program that calls the API server as `default` cannot log in; only pods that set
//! `automountServiceAccountToken: true` themselves still get the token. Where the manifests tell of such a program the
//! change is held, and where more may run in the namespace than they tell of; `--override` lifts the former. Into a new
//! namespace, `kubectl apply` may find that Kubernetes has just made the account: apply again.
//!
//! ## References
//! CIS 5.1.5, 5.1.6. NSA/CISA Kubernetes Hardening Guidance 1.2, Pod service account tokens.

use k8s_openapi::api::core::v1::ServiceAccount;

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "default-service-account",
    summary: "make the ServiceAccount `default` mount no token",
    profile: Restricted,
    references: &[Cis("5.1.5"), Cis("5.1.6"), Nsa("Pod security"), Checklist],
    options: Options::NONE,
    run: Run::Namespace(run),
};

fn run(namespace: &Namespace<'_>, plan: &mut Plan<'_>) {
    let mut accounts = namespace.of_kind("", "ServiceAccount");
    if accounts.any(|account| account.name() == "default" && account.generator().is_none()) {
        return;
    }
    let mut account = ServiceAccount::default();
    account.metadata.name = Some("default".to_owned());
    account.automount_service_account_token = Some(false);
    let reason = "pods that name no ServiceAccount run as it, and few programs use its token";
    let needs = |workload: &&Object<'_>| workload.token.is_some() && relies(workload);
    let held = namespace.workloads().find(needs);
    let Some(creation) = plan.create(&account, Low, reason) else {
        return;
    };
    if let Some(workload) = held {
        let evidence = workload.token.unwrap_or_default();
        let why = format!("{}: {evidence}", workload.label());
        creation.hold(HeldBy::Explicit, &why);
    } else if let Some(why) = &namespace.unseen {
        creation.hold(HeldBy::Unseen, why);
    }
}

/// Tells whether a pod runs as `default` and leaves it to the account whether the token is mounted.
fn relies(workload: &Object<'_>) -> bool {
    workload.pods().any(|pod| {
        let names = ["/serviceAccountName", "/serviceAccount"].map(|name| pod.get(name));
        let name = names.into_iter().flatten().next();
        name.is_none_or(|name| name == "default" || name == "")
            && pod.get("/automountServiceAccountToken").is_none()
    })
}
