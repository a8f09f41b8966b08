//! Addresses in the settings of a workload: whatever stands around one, it is found, and nothing is shown masked.

use kubetemper::flows::{self, End, Flows, Known, Object, Options};
use serde_json::{Value, json};

pub(super) const WORDS: &[&str] = &[
    "http://db:5432/x",
    "postgres://u:p@db.shop.svc.cluster.local:5432/app?sslmode=disable",
    "db:5432",
    "db",
    "[::1]:80",
    "kafka-0.kafka:9092,kafka-1.kafka:9092",
    "jdbc:mysql://db/app",
    "10.0.0.1:8080",
    "--upstream=http://a,http://b",
    "tls://a:1,tls://b:2",
    "user:pass@host",
    "https://example.com",
    "{\"url\":\"http://db\"}",
    "server: db:5432\n",
    "a.b.c",
    "x://y://z",
    "redis+sentinel://db:26379/0",
    "$(HOST):$(PORT)",
    "DB_HOST=db\nDB_PORT=5432\n",
    "://",
];

/// Infers flows with a text as a setting, as an argument and as a file.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let flows = infer(text);
    assert!(flows.workloads.len() == 2);
    for flow in &flows.flows {
        assert!(!flow.evidence.is_empty(), "{flow:?}");
    }
    let _ = flows::policies(&flows, "shop", Options::default());
    // What comes before an address on a line of its own does not hide it.
    let more = infer(&format!("{text}\nhttp://db:5432\n"));
    let calls_db = |flow: &flows::Flow| {
        flow.from == End::Workload(0) && flow.to == End::Workload(1) && !flow.possible
    };
    assert!(
        more.flows.iter().any(calls_db),
        "{text:?}: {:?}",
        more.flows
    );
}

fn infer(text: &str) -> Flows {
    let labels = |name: &str| json!({"app": name});
    let pod = |name: &str, container: Value| {
        let metadata = json!({"name": name, "namespace": "shop", "labels": labels(name)});
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    };
    let web = json!({
        "name": "web", "image": "web", "args": [text],
        "env": [{"name": "A", "value": text}, {"name": "DB_URL", "value": text}, {"name": "B", "value": "$(A)"}],
        "envFrom": [{"configMapRef": {"name": "c"}}],
    });
    let db = json!({"name": "db", "image": "postgres", "ports": [{"containerPort": 5432, "name": "pg"}]});
    let documents = [
        pod("web", web),
        pod("db", db),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"selector": labels("db"), "ports": [{"port": 5432, "targetPort": "pg"}]},
        }),
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"},
            "data": {"KEY": text, "app.conf": text},
        }),
    ];
    let all = documents
        .iter()
        .flat_map(|document| Object::all(document, "f.yaml", None, None));
    flows::infer(&all.collect::<Vec<_>>(), Known::default())
}
