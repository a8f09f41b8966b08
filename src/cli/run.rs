//! What check, fix, diff and render share: settings, reading, hardening, reporting, exit status.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use rayon::prelude::*;

use super::progress::Progress;
use super::{Arguments, Color, Error, Exit, Format, Options};
use crate::change::Risk;
use crate::cluster::Cluster;
use crate::context::Context;
use crate::emit::{self, HumanOptions};
use crate::input::{self, Entry};
use crate::pipeline::{self, Outcome, Source};
use crate::pod_security::{self, Level, Version};
use crate::report::{FileReport, Problem, Report, Status};
use crate::settings::{Override, Settings};
use crate::transforms::ALL;

/// What the commands differ in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    pub(super) path: &'static str,
    pub(super) max_risk: Risk,
    pub(super) hold_immutable: bool,
}

/// Where a person reads the result.
pub(super) const REVIEWED: Defaults = Defaults {
    path: ".",
    max_risk: Risk::High,
    hold_immutable: false,
};

/// A run: the settings, and the report of what was found.
pub(super) struct Run {
    pub(super) settings: Settings,
    pub(super) report: Report,
    /// The files of the report, in the same order.
    pub(super) paths: Vec<Option<PathBuf>>,
}

/// Reads and hardens the input. Nothing is written.
pub(super) fn run(arguments: &Arguments, defaults: Defaults) -> Result<Run, Error> {
    let options = &arguments.options;
    let settings = settings(options, defaults)?;
    if let Some(jobs) = options.jobs {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs)
            .build_global();
        pool.map_err(|error| Error::Usage(format!("--jobs {jobs}: {error}")))?;
    }
    let default = [PathBuf::from(defaults.path)];
    let paths = if arguments.paths.is_empty() {
        &default[..]
    } else {
        &arguments.paths
    };
    let entries = input::find(paths).map_err(Error::Usage)?;
    let context = if options.no_context {
        Context::default()
    } else {
        Context::around(
            paths
                .iter()
                .map(PathBuf::as_path)
                .filter(|path| path.as_os_str() != "-"),
        )
    };
    let sources: Vec<_> = entries
        .par_iter()
        .map(|entry| input::read(entry, &context))
        .collect();
    let cluster = cluster(&context, &entries, &sources);
    let progress = Progress::new(entries.len());
    let outcomes: Vec<_> = sources
        .into_par_iter()
        .zip(&entries)
        .map(|(source, entry)| {
            let outcome = match source {
                Ok(source) => source.map(|source| pipeline::harden(source, &settings, &cluster)),
                Err(problem) => Some(Outcome::Report(
                    Box::new(refused(entry, problem)),
                    BTreeSet::new(),
                )),
            };
            progress.step();
            outcome
        })
        .collect();
    progress.finish();
    let mut run = Run {
        settings,
        report: Report::default(),
        paths: Vec::new(),
    };
    for (entry, outcome) in entries.iter().zip(outcomes) {
        let file = match outcome {
            None => continue,
            Some(Outcome::Report(file, _)) => *file,
            Some(Outcome::Template(problem)) if entry.named => refused(entry, problem),
            Some(Outcome::Template(_)) => {
                run.report.templates.push(entry.label());
                continue;
            }
        };
        run.report.files.push(file);
        run.paths.push(entry.path.clone());
    }
    Ok(run)
}

/// What the input and its context tell about the cluster.
fn cluster(
    context: &Context,
    entries: &[Entry],
    sources: &[Result<Option<Source>, Problem>],
) -> Cluster {
    let of = |text: &str| {
        let mut cluster = Cluster::default();
        pipeline::gather(text, &mut cluster);
        cluster
    };
    let merge = |mut all: Cluster, other: Cluster| {
        all.merge(other);
        all
    };
    let texts = sources
        .par_iter()
        .filter_map(|source| source.as_ref().ok()?.as_ref());
    let mut all = texts
        .map(|source| of(&source.text))
        .reduce(Cluster::default, merge);
    let inputs: HashSet<_> = entries
        .iter()
        .filter_map(|entry| entry.path.as_ref()?.canonicalize().ok())
        .collect();
    let around = context
        .files()
        .par_iter()
        .filter(|path| !inputs.contains(*path));
    let around = around.filter_map(|path| std::fs::read_to_string(path).ok());
    all.merge(around.map(|text| of(&text)).reduce(Cluster::default, merge));
    all.complete = context.is_complete();
    all
}

fn refused(entry: &Entry, problem: Problem) -> FileReport {
    FileReport {
        status: Status::Refused,
        problems: vec![problem],
        ..FileReport::unchanged(entry.label())
    }
}

fn settings(options: &Options, defaults: Defaults) -> Result<Settings, Error> {
    let overrides = match &options.overrides {
        None => Override::Nothing,
        Some(ids) if ids.is_empty() => Override::Everything,
        Some(ids) => Override::Transforms(ids.clone()),
    };
    for id in options
        .only
        .iter()
        .chain(&options.skip)
        .chain(options.overrides.iter().flatten())
    {
        known(id)?;
    }
    Ok(Settings {
        profile: options.profile,
        max_risk: options.max_risk.unwrap_or(defaults.max_risk),
        require: options.require.map(Level::from),
        overrides,
        only: options.only.clone(),
        skip: options.skip.clone(),
        namespace: options.namespace.clone(),
        target: options.target.unwrap_or(Settings::DEFAULT_TARGET),
        hold_immutable: defaults.hold_immutable && !options.recreate,
        ..Settings::default()
    })
}

/// Checks that a transform of this id exists.
pub(super) fn known(id: &str) -> Result<(), Error> {
    if ALL.iter().any(|(transform, _)| transform.id == id) {
        return Ok(());
    }
    let ids: Vec<&str> = ALL.iter().map(|(transform, _)| transform.id).collect();
    let near = similar::get_close_matches(id, &ids, 1, 0.5);
    let hint = near.first().map_or_else(
        || "`kubetemper list` names all".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Err(Error::Usage(format!(
        "there is no transform `{id}`; {hint}"
    )))
}

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
            Format::Human => emit::human(&self.report, &self.human(options, verb), out)?,
        }
        self.write_report(options)
    }

    fn human(&self, options: &Options, verb: &'static str) -> HumanOptions {
        let color = match options.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
            }
        };
        HumanOptions {
            color,
            verbose: options.verbose,
            quiet: options.quiet,
            max_risk: self.settings.max_risk,
            verb,
        }
    }

    /// Writes the JSON report to the file of `--report`.
    pub(super) fn write_report(&self, options: &Options) -> Result<(), Error> {
        let Some(path) = &options.report else {
            return Ok(());
        };
        let text = format!("{:#}\n", self.json());
        std::fs::write(path, text)
            .map_err(|error| Error::Usage(format!("--report {}: {error}", path.display())))
    }

    fn json(&self) -> serde_json::Value {
        emit::json(&self.report, &|id| {
            let transform = ALL.iter().find(|(transform, _)| transform.id == id);
            transform.map_or_else(Vec::new, |(transform, _)| {
                transform
                    .references
                    .iter()
                    .map(ToString::to_string)
                    .collect()
            })
        })
    }

    /// Prints problems and the counts only.
    pub(super) fn summarise(
        &self,
        options: &Options,
        verb: &'static str,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        let human = HumanOptions {
            quiet: true,
            ..self.human(options, verb)
        };
        emit::human(&self.report, &human, out)?;
        self.write_report(options)
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

    /// Tells whether a workload misses `--require`.
    pub(super) fn misses_level(&self) -> bool {
        self.settings
            .require
            .is_some_and(|level| self.report.below(level).next().is_some())
    }

    /// Says which workloads miss `--require`.
    fn say_misses(&self) {
        let Some(level) = self.settings.require else {
            return;
        };
        for (file, object) in self.report.below(level) {
            let violations = object.level.iter().flat_map(|levels| &levels.violations);
            let violations: Vec<_> = violations
                .filter(|violation| violation.level <= level)
                .cloned()
                .collect();
            let message = pod_security::message(&violations, level, Version::LATEST);
            say(&format!(
                "{}:{}: {} {message}",
                file.path,
                object.line,
                object.label()
            ));
        }
    }

    /// The exit status: 2 wins over 1.
    pub(super) fn exit(&self, options: &Options, work: bool) -> Exit {
        if self
            .report
            .files
            .iter()
            .any(|file| !file.problems.is_empty())
        {
            return Exit::Failed;
        }
        self.say_misses();
        let work = self.misses_level() || work;
        if work && !options.exit_zero {
            Exit::Work
        } else {
            Exit::Done
        }
    }
}

/// Prints a line of words to standard error. Nothing can be done if that fails.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Tells whether standard error is a terminal.
pub(super) fn on_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Writes a whole product to standard output.
pub(super) fn print(text: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(())
}
