//! What each command shows in its help, and its examples.

/// What tells the help of a command from the others.
pub(super) struct Page {
    pub(super) verb: &'static str,
    /// Options that do nothing here. They are accepted all the same, so that a script can pass the same ones to all
    /// commands, but no help shows them.
    pub(super) without: &'static [&'static str],
    /// Options of which only `--help` tells here.
    pub(super) rare: &'static [&'static str],
    /// Options of which `-h` tells here and nowhere else.
    pub(super) common: &'static [&'static str],
    /// Lines that are different here.
    pub(super) words: &'static [(&'static str, &'static str)],
    /// The values of `--format`.
    pub(super) formats: &'static [&'static str],
    /// Run by `tests/cli/help.rs`, from the root of the repository.
    pub(super) examples: &'static str,
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

/// All commands.
pub(super) const PAGES: &[Page] = &[
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
        verb: "context",
        without: &[
            "profile",
            "max_risk",
            "only",
            "skip",
            "overrides",
            "guards",
            "release",
            "target",
            "images",
            "image_config",
            "recreate",
            "format",
            "report",
            "require",
            "exit_zero",
            "quiet",
            "verbose",
            "color",
            "spool",
        ],
        rare: &["since"],
        examples: "\
Examples:
  # Once, for all parts of a repository
  kubetemper context . > context.json
  # Then for each: kubetemper check --context context.json FOLDER
  kubetemper context examples/ | gzip > context.json.gz",
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
