//! The formats that other programs read: `golden/cli/formats.in` in each of them (`BLESS=1 cargo test --test cli` rewrites
//! the results), no secret in any, and what must hold for all input.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::support::{BROKEN, Folder, POD, run};

const FORMATS: [&str; 5] = ["human", "sarif", "github", "markdown", "rdjson"];

/// Few and stable, so that other transforms change no golden file.
const ONLY: &str = "set-seccomp-profile,forbid-privilege-escalation,forbid-host-namespaces";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn check(folder: &Path, format: &str) -> String {
    let arguments = [
        "check",
        "--only",
        ONLY,
        "--no-context",
        "--format",
        format,
        ".",
    ];
    let done = run(Some(folder), &arguments, "");
    assert_eq!(done.code, 2, "one file is refused: {}", done.stderr);
    done.stdout
}

/// Compares a text with a file, or writes it there.
fn compare(path: PathBuf, text: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, text).unwrap();
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        wanted == text,
        "{} differs: run with BLESS=1",
        path.display()
    );
}

#[test]
fn every_format_is_as_it_was() {
    let golden = root().join("golden/cli");
    for format in ["github", "markdown", "rdjson"] {
        let name = format!(
            "formats.{}",
            if format == "markdown" { "md" } else { format }
        );
        compare(
            golden.join(name),
            &check(&golden.join("formats.in"), format),
        );
    }
    let mut sarif: Value =
        serde_json::from_str(&check(&golden.join("formats.in"), "sarif")).unwrap();
    let driver = &mut sarif["runs"][0]["tool"]["driver"];
    driver["version"] = json!("0.0.0");
    driver["semanticVersion"] = json!("0.0.0");
    // The pages have tests of their own.
    for rule in driver["rules"].as_array_mut().unwrap() {
        assert!(
            rule["help"]["text"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        rule.as_object_mut().unwrap().remove("help");
    }
    compare(golden.join("formats.sarif"), &format!("{sarif:#}\n"));
}

#[test]
fn no_format_shows_a_secret() {
    let tricky = "\
apiVersion: v1
kind: Pod
metadata: {name: tricky}
spec:
  containers:
  - name: app
    image: a
    args: [--db-password, canary-4, --url=redis://u:canary-5@redis]
    securityContext: &s {}
    env:
    - &e {name: API_TOKEN, value: canary-6}
  - name: b
    image: b
    securityContext: *s
    env: [*e]
";
    let folder = Folder::new(&[("tricky.yaml", tricky)]);
    for format in FORMATS {
        for text in [
            check(&root().join("golden/cli/formats.in"), format),
            folder.run(&["check", "--format", format, "."]).stdout,
        ] {
            assert!(!text.contains("canary"), "{format}: {text}");
        }
    }
}

/// The edits of a file in a SARIF log; the text is ASCII.
fn fixed(log: &Value, text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let offset = |line: &Value, column: &Value| {
        let (line, column) = (line.as_u64().unwrap(), column.as_u64().unwrap());
        let before: usize = lines[..usize::try_from(line).unwrap() - 1]
            .iter()
            .map(|l| l.len())
            .sum();
        before + usize::try_from(column).unwrap() - 1
    };
    let results = log["runs"][0]["results"].as_array().unwrap();
    let fixes = results
        .iter()
        .filter_map(|result| result["fixes"].as_array());
    let changes = fixes
        .flatten()
        .map(|fix| &fix["artifactChanges"][0]["replacements"]);
    let mut out = text.to_owned();
    for replacement in changes.flat_map(|all| all.as_array().unwrap().iter().rev()) {
        let region = &replacement["deletedRegion"];
        let start = offset(&region["startLine"], &region["startColumn"]);
        let end = offset(&region["endLine"], &region["endColumn"]);
        let new = replacement["insertedContent"]["text"]
            .as_str()
            .unwrap_or("");
        out.replace_range(start..end, new);
    }
    out
}

#[test]
fn the_fixes_of_sarif_make_what_fix_makes() {
    for text in [
        POD.to_owned(),
        POD.replace('\n', "\r\n"),
        POD.trim_end().to_owned(),
    ] {
        let folder = Folder::new(&[("pod.yaml", &text)]);
        let log = folder
            .run(&["check", "--format", "sarif", "pod.yaml"])
            .stdout;
        let log: Value = serde_json::from_str(&log).unwrap();
        folder.run(&["fix", "pod.yaml"]);
        assert_eq!(fixed(&log, &text), folder.read("pod.yaml"));
    }
}

#[test]
fn fingerprints_do_not_move_with_the_lines() {
    let prints = |text: &str| -> Vec<Value> {
        let folder = Folder::new(&[("pod.yaml", text)]);
        let log = folder
            .run(&["check", "--format", "sarif", "pod.yaml"])
            .stdout;
        let log: Value = serde_json::from_str(&log).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let mut prints: Vec<Value> = results
            .iter()
            .map(|result| result["partialFingerprints"].clone())
            .collect();
        prints.sort_by_key(ToString::to_string);
        prints
    };
    let here = prints(POD);
    let all = here.len();
    assert!(all > 3);
    assert_eq!(prints(&format!("# one\n# two\n{POD}")), here);
    let first = POD.replace(
        "  - name: app\n",
        "  - name: first\n    image: b\n  - name: app\n",
    );
    let both = prints(&first);
    assert!(
        here.iter().all(|print| both.contains(print)),
        "the container is the same one"
    );
    let mut distinct = both.clone();
    distinct.dedup();
    assert_eq!(distinct.len(), both.len());
}

#[test]
fn a_comment_is_never_too_long() {
    let mut pods = String::new();
    for number in 0..2000 {
        let name = format!("app-{number}");
        let pod = POD.replacen("name: app", &format!("name: {name}"), 1);
        write!(pods, "---\n{pod}").unwrap();
    }
    let folder = Folder::new(&[("pods.yaml", &pods)]);
    let comment = folder.run(&["check", "--format", "markdown", "."]).stdout;
    assert!(comment.len() <= 65_536, "{}", comment.len());
    for part in ["rows left out", "2000 details left out"] {
        assert!(comment.contains(part), "{part}");
    }
    let name = "x".repeat(100_000);
    folder.write("pods.yaml", POD.replace("app", &name).as_bytes());
    let comment = folder.run(&["check", "--format", "markdown", "."]).stdout;
    assert!(comment.len() <= 65_536, "{}", comment.len());
}

#[test]
fn names_of_others_are_no_markup_and_no_command() {
    let pod = POD.replace(
        "name: app",
        "name: \"@team</details>|`x` #1\\n::error::pwned\"",
    );
    let folder = Folder::new(&[("pod.yaml", &pod)]);
    let comment = folder.run(&["check", "--format", "markdown", "."]).stdout;
    let text = comment.split("```").next().unwrap();
    assert!(!text.contains("@team") && !text.contains("</details>|") && !text.contains(" #1"));
    let annotations = folder.run(&["check", "--format", "github", "."]).stdout;
    for line in annotations.lines() {
        assert!(!line.starts_with("::error::pwned"), "{annotations}");
    }
    assert_eq!(annotations.lines().count(), 1, "{annotations}");
}

#[test]
fn a_format_that_a_command_does_not_have_is_an_error() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    for (verb, format) in [
        ("render", "sarif"),
        ("render", "json"),
        ("fix", "sarif"),
        ("fix", "rdjson"),
        ("fix", "github"),
        ("diff", "json"),
        ("images", "markdown"),
    ] {
        let done = folder.run(&[verb, "--format", format, "pod.yaml"]);
        assert_eq!(
            (done.code, done.stdout.as_str()),
            (2, ""),
            "{verb} {format}"
        );
        let words = format!("error: {verb} has no format {format}; ");
        assert!(done.stderr.starts_with(&words), "{}", done.stderr);
    }
    assert_eq!(folder.read("pod.yaml"), POD);
}

#[test]
fn the_comment_of_check_diff_and_fix() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let check = folder.run(&["check", "--format", "markdown", "."]);
    let diff = folder.run(&["diff", "--format", "markdown", "."]);
    assert_eq!((check.code, &check.stdout), (1, &diff.stdout));
    let fix = folder.run(&["fix", "--format", "markdown", "."]);
    assert_eq!((fix.code, diff.code), (0, 1));
    assert!(fix.stdout.contains(" made in 1 of 1 file") && !fix.stdout.contains("```"));
    let done = folder.run(&["check", "--format", "markdown", "."]);
    assert!(
        done.stdout.contains("nothing to change in 1 file"),
        "{}",
        done.stdout
    );
    folder.write("broken.yaml", BROKEN.as_bytes());
    let done = folder.run(&["check", "--format", "markdown", "."]);
    assert_eq!(done.code, 2);
    assert!(
        done.stdout
            .contains("- **refused** <code>broken.yaml:5</code>"),
        "{}",
        done.stdout
    );
}

#[test]
fn the_example_in_the_documentation() {
    let comment = run(
        Some(root()),
        &[
            "check",
            "--no-context",
            "--format",
            "markdown",
            "examples/shop.yaml",
        ],
        "",
    );
    compare(root().join("docs/review-comment.md"), &comment.stdout);
}
