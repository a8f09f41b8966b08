//! Recognises documents that are manifests but not to be edited: templates and encrypted ones.

use memchr::memmem;
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
    let begins_a_line = |at: usize| at == 0 || text.as_bytes()[at - 1] == b'\n';
    let is_source = |at: usize| {
        let line = text[at..].lines().next().unwrap_or_default();
        begins_a_line(at) && (line.contains("/templates/") || line.contains("/crds/"))
    };
    let is_annotation = |at: usize| {
        let before = text[..at].trim_end_matches(['\'', '"']);
        begins_a_line(before.trim_end_matches([' ', '\t']).len())
    };
    let all = |words: &'static str| memmem::find_iter(text.as_bytes(), words);
    all("# Source: ").any(is_source)
        || all("postrenderer.helm.sh/postrender-filename").any(is_annotation)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_are_told_by_their_comments() {
        for text in [
            "# Source: shop/templates/web.yaml\nkind: Service\n",
            "---\r\n# Source: shop/charts/db/crds/a.yaml\r\n",
            "metadata:\n  annotations:\n    postrenderer.helm.sh/postrender-filename: a.yaml\n",
            "\t\"postrenderer.helm.sh/postrender-filename\": \"a.yaml\"",
        ] {
            assert!(is_rendered_chart(text), "{text}");
        }
        for text in [
            "",
            "a: 1 # Source: shop/templates/web.yaml\n",
            "  # Source: shop/templates/web.yaml\n",
            "# Source: a book\n# see /templates/\n",
            "a: postrenderer.helm.sh/postrender-filename\n",
        ] {
            assert!(!is_rendered_chart(text), "{text}");
        }
    }
}
