//! What check, fix, diff and render share: configuration, reading, hardening, exit status.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use rayon::prelude::*;

use super::configuration::Configurations;
use super::progress::Progress;
use super::warnings::{self, Seen};
use super::{Arguments, Error, Exit, Options};
use crate::change::Risk;
use crate::cluster::Cluster;
use crate::config::{ApiVersion, FILE_NAME};
use crate::context::Context;
use crate::input::{self, Entry};
use crate::krm::ResourceList;
use crate::pipeline::{self, Outcome, Source};
use crate::pod_security::Level;
use crate::report::{FileReport, Problem, Report, Status};
use crate::settings::Settings;
use crate::transform;

/// What the commands differ in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    pub(super) path: &'static str,
    pub(super) max_risk: Risk,
    pub(super) hold_immutable: bool,
    /// The product stands for the whole input: what is excluded is part of it, as it is.
    pub(super) passes_excluded: bool,
}

/// Where a person reads the result.
pub(super) const REVIEWED: Defaults = Defaults {
    path: ".",
    max_risk: Risk::High,
    hold_immutable: false,
    passes_excluded: false,
};

/// A run: the report of what was found, and what was demanded.
pub(super) struct Run {
    pub(super) report: Report,
    /// The files of the report, in the same order.
    pub(super) paths: Vec<Option<PathBuf>>,
    /// The level that each file's workloads must reach, in the same order.
    pub(super) demands: Vec<Option<Level>>,
    /// The lowest limit of any file: what is riskier may have been held.
    pub(super) max_risk: Risk,
    /// A warning about the configuration or a keep counts as an error.
    pub(super) failed: bool,
}

/// A file of the input and how it is treated.
struct Input {
    entry: Entry,
    configuration: usize,
    excluded: bool,
}

/// A file that was read; `None` when it is none of our business.
type Read = Result<Option<Source>, Problem>;

/// The input of a run, before anything is done to it.
pub(super) struct Reading<'a> {
    configurations: Configurations<'a>,
    inputs: Vec<Input>,
    context: Context,
    /// What was read, in the order of the inputs.
    sources: Vec<Read>,
}

/// Reads the input.
pub(super) fn read(arguments: &Arguments, defaults: Defaults) -> Result<Reading<'_>, Error> {
    let options = &arguments.options;
    if let Some(jobs) = options.jobs {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs)
            .build_global();
        pool.map_err(|error| Error::Usage(format!("--jobs {jobs}: {error}")))?;
    }
    let default = [PathBuf::from(defaults.path)];
    let named: Vec<PathBuf> = arguments.named().cloned().collect();
    let paths = if named.is_empty() {
        &default[..]
    } else {
        &named
    };
    // It may bring its own configuration, and can be read only once.
    let mut stdin = paths
        .iter()
        .any(|path| path.as_os_str() == "-")
        .then(|| input::read(&Entry::STANDARD_INPUT, &Context::default()));
    let function = match &stdin {
        Some(Ok(Some(source))) => ResourceList::read(&source.text),
        _ => None,
    };
    let function = function.map_or(Ok(None), |list| list.configuration())?;
    let mut configurations = Configurations::new(options, defaults, paths, function)?;
    let inputs = inputs(paths, &mut configurations, defaults)?;
    let context = if options.no_context {
        Context::default()
    } else if !options.context.is_empty() {
        Context::of(&options.context)
    } else {
        Context::around(
            paths
                .iter()
                .map(PathBuf::as_path)
                .filter(|path| path.as_os_str() != "-"),
        )
    };
    let mut sources: Vec<Read> = inputs
        .par_iter()
        .map(|input| {
            if input.entry.path.is_none() {
                return Ok(None);
            }
            let source = input::read(&input.entry, &context)?;
            Ok(source.filter(|source| !is_configuration(&input.entry, source)))
        })
        .collect();
    let at = inputs.iter().position(|input| input.entry.path.is_none());
    if let Some((at, read)) = at.zip(stdin.take()) {
        sources[at] = read;
    }
    Ok(Reading {
        configurations,
        inputs,
        context,
        sources,
    })
}

impl Reading<'_> {
    /// The texts that are not excluded, each with its settings.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Source, &Settings)> {
        let both = self.inputs.iter().zip(&self.sources);
        both.filter(|(input, _)| !input.excluded)
            .filter_map(|(input, source)| {
                let settings = &self.configurations.get(input.configuration).settings;
                Some((source.as_ref().ok()?.as_ref()?, settings))
            })
    }

    /// Says what could not be read, and tells whether anything could not.
    pub(super) fn say_problems(&self) -> bool {
        let problems = self.sources.iter().zip(&self.inputs);
        let problems = problems.filter_map(|(source, input)| Some((source.as_ref().err()?, input)));
        let mut any = false;
        for (problem, input) in problems {
            any = true;
            say(&format!("{}: {}", input.entry.label(), problem.reason));
        }
        any
    }
}

/// Reads and hardens the input. Nothing is written.
pub(super) fn run(arguments: &Arguments, defaults: Defaults) -> Result<Run, Error> {
    let Reading {
        configurations,
        inputs,
        context,
        sources,
    } = read(arguments, defaults)?;
    let cluster = cluster(&context, &inputs, &sources);
    let outcomes = harden(&inputs, sources, &configurations, &cluster);
    Ok(collect(
        inputs,
        outcomes,
        &configurations,
        &context,
        &arguments.options,
    ))
}

/// The files that the arguments name, each with its configuration.
fn inputs(
    paths: &[PathBuf],
    configurations: &mut Configurations<'_>,
    defaults: Defaults,
) -> Result<Vec<Input>, Error> {
    let mut inputs = Vec::new();
    for entry in input::find(paths).map_err(Error::Usage)? {
        let path = entry.path.as_deref();
        let configuration = configurations.of(path)?;
        let excluded = path.is_some_and(|path| configurations.get(configuration).excludes(path));
        if !excluded || defaults.passes_excluded {
            inputs.push(Input {
                entry,
                configuration,
                excluded,
            });
        }
    }
    Ok(inputs)
}

/// A configuration of kubetemper is not an object of a cluster.
fn is_configuration(entry: &Entry, source: &Source) -> bool {
    let name = entry.path.as_ref().and_then(|path| path.file_name());
    name == Some(OsStr::new(FILE_NAME)) && source.text.contains(ApiVersion::NAME)
}

/// What the input and its context tell about the cluster.
fn cluster(context: &Context, inputs: &[Input], sources: &[Read]) -> Cluster {
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
    let inputs: HashSet<_> = inputs
        .iter()
        .filter_map(|input| input.entry.path.as_ref()?.canonicalize().ok())
        .collect();
    let around = context
        .files()
        .par_iter()
        .filter(|path| !inputs.contains(*path));
    let around = around.filter_map(|path| std::fs::read_to_string(path).ok());
    all.merge(around.map(|text| of(&text)).reduce(Cluster::default, merge));
    all.complete = context.is_complete() && !all.unreadable;
    all
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
) -> Vec<Option<Outcome>> {
    let progress = Progress::new(inputs.len());
    let report = |file: FileReport| Outcome::Report(Box::new(file), BTreeSet::new());
    let outcomes = sources
        .into_par_iter()
        .zip(inputs)
        .map(|(source, input)| {
            let settings = &configurations.get(input.configuration).settings;
            let outcome = match source {
                Ok(source) => source.map(|source| {
                    if input.excluded {
                        report(FileReport {
                            before: source.text,
                            ..FileReport::unchanged(source.path)
                        })
                    } else {
                        pipeline::harden(source, settings, cluster)
                    }
                }),
                Err(problem) => Some(report(refused(&input.entry, problem))),
            };
            progress.step();
            outcome
        })
        .collect();
    progress.finish();
    outcomes
}

/// Makes the report, with the warnings that only the whole run can give.
fn collect(
    inputs: Vec<Input>,
    outcomes: Vec<Option<Outcome>>,
    configurations: &Configurations<'_>,
    context: &Context,
    options: &Options,
) -> Run {
    let settings = configurations.iter().map(|one| &one.settings);
    let mut run = Run {
        report: Report::default(),
        paths: Vec::new(),
        demands: Vec::new(),
        max_risk: settings.map(|it| it.max_risk).min().unwrap_or(Risk::High),
        failed: false,
    };
    let mut seen = Seen::default();
    for (input, outcome) in inputs.into_iter().zip(outcomes) {
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
        run.paths.push(input.entry.path);
    }
    for warning in warnings::of_configurations(configurations, &seen) {
        let gravity = if options.strict_config {
            "error"
        } else {
            "warning"
        };
        say(&format!("{gravity}: {warning}"));
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

/// Writes a whole product to standard output.
pub(super) fn print(text: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(())
}
