//! Scalars keep their quotes, and every parser reads a string as a string.

use crate::check;

#[test]
fn quotes_stay() {
    check(
        r#"
a: 'it''s'
b: "q"
c: plain
"#,
        &[r#"set /a "don't""#, r#"set /b "z""#, r#"set /c "yes""#],
        r#"
a: 'don''t'
b: "z"
c: "yes"
"#,
    );
}

#[test]
fn words_and_numbers_that_parsers_disagree_about() {
    check(
        r"
privileged: yes
runAsUser: 0o17
mode: 0644
",
        &[
            "set /privileged false",
            r#"set /a "yes""#,
            r#"set /y "0o17""#,
            r#"set /b "1e3""#,
            r#"set /c "on""#,
            r#"set /d "12:30""#,
            r#"set /e "a -""#,
        ],
        r#"
privileged: false
runAsUser: 0o17
mode: 0644
a: "yes"
"y": "0o17"
b: "1e3"
c: "on"
d: "12:30"
e: "a -"
"#,
    );
}

#[test]
fn strings_that_need_quotes() {
    check(
        r"
a: 1
",
        &[
            r#"set /b "x: y #z""#,
            r#"set /c "one\ntwo\n""#,
            r#"set /d """#,
            r#"set /e " lead""#,
            r#"set /f "- x""#,
            r#"set /g "{{ .x }}""#,
        ],
        r#"
a: 1
b: "x: y #z"
c: "one\ntwo\n"
d: ""
e: " lead"
f: "- x"
g: "{{ .x }}"
"#,
    );
}

#[test]
fn scalars_over_several_lines() {
    check(
        r#"
a: one
  two

  three # c
b: "x
  y" # d
c: >-
  folded
  text
d: 1
"#,
        &[r#"set /a "q""#, r#"set /b "r""#, r#"set /c "s""#],
        r#"
a: q # c
b: "r" # d
c: s
d: 1
"#,
    );
}

#[test]
fn after_a_literal() {
    check(
        r"
data:
  a: |
    text # no comment

  # after
kind: ConfigMap
",
        &[r#"set /data/b "v""#],
        r"
data:
  a: |
    text # no comment
  b: v

  # after
kind: ConfigMap
",
    );
}

#[test]
fn after_a_literal_that_keeps_its_breaks() {
    check(
        r"
data:
  a: |+
    text


kind: ConfigMap
",
        &[r#"set /data/b "v""#],
        r"
data:
  a: |+
    text


  b: v
kind: ConfigMap
",
    );
}

#[test]
fn after_a_literal_that_ends_in_spaces() {
    check(
        "\
data:\n\
\x20 a: |\n\
\x20   text\n\
\x20     \n\
\n\
kind: ConfigMap\n",
        &[r#"set /data/b "v""#],
        "\
data:\n\
\x20 a: |\n\
\x20   text\n\
\x20     \n\
\x20 b: v\n\
\n\
kind: ConfigMap\n",
    );
}

#[test]
fn after_a_folded_scalar_with_an_indicator() {
    check(
        "\
data:\n\
\x20 a: >2-\n\
\x20    lead\n\
\x20   z",
        &[r#"set /data/b "v""#],
        "\
data:\n\
\x20 a: >2-\n\
\x20    lead\n\
\x20   z\n\
\x20 b: v",
    );
}

#[test]
fn after_an_empty_literal() {
    check(
        r"
data:
  a: |
kind: ConfigMap
",
        &[r#"set /data/b "v""#],
        r"
data:
  a: |
  b: v
kind: ConfigMap
",
    );
}

#[test]
fn an_empty_literal_is_replaced() {
    check(
        r"
data:
  a: |+
  b: |+ # c
  c: 1
",
        &[r#"set /data/a "v""#, r#"set /data/b {"k":1}"#],
        r"
data:
  a: v
  b: # c
    k: 1
  c: 1
",
    );
}

#[test]
fn tags() {
    check(
        r"
a: !!str 1
b: !!map
  c: 1
d: !!str x # y
",
        &["set /a 5", "set /b/x 1", r#"set /d {"e":1}"#],
        r"
a: 5
b: !!map
  c: 1
  x: 1
d: # y
  e: 1
",
    );
}

#[test]
fn tabs_that_separate() {
    check(
        "\
a:\t1\t# c\n\
b:\n\
\x20 c:\t{\tx: 1\t}\n\
d:\t\"x:\ty\"\n",
        &["set /b/c/z 1", "set /a 2"],
        "\
a:\t2\t# c\n\
b:\n\
\x20 c:\t{\tx: 1, z: 1\t}\n\
d:\t\"x:\ty\"\n",
    );
}

#[test]
fn unicode_before_the_place() {
    check(
        r#"
k: "☸ é 🚢"  # комментарий
d: |
  — несколько строк
z:
  y: 1 # ☃
"#,
        &[r#"set /z/x "naïve""#],
        r#"
k: "☸ é 🚢"  # комментарий
d: |
  — несколько строк
z:
  y: 1 # ☃
  x: naïve
"#,
    );
}

#[test]
fn line_separators_are_escaped() {
    check(
        r#"
a: "x\x85y\u2028z"
b: 1
"#,
        &[r#"set /c "p\u0085q""#],
        r#"
a: "x\x85y\u2028z"
b: 1
c: "p\u0085q"
"#,
    );
}
