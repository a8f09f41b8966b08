//! What the program prints: diff, report, and nothing else on standard output.

use std::process::Command;

use serde_json::Value;

use super::support::{BROKEN, Folder, POD, hardened};

#[test]
fn git_apply_of_a_diff_equals_fix() {
    let crlf = POD.replace('\n', "\r\n");
    let files = [
        ("pod.yaml", POD),
        ("sub/a b.yaml", POD.trim_end()),
        ("crlf.yaml", crlf.as_str()),
        ("ok.yaml", &hardened()),
    ];
    let (applied, fixed) = (Folder::new(&files), Folder::new(&files));
    let diff = applied.run(&["diff", "."]);
    assert_eq!(diff.code, 1);
    applied.write("changes.patch", diff.stdout.as_bytes());
    let git = Command::new("git")
        .args([
            "-c",
            "core.autocrlf=false",
            "apply",
            "--whitespace=nowarn",
            "changes.patch",
        ])
        .current_dir(applied.root())
        .env("GIT_CEILING_DIRECTORIES", applied.root().parent().unwrap())
        .output()
        .unwrap();
    assert!(
        git.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&git.stderr),
        diff.stdout
    );
    assert_eq!(fixed.run(&["fix", "."]).code, 0);
    for (name, text) in files {
        assert_eq!(applied.read(name), fixed.read(name), "{name}");
        assert_eq!(text == fixed.read(name), name == "ok.yaml", "{name}");
    }
}

#[test]
fn a_diff_shows_no_secret_value() {
    let env = "    env:\n    - name: DB_PASSWORD\n      value: hunter2\n";
    let block = format!("{POD}{env}    workingDir: /app\n");
    let flow = POD.replace(
        "image: a",
        "image: a\n    env: [{name: API_TOKEN, value: hunter2}]",
    );
    let folder = Folder::new(&[("block.yaml", &block), ("flow.yaml", &flow)]);
    for name in ["block.yaml", "flow.yaml"] {
        let done = folder.run(&["diff", name]);
        assert_eq!(done.code, 1, "{name}: {}", done.stderr);
        assert!(done.stdout.contains("+    securityContext:"), "{name}");
        let shown = done.stdout.contains("hunter2") || done.stderr.contains("hunter2");
        assert!(!shown, "{name}: {}{}", done.stdout, done.stderr);
    }
    folder.write("line.yaml", b"{apiVersion: v1, kind: Pod, metadata: {name: app}, spec: {containers: [{name: app, image: a, env: [{name: API_TOKEN, value: hunter2}]}]}}\n");
    let done = folder.run(&["diff", "line.yaml"]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    assert!(done.stderr.contains("line.yaml:1") && !done.stderr.contains("hunter2"));
}

/// The keys of section 6 of the design, at each level.
fn assert_report(report: &Value) {
    let keys = |value: &Value| -> Vec<String> {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    let has = |value: &Value, wanted: &[&str]| {
        for key in wanted {
            assert!(value.get(key).is_some(), "no `{key}` in {:?}", keys(value));
        }
    };
    assert_eq!(report["version"], 1);
    has(report, &["summary", "files"]);
    has(
        &report["summary"],
        &[
            "files",
            "documents",
            "changed",
            "applied",
            "held",
            "refused",
            "risk",
        ],
    );
    assert_eq!(keys(&report["summary"]["risk"]), ["high", "low", "none"]);
    let file = &report["files"][0];
    has(file, &["path", "status", "documents"]);
    let document = &file["documents"][0];
    has(
        document,
        &[
            "index",
            "apiVersion",
            "kind",
            "name",
            "created",
            "level",
            "changes",
        ],
    );
    assert_eq!(keys(&document["level"])[..2], ["after", "before"]);
    for change in document["changes"].as_array().unwrap() {
        has(
            change,
            &[
                "transform",
                "pointer",
                "after",
                "risk",
                "reason",
                "fate",
                "recreate",
                "line",
                "references",
            ],
        );
    }
}

#[test]
fn the_report_has_the_keys_of_the_contract() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let done = folder.run(&[
        "check",
        "--format",
        "json",
        "--report",
        "check.json",
        "pod.yaml",
    ]);
    assert_eq!(done.code, 1);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_report(&report);
    assert_eq!(folder.read("check.json"), done.stdout);
    let applied = &report["summary"]["applied"];
    assert!(applied.as_u64() > Some(0), "{applied}");
    let before = serde_json::json!({"before": "baseline", "after": "restricted"});
    assert_eq!(report["files"][0]["documents"][0]["level"], before);
    let done = folder.run(&["render", "--report", "render.json", "pod.yaml"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, POD));
    let report: Value = serde_json::from_str(&folder.read("render.json")).unwrap();
    assert_report(&report);
    let held = &report["summary"]["held"];
    assert_eq!(report["summary"]["applied"], 0);
    assert_eq!(held, applied, "all that check would apply to a Pod is held");
}

#[test]
fn standard_output_carries_only_the_product() {
    let folder = Folder::new(&[("pod.yaml", POD), ("broken.yaml", BROKEN)]);
    let done = folder.run(&["render", "--max-risk", "high", "--recreate", "pod.yaml"]);
    assert!(
        done.stdout.starts_with("apiVersion: v1\n"),
        "{}",
        done.stdout
    );
    assert!(!done.stderr.contains("apiVersion"), "{}", done.stderr);
    let done = folder.run(&["diff", "pod.yaml"]);
    let marks = ["--- a/", "+++ b/", "@@ ", "+", "-", " ", "\\ ", "diff "];
    let is_diff = |line: &str| marks.iter().any(|mark| line.starts_with(mark));
    assert!(done.stdout.lines().all(is_diff), "{}", done.stdout);
    assert_eq!(folder.run(&["diff", "broken.yaml"]).stdout, "");
    assert_eq!(folder.run(&["fix", "broken.yaml"]).stdout, "");
    assert_eq!(folder.run(&["fix", "pod.yaml"]).stdout, "");
}
