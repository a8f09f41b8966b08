//! Runs the program as a user does: exit status, streams, files.
//!
//! Cases that are only words and files are under `golden/cli/` (`TRYCMD=overwrite cargo test --test cli`
//! rewrites them); here is what needs logic.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Needs hardening: every transform has something to do.
const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
  - name: app
    image: a
";

/// Passes the Pod Security Standard \"restricted\".
const HARDENED: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: app
    image: a
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
";

/// Cannot be read.
const BROKEN: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\nspec:\n  containers: [{name: a, image: b}]\n";

const TEMPLATE: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n";

struct Done {
    code: i32,
    stdout: String,
    stderr: String,
}

/// A folder to run in.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Done {
        run(Some(self.0.path()), arguments, "")
    }
}

fn run(folder: Option<&Path>, arguments: &[&str], stdin: &str) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubetemper"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    let mut child = command.spawn().unwrap();
    // A program that fails on its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    Done {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr,
    }
}

#[test]
fn words_and_files() {
    trycmd::TestCases::new().case("golden/cli/*.toml");
}

#[test]
fn exit_status_says_whether_there_is_work() {
    let folder = Folder::new(&[
        ("pod.yaml", POD),
        ("hardened.yaml", HARDENED),
        ("broken.yaml", BROKEN),
    ]);
    for (arguments, code) in [
        (&["check", "pod.yaml"][..], 1),
        (&["check", "hardened.yaml"], 0),
        (&["check", "broken.yaml"], 2),
        (&["check", "pod.yaml", "broken.yaml"], 2),
        (&["diff", "pod.yaml"], 1),
        (&["diff", "hardened.yaml"], 0),
        (&["diff", "pod.yaml", "broken.yaml"], 2),
        (&["render", "pod.yaml"], 0),
        (&["render", "hardened.yaml"], 0),
        (&["render", "broken.yaml"], 2),
        (&["fix", "hardened.yaml"], 0),
        (&["fix", "broken.yaml"], 2),
        (&["fix", "pod.yaml"], 0),
        (&["check", "pod.yaml"], 0),
        (&["diff", "pod.yaml"], 0),
    ] {
        let done = folder.run(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {}", done.stderr);
    }
    assert_eq!(folder.read("broken.yaml"), BROKEN);
    assert_eq!(folder.read("hardened.yaml"), HARDENED);
}

#[test]
fn held_changes_are_no_work() {
    let folder = Folder::new(&[(
        "pod.yaml",
        &POD.replace(
            "    image",
            "    securityContext: {privileged: true}\n    image",
        ),
    )]);
    let done = folder.run(&["check", "--only", "drop-capabilities", "pod.yaml"]);
    assert_eq!(done.code, 0, "{}", done.stdout);
    assert_eq!(
        folder
            .run(&["check", "--max-risk", "none", "pod.yaml"])
            .code,
        0
    );
}

#[test]
fn exit_zero_maps_only_one_to_zero() {
    let folder = Folder::new(&[("pod.yaml", POD), ("broken.yaml", BROKEN)]);
    assert_eq!(folder.run(&["check", "--exit-zero", "pod.yaml"]).code, 0);
    assert_eq!(folder.run(&["diff", "--exit-zero", "pod.yaml"]).code, 0);
    assert_eq!(folder.run(&["check", "--exit-zero", "broken.yaml"]).code, 2);
}

#[test]
fn a_bare_program_in_a_pipe_renders() {
    let bare = run(None, &[], POD);
    let render = run(None, &["render", "-"], POD);
    assert_eq!((bare.code, &bare.stdout), (0, &render.stdout));
    let flags = run(None, &["--max-risk", "high", "--recreate"], POD);
    assert_eq!(flags.code, 0, "{}", flags.stderr);
    assert!(
        flags.stdout.contains("runAsNonRoot: true"),
        "{}",
        flags.stdout
    );
}

#[test]
fn render_keeps_what_is_immutable_on_a_live_object() {
    let done = run(None, &["render", "--max-risk", "high"], POD);
    assert_eq!((done.code, done.stdout.as_str()), (0, POD));
}

#[test]
fn render_of_an_unreadable_document_prints_nothing() {
    for input in [
        format!("{POD}---\n{BROKEN}"),
        format!("{BROKEN}---\n{POD}"),
        TEMPLATE.to_owned(),
    ] {
        let done = run(None, &["render"], &input);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{input}");
        assert!(!done.stderr.is_empty(), "no reason given for {input}");
    }
}

#[test]
fn render_of_nothing_is_nothing_and_of_something_is_something() {
    for input in [
        "",
        "# only a comment\n",
        "---\n",
        "a: 1\n",
        "\u{feff}a: 1\r\n",
    ] {
        let done = run(None, &["render"], input);
        assert_eq!((done.code, done.stdout.as_str()), (0, input));
    }
}

#[test]
fn a_demand_that_is_not_met_exits_one_and_renders_nothing() {
    let done = run(None, &["render", "--require", "restricted"], POD);
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    assert!(done.stderr.contains("Pod/app"), "{}", done.stderr);
    let done = run(None, &["render", "--require", "restricted"], HARDENED);
    assert_eq!((done.code, done.stdout.as_str()), (0, HARDENED));
    let done = run(None, &["render", "--require", "baseline"], POD);
    assert_eq!((done.code, done.stdout.as_str()), (0, POD));
    let folder = Folder::new(&[(
        "privileged.yaml",
        &HARDENED.replace("{allow", "{privileged: true, allow"),
    )]);
    assert_eq!(folder.run(&["check", "privileged.yaml"]).code, 0);
    assert_eq!(
        folder
            .run(&["check", "--require", "baseline", "privileged.yaml"])
            .code,
        1
    );
    assert_eq!(
        folder
            .run(&[
                "check",
                "--require",
                "baseline",
                "--exit-zero",
                "privileged.yaml"
            ])
            .code,
        0
    );
}

#[test]
fn a_template_is_skipped_in_a_folder_and_an_error_when_named() {
    let folder = Folder::new(&[("chart/pod.yaml", TEMPLATE), ("hardened.yaml", HARDENED)]);
    assert_eq!(folder.run(&["check", "."]).code, 0);
    assert_eq!(folder.run(&["check", "chart/pod.yaml"]).code, 2);
    assert_eq!(folder.run(&["fix", "chart/pod.yaml"]).code, 2);
    assert_eq!(folder.read("chart/pod.yaml"), TEMPLATE);
}

#[test]
fn a_file_that_is_not_utf8_is_an_error_when_it_looks_like_a_manifest() {
    let folder = Folder::new(&[("hardened.yaml", HARDENED)]);
    folder.write("latin.yaml", b"# \xe9t\xe9\na: 1\n");
    assert_eq!(folder.run(&["check", "."]).code, 0);
    assert_eq!(folder.run(&["check", "latin.yaml"]).code, 2);
    folder.write("latin.yaml", &[b"# \xe9\n", POD.as_bytes()].concat());
    let done = folder.run(&["check", "."]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("latin.yaml") || done.stdout.contains("latin.yaml"));
}

#[test]
fn what_git_ignores_is_passed_over_unless_named() {
    let folder = Folder::new(&[(".gitignore", "vendor/\n"), ("vendor/pod.yaml", POD)]);
    assert_eq!(folder.run(&["check", "."]).code, 0);
    assert_eq!(folder.run(&["check", "vendor/pod.yaml"]).code, 1);
}

#[test]
fn a_patch_of_a_kustomization_in_the_git_root_is_left_alone() {
    let kustomization = "patches: [{path: ../patches/pod.yaml}]\n";
    let files = [
        ("overlay/kustomization.yaml", kustomization),
        ("patches/pod.yaml", POD),
        (".git/HEAD", ""),
    ];
    let folder = Folder::new(&files);
    assert_eq!(folder.run(&["check", "patches/pod.yaml"]).code, 0);
    assert_eq!(folder.run(&["fix", "patches"]).code, 0);
    assert_eq!(folder.read("patches/pod.yaml"), POD);
    assert_eq!(
        folder
            .run(&["check", "--no-context", "patches/pod.yaml"])
            .code,
        1
    );
}

#[test]
fn one_broken_document_keeps_the_whole_file_as_it_was() {
    let text = format!("{POD}---\n{BROKEN}---\n{POD}");
    let folder = Folder::new(&[("half.yaml", &text), ("pod.yaml", POD)]);
    assert_eq!(folder.run(&["fix", "."]).code, 2);
    assert_eq!(folder.read("half.yaml"), text);
    assert_ne!(folder.read("pod.yaml"), POD, "the other file is fixed");
}

#[test]
fn a_second_fix_does_not_touch_the_file() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    assert_eq!(folder.run(&["fix", "pod.yaml"]).code, 0);
    let (text, file) = (folder.read("pod.yaml"), folder.path("pod.yaml"));
    let past = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_modified(past)
        .unwrap();
    assert_eq!(folder.run(&["fix", "pod.yaml"]).code, 0);
    assert_eq!(folder.read("pod.yaml"), text);
    assert_eq!(file.metadata().unwrap().modified().unwrap(), past);
}

#[cfg(unix)]
#[test]
fn a_read_only_file_stays_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let file = folder.path("pod.yaml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let done = folder.run(&["fix", "pod.yaml"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert!(done.stderr.contains("read-only"), "{}", done.stderr);
    assert_eq!(folder.read("pod.yaml"), POD);
}

#[cfg(unix)]
#[test]
fn fix_keeps_links_and_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new(&[("real/pod.yaml", POD)]);
    let (file, link) = (folder.path("real/pod.yaml"), folder.path("link.yaml"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real/pod.yaml", &link).unwrap();
    let done = folder.run(&["fix", "link.yaml"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_ne!(folder.read("real/pod.yaml"), POD);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn git_apply_of_a_diff_equals_fix() {
    let crlf = POD.replace('\n', "\r\n");
    let files = [
        ("pod.yaml", POD),
        ("sub/a b.yaml", POD.trim_end()),
        ("crlf.yaml", crlf.as_str()),
        ("ok.yaml", HARDENED),
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
        .current_dir(applied.0.path())
        .env(
            "GIT_CEILING_DIRECTORIES",
            applied.0.path().parent().unwrap(),
        )
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
    assert_eq!(report["summary"]["applied"], 4);
    let before = serde_json::json!({"before": "baseline", "after": "restricted"});
    assert_eq!(report["files"][0]["documents"][0]["level"], before);
    let done = folder.run(&["render", "--report", "render.json", "pod.yaml"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, POD));
    let report: Value = serde_json::from_str(&folder.read("render.json")).unwrap();
    assert_report(&report);
    assert_eq!(
        (&report["summary"]["applied"], &report["summary"]["held"]),
        (&0.into(), &4.into())
    );
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
