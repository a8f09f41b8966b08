//! Every refusal, hold and usage error is read by a test: the cases here provoke those that no other test does, and
//! `literals` finds what nobody reads.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

mod files;
mod guards;
mod holds;
mod literals;
mod overlays;
mod reader;
mod usage;
mod validity;

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a run said.
struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

/// A repository with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Runs the program in a folder.
fn run_in(folder: &TempDir, arguments: &[&str], stdin: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubetemper"))
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that fails on its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program on files: its exit status, and that its report or its words hold a message.
#[track_caller]
fn says(files: &[(&str, &str)], arguments: &[&str], stdin: &str, code: i32, message: &str) {
    let said = run_in(&folder(files), arguments, stdin);
    let (stdout, stderr) = (said.stdout.replace("\\\"", "\""), &said.stderr);
    assert!(
        stdout.contains(message) || stderr.contains(message),
        "{message:?} is not said:\n{stdout}\n{stderr}"
    );
    assert_eq!(said.code, code, "{stdout}\n{stderr}");
}

/// That a change of the files is held, by whom and why.
#[track_caller]
fn held(files: &[(&str, &str)], arguments: &[&str], by: &str, why: &str) {
    let mut all = vec!["check", "--format", "json", "--exit-zero", "."];
    all.extend(arguments);
    let said = run_in(&folder(files), &all, "");
    let report: serde_json::Value = serde_json::from_str(&said.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said.stderr));
    let files = report["files"].as_array().unwrap().iter();
    let documents = files.flat_map(|file| file["documents"].as_array().unwrap());
    let changes = documents.flat_map(|document| document["changes"].as_array().unwrap());
    let held: Vec<(&str, &str)> = changes
        .filter_map(|change| Some((change["heldBy"].as_str()?, change["why"].as_str()?)))
        .collect();
    let found = held
        .iter()
        .any(|(holder, text)| *holder == by && text.contains(why));
    assert!(found, "{why:?} does not hold: {held:#?}\n{}", said.stderr);
}
