//! What is known of a file without reading it: what an earlier run found in it and wrote down.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::File;
use super::read::{self, DocumentFacts, Facts, ObjectFacts};
use crate::cluster::Cluster;
use crate::workload::Identity;
use crate::yaml::Manner;

/// What guards must know of a file of another group: the namespaces that it declares, and what runs where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listed {
    /// Namespaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    namespaces: Vec<Entry>,
    /// Workloads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    workloads: Vec<Entry>,
    /// Why a document of it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    api_version: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Listed {
    /// Reads a file, and notes what guards of other files must know of it.
    #[must_use]
    pub fn of(file: &File<'_>, cluster: &Cluster) -> Self {
        let facts = read::read(file, cluster);
        let mut listed = Self {
            unreadable: facts.unreadable.clone(),
            ..Self::default()
        };
        for found in facts.objects(0) {
            let of = found.identity();
            let entry = || Entry {
                api_version: of.api_version.clone(),
                kind: of.kind.clone(),
                namespace: of.namespace.clone(),
                name: of.name.clone(),
            };
            if found.is_namespace() {
                listed.namespaces.push(entry());
            } else if found.is_workload() {
                listed.workloads.push(entry());
            }
        }
        listed
    }

    /// A file that is known to be there, but cannot be read.
    #[must_use]
    pub fn unreadable() -> Self {
        Self {
            unreadable: Some("it was there when the context was written".to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn facts(&self) -> Facts {
        let document = |entry: &Entry, is_workload| {
            let identity = Identity {
                api_version: entry.api_version.clone(),
                kind: entry.kind.clone(),
                namespace: entry.namespace.clone(),
                name: entry.name.clone(),
            };
            DocumentFacts {
                index: 0,
                // As much as kustomizations need to know it by.
                value: json!({
                    "apiVersion": entry.api_version,
                    "kind": entry.kind,
                    "metadata": {"namespace": entry.namespace, "name": entry.name},
                }),
                keeps: Vec::new(),
                manner: Manner::default(),
                objects: vec![ObjectFacts::of(identity, is_workload)],
            }
        };
        let namespaces = self.namespaces.iter().map(|entry| document(entry, false));
        let workloads = self.workloads.iter().map(|entry| document(entry, true));
        let documents: Vec<_> = namespaces.chain(workloads).collect();
        Facts {
            count: documents.len(),
            documents,
            unreadable: self.unreadable.clone(),
        }
    }
}
