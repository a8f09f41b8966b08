//! `kubetemper fix`: rewrite files in place.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::interrupt::shielded;
use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit, Format};
use crate::change::Fate;
use crate::output;
use crate::report::{FileReport, Problem, Status};

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    if arguments.named().any(|path| path.as_os_str() == "-") {
        return Err(Error::Usage(
            "fix rewrites files; for standard input use `kubetemper render -`".to_owned(),
        ));
    }
    arguments.options.expect_format(
        "fix",
        &[Format::Json, Format::Markdown],
        "it names places that fix moves: run check before or after it",
    )?;
    let mut run = run::run(arguments, REVIEWED)?;
    if run.failed {
        run::say("error: nothing is written, since --strict-config takes a warning for an error");
    }
    // What a kustomization lists must be there before it.
    let mut missing = HashSet::new();
    for created in [true, false] {
        let files = run.report.files.iter_mut().zip(&run.paths);
        for (file, path) in files.filter(|(file, _)| file.created == created) {
            let (Status::Changed, Some(path), Some(after)) = (file.status, path, &file.after)
            else {
                continue;
            };
            if run.failed {
                not_written(file, "--strict-config takes a warning for an error");
                continue;
            }
            let written = if created {
                shielded(|| output::create(path, after)).map(|()| false)
            } else if let Some(name) =
                listed(file).find(|name| missing.contains(&beside(path, name.as_ref())))
            {
                Err(io::Error::other(format!(
                    "{name}, which it lists, could not be made"
                )))
            } else {
                shielded(|| output::replace(path, &file.before, after))
                    .map(|replaced| replaced.had_other_names)
            };
            match written {
                Ok(had_other_names) => {
                    file.warnings.extend(had_other_names.then(parted));
                }
                Err(error) => {
                    if created {
                        missing.insert(beside(path, path.file_name().unwrap_or_default()));
                    }
                    file.problems.push(unwritten(&error));
                    not_written(file, "the file could not be written");
                }
            }
        }
    }
    let mut out = Vec::new();
    run.emit(&arguments.options, "fix", &mut out)?;
    if arguments.options.format == Format::Human {
        io::Write::write_all(&mut io::stderr(), &out)?;
    } else {
        run::print(&out)?;
    }
    Ok(run.exit(&arguments.options, false))
}

/// A name beside a file, the same however the folder is written.
fn beside(path: &Path, name: &OsStr) -> PathBuf {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    folder
        .canonicalize()
        .unwrap_or(folder.to_owned())
        .join(name)
}

fn unwritten(error: &io::Error) -> Problem {
    Problem {
        position: None,
        object: None,
        reason: format!("cannot write: {error}"),
        help: "the file is as it was".to_owned(),
    }
}

/// Says that a file had other names. To write into it instead would not be atomic, and would change a backup that
/// consists of such names.
fn parted() -> Problem {
    Problem {
        position: None,
        object: None,
        reason: "the file had other names (hard links), which keep the old text".to_owned(),
        help: "link them again if they shall stay one file".to_owned(),
    }
}

/// The files that a kustomization lists from this run on.
fn listed(file: &FileReport) -> impl Iterator<Item = &str> {
    let changes = file.objects.iter().flat_map(|object| &object.changes);
    let listing = changes.filter(|located| located.change.pointer == "/resources/-");
    listing.filter_map(|located| located.change.after.as_ref()?.as_str())
}

/// Says of a file that it is as it was.
fn not_written(file: &mut FileReport, why: &str) {
    file.status = Status::Refused;
    for object in &mut file.objects {
        object.created = false;
        let changes = object.changes.iter_mut();
        for located in changes.filter(|located| located.change.is_applied()) {
            located.change.fate = Fate::Refused(why.to_owned());
        }
        if let Some(level) = &mut object.level {
            level.after = level.before;
        }
    }
}
