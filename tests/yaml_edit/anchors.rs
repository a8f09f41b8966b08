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

#[test]
fn a_tag_and_an_anchor_stay_whole() {
    check(
        r"
base: !!map &base
  x: 1
use: *base
",
        &["remove /base/x", "remove /use/x"],
        r"
base: !!map &base {}
use: *base
",
    );
    check(
        r"
base: &base !!map # why
  x: 1
use: 2
",
        &["set /base [1]"],
        r"
base: # why
- 1
use: 2
",
    );
}

/// `levels` mappings of which each names the one before it `times` times, the first one a list of as many numbers.
fn expansion(levels: usize, times: usize) -> String {
    let mut text = format!("l0: &l0 [{}]\n", vec!["1"; times].join(","));
    for level in 1..levels {
        let item = format!("*l{}", level - 1);
        let items = vec![item; times].join(",");
        text += &[
            "l",
            &level.to_string(),
            ": &l",
            &level.to_string(),
            " [",
            &items,
            "]\n",
        ]
        .concat();
    }
    text
}

#[test]
fn the_proof_follows_aliases_so_far_and_no_farther() {
    let read = |text: &str| kubetemper::yaml::read_leniently(text);
    let (wide, deep) = (expansion(2, 150), expansion(4, 30));
    let value = read(&wide).unwrap();
    assert_eq!(value["l1"].as_array().unwrap().len(), 150);
    assert!(kubetemper::yaml::prove(&wide, &value, std::iter::empty()).is_ok());
    assert_eq!(read(&deep), None);
    let refusal = kubetemper::yaml::prove(&deep, &value, std::iter::empty()).unwrap_err();
    assert_eq!(refusal, "aliases expand too far");
}
