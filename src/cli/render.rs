//! `kubetemper render`: hardened manifests on standard output.

use std::io;

use super::function;
use super::run::{self, Defaults};
use super::{Arguments, Error, Exit};
use crate::change::Risk;
use crate::report::Status;

/// Nobody reads the result before it reaches a cluster.
const PIPED: Defaults = Defaults {
    path: "-",
    max_risk: Risk::Low,
    hold_immutable: true,
    passes_excluded: true,
};

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let help = "standard output carries the manifests: --report FILE writes the report as JSON";
    arguments.options.expect_format("render", &[], help)?;
    if arguments.options.since.is_some() {
        let help = "--since would leave out manifests, and render prints all: it is for check, diff and fix";
        return Err(Error::Usage(help.to_owned()));
    }
    let run = run::run(arguments, PIPED)?;
    run.summarise(&arguments.options, "render", &mut io::stderr())?;
    let refused = run
        .report
        .files
        .iter()
        .any(|file| file.status == Status::Refused);
    let exit = run.exit(&arguments.options, false);
    if let Some(answer) = function::answer(&run, &arguments.options, exit) {
        run::print(answer.text.as_bytes())?;
        return Ok(answer.exit);
    }
    if run.misses_level() {
        // Empty output with status 0 would deploy nothing: --exit-zero does not reach here.
        return Ok(exit.max(Exit::Work));
    }
    if refused || exit == Exit::Failed {
        return Ok(exit);
    }
    let mut out = String::new();
    for file in &run.report.files {
        let text = file.after.as_ref().unwrap_or(&file.before);
        let text = if out.is_empty() {
            text
        } else {
            text.trim_start_matches('\u{feff}')
        };
        if !out.is_empty() {
            let newline = if out.ends_with('\n') { "" } else { "\n" };
            let marker = if text.starts_with("---") { "" } else { "---\n" };
            out.push_str(newline);
            out.push_str(marker);
        }
        out.push_str(text);
    }
    run::print(out.as_bytes())?;
    Ok(exit)
}
