//! Nasty cases of the inference.

mod addresses;
mod callers;
mod hidden;
mod policies;

use serde_json::Value;

use super::{Flows, Known, Object, infer};
use crate::yaml::{self, Document};

/// The documents of a text.
fn documents(text: &str) -> Vec<Value> {
    let slices = yaml::split(text).expect("documents");
    let value = |slice| {
        Document::parse(text, slice)
            .expect("a document")
            .value()
            .clone()
    };
    slices.iter().map(value).collect()
}

/// The flows of a text.
fn flows(text: &str) -> Flows {
    let documents = documents(text);
    let objects: Vec<Object<'_>> = documents
        .iter()
        .flat_map(|document| Object::all(document, "test.yaml", None, Some("shop")))
        .collect();
    infer(&objects, Known::default())
}

/// The flows as lines: `from -> to ports`.
fn lines(flows: &Flows) -> Vec<String> {
    let line = |flow: &super::Flow| {
        let ports = flow.ports.as_ref().map_or("*".to_owned(), |ports| {
            let port = |port: &super::Port| {
                let udp = if port.protocol == "TCP" {
                    String::new()
                } else {
                    format!("/{}", port.protocol)
                };
                format!("{}{udp}", port.number)
            };
            ports.iter().map(port).collect::<Vec<_>>().join(",")
        });
        let perhaps = if flow.possible { "?" } else { "" };
        let short = |end| {
            flows
                .end(end)
                .replace("Deployment/shop/", "")
                .replace("StatefulSet/shop/", "")
        };
        format!(
            "{} -> {} {ports}{perhaps}",
            short(&flow.from),
            short(&flow.to)
        )
    };
    flows.flows.iter().map(line).collect()
}

/// What a workload is seen to call, but the API server.
fn calls(text: &str, name: &str) -> Vec<String> {
    let prefix = format!("{name} -> ");
    let lines = lines(&flows(text));
    let own = lines.iter().filter_map(|line| line.strip_prefix(&prefix));
    own.map(str::to_owned).collect()
}

/// A Deployment with some lines below its only container.
fn deployment(name: &str, container: &str) -> String {
    let container = format!(
        "        {}\n",
        container.replace('\n', "\n        ").trim_end()
    );
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      automountServiceAccountToken: false
      containers:
      - name: main
        image: example/{name}:1
{container}"
    )
}

/// A Service of a Deployment.
fn service(name: &str, ports: &str) -> String {
    format!(
        "---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: {ports}}}
"
    )
}

/// A client with some lines below its container, and a database with a Service on port 80 for the pods' 5432.
fn with_pg(container: &str) -> String {
    let pg = deployment("pg", "ports: [{containerPort: 5432, name: sql}]");
    format!(
        "{}{pg}{}",
        deployment("web", container),
        service("pg", "[{port: 80, targetPort: sql}]")
    )
}
