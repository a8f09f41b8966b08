//! Strings as scalars: whichever way one is written, every parser reads that very string.

use kubetemper::yaml::scalar::{double_quoted, is_plain_safe, resolve, resolve_key, single_quoted};
use kubetemper::yaml::{self, Document};
use serde_json::{Value, json};

pub(super) const WORDS: &[&str] = &[
    "yes",
    "0644",
    "0o17",
    "0x1f",
    "1_000",
    "1:30",
    "2001-01-01",
    "12e03",
    "-.inf",
    "~",
    "",
    "null",
    "a: b",
    "a #b",
    "it's",
    "\"q\"",
    "\u{e9}\u{2603}\u{1f6a2}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\t",
    " a ",
    "&a",
    "*a",
    "!t",
    "|",
    ">",
    "%x",
    "@y",
    "`z",
    "- x",
    "? x",
    "{a}",
    "[b",
    "=",
    "<<",
    "+.5e1",
    "0b101",
    "...",
    "---",
    "#",
    "key:",
];

/// Writes a string in each style, and reads it with all three parsers.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = resolve(text);
    let _ = resolve_key(text);
    let plain = is_plain_safe(text).then(|| text.to_owned());
    let styles = [plain, single_quoted(text), Some(double_quoted(text))];
    for written in styles.into_iter().flatten() {
        for document in [
            format!("a: {written}\n"),
            format!("[{written}]\n"),
            format!("{{{written}: 1}}\n"),
        ] {
            reads(&document, text);
        }
        assert_eq!(
            yaml_serde::from_str::<Value>(&written).ok(),
            Some(json!(text)),
            "a third parser: {written}"
        );
    }
}

fn reads(document: &str, text: &str) {
    let expected = match document.as_bytes()[0] {
        b'a' => json!({"a": text}),
        b'[' => json!([text]),
        _ => json!({text: 1}),
    };
    let slices = yaml::split(document).expect("a short text can be split");
    let read = Document::parse(document, &slices[0]).map(|document| document.value().clone());
    assert_eq!(read.as_ref(), Ok(&expected), "{document:?}");
    let proof = yaml::prove(document, &expected, std::iter::empty());
    assert_eq!(proof, Ok(()), "the second parser: {document:?}");
}
