//! From a pod template to a workload.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::model::{Running, port, protocol, texts};
use super::{Object, Port, Workload};
use crate::pod::{ContainerKind, Pod};
use crate::workload::{Identity, PodTemplate, Shape};

pub(super) fn running<'a>(
    object: &'a Object<'a>,
    identity: &Identity,
    template: PodTemplate,
    index: usize,
) -> Running<'a> {
    let pod = template.pod(object.document);
    let labels = texts(
        pod.metadata
            .as_ref()
            .and_then(|metadata| metadata.get("/labels")),
    );
    let at = |below: &str| {
        object
            .document
            .pointer(&format!("{}{below}", object.pointer))
    };
    let selector = selector(identity, template.shape, at("/spec/selector"), &labels);
    let mut name = identity.name.clone().unwrap_or_default();
    if name.is_empty() {
        let prefix = at("/metadata/generateName")
            .and_then(Value::as_str)
            .unwrap_or_default();
        prefix.trim_end_matches('-').clone_into(&mut name);
    }
    if index > 0 {
        name = format!("{name}-{}", index + 1);
    }
    let mut ports = Vec::new();
    let live = pod
        .containers
        .iter()
        .filter(|it| matches!(it.kind, ContainerKind::App | ContainerKind::Sidecar));
    for container in live {
        for item in container.items("/ports") {
            if let Some(number) = port(item.get("containerPort")) {
                let name = item.get("name").and_then(Value::as_str).map(str::to_owned);
                ports.push((
                    name,
                    Port {
                        number,
                        protocol: protocol(item),
                    },
                ));
            }
        }
    }
    Running {
        workload: Workload {
            kind: identity.kind.clone(),
            name,
            namespace: object.namespace.clone(),
            selector,
            host_network: pod.is_true("/hostNetwork"),
            open: Vec::new(),
            context: object.context,
            foreign_dns: foreign_dns(&pod),
        },
        object,
        labels,
        ports,
        service_name: at("/spec/serviceName")
            .and_then(Value::as_str)
            .map(str::to_owned),
        template,
    }
}

/// What selects the pods. A controller's own selector is the same in all its versions; labels of the template may
/// hold more.
fn selector(
    identity: &Identity,
    shape: Shape,
    own: Option<&Value>,
    labels: &BTreeMap<String, String>,
) -> Option<Value> {
    // An operator gives its pods labels that are not written here.
    if shape != Shape::Full {
        return None;
    }
    let of_labels = || {
        let labels: Map<String, Value> = labels
            .iter()
            .map(|(key, value)| (key.clone(), json!(value)))
            .collect();
        (!labels.is_empty()).then(|| json!({"matchLabels": labels}))
    };
    if identity.group() == "batch" {
        // The controller of Jobs sets the label; the name of a CronJob's Job is made at run time.
        let by_name = match identity.name.as_deref() {
            Some(name) if identity.kind == "Job" => json!({"matchLabels": {"job-name": name}}),
            _ => json!({"matchExpressions": [{"key": "job-name", "operator": "Exists"}]}),
        };
        return of_labels().or(Some(by_name));
    }
    let own = own.and_then(Value::as_object).filter(|own| !own.is_empty());
    let is_selector = |own: &&Map<String, Value>| {
        own.values()
            .all(|value| value.is_object() || value.is_array())
    };
    let copied = own.filter(is_selector).map(|own| {
        let known = own.iter().filter(|(key, value)| {
            ["matchLabels", "matchExpressions"].contains(&key.as_str()) && !value.is_null()
        });
        Value::Object(
            known
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        )
    });
    let plain = || {
        // A ReplicationController has the labels themselves.
        let own = own.filter(|own| own.values().all(Value::is_string))?;
        Some(json!({"matchLabels": own}))
    };
    copied
        .filter(|selector| selector != &json!({}))
        .or_else(plain)
        .or_else(of_labels)
}

fn foreign_dns(pod: &Pod<'_>) -> Option<Vec<String>> {
    let servers = || {
        let servers = pod
            .items("/dnsConfig/nameservers")
            .filter_map(Value::as_str);
        servers.map(str::to_owned).collect::<Vec<_>>()
    };
    match pod.get("/dnsPolicy").and_then(Value::as_str) {
        Some("None" | "Default") => Some(servers()),
        _ => Some(servers()).filter(|servers| !servers.is_empty()),
    }
}
