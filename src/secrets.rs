//! Finds where secret values stand in the text, so that no output shows them.

use std::ops::Range;

use serde_json::Value;

use crate::kustomize;
use crate::workload::{Identity, PodTemplate};
use crate::yaml::Document;

/// Byte ranges of the values of an object that must not be shown: what a Secret holds, and literal values
/// of environment variables whose name looks like a secret's. What kustomize reads has no fixed place for a container:
/// there the whole document is looked at.
pub(crate) fn ranges(
    document: &Document<'_>,
    identity: &Identity,
    pointer: &str,
    templates: &[PodTemplate],
) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    if identity.kind == "Secret" && identity.group().is_empty() {
        // The annotation holds a copy of the whole object.
        let applied = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
        for place in ["/data", "/stringData", applied] {
            let place = format!("{pointer}{place}");
            if document.value().pointer(&place).is_some() {
                ranges.push(document.locate(&place));
            }
        }
    }
    let containers = templates.iter().flat_map(|template| &template.containers);
    let containers = containers.map(|(_, container)| container.as_str());
    let is_whole = identity.group() == "kustomize.config.k8s.io";
    for container in containers.chain(is_whole.then_some("")) {
        let Some(value) = document.value().pointer(container) else {
            continue;
        };
        let mut found = Vec::new();
        places(value, container.to_owned(), &mut found);
        if is_whole {
            texts(value, String::new(), &mut found);
        }
        ranges.extend(found.iter().map(|place| document.locate(place)));
    }
    ranges
}

/// Tells whether a value holds what looks like a secret, or a copy of an object that may.
pub(crate) fn are_in(value: &Value) -> bool {
    let mut found = Vec::new();
    places(value, String::new(), &mut found);
    !found.is_empty() || holds_copy(value)
}

/// kubectl writes a copy of the whole object into an annotation.
fn holds_copy(value: &Value) -> bool {
    match value {
        Value::Object(map) => {
            map.contains_key("kubectl.kubernetes.io/last-applied-configuration")
                || map.values().any(holds_copy)
        }
        Value::Array(items) => items.iter().any(holds_copy),
        _ => false,
    }
}

/// The pointers of the texts below a value that look like secrets, by their name or by what they say.
fn places(value: &Value, pointer: String, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let name = map.get("name").and_then(Value::as_str).unwrap_or_default();
            let named = looks_secret(name) || name.eq_ignore_ascii_case("authorization");
            for (key, value) in map {
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                if key == "value" && named && *value != "" {
                    into.push(below);
                } else {
                    places(value, below, into);
                }
            }
        }
        Value::Array(items) => {
            let mut after_flag = false;
            for (at, item) in items.iter().enumerate() {
                let below = format!("{pointer}/{at}");
                let text = item.as_str().unwrap_or_default();
                if after_flag && !text.starts_with('-') && !text.is_empty() {
                    into.push(below);
                } else {
                    places(item, below, into);
                }
                after_flag =
                    text.starts_with('-') && !text.contains(['=', ' ']) && looks_secret(text);
            }
        }
        Value::String(text) if says_secret(text) => into.push(pointer),
        _ => {}
    }
}

/// The pointers of the texts below a value of a kustomization that are patches or the like, and hold secrets.
fn texts(value: &Value, pointer: String, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                if key == "secretGenerator" {
                    into.push(below);
                } else {
                    texts(value, below, into);
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                texts(item, format!("{pointer}/{at}"), into);
            }
        }
        Value::String(text) if text.contains('\n') => {
            let documents = kustomize::documents(text).unwrap_or_default();
            if documents
                .iter()
                .any(|it| are_in(it) || it["kind"] == "Secret")
            {
                into.push(pointer);
            }
        }
        _ => {}
    }
}

/// Tells whether a text holds a secret: `password=…`, a bearer token, a user and password in a URL.
pub(crate) fn says_secret(text: &str) -> bool {
    let assigned = text.split([' ', ';', '&', '?', '\n']).any(|part| {
        part.split_once('=').is_some_and(|(name, value)| {
            looks_secret(name) && !value.is_empty() && !value.starts_with('$')
        })
    });
    let in_url = text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', ' ', '"']).next().unwrap_or_default();
        authority
            .rsplit_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
    });
    assigned || in_url || text.contains("Bearer ")
}

/// Tells whether an environment variable's name promises a secret value.
pub(crate) fn looks_secret(name: &str) -> bool {
    const WORDS: [&str; 10] = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "APIKEY",
        "API_KEY",
        "PRIVATE_KEY",
        "ACCESS_KEY",
        "CREDENTIAL",
    ];
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    WORDS.iter().any(|word| name.contains(word))
        || ["_PWD", "_PAT", "_DSN", "_KEY"]
            .iter()
            .any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_that_hold_secrets() {
        for text in [
            "redis://user:pw@host/0",
            "jdbc:x?password=pw",
            "--token=abc",
            "Bearer abc",
        ] {
            assert!(says_secret(text), "{text}");
        }
        for text in [
            "http://host:80/a@b",
            "--token-file=",
            "PASSWORD=$(FROM_ENV)",
            "postgres",
        ] {
            assert!(!says_secret(text), "{text}");
        }
    }

    #[test]
    fn places_of_secrets_in_a_container() {
        let container = json!({
            "args": ["--password", "pw", "--verbose", "x"],
            "env": [{"name": "API_TOKEN", "value": "t"}, {"name": "LEVEL", "value": "info"}],
        });
        let mut found = Vec::new();
        places(&container, String::new(), &mut found);
        assert_eq!(found, ["/args/1", "/env/0/value"]);
    }
}
