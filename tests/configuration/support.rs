//! A folder to run the program in.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A pod that every transform of the default profile wants to change.
pub(crate) const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web, tier: front}
spec:
  containers:
  - name: app
    image: nginx
  - name: proxy
    image: envoy
";

/// The head of a configuration.
pub(crate) const HEAD: &str = "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\n";

/// A configuration with a specification in flow style.
pub(crate) fn config(spec: &str) -> String {
    format!("{HEAD}spec: {spec}\n")
}

pub(crate) struct Folder(TempDir);

/// How the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    /// A git repository with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self::outside_git(files);
        fs::create_dir(folder.path(".git")).unwrap();
        folder
    }

    pub(crate) fn outside_git(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.run_in("", arguments, "")
    }

    /// Runs the program in a folder below, with a standard input.
    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str], input: &str) -> Done {
        run(&self.path(folder), arguments, input)
    }

    /// The changes of a check, as `path transform container fate`, without duplicates.
    pub(crate) fn changes(&self, arguments: &[&str]) -> Vec<String> {
        let done = self.run(&[&["check", "--format", "json"], arguments].concat());
        changes(&done)
    }
}

pub(crate) fn run(folder: &Path, arguments: &[&str], input: &str) -> Done {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubetemper"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end without reading it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Done {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn changes(done: &Done) -> Vec<String> {
    let report: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{done:?}"));
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let mut changes = Vec::new();
    for file in list(&report, "files") {
        for document in list(&file, "documents") {
            for change in list(&document, "changes") {
                let text = |key: &str| change[key].as_str().unwrap_or("-").to_owned();
                let by = change["heldBy"]
                    .as_str()
                    .map_or(String::new(), |by| format!(" {by}"));
                changes.push(format!(
                    "{} {} {} {}{by}",
                    file["path"].as_str().unwrap(),
                    text("transform"),
                    text("container"),
                    text("fate"),
                ));
            }
        }
    }
    changes.dedup();
    changes
}

/// The transforms of changes whose description ends in `end`.
pub(crate) fn transforms<'c>(changes: &'c [String], end: &str) -> Vec<&'c str> {
    let transform = |change: &'c String| change.split(' ').nth(1).unwrap();
    let found = changes.iter().filter(|change| change.ends_with(end));
    let mut found: Vec<&str> = found.map(transform).collect();
    found.dedup();
    found
}
