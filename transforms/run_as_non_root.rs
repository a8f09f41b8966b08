//! Requires every container to run as a user other than root.
//!
//! ## What it changes
//! Sets `runAsNonRoot: true`: on the pod where that is right for all its containers, else on each container
//! that does not run as root on purpose. An explicit `runAsNonRoot: false` or `runAsUser: 0` is the author's
//! word; it is reported, and changed only with `--override`.
//!
//! ## Why
//! Root in a container is root on the node as soon as anything else gives way. The kubelet checks the user
//! when a container starts and refuses root.
//!
//! ## When it breaks something
//! No risk where every container it covers has a `runAsUser` other than 0: the kubelet looks at nothing else.
//!
//! Risk is high everywhere else: the kubelet refuses an image whose user is root, or a name instead of a
//! number (`CreateContainerConfigError: container has runAsNonRoot and image has non-numeric user`). Set
//! `runAsUser` to the image's user to make it safe.
//!
//! ## References
//! Pod Security Standards, restricted: Running as Non-root (v1.0+), Running as Non-root user (v1.23+).
//! CIS 5.2.7.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "run-as-non-root",
    summary: "require every container to run as a user other than root",
    profile: Restricted,
    references: &[
        Pss("restricted"),
        Cis("5.2.7"),
        Nsa("Pod security"),
        Owasp("K01"),
        Checklist,
    ],
    options: Options::NONE,
    run: Run::Pod(run),
};

const NON_ROOT: &str = "/securityContext/runAsNonRoot";
const USER_NAME: &str = "/securityContext/windowsOptions/runAsUserName";
const USER: &str = "/securityContext/runAsUser";

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    let root = "the author asks for root here";
    let user_is_root = |user: &Value| *user == 0;
    plan.forbid(pod, USER, user_is_root, High, root);
    plan.forbid(pod, USER_NAME, is_administrator_name, High, root);
    for container in &pod.containers {
        plan.forbid(container, USER, user_is_root, High, root);
        plan.forbid(container, USER_NAME, is_administrator_name, High, root);
        if container.get(NON_ROOT).is_some() {
            plan.ensure(
                container,
                NON_ROOT,
                json!(true),
                |value| *value == true,
                High,
                root,
            );
        }
    }
    if pod.get(NON_ROOT).is_some() {
        plan.ensure(
            pod,
            NON_ROOT,
            json!(true),
            |value| *value == true,
            High,
            root,
        );
        return;
    }
    let open: Vec<&Container<'_>> = pod
        .containers
        .iter()
        .filter(|container| container.get(NON_ROOT).is_none())
        .collect();
    if open.is_empty() && !pod.containers.is_empty() {
        return;
    }
    // An override has just asked for the removal of every `runAsUser: 0`.
    let overridden = plan.settings.overrides.covers(TRANSFORM.id);
    let as_root = |container: &Container<'_>| {
        let user = pod.effective(container, "runAsUser");
        !overridden && (is_administrator(pod, container) || user.is_some_and(user_is_root))
    };
    // What stands on the pod would reach a container that runs as root or is to be kept as it is.
    let barred = |container: &&Container<'_>| as_root(container) || plan.keeps(container);
    if pod.pod_level && !open.iter().any(barred) {
        let (risk, reason) = risk(pod, &open);
        plan.ensure(
            pod,
            NON_ROOT,
            json!(true),
            |value| *value == true,
            risk,
            reason,
        );
        return;
    }
    // Beside `runAsUser: 0`, which is reported above, the kubelet would refuse to start the container.
    for container in open.into_iter().filter(|container| !as_root(container)) {
        let (risk, reason) = risk(pod, &[container]);
        plan.ensure(
            container,
            NON_ROOT,
            json!(true),
            |value| *value == true,
            risk,
            reason,
        );
    }
}

/// The kubelet refuses a Windows container of this user beside `runAsNonRoot`, as it refuses user 0 on Linux.
fn is_administrator(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    container
        .get(USER_NAME)
        .or_else(|| pod.get(USER_NAME))
        .is_some_and(is_administrator_name)
}

fn is_administrator_name(user: &Value) -> bool {
    user.as_str()
        .is_some_and(|user| user.eq_ignore_ascii_case("ContainerAdministrator"))
}

/// The kubelet looks at the image only where no `runAsUser` is set (`verifyRunAsNonRoot`).
fn risk(pod: &Pod<'_>, containers: &[&Container<'_>]) -> (Risk, String) {
    if pod.is_windows() {
        return (
            High,
            "a Windows container does not start as ContainerAdministrator".to_owned(),
        );
    }
    let user = |container: &&Container<'_>| {
        pod.effective(container, "runAsUser")
            .and_then(Value::as_u64)
            .unwrap_or(0)
    };
    let unknown: Vec<&str> = containers
        .iter()
        .filter(|container| user(container) == 0)
        .map(|container| container.name())
        .collect();
    if unknown.is_empty() && !containers.is_empty() {
        return (
            Risk::None,
            "runAsUser is set and not root, so nothing changes".to_owned(),
        );
    }
    (
        High,
        "the image does not start if its user is root, or a name instead of a number".to_owned(),
    )
}
