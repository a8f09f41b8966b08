//! Manifests, and a folder to run the program in.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Needs hardening: every transform has something to do.
pub(super) const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
  - name: app
    image: a
";

/// Cannot be read.
pub(super) const BROKEN: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  name: b\nspec:\n  containers: [{name: a, image: b}]\n";

pub(super) const TEMPLATE: &str =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n";

/// What a run came to.
pub(super) struct Done {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// A folder to run in.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            folder.write(name, text.as_bytes());
        }
        folder
    }

    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Done {
        run(Some(self.0.path()), arguments, "")
    }
}

/// Runs the program to its end. Nothing may make it panic.
pub(super) fn run(folder: Option<&Path>, arguments: &[&str], stdin: &str) -> Done {
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

/// `POD` with everything done that the program would do.
pub(super) fn hardened() -> String {
    let done = run(None, &["--max-risk", "high", "--recreate"], POD);
    assert_eq!(done.code, 0, "{}", done.stderr);
    done.stdout
}
