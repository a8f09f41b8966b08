//! What is known of the cluster that the manifests describe: a read-only index over all objects of the
//! input and its context.
//!
//! Transforms decide on it about one pod: whether its ServiceAccount is bound to a role, whether a
//! webhook calls it, whether something scales it.

mod places;
mod scaling;

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::namespace::GENERATED_BY;
use crate::pointer::At;
use crate::workload::{self, Identity};

pub use places::{Fact, Places};
pub use scaling::{LimitRange, Limits, Patched, Scaling};

/// Facts about objects of any file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// True when absence is evidence: the files around the input were read too.
    pub complete: bool,
    /// A text that may hold a binding could not be read: then absence is no evidence either.
    pub unreadable: bool,
    /// ServiceAccounts, by name.
    pub service_accounts: Places<Account>,
    /// Who is given a role: ServiceAccounts by name, groups of them under the empty name.
    pub grants: Places<Grant>,
    /// Services that select pods, by `key=value` of their selector's first label.
    pub services: Places<Selecting>,
    /// Services that the API server calls, by name: webhooks, conversions, aggregated APIs.
    pub called_services: Places<Called>,
    /// What scales workloads, by `kind/name` of the workload.
    pub scaling: Places<Scaling>,
    /// LimitRanges that somebody wrote, under the empty name; generated ones follow the workloads.
    pub limit_ranges: Places<Limits>,
    /// Kustomize patches that set requests or limits, by `kind/name` of the workload.
    pub resource_patches: Places<Patched>,
}

/// ServiceAccounts of one name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// One says `automountServiceAccountToken: true`.
    pub asks: bool,
    /// One does not say `automountServiceAccountToken: false`.
    pub mounts: bool,
}

impl Fact for Account {
    fn join(&mut self, other: Self) {
        self.asks |= other.asks;
        self.mounts |= other.mounts;
    }
}

/// That somebody is given a role, as `RoleBinding/a gives ServiceAccount b a role`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grant(pub Option<String>);

impl Fact for Grant {
    fn join(&mut self, other: Self) {
        places::least(&mut self.0, other.0);
    }
}

/// That the API server calls a Service: `kind/name` of the object that says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Called(pub Option<String>);

impl Fact for Called {
    fn join(&mut self, other: Self) {
        places::least(&mut self.0, other.0);
    }
}

/// The labels that Services select pods by, each with the names of the Services.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selecting(pub BTreeMap<Name, BTreeSet<Selector>>);

/// The name of a Service.
pub type Name = String;

/// Labels and their values.
pub type Selector = Vec<(String, String)>;

impl Fact for Selecting {
    fn join(&mut self, other: Self) {
        for (name, selectors) in other.0 {
            self.0.entry(name).or_default().extend(selectors);
        }
    }
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
            || Patched::may_be_in(text)
    }

    /// Tells whether an object of a kind can hold what this index wants; `text` is the object's.
    #[must_use]
    pub(crate) fn wants_kind(group: &str, kind: &str, text: &str) -> bool {
        match (group, kind) {
            _ if workload::holds_pods(group, kind) => Patched::may_be_in(text),
            // Only a conversion webhook makes somebody a caller.
            ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                memmem::find(text.as_bytes(), b"conversion").is_some()
            }
            ("", _) => matches!(kind, "Service" | "ServiceAccount" | "LimitRange"),
            _ => matches!(
                group,
                "rbac.authorization.k8s.io"
                    | "admissionregistration.k8s.io"
                    | "apiregistration.k8s.io"
                    | "autoscaling"
                    | "keda.sh"
                    | "autoscaling.k8s.io"
            ),
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
                _ => self.add_scaling(&identity, document, &pointer, object),
            }
        }
    }

    /// Adds everything of another index.
    pub fn merge(&mut self, other: Self) {
        self.unreadable |= other.unreadable;
        self.service_accounts.merge(other.service_accounts);
        self.grants.merge(other.grants);
        self.services.merge(other.services);
        self.called_services.merge(other.called_services);
        self.scaling.merge(other.scaling);
        self.limit_ranges.merge(other.limit_ranges);
        self.resource_patches.merge(other.resource_patches);
    }

    fn add_service_account(&mut self, identity: &Identity, object: &Value) {
        // One that this program makes says nothing: a pod is judged the same before and after.
        let annotations = object.at("/metadata/annotations");
        if annotations.is_some_and(|annotations| annotations.get(GENERATED_BY).is_some()) {
            return;
        }
        let automount = object.get("automountServiceAccountToken");
        let automount = automount.and_then(Value::as_bool);
        let account = Account {
            asks: automount == Some(true),
            mounts: automount != Some(false),
        };
        let name = identity.name.as_deref().unwrap_or_default();
        let namespace = identity.namespace.as_deref();
        self.service_accounts.add(name, namespace, account);
    }

    fn add_service(&mut self, identity: &Identity, object: &Value) {
        let selector = object.at("/spec/selector").and_then(Value::as_object);
        let labels = selector.into_iter().flatten();
        let mut selector: Selector = labels
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect();
        selector.sort();
        if let Some((key, value)) = selector.first() {
            let first = format!("{key}={value}");
            let name = identity.name.clone().unwrap_or_default();
            let selecting = Selecting([(name, BTreeSet::from([selector]))].into());
            let namespace = identity.namespace.as_deref();
            self.services.add(&first, namespace, selecting);
        }
    }

    fn add_subjects(&mut self, identity: &Identity, object: &Value) {
        let own = identity.name.as_deref().unwrap_or_default();
        let binding = format!("{}/{own}", identity.kind);
        for subject in list(object, "/subjects") {
            let text = |key: &str| subject.get(key).and_then(Value::as_str);
            let name = text("name").unwrap_or_default();
            let mut add = |account: &str, namespace: Option<&str>, whom: String| {
                let grant = Grant(Some(format!("{binding} gives {whom} a role")));
                self.grants.add(account, namespace, grant);
            };
            match (text("kind").unwrap_or_default(), name) {
                ("ServiceAccount", "") => {}
                ("ServiceAccount", _) => {
                    // A variable that something else will fill in may be any namespace.
                    let namespace = text("namespace").or(identity.namespace.as_deref());
                    let namespace = namespace.filter(|namespace| !namespace.contains('$'));
                    add(name, namespace, format!("ServiceAccount {name}"));
                }
                ("User", _) => {
                    let account = name.strip_prefix("system:serviceaccount:");
                    if let Some((of, name)) = account.and_then(|rest| rest.split_once(':')) {
                        add(name, Some(of), format!("ServiceAccount {name}"));
                    }
                }
                ("Group", "system:serviceaccounts") => {
                    add("", None, "every ServiceAccount".to_owned());
                }
                ("Group", "system:authenticated") => {
                    add("", None, "everybody who has logged in".to_owned());
                }
                ("Group", _) => {
                    if let Some(of) = name.strip_prefix("system:serviceaccounts:") {
                        let whom = format!("every ServiceAccount of namespace {of}");
                        add("", Some(of), whom);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_scaling(
        &mut self,
        identity: &Identity,
        document: &Value,
        pointer: &str,
        object: &Value,
    ) {
        let namespace = identity.namespace.as_deref();
        if let Some((target, scaling)) = Scaling::read(identity, object) {
            self.scaling.add(&target, namespace, scaling);
        }
        if let Some(limits) = Limits::read(identity, object) {
            self.limit_ranges.add("", namespace, limits);
        }
        if let Some((target, patched)) = Patched::read(identity, document, pointer) {
            self.resource_patches.add(&target, namespace, patched);
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
        let own = identity.name.as_deref().unwrap_or_default();
        let by = format!("{}/{own}", identity.kind);
        self.called_services.add(name, namespace, Called(Some(by)));
    }
}

fn list<'v>(object: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    object
        .at(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}
