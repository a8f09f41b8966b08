//! Several runs at once.

use std::process::{Command, Stdio};

use super::tree::{self, ARGUMENTS};

#[test]
fn runs_at_once_leave_the_tree_that_one_leaves() {
    let fixed = tree::fixed();
    for round in 0..12 {
        let folder = tree::new();
        let start = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_kubetemper"));
            command.args(ARGUMENTS).current_dir(folder.path());
            command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let runs = [start(), start(), start()].map(|run| run.wait_with_output().unwrap());
        let mut files = tree::files(folder.path());
        assert_eq!(tree::sweep(&mut files), 0, "round {round}");
        tree::assert_whole(&files, &fixed, &format!("round {round}"));
        for run in &runs {
            let told = String::from_utf8_lossy(&run.stderr);
            assert!(!told.contains("panicked"), "{told}");
            // One that saw half of what another did may say so, and not more.
            assert!(
                matches!(run.status.code(), Some(0 | 2)),
                "round {round}: {told}"
            );
        }
        assert_eq!(
            tree::run(folder.path()).status.code(),
            Some(0),
            "round {round}"
        );
        assert_eq!(tree::files(folder.path()), fixed, "round {round}");
    }
}
