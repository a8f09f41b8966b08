//! A value of one kind becomes one of another.

use crate::check;

#[test]
fn a_scalar_becomes_a_mapping() {
    check(
        r"
spec:
  a: 1 # c
  b: x
",
        &[r#"set /spec/a {"k":{"l":[1]}}"#, r#"set /spec/b ["y"]"#],
        r#"
spec:
  a: # c
    k:
      l:
      - 1
  b:
  - "y"
"#,
    );
}

#[test]
fn a_mapping_becomes_a_scalar() {
    check(
        r"
spec:
  a:
    # why
    k: 1 # c
    l: 2
  b: 1
",
        &["set /spec/a 5"],
        r"
spec:
  a: 5
    # why
    # c
  b: 1
",
    );
}

#[test]
fn a_mapping_becomes_a_sequence() {
    check(
        r"
spec:
  a: # c
    k: 1
  b:
  - 1
",
        &["set /spec/a [1,2]", r#"set /spec/b {"k":1}"#],
        r"
spec:
  a: # c
  - 1
  - 2
  b:
    k: 1
",
    );
}

#[test]
fn items_change_their_kind() {
    check(
        r"
- a: 1 # c
  b: 2
- - x
  - y
- z # d
",
        &[
            r#"set /0 ["p","q"]"#,
            r#"set /1 {"k":1,"l":2}"#,
            r#"set /2 {"m":3,"o":4}"#,
        ],
        r"
- - p
  - q # c
- k: 1
  l: 2
- m: 3 # d
  o: 4
",
    );
}

#[test]
fn an_item_becomes_a_scalar() {
    check(
        r"
- a: 1 # c
  b: 2
- x
",
        &[r#"set /0 "y""#],
        r#"
- "y" # c
- x
"#,
    );
}

#[test]
fn tabs_that_separate_stay() {
    check(
        "a: \t1\nb:\t [x,\t y]\nc:\t\t'd\te' # f\n",
        &["set /g true"],
        "a: \t1\nb:\t [x,\t y]\nc:\t\t'd\te' # f\ng: true\n",
    );
}
