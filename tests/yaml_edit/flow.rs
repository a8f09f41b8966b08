//! Flow style stays flow style.

use crate::check;

#[test]
fn a_mapping_on_one_line() {
    check(
        r"
securityContext: {privileged: true, runAsUser: 0}
",
        &[
            "set /securityContext/privileged false",
            "set /securityContext/readOnlyRootFilesystem true",
            "remove /securityContext/runAsUser",
        ],
        r"
securityContext: {privileged: false, readOnlyRootFilesystem: true}
",
    );
}

#[test]
fn a_trailing_comma() {
    check(
        r"
limits: {cpu: 1, memory: 1Gi, }
drop: [ALL, ]
",
        &["set /limits/x 1", r#"append /drop "KILL""#],
        r"
limits: {cpu: 1, memory: 1Gi, x: 1, }
drop: [ALL, KILL, ]
",
    );
}

#[test]
fn lines_with_a_trailing_comma() {
    check(
        r"
labels: {
  app: web, # one
  tier: front, # two
}
",
        &[r#"set /labels/team "a""#],
        r"
labels: {
  app: web, # one
  tier: front, # two
  team: a,
}
",
    );
}

#[test]
fn lines_without_a_trailing_comma() {
    check(
        r"
labels: {
  app: web, # one
  tier: front # two
}
",
        &[r#"set /labels/team "a""#],
        r"
labels: {
  app: web, # one
  tier: front, # two
  team: a
}
",
    );
}

#[test]
fn items_removed() {
    check(
        r"
add: [NET_ADMIN, SYS_TIME, 'KILL']
one: [A, B]
last: [A, B]
only: [A]
",
        &[
            "remove /add/1",
            "remove /one/0",
            "remove /last/1",
            "remove /only/0",
        ],
        r"
add: [NET_ADMIN, 'KILL']
one: [B]
last: [A]
only: []
",
    );
}

#[test]
fn comments_of_removed_entries_stay() {
    check(
        r"
add: [
  NET_ADMIN, # one
  SYS_TIME, # two
  KILL # three
]
",
        &["remove /add/1", "remove /add/1"],
        r"
add: [
  NET_ADMIN # one
  # two
  # three
]
",
    );
}

#[test]
fn the_last_entries_are_replaced() {
    check(
        r"
spec: {
  a: 1,
  b: 2
}
",
        &["remove /spec/b", "set /spec/c 3"],
        r"
spec: {
  a: 1,
  c: 3
}
",
    );
}

#[test]
fn a_key_without_a_value() {
    check(
        r#"
m: {a, "b":, c: , d}
"#,
        &["set /m/a/x 1", "set /m/b 2", "set /m/c 3", "remove /m/d"],
        r#"
m: {a: {x: 1}, "b": 2, c: 3 }
"#,
    );
}

#[test]
fn removal_before_a_key_without_a_value() {
    check(
        r"
m: {a: , b: 1}
",
        &["remove /m/b"],
        r"
m: {a: }
",
    );
}

#[test]
fn a_single_pair() {
    check(
        r"
ports: [name: http, 80]
env: [a: b]
",
        &[r#"set /ports/0/protocol "TCP""#, r#"set /env/0/a {"c":1}"#],
        r"
ports: [{name: http, protocol: TCP}, 80]
env: [{a: {c: 1}}]
",
    );
}

#[test]
fn a_scalar_becomes_a_collection() {
    check(
        r#"
m: {a: 1, "b": 'x'}
"#,
        &[r#"set /m/a [1,{"k":"yes"}]"#, "set /m/b {}"],
        r#"
m: {a: [1, {k: "yes"}], "b": {}}
"#,
    );
}

#[test]
fn a_block_sequence_in_flow_items() {
    check(
        r"
containers:
- {name: app, image: nginx}
- {name: b,
   image: c}
",
        &[
            r#"set /containers/0/securityContext {"capabilities":{"drop":["ALL"]}}"#,
            r#"set /containers/1/securityContext {"runAsNonRoot":true}"#,
        ],
        r"
containers:
- {name: app, image: nginx, securityContext: {capabilities: {drop: [ALL]}}}
- {name: b,
   image: c, securityContext: {runAsNonRoot: true}}
",
    );
}

#[test]
fn flow_replaced_by_a_scalar_keeps_its_comments() {
    check(
        r"
a: { # one
  x: 1, # two
} # three
b: 1
",
        &["set /a 5"],
        r"
a: 5 # one
  # two
# three
b: 1
",
    );
}

#[test]
fn flow_inside_block_with_quoted_entries_to_the_left() {
    check(
        r#"
data: {
  "a": "b"
}
args: [
"x"
]
"#,
        &[r#"set /data/c "d""#, r#"append /args "y""#],
        r#"
data: {
  "a": "b",
  "c": "d"
}
args: [
"x",
"y"
]
"#,
    );
}

#[test]
fn a_single_pair_with_a_collection_gets_braces() {
    check(
        r"
env: [a: {}, b: 1]
",
        &["set /env/0/a/c 1"],
        r"
env: [{a: {c: 1}}, b: 1]
",
    );
}

#[test]
fn bare_keys_keep_their_space() {
    check(
        r#"
m: {'a':{b: c}}
p: {"a":1, b: }
"#,
        &[r#"set /m/d "e""#, "set /p/b 2"],
        r#"
m: {'a':{b: c},d: e}
p: {"a":1, b: 2 }
"#,
    );
}

#[test]
fn all_entries_replaced_beside_a_comment() {
    check(
        r"
drop: [
  A, # one
  B
]
",
        &[r#"set /drop ["C"]"#],
        r"
drop: [
  C # one
]
",
    );
}

#[test]
fn the_only_key_of_a_pair_without_braces() {
    check(
        r"
list: [a: b, ]
more: [c: d, e]
",
        &["remove /list/0/a", "remove /more/0/c"],
        r"
list: [{}, ]
more: [{}, e]
",
    );
}

/// A pair gets braces only for a second key, for none, or for a collection.
#[test]
fn a_single_pair_stays_one() {
    check(
        r"
env: [a: b, c: 1]
",
        &["set /env/0/a 2"],
        r"
env: [a: 2, c: 1]
",
    );
}
