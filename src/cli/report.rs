//! How a run is told: the report in the wanted format, and the words on standard error.

use std::io::{self, Write};

use super::run::{self, Run};
use super::{Color, Error, Format, Options, helm};
use crate::emit::{self, HumanOptions, MarkdownOptions};
use crate::transform;

impl Run {
    /// Prints the report in the wanted format, and writes it to a file if asked.
    pub(super) fn emit(
        &self,
        options: &Options,
        verb: &'static str,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        match options.format {
            Format::Json => writeln!(out, "{:#}", self.json())?,
            Format::Sarif => writeln!(out, "{:#}", emit::sarif(&self.report))?,
            Format::Rdjson => writeln!(out, "{:#}", emit::rdjson(&self.report))?,
            Format::Github => emit::github(&self.report, options.quiet, out)?,
            Format::Markdown => emit::markdown(&self.report, MarkdownOptions { verb }, out)?,
            Format::Human => {
                emit::human(&self.report, &self.human(options, verb, options.quiet), out)?;
            }
        }
        self.write_report(options)
    }

    fn human(&self, options: &Options, verb: &'static str, quiet: bool) -> HumanOptions {
        let color = match options.color {
            // Only check prints for people on standard output.
            Color::Auto if verb == "check" && !quiet => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
            choice => run::color(choice),
        };
        HumanOptions {
            color,
            verbose: options.verbose,
            quiet,
            max_risk: self.max_risk,
            verb,
        }
    }

    /// Writes the JSON report to the file of `--report`.
    pub(super) fn write_report(&self, options: &Options) -> Result<(), Error> {
        let text = || format!("{:#}\n", self.json());
        let Some(path) = &options.report else {
            if helm::report_file().is_some() {
                helm::write(&text());
            }
            return Ok(());
        };
        std::fs::write(path, text())
            .map_err(|error| Error::Usage(format!("--report {}: {error}", path.display())))
    }

    fn json(&self) -> serde_json::Value {
        let mut report = self.plain_json();
        let misses = self.misses_in_words();
        // Whoever reads the report alone (Helm 4 hides the rest) must see why nothing came out.
        if !misses.is_empty() {
            report["misses"] = misses.into();
        }
        report
    }

    fn plain_json(&self) -> serde_json::Value {
        emit::json(&self.report, &|id| {
            transform::named(id).map_or_else(
                |_| Vec::new(),
                |transform| {
                    let references = transform.references.iter();
                    references.map(ToString::to_string).collect()
                },
            )
        })
    }

    /// Prints problems and the counts only.
    pub(super) fn summarise(
        &self,
        options: &Options,
        verb: &'static str,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        let human = self.human(options, verb, true);
        emit::human(&self.report, &human, out)?;
        self.write_report(options)
    }

    /// Says the counts on standard error where standard output has commands that nobody sees.
    pub(super) fn summarise_beside(
        &self,
        options: &Options,
        verb: &'static str,
    ) -> Result<(), Error> {
        if options.format == Format::Github {
            let human = self.human(options, verb, true);
            emit::human(&self.report, &human, &mut io::stderr())?;
        }
        Ok(())
    }

    /// Fails when a file could not be read: nothing can be said about it.
    pub(super) fn refuse_unreadable(&self) -> Result<(), Error> {
        let mut problems = self
            .report
            .files
            .iter()
            .flat_map(|file| file.problems.iter().map(move |problem| (file, problem)));
        problems.next().map_or(Ok(()), |(file, problem)| {
            let place = problem
                .position
                .map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
            Err(Error::Usage(format!(
                "{}{place}: {}; {}",
                file.path, problem.reason, problem.help
            )))
        })
    }
}
