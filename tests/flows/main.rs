//! The flows of whole applications, and what the policies made of them let through.

#![allow(clippy::format_push_string, clippy::unwrap_used, missing_docs)]

mod applications;
mod evaluator;
mod random;

use std::collections::{BTreeMap, BTreeSet};

use evaluator::{Party, Pod};
use kubetemper::flows::{self, Flows, Known, Object, Options, Policies};
use kubetemper::workload;
use serde_json::Value;

/// An application, its flows, and its policies.
struct Application {
    flows: Flows,
    policies: Vec<Value>,
    /// The pods by `namespace/name` of their workloads, with the ports that they declare.
    pods: BTreeMap<String, (Pod, Vec<u16>)>,
    /// Those that may call anything.
    open: BTreeSet<String>,
}

impl Application {
    fn of(documents: &[Value]) -> Self {
        let objects: Vec<Object<'_>> = documents
            .iter()
            .flat_map(|document| Object::all(document, "test.yaml", None, None))
            .collect();
        let flows = flows::infer(&objects, Known::default());
        let namespaces: BTreeSet<&str> = flows
            .workloads
            .iter()
            .map(|it| it.namespace.as_str())
            .collect();
        let mut policies = Vec::new();
        for namespace in namespaces {
            match flows::policies(&flows, namespace, Options::default()) {
                Policies::Made(made) => {
                    policies.extend(made.into_iter().map(|policy| policy.value));
                }
                Policies::Held(why) => panic!("{why}"),
            }
        }
        let open = flows.workloads.iter().filter(|it| !it.open.is_empty());
        Self {
            open: open
                .map(|it| format!("{}/{}", it.namespace, it.name))
                .collect(),
            pods: documents.iter().filter_map(pod).collect(),
            flows,
            policies,
        }
    }

    fn allows(&self, from: &str, to: &str, port: u16, protocol: &str) -> bool {
        let party = |name: &str| match self.pods.get(name) {
            Some((pod, _)) => Party::Pod(pod.clone()),
            None => Party::Outside,
        };
        evaluator::allows(&self.policies, &party(from), &party(to), port, protocol)
    }
}

/// The pods of a workload, as the cluster makes them.
fn pod(document: &Value) -> Option<(String, (Pod, Vec<u16>))> {
    let identity = workload::identity(document, "");
    let templates = workload::pod_templates(&identity, document, "", &[]);
    let view = templates.first()?.pod(document);
    let labels = view
        .metadata
        .and_then(|metadata| metadata.get("/labels"))
        .and_then(Value::as_object);
    let mut labels: BTreeMap<String, String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    if identity.group() == "batch" {
        labels.insert("job-name".to_owned(), identity.name.clone().unwrap());
    }
    let ports: Vec<&Value> = view
        .containers
        .iter()
        .flat_map(|container| container.items("/ports"))
        .collect();
    let number = |port: &&Value| u16::try_from(port["containerPort"].as_u64().unwrap()).unwrap();
    let protocol = |port: &&Value| port["protocol"].as_str().unwrap_or("TCP").to_owned();
    let named = ports.iter().filter_map(|port| {
        let name = port["name"].as_str()?.to_owned();
        Some(((name, protocol(port)), number(port)))
    });
    let namespace = identity.namespace.clone().unwrap();
    let key = format!("{namespace}/{}", identity.name.clone().unwrap());
    Some((
        key,
        (
            Pod {
                namespace,
                labels,
                named: named.collect(),
            },
            ports.iter().map(number).collect(),
        ),
    ))
}
