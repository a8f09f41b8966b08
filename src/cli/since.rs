//! `--since REV`: the files that differ between a revision and the work tree, asked of the `git` program.
//!
//! What counts is where `HEAD` and the revision parted (their merge base), as in a pull request: what others changed on
//! the target branch meanwhile is not the author's. Uncommitted changes and new files count.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Error, git};

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
            let root = git::root(path).map_err(|why| fail(revision, &why))?;
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        let mut changed = HashSet::new();
        for root in &roots {
            let names = names(revision, root)?;
            changed.extend(git::paths(root, &names));
        }
        Ok(Self(changed))
    }

    /// Tells whether a file is among them, by its canonical path.
    pub(super) fn contains(&self, real: &Path) -> bool {
        self.0.contains(real)
    }
}

/// The names of the files that differ or are new, each ended by a zero byte.
fn names(revision: &str, root: &Path) -> Result<Vec<u8>, Error> {
    let commit = format!("{revision}^{{commit}}");
    let ask = |arguments: &[&str]| git::run(root, arguments).map_err(|why| fail(revision, &why));
    let commit = ask(&["rev-parse", "--verify", "--quiet", &commit])?;
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    // Of a range, git prints both ends.
    if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let help =
            "there is no such revision; a shallow clone has only the newest, fetch more history";
        return Err(fail(revision, help));
    }
    let base = ask(&["merge-base", &commit, "HEAD"])?;
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
        "--no-textconv",
        "--ignore-submodules=all",
        "--diff-filter=d",
        &base,
        "--",
    ];
    let new = ["ls-files", "--others", "--exclude-standard", "-z", "--"];
    let mut names = Vec::new();
    for arguments in [&diff[..], &new[..]] {
        let output = ask(arguments)?;
        if !output.status.success() {
            return Err(fail(revision, &git::said(&output)));
        }
        names.extend(output.stdout);
    }
    Ok(names)
}

fn fail(revision: &str, why: &str) -> Error {
    Error::Usage(format!("--since {revision}: {why}"))
}
