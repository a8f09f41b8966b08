//! Lets probes and lifecycle hooks call the pod itself and no other host.
//!
//! ## What it changes
//! Removes `host` from `httpGet` and `tcpSocket` of every probe and of `postStart` and `preStop`; the kubelet
//! then calls the pod's address. A name in `httpGet.host` is kept as the header `Host`, unless the author sets
//! one.
//!
//! ## Why
//! The kubelet makes these calls from the node's network, where firewalls and NetworkPolicies do not reach: with
//! `host` the author of a pod can make any node send requests to any machine, for example the cloud's metadata
//! service.
//!
//! ## When it breaks something
//! Risk is low for a name in an `httpGet` probe, which nearly always stands for the virtual host of the pod's own
//! server: the server sees the name as before. Only a server that picks its certificate by name (SNI) notices.
//!
//! Everything else is the author's choice and changed only with `--override`, at risk high. `127.0.0.1` and
//! `localhost` are the node's loopback, not the pod's (they are the same on the host's network): a program that
//! listens on loopback only fails the probe at the pod's address; let it listen on all addresses, or use an
//! `exec` probe. A probe or hook that means another machine cannot call it any more; use `exec` for it.
//!
//! ## References
//! Pod Security Standards, baseline: Host Probes / Lifecycle Hooks (v1.34+).

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "forbid-probe-host",
    summary: "let probes and lifecycle hooks call the pod and no other host",
    profile: Baseline,
    references: &[Pss("baseline")],
    options: Options::NONE,
    run: Run::Container(run),
};

const HANDLERS: [&str; 5] = [
    "/livenessProbe",
    "/readinessProbe",
    "/startupProbe",
    "/lifecycle/postStart",
    "/lifecycle/preStop",
];

fn run(_: &Pod<'_>, container: &Container<'_>, plan: &mut Plan<'_>) {
    for handler in HANDLERS
        .into_iter()
        .filter(|it| container.get(it).is_some())
    {
        for action in ["httpGet", "tcpSocket"] {
            let (host_at, headers_at) = (
                format!("{handler}/{action}/host"),
                format!("{handler}/{action}/httpHeaders"),
            );
            let host = container.get(&host_at).and_then(Value::as_str);
            let Some(host) = host.filter(|host| !host.is_empty()) else {
                continue;
            };
            let is_virtual_host = action == "httpGet" && is_name(host);
            let is_own = is_virtual_host && handler.ends_with("Probe");
            let (risk, reason) = reason(host, is_own, handler);
            let is_host = |header: &Value| {
                let name = header["name"].as_str();
                name.is_some_and(|name| name.eq_ignore_ascii_case("Host"))
            };
            plan.together(|plan| {
                if is_virtual_host && !container.items(&headers_at).any(is_host) {
                    let header = json!({"name": "Host", "value": host});
                    let why = "the server sees the same virtual host as before";
                    plan.append(container, &headers_at, header, risk, why);
                }
                let proposal = plan.forbid(container, &host_at, |_| true, risk, reason);
                if let Some(proposal) = proposal.filter(|_| is_own) {
                    proposal.extends();
                }
            });
        }
    }
}

fn reason(host: &str, is_own: bool, handler: &str) -> (Risk, String) {
    if is_own {
        let what =
            format!("the kubelet calls the pod instead of the address that {host} has on the node");
        return (Low, what);
    }
    let what = if handler.starts_with("/lifecycle") {
        format!("the hook calls the pod instead of {host}; use exec to call another machine")
    } else if is_loopback(host) {
        "a program that listens on loopback only fails the probe at the pod's address; let it listen on all addresses \
         or use exec"
            .to_owned()
    } else {
        format!("the probe fails if the port is open at {host} but not at the pod's address")
    };
    (High, what)
}

fn address(host: &str) -> Option<std::net::IpAddr> {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || address(host).is_some_and(|address| address.is_loopback() || address.is_unspecified())
}

fn is_name(host: &str) -> bool {
    !is_loopback(host) && address(host).is_none()
}
