//! Random applications: what they are made to call is allowed, and nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Application;

/// A workload with a Service.
#[derive(Debug, Clone)]
struct App {
    namespace: usize,
    /// Whether the Service finds the ports of the pods by name.
    named: bool,
    ports: usize,
    /// Added to the ports of the pods, so that they differ from those of the Service.
    offset: u16,
    kind: &'static str,
    /// An image of which nothing is known, without a quiet one's promise.
    dark: bool,
    protocol: &'static str,
}

#[derive(Debug, Clone)]
struct Call {
    from: usize,
    to: usize,
    port: usize,
    notation: usize,
}

const NOTATIONS: usize = 16;

fn apps() -> impl Strategy<Value = (Vec<App>, Vec<Call>)> {
    let kind = prop::sample::select(vec!["Deployment", "StatefulSet", "DaemonSet"]);
    let app = (
        0..3_usize,
        any::<bool>(),
        1..3_usize,
        0..50_u16,
        kind,
        prop::bool::weighted(0.1),
        prop::sample::select(vec!["TCP", "UDP", "SCTP"]),
    )
        .prop_map(
            |(namespace, named, ports, offset, kind, dark, protocol)| App {
                namespace,
                named,
                ports,
                offset,
                kind,
                dark,
                protocol,
            },
        );
    let call = (0..8_usize, 0..8_usize, 0..2_usize, 0..NOTATIONS).prop_map(
        |(from, to, port, notation)| Call {
            from,
            to,
            port,
            notation,
        },
    );
    (
        prop::collection::vec(app, 2..8),
        prop::collection::vec(call, 0..12),
    )
}

fn name(index: usize) -> String {
    format!("svc-{index}")
}

fn namespace(app: &App) -> String {
    format!("team-{}", app.namespace)
}

fn service_port(port: usize) -> u16 {
    if port == 0 { 80 } else { 9000 }
}

fn pod_port(app: &App, port: usize) -> u16 {
    8000 + app.offset + if port == 0 { 0 } else { 1000 }
}

/// How a call is written, and whether it names its port.
#[derive(Default)]
struct Written {
    env: Vec<Value>,
    args: Vec<String>,
    file: String,
    from_map: Vec<(String, String)>,
}

fn write(call: &Call, apps: &[App], number: usize, into: &mut Written) -> bool {
    let to = &apps[call.to];
    let (own, port) = (name(call.to), service_port(call.port));
    let full = format!("{own}.{}.svc.cluster.local", namespace(to));
    let near = if apps[call.from].namespace == to.namespace {
        own.clone()
    } else {
        format!("{own}.{}", namespace(to))
    };
    let env =
        |key: &str, value: String| json!({"name": format!("A{number}_{key}"), "value": value});
    match call.notation {
        0 => into.env.push(env("HOST", near)),
        1 => into
            .env
            .extend([env("HOST", near), env("PORT", port.to_string())]),
        2 => into.env.push(env("URL", format!("tcp://{near}:{port}/x"))),
        3 => into.env.push(env(
            "URL",
            format!("postgres://user:p%40ss@{full}.:{port}/db?sslmode=off"),
        )),
        4 => into
            .env
            .push(env("ADDR", format!("{near}:{port}").to_uppercase())),
        5 => into
            .env
            .push(env("JDBC", format!("jdbc:postgresql://{full}:{port}/db"))),
        6 => into
            .env
            .push(env("NODES", format!("{near}:{port},{full}:{port}"))),
        7 => into.env.push(env("ANYTHING", format!("{near}:{port}"))),
        8 => into.env.extend([
            env("H", near),
            env("U", format!("http://$(A{number}_H):{port}")),
        ]),
        9 => into.args.push(format!("--a{number}={near}:{port}")),
        10 => into.args.extend([format!("--a{number}-host"), full]),
        11 => into.file += &format!("a{number}:\n  host: {near}\n  port: {port}\n"),
        12 => into.file += &format!("a{number}: [\"{full}:{port}\"]\n"),
        13 => into.from_map.push((
            format!("A{number}_ENDPOINT"),
            format!("http://{full}:{port}"),
        )),
        14 => into.env.push(env(
            "DSN",
            format!("host={full} port={port} user=x password=y"),
        )),
        _ => into.env.push(env(
            "CONFIG",
            format!("{{\"db\": {{\"host\": \"{near}\", \"port\": {port}}}}}"),
        )),
    }
    // The host alone, in a setting of its own, stands for all ports.
    ![0, 8, 10].contains(&call.notation)
}

/// The objects of an application, and what it is made to call: caller, called, ports of the pods.
fn build(apps: &[App], calls: &[Call]) -> (Vec<Value>, BTreeSet<(usize, usize, u16)>) {
    let mut documents = Vec::new();
    let mut expected = BTreeSet::new();
    for (index, app) in apps.iter().enumerate() {
        let mut written = Written::default();
        let own = calls
            .iter()
            .enumerate()
            .filter(|(_, call)| call.from == index);
        for (number, call) in own {
            let ports = if write(call, apps, number, &mut written) {
                call.port..call.port + 1
            } else {
                0..apps[call.to].ports
            };
            expected.extend(ports.map(|port| (index, call.to, pod_port(&apps[call.to], port))));
        }
        documents.extend(objects(index, app, written));
    }
    (documents, expected)
}

fn objects(index: usize, app: &App, written: Written) -> Vec<Value> {
    let (name, namespace) = (name(index), namespace(app));
    let metadata = json!({"name": name, "namespace": namespace});
    let ports: Vec<usize> = (0..app.ports).collect();
    let declared: Vec<Value> = ports
        .iter()
        .map(|port| json!({"containerPort": pod_port(app, *port), "name": format!("p{port}"), "protocol": app.protocol}))
        .collect();
    let target = |port: usize| {
        if app.named {
            json!(format!("p{port}"))
        } else {
            json!(pod_port(app, port))
        }
    };
    let service: Vec<Value> = ports
        .iter()
        .map(|port| json!({"name": format!("s{port}"), "port": service_port(*port), "targetPort": target(*port), "protocol": app.protocol}))
        .collect();
    let image = if app.dark {
        "example/dark:1"
    } else {
        "redis:7"
    };
    let mut data = serde_json::Map::new();
    data.insert("config.yaml".to_owned(), json!(written.file));
    data.extend(
        written
            .from_map
            .into_iter()
            .map(|(key, value)| (key, json!(value))),
    );
    let spec = json!({
        "automountServiceAccountToken": false,
        "volumes": [{"name": "c", "configMap": {"name": name}}],
        "containers": [{
            "name": "main", "image": image, "ports": declared, "env": written.env, "args": written.args,
            "envFrom": [{"configMapRef": {"name": name}}],
        }],
    });
    let labels = json!({"app": name});
    vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}),
        json!({
            "apiVersion": "apps/v1", "kind": app.kind, "metadata": metadata,
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
        }),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"selector": labels, "ports": service}}),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn implied_flows_are_allowed_and_no_others((apps, calls) in apps()) {
        let fits = |call: &&Call| {
            let (Some(_), Some(to)) = (apps.get(call.from), apps.get(call.to)) else { return false };
            call.from != call.to && call.port < to.ports
        };
        let calls: Vec<Call> = calls.iter().filter(fits).cloned().collect();
        let (documents, expected) = build(&apps, &calls);
        let application = Application::of(&documents);
        for (from, one) in apps.iter().enumerate() {
            let key = |index: usize, app: &App| format!("{}/{}", namespace(app), name(index));
            let caller = key(from, one);
            for (to, other) in apps.iter().enumerate().filter(|(to, _)| *to != from) {
                let open = application.open.contains(&caller);
                let to_key = key(to, other);
                for port in (0..other.ports).map(|port| pod_port(other, port)) {
                    for protocol in ["TCP", "UDP", "SCTP"] {
                        let found = application.allows(&caller, &to_key, port, protocol);
                        let own = protocol == other.protocol;
                        let wanted = own && expected.contains(&(from, to, port));
                        prop_assert!(!wanted || found, "{caller} -> {to}:{port}/{protocol} is cut");
                        prop_assert!(wanted || !found || open, "{caller} -> {to}:{port}/{protocol} is allowed");
                        prop_assert!(!open || found || !own, "{caller} may call {to}:{port}/{protocol}, and is cut");
                    }
                }
            }
            let calls_any = calls.iter().any(|call| call.from == from);
            prop_assert_eq!(application.open.contains(&caller), one.dark && !calls_any);
        }
    }
}
