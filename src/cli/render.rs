//! `kubetemper render`: hardened manifests on standard output.

use std::io::{self, Write};

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
    counts_only: true,
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
    let mut out = io::stdout().lock();
    let mut last: Option<&str> = None;
    for file in &run.report.files {
        let mut text = file.after.as_ref().unwrap_or(&file.before).as_str();
        if let Some(last) = last {
            text = text.trim_start_matches('\u{feff}');
            let newline = if last.ends_with('\n') { "" } else { "\n" };
            let marker = if text.starts_with("---") { "" } else { "---\n" };
            write!(out, "{newline}{marker}")?;
        }
        out.write_all(text.as_bytes())?;
        if !text.is_empty() {
            last = Some(text);
        }
    }
    out.flush()?;
    Ok(exit)
}
