//! `kubetemper fix`: rewrite files in place.

use std::collections::HashSet;
use std::io;

use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit, Format};
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
                output::replace(path, &file.before, after)
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
    let mut out = Vec::new();
    run.emit(&arguments.options, "fix", &mut out)?;
    if arguments.options.format == Format::Human {
        io::Write::write_all(&mut io::stderr(), &out)?;
    } else {
        run::print(&out)?;
    }
    Ok(run.exit(&arguments.options, false))
}

/// The files that a kustomization lists from this run on.
fn listed(file: &FileReport) -> impl Iterator<Item = &str> {
    let changes = file.objects.iter().flat_map(|object| &object.changes);
    let listing = changes.filter(|located| located.change.pointer == "/resources/-");
    listing.filter_map(|located| located.change.after.as_ref()?.as_str())
}
