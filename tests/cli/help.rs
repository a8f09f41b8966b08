//! The help of the program and of each command: it fits a screen, and its examples run.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rayon::prelude::*;

use super::support::{Folder, run};

const LINES: usize = 40;
const COLUMNS: usize = 80;

/// What the examples of the chart need of Helm.
const HELM: &str = "#!/bin/sh\n[ \"$*\" = 'template shop examples/chart' ] && exec cat examples/chart-rendered.yaml\nexit 9\n";

/// How kubectl runs a plugin.
const KUBECTL: &str = "#!/bin/sh\nplugin=$1\nshift\nexec \"kubectl-$plugin\" \"$@\"\n";

/// Parts of examples that need more than files.
const NOT_RUN: [(&str, &str); 2] = [
    ("kubectl get ", "needs a cluster"),
    (
        "kubectl kustomize ",
        "needs kubectl; .ci/plugins.py runs such a pipe",
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The arguments of every help: of the program itself, and of its commands.
fn commands() -> Vec<Vec<String>> {
    let help = run(None, &["--help"], "").stdout;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let names = list.lines().take_while(|line| !line.is_empty());
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    let mut all = vec![Vec::new()];
    all.extend(names.filter(|name| name != "help").map(|name| vec![name]));
    assert_eq!(all.len(), 15, "{all:?}");
    all
}

/// A folder with the program under its names, and Helm.
fn programs() -> Folder {
    let folder = Folder::new(&[("bin/helm", HELM), ("bin/kubectl", KUBECTL)]);
    for script in ["bin/helm", "bin/kubectl"] {
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(script), mode).unwrap();
    }
    for name in ["bin/kubetemper", "bin/kubectl-temper"] {
        symlink(env!("CARGO_BIN_EXE_kubetemper"), folder.path(name)).unwrap();
    }
    folder
}

fn bash(programs: &Folder, folder: &Path, line: &str) -> Output {
    let path = format!(
        "{}:{}",
        programs.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", line]).env("PATH", path);
    // Git as it is where nobody has set it up.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("GIT_CONFIG_NOSYSTEM", "1");
    command.current_dir(folder).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The help of a command under one of the program's names.
fn help(programs: &Folder, name: &str, arguments: &[String], option: &str) -> String {
    let line = format!("{name} {} {option}", arguments.join(" "));
    let done = bash(programs, programs.root(), &line);
    assert!(done.status.success(), "{line}: {}", text(&done.stderr));
    text(&done.stdout)
}

/// The lines of the examples that are commands.
fn examples(help: &str) -> Vec<&str> {
    let (_, below) = help.split_once("\nExamples:\n").unwrap_or_default();
    let lines = below.lines().take_while(|line| !line.is_empty());
    let lines = lines.map(|line| line.strip_prefix("  ").expect("examples are indented"));
    lines.filter(|line| !line.starts_with('#')).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A clone of a repository with the examples, in which a branch has changed one.
fn repository(programs: &Folder) -> Folder {
    let folder = Folder::new(&[]);
    copy(&root().join("examples"), &folder.path("examples"));
    let line = "git init -q && git add . && git -c user.name=a -c user.email=a@example.org commit -qm a \
                && git update-ref refs/remotes/origin/main HEAD && echo '# more' >> examples/shop.yaml";
    let done = bash(programs, folder.root(), line);
    assert!(done.status.success(), "{}", text(&done.stderr));
    folder
}

/// The status that an example ends with: `check`, `diff` and `patch` find something to do.
fn status(line: &str) -> i32 {
    let last = line
        .rsplit(" | ")
        .next()
        .unwrap()
        .replace("kubectl temper", "kubetemper");
    let finds = ["check", "diff", "patch"];
    i32::from(
        finds
            .iter()
            .any(|verb| last.starts_with(&format!("kubetemper {verb} "))),
    )
}

/// The files below a folder, apart from Git's own.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with(".git") {
            all.extend(files(&path));
        } else if path.is_file() {
            all.insert(path);
        }
    }
    all
}

/// What an example did: printed, wrote new files with something in them, or changed files.
fn did_something(
    programs: &Folder,
    folder: &Folder,
    before: &BTreeSet<PathBuf>,
    done: &Output,
) -> bool {
    let after = files(folder.root());
    let mut new = after.difference(before).peekable();
    if new.peek().is_some() {
        return new.all(|path| path.metadata().unwrap().len() > 0);
    }
    // One line is the change of the branch.
    let changed = bash(programs, folder.root(), "git diff --numstat -- examples");
    let changed = text(&changed.stdout) != "1\t0\texamples/shop.yaml\n";
    changed || !done.stdout.is_empty()
}

#[test]
fn each_fits_a_screen() {
    let programs = programs();
    for name in ["kubetemper", "kubectl temper"] {
        for command in commands() {
            let help = help(&programs, name, &command, "-h");
            let lines = help.lines().count();
            assert!((8..=LINES).contains(&lines), "{lines} lines:\n{help}");
            for line in help.lines() {
                assert!(line.chars().count() <= COLUMNS, "{command:?}: {line}");
            }
            let other = if name == "kubetemper" {
                "kubectl temper"
            } else {
                "kubetemper "
            };
            assert!(!help.contains(other), "{help}");
        }
    }
}

#[test]
fn options_have_headings() {
    for verb in ["check", "fix", "diff", "render", "patch", "images"] {
        let help = run(None, &[verb, "-h"], "").stdout;
        let ends = |line: &&str| line.ends_with(':') && !line.starts_with(' ');
        let headings: Vec<&str> = help.lines().filter(ends).collect();
        let wanted = [
            "Which files:",
            "What to change:",
            "Output and exit status:",
            "Examples:",
        ];
        assert_eq!(headings, wanted, "{help}");
    }
}

/// A line for each option: its name and its words.
#[test]
fn each_option_has_one_line() {
    for command in commands().concat() {
        let help = run(None, &[&command, "-h"], "").stdout;
        let (options, _) = help.split_once("\nExamples:\n").unwrap();
        for line in options.lines().filter(|line| line.starts_with("      ")) {
            assert!(line.trim_start().starts_with("--"), "{command}: {line}");
        }
        let all = run(None, &[&command, "--help"], "").stdout;
        assert!(all.lines().count() >= help.lines().count(), "{command}");
        assert!(
            all.lines().all(|line| line.chars().count() <= COLUMNS),
            "{all}"
        );
    }
}

/// Options that do nothing in a command do not stand in its help; the rare ones stand in the long one.
#[test]
fn options_stand_where_they_are_of_use() {
    for (verb, option, short, long) in [
        ("check", "--since", true, true),
        ("check", "--strict-config", false, true),
        ("check", "--spool", false, false),
        ("render", "--spool", false, true),
        ("render", "--recreate", true, true),
        ("render", "--format", false, false),
        ("render", "--since", false, false),
        ("patch", "--format", false, false),
        ("images", "--profile", false, false),
        ("images", "--images", true, true),
        ("explain", "--report", false, false),
        ("fix", "--interactive", true, true),
    ] {
        for (help, shown) in [("-h", short), ("--help", long)] {
            let text = run(None, &[verb, help], "").stdout;
            let found =
                text.contains(&format!("{option} ")) || text.contains(&format!("{option}\n"));
            assert_eq!(found, shown, "{verb} {help}: {option}");
        }
    }
    let diff = run(None, &["diff", "--help"], "").stdout;
    assert!(
        diff.contains("- markdown:") && !diff.contains("- sarif:"),
        "{diff}"
    );
}

/// Runs an example in a repository of its own.
fn try_out(programs: &Folder, line: &str) {
    let folder = repository(programs);
    let before = files(folder.root());
    let done = bash(programs, folder.root(), line);
    let errors = text(&done.stderr);
    assert_eq!(done.status.code(), Some(status(line)), "{line}\n{errors}");
    let complains = errors.contains("error") || errors.contains("warning");
    assert!(!complains, "{line}\n{errors}");
    let silent = line.starts_with("source <(");
    assert!(
        silent || did_something(programs, &folder, &before, &done),
        "{line} did nothing\n{errors}"
    );
}

#[test]
fn the_examples_run() {
    let programs = programs();
    let mut all = Vec::new();
    for command in commands() {
        let help = help(&programs, "kubetemper", &command, "-h");
        let examples = examples(&help);
        assert!((2..=4).contains(&examples.len()), "{help}");
        let own = format!("kubetemper {}", command.concat());
        for line in examples {
            assert!(line.contains(own.trim_end()), "no example of {own}: {line}");
            all.push(line.to_owned());
        }
    }
    let kubectl = help(&programs, "kubectl temper", &[], "-h");
    all.extend(examples(&kubectl).into_iter().map(str::to_owned));
    let count = all.len();
    all.retain(|line| !NOT_RUN.iter().any(|(part, _)| line.contains(part)));
    assert_eq!((count, all.len()), (42, 40));
    all.par_iter().for_each(|line| try_out(&programs, line));
}

/// The commands have the same examples, under the name that the program was run by.
#[test]
fn examples_are_written_as_the_program_is_called() {
    let programs = programs();
    for command in commands().iter().filter(|command| !command.is_empty()) {
        let own = help(&programs, "kubetemper", command, "-h");
        let own = own.replace("kubetemper ", "kubectl temper ");
        let kubectl = help(&programs, "kubectl temper", command, "-h");
        assert_eq!(examples(&own), examples(&kubectl));
    }
}

/// Whoever reads `--help` sees them, too.
#[test]
fn both_helps_have_the_same_examples() {
    let programs = programs();
    for command in commands() {
        let short = help(&programs, "kubetemper", &command, "-h");
        let long = help(&programs, "kubetemper", &command, "--help");
        assert_eq!(examples(&short), examples(&long), "{command:?}");
    }
}
