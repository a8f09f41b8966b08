//! Lets AppArmor confine every container, and moves its annotations to fields.
//!
//! ## What it changes
//! - Removes `appArmorProfile` of type `Unconfined` from the pod and its containers; the runtime's default
//!   profile takes its place where the node has AppArmor. A container whose pod names another profile gets
//!   `RuntimeDefault`. An explicit profile is not written elsewhere: nodes without AppArmor refuse to start such
//!   a pod.
//! - Removes the annotation `container.apparmor.security.beta.kubernetes.io/<container>` where it says
//!   `unconfined`.
//! - Writes what the other annotations say as `appArmorProfile` of the container and removes them, for targets
//!   from 1.30 on and the profiles above `baseline`, which allows them. Where annotation and field disagree, or no
//!   container has the name, that is reported and nothing else.
//!
//! ## Why
//! The runtime's profile denies what containers have no use for: mounts, writing below `/proc/sys` and `/sys`,
//! tracing other processes. The annotation is deprecated since 1.30, and API servers stop copying it to the
//! field.
//!
//! ## When it breaks something
//! `Unconfined` is the author's word, so it is removed only with `--override`, at risk high: programs that mount,
//! trace or manage other processes are denied on nodes with AppArmor.
//!
//! Moving an annotation is of no risk for targets up to 1.35, where the API server does the same, and of risk low
//! after, where a profile that had lost its effect takes effect again.
//!
//! ## References
//! Pod Security Standards, baseline: AppArmor (v1.0+). KEP-24. CIS 5.6.3.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "restrict-apparmor",
    summary: "let AppArmor confine every container, by field and not annotation",
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

const FIELD: &str = "/securityContext/appArmorProfile";
const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
const DENIED: &str =
    "a program that mounts, traces or manages other processes is denied on nodes with AppArmor";

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    // The API server rejects an annotation that differs from its field: annotations go first, and no field is
    // changed while one is in dispute.
    if pod.is_windows() || !annotations(pod, plan) {
        return;
    }
    let is_unconfined = |profile: &Value| profile["type"] == "Unconfined";
    let named = pod
        .get(FIELD)
        .is_some_and(|profile| !is_unconfined(profile));
    plan.forbid(pod, FIELD, is_unconfined, High, DENIED);
    for container in &pod.containers {
        if named && container.get(FIELD).is_some() {
            let default = json!({"type": "RuntimeDefault"});
            plan.ensure(
                container,
                FIELD,
                default,
                |profile| !is_unconfined(profile),
                High,
                DENIED,
            );
        } else {
            plan.forbid(container, FIELD, is_unconfined, High, DENIED);
        }
    }
}

/// Tells whether no annotation disagrees with its field.
fn annotations(pod: &Pod<'_>, plan: &mut Plan<'_>) -> bool {
    let Some(metadata) = pod.metadata else {
        return true;
    };
    let target = plan.settings.target.minor();
    let movable = plan.settings.profile > Baseline
        && target >= 30
        && pod.pod_level
        && pod.shape != Shape::Limited;
    let mut agree = true;
    for (key, text) in metadata.annotations() {
        let Some(name) = key.strip_prefix(ANNOTATION) else {
            continue;
        };
        if text.is_empty() && plan.settings.profile == Baseline {
            continue;
        }
        let Some(asked) = annotated_profile(text) else {
            let advice =
                "the value names no AppArmor profile: write runtime/default or localhost/<profile>";
            plan.suggest(&metadata, &Metadata::annotation_pointer(key), High, advice);
            continue;
        };
        let pointer = Metadata::annotation_pointer(key);
        let Some(container) = pod.container(name) else {
            let advice = format!("the API server rejects the pod: no container is called {name}");
            plan.suggest(&metadata, &pointer, High, advice);
            continue;
        };
        match pod.effective(container, "appArmorProfile") {
            Some(field) if *field != asked => {
                agree = false;
                let advice = "the API server rejects the pod: annotation and field ask for different profiles";
                plan.suggest(&metadata, &pointer, High, advice);
            }
            Some(_) if movable => remove(&metadata, &pointer, Risk::None, plan),
            _ if asked["type"] == "Unconfined" => {
                plan.forbid(&metadata, &pointer, |_| true, High, DENIED);
            }
            None if movable => {
                let (risk, reason) = if target < 36 {
                    (
                        Risk::None,
                        "the API server copies the annotation to the field anyway",
                    )
                } else {
                    (
                        Low,
                        "an annotation that newer API servers do not heed takes effect again",
                    )
                };
                plan.together(|plan| {
                    plan.ensure(container, FIELD, asked, |_| true, risk, reason);
                    remove(&metadata, &pointer, risk, plan);
                });
            }
            _ => {}
        }
    }
    agree
}

fn remove(metadata: &Metadata<'_>, pointer: &str, risk: Risk, plan: &mut Plan<'_>) {
    let reason = "the field says the same";
    if let Some(proposal) = plan.forbid(metadata, pointer, |_| true, risk, reason) {
        proposal.extends();
    }
}
