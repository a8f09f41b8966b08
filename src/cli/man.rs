//! `kubetemper man`: the manual, a page for each command.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::roff::{Roff, roman};

use super::{Error, Exit, invocation, run};

#[derive(Debug, Args)]
pub(super) struct Man {
    /// The command whose page to print.
    ///
    /// Without it, the page of the program.
    #[arg(conflicts_with = "output")]
    command: Option<String>,
    /// Write the pages of all commands into a folder.
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(&self) -> Result<Exit, Error> {
        let mut program = invocation::command().disable_help_subcommand(true);
        program.build();
        if let Some(folder) = &self.output {
            return write(&program, folder);
        }
        let command = match &self.command {
            None => &program,
            Some(name) => program.find_subcommand(name).ok_or_else(|| {
                Error::Usage(format!(
                    "there is no command {name}; `kubetemper --help` lists them"
                ))
            })?,
        };
        run::print(&page(command)?)?;
        Ok(Exit::Done)
    }
}

/// Writes a page for the program and one for each command.
fn write(program: &Command, folder: &Path) -> Result<Exit, Error> {
    let fail =
        |path: &Path, error: std::io::Error| Error::Usage(format!("{}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| fail(folder, error))?;
    for command in std::iter::once(program).chain(program.get_subcommands()) {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let path = folder.join(format!("{name}.1"));
        fs::write(&path, page(command)?).map_err(|error| fail(&path, error))?;
    }
    Ok(Exit::Done)
}

/// The page of a command, in roff.
fn page(command: &Command) -> Result<Vec<u8>, Error> {
    let mut page = Vec::new();
    // clap_mangen leaves an empty entry of what only the short help hides.
    let shown = command.clone().mut_args(|it| it.hide_short_help(false));
    let man =
        clap_mangen::Man::new(shown).source(concat!("kubetemper ", env!("CARGO_PKG_VERSION")));
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().any(|it| !it.is_hide_set()) {
        let mut options = Vec::new();
        man.render_options_section(&mut options)?;
        page.extend(with_lists(&String::from_utf8_lossy(&options)).into_bytes());
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(notes) = command.get_after_long_help().or(command.get_after_help()) {
        for notes in notes.to_string().split("\n\n") {
            page.extend(section(notes).to_roff().into_bytes());
        }
    }
    Ok(page)
}

/// The values of an option, each on its line: roff would make one paragraph of them.
fn with_lists(options: &str) -> String {
    options.replace("\n\\- ", "\n.br\n\\- ")
}

/// What stands below the help, line by line: clap_mangen would fill the lines of examples up.
fn section(notes: &str) -> Roff {
    let (heading, text) = notes.split_once(':').unwrap_or(("Notes", notes));
    let mut roff = Roff::new();
    roff.control("SH", [heading.to_uppercase().as_str()]);
    roff.control("nf", []);
    roff.text([roman(text.trim_start_matches('\n'))]);
    roff.control("fi", []);
    roff
}
