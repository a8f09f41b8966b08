//! The baseline checks of `AppArmor`, `SELinux` and seccomp (`check_*.go` of the same names). A suffix `_1_N` is the
//! policy version that brought the revision.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Finding;
use super::wording::{forbidden_profiles, names_where, plural, quoted, setters};
use crate::pod::{Metadata, Pod};

const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
const SECCOMP_POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// The `SELinux` types that baseline allows, in order of admission, the last since 1.31. An empty one is as good as
/// none.
pub const SE_LINUX_TYPES: [&str; 5] = [
    "",
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
];

pub(super) fn app_armor_profile(pod: &Pod<'_>) -> Option<Finding> {
    let fields = forbidden_profiles(pod, "appArmorProfile");
    let mut annotations: Vec<String> = annotations(pod)
        .filter(|(key, value)| {
            key.starts_with(APP_ARMOR_ANNOTATION) && !is_allowed_app_armor_annotation(value)
        })
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    annotations.sort_unstable();
    let mut who = Vec::new();
    if !fields.is_empty() {
        who.push(fields.setters());
    }
    if !annotations.is_empty() {
        who.push(plural(annotations.len(), "annotation", "annotations").to_owned());
    }
    let mut values: Vec<String> = fields.values.iter().map(ToString::to_string).collect();
    values.append(&mut annotations);
    let reason = match values.len() {
        0 => return None,
        1 => "forbidden AppArmor profile",
        _ => "forbidden AppArmor profiles",
    };
    let who = who.join(" and ");
    Some(Finding {
        reason,
        detail: format!(
            "{who} must not set AppArmor profile type to {}",
            quoted(values)
        ),
    })
}

fn is_allowed_app_armor_annotation(profile: &str) -> bool {
    profile.is_empty() || profile == "runtime/default" || profile.starts_with("localhost/")
}

pub(super) fn se_linux_options(pod: &Pod<'_>) -> Option<Finding> {
    se_linux_options_with(pod, &SE_LINUX_TYPES[..4])
}

pub(super) fn se_linux_options_1_31(pod: &Pod<'_>) -> Option<Finding> {
    se_linux_options_with(pod, &SE_LINUX_TYPES)
}

fn se_linux_options_with(pod: &Pod<'_>, allowed: &[&str]) -> Option<Finding> {
    const POINTER: &str = "/securityContext/seLinuxOptions";
    let (mut types, mut user, mut role) = (BTreeSet::new(), false, false);
    let mut forbids = |options: Option<&'_ Value>| {
        let text = |key| {
            let value = options.and_then(|options| options.get(key));
            value.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let (has_user, has_role) = (!text("user").is_empty(), !text("role").is_empty());
        let kind = text("type");
        let bad_type = !allowed.contains(&kind.as_str());
        if bad_type {
            types.insert(kind);
        }
        user |= has_user;
        role |= has_role;
        bad_type || has_user || has_role
    };
    let on_pod = forbids(pod.get(POINTER));
    let names = names_where(pod, |container| forbids(container.get(POINTER)));
    if !on_pod && names.is_empty() {
        return None;
    }
    let mut faults = Vec::new();
    if !types.is_empty() {
        faults.push(format!(
            "{} {}",
            plural(types.len(), "type", "types"),
            quoted(types)
        ));
    }
    if user {
        faults.push("user may not be set".to_owned());
    }
    if role {
        faults.push("role may not be set".to_owned());
    }
    let (who, what) = (setters(on_pod, &names), faults.join("; "));
    Some(Finding {
        reason: "seLinuxOptions",
        detail: format!("{who} set forbidden securityContext.seLinuxOptions: {what}"),
    })
}

/// Before 1.19 seccomp profiles were annotations.
pub(super) fn seccomp_annotations(pod: &Pod<'_>) -> Option<Finding> {
    let forbidden: BTreeSet<String> = annotations(pod)
        .filter(|(key, value)| {
            let container = key.strip_prefix(SECCOMP_CONTAINER_ANNOTATION);
            let known = container
                .is_some_and(|name| pod.containers.iter().any(|other| other.name() == name));
            (*key == SECCOMP_POD_ANNOTATION || known) && !is_allowed_seccomp_annotation(value)
        })
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    let what = plural(forbidden.len(), "annotation", "annotations");
    let listed: Vec<String> = forbidden.iter().cloned().collect();
    (!forbidden.is_empty()).then(|| Finding {
        reason: "seccompProfile",
        detail: format!("forbidden {what} {}", listed.join(", ")),
    })
}

fn is_allowed_seccomp_annotation(profile: &str) -> bool {
    matches!(profile, "runtime/default" | "docker/default") || profile.starts_with("localhost/")
}

pub(super) fn seccomp_profile(pod: &Pod<'_>) -> Option<Finding> {
    let forbidden = forbidden_profiles(pod, "seccompProfile");
    (!forbidden.is_empty()).then(|| Finding {
        reason: "seccompProfile",
        detail: format!(
            "{} must not set securityContext.seccompProfile.type to {}",
            forbidden.setters(),
            quoted(&forbidden.values)
        ),
    })
}

/// The annotations of the pod whose values are strings.
fn annotations<'p>(pod: &'p Pod<'_>) -> impl Iterator<Item = (&'p str, &'p str)> {
    pod.metadata.iter().flat_map(Metadata::annotations)
}
