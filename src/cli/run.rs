//! What check, fix, diff and render share: configuration, reading, hardening, exit status.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use rayon::prelude::*;

use super::configuration::Configurations;
use super::guards::{self, Planned};
use super::progress::Progress;
pub(super) use super::reading::{self, Input, Read, Reading, read};
use super::warnings::{self, Seen};
use super::{Arguments, Color, Error, Exit, Options};
use crate::change::Risk;
use crate::cluster::Cluster;
use crate::context::Context;
use crate::input::Entry;
use crate::pipeline::{self, Outcome, Source};
use crate::pod_security::Level;
use crate::report::{FileReport, Problem, Report, Status};
use crate::transform;

/// What the commands differ in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    pub(super) path: &'static str,
    pub(super) max_risk: Risk,
    pub(super) hold_immutable: bool,
    /// The product stands for the whole input: what is excluded is part of it, as it is.
    pub(super) passes_excluded: bool,
    /// Only how many changes there are is told, unless a report is asked for.
    pub(super) counts_only: bool,
}

/// Where a person reads the result.
pub(super) const REVIEWED: Defaults = Defaults {
    path: ".",
    max_risk: Risk::High,
    hold_immutable: false,
    passes_excluded: false,
    counts_only: false,
};

/// A run: the report of what was found, and what was demanded.
pub(super) struct Run {
    pub(super) report: Report,
    /// The files of the report, in the same order.
    pub(super) paths: Vec<Option<PathBuf>>,
    /// For each file of the report the index of the input that it is, or stands beside.
    pub(super) inputs: Vec<usize>,
    /// Warnings that are about no file of the report.
    pub(super) warnings: Vec<String>,
    /// The level that each file's workloads must reach, in the same order.
    pub(super) demands: Vec<Option<Level>>,
    /// The lowest limit of any file: what is riskier may have been held.
    pub(super) max_risk: Risk,
    /// A warning about the configuration or a keep counts as an error.
    pub(super) failed: bool,
}

/// Reads and hardens the input. Nothing is written.
pub(super) fn run(arguments: &Arguments, defaults: Defaults) -> Result<Run, Error> {
    let mut reading = read(arguments, defaults)?;
    let sources = std::mem::take(&mut reading.sources);
    let cluster = reading::cluster(&reading.context, &reading.inputs, &sources);
    let run = harden_all(&mut reading, sources, &cluster, &arguments.options)?;
    run.warnings.iter().for_each(|warning| say(warning));
    Ok(run)
}

/// Hardens what was read. Nothing is written.
pub(super) fn harden_all(
    reading: &mut Reading<'_>,
    sources: Vec<Read>,
    cluster: &Cluster,
    options: &Options,
) -> Result<Run, Error> {
    let Reading {
        configurations,
        inputs,
        context,
        ..
    } = reading;
    let planned = Planned::new(inputs, &sources, configurations, context, cluster)?;
    let mut outcomes = harden(inputs, sources, configurations, cluster, &planned);
    let mut own = inputs.iter().filter_map(|input| input.own.as_ref());
    // What a person left out is wanted again, always.
    let chosen = own.any(|settings| settings.answers.leave_out_any());
    let unsettled = if chosen {
        Vec::new()
    } else {
        planned.unsettled(&outcomes, (inputs, configurations), cluster)
    };
    for index in &unsettled {
        let input = &inputs[*index];
        without_guards(
            input,
            &mut outcomes[*index],
            configurations,
            cluster,
            context,
        );
    }
    let mut run = collect(inputs, outcomes, configurations, context, options);
    for (beside, new) in planned.new_files() {
        if unsettled.contains(&beside) {
            continue;
        }
        let path = guards::label(&inputs[beside].entry.label(), &new.name);
        run.report.files.push(new.report(path.clone()));
        run.paths.push(Some(PathBuf::from(path)));
        run.inputs.push(beside);
        run.demands.push(None);
    }
    Ok(run)
}

fn refused(entry: &Entry, problem: Problem) -> FileReport {
    FileReport {
        status: Status::Refused,
        problems: vec![problem],
        ..FileReport::unchanged(entry.label())
    }
}

/// Hardens every file with the settings of its configuration.
fn harden(
    inputs: &[Input],
    sources: Vec<Read>,
    configurations: &Configurations<'_>,
    cluster: &Cluster,
    planned: &Planned,
) -> Vec<Option<Outcome>> {
    let read = sources
        .iter()
        .filter_map(|source| source.as_ref().ok()?.as_ref());
    let progress = Progress::new(read.map(|source| source.text.len()).sum());
    let report = |file: FileReport| Outcome::Report(Box::new(file), BTreeSet::new());
    let outcomes = sources
        .into_par_iter()
        .zip(inputs)
        .enumerate()
        .map(|(index, (source, input))| {
            let settings = input.settings(configurations);
            match source {
                Ok(source) => source.map(|source| {
                    if input.excluded {
                        report(FileReport {
                            before: source.text,
                            ..FileReport::unchanged(source.path)
                        })
                    } else {
                        let wishes = planned.wishes(index);
                        let step = |bytes| progress.step(bytes);
                        pipeline::harden_with_progress(source, settings, cluster, wishes, &step)
                    }
                }),
                Err(problem) => Some(report(refused(&input.entry, problem))),
            }
        })
        .collect();
    progress.finish();
    outcomes
}

/// Hardens a file again, without guards.
fn without_guards(
    input: &Input,
    outcome: &mut Option<Outcome>,
    configurations: &Configurations<'_>,
    cluster: &Cluster,
    context: &Context,
) {
    let Some(Outcome::Report(report, _)) = outcome else {
        return;
    };
    let source = Source {
        path: input.entry.label(),
        text: std::mem::take(&mut report.before),
        is_patch: input
            .entry
            .path
            .as_ref()
            .is_some_and(|path| context.is_patch(path)),
    };
    let settings = input.settings(configurations);
    let mut again = pipeline::harden(source, settings, cluster);
    if let Outcome::Report(report, _) = &mut again {
        report.problems.push(guards::problem());
    }
    *outcome = Some(again);
}

/// Makes the report, with the warnings that only the whole run can give.
fn collect(
    inputs: &[Input],
    outcomes: Vec<Option<Outcome>>,
    configurations: &Configurations<'_>,
    context: &Context,
    options: &Options,
) -> Run {
    let settings = configurations.iter().map(|one| &one.settings);
    let mut run = Run {
        report: Report::default(),
        paths: Vec::new(),
        inputs: Vec::new(),
        warnings: Vec::new(),
        demands: Vec::new(),
        max_risk: settings.map(|it| it.max_risk).min().unwrap_or(Risk::High),
        failed: false,
    };
    let mut seen = Seen::default();
    for (index, (input, outcome)) in inputs.iter().zip(outcomes).enumerate() {
        let mut file = match outcome {
            None => continue,
            Some(Outcome::Report(file, exceptions)) => {
                seen.concern(input.configuration, exceptions);
                *file
            }
            Some(Outcome::Template(problem)) if input.entry.named => refused(&input.entry, problem),
            Some(Outcome::Template(_)) => {
                seen.unreadable(input.configuration);
                run.report.templates.push(input.entry.label());
                continue;
            }
        };
        if let Some(path) = &input.entry.path {
            warnings::of_lost_comments(&mut file, context.builder(path));
        }
        if options.strict_config {
            run.failed |= !file.warnings.is_empty();
            file.problems.append(&mut file.warnings);
        }
        seen.file(input.configuration, &file);
        let configuration = configurations.get(input.configuration);
        run.demands
            .push(configuration.settings.require.filter(|_| !input.excluded));
        run.report.files.push(file);
        run.paths.push(input.entry.path.clone());
        run.inputs.push(index);
    }
    for warning in warnings::of_configurations(configurations, &seen) {
        let gravity = if options.strict_config {
            "error"
        } else {
            "warning"
        };
        run.warnings.push(format!("{gravity}: {warning}"));
        run.failed |= options.strict_config;
    }
    run
}

/// Checks that a transform of this id exists.
pub(super) fn known(id: &str) -> Result<(), Error> {
    transform::named(id)
        .map(drop)
        .map_err(|error| Error::Usage(error.to_string()))
}

impl Run {
    /// The exit status: 2 wins over 1.
    pub(super) fn exit(&self, options: &Options, work: bool) -> Exit {
        let mut files = self.report.files.iter();
        if self.failed || files.any(|file| !file.problems.is_empty()) {
            return Exit::Failed;
        }
        self.misses_in_words().iter().for_each(|line| say(line));
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

/// Tells whether standard error is to have colour.
pub(super) fn color(choice: Color) -> bool {
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never,
    }
}

/// Writes a whole product to standard output.
pub(super) fn print(text: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(())
}
