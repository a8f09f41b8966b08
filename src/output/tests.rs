use super::*;

fn count(folder: &tempfile::TempDir) -> usize {
    fs::read_dir(folder.path()).expect("list").count()
}

#[test]
fn a_file_that_is_there_is_not_made() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.yaml");
    assert!(create(&path, "ours").is_ok());
    assert!(create(&path, "other").is_err());
    assert!(create(&path, "ours").is_ok(), "another run made it");
    assert_eq!(fs::read_to_string(&path).expect("read"), "ours");
    assert_eq!(count(&folder), 1, "no temporary file stays");
}

#[test]
fn a_file_changed_meanwhile_is_not_overwritten() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.yaml");
    fs::write(&path, "theirs").expect("write");
    let error = replace(&path, "ours", "new").expect_err("changed");
    assert!(error.to_string().contains("changed by someone else"));
    assert_eq!(fs::read_to_string(&path).expect("read"), "theirs");
    assert!(replace(&path, "theirs", "new").is_ok());
    assert!(
        replace(&path, "theirs", "new").is_ok(),
        "another run wrote it"
    );
    assert_eq!(fs::read_to_string(&path).expect("read"), "new");
    assert_eq!(count(&folder), 1, "no temporary file stays");
}

#[cfg(unix)]
#[test]
fn other_names_are_told() {
    let folder = tempfile::tempdir().expect("folder");
    let (path, other) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
    fs::write(&path, "old").expect("write");
    assert!(
        !replace(&path, "old", "older")
            .expect("written")
            .had_other_names
    );
    fs::hard_link(&path, &other).expect("link");
    assert!(
        replace(&path, "older", "new")
            .expect("written")
            .had_other_names
    );
    assert_eq!(fs::read_to_string(&other).expect("read"), "older");
}

#[cfg(unix)]
#[test]
fn a_report_does_not_follow_a_link_to_a_file() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("folder");
    let (link, target) = (folder.path().join("link"), folder.path().join("target"));
    symlink(&target, &link).expect("link");
    for present in [false, true] {
        let error = report(&link, "{}").expect_err("a link");
        assert!(error.to_string().contains("this is a symbolic link"));
        assert_eq!(target.exists(), present);
        fs::write(&target, "theirs").expect("write");
    }
    assert_eq!(fs::read_to_string(&target).expect("read"), "theirs");
    let null = folder.path().join("null");
    symlink("/dev/null", &null).expect("link");
    assert!(report(&null, "{}").is_ok());
    assert!(report(&folder.path().join("new"), "{}").is_ok());
}
