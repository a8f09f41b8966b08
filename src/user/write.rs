//! Writes that containers run as a user other than root, and what they need for it.

use serde_json::{Value, json};

use super::{Start, Switch};
use crate::change::{HeldBy, Risk};
use crate::plan::{Plan, Subject};
use crate::pod::{Container, ContainerKind, Pod};
use crate::quantity::Written;
use crate::volumes::VolumeNames;

const NON_ROOT: &str = "/securityContext/runAsNonRoot";
const USER: &str = "/securityContext/runAsUser";
const GROUP: &str = "/securityContext/runAsGroup";
const FS_GROUP: &str = "/securityContext/fsGroup";
const FS_GROUP_POLICY: &str = "/securityContext/fsGroupChangePolicy";
const SYSCTLS: &str = "/securityContext/sysctls";
const PORT_START: &str = "net.ipv4.ip_unprivileged_port_start";

/// A container and how it starts.
type Starting<'c> = (&'c Container<'c>, Start);
/// A container and the user that it can run as.
type Switching<'c> = (&'c Container<'c>, &'c Switch);

/// Requires a user other than root of some containers: on the pod where that is right for all of them, else on each.
///
/// `concerns` tells which containers; the others stay as they are. `size` bounds the volumes that are mounted.
pub fn require(
    pod: &Pod<'_>,
    plan: &mut Plan<'_>,
    concerns: impl Fn(&Container<'_>) -> bool,
    size: &Written,
) {
    if pod.containers.is_empty() {
        let why = "nobody knows what runs here";
        plan.ensure(pod, NON_ROOT, json!(true), is_true, Risk::High, why);
        return;
    }
    let concerned = pod
        .containers
        .iter()
        .filter(|container| concerns(container));
    let starts: Vec<Starting<'_>> = concerned
        .map(|container| (container, Start::of(pod, container, plan)))
        .map(|(container, start)| match start {
            Start::As(_) if container.kind == ContainerKind::Ephemeral => (
                container,
                Start::Unknown("its image starts as root".to_owned()),
            ),
            start => (container, start),
        })
        .collect();
    let switches: Vec<Switching<'_>> = starts
        .iter()
        .filter_map(|(container, start)| match start {
            Start::As(switch) => Some((*container, &**switch)),
            _ => None,
        })
        .collect();
    let kept = pod
        .containers
        .iter()
        .any(|container| keeps(plan, container));
    let same = switches.windows(2).all(|pair| {
        let (one, other) = (pair[0].1.ids, pair[1].1.ids);
        (one.user, one.group) == (other.user, other.group)
    });
    let whole = pod.pod_level && !kept && same && switches.len() == pod.containers.len();
    write_users(pod, &switches, whole, plan, size);
    write_requirement(pod, &starts, plan);
}

/// Tells whether the author wants the user of a container to stay what it is.
fn keeps(plan: &Plan<'_>, container: &Container<'_>) -> bool {
    let mut fields = [NON_ROOT, USER, GROUP].into_iter();
    fields.any(|field| plan.keeps(container, field))
}

/// The containers whose user stays what it is.
fn write_requirement(pod: &Pod<'_>, starts: &[Starting<'_>], plan: &mut Plan<'_>) {
    let is_open = |container: &Container<'_>| pod.effective(container, "runAsNonRoot").is_none();
    let open: Vec<&Starting<'_>> = starts
        .iter()
        .filter(|(container, start)| is_open(container) && !matches!(start, Start::As(_)))
        .collect();
    // What stands on the pod would reach a container that is to stay as it is.
    let reached = pod.containers.iter().filter(|container| is_open(container));
    let stays = |container: &&Container<'_>| {
        let is_ours = |(open, _): &&Starting<'_>| open.pointer == container.pointer;
        !open.iter().copied().any(|starting| is_ours(&starting)) || keeps(plan, container)
    };
    let must_be_root = open
        .iter()
        .any(|(_, start)| matches!(start, Start::Root(_)));
    let judged: Vec<(Risk, String)> = open.iter().map(|(_, start)| start.judge()).collect();
    let worst = judged.iter().max_by_key(|(risk, _)| *risk);
    let alike = judged
        .iter()
        .all(|(risk, _)| (*risk == Risk::High) == (judged[0].0 == Risk::High));
    let Some((risk, reason)) = worst else {
        return;
    };
    // An ephemeral container alone is no reason to reach for the pod: nothing may change it.
    let lasting = open
        .iter()
        .any(|(container, _)| container.kind != ContainerKind::Ephemeral);
    if pod.pod_level
        && lasting
        && alike
        && !must_be_root
        && !reached.into_iter().any(|container| stays(&container))
    {
        plan.ensure(pod, NON_ROOT, json!(true), is_true, *risk, reason.clone());
        return;
    }
    for ((container, start), (risk, reason)) in open.iter().zip(judged) {
        let proposal = plan.ensure(*container, NON_ROOT, json!(true), is_true, risk, reason);
        if let (Some(proposal), Start::Root(why)) = (proposal, start) {
            proposal.hold(HeldBy::Explicit, why);
        }
    }
}

/// The containers whose image starts as root or as a name: those that share a field of the pod stand or fall together.
fn write_users(
    pod: &Pod<'_>,
    switches: &[Switching<'_>],
    whole: bool,
    plan: &mut Plan<'_>,
    size: &Written,
) {
    let is_shared =
        |(_, switch): &Switching<'_>| whole || switch.low_port || switch.fs_group.is_some();
    let (together, alone): (Vec<_>, Vec<_>) = switches.iter().copied().partition(is_shared);
    let mut names = VolumeNames::of(pod);
    let groups =
        std::iter::once(together).chain(alone.into_iter().map(|switching| vec![switching]));
    for group in groups {
        let Some((_, worst)) = group.iter().max_by_key(|(_, switch)| switch.risk) else {
            continue;
        };
        plan.together(|plan| {
            if whole {
                write_user(
                    pod,
                    pod.get(NON_ROOT),
                    pod.get(GROUP),
                    worst,
                    worst.risk,
                    plan,
                );
            }
            for (container, switch) in &group {
                if !whole {
                    let required = pod.effective(container, "runAsNonRoot");
                    let group = pod.effective(container, "runAsGroup");
                    write_user(*container, required, group, switch, worst.risk, plan);
                }
                write_needs((pod, container), switch, worst.risk, &mut names, plan, size);
            }
            write_shared(pod, &group, worst.risk, plan);
        });
    }
}

fn write_user(
    subject: &impl Subject,
    required: Option<&Value>,
    group: Option<&Value>,
    switch: &Switch,
    risk: Risk,
    plan: &mut Plan<'_>,
) {
    let Switch { ids, reason, .. } = switch;
    if required.is_none() {
        plan.ensure(
            subject,
            NON_ROOT,
            json!(true),
            is_true,
            risk,
            reason.clone(),
        );
    }
    let other_than_root = |value: &Value| value.as_u64().is_some_and(|user| user != 0);
    plan.ensure(
        subject,
        USER,
        json!(ids.user),
        other_than_root,
        risk,
        reason.clone(),
    );
    if group.is_none() {
        let reason = format!("the group of user {} in the image", ids.user);
        plan.ensure(
            subject,
            GROUP,
            json!(ids.group),
            Value::is_u64,
            risk,
            reason,
        );
    }
}

/// What a container needs as another user than root.
fn write_needs(
    (pod, container): (&Pod<'_>, &Container<'_>),
    switch: &Switch,
    risk: Risk,
    names: &mut VolumeNames,
    plan: &mut Plan<'_>,
    size: &Written,
) {
    if pod.shape != crate::workload::Shape::Full {
        return;
    }
    for (name, value) in &switch.env {
        let item = json!({"name": name, "value": value});
        let reason = format!("the image needs it to run as user {}", switch.ids.user);
        plan.append(container, "/env", item, risk, reason);
    }
    for path in &switch.writable {
        let reason = format!("user {} must be able to write to {path}", switch.ids.user);
        names.mount((pod, container), path, size, (risk, &reason), plan);
    }
}

/// What stands on the pod for all of them.
fn write_shared(pod: &Pod<'_>, switches: &[Switching<'_>], risk: Risk, plan: &mut Plan<'_>) {
    let any = |_: &Value| true;
    let group = switches.iter().find_map(|(_, switch)| switch.fs_group);
    if let Some(group) = group.filter(|_| pod.pod_level && pod.get(FS_GROUP).is_none()) {
        let reason = "the user must be able to write to the persistent volume";
        plan.ensure(pod, FS_GROUP, json!(group), any, risk, reason);
        let reason = "does not walk a volume that has the group already";
        plan.ensure(
            pod,
            FS_GROUP_POLICY,
            json!("OnRootMismatch"),
            any,
            risk,
            reason,
        );
    }
    let mut sysctls = pod.items(SYSCTLS);
    let is_set = sysctls.any(|sysctl| sysctl["name"] == PORT_START);
    let low_port = switches.iter().any(|(_, switch)| switch.low_port);
    if low_port && pod.pod_level && !is_set && !pod.is_true("/hostNetwork") {
        let sysctl = json!({"name": PORT_START, "value": "0"});
        let reason = "lets a user other than root listen on a port below 1024";
        plan.append(pod, SYSCTLS, sysctl, risk, reason);
    }
}

fn is_true(value: &Value) -> bool {
    *value == true
}
