//! The objects as the inference needs them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::running::running;
use super::{Evidence, Known, Object, Port, Workload};
use crate::pod::Pod;
use crate::report::label;
use crate::workload::{self, Identity, PodTemplate};

/// Kinds that count wherever they are: they belong to no namespace.
const CLUSTER: [&str; 4] = [
    "CustomResourceDefinition",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// A workload with what only the inference needs.
#[derive(Debug)]
pub(super) struct Running<'a> {
    pub(super) workload: Workload,
    pub(super) object: &'a Object<'a>,
    pub(super) template: PodTemplate,
    /// The labels of its pods.
    pub(super) labels: BTreeMap<String, String>,
    /// Ports that its containers declare, with their names.
    pub(super) ports: Vec<(Option<String>, Port)>,
    /// `spec.serviceName` of a StatefulSet.
    pub(super) service_name: Option<String>,
}

impl Running<'_> {
    pub(super) fn pod(&self) -> Pod<'_> {
        self.template.pod(self.object.document)
    }

    /// A pointer within the document as evidence of the object.
    pub(super) fn evidence(&self, pointer: &str, text: impl Into<String>) -> Evidence {
        let pointer = pointer
            .strip_prefix(&self.object.pointer)
            .unwrap_or(pointer)
            .to_owned();
        Evidence {
            object: self.workload.label(),
            pointer,
            text: text.into(),
        }
    }
}

/// A port of a Service.
#[derive(Debug, Clone)]
pub(super) struct ServicePort {
    pub(super) name: Option<String>,
    pub(super) port: u16,
    pub(super) target: Target,
    pub(super) protocol: String,
}

/// The port of the pods that a port of a Service leads to.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Number(u16),
    Name(String),
}

/// A Service.
#[derive(Debug)]
pub(super) struct Service<'a> {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) value: &'a Value,
    /// Empty without a selector.
    pub(super) selector: BTreeMap<String, String>,
    pub(super) ports: Vec<ServicePort>,
    pub(super) headless: bool,
    pub(super) external_name: Option<String>,
}

impl Service<'_> {
    pub(super) fn label(&self) -> String {
        let namespace = Some(self.namespace.as_str()).filter(|namespace| !namespace.is_empty());
        label("Service", namespace, Some(&self.name))
    }

    pub(super) fn selects(&self, running: &Running<'_>) -> bool {
        !self.selector.is_empty()
            && self.namespace == running.workload.namespace
            && self
                .selector
                .iter()
                .all(|(key, value)| running.labels.get(key) == Some(value))
    }

    /// `spec.type`.
    pub(super) fn kind(&self) -> &str {
        self.value
            .pointer("/spec/type")
            .and_then(Value::as_str)
            .unwrap_or("ClusterIP")
    }
}

/// An object of some other kind.
#[derive(Debug)]
pub(super) struct Other<'a> {
    pub(super) object: &'a Object<'a>,
    pub(super) identity: Identity,
    pub(super) value: &'a Value,
}

/// All objects, by what they are.
#[derive(Debug, Default)]
pub(super) struct Model<'a> {
    pub(super) running: Vec<Running<'a>>,
    pub(super) services: Vec<Service<'a>>,
    /// ConfigMaps and Secrets by kind, namespace and name.
    pub(super) settings: BTreeMap<(&'static str, String, String), &'a Value>,
    /// ServiceAccounts that mount no token, by namespace and name; true where they do.
    pub(super) accounts: BTreeMap<(String, String), bool>,
    pub(super) others: Vec<Other<'a>>,
    /// Services by namespace and name.
    named: BTreeMap<(String, String), usize>,
    /// The workloads that each Service selects.
    selected: Vec<Vec<usize>>,
}

impl<'a> Model<'a> {
    pub(super) fn of(objects: &'a [Object<'a>], known: Known<'_>) -> Self {
        let mut model = Self::default();
        let mut seen = BTreeSet::new();
        let (group, context): (Vec<_>, Vec<_>) = objects.iter().partition(|object| !object.context);
        for object in group.into_iter().chain(context) {
            let identity = workload::identity(object.document, &object.pointer);
            let key = (
                identity.kind.clone(),
                object.namespace.clone(),
                identity.name.clone(),
            );
            let is_new = seen.insert(key);
            // Another variant of the same object, such as another overlay, does not run beside this one; and what
            // names no namespace is not known to run beside the group at all.
            let counts = is_new
                && (!object.namespace.is_empty() || CLUSTER.contains(&identity.kind.as_str()));
            if !object.context || counts {
                model.add(object, identity, known);
            }
        }
        model.index();
        model
    }

    /// Finds what Services select, once for all.
    fn index(&mut self) {
        let mut labelled: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
        for (index, running) in self.running.iter().enumerate() {
            for (key, value) in &running.labels {
                labelled
                    .entry((&running.workload.namespace, key, value))
                    .or_default()
                    .push(index);
            }
        }
        let selected = self.services.iter().map(|service| {
            let first = service.selector.iter().next();
            let first = first
                .and_then(|(key, value)| labelled.get(&(service.namespace.as_str(), key, value)));
            let all = first.into_iter().flatten().copied();
            all.filter(|index| service.selects(&self.running[*index]))
                .collect()
        });
        self.selected = selected.collect();
        for (index, service) in self.services.iter().enumerate() {
            self.named
                .entry((service.namespace.clone(), service.name.clone()))
                .or_insert(index);
        }
    }

    fn add(&mut self, object: &'a Object<'a>, identity: Identity, known: Known<'_>) {
        let Some(value) = object.document.pointer(&object.pointer) else {
            return;
        };
        let name = identity.name.clone().unwrap_or_default();
        let namespace = object.namespace.clone();
        match (identity.group(), identity.kind.as_str()) {
            ("", "Service") => self.services.push(service(object, name, value)),
            ("", "ConfigMap") => drop(self.settings.insert(("ConfigMap", namespace, name), value)),
            ("", "Secret") => drop(self.settings.insert(("Secret", namespace, name), value)),
            ("", "ServiceAccount") => {
                let automount = value
                    .get("automountServiceAccountToken")
                    .and_then(Value::as_bool);
                self.accounts
                    .insert((namespace, name), automount.unwrap_or(true));
            }
            // It is a template for others and makes no pods.
            ("", "PodTemplate") => {}
            _ => {
                let templates = workload::pod_templates(
                    &identity,
                    object.document,
                    &object.pointer,
                    known.workloads,
                );
                for (index, template) in templates.into_iter().enumerate() {
                    self.running
                        .push(running(object, &identity, template, index));
                }
                self.others.push(Other {
                    object,
                    identity,
                    value,
                });
            }
        }
    }

    /// The Service of a name.
    pub(super) fn service(&self, namespace: &str, name: &str) -> Option<usize> {
        self.named
            .get(&(namespace.to_owned(), name.to_owned()))
            .copied()
    }

    /// The workloads that a Service selects, by index.
    pub(super) fn selected(&self, service: usize) -> impl Iterator<Item = usize> + '_ {
        self.selected[service].iter().copied()
    }
}

pub(super) fn texts(map: Option<&Value>) -> BTreeMap<String, String> {
    let map = map.and_then(Value::as_object);
    let entries = map.into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// A number as a port.
pub(super) fn port(value: Option<&Value>) -> Option<u16> {
    let number = value?.as_u64().or_else(|| value?.as_str()?.parse().ok())?;
    u16::try_from(number).ok().filter(|number| *number != 0)
}

/// A number or a name as the port of a pod.
pub(super) fn target(value: Option<&Value>) -> Option<Target> {
    port(value).map(Target::Number).or_else(|| {
        let name = value?.as_str().filter(|name| !name.is_empty())?;
        Some(Target::Name(name.to_owned()))
    })
}

pub(super) fn protocol(value: &Value) -> String {
    value
        .get("protocol")
        .and_then(Value::as_str)
        .unwrap_or("TCP")
        .to_owned()
}

fn service<'a>(object: &'a Object<'a>, name: String, value: &'a Value) -> Service<'a> {
    let ports = value.pointer("/spec/ports").and_then(Value::as_array);
    let of = |item: &Value| {
        let number = port(item.get("port"))?;
        Some(ServicePort {
            name: item.get("name").and_then(Value::as_str).map(str::to_owned),
            port: number,
            target: target(item.get("targetPort")).unwrap_or(Target::Number(number)),
            protocol: protocol(item),
        })
    };
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    Service {
        namespace: object.namespace.clone(),
        name,
        value,
        selector: texts(value.pointer("/spec/selector")),
        ports: ports.into_iter().flatten().filter_map(of).collect(),
        headless: text("/spec/clusterIP") == Some("None"),
        external_name: text("/spec/externalName")
            .filter(|_| text("/spec/type") == Some("ExternalName"))
            .map(|name| name.trim_end_matches('.').to_ascii_lowercase()),
    }
}
