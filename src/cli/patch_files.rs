//! The folder of `patch --output`: nobody else's file is overwritten.

use std::fs;
use std::io;
use std::path::Path;

use super::interrupt::shielded;
use super::{Error, run};
use crate::emit;
use crate::input::{self, Limits};
use crate::output;

/// The file that lists the patches.
pub(super) const KUSTOMIZATION: &str = "kustomization.yaml";

/// Writes files into a folder, which is made if need be.
pub(super) fn write(folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    let fail = |path: &Path, error: &dyn std::fmt::Display| {
        Error::Usage(format!("--output {}: {error}", path.display()))
    };
    let mut present = Vec::new();
    for (name, _) in files {
        let path = folder.join(name);
        let old = present_text(&path).map_err(|error| fail(&path, &error))?;
        if old.as_ref().is_some_and(|old| !is_ours(name, old)) {
            let why =
                "there is another file of this name, and it stays as it is; choose another folder";
            return Err(fail(&path, &why));
        }
        present.push(old);
    }
    fs::create_dir_all(folder).map_err(|error| fail(folder, &error))?;
    for ((name, text), old) in files.iter().zip(present) {
        let path = folder.join(name);
        let written = match old {
            Some(old) if old == *text => Ok(()),
            Some(old) => shielded(|| output::replace(&path, &old, text)).map(drop),
            None => shielded(|| output::create(&path, text)),
        };
        written.map_err(|error| fail(&path, &error))?;
    }
    say_left_over(folder, files);
    Ok(())
}

/// The text of a file that is there; one that is no text is nobody's but its owner's.
fn present_text(path: &Path) -> io::Result<Option<String>> {
    match input::settings(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tells whether an earlier run wrote the file.
fn is_ours(name: &str, text: &str) -> bool {
    if name == KUSTOMIZATION {
        text.starts_with(emit::MARK)
    } else {
        emit::is_patch_file(text) || emit::is_object_file(text)
    }
}

/// Names the patches of an earlier run whose objects need none any more. They are not removed: that is no
/// one's order.
fn say_left_over(folder: &Path, files: &[(String, String)]) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            input::is_manifest_name(Path::new(name)) && files.iter().all(|(file, _)| file != name)
        })
        .collect();
    names.sort();
    for name in names {
        let path = folder.join(&name);
        let text = input::text(&path, &Limits::default()).unwrap_or_default();
        if emit::is_patch_file(&text) || emit::is_object_file(&text) {
            let path = path.display();
            run::say(&format!(
                "warning: {path} is from an earlier run, and this run has no use for it"
            ));
        }
    }
}
