//! `kubetemper check`: report what would change.

use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit};

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let run = run::run(arguments, REVIEWED)?;
    let mut out = Vec::new();
    run.emit(&arguments.options, "check", &mut out)?;
    run::print(&out)?;
    run.summarise_beside(&arguments.options, "check")?;
    let work = run.report.summary().applied > 0;
    Ok(run.exit(&arguments.options, work))
}
