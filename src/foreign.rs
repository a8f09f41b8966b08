//! Recognises documents that are manifests but not to be edited: templates and encrypted ones.

use serde_json::Value;

use crate::hold;
use crate::workload;
use crate::yaml::{Document, Refusal};

/// Helm 4 gives it to every document that it sends to a post-renderer.
const HELM_4: &str = "postrenderer.helm.sh~1postrender-filename";

/// Tells whether a text with `{{` speaks Helm's language. Prometheus rules and Argo's arguments hold braces as
/// data, in bare scalars too.
pub(crate) fn is_helm(text: &str) -> bool {
    let actions = text
        .split("{{")
        .skip(1)
        .map(|action| action.trim_start_matches(['-', ' ']));
    let words = [
        ".Values",
        ".Release",
        ".Chart",
        ".Capabilities",
        ".Files",
        ".Template",
        "include ",
        "template ",
        "end",
        "if ",
        "range ",
    ];
    actions
        .into_iter()
        .any(|action| words.iter().any(|word| action.starts_with(word)))
}

/// Tells whether a program wrote the text from objects that it had read: braces are data there, however they are written.
pub(crate) fn is_serialised(document: &Value) -> bool {
    workload::is_krm(document)
        || workload::flatten(document).iter().any(|pointer| {
            let name = format!("{pointer}/metadata/annotations/{HELM_4}");
            hold::is_live(document, pointer) || document.pointer(&name).is_some()
        })
}

/// Tells whether Helm rendered the text: it names the source of each document, Helm 4 in an annotation.
pub(crate) fn is_rendered_chart(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|line| {
        let source = line.strip_prefix("# Source: ");
        let annotation = line.trim_start().trim_start_matches(['\'', '"']);
        annotation.starts_with("postrenderer.helm.sh/postrender-filename")
            || source
                .is_some_and(|source| source.contains("/templates/") || source.contains("/crds/"))
    })
}

/// SOPS signs what it encrypts: an edit would make the file unreadable.
pub(crate) fn encrypted(document: &Document<'_>) -> Option<Refusal> {
    document.value().pointer("/sops/mac")?;
    Some(Refusal {
        at: document.locate("/sops").start,
        reason: "the document is encrypted with SOPS, which signs its text".to_owned(),
        help: "decrypt it first, or harden what it is made from".to_owned(),
        template: false,
    })
}
