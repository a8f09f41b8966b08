//! `kubetemper diff`: what would change, as a patch that `git apply` takes.

use std::io;

use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit};
use crate::emit;

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let run = run::run(arguments, REVIEWED)?;
    let mut out = Vec::new();
    let omitted = emit::diff(&run.report, &mut out)?;
    run::print(&out)?;
    run.summarise(&arguments.options, "check", &mut io::stderr())?;
    for withheld in &omitted {
        run::say(&format!(
            "{withheld}: {}; {}",
            withheld.problem.reason, withheld.problem.help
        ));
    }
    let exit = run.exit(&arguments.options, !out.is_empty());
    Ok(if omitted.is_empty() {
        exit
    } else {
        Exit::Failed
    })
}
