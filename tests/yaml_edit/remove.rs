//! What is removed takes its lines with it, but no comment.

use crate::check;

#[test]
fn a_key() {
    check(
        r"
spec:
  # why
  hostNetwork: true # because
  # next
  hostPID: true
  a: 1
",
        &["remove /spec/hostNetwork"],
        r"
spec:
  # why
  # because
  # next
  hostPID: true
  a: 1
",
    );
}

#[test]
fn the_only_key() {
    check(
        r"
spec:
  securityContext:
    # note
    privileged: true # x
  y: 1
",
        &["remove /spec/securityContext/privileged"],
        r"
spec:
  securityContext: {}
    # note
    # x
  y: 1
",
    );
}

#[test]
fn an_item() {
    check(
        r"
capabilities:
  add:
    # keep this
    - NET_ADMIN # bad
    - SYS_TIME
  drop: [ALL]
",
        &["remove /capabilities/add/0"],
        r"
capabilities:
  add:
    # keep this
    # bad
    - SYS_TIME
  drop: [ALL]
",
    );
}

#[test]
fn all_items() {
    check(
        r"
capabilities:
  add:
  - NET_ADMIN # bad
  - SYS_TIME
  drop:
  - KILL
",
        &["set /capabilities/add []"],
        r"
capabilities:
  add: []
  # bad
  drop:
  - KILL
",
    );
}

#[test]
fn the_first_key_of_an_item() {
    check(
        r"
- name: a
  image: x
- name: b
  # c
  image: y
- name: d # e
  image: z
",
        &["remove /0/name", "remove /1/name", "remove /2/name"],
        r"
- image: x
-
  # c
  image: y
- # e
  image: z
",
    );
}

#[test]
fn all_keys_of_an_item() {
    check(
        r"
- name: a # b
  image: x
- c
",
        &["set /0 {}"],
        r"
- {} # b
- c
",
    );
}

#[test]
fn an_item_that_is_a_sequence() {
    check(
        r"
a:
- - x
  - y
- z
",
        &["remove /a/0/0", "remove /a/1"],
        r"
a:
- - y
",
    );
}

#[test]
fn at_the_end_without_a_line_break() {
    check(
        "\
a: 1\n\
b: 2\n\
c: 3",
        &["remove /b", "remove /c"],
        "a: 1",
    );
}

#[test]
fn the_last_one_with_a_comment_without_a_line_break() {
    check(
        "\
a: 1\n\
b: 2 # x",
        &["remove /b"],
        "\
a: 1\n\
# x",
    );
}

#[test]
fn removed_and_added_at_the_end_without_a_line_break() {
    check(
        "\
spec:\n\
\x20 a: 1\n\
b: 2",
        &["remove /b", "set /spec/c 3"],
        "\
spec:\n\
\x20 a: 1\n\
\x20 c: 3",
    );
}

#[test]
fn a_blank_line_does_not_join_a_block_scalar_before() {
    check(
        r"
data:
  script: |+
    run
  old: 1

kind: ConfigMap
",
        &["remove /data/old"],
        r"
data:
  script: |+
    run
kind: ConfigMap
",
    );
}

#[test]
fn a_deep_comment_does_not_join_a_block_scalar_before() {
    check(
        r"
data:
  script: |
    run
  old:
      # about old
    a: 1
  new: 1
",
        &["remove /data/old"],
        r"
data:
  script: |
    run
  # about old
  new: 1
",
    );
}

#[test]
fn a_block_scalar_keeps_the_blank_line_after_it() {
    check(
        r"
data:
  script: |
    run
  old: 1

kind: ConfigMap
",
        &["remove /data/old"],
        r"
data:
  script: |
    run

kind: ConfigMap
",
    );
}

#[test]
fn the_first_item_and_a_new_one_before_it() {
    check(
        r"
list:
- a
- b
- c
",
        &[r#"set /list ["x","y","b","c"]"#],
        r#"
list:
- x
- "y"
- b
- c
"#,
    );
}

#[test]
fn nested_removals_after_a_block_scalar() {
    check(
        r"
data:
  script: |+
    run
  old: 1
old: 2

kind: ConfigMap
",
        &["remove /data/old", "remove /old"],
        r"
data:
  script: |+
    run
kind: ConfigMap
",
    );
}

#[test]
fn the_keys_of_an_item_are_replaced() {
    check(
        r"
containers:
- name: app # one
  # two
  image: x # three
- b
",
        &[r#"set /containers/0 {"k":1,"l":2}"#],
        r"
containers:
- k: 1
  l: 2 # one
  # two
  # three
- b
",
    );
}

#[test]
fn edits_stay_in_order_where_a_blank_line_goes_too() {
    check(
        r"
data:
  script: |+
    run
  old: 1

kind: ConfigMap
last: 1
",
        &["remove /data/old", "set /last 2", "set /data/more 3"],
        r"
data:
  script: |+
    run
  more: 3

kind: ConfigMap
last: 2
",
    );
    check(
        r"
data:
  script: |+
    run
  old: 1

kind: ConfigMap
last: 1
",
        &["remove /data/old", "set /last 2"],
        r"
data:
  script: |+
    run
kind: ConfigMap
last: 2
",
    );
}
