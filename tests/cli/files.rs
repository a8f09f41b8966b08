//! Which files are read, and how they are written.

use std::fs;

use super::support::{BROKEN, Folder, POD, TEMPLATE, hardened};

#[test]
fn a_template_is_skipped_in_a_folder_and_an_error_when_named() {
    let folder = Folder::new(&[("chart/pod.yaml", TEMPLATE), ("hardened.yaml", &hardened())]);
    assert_eq!(folder.run(&["check", "."]).code, 0);
    assert_eq!(folder.run(&["check", "chart/pod.yaml"]).code, 2);
    assert_eq!(folder.run(&["fix", "chart/pod.yaml"]).code, 2);
    assert_eq!(folder.read("chart/pod.yaml"), TEMPLATE);
}

#[test]
fn a_file_that_is_not_utf8_is_an_error_when_it_looks_like_a_manifest() {
    let folder = Folder::new(&[("hardened.yaml", &hardened())]);
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

#[cfg(unix)]
#[test]
fn other_names_of_a_file_are_told_and_keep_the_old_text() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    fs::hard_link(folder.path("pod.yaml"), folder.path("backup")).unwrap();
    let done = folder.run(&["fix", "pod.yaml"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let told = "the file had other names (hard links), which keep the old text";
    assert!(done.stderr.contains(told), "{}", done.stderr);
    let help = "link them again if they shall stay one file";
    assert!(done.stderr.contains(help), "{}", done.stderr);
    assert_eq!(folder.read("backup"), POD);
    assert_ne!(folder.read("pod.yaml"), POD);
}

/// Needs root: others cannot give files away.
#[cfg(unix)]
#[test]
fn fix_keeps_the_owner() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let file = folder.path("pod.yaml");
    if chown(&file, Some(1234), Some(2345)).is_err() {
        return;
    }
    assert_eq!(folder.run(&["fix", "pod.yaml"]).code, 0);
    let metadata = file.metadata().unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (1234, 2345));
    assert_ne!(folder.read("pod.yaml"), POD);
}
