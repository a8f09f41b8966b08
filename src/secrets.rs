//! Finds where secret values stand in the text, so that no output shows them.

use std::ops::Range;

use serde_json::Value;

use crate::workload::{Identity, PodTemplate};
use crate::yaml::Document;

/// Byte ranges of the values of an object that must not be shown: what a Secret holds, and literal values
/// of environment variables whose name looks like a secret's.
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
    for (_, container) in templates.iter().flat_map(|template| &template.containers) {
        let environment = document
            .value()
            .pointer(&format!("{container}/env"))
            .and_then(Value::as_array);
        for (at, variable) in environment.into_iter().flatten().enumerate() {
            let name = variable
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if looks_secret(name) && variable.get("value").is_some_and(|value| *value != "") {
                ranges.push(document.locate(&format!("{container}/env/{at}/value")));
            }
        }
    }
    ranges
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
    WORDS.iter().any(|word| name.contains(word)) || name.ends_with("_PWD")
}
