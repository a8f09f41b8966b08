//! `kubetemper fix`: rewrite files in place.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::interrupt::shielded;
use super::options::{CHANGES, FILES};
use super::run::{self, REVIEWED, Run};
use super::{Arguments, Error, Exit, Format, interactive, unstaged};
use crate::output;
use crate::report::{FileReport, Problem, Status};

#[derive(Debug, Args)]
pub(super) struct Fix {
    #[command(flatten)]
    pub(super) arguments: Arguments,
    /// Ask about each change.
    ///
    /// Nothing is written before the last answer.
    #[arg(short, long, help_heading = CHANGES)]
    interactive: bool,
    /// Do not ask about files with unstaged changes.
    ///
    /// On a terminal `fix` asks before it writes such files, since git could not bring those changes back.
    #[arg(short, long, help_heading = FILES)]
    yes: bool,
}

impl Fix {
    pub(super) fn run(&self) -> Result<Exit, Error> {
        let (arguments, options) = (&self.arguments, &self.arguments.options);
        if arguments.named().any(|path| path.as_os_str() == "-") {
            return Err(Error::Usage(
                "fix rewrites files; for standard input use `kubetemper render -`".to_owned(),
            ));
        }
        options.expect_format(
            "fix",
            &[Format::Json, Format::Markdown],
            "it names places that fix moves: run check before or after it",
        )?;
        let (mut run, originals) = if self.interactive {
            match interactive::run(arguments, self.yes)? {
                Some(outcomes) => (outcomes.run, outcomes.originals),
                None => return Ok(Exit::Done),
            }
        } else {
            let run = run::run(arguments, REVIEWED)?;
            if !self.yes {
                unstaged::confirm(&run)?;
            }
            (run, BTreeMap::new())
        };
        if run.failed {
            run::say(
                "error: nothing is written, since --strict-config takes a warning for an error",
            );
        }
        write(&mut run, &originals);
        let mut out = Vec::new();
        if self.interactive && options.format == Format::Human && !options.verbose {
            run.summarise(options, "fix", &mut out)?;
        } else {
            run.emit(options, "fix", &mut out)?;
        }
        if options.format == Format::Human {
            io::Write::write_all(&mut io::stderr(), &out)?;
        } else {
            run::print(&out)?;
        }
        Ok(run.exit(options, false))
    }
}

/// Writes the files of a run. `originals` has the present text of files whose text was changed before the run, by
/// their index.
fn write(run: &mut Run, originals: &BTreeMap<usize, String>) {
    // What a kustomization lists must be there before it.
    let mut missing = HashSet::new();
    for created in [true, false] {
        let files = run.report.files.iter_mut().zip(&run.paths).enumerate();
        for (index, (file, path)) in files.filter(|(_, (file, _))| file.created == created) {
            let (Status::Changed, Some(path), Some(after)) = (file.status, path, &file.after)
            else {
                continue;
            };
            if run.failed {
                file.withdraw("--strict-config takes a warning for an error");
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
                let before = originals.get(&index).unwrap_or(&file.before);
                shielded(|| output::replace(path, before, after))
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
                    file.withdraw("the file could not be written");
                }
            }
        }
    }
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
