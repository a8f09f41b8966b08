//! What is known of the cluster that the manifests describe: a read-only index over all objects of the
//! input and its context.
//!
//! Transforms decide on it about one pod: whether its ServiceAccount is bound to a role, whether a
//! webhook calls it, whether something scales it.

mod scaling;

use serde_json::Value;

use crate::namespace::GENERATED_BY;
use crate::pointer::At;
use crate::workload::{self, Identity};

pub use scaling::{Autoscaler, LimitRange, ResourcePatch, Scales};

/// Facts about objects of any file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// True when absence is evidence: the files around the input were read too.
    pub complete: bool,
    /// A text that may hold a binding could not be read: then absence is no evidence either.
    pub unreadable: bool,
    /// ServiceAccounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// Subjects of RoleBindings and ClusterRoleBindings.
    pub subjects: Vec<Subject>,
    /// Services that select pods.
    pub services: Vec<Service>,
    /// Services that the API server calls: webhooks, conversions, aggregated APIs.
    pub called_services: Vec<ServiceName>,
    /// What scales workloads.
    pub autoscalers: Vec<Autoscaler>,
    /// LimitRanges that somebody wrote; generated ones follow the workloads.
    pub limit_ranges: Vec<LimitRange>,
    /// Kustomize patches that set requests or limits.
    pub resource_patches: Vec<ResourcePatch>,
}

/// A ServiceAccount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `automountServiceAccountToken`.
    pub automount: Option<bool>,
}

/// Somebody who is given a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `ServiceAccount`, `Group` or `User`.
    pub kind: String,
    /// The subject's name.
    pub name: String,
    /// The subject's namespace; for a RoleBinding without one, the binding's.
    pub namespace: Option<String>,
    /// `kind/name` of the binding, for reasons.
    pub binding: String,
}

/// The name of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceName {
    /// The Service's name.
    pub name: String,
    /// The Service's namespace.
    pub namespace: Option<String>,
    /// `kind/name` of the object that refers to it, for reasons.
    pub by: String,
}

/// A Service and the labels that it selects pods by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The Service's name.
    pub name: String,
    /// The Service's namespace.
    pub namespace: Option<String>,
    /// `spec.selector`.
    pub selector: Vec<(String, String)>,
}

impl Cluster {
    /// Tells whether a text can hold an object that this index wants; a cheap test before parsing.
    #[must_use]
    pub fn wants(text: &str) -> bool {
        [
            "RoleBinding",
            "ServiceAccount",
            "Service",
            "WebhookConfiguration",
            "CustomResourceDefinition",
            "PodAutoscaler",
            "ScaledObject",
            "LimitRange",
        ]
        .iter()
        .any(|kind| text.contains(kind))
            || ResourcePatch::may_be_in(text)
    }

    /// Tells whether an object of a kind can hold what this index wants; `text` is the object's.
    #[must_use]
    pub(crate) fn wants_kind(group: &str, kind: &str, text: &str) -> bool {
        match (group, kind) {
            // Only a conversion webhook makes somebody a caller.
            ("apiextensions.k8s.io", "CustomResourceDefinition") => text.contains("conversion"),
            ("", "Service" | "ServiceAccount" | "LimitRange")
            | ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding")
            | ("admissionregistration.k8s.io", _)
            | ("apiregistration.k8s.io", "APIService")
            | ("autoscaling" | "keda.sh" | "autoscaling.k8s.io", _) => true,
            _ => false,
        }
    }

    /// Adds the objects of a document.
    pub fn add(&mut self, document: &Value) {
        for pointer in workload::flatten(document) {
            let identity = workload::identity(document, &pointer);
            let Some(object) = document.at(&pointer) else {
                continue;
            };
            match (identity.group(), identity.kind.as_str()) {
                ("", "ServiceAccount") => self.add_service_account(&identity, object),
                ("", "Service") => self.add_service(&identity, object),
                ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
                    self.add_subjects(&identity, object);
                }
                ("admissionregistration.k8s.io", _) => {
                    for webhook in list(object, "/webhooks") {
                        self.add_called(&identity, webhook.at("/clientConfig/service"));
                    }
                }
                ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                    self.add_called(
                        &identity,
                        object.at("/spec/conversion/webhook/clientConfig/service"),
                    );
                }
                ("apiregistration.k8s.io", "APIService") => {
                    self.add_called(&identity, object.at("/spec/service"));
                }
                _ => {
                    self.autoscalers.extend(Autoscaler::read(&identity, object));
                    self.limit_ranges
                        .extend(LimitRange::read(&identity, object));
                    let patches = ResourcePatch::read(&identity, document, &pointer);
                    self.resource_patches.extend(patches);
                }
            }
        }
    }

    /// Adds everything of another index.
    pub fn merge(&mut self, other: Self) {
        self.unreadable |= other.unreadable;
        self.service_accounts.extend(other.service_accounts);
        self.subjects.extend(other.subjects);
        self.services.extend(other.services);
        self.called_services.extend(other.called_services);
        self.autoscalers.extend(other.autoscalers);
        self.limit_ranges.extend(other.limit_ranges);
        self.resource_patches.extend(other.resource_patches);
    }

    fn add_service_account(&mut self, identity: &Identity, object: &Value) {
        // One that this program makes says nothing: a pod is judged the same before and after.
        let annotations = object.at("/metadata/annotations");
        if annotations.is_some_and(|annotations| annotations.get(GENERATED_BY).is_some()) {
            return;
        }
        self.service_accounts.push(ServiceAccount {
            name: identity.name.clone().unwrap_or_default(),
            namespace: identity.namespace.clone(),
            automount: object
                .get("automountServiceAccountToken")
                .and_then(Value::as_bool),
        });
    }

    fn add_service(&mut self, identity: &Identity, object: &Value) {
        let selector = object.at("/spec/selector").and_then(Value::as_object);
        let selector: Vec<_> = selector
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
        if !selector.is_empty() {
            let name = identity.name.clone().unwrap_or_default();
            self.services.push(Service {
                name,
                namespace: identity.namespace.clone(),
                selector,
            });
        }
    }

    fn add_subjects(&mut self, identity: &Identity, object: &Value) {
        for subject in list(object, "/subjects") {
            let text = |key: &str| subject.get(key).and_then(Value::as_str).map(str::to_owned);
            self.subjects.push(Subject {
                kind: text("kind").unwrap_or_default(),
                name: text("name").unwrap_or_default(),
                // A variable that something else will fill in may be any namespace.
                namespace: text("namespace")
                    .or_else(|| identity.namespace.clone())
                    .filter(|namespace| !namespace.contains('$')),
                binding: format!(
                    "{}/{}",
                    identity.kind,
                    identity.name.as_deref().unwrap_or_default()
                ),
            });
        }
    }

    fn add_called(&mut self, identity: &Identity, service: Option<&Value>) {
        let Some(name) = service
            .and_then(|service| service.get("name"))
            .and_then(Value::as_str)
        else {
            return;
        };
        let namespace = service
            .and_then(|service| service.get("namespace"))
            .and_then(Value::as_str);
        self.called_services.push(ServiceName {
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            by: format!(
                "{}/{}",
                identity.kind,
                identity.name.as_deref().unwrap_or_default()
            ),
        });
    }
}

fn list<'v>(object: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    object
        .at(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}
