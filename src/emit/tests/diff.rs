//! The patch, as the real git takes it.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{file, object, range, report};
use crate::emit::diff;
use crate::report::{FileReport, Report};

/// The patch, and the places that it leaves out.
fn patch(report: &Report) -> (String, Vec<String>) {
    let mut out = Vec::new();
    let withheld = diff(report, &mut out).expect("writing to memory");
    let places = withheld.iter().map(ToString::to_string).collect();
    (String::from_utf8(out).expect("text"), places)
}

/// Applies the patch of a report to its files in a fresh repository; panics unless git takes it.
fn apply(report: &Report) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for file in report.files.iter().filter(|file| !file.before.is_empty()) {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(path, &file.before).expect("write");
    }
    let (text, _) = patch(report);
    std::fs::write(folder.path().join("changes.patch"), &text).expect("write");
    git(folder.path(), &["init", "--quiet"]);
    git(
        folder.path(),
        &["apply", "--whitespace=nowarn", "changes.patch"],
    );
    folder
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .stdin(Stdio::null())
        .output()
        .expect("git runs");
    let patch = std::fs::read_to_string(folder.join("changes.patch")).unwrap_or_default();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "git {arguments:?}: {error}\n{patch}"
    );
}

fn applied(folder: &tempfile::TempDir, path: &str) -> String {
    std::fs::read_to_string(folder.path().join(path)).expect("the file is there")
}

#[track_caller]
fn round_trip(files: Vec<FileReport>) {
    let report = report(files);
    let folder = apply(&report);
    for file in &report.files {
        let after = file.after.as_ref().unwrap_or(&file.before);
        assert_eq!(&applied(&folder, &file.path), after, "{}", file.path);
    }
}

const TEXT: &str = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\ni: 9\nj: 10\n";

fn with(line: &str, new: &str) -> String {
    TEXT.replacen(line, new, 1)
}

#[test]
fn every_place_of_a_change() {
    for (name, after) in [
        ("start", format!("new: 0\n{TEXT}")),
        ("end", format!("{TEXT}new: 0\n")),
        ("middle", with("e: 5\n", "e: 6\n")),
        ("insertion", with("e: 5\n", "e: 5\nnew: 0\n")),
        ("removal", with("e: 5\n", "")),
        ("first line removed", with("a: 1\n", "")),
        ("last line removed", with("j: 10\n", "")),
        (
            "two near",
            with("b: 2\n", "b: 0\n").replace("f: 6\n", "f: 0\nx: 0\n"),
        ),
        (
            "two far",
            with("a: 1\n", "a: 0\nx: 0\n").replace("j: 10\n", "j: 0\n"),
        ),
        ("line end added", TEXT.to_owned()),
    ] {
        let before = if after == TEXT { TEXT.trim_end() } else { TEXT };
        round_trip(vec![file(name, before, &after)]);
        if before.trim_end() != after.trim_end() {
            round_trip(vec![file(name, before.trim_end(), after.trim_end())]);
        }
        let (before, after) = (before.replace('\n', "\r\n"), after.replace('\n', "\r\n"));
        round_trip(vec![file(name, &before, &after)]);
        let (before, after) = (format!("\u{feff}{before}"), format!("\u{feff}{after}"));
        round_trip(vec![file(name, &before, &after)]);
    }
}

#[test]
fn a_lone_carriage_return_ends_no_line() {
    round_trip(vec![file(
        "a.yaml",
        "a: \"x\ry\"\nb: 1\n",
        "a: \"x\ry\"\nb: 1\nc: \"\r\"\n",
    )]);
}

#[test]
fn several_files_with_names_that_git_quotes() {
    let after = with("e: 5\n", "e: 5\nnew: 0\n");
    let names = [
        "deploy/web.yaml",
        "my charts/a b.yaml",
        "q\"uote.yaml",
        "back\\slash.yaml",
        "tab\there.yaml",
        "grün.yaml",
    ];
    let mut files: Vec<FileReport> = names.iter().map(|name| file(name, TEXT, &after)).collect();
    files.push(file("same.yaml", TEXT, TEXT));
    files.push(file("created by us.yaml", "", "new: file\n"));
    round_trip(files);
}

#[test]
fn leading_dots_and_slashes_go() {
    let (text, _) = patch(&report(vec![
        file("./x/a.yaml", "a\n", "b\n"),
        file("/x/b.yaml", "a\n", "b\n"),
    ]));
    assert_eq!(
        text,
        "--- a/x/a.yaml\n+++ b/x/a.yaml\n@@ -1 +1 @@\n-a\n+b\n--- a/x/b.yaml\n+++ b/x/b.yaml\n@@ -1 +1 @@\n-a\n+b\n"
    );
}

/// A file with one object that has secrets.
fn secret_file(before: &str, after: &str, secrets: &[&str]) -> FileReport {
    let mut file = file("s.yaml", before, after);
    let mut object = object();
    object.secrets = secrets.iter().map(|secret| range(before, secret)).collect();
    file.objects.push(object);
    file
}

#[test]
fn context_shrinks_around_secrets() {
    let after = with("c: 3\n", "c: 3\nx: 0\n")
        .replace("g: 7\n", "g: 7\ny: 0\n")
        .replace("h: 8\n", "z: 0\n");
    // `b`, `e` and `j` stand in the context of the changes.
    for secrets in [&["2"][..], &["5"], &["10"], &["2", "5", "10"], &["1\nb: 2"]] {
        let report = report(vec![secret_file(TEXT, &after, secrets)]);
        let (text, places) = patch(&report);
        for secret in secrets.iter().flat_map(|secret| secret.lines()) {
            let line = TEXT
                .lines()
                .find(|line| line.ends_with(secret))
                .expect("a line");
            assert!(!text.contains(line), "{line} in\n{text}");
        }
        assert!(places.is_empty());
        assert_eq!(applied(&apply(&report), "s.yaml"), after);
    }
}

#[test]
fn a_changed_line_with_a_secret_is_left_out() {
    let after = with("b: 2\n", "b: 2 # new\n").replace("j: 10\n", "j: 10\nx: 0\n");
    let report = report(vec![secret_file(TEXT, &after, &["2"])]);
    let (text, places) = patch(&report);
    assert!(!text.contains("b: 2"), "{text}");
    assert_eq!(places, ["s.yaml:2"]);
    // The other change keeps its place, although the lines before it do not change.
    assert_eq!(
        applied(&apply(&report), "s.yaml"),
        with("j: 10\n", "j: 10\nx: 0\n")
    );
}

#[test]
fn a_change_right_before_a_secret_is_left_out() {
    // git takes a hunk that ends in a change for the end of the file.
    let report = report(vec![secret_file(
        TEXT,
        &with("c: 3\n", "c: 3\nx: 0\n"),
        &["4"],
    )]);
    let (text, places) = patch(&report);
    assert_eq!((text.as_str(), places.len()), ("", 1));
}

#[test]
fn a_change_between_a_secret_and_the_end_is_kept() {
    let after = format!("{TEXT}new: 0\n");
    let report = report(vec![secret_file(TEXT, &after, &["10"])]);
    assert_eq!(applied(&apply(&report), "s.yaml"), after);
    assert!(!patch(&report).0.contains("j: 10"));
}

#[test]
fn a_copy_of_a_secret_is_left_out() {
    let before = "a: &a\n  value: 'hunter2'\nb: 1\nc: 1\nd: 1\ne: 1\nf: *a\n";
    let after = before.replace("f: *a\n", "f:\n  value: hunter2\n");
    let (text, places) = patch(&report(vec![secret_file(before, &after, &["'hunter2'"])]));
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(places, ["s.yaml:7"]);
}

#[test]
fn a_hidden_document_hides_no_other() {
    // Nobody knows where its secrets are, so all of its lines are hidden.
    let hidden = "---\napiVersion: v1\nsecurityContext:\n  x: 1\n";
    let before = format!("{TEXT}{hidden}");
    let after = before.replace("e: 5\n", "e: 5\nsecurityContext:\n");
    let (text, places) = patch(&report(vec![secret_file(&before, &after, &[hidden])]));
    assert!(text.contains("+securityContext:"));
    assert!(places.is_empty());
}
