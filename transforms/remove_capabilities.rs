//! Removes added Linux capabilities that the profile does not allow.
//!
//! ## What it changes
//! Takes entries out of `securityContext.capabilities.add`: at profile baseline those beyond the default set of
//! the container runtimes (without `NET_RAW`), at profiles restricted and strict all but `NET_BIND_SERVICE`. The
//! other entries stay; when none does, `add` goes too.
//!
//! An allowed capability in another spelling (`CAP_NET_BIND_SERVICE`, `chown`), which Pod Security admission does
//! not accept, is spelled as it wants it.
//!
//! ## Why
//! Each capability is a part of root's power over the node's kernel. Several (`SYS_ADMIN`, `SYS_PTRACE`,
//! `SYS_MODULE`, `BPF`) are as good as the whole.
//!
//! ## When it breaks something
//! The author added the capability, so it is removed only with `--override`, at risk high: the calls that need it
//! fail with `operation not permitted`. To listen on ports below 1024 without a capability set the pod's sysctl
//! `net.ipv4.ip_unprivileged_port_start` to `"0"`.
//!
//! A new spelling is of risk low: some runtimes take `CAP_X` for `X`, others ignore it, and there the container
//! now gets the capability that its author asks for.
//!
//! ## References
//! Pod Security Standards, baseline: Capabilities (v1.0+), restricted: Capabilities (v1.22+). CIS 5.2.8, 5.2.9.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "remove-capabilities",
    summary: "remove added capabilities that the profile does not allow",
    profile: Baseline,
    references: &[
        Pss("baseline"),
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

const ADD: &str = "/securityContext/capabilities/add";

fn run(pod: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    let profile = plan.settings.profile;
    let is_allowed = |name: &str| match profile {
        Baseline => pod_security::ADDABLE_CAPABILITIES.contains(&name),
        Restricted | Strict => name == "NET_BIND_SERVICE",
    };
    for (index, item) in container.items(ADD).enumerate() {
        let Some(name) = item.as_str().filter(|name| is_allowed(&plain(name))) else {
            continue;
        };
        let (pointer, want) = (format!("{ADD}/{index}"), plain(name));
        let reason = "the same capability, spelled as Pod Security admission accepts it";
        let proposal = plan.ensure(
            container,
            &pointer,
            json!(want),
            |name| *name == want,
            Low,
            reason,
        );
        if let Some(proposal) = proposal {
            proposal.extends();
        }
    }
    // What `drop-capabilities` gives back is no wish of the author.
    let needed = Capabilities::of(pod, container, plan).map_or_else(Vec::new, |needed| needed.add);
    let forbidden = |item: &Value| {
        let name = plain(item.as_str()?);
        if needed.contains(&name) {
            return None;
        }
        let does = does(&name);
        (!is_allowed(&name)).then(|| format!("without {name} the program cannot {does}"))
    };
    plan.forbid_items(container, ADD, forbidden, High);
}

/// The spelling of the Kubernetes API; runtimes take others too.
fn plain(name: &str) -> String {
    let name = name.to_uppercase();
    name.strip_prefix("CAP_").unwrap_or(&name).to_owned()
}

fn does(capability: &str) -> &'static str {
    match capability {
        "ALL" => "do what only root may",
        "BPF" | "PERFMON" => "load eBPF programs or trace the kernel",
        "CHOWN" | "DAC_OVERRIDE" | "DAC_READ_SEARCH" | "FOWNER" | "FSETID" => {
            "handle files of other users as root"
        }
        "IPC_LOCK" => "lock memory (mlock)",
        "KILL" => "signal processes of other users",
        "NET_ADMIN" => "set up interfaces, routes or firewall rules",
        "NET_RAW" => "ping or send raw packets",
        "SETGID" | "SETUID" => "switch to another user",
        "SYS_ADMIN" => "mount file systems or enter namespaces",
        "SYS_CHROOT" => "change its root directory",
        "SYS_MODULE" => "load kernel modules",
        "SYS_NICE" => "raise its priority",
        "SYS_PTRACE" => "debug or read other processes",
        "SYS_RESOURCE" => "raise its own limits",
        "SYS_TIME" => "set the clock",
        _ => "make the calls that need it",
    }
}
