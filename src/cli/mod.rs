//! The command line: the arguments, and what they mean.

mod check;
mod completions;
mod configuration;
mod context;
mod demand;
mod diff;
mod explain;
mod fix;
mod flows;
mod function;
mod git;
mod guards;
mod helm;
mod image_files;
mod images;
mod init;
mod interactive;
mod interrupt;
mod invocation;
mod list;
mod man;
mod patch;
mod patch_files;
mod progress;
mod reading;
mod render;
mod report;
mod run;
mod schema;
mod since;
mod terminal;
mod unstaged;
mod warnings;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::change::Risk;
use crate::config::{self, Target};
use crate::input::Limit;
use crate::settings::{self, Demand, Profile};

/// Hardens Kubernetes manifests in place, and proves what it did.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Examples:
  kubetemper diff deploy/                                    what would change, as a patch
  kubetemper fix deploy/                                     rewrite the files
  helm template shop ./chart | kubetemper > hardened.yaml    a filter, as `kubetemper render -`
  kubetemper check --require baseline .                      for CI

Without a command, and with manifests on standard input, it is `kubetemper render -` and takes the same options.
Exit status: 0 nothing to do, 1 changes found or --require not met, 2 something could not be read or written.";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Report what would change; exit 1 if anything would.
    Check(Arguments),
    /// Rewrite files in place.
    Fix(fix::Fix),
    /// Print what would change as a unified diff; exit 1 if it is not empty.
    Diff(Arguments),
    /// Print the hardened manifests: a Helm post-renderer, or a filter in a pipe.
    Render(Arguments),
    /// Show who talks to whom, as far as the manifests tell.
    Flows(flows::Flows),
    /// Print what would change as JSON patches, one for each object; exit 1 if there are any.
    Patch(patch::Patch),
    /// List the images of the manifests, and what is known of each.
    Images(Arguments),
    /// Write down what is known of a repository, for `--context` to read in parts of it.
    Context(Arguments),
    /// Explain a transform: what it changes, why, and when it breaks something.
    Explain(explain::Explain),
    /// List all transforms.
    List(list::List),
    /// Write a configuration, kubetemper.yaml, that fits the repository.
    Init(init::Init),
    /// Print the JSON Schema of the configuration.
    Schema,
    /// Print the completions of a shell.
    Completions(completions::Completions),
    /// Print a manual page, or write all of them.
    Man(man::Man),
}

#[derive(Debug, Args)]
struct Arguments {
    /// Files, folders (`*.yaml`, `*.yml`, `*.json`; `.gitignore` is respected) or `-`.
    paths: Vec<PathBuf>,
    /// The same as naming the file: kubectl's way.
    #[arg(short = 'f', long = "filename", value_name = "FILE", hide = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// What all commands that read manifests take.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Options {
    /// How much is asked of a manifest: each profile runs its own transforms and those before [default: restricted].
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// The riskiest change that is applied [default: low for render, else high].
    #[arg(long, value_enum, value_name = "RISK")]
    max_risk: Option<Risk>,
    /// Exit 1 when a workload ends below this Pod Security level (render then prints nothing).
    #[arg(long, value_enum, value_name = "LEVEL")]
    require: Option<Demand>,
    /// Also flip weaker values that the author wrote: all, or those of some transforms.
    #[arg(long = "override", value_name = "ID,...", num_args = 0..=1, require_equals = true, value_delimiter = ',')]
    overrides: Option<Vec<String>>,
    /// Run only these transforms.
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    only: Vec<String>,
    /// Do not run these transforms.
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    skip: Vec<String>,
    /// The namespaces that get guards (Pod Security labels, quota, limits, ...) [default: declared, for Helm none].
    #[arg(long, value_enum, value_name = "WHICH")]
    guards: Option<settings::Guards>,
    /// The namespace of objects that name none.
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// The Helm release: the names of new objects begin with it.
    #[arg(long, value_name = "NAME", value_parser = crate::release::parse)]
    release: Option<String>,
    /// The oldest Kubernetes version that the output must work on [default: 1.34].
    #[arg(long, value_name = "1.N")]
    target: Option<Target>,
    /// What is known of images, as in docs/images.md; wins over the configuration's `images`.
    #[arg(long, value_name = "FILE")]
    images: Vec<PathBuf>,
    /// A folder with configurations of images (`crane config`, `skopeo inspect --config`) or OCI layouts; wins over all else.
    #[arg(long, value_name = "DIR")]
    image_config: Vec<PathBuf>,
    /// Use this configuration for all files, not the nearest kubetemper.yaml above each.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Use no configuration file.
    #[arg(long)]
    no_config: bool,
    /// Take warnings (overrides and keeps that are of no use) for errors: exit 2.
    #[arg(long)]
    strict_config: bool,
    /// Manifests to read but not write, instead of those around the input; or what `kubetemper context` wrote.
    #[arg(long, value_name = "PATH", conflicts_with = "no_context")]
    context: Vec<PathBuf>,
    /// Do not read the manifests around the input (bindings, Services, kustomizations).
    #[arg(long)]
    no_context: bool,
    /// In render: also change what is immutable on a live object (pods, the pod templates of Jobs).
    #[arg(long)]
    recreate: bool,
    /// In render: let the result grow in a temporary file and not in memory, for streams of gigabytes.
    #[arg(long)]
    spool: bool,
    /// How check, fix and diff report.
    #[arg(
        long,
        value_enum,
        default_value = "human",
        hide_possible_values = true,
        value_name = "human|json|sarif|github|markdown|rdjson"
    )]
    format: Format,
    /// Only files that differ from where this revision and the work tree parted; all others stay context.
    #[arg(long, value_name = "REV")]
    since: Option<String>,
    /// Also write the report as JSON to a file.
    #[arg(long, value_name = "FILE", overrides_with = "report")]
    report: Option<PathBuf>,
    /// When to use colour.
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    color: Color,
    /// How much is read of a file: file-size, document-size, line-length (`512Ki`, `64Mi`, `1Gi`) or documents.
    #[arg(long, value_name = "NAME=SIZE")]
    limit: Vec<Limit>,
    /// Threads to use [default: one for each core].
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Print problems and the summary only.
    #[arg(short, long)]
    quiet: bool,
    /// Also list what is fine as it is.
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Exit 0 instead of 1.
    #[arg(long)]
    exit_zero: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Human,
    /// The whole report.
    Json,
    /// For code scanning, with fixes.
    Sarif,
    /// Annotations, as commands to GitHub Actions.
    Github,
    /// A comment for a pull request.
    Markdown,
    /// For reviewdog, with suggestions.
    Rdjson,
}

impl Options {
    /// Refuses a format that a command does not have.
    fn expect_format(&self, verb: &str, formats: &[Format], help: &str) -> Result<(), Error> {
        if self.format == Format::Human || formats.contains(&self.format) {
            return Ok(());
        }
        let name = self.format.to_possible_value();
        let name = name.as_ref().map_or("", |name| name.get_name());
        Err(Error::Usage(format!("{verb} has no format {name}; {help}")))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The arguments do not fit together.
    #[error("{0}")]
    Usage(String),
    /// A configuration file cannot be used.
    #[error("{0}")]
    Configuration(#[from] config::Error),
    /// The product could not be written.
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
}

/// How a command ended, before `--exit-zero`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// Nothing is left to do.
    Done,
    /// There is something to do.
    Work,
    /// Something could not be read, edited with proof, or written.
    Failed,
}

impl Cli {
    /// The file that the report goes to, if one is named.
    fn report(&self) -> Option<&Path> {
        let options = match &self.verb {
            Some(
                Verb::Check(arguments)
                | Verb::Diff(arguments)
                | Verb::Render(arguments)
                | Verb::Images(arguments)
                | Verb::Context(arguments),
            ) => &arguments.options,
            Some(Verb::Fix(fix)) => &fix.arguments.options,
            Some(Verb::Patch(patch)) => &patch.arguments.options,
            Some(
                Verb::Flows(_)
                | Verb::Explain(_)
                | Verb::List(_)
                | Verb::Init(_)
                | Verb::Schema
                | Verb::Completions(_)
                | Verb::Man(_),
            ) => return None,
            None => &self.options,
        };
        options.report.as_deref()
    }
}

impl Arguments {
    /// What is named, in either way.
    fn named(&self) -> impl Iterator<Item = &PathBuf> {
        self.paths.iter().chain(&self.files)
    }
}

/// Runs the program and returns its exit status.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match invocation::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                helm::write_error(None, &error.to_string());
            }
            // Nothing can be done if nobody listens.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let report = cli.report().map(Path::to_owned);
    let result = match cli.verb {
        Some(Verb::Check(arguments)) => check::run(&arguments),
        Some(Verb::Fix(fix)) => fix.run(),
        Some(Verb::Diff(arguments)) => diff::run(&arguments),
        Some(Verb::Render(arguments)) => render::run(&arguments),
        Some(Verb::Flows(flows)) => flows.run(),
        Some(Verb::Patch(patch)) => patch.run(),
        Some(Verb::Images(arguments)) => images::run(&arguments),
        Some(Verb::Context(arguments)) => context::run(&arguments),
        Some(Verb::Explain(explain)) => explain.run(),
        Some(Verb::List(list)) => list.run(),
        Some(Verb::Init(init)) => init.run(),
        Some(Verb::Schema) => schema::run(),
        Some(Verb::Completions(completions)) => completions.run(),
        Some(Verb::Man(man)) => man.run(),
        None if std::io::stdin().is_terminal() => Err(Error::Usage(
            "name a command, or pipe manifests in; `kubetemper --help` lists the commands"
                .to_owned(),
        )),
        None => render::run(&Arguments {
            paths: Vec::new(),
            files: Vec::new(),
            options: cli.options,
        }),
    };
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Work) => ExitCode::from(1),
        Ok(Exit::Failed) => ExitCode::from(2),
        // Whoever reads our output has seen enough.
        Err(Error::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            run::say(&format!("error: {error}"));
            helm::write_error(report.as_deref(), &error.to_string());
            ExitCode::from(2)
        }
    }
}
