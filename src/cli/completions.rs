//! `kubetemper completions`: what a shell completes.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Error, Exit, run};
use crate::transforms::ALL;

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell: bash, elvish, fish, powershell, zsh.
    #[arg(value_enum, hide_possible_values = true)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<Exit, Error> {
        let mut text = Vec::new();
        let mut command = with_transforms(Cli::command());
        clap_complete::generate(self.shell, &mut command, "kubetemper", &mut text);
        run::print(&text)?;
        Ok(Exit::Done)
    }
}

/// Offers the ids of all transforms where one is wanted. The program itself checks them later, with better words.
fn with_transforms(command: Command) -> Command {
    let name = |argument: clap::Arg| {
        let wanted = ["only", "skip", "overrides"].contains(&argument.get_id().as_str());
        let ids = ALL.iter().map(|(transform, _)| transform.id);
        if wanted {
            argument.value_parser(PossibleValuesParser::new(ids))
        } else {
            argument
        }
    };
    command
        .mut_args(name)
        .mut_subcommands(|verb| verb.mut_args(name))
}
