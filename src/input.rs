//! Reads the input: files, folders (`.gitignore` respected) and standard input.

mod limits;
pub(crate) mod walk;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::context::Context;
use crate::pipeline::Source;
use crate::report::Problem;
use crate::yaml::Lines;

pub use limits::{Limit, Limits};

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is; `None` for standard input.
    pub path: Option<PathBuf>,
    /// Its canonical path: asking the system again for each question takes longer than to read a small file.
    pub real: Option<PathBuf>,
    /// It was named on the command line, not found in a folder.
    pub named: bool,
    label: String,
}

impl Entry {
    /// Standard input, which `-` names.
    pub const STANDARD_INPUT: Self = Self {
        path: None,
        real: None,
        named: true,
        label: String::new(),
    };

    /// A file. `here` is the working directory.
    #[must_use]
    pub fn file(path: PathBuf, real: Option<PathBuf>, named: bool, here: &Path) -> Self {
        // `git apply` takes paths below the working directory only as relative ones.
        let label = path.strip_prefix(here).unwrap_or(&path);
        let label = label.strip_prefix("./").unwrap_or(label);
        Self {
            label: label.display().to_string(),
            path: Some(path),
            real,
            named,
        }
    }

    /// The path as shown to people.
    #[must_use]
    pub fn label(&self) -> String {
        if self.path.is_none() {
            return "-".to_owned();
        }
        self.label.clone()
    }
}

/// Finds the files that the arguments name, each once, in the order of the arguments and then by path.
///
/// # Errors
/// A path that does not exist or a folder that cannot be listed.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Entry>, String> {
    let here = std::env::current_dir().unwrap_or_default();
    let mut entries: Vec<Entry> = Vec::new();
    let mut seen = HashSet::new();
    let mut add = |path: PathBuf, real: Option<PathBuf>, named: bool| {
        seen.insert(real.clone().unwrap_or_else(|| path.clone()))
            .then(|| Entry::file(path, real, named, &here))
    };
    for path in paths {
        if path.as_os_str() == "-" {
            if entries.iter().all(|entry| entry.path.is_some()) {
                entries.push(Entry::STANDARD_INPUT);
            }
            continue;
        }
        let real = path.canonicalize().ok();
        if !path.is_dir() {
            path.metadata()
                .map_err(|error| format!("{}: {error}", path.display()))?;
            entries.extend(add(path.clone(), real, true));
            continue;
        }
        let found = walk::walk(
            path,
            ignore::WalkBuilder::new(path)
                .require_git(false)
                .sort_by_file_path(Path::cmp),
        );
        if let Some(why) = found.unsafe_patterns.into_iter().next() {
            return Err(why);
        }
        for file in found.entries {
            let file = file.map_err(|error| error.to_string())?;
            // A symbolic link is no file here, so that what is below the folder is below the real one.
            let is_file = file.file_type().is_some_and(|kind| kind.is_file());
            if is_file && is_manifest_name(file.path()) {
                let below = file.path().strip_prefix(path).ok();
                let real = real
                    .as_ref()
                    .zip(below)
                    .map(|(real, below)| real.join(below));
                entries.extend(add(file.into_path(), real, false));
            }
        }
    }
    Ok(entries)
}

/// Tells whether a file in a folder may hold manifests.
pub(crate) fn is_manifest_name(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| matches!(extension, "yaml" | "yml" | "json"))
}

/// Reads a file. `Ok(None)` when it is no text and does not look like a manifest either.
///
/// # Errors
/// What cannot be read, or is not UTF-8.
pub fn read(entry: &Entry, context: &Context) -> Result<Option<Source>, Problem> {
    let limits = context.limits();
    let fail = |error: io::Error| Problem {
        position: None,
        object: None,
        reason: error.to_string(),
        help: "make the file readable".to_owned(),
    };
    let size = limits.file_size();
    let bytes = match &entry.path {
        Some(path) => open(path).and_then(|(file, length)| bounded(file, size, length)),
        None => bounded(io::stdin().lock(), size, 0),
    };
    let bytes = bytes
        .map_err(fail)?
        .ok_or_else(|| limits.too_large(size + 1))?;
    let is_patch = entry
        .real
        .as_ref()
        .is_some_and(|real| context.names_as_patch(real));
    match String::from_utf8(bytes) {
        Ok(text) => limits.check(&text).map(|()| {
            Some(Source {
                path: entry.label(),
                text,
                is_patch,
            })
        }),
        Err(error) => {
            let bytes = error.as_bytes();
            let looks_like_manifest = bytes.windows(10).any(|window| window == b"apiVersion");
            let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
            if !(entry.named || looks_like_manifest || utf16) {
                return Ok(None);
            }
            let valid = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(&bytes[..valid]);
            Err(Problem {
                position: Some(Lines::new(&before).position(valid)),
                object: None,
                reason: "the file is not UTF-8 from here on".to_owned(),
                help: "convert it to UTF-8".to_owned(),
            })
        }
    }
}

/// Opens a file that is named: also a pipe, as of `<(helm template .)`, but no device.
fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = metadata.file_type();
        if kind.is_char_device() || kind.is_block_device() {
            return Err(io::Error::other(
                "this is a device; `-` names standard input",
            ));
        }
    }
    Ok((file, metadata.len()))
}

/// Reads all, or `None` when there is more than may be. `likely` is how much is expected.
fn bounded(from: impl Read, most: u64, likely: u64) -> io::Result<Option<Vec<u8>>> {
    // Room for one byte more, so that the end is found without growing.
    let likely = usize::try_from(likely.min(most)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(likely + 1);
    from.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

/// The text of a file that nobody named: a regular one within the limits.
pub(crate) fn text(path: &Path, limits: &Limits) -> Option<String> {
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let file = File::open(path).ok()?;
    let bytes = bounded(file, limits.file_size(), metadata.len()).ok()??;
    let text = String::from_utf8(bytes).ok()?;
    limits.check(&text).ok().map(|()| text)
}

/// The bytes of a file of settings, which is small.
pub(crate) fn settings(path: &Path) -> io::Result<Vec<u8>> {
    const MOST: u64 = 16 << 20;
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("this is no file"));
    }
    let too_large = || io::Error::other(format!("the file has more than {MOST} bytes"));
    bounded(File::open(path)?, MOST, metadata.len())?.ok_or_else(too_large)
}

#[cfg(test)]
mod tests;
