//! `kubetemper fix`: rewrite files in place.

use std::io;

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
    let mut run = run::run(arguments, REVIEWED)?;
    if run.failed {
        run::say("error: nothing is written, since --strict-config takes a warning for an error");
    }
    for (file, path) in run.report.files.iter_mut().zip(&run.paths) {
        let (Status::Changed, Some(path), Some(after)) = (file.status, path, &file.after) else {
            continue;
        };
        if run.failed {
            not_written(file, "--strict-config takes a warning for an error");
        } else if let Err(error) = output::replace(path, &file.before, after) {
            file.problems.push(Problem {
                position: None,
                object: None,
                reason: format!("cannot write: {error}"),
                help: "the file is as it was".to_owned(),
            });
            not_written(file, "the file could not be written");
        }
    }
    let mut out = Vec::new();
    run.emit(&arguments.options, "fix", &mut out)?;
    match arguments.options.format {
        Format::Json => run::print(&out)?,
        Format::Human => io::Write::write_all(&mut io::stderr(), &out)?,
    }
    Ok(run.exit(&arguments.options, false))
}

/// Says of a file that it is as it was.
fn not_written(file: &mut FileReport, why: &str) {
    file.status = Status::Refused;
    for object in &mut file.objects {
        let changes = object.changes.iter_mut();
        for located in changes.filter(|located| located.change.is_applied()) {
            located.change.fate = Fate::Refused(why.to_owned());
        }
        if let Some(level) = &mut object.level {
            level.after = level.before;
        }
    }
}
