//! What the reader of YAML refuses, and what the proof says; most of the inputs are the shortest that fuzzing found.

use std::fmt::Write as _;

use kubetemper::yaml::{self, Document};
use serde_json::{Value, json};

/// A text, and what is said of a document in it.
const REFUSED: &[(&str, &str)] = &[
    (
        "<<:",
        "`<<` merges something that is no mapping; refer to a mapping",
    ),
    (
        "a{{:",
        "`{{` stands outside quotes: this looks like an unrendered template; render templates first, for example with `helm template`",
    ),
    (
        "{a:[",
        "`:` without a space ends a bare key here, which Kubernetes reads differently; put the words in quotes",
    ),
    (
        "\u{85}",
        "a Unicode line separator or byte order mark stands here, which Kubernetes takes for a line break; remove it, or write it as an escape in double quotes",
    ),
    (
        "%TAG",
        "a `%TAG` directive changes what tags mean; remove the directive",
    ),
    (
        "[?x",
        "a bare word in brackets starts with `?`, `|` or `>`, which Kubernetes reads differently; put the words in quotes",
    ),
    (
        "\r",
        "a carriage return stands without a line feed: some parsers take it for a line break; convert the file to LF or CRLF line ends",
    ),
    (":", "a key is empty; give the key a name"),
    (
        "{{",
        "a key is not a plain word: an unrendered template `{{ }}`, or a complex key that Kubernetes rejects; render templates first, for example with `helm template`",
    ),
    (
        "----",
        "a line starts with `---` and goes on: Helm cuts the stream here, YAML does not; put `---` on a line of its own",
    ),
    (
        "!a",
        "a tag gives this value another type than it is written in; remove the tag and write the value plainly",
    ),
    (
        "a: &a [*a",
        "an alias refers to the node that it is part of; write the value out",
    ),
    (
        "&:",
        "an anchor's name holds other characters than letters, digits, `-` and `_`, which Kubernetes reads differently; \
         give the anchor another name, here and in its aliases",
    ),
    (
        "\u{11}",
        "control character U+0011, which YAML forbids; remove it, or write it as an escape in double quotes",
    ),
    (
        ".inf",
        "infinity and not-a-number are no JSON values; put the value in quotes if it is a string",
    ),
    (
        "\"\"\"\"",
        "one JSON value follows another; put a line `---` between them, or make them the items of a List",
    ),
    (
        "&e\u{2028}",
        "an anchor's name holds other characters than letters, digits, `-` and `_`, which Kubernetes reads differently; \
         give the anchor another name, here and in its aliases",
    ),
    (
        "... x",
        "text follows the end marker `...` on its line; put it on a line of its own",
    ),
    (
        "...\n;",
        "text follows the end marker `...` without a new `---`, and Kubernetes ignores it; start it with a line `---`",
    ),
    (
        ".3:",
        "the key `.3` is not a string, and Kubernetes would not read it as written; put the key in quotes",
    ),
    (
        "a:\na:",
        "the key `a` stands twice in one mapping; Kubernetes silently takes the last; remove one of the two",
    ),
    (
        "b: &b {k: 1}\na:\n  k: 2\n  <<: *b",
        "`<<` merges the key `k`, which also stands before it: Kubernetes and YAML disagree on who wins; move `<<` to the top of its mapping",
    ),
];

#[track_caller]
fn refused(text: &str, message: &str) {
    let slices = yaml::split(text).unwrap();
    let refusals = slices
        .iter()
        .filter_map(|slice| Document::parse(text, slice).err());
    let said: Vec<String> = refusals.map(|refusal| refusal.to_string()).collect();
    assert!(
        said.iter().any(|said| said == message),
        "{text:?}: {said:?}"
    );
}

#[test]
fn what_cannot_be_read() {
    for (text, message) in REFUSED {
        refused(text, message);
    }
}

#[test]
fn what_is_too_much() {
    let nested = format!("a: {}", "[".repeat(202));
    refused(
        &format!("{nested}{}", "]".repeat(202)),
        "nested deeper than 200 levels; no Kubernetes object needs that depth; split the file if this one does",
    );
    let (mut bomb, mut chain) = ("a0: &a0 [x]\n".to_owned(), "a0: &a0 [x]\n".to_owned());
    for level in 1..450 {
        let before = level - 1;
        writeln!(chain, "a{level}: &a{level} [*a{before}]").unwrap();
        if level < 12 {
            writeln!(
                bomb,
                "a{level}: &a{level} [*a{before}, *a{before}, *a{before}, *a{before}]"
            )
            .unwrap();
        }
    }
    refused(
        &bomb,
        "aliases expand to far more than the document holds; write the values out",
    );
    // A document of many nodes may expand to more.
    writeln!(chain, "long: [{}]", "x, ".repeat(30_000)).unwrap();
    refused(&chain, "aliases nest too deep; write the values out");
}

/// A text as the result of an edit, and what the proof says of it when another value was intended.
#[test]
fn what_is_no_proof() {
    for (text, message) in [
        ("<<:", "`<<` merges no mapping"),
        ("? -", "a key is no scalar"),
        (":", "a key is no string"),
        ("a:\na:", "a key would stand twice in one mapping"),
        (".inf", "a number is not finite"),
        ("a: &a [*a]", "an alias has no anchor"),
        ("2\n...\n''", "one document became several"),
        ("[", "the new text does not parse: "),
        (".", "the new text does not say what was intended"),
        ("#", "the text `#` would become a comment"),
    ] {
        let error = yaml::prove(text, &Value::Null, std::iter::empty()).unwrap_err();
        assert!(error.starts_with(message), "{text:?}: {error}");
    }
    let lost = yaml::prove("a: 1", &json!({"a": 1}), std::iter::once("# c"));
    assert_eq!(
        lost,
        Err("the comment `# c` would be lost or moved".to_owned())
    );
    let mut bomb = "a0: &a0 [x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        writeln!(
            bomb,
            "a{level}: &a{level} [*a{before}, *a{before}, *a{before}, *a{before}]"
        )
        .unwrap();
    }
    let error = yaml::prove(&bomb, &Value::Null, std::iter::empty());
    assert_eq!(error, Err("aliases expand too far".to_owned()));
}

/// The quick half of the proof says yes only where the whole text says the whole value.
#[test]
fn what_is_nearly_the_value() {
    for (text, wanted) in [
        ("a: 1\n", json!({"a": 1, "b": 2})),
        ("a: 1\nb: 2\n", json!({"a": 1})),
        ("a: {b: 1}\n", json!({"a": {"b": 1, "c": 2}})),
        ("a: {b: 1}\nd: 1\n", json!({"a": {"b": 1, "c": 2}, "d": 1})),
        ("a: 1\na: 1\n", json!({"a": 1})),
        ("[1]\n", json!([1, 2])),
        ("[1, 2]\n", json!([1])),
        ("a: [1]\n", json!({"a": [1, 2]})),
        ("a: 'yes'\n", json!({"a": true})),
        ("a: yes\n", json!({"a": "yes"})),
        ("a: 1\n", json!({"a": "1"})),
        ("a: 1\n---\na: 1\n", json!({"a": 1})),
        ("a: 1 # b\n", json!({"a": 1})),
        // A key of this name has to be in quotes: bare it merges.
        ("<<: 1\n", json!({"<<": 1})),
    ] {
        let proof = yaml::prove(text, &wanted, std::iter::empty());
        assert!(proof.is_err(), "{text:?} is taken for {wanted}");
    }
}

/// The value of a document as a whole is what it is about: another kind of value is another document.
#[test]
fn what_cannot_be_edited() {
    for (text, wanted, message) in [
        (
            "a: 1\n",
            json!([1]),
            "the whole document would be replaced; edit it by hand",
        ),
        (
            "a: 1\n",
            json!(null),
            "the whole document would be replaced; edit it by hand",
        ),
        (
            "# c\n",
            json!({"a": 1}),
            "an empty document cannot be edited",
        ),
    ] {
        let slices = yaml::split(text).unwrap();
        let Some(slice) = slices.first() else {
            continue;
        };
        let error = Document::parse(text, slice)
            .unwrap()
            .edits(&wanted)
            .unwrap_err();
        assert!(error.to_string().starts_with(message), "{text:?}: {error}");
    }
}
