//! A repository of somebody else: nothing in it runs, leads out of it, or takes time without end.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::support::{Folder, POD};

const ESCAPES: &str = "apiVersion: v1\nkind: \"Pod\"\nmetadata: {name: \"a\\e[31mX\\n::error::pwned\", namespace: \"n\\e[2J\", \
annotations: {kubetemper.dev/keep: \"drop-capabilities=why ::error::pwned ##vso[task.setvariable]x \\e[41m\"}}\nspec:\n  \
serviceAccountName: \"s\\e[32m\"\n  containers:\n  - {name: \"c\\e[33m\\a\", image: \"img\\e[34m:1\", env: [{name: DB, value: \"http://\\e[35mhost:80\"}]}\n";

fn git(folder: &Folder, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "-c",
        "commit.gpgsign=false",
    ]);
    assert!(
        command
            .args(arguments)
            .current_dir(folder.root())
            .output()
            .unwrap()
            .status
            .success()
    );
}

#[test]
fn nothing_that_people_read_steers_a_terminal_or_a_runner() {
    let folder = Folder::new(&[(".git/HEAD", "")]);
    folder.write(
        "\u{1b}[5m\n::error::pwned ##[error]x.yaml",
        ESCAPES.as_bytes(),
    );
    folder.write(
        "broken\u{1b}[1m.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: [ # ##vso[task.x]\n",
    );
    let runs: [&[&str]; 16] = [
        &["check", "."],
        &["check", "-v", "--color", "never", "."],
        &["check", "--format", "markdown", "."],
        &["check", "--format", "github", "."],
        &["check", "--format", "sarif", "."],
        &["check", "--format", "rdjson", "."],
        &["check", "--format", "json", "."],
        &["diff", "."],
        &["patch", "."],
        &["patch", "--as", "kustomize", "."],
        &["flows", "."],
        &["flows", "--format", "mermaid", "."],
        &["flows", "--format", "graphviz", "."],
        &["images", "."],
        &["check", "none\u{1b}[31m\n::error::x"],
        &["check", "--config", "none\u{1b}[31m", "."],
    ];
    for run in runs {
        let done = folder.run(run);
        for (stream, text) in [("stdout", &done.stdout), ("stderr", &done.stderr)] {
            assert!(
                !text.contains(['\u{1b}', '\u{7}']),
                "{run:?} {stream}: {text:?}"
            );
            let starts = text
                .lines()
                .any(|line| line.trim_start().starts_with("::error::"));
            assert!(!starts, "{run:?} {stream}: {text}");
            // JSON, patches and diffs go to programs, whole.
            let is_json = run
                .iter()
                .any(|it| matches!(*it, "sarif" | "rdjson" | "json"));
            let inside = ["##[error", "##vso["]
                .iter()
                .any(|command| text.contains(command));
            assert!(
                is_json || matches!(run[0], "patch" | "diff") || !inside,
                "{run:?} {stream}: {text}"
            );
        }
    }
    folder.write("broken\u{1b}[1m.yaml", b"");
    for run in [
        &["explain", "drop-capabilities", "."][..],
        &["fix", "--guards", "all", "."],
    ] {
        let done = folder.run(run);
        let text = done.stdout + &done.stderr;
        assert!(
            !text.contains(['\u{1b}', '\u{7}']) && !text.contains("##vso["),
            "{run:?}: {text:?}"
        );
    }
}

#[test]
fn the_configuration_of_a_repository_runs_no_program() {
    let folder = Folder::new(&[
        ("pod.yaml", POD),
        (".gitattributes", "* filter=evil diff=evil\n"),
    ]);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "--all"]);
    git(&folder, &["commit", "--quiet", "-m", "start"]);
    let ran = folder.path("ran").display().to_string();
    let run = format!("touch {ran}; cat");
    for name in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "core.sshCommand",
    ] {
        git(&folder, &["config", name, &run]);
    }
    for hook in [
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
    ] {
        let path = format!(".git/hooks/{hook}");
        folder.write(&path, format!("#!/bin/sh\ntouch {ran}\n").as_bytes());
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.path(&path), mode).unwrap();
    }
    folder.write("pod.yaml", POD.replace("image: a", "image: b").as_bytes());
    let done = folder.run(&["check", "--since", "HEAD", "."]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(
        !folder.path("ran").exists(),
        "a program of the repository ran"
    );
}

#[test]
fn links_out_of_the_input_are_not_followed() {
    let outside = Folder::new(&[("pod.yaml", POD), ("deep/pod.yaml", POD)]);
    let folder = Folder::new(&[("own.yaml", POD), (".git/HEAD", "")]);
    symlink(outside.path("pod.yaml"), folder.path("linked.yaml")).unwrap();
    symlink(outside.path("deep"), folder.path("deep")).unwrap();
    symlink("/dev/zero", folder.path("zero.yaml")).unwrap();
    symlink(".", folder.path("loop")).unwrap();
    let done = folder.run(&["fix", "."]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_ne!(folder.read("own.yaml"), POD);
    assert_eq!(
        (outside.read("pod.yaml"), outside.read("deep/pod.yaml")),
        (POD.to_owned(), POD.to_owned())
    );
    // A report goes where the user says, and not where the repository leads.
    symlink(outside.path("pod.yaml"), folder.path("report.json")).unwrap();
    let done = folder.run(&["check", "--report", "report.json", "own.yaml"]);
    assert!(
        done.code == 2 && done.stderr.contains("this is a symbolic link"),
        "{}",
        done.stderr
    );
    assert_eq!(outside.read("pod.yaml"), POD);
}

#[test]
fn a_kustomization_leads_nowhere_out_and_names_make_no_paths() {
    let outside = Folder::new(&[("pod.yaml", POD)]);
    let path = outside.path("pod.yaml").display().to_string();
    let kustomization =
        format!("kind: Kustomization\nresources: [pod.yaml, {path}, ../../../../../../etc]\n");
    let pod = POD.replacen("name: app", "name: app\n  namespace: ../../evil", 1);
    let folder = Folder::new(&[
        ("a/b/kustomization.yaml", &kustomization),
        ("a/b/pod.yaml", &pod),
        ("a/b/.git/HEAD", ""),
    ]);
    let done = super::support::run(
        Some(&folder.path("a/b")),
        &["fix", "--guards", "all", "."],
        "",
    );
    assert!(matches!(done.code, 0 | 2), "{}", done.stderr);
    let patches = folder.run(&["patch", "--as", "kustomize", "--output", "out", "a/b"]);
    assert!(!patches.stderr.contains("panicked"));
    let names = |folder: &Folder, at: &str| -> Vec<_> {
        let entries = fs::read_dir(folder.path(at)).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    assert!(
        names(&folder, ".")
            .iter()
            .all(|name| name == "a" || name == "out"),
        "{:?}",
        names(&folder, ".")
    );
    assert_eq!(names(&folder, "a"), ["b"]);
    assert!(!folder.root().with_file_name("evil").exists());
    assert_eq!(outside.read("pod.yaml"), POD);
}

#[test]
fn files_that_never_end_are_not_read() {
    let told = |folder: &Folder, arguments: &[&str], told: &str| {
        let done = folder.run(arguments);
        assert!(
            done.code == 2 && (done.stdout + &done.stderr).contains(told),
            "{arguments:?}: {told}"
        );
    };
    for pattern in [".gitignore", ".ignore", "below/.gitignore"] {
        for special in [true, false] {
            let folder = Folder::new(&[("below/pod.yaml", POD)]);
            if special {
                let made = Command::new("mkfifo")
                    .arg(folder.path(pattern))
                    .status()
                    .unwrap();
                assert!(made.success());
            } else {
                symlink("/dev/zero", folder.path(pattern)).unwrap();
            }
            told(
                &folder,
                &["check", "."],
                "this is no file of the repository",
            );
            assert_eq!(folder.run(&["init"]).code, 0);
            if pattern.starts_with("below") {
                continue;
            }
            let done = folder.run(&["check", "--no-config", "below/pod.yaml"]);
            assert_eq!(done.code, 1, "{}", done.stderr);
        }
    }
    let folder = Folder::new(&[("pod.yaml", POD)]);
    told(&folder, &["check", "/dev/zero"], "this is a device");
    for (flag, name) in [
        ("--config", "zero"),
        ("--images", "zero"),
        ("--image-config", "zeros"),
    ] {
        let _ = fs::create_dir(folder.path("zeros"));
        let _ = symlink("/dev/zero", folder.path("zero"));
        let _ = symlink("/dev/zero", folder.path("zeros/a.json"));
        told(
            &folder,
            &["check", flag, name, "pod.yaml"],
            "this is no file",
        );
    }
    symlink("/dev/zero", folder.path("kubetemper.yaml")).unwrap();
    told(
        &folder,
        &["check", "pod.yaml"],
        "this is a symbolic link that does not lead",
    );
    // Patterns that a matcher might go through again and again.
    let patterns = [
        "{a,b}".repeat(60),
        "**/".repeat(500) + "x",
        "*a".repeat(500),
        "[!a]*".repeat(200),
    ];
    let text = format!(
        "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\nspec: {{exclude: {}}}\n",
        serde_json::json!(patterns)
    );
    fs::remove_file(folder.path("kubetemper.yaml")).unwrap();
    folder.write("kubetemper.yaml", text.as_bytes());
    folder.write(&format!("{}.yaml", "a".repeat(240)), POD.as_bytes());
    assert!(matches!(folder.run(&["check", "."]).code, 1 | 2));
}
