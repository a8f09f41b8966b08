use super::*;

fn limits(given: &[&str]) -> Limits {
    let given: Vec<Limit> = given.iter().map(|text| text.parse().expect(text)).collect();
    Limits::new(&given)
}

fn refused(given: &str, text: &str) -> String {
    let problem = limits(&[given]).check(text).expect_err(given);
    let line = problem.position.map_or(0, |position| position.line);
    format!("{line}: {}; {}", problem.reason, problem.help)
}

#[test]
fn what_is_beyond_a_limit_is_named() {
    let text = "a: 1\n---\nb: 22222\nc: 3\n--- # third\nd: 4\n";
    for given in [
        "file-size=1Mi",
        "document-size=18",
        "line-length=12",
        "documents=3",
    ] {
        assert_eq!(limits(&[given]).check(text), Ok(()), "{given}");
    }
    for (given, told) in [
        (
            "file-size=30",
            "0: the file has 40 bytes or more, and the limit is 30; split it, or raise the limit with `--limit file-size=...`",
        ),
        (
            "document-size=17",
            "2: the document that begins here has more than 17 bytes, and the limit is 17; split it, or raise the limit with `--limit document-size=...`",
        ),
        (
            "line-length=11",
            "5: this line has 12 bytes, and the limit is 11; split it, or raise the limit with `--limit line-length=...`",
        ),
        (
            "documents=2",
            "5: another document begins here, and the limit is 2; split it, or raise the limit with `--limit documents=...`",
        ),
    ] {
        assert_eq!(refused(given, text), told);
    }
}

#[test]
fn limits_that_are_none_are_told() {
    for (text, told) in [
        (
            "line-length",
            "write NAME=SIZE; the names are file-size, document-size, line-length, documents",
        ),
        (
            "lines=3",
            "there is no limit `lines`, but file-size, document-size, line-length, documents",
        ),
        (
            "file-size=8Gi",
            "`8Gi` is no size from 1 to 4294967295, such as 512Ki, 64Mi or 1Gi",
        ),
        (
            "document-size=0",
            "`0` is no size from 1 to 4294967295, such as 512Ki, 64Mi or 1Gi",
        ),
        (
            "documents=many",
            "`many` is no size from 1 to 18446744073709551615, such as 512Ki, 64Mi or 1Gi",
        ),
    ] {
        assert_eq!(text.parse::<Limit>(), Err(told.to_owned()));
    }
    assert_eq!(
        limits(&["documents=2", "documents=3"]),
        limits(&["documents=3"])
    );
    assert_eq!(limits(&["line-length=1Ki"]), limits(&["line-length=1024"]));
}
