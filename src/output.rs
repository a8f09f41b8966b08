//! Writes a file whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Replaces the text of a file by way of a temporary file beside it, with the same permissions.
///
/// A symbolic link stays one: the file that it points at is replaced.
///
/// # Errors
/// A file that is read-only, or whose text is no longer `before`; whatever the system reports. The file is
/// whole in each case.
pub fn replace(path: &Path, before: &str, after: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let metadata = path.metadata()?;
    if metadata.permissions().readonly() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the file is read-only",
        ));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".kubetemper-")
        .tempfile_in(folder)?;
    file.write_all(after.as_bytes())?;
    file.as_file().set_permissions(metadata.permissions())?;
    file.as_file().sync_all()?;
    if std::fs::read(&path)? != before.as_bytes() {
        return Err(io::Error::other(
            "the file was changed by someone else meanwhile; run again",
        ));
    }
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a file that is not there, whole or not at all.
///
/// # Errors
/// A file of this name that is there already; whatever the system reports.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any program makes files; the umask of the user takes its part.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder
        .prefix(".kubetemper-")
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_not_made() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.yaml");
        assert!(create(&path, "ours").is_ok());
        assert!(create(&path, "other").is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "ours");
        let count = std::fs::read_dir(folder.path()).expect("list").count();
        assert_eq!(count, 1, "no temporary file stays");
    }

    #[test]
    fn a_file_changed_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.yaml");
        std::fs::write(&path, "theirs").expect("write");
        assert!(replace(&path, "ours", "new").is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "theirs");
        assert!(replace(&path, "theirs", "new").is_ok());
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "new");
        assert_eq!(
            std::fs::read_dir(folder.path()).expect("list").count(),
            1,
            "no temporary file stays"
        );
    }
}
