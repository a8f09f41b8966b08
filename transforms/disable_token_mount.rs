//! Keeps the token of the ServiceAccount out of pods that do not call the API server.
//!
//! ## What it changes
//! Sets `automountServiceAccountToken: false` on the pod, unless its ServiceAccount says so already. The pod's
//! own projected tokens, and those that webhooks inject for cloud identities and meshes, are not affected.
//!
//! ## Why
//! Kubernetes mounts credentials of the API server into every container. Few programs use them; an intruder
//! does, and has whatever the ServiceAccount may do now or is allowed later.
//!
//! ## When it breaks something
//! The change is held where the manifests tell that the pod calls the API server: a binding gives its
//! ServiceAccount a role, the ServiceAccount asks for the token, a webhook or aggregated API points to it, its
//! command line or image is that of a client (`kubectl`, `--leader-elect`, operators, controllers), the Vault
//! agent is injected, or an operator adds containers of its own. `--override` sets it all the same.
//!
//! Risk is low for the ServiceAccount `default`, and for another one that stands in the manifests without a
//! binding: only a program that reads the namespace or the CA from the mount fails. Risk is high where the
//! binding may be elsewhere: on standard input, or when the ServiceAccount is not among the manifests.
//!
//! ## References
//! CIS 5.1.5, 5.1.6. NSA/CISA Kubernetes Hardening Guidance 1.2, Pod service account tokens.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "disable-token-mount",
    summary: "keep the API token out of pods that do not call the API server",
    profile: Restricted,
    references: &[
        Cis("5.1.5"),
        Cis("5.1.6"),
        Nsa("Pod security"),
        Owasp("K01"),
        Checklist,
    ],
    options: Options::NONE,
    run: Run::Pod(run),
};

const FIELD: &str = "/automountServiceAccountToken";

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    if !pod.pod_level || pod.shape == Shape::Limited {
        return;
    }
    let token = Token::of(pod, plan);
    if token.is_off && pod.get(FIELD).is_none() {
        return;
    }
    let off = |value: &Value| *value == false;
    let proposal = plan.ensure(pod, FIELD, json!(false), off, token.risk, token.reason);
    if let Some((proposal, why)) = proposal.zip(token.evidence) {
        proposal.hold(HeldBy::Explicit, &why);
    }
}
