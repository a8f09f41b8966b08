//! The help of each command: the options that are of use to it, and examples. `-h` fits a screen; `--help` tells all.

mod pages;

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};

use super::options::OUTPUT;
use pages::{PAGES, Page};

/// Columns that fit every terminal.
const WIDTH: usize = 80;

/// What the program's own help ends with.
const PROGRAM: &str = "\
Examples:
  # What would change, as a patch that `git apply` takes
  kubetemper diff examples/shop.yaml
  # Rewrite the files
  kubetemper fix examples/shop.yaml
  # A filter: without a command it is `kubetemper render -`, with its options
  helm template shop examples/chart | kubetemper > hardened.yaml
  # For CI
  kubetemper check --require baseline examples/";

/// As kubectl's users write it.
const KUBECTL_PROGRAM: &str = "\
Examples:
  # What would change, as a patch that `git apply` takes
  kubectl temper diff -f examples/shop.yaml
  # Rewrite the files
  kubectl temper fix -f examples/shop.yaml -f examples/kustomize/base
  # What is left to do for what runs
  kubectl get deploy -n shop -o yaml | kubectl temper diff -
  # A filter: without a command it is `kubectl temper render -`
  kubectl kustomize examples/kustomize/overlay | kubectl temper > all.yaml";

const EXIT_STATUS: &str = "\
Exit status:
  0 nothing to do; 1 changes found, or --require not met;
  2 something could not be read, edited with proof, or written.";

/// Gives the program and its commands their help, under the name that the program was run by.
pub(super) fn of(program: Command, name: &str) -> Command {
    let own = name == "kubetemper";
    let examples = if own { PROGRAM } else { KUBECTL_PROGRAM };
    let program = program
        .max_term_width(WIDTH)
        .after_help(format!("{examples}\n\n{EXIT_STATUS}"));
    PAGES.iter().fold(program, |program, page| {
        program.mut_subcommand(page.verb, |verb| page.apply(verb, name))
    })
}

impl Page {
    fn apply(&self, verb: Command, name: &str) -> Command {
        let examples = self.examples.replace("kubetemper ", &format!("{name} "));
        let mut verb = verb.mut_args(|argument| self.argument(argument));
        if verb
            .get_arguments()
            .any(|it| it.get_id() == "require" && !it.is_hide_set())
        {
            verb = verb.after_long_help(format!("{examples}\n\n{EXIT_STATUS}"));
        }
        verb = verb.after_help(examples);
        // It stands with the other options, not in a section of its own before them.
        if verb
            .get_arguments()
            .any(|it| it.get_help_heading() == Some(OUTPUT))
        {
            verb = verb.disable_help_flag(true).arg(
                Arg::new("help")
                    .short('h')
                    .long("help")
                    .help("Print help; --help tells more")
                    .long_help("Print help; -h tells only what is of most use")
                    .action(ArgAction::Help)
                    .help_heading(OUTPUT),
            );
        }
        verb
    }

    fn argument(&self, argument: Arg) -> Arg {
        let id = argument.get_id().to_string();
        let is = |list: &[&str]| list.contains(&id.as_str());
        let rare = (argument.is_hide_short_help_set() || is(self.rare)) && !is(self.common);
        let hidden = argument.is_hide_set() || is(self.without);
        let mut argument = argument;
        if id == "format" && !self.formats.is_empty() {
            argument = with_values(argument, |value| self.formats.contains(&value));
            argument = argument.help(self.formats.join(", "));
        } else {
            argument = with_values(argument, |_| true);
        }
        if let Some((_, line)) = self.words.iter().find(|(of, _)| *of == id) {
            argument = with_line(argument, line);
        }
        argument.hide_short_help(rare).hide(hidden)
    }
}

/// Puts another line in the place of the first one.
fn with_line(argument: Arg, line: &'static str) -> Arg {
    let long = argument.get_long_help().map(ToString::to_string);
    let argument = argument.help(line);
    match long.as_deref().and_then(|long| long.split_once("\n\n")) {
        Some((_, rest)) => argument.long_help(format!("{line}\n\n{rest}")),
        None => argument,
    }
}

/// Explains the values in `--help` only: in `-h`, where the line of the option names them, they would take lines.
fn with_values(argument: Arg, shows: impl Fn(&str) -> bool) -> Arg {
    let default = argument.get_default_values().first();
    let value = |value: &PossibleValue| {
        let name = value.get_name();
        let is_default = default.is_some_and(|default| default == name);
        let note = if is_default { " [default]" } else { "" };
        let help = value.get_help().filter(|_| shows(name))?;
        Some(format!("\n- {name}: {help}{note}"))
    };
    let values: String = argument
        .get_possible_values()
        .iter()
        .filter_map(value)
        .collect();
    let text = argument.get_long_help().or(argument.get_help());
    if values.is_empty() {
        return argument;
    }
    let text = text.map(ToString::to_string).unwrap_or_default();
    argument
        .long_help(format!("{text}\n\nPossible values:{values}"))
        .hide_possible_values(true)
        .hide_default_value(true)
}
