//! A copy of the repository to plant the faults in, and what a change touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// The parts of the code whose tests are measured, and the files of each: the beginnings of their paths.
const AREAS: [(&str, &[&str]); 4] = [
    ("editing", &["src/yaml/", "src/document.rs"]),
    ("pod-security", &["src/pod_security/"]),
    ("validity", &["src/validity"]),
    (
        "transforms",
        &[
            "transforms/",
            "src/user",
            "src/images/",
            "src/resources",
            "src/read_only.rs",
            "src/command",
            "src/quantity",
            "src/guards/",
        ],
    ),
];

/// The area of a file; `None` for one that is not measured.
pub fn area(path: &str) -> Option<&'static str> {
    let is_code = Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "rs");
    let is_test =
        path.ends_with("/tests.rs") || path.contains("/tests/") || path == "transforms/mod.rs";
    if !is_code || is_test {
        return None;
    }
    AREAS
        .iter()
        .find(|(_, starts)| starts.iter().any(|start| path.starts_with(start)))
        .map(|(area, _)| *area)
}

/// The names of the areas.
pub fn areas() -> impl Iterator<Item = &'static str> {
    AREAS.iter().map(|(area, _)| *area)
}

/// The files of the repository, tracked or new, relative to its root.
pub fn files(root: &Path) -> io::Result<Vec<String>> {
    let list = git(
        root,
        &["ls-files", "--cached", "--others", "--exclude-standard"],
    )?;
    let is_there = |path: &&str| root.join(path).symlink_metadata().is_ok();
    Ok(list
        .lines()
        .filter(is_there)
        .map(ToOwned::to_owned)
        .collect())
}

/// Makes `to` hold the files of the repository. What is equal is not touched, so that cargo builds it once.
///
/// `rewritten` holds the files whose text is another one in the copy.
pub fn copy(
    root: &Path,
    to: &Path,
    files: &[String],
    rewritten: &BTreeMap<String, String>,
) -> io::Result<()> {
    let wanted: BTreeSet<&str> = files
        .iter()
        .chain(rewritten.keys())
        .map(String::as_str)
        .collect();
    let mut folders = vec![to.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry?.path();
            let name = path
                .strip_prefix(to)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else if !wanted.contains(name.as_str()) {
                fs::remove_file(path)?;
            }
        }
    }
    for name in wanted {
        let (from, target) = (root.join(name), to.join(name));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        let text = match rewritten.get(name) {
            Some(text) => text.clone().into_bytes(),
            None if from.is_symlink() => continue,
            None => fs::read(&from)?,
        };
        if fs::read(&target).ok().as_ref() != Some(&text) {
            fs::write(&target, text)?;
            if let Ok(metadata) = fs::metadata(&from) {
                fs::set_permissions(&target, metadata.permissions())?;
            }
        }
    }
    Ok(())
}

/// The lines of each file that were added or changed since a revision.
pub fn changed(root: &Path, revision: &str) -> io::Result<BTreeMap<String, BTreeSet<usize>>> {
    let diff = git(
        root,
        &[
            "diff",
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            revision,
            "--",
            "src",
            "transforms",
        ],
    )?;
    let mut changed: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut file = String::new();
    for line in diff.lines() {
        if let Some(name) = line.strip_prefix("+++ b/") {
            name.clone_into(&mut file);
        } else if let Some(hunk) = line.strip_prefix("@@ ") {
            let new = hunk
                .split(' ')
                .find_map(|part| part.strip_prefix('+'))
                .unwrap_or("0,0");
            let (start, count) = new.split_once(',').unwrap_or((new, "1"));
            let number = |text: &str| text.parse::<usize>().unwrap_or(0);
            // Where lines only went, those around the gap are what changed.
            let (start, count) = (number(start), number(count));
            let lines = if count == 0 {
                start..start + 2
            } else {
                start..start + count
            };
            changed.entry(file.clone()).or_default().extend(lines);
        }
    }
    // A new file that is not yet tracked is all new.
    for name in git(
        root,
        &[
            "ls-files",
            "--others",
            "--exclude-standard",
            "--",
            "src",
            "transforms",
        ],
    )?
    .lines()
    {
        changed
            .entry(name.to_owned())
            .or_default()
            .extend(1..100_000);
    }
    Ok(changed)
}

fn git(root: &Path, arguments: &[&str]) -> io::Result<String> {
    let output = Command::new("git")
        .args(["-c", "core.quotePath=off"])
        .args(arguments)
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!(
            "git {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
