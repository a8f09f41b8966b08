//! Asks before a file is touched whose changes git could not bring back.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::run::Run;
use super::{Error, git, terminal};
use crate::emit;
use crate::report::Status;

/// Tools that run a hook or a job, and set one of these.
const UNATTENDED: [&str; 4] = ["CI", "PRE_COMMIT", "GIT_INDEX_FILE", "GIT_DIR"];

/// Asks, on a terminal, about the files of a run that have changes which are not staged; an error when they are
/// not to be touched.
pub(super) fn confirm(run: &Run) -> Result<(), Error> {
    let unattended = || {
        UNATTENDED
            .iter()
            .any(|name| std::env::var_os(name).is_some())
    };
    if !terminal::is_there() || unattended() {
        return Ok(());
    }
    let files = run.report.files.iter().zip(&run.paths);
    let changed = files.filter(|(file, _)| file.status == Status::Changed && !file.created);
    let changed = changed.filter_map(|(file, path)| Some((&file.path, path.as_deref()?)));
    let changed: Vec<(&String, &Path)> = changed.collect();
    let unstaged = unstaged(changed.iter().map(|(_, path)| *path));
    let is_unstaged = |path: &Path| {
        let path = path.canonicalize();
        path.is_ok_and(|path| unstaged.contains(&path))
    };
    let mut names = changed.iter().filter(|(_, path)| is_unstaged(path));
    let names: Vec<String> = names.by_ref().map(|(name, _)| emit::plain(name)).collect();
    if names.is_empty() {
        return Ok(());
    }
    for name in &names {
        terminal::show(&format!("  {name}\n"))?;
    }
    let question = if names.len() == 1 {
        "1 file has unstaged changes; write anyway?".to_owned()
    } else {
        format!("{} files have unstaged changes; write anyway?", names.len())
    };
    if terminal::confirm(&question)? {
        Ok(())
    } else {
        let help = "nothing is written; stage or commit the files first, or use --yes";
        Err(Error::Usage(help.to_owned()))
    }
}

/// The tracked files that differ from the index, in the repositories of some files. Where git cannot tell, none.
fn unstaged<'p>(files: impl Iterator<Item = &'p Path>) -> HashSet<PathBuf> {
    let mut folders = HashSet::new();
    let mut roots = HashSet::new();
    for file in files {
        // Without its last part a bare name is in the working directory.
        let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if folders.insert(folder.to_owned()) {
            roots.extend(git::root(folder).ok());
        }
    }
    let arguments = [
        "diff",
        "--name-only",
        "-z",
        "--no-ext-diff",
        "--diff-filter=d",
        "--",
    ];
    let mut unstaged = HashSet::new();
    for root in &roots {
        if let Ok(output) = git::run(root, &arguments) {
            unstaged.extend(git::paths(root, &output.stdout));
        }
    }
    unstaged
}
