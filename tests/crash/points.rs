//! At every system call that writes: kill, interrupt, fail, and write at the same time.

use std::collections::BTreeMap;
use std::fs;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use tempfile::TempDir;

use super::tracer::{self, Act, Point, Traced};
use super::tree::{self, ARGUMENTS};

/// All points of an undisturbed run, with the names of their calls; `None` where tracing is not permitted.
fn points() -> Option<Vec<(Point, &'static str)>> {
    let folder = tree::new();
    let Some(traced) = tracer::run(folder.path(), &ARGUMENTS, None) else {
        eprintln!("skipped: ptrace is not permitted here");
        return None;
    };
    assert!(
        matches!(traced.status, WaitStatus::Exited(_, 0)),
        "{}",
        traced.stderr
    );
    // Two files are replaced, one is made; each is opened, written, synchronised and renamed.
    let count = |name: &str| traced.calls.iter().filter(|call| **call == name).count();
    for name in ["openat", "write", "fsync", "rename"] {
        assert!(count(name) >= 3, "{name}: {:?}", traced.calls);
    }
    let points = traced.calls.iter().enumerate().flat_map(|(at, name)| {
        [false, true].map(|after| {
            (
                Point {
                    call: at + 1,
                    after,
                },
                *name,
            )
        })
    });
    Some(points.collect())
}

fn interfere(point: Point, act: Act<'_>) -> (TempDir, Traced) {
    let folder = tree::new();
    let traced = tracer::run(folder.path(), &ARGUMENTS, Some(&(point, act))).unwrap();
    (folder, traced)
}

/// The next run brings the tree to where an undisturbed one does.
fn assert_mended(folder: &TempDir, fixed: &BTreeMap<String, String>, when: &str) {
    let output = tree::run(folder.path());
    assert_eq!(output.status.code(), Some(0), "{when}: {output:?}");
    let mut files = tree::files(folder.path());
    tree::sweep(&mut files);
    assert_eq!(files, *fixed, "{when}");
}

#[test]
fn killed_at_any_write_the_tree_is_whole() {
    let fixed = tree::fixed();
    for (point, name) in points().into_iter().flatten() {
        let when = format!("killed at {point:?} {name}");
        let (folder, traced) = interfere(point, Act::Send(Signal::SIGKILL));
        assert!(
            matches!(traced.status, WaitStatus::Signaled(_, Signal::SIGKILL, _)),
            "{when}"
        );
        let mut files = tree::files(folder.path());
        assert!(tree::sweep(&mut files) <= 1, "{when}");
        tree::assert_whole(&files, &fixed, &when);
        assert_mended(&folder, &fixed, &when);
    }
}

#[test]
fn interrupted_at_any_write_nothing_is_left_behind() {
    let fixed = tree::fixed();
    for (index, (point, name)) in points().into_iter().flatten().enumerate() {
        let signal = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP][index % 3];
        let when = format!("{signal} at {point:?} {name}");
        let (folder, traced) = interfere(point, Act::Send(signal));
        let ended = matches!(traced.status, WaitStatus::Signaled(_, by, _) if by == signal);
        assert!(ended, "{when}: {:?}", traced.status);
        let mut files = tree::files(folder.path());
        assert_eq!(tree::sweep(&mut files), 0, "{when}");
        tree::assert_whole(&files, &fixed, &when);
        assert_mended(&folder, &fixed, &when);
    }
}

#[test]
fn a_write_that_fails_is_told_and_nothing_is_left_behind() {
    let fixed = tree::fixed();
    let points = points()
        .into_iter()
        .flatten()
        .filter(|(point, _)| !point.after);
    for (index, (point, name)) in points.enumerate() {
        let errno = [Errno::ENOSPC, Errno::EIO, Errno::EDQUOT, Errno::EROFS][index % 4];
        let when = format!("{errno:?} at {point:?} {name}");
        let (folder, traced) = interfere(point, Act::Fail(errno));
        assert!(
            matches!(traced.status, WaitStatus::Exited(_, 2)),
            "{when}: {:?} {:?} {}",
            traced.status,
            traced.calls,
            traced.stderr
        );
        let told = traced.stderr.contains("cannot write") && traced.stderr.contains(".yaml");
        assert!(told, "{when}: {}", traced.stderr);
        let mut files = tree::files(folder.path());
        assert_eq!(tree::sweep(&mut files), 0, "{when}");
        tree::assert_whole(&files, &fixed, &when);
        assert_mended(&folder, &fixed, &when);
    }
}

/// Between the last look at the file and the rename there is no call that writes, so this is all that can be noticed.
#[test]
fn what_others_write_meanwhile_is_kept() {
    let theirs = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}\n";
    for (point, name) in points().into_iter().flatten() {
        let (folder, path) = (tree::new(), "web.yaml");
        let file = folder.path().join(path);
        let write = || fs::write(&file, theirs).unwrap();
        let when = format!("written at {point:?} {name}");
        let was = tree::files(folder.path())[path].clone();
        let now = std::cell::RefCell::new(String::new());
        let act = || {
            *now.borrow_mut() = fs::read_to_string(&file).unwrap();
            write();
        };
        let plan = (point, Act::Meanwhile(&act));
        let traced = tracer::run(folder.path(), &ARGUMENTS, Some(&plan)).unwrap();
        let renames = name == "rename" && !point.after;
        if *now.borrow() != was || renames {
            continue;
        }
        assert_eq!(tree::files(folder.path())[path], theirs, "{when}");
        assert!(matches!(traced.status, WaitStatus::Exited(_, 2)), "{when}");
        let told = "the file was changed by someone else meanwhile; run again";
        assert!(
            traced.stderr.contains(told) && traced.stderr.contains(path),
            "{when}: {}",
            traced.stderr
        );
    }
}
