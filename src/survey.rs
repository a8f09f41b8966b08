//! What a first configuration should know of a repository: system namespaces, node agents, unknown custom kinds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::config::{CustomKind, Pointer};
use crate::images::Library;
use crate::node_agent;
use crate::pointer::At;
use crate::workload::{self, Identity};

/// API groups whose objects are not sent to a cluster, or hold no pods of their own.
const OTHER_GROUPS: [&str; 5] = [
    "apiextensions.k8s.io",
    "config.kubernetes.io",
    "kubetemper.dev",
    "kustomize.config.k8s.io",
    "template.openshift.io",
];

/// What was found in the manifests of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Namespaces that hold parts of the cluster.
    pub system_namespaces: BTreeSet<String>,
    /// Workloads that are a part of the node.
    pub agents: BTreeSet<Agent>,
    /// Custom kinds that embed a pod and that kubetemper does not know, as `Kind.group`, with their pod templates.
    pub workloads: BTreeMap<String, BTreeSet<String>>,
    /// Folders with other people's files, relative to the repository.
    pub vendored: BTreeSet<String>,
}

/// A workload that is a part of the node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Agent {
    /// `kind`.
    pub kind: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
    /// Why it is thought to be one.
    pub why: String,
}

impl Survey {
    /// Adds what a document tells.
    pub fn add(&mut self, document: &Value) {
        for pointer in workload::flatten(document) {
            let identity = workload::identity(document, &pointer);
            if let Some(namespace) = &identity.namespace
                && node_agent::is_system_namespace(namespace)
            {
                self.system_namespaces.insert(namespace.clone());
            }
            self.add_agent(document, &pointer, &identity);
            if let Some(object) = document.at(&pointer) {
                self.add_custom(object, &identity);
            }
        }
    }

    fn add_agent(&mut self, document: &Value, pointer: &str, identity: &Identity) {
        let Some(name) = identity.name.clone() else {
            return;
        };
        let daemon = identity.kind == "DaemonSet";
        for template in workload::pod_templates(identity, document, pointer, &[]) {
            let namespace = identity.namespace.as_deref();
            let pod = template.pod(document);
            let images = Library::default();
            if let Some(why) = node_agent::reason(namespace, &pod, daemon, &images) {
                self.agents.insert(Agent {
                    kind: identity.kind.clone(),
                    namespace: identity.namespace.clone(),
                    name: name.clone(),
                    why,
                });
            }
        }
    }

    fn add_custom(&mut self, object: &Value, identity: &Identity) {
        let kind = format!("{}.{}", identity.kind, identity.group());
        let group = identity.group();
        let is_custom = group.contains('.')
            && !OTHER_GROUPS.contains(&group)
            && CustomKind::try_from(kind.clone()).is_ok();
        if !is_custom || workload::is_known(identity) {
            return;
        }
        let mut found = Vec::new();
        templates(object, "", &mut found);
        let valid = found
            .into_iter()
            .filter(|pointer| Pointer::try_from(pointer.clone()).is_ok());
        for pointer in valid {
            self.workloads
                .entry(kind.clone())
                .or_default()
                .insert(pointer);
        }
    }
}

/// The pod templates below a value: what has a `spec` with containers that all have an image.
fn templates(value: &Value, pointer: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let containers = value
                .at("/spec/containers")
                .and_then(Value::as_array)
                .filter(|containers| !containers.is_empty());
            let has_image =
                |container: &Value| container.get("image").is_some_and(Value::is_string);
            if containers.is_some_and(|containers| containers.iter().all(has_image)) {
                into.push(pointer.to_owned());
                return;
            }
            for (key, value) in map {
                let token = key.replace('~', "~0").replace('/', "~1");
                templates(value, &format!("{pointer}/{token}"), into);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| templates(item, &format!("{pointer}/*"), into)),
        _ => {}
    }
}
