//! `--since REV`: the files that differ between a revision and the work tree, asked of the `git` program.
//!
//! What counts is where `HEAD` and the revision parted (their merge base), as in a pull request: what others changed on
//! the target branch meanwhile is not the author's. Uncommitted changes and new files count.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::Error;

/// The files that differ, as canonical paths. Those that were deleted are not among them.
pub(super) struct Changed(HashSet<PathBuf>);

impl Changed {
    /// Asks git in the repository of each path.
    pub(super) fn since(revision: &str, paths: &[PathBuf]) -> Result<Self, Error> {
        if revision.is_empty() || revision.starts_with('-') {
            return Err(fail(revision, "this is no revision"));
        }
        let mut roots: Vec<PathBuf> = Vec::new();
        for path in paths {
            if path.as_os_str() == "-" {
                return Err(fail(revision, "standard input has no revisions"));
            }
            let root = root(revision, path)?;
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        let mut changed = HashSet::new();
        for root in &roots {
            let names = names(revision, root)?;
            let names = names
                .split(|byte| *byte == 0)
                .filter(|name| !name.is_empty());
            changed.extend(names.filter_map(|name| root.join(path(name)).canonicalize().ok()));
        }
        Ok(Self(changed))
    }

    /// Tells whether a file is among them, by its canonical path.
    pub(super) fn contains(&self, real: &Path) -> bool {
        self.0.contains(real)
    }
}

/// The root of the work tree that a path is in.
fn root(revision: &str, path: &Path) -> Result<PathBuf, Error> {
    let path = path
        .canonicalize()
        .map_err(|error| Error::Usage(format!("{}: {error}", path.display())))?;
    let folder = if path.is_dir() {
        path.as_path()
    } else {
        path.parent().unwrap_or(&path)
    };
    let output = git(revision, folder, &["rev-parse", "--show-toplevel"])?;
    let name = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
    if output.status.success() {
        Ok(self::path(name))
    } else {
        Err(fail(revision, &said(&output)))
    }
}

/// The names of the files that differ or are new, each ended by a zero byte.
fn names(revision: &str, root: &Path) -> Result<Vec<u8>, Error> {
    let commit = format!("{revision}^{{commit}}");
    let commit = git(
        revision,
        root,
        &["rev-parse", "--verify", "--quiet", &commit],
    )?;
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    // Of a range, git prints both ends.
    if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let help =
            "there is no such revision; a shallow clone has only the newest, fetch more history";
        return Err(fail(revision, help));
    }
    let base = git(revision, root, &["merge-base", &commit, "HEAD"])?;
    let base = String::from_utf8_lossy(&base.stdout).trim().to_owned();
    if base.is_empty() {
        let help = "it has no common ancestor with HEAD; in a shallow clone, fetch more history";
        return Err(fail(revision, help));
    }
    let diff = [
        "diff",
        "--name-only",
        "-z",
        "--no-renames",
        "--no-ext-diff",
        "--diff-filter=d",
        &base,
        "--",
    ];
    let new = ["ls-files", "--others", "--exclude-standard", "-z", "--"];
    let mut names = Vec::new();
    for arguments in [&diff[..], &new[..]] {
        let output = git(revision, root, arguments)?;
        if !output.status.success() {
            return Err(fail(revision, &said(&output)));
        }
        names.extend(output.stdout);
    }
    Ok(names)
}

/// Runs git in a folder, without a shell, and without the programs that a file system monitor names.
fn git(revision: &str, folder: &Path, arguments: &[&str]) -> Result<Output, Error> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder);
    command.args(["-c", "core.fsmonitor=false"]).args(arguments);
    command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0");
    // In a hook they are relative to another folder; the repository is that of the path.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command
        .output()
        .map_err(|error| fail(revision, &format!("cannot run git: {error}")))
}

/// The first line of what git said.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or("git failed");
    line.trim_start_matches("fatal: ").to_owned()
}

#[cfg(unix)]
fn path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}

fn fail(revision: &str, why: &str) -> Error {
    Error::Usage(format!("--since {revision}: {why}"))
}
