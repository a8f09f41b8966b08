//! What all commands that read manifests take. The first paragraph of each is its line in `-h`, `--help` shows all;
//! [`super::help`] leaves out what is of no use to a command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Error;
use crate::change::Risk;
use crate::config::Target;
use crate::input::Limit;
use crate::settings::{Demand, Guards, Profile};

// The headings of the help, in its order.
pub(super) const FILES: &str = "Which files";
pub(super) const CHANGES: &str = "What to change";
pub(super) const OUTPUT: &str = "Output and exit status";

/// The options of most commands.
#[derive(Debug, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Options {
    /// Only files that differ from this git revision.
    ///
    /// It compares with where the revision and the work tree parted. All other files stay context.
    #[arg(long, value_name = "REV", help_heading = FILES)]
    pub(super) since: Option<String>,
    /// Manifests to read but not write.
    ///
    /// They are read instead of those around the input: bindings, Services, kustomizations.
    #[arg(long, value_name = "PATH", conflicts_with = "no_context", help_heading = FILES)]
    pub(super) context: Vec<PathBuf>,
    /// Do not read the manifests around the input (bindings, Services, kustomizations).
    #[arg(long, hide_short_help = true, help_heading = FILES)]
    pub(super) no_context: bool,
    /// How much is read of a file: file-size, document-size, line-length (`512Ki`, `64Mi`, `1Gi`) or documents.
    #[arg(long, value_name = "NAME=SIZE", hide_short_help = true, help_heading = FILES)]
    pub(super) limit: Vec<Limit>,
    /// Use this configuration, for all files.
    ///
    /// Without it, each file has the nearest kubetemper.yaml above it.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config", help_heading = CHANGES)]
    pub(super) config: Option<PathBuf>,
    /// Use no configuration file.
    #[arg(long, hide_short_help = true, help_heading = CHANGES)]
    pub(super) no_config: bool,
    /// baseline, restricted, strict [default: restricted].
    ///
    /// How much is asked of a manifest. Each profile runs its own transforms and those of the profiles before it.
    #[arg(long, value_enum, help_heading = CHANGES)]
    pub(super) profile: Option<Profile>,
    /// Up to which risk: none, low, high [default: high].
    ///
    /// What is riskier is held back and told.
    #[arg(long, value_enum, value_name = "RISK", help_heading = CHANGES)]
    pub(super) max_risk: Option<Risk>,
    /// Run only these transforms.
    #[arg(long, value_name = "ID,...", value_delimiter = ',', help_heading = CHANGES)]
    pub(super) only: Vec<String>,
    /// Do not run these transforms.
    #[arg(long, value_name = "ID,...", value_delimiter = ',', help_heading = CHANGES)]
    pub(super) skip: Vec<String>,
    /// Also flip weaker values that the author wrote.
    ///
    /// All of them, or those of some transforms.
    #[arg(
        long = "override",
        value_name = "ID,...",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        help_heading = CHANGES
    )]
    pub(super) overrides: Option<Vec<String>>,
    /// Which namespaces get guards: declared, all, none.
    ///
    /// Guards are Pod Security labels, network policies, quota, limits and the like [default: declared, for Helm none].
    #[arg(long, value_enum, value_name = "WHICH", help_heading = CHANGES)]
    pub(super) guards: Option<Guards>,
    /// The namespace of objects that name none.
    #[arg(long, value_name = "NAME", hide_short_help = true, help_heading = CHANGES)]
    pub(super) namespace: Option<String>,
    /// The Helm release: names of new objects begin so.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = crate::release::parse,
        hide_short_help = true,
        help_heading = CHANGES
    )]
    pub(super) release: Option<String>,
    /// Oldest Kubernetes to work on [default: 1.34].
    #[arg(long, value_name = "1.N", help_heading = CHANGES)]
    pub(super) target: Option<Target>,
    /// What is known of images, as in docs/images.md.
    ///
    /// It wins over the configuration's `images`.
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = CHANGES)]
    pub(super) images: Vec<PathBuf>,
    /// Image configurations, or OCI layouts.
    ///
    /// A folder with the output of `crane config` or `skopeo inspect --config` for each image; wins over all else.
    #[arg(long, value_name = "DIR", help_heading = CHANGES)]
    pub(super) image_config: Vec<PathBuf>,
    /// Also change what a live object does not take.
    ///
    /// Such are pods, and the pod templates of Jobs: they must be created anew.
    #[arg(long, help_heading = CHANGES)]
    pub(super) recreate: bool,
    /// How to report.
    #[arg(long, value_enum, default_value = "human", help_heading = OUTPUT)]
    pub(super) format: Format,
    /// Also write the report as JSON to a file.
    #[arg(long, value_name = "FILE", overrides_with = "report", help_heading = OUTPUT)]
    pub(super) report: Option<PathBuf>,
    /// Exit 1 if a pod ends below: baseline, restricted.
    ///
    /// These are the levels of the Pod Security Standards; it does not matter why a workload misses them. `render` then
    /// prints nothing.
    #[arg(long, value_enum, value_name = "LEVEL", help_heading = OUTPUT)]
    pub(super) require: Option<Demand>,
    /// Exit 0 instead of 1.
    #[arg(long, help_heading = OUTPUT)]
    pub(super) exit_zero: bool,
    /// Take warnings (overrides and keeps that are of no use) for errors: exit 2.
    #[arg(long, hide_short_help = true, help_heading = OUTPUT)]
    pub(super) strict_config: bool,
    /// When to use colour.
    #[arg(
        long,
        value_enum,
        default_value = "auto",
        value_name = "WHEN",
        hide_short_help = true,
        help_heading = OUTPUT
    )]
    pub(super) color: Color,
    /// Threads to use [default: one for each core].
    #[arg(long, value_name = "N", hide_short_help = true, help_heading = OUTPUT)]
    pub(super) jobs: Option<usize>,
    /// Let the result grow in a temporary file and not in memory, for streams of gigabytes.
    #[arg(long, hide_short_help = true, help_heading = OUTPUT)]
    pub(super) spool: bool,
    /// Print problems and the summary only.
    #[arg(short, long, help_heading = OUTPUT)]
    pub(super) quiet: bool,
    /// Also list what is fine as it is.
    #[arg(short, long, conflicts_with = "quiet", help_heading = OUTPUT)]
    pub(super) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
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
    pub(super) fn expect_format(
        &self,
        verb: &str,
        formats: &[Format],
        help: &str,
    ) -> Result<(), Error> {
        if self.format == Format::Human || formats.contains(&self.format) {
            return Ok(());
        }
        let name = self.format.to_possible_value();
        let name = name.as_ref().map_or("", |name| name.get_name());
        Err(Error::Usage(format!("{verb} has no format {name}; {help}")))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}
