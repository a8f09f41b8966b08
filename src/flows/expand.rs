//! Variables within texts.

use std::collections::BTreeMap;

use super::model::{Model, Running};

/// Variables of a container, as far as they are known.
pub(super) type Variables = BTreeMap<String, String>;

/// How far a text may grow: a value that holds itself many times would make it as long as its square.
const GROWTH: usize = 16 << 10;

/// Puts the values of variables into a text: `$(X)` as the kubelet does, `${X}`, `${X:-default}` and `$X` as shells do.
/// What is not known becomes something that is no host.
pub(super) fn expand(
    text: &str,
    variables: &Variables,
    running: &Running<'_>,
    model: &Model<'_>,
) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let close = match after.chars().next() {
            Some('(') => Some(')'),
            Some('{') => Some('}'),
            _ => None,
        };
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
        let closed = close.and_then(|close| {
            // What cannot be a name is told from its own characters: the end of the text may be far away.
            let name = 1 + after[1..].find(|c| !named(c))?;
            let is_name = after[name..].starts_with([':', close]);
            is_name.then(|| after.find(close)).flatten()
        });
        let of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (inner, used) = if let Some(end) = closed {
            (&after[1..end], end + 1)
        } else {
            let end = after.find(|c| !of_word(c)).unwrap_or(after.len());
            (&after[..end], end)
        };
        let (name, default) = inner.split_once(':').unwrap_or((inner, ""));
        if name.is_empty() || !name.chars().all(named) {
            out.push('$');
            rest = after;
            continue;
        }
        let known = variables
            .get(name)
            .filter(|value| out.len() + value.len() <= text.len() + GROWTH)
            .cloned()
            .or_else(|| of_service(name, running, model));
        let default = default.trim_start_matches(['-', '=']);
        out.push_str(&known.unwrap_or_else(|| {
            if default.is_empty() {
                "__".to_owned()
            } else {
                default.to_owned()
            }
        }));
        rest = &after[used..];
    }
    out.push_str(rest);
    out
}

/// The variables that the kubelet sets for each Service: `REDIS_MASTER_SERVICE_HOST`.
fn of_service(variable: &str, running: &Running<'_>, model: &Model<'_>) -> Option<String> {
    let (stem, port) = match variable.strip_suffix("_SERVICE_HOST") {
        Some(stem) => (stem, false),
        None => (variable.strip_suffix("_SERVICE_PORT")?, true),
    };
    let services = model
        .services
        .iter()
        .filter(|service| service.namespace == running.workload.namespace);
    let mut named =
        services.filter(|service| service.name.to_ascii_uppercase().replace('-', "_") == stem);
    let service = named.next()?;
    if port {
        Some(service.ports.first()?.port.to_string())
    } else {
        Some(service.name.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::flows::{Known, Object};

    #[test]
    fn texts_do_not_grow_without_bound() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
            "spec": {"containers": [{"name": "a", "image": "a"}]},
        });
        let objects = [Object {
            document: &pod,
            pointer: String::new(),
            namespace: "shop".to_owned(),
            place: "a.yaml",
            context: false,
        }];
        let model = Model::of(&objects, Known::default());
        let text = "$(A)".repeat(5000);
        let variables = Variables::from([
            ("A".to_owned(), text.clone()),
            ("B".to_owned(), "db".to_owned()),
        ]);
        let all = |text: &str| expand(text, &variables, &model.running[0], &model);
        assert!(all(&text).len() <= text.len() + GROWTH);
        assert_eq!(all("http://$(B):80"), "http://db:80");
        assert!(all("$(A)$(A)$(A)http://$(B):80").ends_with("http://db:80"));
    }
}
