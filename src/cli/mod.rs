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
mod help;
mod image_files;
mod images;
mod init;
mod interactive;
mod interrupt;
mod invocation;
mod list;
mod man;
mod options;
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

use clap::{Args, Parser, Subcommand};

use crate::config;
use options::{Color, Format, Options};

/// Hardens Kubernetes manifests in place, and proves what it did.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Report what would change; exit 1 if anything would.
    Check(Arguments),
    /// Rewrite files in place.
    Fix(fix::Fix),
    /// Print what would change as a patch; exit 1 if it is not empty.
    Diff(Arguments),
    /// Print the hardened manifests: a Helm post-renderer, or a filter.
    Render(Arguments),
    /// Show who talks to whom, as far as the manifests tell.
    Flows(flows::Flows),
    /// Print what would change as JSON patches; exit 1 if there are any.
    Patch(patch::Patch),
    /// List the images of the manifests, and what is known of each.
    Images(Arguments),
    /// Write down what is known of a repository, for --context.
    Context(Arguments),
    /// Explain a transform, or the changes at a place.
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
    /// Files, folders, or - for standard input [default: .].
    ///
    /// Of folders, it reads `*.yaml`, `*.yml` and `*.json`, but not what `.gitignore` names.
    #[arg(value_name = "PATH", display_order = 0, help_heading = options::FILES)]
    paths: Vec<PathBuf>,
    /// The same as naming the file: kubectl's way.
    #[arg(short = 'f', long = "filename", value_name = "FILE", hide = true, help_heading = options::FILES)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
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
