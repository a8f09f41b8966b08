//! Where a configuration is found, and which files it excludes.

use super::support::{Folder, POD, changes, config, transforms};

const NO_DROP: &str = "{transforms: {drop-capabilities: {enabled: false}}}";

/// The files of a check whose capabilities would be dropped.
fn dropped(folder: &Folder, arguments: &[&str]) -> Vec<String> {
    let changes = folder.changes(arguments);
    let path = |change: &String| change.split(' ').next().unwrap().to_owned();
    let found = changes
        .iter()
        .filter(|it| it.contains(" drop-capabilities "));
    let mut found: Vec<String> = found.map(path).collect();
    found.dedup();
    found
}

#[test]
fn the_nearest_file_up_to_the_git_root_counts() {
    let folder = Folder::outside_git(&[
        (
            "kubetemper.yaml",
            &config("{profil: broken and never read}"),
        ),
        ("repo/.git/HEAD", ""),
        ("repo/a.yaml", POD),
        ("repo/sub/kubetemper.yaml", &config(NO_DROP)),
        ("repo/sub/b.yaml", POD),
        ("repo/sub/deep/c.yaml", POD),
        ("repo/sub/own/kubetemper.yaml", &config("{}")),
        ("repo/sub/own/d.yaml", POD),
        ("repo/sub/module/.git", "gitdir: elsewhere\n"),
        ("repo/sub/module/e.yaml", POD),
    ]);
    assert_eq!(
        dropped(&folder, &["repo"]),
        [
            "repo/a.yaml",
            "repo/sub/module/e.yaml",
            "repo/sub/own/d.yaml"
        ]
    );
    assert_eq!(dropped(&folder, &["repo/sub/deep/c.yaml"]), [""; 0]);
    assert_eq!(
        dropped(&folder, &["--no-config", "repo/sub/deep/c.yaml"]).len(),
        1
    );
    assert_eq!(
        dropped(&folder, &["--config", "repo/sub/kubetemper.yaml", "repo"]),
        [""; 0]
    );
}

#[test]
fn without_git_the_working_directory_or_a_named_folder_is_the_top() {
    let folder = Folder::outside_git(&[
        ("kubetemper.yaml", &config("{profil: broken}")),
        ("work/kubetemper.yaml", &config(NO_DROP)),
        ("work/deep/a.yaml", POD),
        ("other/kubetemper.yaml", &config(NO_DROP)),
        ("other/deep/b.yaml", POD),
    ]);
    let of = |arguments: &[&str]| {
        let arguments = [&["check", "--format", "json"], arguments].concat();
        let done = folder.run_in("work", &arguments, "");
        transforms(&changes(&done), "").contains(&"drop-capabilities")
    };
    assert!(!of(&["deep/a.yaml"]));
    assert!(!of(&["../other"]));
    assert!(of(&["../other/deep/b.yaml"]), "nobody named the folder");
}

#[test]
fn standard_input_has_the_configuration_of_the_working_directory() {
    let folder = Folder::new(&[("kubetemper.yaml", &config(NO_DROP)), ("sub/x", "")]);
    let done = folder.run_in("sub", &["render", "--recreate", "--max-risk", "high"], POD);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(!done.stdout.contains("capabilities"), "{}", done.stdout);
    let done = folder.run_in(
        "sub",
        &["--max-risk=high", "--recreate", "--no-config"],
        POD,
    );
    assert!(done.stdout.contains("capabilities"), "{}", done.stdout);
}

#[cfg(unix)]
#[test]
fn a_link_may_not_lead_out_of_the_repository() {
    let folder = Folder::outside_git(&[
        ("secret.yaml", &config("{}")),
        ("repo/.git/HEAD", ""),
        ("repo/config/real.yaml", &config(NO_DROP)),
        ("repo/a.yaml", POD),
    ]);
    let link = folder.path("repo/kubetemper.yaml");
    std::os::unix::fs::symlink("../secret.yaml", &link).unwrap();
    let done = folder.run_in("repo", &["check", "."], "");
    assert_eq!(done.code, 2);
    let top = folder.path("repo").canonicalize().unwrap();
    assert_eq!(
        done.stderr,
        format!(
            "error: kubetemper.yaml: this is a symbolic link that does not lead to a file below {}; put the file itself here, or give --config\n",
            top.display()
        )
    );
    let done = folder.run_in("repo", &["check", "--config", "kubetemper.yaml", "."], "");
    assert_eq!(done.code, 1, "whoever names it trusts it: {}", done.stderr);
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("config/real.yaml", &link).unwrap();
    assert_eq!(dropped(&folder, &["repo"]), [""; 0]);
}

#[test]
fn a_folder_of_that_name_is_an_error() {
    let folder = Folder::new(&[("kubetemper.yaml/a.yaml", POD), ("b.yaml", POD)]);
    let done = folder.run(&["check", "b.yaml"]);
    assert_eq!(done.code, 2);
    assert_eq!(
        done.stderr,
        "error: kubetemper.yaml: this is no file; remove it, or give --no-config\n"
    );
}

#[test]
fn excluded_files_are_left_out_named_or_not() {
    let spec = "{exclude: [vendor/, '!vendor/ours/', '*.gen.yaml', '/top/*', '!/top/keep.yaml']}";
    let folder = Folder::new(&[
        ("sub/kubetemper.yaml", &config(spec)),
        ("sub/vendor/a.yaml", POD),
        ("sub/vendor/ours/a.yaml", POD),
        ("sub/deep/vendor/a.yaml", POD),
        ("sub/deep/a.gen.yaml", POD),
        ("sub/top/a.yaml", POD),
        ("sub/top/keep.yaml", POD),
        ("sub/a.yaml", POD),
        ("vendor/a.yaml", POD),
    ]);
    let expected = [
        "sub/a.yaml",
        "sub/top/keep.yaml",
        "sub/vendor/ours/a.yaml",
        "vendor/a.yaml",
    ];
    assert_eq!(dropped(&folder, &["."]), expected);
    assert_eq!(
        dropped(&folder, &["sub/vendor/a.yaml", "sub/a.yaml"]),
        ["sub/a.yaml"]
    );
    assert_eq!(folder.run(&["check", "sub/deep/a.gen.yaml"]).code, 0);
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert_eq!(folder.read("sub/vendor/a.yaml"), POD);
    assert_ne!(folder.read("sub/a.yaml"), POD);
}

#[test]
fn render_prints_excluded_files_as_they_are_and_no_configuration() {
    let folder = Folder::new(&[
        (
            "kubetemper.yaml",
            &config("{exclude: [vendor/], require: restricted}"),
        ),
        ("vendor/a.yaml", POD),
        ("none/kubetemper.yaml", &config("{}")),
    ]);
    let done = folder.run(&["render", "."]);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (0, POD),
        "{}",
        done.stderr
    );
    let done = folder.run(&["render", "--no-config", "."]);
    assert!(!done.stdout.contains("Hardening"), "{}", done.stdout);
}

#[test]
fn a_configuration_is_no_manifest() {
    let folder = Folder::new(&[("kubetemper.yaml", &config("{}"))]);
    let done = folder.run(&["check", "--format", "json", "."]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(report["summary"]["files"], 0, "{}", done.stdout);
}
