//! A disk that is full, and folders that cannot be written to.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::tree;

/// Runs a script in mounts of its own, as root of a user namespace; `None` where that is not permitted.
fn in_own_mounts(folder: &Path, script: &str) -> Option<Output> {
    let permitted = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "true"])
        .output();
    if !permitted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: unshare is not permitted here");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    command.arg(env!("CARGO_BIN_EXE_kubetemper"));
    Some(command.current_dir(folder).output().unwrap())
}

#[test]
fn on_a_full_disk_every_file_stays() {
    let folder = tree::new();
    let script = "set -e; mkdir disk; mount -t tmpfs -o size=16k none disk; cp *.yaml disk; cd disk
        head -c 100000 /dev/zero > filler 2>/dev/null || true
        cat *.yaml > ../before; code=0; \"$0\" fix --no-config . || code=$?
        cat *.yaml > ../after; ls -A > ../names; exit $code";
    let Some(output) = in_own_mounts(folder.path(), script) else {
        return;
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("cannot write: No space left on device"),
        "{told}"
    );
    assert!(
        told.contains("web.yaml") && told.contains("the file is as it was"),
        "{told}"
    );
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("before"), read("after"));
    assert_eq!(read("names"), "filler\nkustomization.yaml\nweb.yaml\n");
}

#[test]
fn in_a_read_only_folder_every_file_stays() {
    let folder = tree::new();
    let script = "set -e; mount --bind . .; cd \"$PWD\"; mount -o remount,bind,ro .; exec \"$0\" fix --no-config .";
    let Some(output) = in_own_mounts(folder.path(), script) else {
        return;
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("cannot write: ") && told.contains("web.yaml"),
        "{told}"
    );
    assert!(told.contains("Read-only file system"), "{told}");
    assert_eq!(tree::files(folder.path()), tree::files(tree::new().path()));
}
