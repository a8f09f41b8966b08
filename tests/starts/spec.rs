//! Parts of a pod spec, and its paths.

use serde_json::Value;

/// The containers of a pod spec, init containers first.
pub(super) fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers"].into_iter();
    lists.flat_map(|list| spec[list].as_array().into_iter().flatten())
}

pub(super) fn words<'v>(value: &'v Value, list: &str) -> Vec<&'v str> {
    let items = value[list].as_array().into_iter().flatten();
    items.filter_map(Value::as_str).collect()
}

pub(super) fn effective<'p>(spec: &'p Value, container: &'p Value, field: &str) -> &'p Value {
    let own = &container["securityContext"][field];
    if own.is_null() {
        &spec["securityContext"][field]
    } else {
        own
    }
}

/// The names of volumes that the generator gives; all others are the program's.
pub(super) fn is_authors(name: &str) -> bool {
    name.starts_with('v') && name[1..].chars().all(|c| c.is_ascii_digit())
}

/// `/var/run` is a link.
pub(super) fn plain(path: &str) -> String {
    let path = path.trim_end_matches('/');
    path.strip_prefix("/var/run")
        .map_or_else(|| path.to_owned(), |rest| format!("/run{rest}"))
}

pub(super) fn below(path: &str, above: &str) -> bool {
    let path = plain(path);
    path.strip_prefix(&plain(above))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
