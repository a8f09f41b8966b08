//! Requires every container to run as a user other than root.
//!
//! ## What it changes
//! Sets `runAsNonRoot: true`: on the pod where that is right for all its containers, else on each container
//! that does not run as root on purpose. Where the image is known (`kubetemper images`) and its user is root, or a name
//! that the kubelet cannot check, it writes `runAsUser` and `runAsGroup`, and what that user needs: an `emptyDir` at each
//! place that the image must write to, `fsGroup` for a persistent volume, and the sysctl
//! `net.ipv4.ip_unprivileged_port_start` for a port below 1024. A container that must stay root is reported and left, as
//! is one that runs `chown`, `sysctl` or the like. An explicit `runAsNonRoot: false` or `runAsUser: 0` is the author's
//! word; it is reported, and changed only with `--override`. A user that fits other tags of the image than the one that
//! is there is reported: the files in its volumes may belong to it.
//!
//! ## Why
//! Root in a container is root on the node as soon as anything else gives way. The kubelet checks the user
//! when a container starts and refuses root.
//!
//! ## When it breaks something
//! No risk where every container it covers has a `runAsUser` other than 0: the kubelet looks at nothing else.
//!
//! Risk is low where the image is known for sure, and runs what it is made for: its user is a number, or the one
//! that is written works.
//!
//! Risk is high where less is known of the image, where the container runs a script or another program, and where
//! files of its volumes may belong to the old user. It is high for an unknown image: the kubelet refuses one whose
//! user is root, or a name instead of a number (`CreateContainerConfigError: container has runAsNonRoot and image has
//! non-numeric user`). Say what its user is with `--images` or `--image-config`, or set `runAsUser`, to make it safe.
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
    options: Options::of::<Volumes>(),
    run: Run::Pod(run),
};

/// Options of `run-as-non-root`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Volumes {
    /// How much a container may write to a volume that is mounted where its user must be able to write.
    size_limit: Written,
}

impl Default for Volumes {
    fn default() -> Self {
        let size_limit = "1Gi".into();
        Self { size_limit }
    }
}

const NON_ROOT: &str = "/securityContext/runAsNonRoot";
const USER_NAME: &str = "/securityContext/windowsOptions/runAsUserName";
const USER: &str = "/securityContext/runAsUser";

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    let Volumes { size_limit } = plan.options(pod);
    report(pod, plan);
    // An override has just asked for the removal of every `runAsUser: 0`.
    let overridden = plan.settings.overrides.covers(TRANSFORM.id);
    let stays = |container: &Container<'_>| {
        let asks_for_root =
            |field: &str, weak: Value| pod.effective(container, field) == Some(&weak);
        is_administrator(pod, container)
            || asks_for_root("runAsUser", json!(0))
            || asks_for_root("runAsNonRoot", json!(false))
    };
    user::require(
        pod,
        plan,
        |container| overridden || !stays(container),
        &size_limit,
    );
}

/// Reports what the author wrote against it, and users that do not fit their image.
fn report(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    let root = "the author asks for root here";
    let is_root = |user: &Value| *user == 0;
    let is_true = |value: &Value| *value == true;
    plan.forbid(pod, USER, is_root, High, root);
    plan.forbid(pod, USER_NAME, is_administrator_name, High, root);
    for container in &pod.containers {
        plan.forbid(container, USER, is_root, High, root);
        plan.forbid(container, USER_NAME, is_administrator_name, High, root);
        if container.get(NON_ROOT).is_some() {
            plan.ensure(container, NON_ROOT, json!(true), is_true, High, root);
        }
        let Some(user) = pod.effective(container, "runAsUser") else {
            continue;
        };
        if let Some((want, why)) = user::user_of_other_tags(user, container, plan) {
            let fits = |user: &Value| *user == want;
            let proposal = match container.get(USER) {
                Some(_) => plan.ensure(container, USER, json!(want), fits, High, why),
                None => plan.ensure(pod, USER, json!(want), fits, High, why),
            };
            proposal.map(Proposal::leave_to_a_person);
        }
    }
    if pod.get(NON_ROOT).is_some() {
        plan.ensure(pod, NON_ROOT, json!(true), is_true, High, root);
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
