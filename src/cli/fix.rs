//! `kubetemper fix`: rewrite files in place.

use std::collections::{BTreeMap, HashSet};
use std::io;

use clap::Args;

use super::run::{self, REVIEWED, Run};
use super::{Arguments, Error, Exit, Format, interactive, unstaged};
use crate::output;
use crate::report::{FileReport, Problem, Status};

#[derive(Debug, Args)]
pub(super) struct Fix {
    #[command(flatten)]
    pub(super) arguments: Arguments,
    /// Ask about each change; nothing is written before the last answer.
    #[arg(short, long)]
    interactive: bool,
    /// Write files with unstaged changes without asking.
    #[arg(short, long)]
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
                output::create(path, after)
            } else if let Some(name) =
                listed(file).find(|name| missing.contains(&path.with_file_name(name)))
            {
                Err(io::Error::other(format!(
                    "{name}, which it lists, could not be made"
                )))
            } else {
                output::replace(path, originals.get(&index).unwrap_or(&file.before), after)
            };
            if let Err(error) = written {
                if created {
                    missing.insert(path.clone());
                }
                file.problems.push(Problem {
                    position: None,
                    object: None,
                    reason: format!("cannot write: {error}"),
                    help: "the file is as it was".to_owned(),
                });
                file.withdraw("the file could not be written");
            }
        }
    }
}

/// The files that a kustomization lists from this run on.
fn listed(file: &FileReport) -> impl Iterator<Item = &str> {
    let changes = file.objects.iter().flat_map(|object| &object.changes);
    let listing = changes.filter(|located| located.change.pointer == "/resources/-");
    listing.filter_map(|located| located.change.after.as_ref()?.as_str())
}
