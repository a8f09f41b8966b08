//! Bounds how much a pod may write to its `emptyDir` volumes.
//!
//! ## What it changes
//! Sets `sizeLimit` on every `emptyDir` volume on disk that has none, to the option `sizeLimit` (1Gi unless
//! the configuration says otherwise). Volumes with a `medium` (memory, huge pages) stay: the memory limit
//! bounds them.
//!
//! ## Why
//! An `emptyDir` is a folder on the node's disk. Without a limit one pod fills the disk, and the kubelet
//! evicts others to make room.
//!
//! ## When it breaks something
//! Risk is high: the kubelet evicts a pod whose volume grows beyond the limit. The limit reserves nothing, so
//! set it well above what the pod writes. An explicit `sizeLimit: "0"` means no limit and is the author's word.
//!
//! ## References
//! OWASP Kubernetes Top Ten 2025: K01.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "limit-empty-dir",
    summary: "bound how much a pod may write to its emptyDir volumes",
    profile: Strict,
    references: &[Owasp("K01")],
    options: Options::of::<Limit>(),
    run: Run::Pod(run),
};

/// Options of `limit-empty-dir`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Limit {
    /// The limit of a volume that has none.
    size_limit: Written,
}

impl Default for Limit {
    fn default() -> Self {
        let size_limit = "1Gi".into();
        Self { size_limit }
    }
}

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    let Limit { size_limit } = plan.options(pod);
    for (index, volume) in pod.items("/volumes").enumerate() {
        if !is_on_disk(volume) {
            continue;
        }
        plan.ensure(
            pod,
            &format!("/volumes/{index}/emptyDir/sizeLimit"),
            json!(size_limit),
            |limit| *limit != 0 && *limit != "0",
            High,
            format!(
                "the kubelet evicts the pod if it writes more than {size_limit} to this volume"
            ),
        );
    }
}

/// A source that is null is no source, and a volume with none is an `emptyDir`.
fn is_on_disk(volume: &Value) -> bool {
    let Some(fields) = volume.as_object() else {
        return false;
    };
    let is_other = |(name, source): (&String, &Value)| {
        name != "name" && name != "emptyDir" && !source.is_null()
    };
    let medium = volume.pointer("/emptyDir/medium");
    fields.contains_key("emptyDir")
        && !fields.iter().any(is_other)
        && medium.is_none_or(|medium| medium.is_null() || *medium == "")
}
