//! Drops all Linux capabilities of every container.
//!
//! ## What it changes
//! Sets `securityContext.capabilities.drop` to `[ALL]`. A partial list (`[NET_RAW]`) and one in another
//! spelling (`[all]`, which the Pod Security admission does not accept) become `[ALL]`. Capabilities that
//! the author gives back under `add` stay: the runtime drops first and adds then. Where the image is known (`kubetemper
//! images`), those that it needs are given back: as root all that its entrypoint uses, as another user those of the
//! program's file. So are those of a container that runs `chown` or `chmod` as root.
//!
//! ## Why
//! Capabilities split the powers of root into parts. A runtime gives a container fourteen of them by
//! default, among them `NET_RAW` (forge packets), `SETUID` and `CHOWN`. A service that only listens on a
//! port above 1023 and reads its files needs none, and what it does not hold an intruder cannot use.
//!
//! ## When it breaks something
//! Risk is low where every process runs as a user other than root (`runAsUser` is set and not 0): such a
//! process holds no capabilities anyway, and only a program with file capabilities fails to start
//! (`operation not permitted`: caddy, coredns, ingress-nginx need `NET_BIND_SERVICE` back). It is low too where the
//! image is known for sure and what it needs is given back.
//!
//! Risk is high where the user is root or unknown, and so is the image: entrypoints that `chown`, switch users
//! (`gosu`, `su-exec`), bind a port below 1024 or `ping` stop working. Give back what the program needs under
//! `add`, for example `[CHOWN, SETGID, SETUID]`. Where the command itself runs such a program, and nothing says that it
//! runs as another user than root, the change is held as explicit.
//!
//! ## References
//! Pod Security Standards, restricted: Capabilities (v1.22+). CIS 5.2.8, 5.2.9, 5.2.10.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "drop-capabilities",
    summary: "drop all Linux capabilities of every container",
    profile: Restricted,
    references: &[
        Pss("restricted"),
        Cis("5.2.8"),
        Cis("5.2.9"),
        Nsa("Pod security"),
        Owasp("K01"),
        Checklist,
    ],
    options: Options::NONE,
    run: Run::Container(run),
};

/// Images whose program carries file capabilities, under whatever name somebody built them.
const FILE_CAPABILITIES: [&str; 5] = [
    "caddy",
    "coredns",
    "ingress-nginx",
    "nginx-ingress-controller",
    "vault",
];

const ADD: &str = "/securityContext/capabilities/add";
const DROP: &str = "/securityContext/capabilities/drop";

fn run(pod: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    if pod.is_windows() {
        return;
    }
    let is_all = |name: &Value| *name == "ALL";
    if container.items(DROP).any(is_all) {
        user::report_capabilities_of_other_tags(pod, container, plan);
        return;
    }
    let needed = Capabilities::of(pod, container, plan);
    let is_known = needed.is_some();
    let Capabilities { add, risk, reason } = needed.unwrap_or_else(|| guess(pod, container));
    plan.together(|plan| {
        let all = |drop: &Value| drop.as_array().is_some_and(|drop| drop.iter().any(is_all));
        let proposal = plan.ensure(container, DROP, json!(["ALL"]), all, risk, reason);
        let Some(proposal) = proposal else {
            return;
        };
        proposal.extends();
        hold(pod, container, is_known, proposal);
        for name in add {
            let has = |item: &Value| is_all(item) || *item == name;
            if !container.items(ADD).any(has) {
                plan.append(container, ADD, json!(name), risk, "the program needs it");
            }
        }
    });
}

/// The risk where nobody knows the image.
fn guess(pod: &Pod<'_>, container: &Container<'_>) -> Capabilities {
    let user = pod
        .effective(container, "runAsUser")
        .and_then(Value::as_u64);
    let (risk, reason) = match user {
        Some(user) if user != 0 && container.runs(&FILE_CAPABILITIES).is_some() => (
            High,
            "the program of this image has file capabilities and fails to start without them; give them under `add`".to_owned(),
        ),
        Some(user) if user != 0 => (
            Low,
            format!(
                "user {user} holds no capabilities; only a program with file capabilities would miss them"
            ),
        ),
        Some(_) => (
            High,
            "root without capabilities cannot chown, switch users or bind ports below 1024"
                .to_owned(),
        ),
        None => (
            High,
            "breaks an image that starts as root to chown, switch users or bind a port below 1024"
                .to_owned(),
        ),
    };
    let add = Vec::new();
    Capabilities { add, risk, reason }
}

/// What would certainly break, or would change nothing.
fn hold(pod: &Pod<'_>, container: &Container<'_>, is_known: bool, proposal: &mut Proposal) {
    let user = pod.effective(container, "runAsUser");
    let maybe_root = user.is_none_or(|user| *user == 0);
    if let Some(program) = program_for_root(container).filter(|_| maybe_root && !is_known) {
        let why = format!(
            "the container runs {program}, which needs capabilities as root; give them under `add`"
        );
        proposal.hold(HeldBy::Explicit, &why);
    }
    if container.is_true("/securityContext/privileged") {
        let why = "the container is privileged and holds every capability, whatever it drops";
        proposal.hold(HeldBy::Explicit, why);
    }
}
