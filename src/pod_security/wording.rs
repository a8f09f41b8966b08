//! The phrases of upstream's messages (`policy/helpers.go`), and the walks that the checks share.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::pod::{Container, Pod};

/// Quotes without escaping, as upstream does: `"a", "b"`.
pub(super) fn quoted<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let quoted: Vec<String> = items
        .into_iter()
        .map(|item| format!("\"{}\"", item.as_ref()))
        .collect();
    quoted.join(", ")
}

/// The singular for exactly one.
pub(super) fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// `container "a"` or `containers "a", "b"`.
pub(super) fn containers(names: &[&str]) -> String {
    format!(
        "{} {}",
        plural(names.len(), "container", "containers"),
        quoted(names)
    )
}

/// Who set a forbidden value: `pod`, `container "a"`, or `pod and containers "a", "b"`.
pub(super) fn setters(pod: bool, names: &[&str]) -> String {
    match (pod, names.is_empty()) {
        (true, true) => "pod".to_owned(),
        (true, false) => format!("pod and {}", containers(names)),
        (false, _) => containers(names),
    }
}

/// The names of the containers for which a test holds, in pod order.
pub(super) fn names_where<'p>(
    pod: &'p Pod<'_>,
    mut test: impl FnMut(&'p Container<'_>) -> bool,
) -> Vec<&'p str> {
    pod.containers
        .iter()
        .filter(|container| test(container))
        .map(Container::name)
        .collect()
}

/// Where a field that exists on the pod and on containers holds a forbidden value.
pub(super) struct Forbidden<'p> {
    /// The pod itself holds one.
    pub(super) pod: bool,
    /// Names of the containers that hold one.
    pub(super) names: Vec<&'p str>,
    /// The values, each once, sorted.
    pub(super) values: BTreeSet<&'p str>,
}

impl Forbidden<'_> {
    /// Nobody holds a forbidden value.
    pub(super) fn is_empty(&self) -> bool {
        !self.pod && self.names.is_empty()
    }

    /// Who holds one.
    pub(super) fn setters(&self) -> String {
        setters(self.pod, &self.names)
    }
}

/// Looks at `securityContext.<profile>.type` of the pod and of each container (seccomp, `AppArmor`).
///
/// A profile without a type counts with an empty one: Kubernetes reads it so, and forbids it.
pub(super) fn forbidden_profiles<'p>(pod: &'p Pod<'_>, profile: &str) -> Forbidden<'p> {
    let pointer = format!("/securityContext/{profile}");
    let mut values = BTreeSet::new();
    let mut forbids = |profile: Option<&'p Value>| {
        let kind = profile
            .map(profile_type)
            .filter(|kind| !is_allowed_profile(kind));
        values.extend(kind);
        kind.is_some()
    };
    let on_pod = forbids(pod.get(&pointer));
    let names = names_where(pod, |container| forbids(container.get(&pointer)));
    Forbidden {
        pod: on_pod,
        names,
        values,
    }
}

/// The type of a seccomp or `AppArmor` profile.
fn profile_type(profile: &Value) -> &str {
    profile
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The profile types that every level allows.
fn is_allowed_profile(kind: &str) -> bool {
    matches!(kind, "RuntimeDefault" | "Localhost")
}

/// The strings of the list at a pointer below a container; entries of another type are none.
pub(super) fn strings<'p>(
    container: &'p Container<'_>,
    pointer: &str,
) -> impl Iterator<Item = &'p str> {
    let list = container.get(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// The entries of the list at a pointer below the pod spec.
pub(super) fn entries<'p>(pod: &'p Pod<'_>, pointer: &str) -> impl Iterator<Item = &'p Value> {
    pod.get(pointer)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The `name` of an entry; empty when absent.
pub(super) fn name(entry: &Value) -> &str {
    entry
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// `hostUsers: false`: the pod runs in a user namespace, where root inside is not root on the node (KEP-127).
pub(super) fn in_user_namespace(pod: &Pod<'_>) -> bool {
    pod.get("/hostUsers") == Some(&Value::Bool(false))
}

/// Upstream's test for Windows: `os.name` alone, whatever the node selector says.
pub(super) fn is_declared_windows(pod: &Pod<'_>) -> bool {
    pod.get("/os/name").is_some_and(|os| os == "windows")
}
