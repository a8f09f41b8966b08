//! Streams, markers, line ends.

use crate::check;

#[test]
fn crlf() {
    check(
        "\
spec:\r\n\
\x20 a: 1 # c\r\n\
\x20 b: 2\r\n\
status: x\r\n",
        &[r#"set /spec/c {"d":["ALL"]}"#, "remove /spec/b"],
        "\
spec:\r\n\
\x20 a: 1 # c\r\n\
\x20 c:\r\n\
\x20   d:\r\n\
\x20   - ALL\r\n\
status: x\r\n",
    );
}

#[test]
fn a_byte_order_mark() {
    check(
        "\
\u{feff}---\n\
# c\n\
kind: Pod\n",
        &["set /a 2"],
        "\
\u{feff}---\n\
# c\n\
kind: Pod\n\
a: 2\n",
    );
}

#[test]
fn a_byte_order_mark_without_a_marker() {
    check(
        "\
\u{feff}kind: Pod\n\
a: 1\n",
        &["remove /kind", "set /b 2"],
        "\
\u{feff}a: 1\n\
b: 2\n",
    );
}

#[test]
fn no_line_break_at_the_end() {
    check(
        "\
spec:\n\
\x20 a: 1",
        &[r#"set /spec/b "x""#, "set /c true"],
        "\
spec:\n\
\x20 a: 1\n\
\x20 b: x\n\
c: true",
    );
}

#[test]
fn directives_markers_and_documents_without_a_value() {
    check(
        r"
%YAML 1.2
---
a: 1
... # the end
# only a comment
---
---
b:
  c: 1
...
",
        &["set /x 1", "doc 2", "set /b/d 2"],
        r"
%YAML 1.2
---
a: 1
x: 1
... # the end
# only a comment
---
---
b:
  c: 1
  d: 2
...
",
    );
}

#[test]
fn an_end_marker_before_the_first_document() {
    check(
        r"
# c
...
---
a: 1
...
# d
%YAML 1.2
---
b: 1
",
        &["set /c 1", "doc 1", "set /d 1"],
        r"
# c
...
---
a: 1
c: 1
...
# d
%YAML 1.2
---
b: 1
d: 1
",
    );
}

#[test]
fn a_value_on_the_line_of_the_marker() {
    check(
        r"
--- {a: 1}
--- # c
b: 2
",
        &["set /c 1", "doc 1", "set /d 1"],
        r"
--- {a: 1, c: 1}
--- # c
b: 2
d: 1
",
    );
}

#[test]
fn helm_source_comments() {
    check(
        r"
---
# Source: chart/templates/a.yaml
kind: A
---
# Source: chart/templates/b.yaml
kind: B
# the end
",
        &["set /a 1", "doc 1", "set /b 2"],
        r"
---
# Source: chart/templates/a.yaml
kind: A
a: 1
---
# Source: chart/templates/b.yaml
kind: B
b: 2
# the end
",
    );
}

#[test]
fn a_list_of_kubernetes_objects() {
    check(
        r"
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  spec:
    containers:
    - name: a
- apiVersion: v1
  kind: ConfigMap
",
        &[
            "set /items/0/spec/containers/0/securityContext/runAsNonRoot true",
            r#"append /items {"kind":"Service"}"#,
        ],
        r"
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  spec:
    containers:
    - name: a
      securityContext:
        runAsNonRoot: true
- apiVersion: v1
  kind: ConfigMap
- kind: Service
",
    );
}
