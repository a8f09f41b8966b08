//! Walks through folders, and lets no file in them lead out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::{DirEntry, WalkBuilder};

use crate::context::git_root;

/// Files with patterns of what to pass over, which the walk reads by itself.
const PATTERNS: [&str; 3] = [".gitignore", ".ignore", ".git/info/exclude"];

/// The largest of them.
const LONGEST: u64 = 16 << 20;

/// What a walk found: files and folders in order, and what may not be looked at.
pub(crate) struct Found {
    pub(crate) entries: Vec<Result<DirEntry, ignore::Error>>,
    /// Why a folder was passed over. A pipe or a link to a device would never be read to its end.
    pub(crate) unsafe_patterns: Vec<String>,
}

/// Lists what `builder` finds below a root. Symbolic links are not followed.
pub(crate) fn walk(root: &Path, builder: &mut WalkBuilder) -> Found {
    let real = root.canonicalize().unwrap_or(root.to_owned());
    let top = git_root(&real).unwrap_or(&real).to_owned();
    // Above the git root the files are the user's own, but no pipe will do there either.
    let mut refused: Vec<String> = Vec::new();
    for folder in real.ancestors() {
        refused.extend(unsafe_pattern(folder, &top));
    }
    if !refused.is_empty() {
        return Found {
            entries: Vec::new(),
            unsafe_patterns: refused,
        };
    }
    let below = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&below);
    builder.filter_entry(move |entry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        if entry.depth() == 0 || !is_folder {
            return true;
        }
        let Some(refused) = unsafe_pattern(entry.path(), &top) else {
            return entry.file_name() != ".git";
        };
        if let Ok(mut seen) = seen.lock() {
            seen.push(refused);
        }
        false
    });
    let entries = builder.build().collect();
    let unsafe_patterns = below.lock().map(|all| all.clone()).unwrap_or_default();
    Found {
        entries,
        unsafe_patterns,
    }
}

/// Why a file with patterns of a folder must not be read.
fn unsafe_pattern(folder: &Path, top: &Path) -> Option<String> {
    PATTERNS.iter().find_map(|name| {
        let path = folder.join(name);
        let own = path.symlink_metadata().ok()?;
        let fits = path.metadata().is_ok_and(|metadata| {
            metadata.is_dir() || metadata.is_file() && metadata.len() <= LONGEST
        });
        let inside = |real: PathBuf| real.starts_with(top) || !folder.starts_with(top);
        let stays = !own.is_symlink() || path.canonicalize().is_ok_and(inside);
        (!(fits && stays)).then(|| {
            format!(
                "{}: this is no file of the repository, or too large to hold patterns; remove it",
                path.display()
            )
        })
    })
}
