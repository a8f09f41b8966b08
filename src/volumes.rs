//! Names of volumes, and places where they are mounted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::change::Risk;
use crate::plan::Plan;
use crate::pod::{Container, Pod};
use crate::quantity::Written;

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

    /// A readable name for a volume at a path of a container.
    fn at(&mut self, path: &str, pod: &Pod<'_>, container: &Container<'_>) -> String {
        let plain = |c: char| match c {
            c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
            _ => '-',
        };
        let path: String = path.chars().map(plain).collect();
        let path = path.trim_matches('-');
        match pod.containers.len() {
            0 | 1 => self.free(path),
            _ => self.free(&format!("{path}-{}", container.name())),
        }
    }

    /// Wants an empty volume at a path of a container.
    pub fn mount(
        &mut self,
        (pod, container): (&Pod<'_>, &Container<'_>),
        path: &str,
        size: &Written,
        (risk, reason): (Risk, &str),
        plan: &mut Plan<'_>,
    ) {
        let name = self.at(path, pod, container);
        let mount = json!({"name": name, "mountPath": path});
        plan.append(container, "/volumeMounts", mount, risk, reason);
        let volume = json!({"name": name, "emptyDir": {"sizeLimit": size}});
        let evicts = format!("the kubelet evicts the pod if it writes more than {size} to {path}");
        plan.append(pod, "/volumes", volume, risk, evicts);
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

/// What a container finds at a path of its file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A volume that it can write to is mounted there or above.
    Writable,
    /// A volume that it cannot write to is mounted there or above.
    ReadOnly,
    /// What the image has there.
    Image,
}

impl Place {
    /// Looks at the mounts of a container; the deepest one at or above the path counts.
    #[must_use]
    pub fn of(pod: &Pod<'_>, container: &Container<'_>, path: &str) -> Self {
        let depth = |mount: &&Value| mount["mountPath"].as_str().unwrap_or_default().len();
        let mounts = container.items("/volumeMounts");
        let above = mounts.filter(|mount| is_at_or_below(path, mount_path(mount)));
        match above.max_by_key(depth) {
            None => Self::Image,
            Some(mount) if is_read_only(pod, mount) => Self::ReadOnly,
            Some(_) => Self::Writable,
        }
    }
}

/// Tells whether a path is another or lies below it. `/var/run` is a link to `/run` in nearly all images.
#[must_use]
pub fn is_at_or_below(path: &str, above: &str) -> bool {
    let plain = |path: &str| {
        let path = path.trim_end_matches('/');
        match path.strip_prefix("/var/run") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("/run{rest}"),
            _ => path.to_owned(),
        }
    };
    let path = plain(path);
    let rest = path.strip_prefix(&plain(above));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of a mount.
#[must_use]
pub fn mount_path(mount: &Value) -> &str {
    mount["mountPath"].as_str().unwrap_or_default()
}

/// The volume of a mount; none where a claim template gives it.
#[must_use]
pub fn volume_of<'p>(pod: &'p Pod<'_>, mount: &Value) -> Option<&'p Value> {
    pod.items("/volumes")
        .find(|volume| volume["name"] == mount["name"])
}

/// Tells whether nothing can be written through a mount: it is read-only, or its volume always is.
fn is_read_only(pod: &Pod<'_>, mount: &Value) -> bool {
    const SOURCES: [&str; 5] = ["configMap", "secret", "projected", "downwardAPI", "image"];
    let by_source = |volume: &Value| SOURCES.iter().any(|source| !volume[*source].is_null());
    mount["readOnly"] == true || volume_of(pod, mount).is_some_and(by_source)
}

/// The writable volumes that some paths of a container need: each path that no mount covers, without those
/// below another; `Err` with the path that a read-only volume covers.
pub fn missing<'p>(
    pod: &Pod<'_>,
    container: &Container<'_>,
    paths: impl Iterator<Item = &'p str>,
) -> Result<Vec<&'p str>, &'p str> {
    let mut missing: Vec<&str> = Vec::new();
    for path in paths {
        match Place::of(pod, container, path) {
            Place::Writable => {}
            Place::ReadOnly => return Err(path),
            Place::Image if missing.iter().any(|above| is_at_or_below(path, above)) => {}
            Place::Image => {
                missing.retain(|below| !is_at_or_below(below, path));
                missing.push(path);
            }
        }
    }
    Ok(missing)
}
