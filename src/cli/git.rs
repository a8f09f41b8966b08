//! Asks the `git` program.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs git in a folder, without a shell, and without the programs that a file system monitor names.
pub(super) fn run(folder: &Path, arguments: &[&str]) -> Result<Output, String> {
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
        .map_err(|error| format!("cannot run git: {error}"))
}

/// The root of the work tree that a path is in.
pub(super) fn root(path: &Path) -> Result<PathBuf, String> {
    let shown = path.display();
    let path = path
        .canonicalize()
        .map_err(|error| format!("{shown}: {error}"))?;
    let folder = if path.is_dir() {
        path.as_path()
    } else {
        path.parent().unwrap_or(&path)
    };
    let output = run(folder, &["rev-parse", "--show-toplevel"])?;
    let name = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
    if output.status.success() {
        Ok(self::path(name))
    } else {
        Err(said(&output))
    }
}

/// The files that git names below a root, each ended by a zero byte, as canonical paths. Those that are gone are
/// left out.
pub(super) fn paths(root: &Path, names: &[u8]) -> impl Iterator<Item = PathBuf> {
    let names = names.split(|byte| *byte == 0);
    let names = names.filter(|name| !name.is_empty());
    names.filter_map(|name| root.join(path(name)).canonicalize().ok())
}

/// The first line of what git said.
pub(super) fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or("git failed");
    line.trim_start_matches("fatal: ").to_owned()
}

#[cfg(unix)]
fn path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path(name: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::new(String::from_utf8_lossy(name).as_ref()))
}
