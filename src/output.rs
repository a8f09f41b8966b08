//! Writes a file whole or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// How temporary files begin. One that stays, since nothing can be done about `kill -9`, may be removed.
const PREFIX: &str = ".kubetemper-";

/// What to know of a file that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaced {
    /// The file had other names (hard links): under those the old text stays.
    pub had_other_names: bool,
}

/// Replaces the text of a file by way of a temporary file beside it, with the same mode and, where the system permits
/// it, the same owner.
///
/// A symbolic link stays one: the file that it points at is replaced.
///
/// # Errors
/// A file that is read-only, or whose text is neither `before` nor `after`; whatever the system reports. The file is
/// whole in each case.
pub fn replace(path: &Path, before: &str, after: &str) -> io::Result<Replaced> {
    let path = path.canonicalize()?;
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("this is no regular file"));
    }
    if metadata.permissions().readonly() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the file is read-only",
        ));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempfile_in(folder)?;
    file.write_all(after.as_bytes())?;
    keep_owner(file.as_file(), &metadata)?;
    // A change of the owner clears parts of the mode.
    file.as_file().set_permissions(metadata.permissions())?;
    file.as_file().sync_all()?;
    let present = fs::read(&path)?;
    let replaced = Replaced {
        had_other_names: names(&metadata) > 1,
    };
    // Another run may have come first.
    if present == after.as_bytes() {
        return Ok(replaced);
    }
    if present != before.as_bytes() {
        return Err(io::Error::other(
            "the file was changed by someone else meanwhile; run again",
        ));
    }
    file.persist(&path).map_err(|error| error.error)?;
    Ok(replaced)
}

/// Gives a new file the owner and group of another. Only root may give files away, and others only to their groups:
/// what is not permitted is left.
#[cfg(unix)]
fn keep_owner(file: &File, wanted: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let present = file.metadata()?;
    let permitted = |result: io::Result<()>| match result {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        other => other,
    };
    if present.gid() != wanted.gid() {
        permitted(fchown(file, None, Some(wanted.gid())))?;
    }
    if present.uid() != wanted.uid() {
        permitted(fchown(file, Some(wanted.uid()), None))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// How many names a file has.
#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}

/// Makes a file that is not there, whole or not at all.
///
/// # Errors
/// A file of this name that is there already with another text; whatever the system reports.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    let file = temporary(path, text)?;
    match file.persist_noclobber(path) {
        // Another run may have come first.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists && is_own(path, text) => {
            Ok(())
        }
        other => other.map(drop).map_err(|error| error.error),
    }
}

/// A file with a text, beside where it shall be.
fn temporary(path: &Path, text: &str) -> io::Result<NamedTempFile> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program makes files; the umask of the user takes its part.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder
        .prefix(PREFIX)
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn is_own(path: &Path, text: &str) -> bool {
    let is_file = path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == text.len() as u64);
    is_file && fs::read(path).is_ok_and(|present| present == text.as_bytes())
}

/// Writes a report to where the user said. A file of the repository may not lead it elsewhere: a symbolic link is
/// followed only to a device or a pipe, such as `/dev/stderr`.
///
/// # Errors
/// A symbolic link to anything else; whatever the system reports.
pub fn report(path: &Path, text: &str) -> io::Result<()> {
    // Processes find their streams there, which may well be files.
    let is_stream = ["/dev", "/proc"].iter().any(|top| path.starts_with(top));
    let leads_to_stream = |target: Metadata| !target.is_file() && !target.is_dir();
    if path.is_symlink() && !is_stream && !path.metadata().is_ok_and(leads_to_stream) {
        let target = fs::read_link(path)?;
        return Err(io::Error::other(format!(
            "this is a symbolic link; name the file that it leads to, {}",
            target.display()
        )));
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests;
