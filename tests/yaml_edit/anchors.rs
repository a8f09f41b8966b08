//! Anchors, aliases and merge keys: the text says what the value says.

use crate::check;

#[test]
fn an_anchor_and_its_alias_change_alike() {
    check(
        r"
base: &b
  x: 1
use: *b
",
        &["set /base/k 2", "set /use/k 2"],
        r"
base: &b
  x: 1
  k: 2
use: *b
",
    );
}

#[test]
fn only_the_alias_changes() {
    check(
        r"
base: &b {x: 1}
use: *b # c
",
        &["set /use/k 2"],
        r"
base: &b {x: 1}
use: # c
  <<: *b
  k: 2
",
    );
}

#[test]
fn only_the_anchor_changes() {
    check(
        r"
base: &b
  x: 1
use: *b
",
        &["set /base/x 2"],
        r"
base: &b
  x: 2
use:
  x: 1
",
    );
}

#[test]
fn a_merged_mapping_gets_keys() {
    check(
        r"
base: &b {x: 1, sub: {z: 1}}
use:
  <<: *b
  k: 1
",
        &["set /use/own 2", "set /use/sub/w 5"],
        r"
base: &b {x: 1, sub: {z: 1}}
use:
  <<: *b
  k: 1
  sub:
    z: 1
    w: 5
  own: 2
",
    );
}

#[test]
fn a_merged_key_is_removed() {
    check(
        r"
base: &b {x: 1, privileged: true}
use:
  <<: *b # m
  k: 1
",
        &["remove /use/privileged"],
        r"
base: &b {x: 1, privileged: true}
use:
  # m
  k: 1
  x: 1
",
    );
}

#[test]
fn the_base_changes_but_not_who_merges_it() {
    check(
        r"
base: &b {x: 1}
use:
  <<: *b
",
        &["set /base/new 1"],
        r"
base: &b {x: 1, new: 1}
use:
  x: 1
",
    );
}

#[test]
fn an_anchor_on_nothing() {
    check(
        r"
a: &x
b: *x
",
        &["set /a/k 1"],
        r"
a: &x
  k: 1
b: null
",
    );
}

#[test]
fn aliases_as_items() {
    check(
        r"
base: &d {name: x}
list:
- *d
- [*d]
",
        &["set /list/0/k 1", "set /list/1/0/k 2"],
        r"
base: &d {name: x}
list:
- <<: *d
  k: 1
- [{<<: *d, k: 2}]
",
    );
}

#[test]
fn an_anchored_value_is_removed() {
    check(
        r"
base: &b
  x: 1
use: *b
more:
  <<: *b
  y: 2
",
        &["remove /base"],
        r"
use:
  x: 1
more:
  y: 2
  x: 1
",
    );
}

#[test]
fn an_anchored_mapping_becomes_empty() {
    check(
        r"
base: &b
  x: 1
use: *b
",
        &["set /base {}"],
        r"
base: &b {}
use:
  x: 1
",
    );
}

#[test]
fn an_anchored_item_becomes_a_collection() {
    check(
        r"
list:
- &a x # c
- *a
",
        &[r#"set /list/0 {"k":1,"l":2}"#],
        r"
list:
- &a # c
  k: 1
  l: 2
- x
",
    );
}

#[test]
fn securitycontext_shared_by_two_containers() {
    check(
        r"
spec:
  containers:
  - name: a
    securityContext: &sc
      runAsUser: 1000
  - name: b
    securityContext: *sc
",
        &[
            "set /spec/containers/0/securityContext/runAsNonRoot true",
            "set /spec/containers/1/securityContext/runAsNonRoot true",
        ],
        r"
spec:
  containers:
  - name: a
    securityContext: &sc
      runAsUser: 1000
      runAsNonRoot: true
  - name: b
    securityContext: *sc
",
    );
}

#[test]
fn a_mapping_merged_in_place() {
    check(
        r"
use:
  <<: {a: 1, b: 2}
  k: 1
",
        &["set /use/a 3"],
        r"
use:
  k: 1
  a: 3
  b: 2
",
    );
}
