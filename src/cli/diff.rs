//! `kubetemper diff`: what would change, as a patch that `git apply` takes.

use std::io;

use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit, Format};
use crate::emit;

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let options = &arguments.options;
    options.expect_format(
        "diff",
        &[Format::Markdown],
        "its product is a patch: `kubetemper check` has the other formats",
    )?;
    let run = run::run(arguments, REVIEWED)?;
    let mut out = Vec::new();
    if options.format == Format::Markdown {
        run.emit(options, "diff", &mut out)?;
        run::print(&out)?;
        let work = run.report.summary().changed > 0;
        return Ok(run.exit(options, work));
    }
    let omitted = emit::diff(&run.report, &mut out)?;
    run::print(&out)?;
    run.summarise(options, "check", &mut io::stderr())?;
    for withheld in &omitted {
        run::say(&format!(
            "{withheld}: {}; {}",
            withheld.problem.reason, withheld.problem.help
        ));
    }
    let exit = run.exit(options, !out.is_empty());
    Ok(if omitted.is_empty() {
        exit
    } else {
        Exit::Failed
    })
}
