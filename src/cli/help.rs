//! The help of each command: the options that are of use to it, and examples. `-h` fits a screen; `--help` tells all.

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};

use super::options::OUTPUT;

/// Columns that fit every terminal.
const WIDTH: usize = 80;

/// What tells the help of a command from the others.
struct Page {
    verb: &'static str,
    /// Options that do nothing here. They are accepted all the same, so that a script can pass the same ones to all
    /// commands, but no help shows them.
    without: &'static [&'static str],
    /// Options of which only `--help` tells here.
    rare: &'static [&'static str],
    /// Options of which `-h` tells here and nowhere else.
    common: &'static [&'static str],
    /// Lines that are different here.
    words: &'static [(&'static str, &'static str)],
    /// The values of `--format`.
    formats: &'static [&'static str],
    /// Run by `tests/cli/help.rs`, from the root of the repository.
    examples: &'static str,
}

/// A page like those of most commands.
const PLAIN: Page = Page {
    verb: "",
    without: &[],
    rare: &[],
    common: &[],
    words: &[],
    formats: &[],
    examples: "",
};

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

const PAGES: &[Page] = &[
    Page {
        verb: "check",
        without: &["recreate", "spool"],
        formats: &["human", "json", "sarif", "github", "markdown", "rdjson"],
        examples: "\
Examples:
  # All manifests below a folder, with the reason of each change
  kubetemper check examples/
  # For CI: only the summary, the report tells all
  kubetemper check --quiet --report report.json --require baseline examples/
  # What a branch touches, as a comment for its pull request
  kubetemper check --since origin/main --format markdown > comment.md",
        ..PLAIN
    },
    Page {
        verb: "fix",
        without: &["recreate", "spool"],
        rare: &["exit_zero"],
        words: &[("paths", "Files or folders [default: .]")],
        formats: &["human", "json", "markdown"],
        examples: "\
Examples:
  # A first step: nothing that breaks common programs
  kubetemper fix --max-risk low examples/
  # Then one transform at a time
  kubetemper fix --only run-as-non-root examples/shop.yaml
  # Only what differs from a branch; the report tells what and why
  kubetemper fix --since origin/main --report report.json examples/",
        ..PLAIN
    },
    Page {
        verb: "diff",
        without: &["recreate", "spool", "quiet", "verbose"],
        words: &[("format", "human (a patch), markdown (a comment)")],
        formats: &["human", "markdown"],
        examples: "\
Examples:
  # What `kubetemper fix` would do
  kubetemper diff examples/shop.yaml
  # The changes of some transforms, made by git
  kubetemper diff --only drop-capabilities examples/ | git apply
  # Of a stream
  helm template shop examples/chart | kubetemper diff -",
        ..PLAIN
    },
    Page {
        verb: "render",
        without: &["since", "format", "verbose"],
        rare: &["quiet", "exit_zero", "image_config"],
        common: &["namespace", "release"],
        words: &[
            (
                "paths",
                "Files, folders, or - for standard input [default: -]",
            ),
            (
                "max_risk",
                "Up to which risk: none, low, high [default: low]",
            ),
        ],
        examples: "\
Examples:
  # A chart, as Helm would install it
  helm template shop examples/chart | kubetemper render > hardened.yaml
  # Files, as one stream
  kubetemper render --max-risk high examples/kustomize/base > hardened.yaml
  # Nothing comes out, with status 1, if a pod misses the level
  kubetemper render --require baseline < examples/chart-rendered.yaml",
        ..PLAIN
    },
    Page {
        verb: "flows",
        formats: &["human", "json", "mermaid", "graphviz"],
        examples: "\
Examples:
  # Who talks to whom
  kubetemper flows examples/shop.yaml
  # A Mermaid chart, which GitHub and GitLab draw
  kubetemper flows --format mermaid examples/shop.yaml > flows.md",
        ..PLAIN
    },
    Page {
        verb: "patch",
        without: &["format", "quiet", "verbose", "recreate", "spool"],
        examples: "\
Examples:
  # One stream, keyed by object
  kubetemper patch examples/shop.yaml
  # A file for each object, for kubectl patch --type=json --patch-file FILE
  kubetemper patch examples/shop.yaml --output patches
  # Then, in an overlay: components: [../hardening]
  kubetemper patch examples/kustomize/base --as kustomize --output hardening",
        ..PLAIN
    },
    Page {
        verb: "images",
        without: &[
            "context",
            "no_context",
            "profile",
            "max_risk",
            "only",
            "skip",
            "overrides",
            "guards",
            "namespace",
            "release",
            "target",
            "recreate",
            "report",
            "require",
            "exit_zero",
            "strict_config",
            "color",
            "spool",
            "verbose",
        ],
        common: &["images"],
        words: &[("quiet", "Print problems and the counts only")],
        formats: &["human", "json"],
        examples: "\
Examples:
  # What is known of each image, and what is not
  kubetemper images examples/
  # As data
  kubetemper images --format json examples/ > images.json",
        ..PLAIN
    },
    Page {
        verb: "explain",
        without: &[
            "format",
            "report",
            "require",
            "exit_zero",
            "quiet",
            "verbose",
            "color",
            "recreate",
            "spool",
        ],
        rare: &["since"],
        examples: "\
Examples:
  # A transform: what it changes, why, when it breaks something
  kubetemper explain drop-capabilities
  # What is proposed or held at a line
  kubetemper explain examples/shop.yaml:42
  # The changes of one transform
  kubetemper explain run-as-non-root examples/",
        ..PLAIN
    },
    Page {
        verb: "list",
        formats: &["human", "json"],
        examples: "\
Examples:
  # Their ids, the profile of each, and what it does
  kubetemper list
  # As data
  kubetemper list --format json > transforms.json",
        ..PLAIN
    },
    Page {
        verb: "init",
        examples: "\
Examples:
  # In the root of a repository
  kubetemper init
  # For one folder, and what is below it
  kubetemper init examples/kustomize",
        ..PLAIN
    },
    Page {
        verb: "schema",
        examples: "\
Examples:
  # For editors that work without a network
  kubetemper schema > kubetemper.schema.json
  # What its keys mean
  kubetemper schema | grep description",
        ..PLAIN
    },
    Page {
        verb: "completions",
        examples: "\
Examples:
  # For this session of bash
  source <(kubetemper completions bash)
  # For zsh, in a folder of $fpath
  kubetemper completions zsh > _kubetemper",
        ..PLAIN
    },
    Page {
        verb: "man",
        examples: "\
Examples:
  # The pages of all commands
  kubetemper man --output man/man1
  # One page
  kubetemper man fix > kubetemper-fix.1",
        ..PLAIN
    },
];

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
