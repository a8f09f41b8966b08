//! Names of volumes, and places where they are mounted.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::pod::{Container, Pod};

/// The names of volumes that a pod uses already.
#[derive(Debug, Clone)]
pub struct VolumeNames(BTreeSet<String>);

impl VolumeNames {
    /// The names in a pod. A mount without a volume takes one of a claim template: its name counts too.
    #[must_use]
    pub fn of(pod: &Pod<'_>) -> Self {
        let mounts = pod.containers.iter().flat_map(|container| {
            let mounts = container.items("/volumeMounts");
            mounts.chain(container.items("/volumeDevices"))
        });
        let names = pod.items("/volumes").chain(mounts);
        let names = names.filter_map(|item| item["name"].as_str());
        Self(names.map(str::to_owned).collect())
    }

    /// A name like `wanted` that no other volume has. It is taken from then on.
    pub fn free(&mut self, wanted: &str) -> String {
        // At most 63 characters, with room for a number.
        let short: String = wanted.chars().take(59).collect();
        let short = short.trim_end_matches('-');
        let mut name = short.to_owned();
        let mut number = 1;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{short}-{number}");
        }
        name
    }
}

/// Tells whether a volume is mounted right at a path of a container.
#[must_use]
pub fn is_mounted(container: &Container<'_>, path: &str) -> bool {
    let at = |mount: &Value| {
        let place = mount["mountPath"].as_str().unwrap_or_default();
        place.trim_end_matches('/') == path
    };
    container.items("/volumeMounts").any(at)
}
