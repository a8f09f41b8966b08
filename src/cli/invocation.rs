//! The names that the program is run by, each with its own arguments.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Command, CommandFactory, FromArgMatches};

use super::{Cli, help};

/// How kubectl calls a plugin.
const KUBECTL: &str = "kubectl temper";

/// The name that the program was run by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// Its own.
    Own,
    /// `kubectl-temper`: `kubectl temper`.
    KubectlPlugin,
    /// `Hardening`, the kind of its configuration: a legacy exec plugin of kustomize.
    KustomizePlugin,
}

impl Name {
    fn of(program: &OsStr) -> Self {
        match Path::new(program).file_stem().and_then(OsStr::to_str) {
            Some("kubectl-temper") => Self::KubectlPlugin,
            Some("Hardening") => Self::KustomizePlugin,
            _ => Self::Own,
        }
    }
}

/// Reads the command line.
///
/// # Errors
/// What clap says of arguments that do not fit, and the help.
pub(super) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let name = arguments
        .first()
        .map_or(Name::Own, |program| Name::of(program));
    // kustomize gives the file of the configuration first, and the resources on standard input.
    if name == Name::KustomizePlugin && arguments.len() > 1 {
        arguments.splice(1..1, ["render", "--config"].map(OsString::from));
    }
    Cli::from_arg_matches(&shown_as(name).try_get_matches_from(arguments)?)
}

/// All commands, as their help shows them under the program's own name.
pub(super) fn command() -> Command {
    shown_as(Name::Own)
}

fn shown_as(name: Name) -> Command {
    // Without a command there are the flags of `render`; twice the same page would hide the commands.
    let mut command = Cli::command().mut_args(|argument| argument.hide(true));
    let mut own = "kubetemper";
    if name == Name::KubectlPlugin {
        own = KUBECTL;
        let show = |argument: clap::Arg| argument.hide(false);
        command = command.bin_name(KUBECTL);
        command = command.mut_subcommands(|verb| {
            if verb.get_arguments().any(|it| it.get_id() == "files") {
                verb.mut_arg("files", show)
            } else {
                verb
            }
        });
    }
    help::of(command, own).override_usage(format!("{own} <COMMAND>\n       … | {own} [OPTIONS]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_the_file() {
        for (program, name) in [
            ("kubetemper", Name::Own),
            ("/usr/bin/kubectl-temper", Name::KubectlPlugin),
            ("kubectl-temper.exe", Name::KubectlPlugin),
            (
                "plugin/kubetemper.dev/v1alpha1/hardening/Hardening",
                Name::KustomizePlugin,
            ),
            ("", Name::Own),
        ] {
            assert_eq!(Name::of(OsStr::new(program)), name, "{program}");
        }
    }
}
