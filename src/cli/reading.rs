//! Reads the input of a run: the files that the arguments name, each with its configuration, and what is around them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::PathBuf;

use rayon::prelude::*;

use super::configuration::Configurations;
use super::run::{Defaults, say};
use super::since::Changed;
use super::{Arguments, Error, Format, helm};
use crate::cluster::Cluster;
use crate::config::{ApiVersion, FILE_NAME};
use crate::context::Context;
use crate::guards;
use crate::input::{self, Entry, Limits};
use crate::krm::ResourceList;
use crate::pipeline::{self, Source};
use crate::release;
use crate::report::Problem;
use crate::settings::Settings;

/// A file of the input and how it is treated.
pub(super) struct Input {
    pub(super) entry: Entry,
    pub(super) configuration: usize,
    pub(super) excluded: bool,
    /// What the configuration asks for, with what concerns this file alone.
    pub(super) own: Option<Box<Settings>>,
}

impl Input {
    /// What is asked for in the file.
    pub(super) fn settings<'s>(&'s self, configurations: &'s Configurations<'_>) -> &'s Settings {
        let shared = &configurations.get(self.configuration).settings;
        self.own.as_deref().unwrap_or(shared)
    }
}

/// A file that was read; `None` when it is none of our business.
pub(super) type Read = Result<Option<Source>, Problem>;

/// The input of a run, before anything is done to it.
pub(super) struct Reading<'a> {
    pub(super) configurations: Configurations<'a>,
    pub(super) inputs: Vec<Input>,
    pub(super) context: Context,
    /// What was read, in the order of the inputs.
    pub(super) sources: Vec<Read>,
}

/// Reads the input.
pub(super) fn read(arguments: &Arguments, defaults: Defaults) -> Result<Reading<'_>, Error> {
    let options = &arguments.options;
    let limits = Limits::new(&options.limit);
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
        .then(|| input::read(&Entry::STANDARD_INPUT, &Context::default().within(limits)));
    let function = match &stdin {
        Some(Ok(Some(source))) => ResourceList::read(&source.text),
        _ => None,
    };
    if options.spool && (!defaults.counts_only || options.report.is_some()) {
        let help = "--spool is for render, and keeps no changes to report: leave out --report";
        return Err(Error::Usage(help.to_owned()));
    }
    let no_report = options.report.is_none() && helm::report_file().is_none();
    let defaults = Defaults {
        // A `ResourceList` is answered with the results.
        counts_only: defaults.counts_only
            && no_report
            && options.format == Format::Human
            && function.is_none(),
        ..defaults
    };
    let function = function.map_or(Ok(None), |list| list.configuration())?;
    let mut configurations = Configurations::new(options, defaults, paths, function)?;
    let changed = options.since.as_ref();
    let changed = changed.map(|revision| Changed::since(revision, paths));
    let inputs = inputs(
        paths,
        changed.transpose()?.as_ref(),
        &mut configurations,
        defaults,
    )?;
    let context = Context::asked(paths, &options.context, options.no_context)
        .map_err(Error::Usage)?
        .within(limits);
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
    let mut inputs = inputs;
    name_releases(&mut inputs, &sources, &configurations);
    Ok(Reading {
        configurations,
        inputs,
        context,
        sources,
    })
}

/// Finds the release of what Helm rendered, where nobody named it.
fn name_releases(inputs: &mut [Input], sources: &[Read], configurations: &Configurations<'_>) {
    for (input, source) in inputs.iter_mut().zip(sources) {
        let (Ok(Some(source)), settings) = (source, input.settings(configurations)) else {
            continue;
        };
        // Only new objects are named by it.
        let wanted = guards::wants(&source.text, source.is_patch, settings);
        if settings.release.is_some() || !wanted {
            continue;
        }
        if let Some(release) = release::of(&source.text, settings) {
            input.own = Some(Box::new(Settings {
                release: Some(release),
                ..settings.clone()
            }));
        }
    }
}

impl Reading<'_> {
    /// The texts that are not excluded, each with its settings.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Source, &Settings)> {
        let both = self.inputs.iter().zip(&self.sources);
        both.filter(|(input, _)| !input.excluded)
            .filter_map(|(input, source)| {
                let settings = input.settings(&self.configurations);
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

/// The files that the arguments name, of these only those that changed if that is asked, each with its configuration.
fn inputs(
    paths: &[PathBuf],
    changed: Option<&Changed>,
    configurations: &mut Configurations<'_>,
    defaults: Defaults,
) -> Result<Vec<Input>, Error> {
    let mut inputs = Vec::new();
    for entry in input::find(paths).map_err(Error::Usage)? {
        let path = entry.path.as_deref();
        let real = entry.real.as_deref();
        if changed.is_some_and(|changed| !real.is_some_and(|real| changed.contains(real))) {
            continue;
        }
        let configuration = configurations.of(path)?;
        let excluded = path.is_some_and(|path| configurations.excludes(configuration, path));
        if !excluded || defaults.passes_excluded {
            inputs.push(Input {
                entry,
                configuration,
                excluded,
                own: None,
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
pub(super) fn cluster(context: &Context, inputs: &[Input], sources: &[Read]) -> Cluster {
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
    if let Some(known) = context.known() {
        let mut whole = known.clone();
        whole.merge(all);
        whole.complete &= context.is_complete() && !whole.unreadable;
        return whole;
    }
    let inputs: HashSet<_> = inputs
        .iter()
        .filter_map(|input| input.entry.real.as_ref())
        .collect();
    let around = context
        .files()
        .par_iter()
        .filter(|path| !inputs.contains(*path));
    let around: Vec<Option<String>> = around
        .map(|path| input::text(path, context.limits()))
        .collect();
    let seen = around.iter().all(Option::is_some);
    let texts = around.par_iter().flatten();
    all.merge(texts.map(|text| of(text)).reduce(Cluster::default, merge));
    all.complete = context.is_complete() && seen && !all.unreadable;
    all
}
