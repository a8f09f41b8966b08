//! `kubetemper fix`: rewrite files in place.

use std::io;

use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit, Format};
use crate::change::Fate;
use crate::output;
use crate::report::{Problem, Status};

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Error::Usage(
            "fix rewrites files; for standard input use `kubetemper render -`".to_owned(),
        ));
    }
    let mut run = run::run(arguments, REVIEWED)?;
    for (file, path) in run.report.files.iter_mut().zip(&run.paths) {
        let (Status::Changed, Some(path), Some(after)) = (file.status, path, &file.after) else {
            continue;
        };
        let written = if file.created {
            output::create(path, after)
        } else {
            output::replace(path, &file.before, after)
        };
        let Err(error) = written else {
            continue;
        };
        file.status = Status::Refused;
        file.problems.push(Problem {
            position: None,
            object: None,
            reason: format!("cannot write: {error}"),
            help: "the file is as it was".to_owned(),
        });
        for object in &mut file.objects {
            for located in object
                .changes
                .iter_mut()
                .filter(|located| located.change.is_applied())
            {
                located.change.fate = Fate::Refused("the file could not be written".to_owned());
            }
            if let Some(level) = &mut object.level {
                level.after = level.before;
            }
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
