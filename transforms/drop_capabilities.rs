//! Drops all Linux capabilities of every container.
//!
//! ## What it changes
//! Sets `securityContext.capabilities.drop` to `[ALL]`. A partial list (`[NET_RAW]`) and one in another
//! spelling (`[all]`, which the Pod Security admission does not accept) become `[ALL]`. Capabilities that
//! the author gives back under `add` stay: the runtime drops first and adds then.
//!
//! ## Why
//! Capabilities split the powers of root into parts. A runtime gives a container fourteen of them by
//! default, among them `NET_RAW` (forge packets), `SETUID` and `CHOWN`. A service that only listens on a
//! port above 1023 and reads its files needs none, and what it does not hold an intruder cannot use.
//!
//! ## When it breaks something
//! Risk is low where every process runs as a user other than root (`runAsUser` is set and not 0): such a
//! process holds no capabilities anyway, and only a program with file capabilities fails to start
//! (`operation not permitted`: caddy, coredns, ingress-nginx need `NET_BIND_SERVICE` back).
//!
//! Risk is high where the user is root or unknown: entrypoints that `chown`, switch users (`gosu`,
//! `su-exec`), bind a port below 1024 or `ping` stop working. Give back what the program needs under
//! `add`, for example `[CHOWN, SETGID, SETUID]`. Where the author set `runAsUser: 0` and the command runs such
//! a program, the change is held as explicit.
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

/// Images whose program carries file capabilities.
const FILE_CAPABILITIES: [&str; 5] = [
    "caddy",
    "coredns",
    "ingress-nginx",
    "nginx-ingress-controller",
    "vault",
];

fn run(pod: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    if pod.is_windows() {
        return;
    }
    let (risk, reason) = match pod
        .effective(container, "runAsUser")
        .and_then(Value::as_u64)
    {
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
    let all = |drop: &Value| {
        drop.as_array()
            .is_some_and(|drop| drop.iter().any(|name| name == "ALL"))
    };
    let proposal = plan.ensure(
        container,
        "/securityContext/capabilities/drop",
        json!(["ALL"]),
        all,
        risk,
        reason,
    );
    if let Some(proposal) = proposal {
        proposal.extends();
        let as_root = pod
            .effective(container, "runAsUser")
            .is_some_and(|user| *user == 0);
        if let Some(program) = program_for_root(container).filter(|_| as_root) {
            let why = format!(
                "the container runs {program} as root, which needs capabilities; give them under `add`"
            );
            proposal.hold(HeldBy::Explicit, &why);
        }
        if container.is_true("/securityContext/privileged") {
            proposal.hold(
                HeldBy::Explicit,
                "the container is privileged and holds every capability, whatever it drops",
            );
        }
    }
}

/// A program in the container's command that does what only root with capabilities can do.
fn program_for_root(container: &Container<'_>) -> Option<&'static str> {
    const PROGRAMS: [&str; 16] = [
        "chown", "chmod", "chgrp", "gosu", "su-exec", "setpriv", "runuser", "sudo", "mount",
        "sysctl", "iptables", "setcap", "chroot", "apt-get", "apk", "useradd",
    ];
    container.runs(&PROGRAMS)
}
