//! What is refused, and why.

use crate::refused;

#[test]
fn a_template() {
    refused(
        r"
a: {{ .Values.x }}
",
        &["set /b 1"],
        "a key is not a plain word",
    );
}

#[test]
fn a_template_block() {
    refused(
        r"
{{- if .Values.x }}
a: 1
{{- end }}
",
        &["set /b 1"],
        "\"-\" is only valid inside a block",
    );
}

#[test]
fn a_key_that_stands_twice() {
    refused(
        r"
a: 1
a: 2
",
        &["set /b 1"],
        "the key `a` stands twice in one mapping",
    );
}

#[test]
fn an_alias_to_its_own_mapping() {
    refused(
        r"
a: &a
  b: *a
",
        &["set /c 1"],
        "an alias refers to the node that it is part of",
    );
}

#[test]
fn tabs_as_indentation() {
    refused(
        "\
a:\n\
\tb: 1\n",
        &["set /c 1"],
        "tabs disallowed within this context (block indentation)",
    );
}

#[test]
fn a_lone_carriage_return() {
    refused(
        "\
a: 1\r\
b: 2\n",
        &["set /c 1"],
        "a carriage return stands without a line feed",
    );
}

#[test]
fn below_a_scalar_on_the_root() {
    refused(
        r"
text
",
        &[r#"set / {"a":1}"#],
        "the whole document would be replaced",
    );
}

#[test]
fn after_breaks_kept_at_the_end_of_the_file() {
    refused(
        r"
a: |+
  x

",
        &["set /b 1"],
        "the file ends in a block scalar that keeps its line breaks (`|+`), and text after it would change its value",
    );
}

#[test]
fn a_merge_after_a_key_it_overrides() {
    refused(
        r"
base: &b {x: 1}
use:
  x: 2
  <<: *b
",
        &["set /y 1"],
        "`<<` merges the key `x`, which also stands before it",
    );
}

#[test]
fn a_value_that_no_object_can_hold() {
    refused(
        &format!("\na: {}\n", "x".repeat(9 << 20)),
        &["set /b 1"],
        "this value has 9437184 bytes, more than 8388608",
    );
}

/// White space of Unicode is none of YAML: what it stands in is a name.
#[test]
fn white_space_of_unicode_in_the_name_of_an_anchor() {
    for (before, change) in [
        ("a: &\u{85}x\n  b: 1\n", "set /a/b 2"),
        ("a: &x\u{a0}y 1\nb: *x\u{a0}y\n", "set /a 2"),
        ("a: &x\u{2028} 1\n", "set /b 2"),
    ] {
        refused(before, &[change], "an anchor's name holds other characters");
    }
}

#[test]
fn a_value_for_a_key_over_several_lines() {
    refused(
        r"
a: {b
  c, d: e}
",
        &["set /a/b c 1"],
        "a key in braces goes over several lines and has no `:`",
    );
}
