//! Labels that a kustomization gives to its objects.

use serde_json::{Map, Value};

use super::Labels;
use crate::workload;

/// Gives an object labels where kustomize does.
pub(super) fn add(object: &mut Value, labels: &Labels) {
    let identity = workload::identity(object, "");
    let mut places = vec!["/metadata/labels".to_owned()];
    if labels.templates {
        let templates = workload::pod_templates(&identity, object, "", &[]);
        let metadata = templates.into_iter().filter_map(|it| it.metadata);
        // The pod of a Pod is the object.
        let of_pods = metadata.filter(|pointer| pointer != "/metadata");
        places.extend(of_pods.map(|pointer| format!("{pointer}/labels")));
    }
    if labels.selectors {
        match (identity.group(), identity.kind.as_str()) {
            ("", "Service" | "ReplicationController") => places.push("/spec/selector".to_owned()),
            ("apps", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") => {
                places.push("/spec/selector/matchLabels".to_owned());
            }
            _ => {}
        }
        let present = [
            "/spec/podSelector/matchLabels",
            "/spec/selector/matchLabels",
        ];
        let present = present
            .into_iter()
            .filter(|place| object.pointer(place).is_some());
        places.extend(present.map(str::to_owned));
    }
    for place in places {
        if let Some(Value::Object(map)) = at(object, &place) {
            for (key, value) in &labels.pairs {
                map.insert(key.clone(), Value::String(value.clone()));
            }
        }
    }
}

/// The value at a pointer through mappings, made where it is missing.
fn at<'v>(value: &'v mut Value, pointer: &str) -> Option<&'v mut Value> {
    pointer.split('/').skip(1).try_fold(value, |value, key| {
        if value.is_null() {
            *value = Value::Object(Map::new());
        }
        match value {
            Value::Object(map) => {
                let entry = map.entry(key).or_insert(Value::Null);
                if entry.is_null() {
                    *entry = Value::Object(Map::new());
                }
                Some(entry)
            }
            Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
            _ => None,
        }
    })
}
