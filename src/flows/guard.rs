//! The policies of a namespace, for the transform.

use schemars::JsonSchema;
use serde::Deserialize;

use super::policy::default_deny;
use super::{Dns, Known, Object, Options, Policies, Policy, infer, policies};
use crate::namespace::Namespace;
use crate::plan::Plan;

/// Options of `default-deny-network`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct NetworkOptions {
    /// Where the DNS of the cluster answers.
    pub dns: Dns,
    /// What workloads may call whose destinations are not all known.
    pub egress: Egress,
}

/// What workloads may call whose destinations are not all known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Egress {
    /// Everything.
    #[default]
    Open,
    /// Only the destinations that are known.
    Deny,
}

impl From<NetworkOptions> for Options {
    fn from(options: NetworkOptions) -> Self {
        Self {
            dns: options.dns,
            deny_egress: options.egress == Egress::Deny,
        }
    }
}

/// The policies of a namespace, and why they are not to be made, if so.
#[must_use]
pub fn wanted(
    namespace: &Namespace<'_>,
    plan: &Plan<'_>,
    options: Options,
) -> (Vec<Policy>, Option<String>) {
    let objects: Vec<Object<'_>> = namespace
        .group
        .iter()
        .map(|(object, own)| Object {
            document: object.document,
            pointer: object.pointer.to_owned(),
            namespace: own.clone().unwrap_or_default(),
            place: "",
            context: false,
        })
        .collect();
    let flows = infer(
        &objects,
        Known {
            workloads: &plan.settings.workloads,
            images: Some(&plan.settings.images),
        },
    );
    match policies(&flows, namespace.name, options) {
        Policies::Made(made) => (made, None),
        // Shows what is held.
        Policies::Held(why) => (vec![default_deny(namespace.name)], Some(why)),
    }
}
