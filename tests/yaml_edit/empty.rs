//! Null, `{}` and `[]` in block context become block style; the comment of the line stays.

use crate::check;

#[test]
fn an_empty_value_with_a_comment() {
    check(
        r"
spec:
  securityContext:   # to do
  # the containers
  containers: []
",
        &["set /spec/securityContext/runAsUser 1000"],
        r"
spec:
  securityContext:   # to do
    runAsUser: 1000
  # the containers
  containers: []
",
    );
}

#[test]
fn a_tilde() {
    check(
        r"
securityContext: ~ # later
kind: Pod
",
        &["set /securityContext/runAsUser 1000"],
        r"
securityContext: # later
  runAsUser: 1000
kind: Pod
",
    );
}

#[test]
fn the_word_null() {
    check(
        r"
spec:
    securityContext: null
    x: 1
",
        &[r#"set /spec/securityContext {"seccompProfile":{"type":"RuntimeDefault"}}"#],
        r"
spec:
    securityContext:
        seccompProfile:
            type: RuntimeDefault
    x: 1
",
    );
}

#[test]
fn braces() {
    check(
        r"
spec:
    securityContext: {} # none
    x: 1
",
        &[r#"set /spec/securityContext {"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}}"#],
        r"
spec:
    securityContext: # none
        runAsNonRoot: true
        capabilities:
            drop:
            - ALL
    x: 1
",
    );
}

#[test]
fn brackets() {
    check(
        r"
spec:
  volumes: []   # none
  x: 1
",
        &[r#"append /spec/volumes {"name":"tmp","emptyDir":{}}"#],
        r"
spec:
  volumes:   # none
  - name: tmp
    emptyDir: {}
  x: 1
",
    );
}

#[test]
fn braces_with_a_comment_inside() {
    check(
        r"
spec:
  securityContext: { # why
  }
",
        &["set /spec/securityContext/runAsNonRoot true"],
        r"
spec:
  securityContext: {runAsNonRoot: true # why
  }
",
    );
}

#[test]
fn braces_with_an_anchor() {
    check(
        r"
a: &x {}
b: *x
",
        &["set /a/k 1", "set /b/k 1"],
        r"
a: &x
  k: 1
b: *x
",
    );
}

#[test]
fn braces_of_an_item() {
    check(
        r"
containers:
- {} # empty
- x: 1
",
        &[
            r#"set /containers/0/name "a""#,
            r#"set /containers/0/image "b""#,
        ],
        r"
containers:
- name: a # empty
  image: b
- x: 1
",
    );
}

#[test]
fn braces_on_the_next_line() {
    check(
        r"
spec:
  securityContext:
    # nothing yet
    {}
  x: 1
",
        &["set /spec/securityContext/runAsNonRoot true"],
        r"
spec:
  securityContext:
    # nothing yet
    runAsNonRoot: true
  x: 1
",
    );
}

#[test]
fn null_items() {
    check(
        "\
items:\n\
- \n\
- ~ # two\n\
-\n\
\x20 x: 1\n",
        &[
            "set /items/0/a 1",
            r#"set /items/1 {"b":2,"c":3}"#,
            "set /items/2/d 4",
        ],
        "\
items:\n\
- a: 1 \n\
- b: 2 # two\n\
\x20 c: 3\n\
-\n\
\x20 x: 1\n\
\x20 d: 4\n",
    );
}

#[test]
fn a_tagged_null() {
    check(
        r"
a: !!null
b: !!null ~ # x
",
        &["set /a/k 1", "set /b/k 1"],
        r"
a:
  k: 1
b: # x
  k: 1
",
    );
}

#[test]
fn a_null_becomes_a_scalar() {
    check(
        r"
a:
b: ~
c: null # x
",
        &["set /a 1", r#"set /b "x""#, "set /c false"],
        r"
a: 1
b: x
c: false # x
",
    );
}

#[test]
fn an_empty_root() {
    check(
        r"
{}
",
        &[r#"set /kind "Pod""#],
        r"
{kind: Pod}
",
    );
}

#[test]
fn values_on_the_line_below_their_key() {
    check(
        r"
spec:
  securityContext:
    null # none
  replicas:
    # how many
    2
",
        &[
            "set /spec/securityContext/runAsNonRoot true",
            "set /spec/replicas 3",
        ],
        r"
spec:
  securityContext:
    # none
    runAsNonRoot: true
  replicas:
    # how many
    3
",
    );
}
