//! `kubetemper render`: hardened manifests on standard output.

use std::io::{self, Read, Seek, SeekFrom, Write};

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
    let mut run = run::run(arguments, PIPED)?;
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
    let mut before = None;
    for file in &mut run.report.files {
        let text = file.after.as_ref().unwrap_or(&file.before);
        match &mut file.spooled {
            Some(spooled) => write(spooled, &mut before, &mut out)?,
            None => write(&mut io::Cursor::new(text), &mut before, &mut out)?,
        }
    }
    out.flush()?;
    Ok(exit)
}

/// Writes a text behind another one of which `before` has the last byte, as one stream.
fn write(
    text: &mut (impl Read + Seek),
    before: &mut Option<u8>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut head = [0; 3];
    let length = text.take(3).read(&mut head)?;
    if length == 0 {
        return Ok(());
    }
    if let Some(before) = before {
        let is_marked = head == *b"\xef\xbb\xbf";
        if *before != b'\n' {
            out.write_all(b"\n")?;
        }
        if is_marked {
            head.fill(0);
            let _ = text.read(&mut head)?;
        }
        text.seek(SeekFrom::Start(if is_marked { 3 } else { 0 }))?;
        if head != *b"---" {
            out.write_all(b"---\n")?;
        }
    } else {
        text.rewind()?;
    }
    io::copy(text, out)?;
    text.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    text.read_exact(&mut last)?;
    *before = Some(last[0]);
    Ok(())
}
