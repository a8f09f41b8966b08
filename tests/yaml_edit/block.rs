//! What is added to block mappings and sequences.

use crate::check;

#[test]
fn a_nested_mapping_in_the_step_of_the_document() {
    check(
        r"
apiVersion: v1
kind: Pod
spec:
    containers:
        - name: app
          image: nginx:1.27 # pinned
        - name: sidecar
          image: envoy
",
        &[
            r#"set /spec/containers/0/securityContext {"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}}"#,
            r#"set /spec/containers/1/securityContext {"runAsNonRoot":true,"capabilities":{"drop":["ALL"]}}"#,
        ],
        r"
apiVersion: v1
kind: Pod
spec:
    containers:
        - name: app
          image: nginx:1.27 # pinned
          securityContext:
              runAsNonRoot: true
              capabilities:
                  drop:
                      - ALL
        - name: sidecar
          image: envoy
          securityContext:
              runAsNonRoot: true
              capabilities:
                  drop:
                      - ALL
",
    );
}

#[test]
fn sequences_that_are_not_indented() {
    check(
        r"
spec:
  containers:
  - name: app
    image: nginx:1.27
  # about the sidecar
  - name: sidecar
    image: envoy

# the end
",
        &[
            r#"set /spec/containers/0/securityContext/capabilities/drop ["ALL"]"#,
            "set /spec/containers/1/securityContext/runAsNonRoot true",
        ],
        r"
spec:
  containers:
  - name: app
    image: nginx:1.27
    securityContext:
      capabilities:
        drop:
        - ALL
  # about the sidecar
  - name: sidecar
    image: envoy
    securityContext:
      runAsNonRoot: true

# the end
",
    );
}

#[test]
fn several_insertions_at_one_place() {
    check(
        r"
spec:
  template:
    spec: {}
",
        &[
            "set /spec/template/spec/hostNetwork false",
            r#"set /spec/template/metadata {"labels":{"app":"web"}}"#,
            "set /spec/replicas 2",
            r#"set /kind "Deployment""#,
        ],
        r"
spec:
  template:
    spec:
      hostNetwork: false
    metadata:
      labels:
        app: web
  replicas: 2
kind: Deployment
",
    );
}

#[test]
fn the_nearest_relatives_decide_on_the_step() {
    check(
        r"
metadata:
    labels:
       app: web
    name: web
",
        &[
            r#"set /metadata/labels/extra {"a":1}"#,
            r#"set /metadata/annotations {"b":[1,{"c":2}]}"#,
        ],
        r"
metadata:
    labels:
       app: web
       extra:
          a: 1
    name: web
    annotations:
       b:
       - 1
       - c: 2
",
    );
}

#[test]
fn a_comment_before_the_next_key_belongs_to_it() {
    check(
        r"
spec:
  securityContext:
    fsGroup: 2000
  # the containers
  containers: []
",
        &["set /spec/securityContext/runAsNonRoot true"],
        r"
spec:
  securityContext:
    fsGroup: 2000
    runAsNonRoot: true
  # the containers
  containers: []
",
    );
}

#[test]
fn a_deeper_comment_belongs_to_the_value_before() {
    check(
        r"
spec:
  securityContext:
    fsGroup: 2000
    # runAsUser: 1000
  containers: []
",
        &["set /spec/securityContext/runAsNonRoot true"],
        r"
spec:
  securityContext:
    fsGroup: 2000
    runAsNonRoot: true
    # runAsUser: 1000
  containers: []
",
    );
}

#[test]
fn comments_between_a_key_and_its_value() {
    check(
        r"
securityContext: # checked
  # by security
  privileged: true # for now
  # until May
kind: Pod
",
        &[
            "set /securityContext/privileged false",
            "set /securityContext/runAsNonRoot true",
        ],
        r"
securityContext: # checked
  # by security
  privileged: false # for now
  runAsNonRoot: true
  # until May
kind: Pod
",
    );
}

#[test]
fn trailing_spaces_and_blank_lines_stay() {
    check(
        "\
spec:   \n\
\x20 replicas:  1   \n\
\x20 \n\
status: \n",
        &["set /spec/paused true"],
        "\
spec:   \n\
\x20 replicas:  1   \n\
\x20 paused: true\n\
\x20 \n\
status: \n",
    );
}

#[test]
fn items_at_the_start_in_the_middle_and_at_the_end() {
    check(
        r"
add:
- KILL # one
- CHOWN # two
",
        &[r#"set /add ["A","KILL","B","CHOWN","C"]"#],
        r"
add:
- A
- KILL # one
- B
- CHOWN # two
- C
",
    );
}

#[test]
fn items_of_sequences_in_sequences() {
    check(
        r"
- - a
  - b
- c
",
        &[r#"append /0 "x""#, r#"append / ["y","z"]"#],
        r#"
- - a
  - b
  - x
- c
- - "y"
  - z
"#,
    );
}

#[test]
fn an_indented_root() {
    check(
        r"
  kind: Pod
  spec:
    a: 1
",
        &[r#"set /spec/b {"c":[1]}"#, "set /x []"],
        r"
  kind: Pod
  spec:
    a: 1
    b:
      c:
      - 1
  x: []
",
    );
}

#[test]
fn a_comment_to_the_left_inside_a_mapping() {
    check(
        r"
spec:
  privileged: true
# this one is odd
  runAsUser: 0
",
        &["set /spec/x 1", "remove /spec/privileged"],
        r"
spec:
# this one is odd
  runAsUser: 0
  x: 1
",
    );
}

#[test]
fn keys_that_need_quotes() {
    check(
        r#"
metadata:
  annotations:
    a.b/c: "1"
"#,
        &[
            r#"set /metadata/annotations/container.apparmor.security.beta.kubernetes.io~1app "runtime/default""#,
            r#"set /metadata/annotations/yes "no""#,
            r#"set /metadata/annotations/a: b "c #d""#,
        ],
        r#"
metadata:
  annotations:
    a.b/c: "1"
    container.apparmor.security.beta.kubernetes.io/app: runtime/default
    "yes": "no"
    "a: b": "c #d"
"#,
    );
}

#[test]
fn explicit_keys() {
    check(
        r"
? kind
: Pod
? spec
: a: 1
? status
",
        &["set /spec/b 2", r#"set /status {"c":3}"#, "set /d 4"],
        r"
? kind
: Pod
? spec
: a: 1
  b: 2
? status
:
  c: 3
d: 4
",
    );
}

#[test]
fn a_dash_with_more_space() {
    check(
        r"
args:
-   a
-   name: x
    value: y
",
        &[r#"set /args/0 {"k":1,"l":2}"#, "set /args/1/z 3"],
        r"
args:
- k: 1
  l: 2
-   name: x
    value: y
    z: 3
",
    );
}
