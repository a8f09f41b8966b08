//! The flags of a case.

use std::fs;
use std::path::Path;

use clap::Parser;
use kubetemper::change::Risk;
use kubetemper::pod_security::Version;
use kubetemper::settings::{Guards, Override, Profile, Settings};

/// The flags that `args` may hold; they mean what they mean on the command line.
#[derive(Parser)]
#[command(no_binary_name = true)]
pub(super) struct Flags {
    #[arg(long, value_enum, default_value = "restricted")]
    profile: Profile,
    #[arg(long, value_enum, default_value = "high")]
    max_risk: Risk,
    #[arg(long = "override", num_args = 0..=1, require_equals = true, value_delimiter = ',')]
    overrides: Option<Vec<String>>,
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    #[arg(long, value_delimiter = ',')]
    skip: Vec<String>,
    #[arg(long, value_enum)]
    guards: Option<Guards>,
    #[arg(long)]
    namespace: Option<String>,
    /// Options of transforms, as a JSON object.
    #[arg(long, default_value = "{}")]
    options: String,
    #[arg(long, default_value = "1.34")]
    target: Version,
    /// What the case does not show may exist, as on standard input.
    #[arg(long)]
    pub(super) no_context: bool,
    /// Hold back what is immutable on a live object, as `render` does.
    #[arg(long)]
    hold_immutable: bool,
}

impl Flags {
    /// The flags of a case; below `golden/<transform>/` only that transform runs.
    pub(super) fn of(case: &Path) -> Self {
        let args = fs::read_to_string(case.join("args")).unwrap_or_default();
        let mut flags = Self::try_parse_from(args.split_whitespace()).unwrap();
        let group = case.parent().unwrap().file_name().unwrap();
        if group != "pipeline" && group != "refused" {
            flags.only.push(group.to_str().unwrap().to_owned());
        }
        flags
    }

    pub(super) fn settings(self) -> Settings {
        Settings {
            profile: self.profile,
            max_risk: self.max_risk,
            overrides: match self.overrides {
                None => Override::Nothing,
                Some(ids) if ids.is_empty() => Override::Everything,
                Some(ids) => Override::Transforms(ids),
            },
            only: self.only,
            skip: self.skip,
            guards: self.guards,
            options: serde_json::from_str(&self.options).unwrap(),
            namespace: self.namespace,
            target: self.target,
            hold_immutable: self.hold_immutable,
            ..Settings::default()
        }
    }
}
