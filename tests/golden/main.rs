//! Hardens the manifests under `golden/` and compares the result byte for byte.
//!
//! - `golden/<transform>/<case>/`: only that transform runs, over `before.yaml` or `before.json`;
//! - `golden/pipeline/<case>/`: all transforms run, over `before.yaml` or the files of a folder `before/`;
//! - `golden/refused/<case>/`: the file must come back as it was, for the reasons in `refused.txt`.
//!
//! Beside the result (`after.yaml`, `after.json` or `after/`) a case has `refused.txt` when something could not
//! be read, and `held.txt` when a change was left out. A file `args` holds flags. `golden/messages.txt` says why, each
//! message of all cases once. `BLESS=1 cargo test` writes all but `before` and `args`.

#![allow(missing_docs, clippy::unwrap_used)]

mod check;
mod flags;
mod messages;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kubetemper::change::Fate;
use kubetemper::context::Context;
use kubetemper::group::{self, Group};
use kubetemper::guards;
use kubetemper::pipeline::Outcome;
use kubetemper::report::{FileReport, Problem, Status};
use kubetemper::transforms::ALL;
use libtest_mimic::{Arguments, Failed, Trial};
use tempfile::TempDir;

use check::{Hardener, diff, result};
use flags::Flags;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut trials = Vec::new();
    for group in folders(&root) {
        for case in folders(&group) {
            let name = case.strip_prefix(&root).unwrap().display().to_string();
            // A new transform's cases wait until `tests/registry.rs` has put it on the list.
            let unknown = !is_known(&group);
            trials.push(Trial::test(name, move || run(&case)).with_ignored_flag(unknown));
        }
    }
    let arguments = Arguments::from_args();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let all = arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.list;
    if all && !conclusion.has_failed() && conclusion.num_ignored == 0 {
        messages::compare(&root.join("messages.txt"));
    }
    conclusion.exit();
}

fn is_known(group: &Path) -> bool {
    let is = |name: &str| group.ends_with(name);
    let mut ids = ALL.iter().map(|(transform, _)| transform.id);
    is("pipeline") || is("refused") || ids.any(is)
}

/// The folders of a folder by name. The cases under `golden/cli` belong to `tests/cli`.
fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && !path.ends_with("cli"))
        .collect();
    folders.sort();
    folders
}

/// Runs a case: what it should come to, the files that say so, and what holds of every result.
fn run(case: &Path) -> Result<(), Failed> {
    let flags = Flags::of(case);
    let copy = copy(case);
    let place = copy.path();
    let inputs = inputs(place)?;
    let texts = inputs.iter().map(|(_, text)| text.as_str());
    let hardener = Hardener::new(!flags.no_context, texts, flags.settings());
    let folder = place.join("before");
    let context = Context::around(folder.is_dir().then_some(folder.as_path()).into_iter());
    let detailed = !case.parent().unwrap().ends_with("pipeline");
    let mut expected = BTreeMap::new();
    let (mut refused, mut held) = (String::new(), String::new());
    let mut files: Vec<(PathBuf, String, bool)> = Vec::new();
    for (path, text) in inputs {
        let is_patch = context.is_patch(&path);
        files.push((path, text, is_patch));
    }
    let paths: Vec<PathBuf> = files.iter().map(|(path, ..)| path.clone()).collect();
    let groups = if folder.is_dir() {
        group::groups(&paths, context.kustomizations())
    } else {
        vec![Group::stream(0)]
    };
    let guards = hardener.guards(&files, &groups);
    let mut results = Vec::new();
    for (index, (path, text, is_patch)) in files.into_iter().enumerate() {
        let name = path.strip_prefix(place).unwrap().display().to_string();
        let prefix = match name.strip_prefix("before/") {
            Some(name) => format!("{name}:"),
            None => String::new(),
        };
        let wishes = guards.wishes(index);
        let after = match hardener.harden(&name, &text, is_patch, wishes) {
            Outcome::Template(problem) => {
                let position = problem.position.unwrap();
                let (line, column) = (position.line, position.column);
                let reason = problem.reason;
                writeln!(refused, "{prefix}{line}:{column}: template: {reason}").unwrap();
                text
            }
            Outcome::Report(file, _) => {
                refused.push_str(&problems(&prefix, &file));
                // Where the file is refused, so is every change of it.
                if file.status != Status::Refused {
                    held.push_str(&holds(&prefix, &file, detailed));
                }
                messages::note(&file);
                hardener.check(&file, is_patch)?;
                result(&file).to_owned()
            }
        };
        results.push((path, after.clone(), is_patch));
        expected.insert(name.replacen("before", "after", 1), after);
    }
    for new in &guards.new {
        let path = guards::beside(&results[new.beside].0, &new.name);
        let name = path.strip_prefix(place).unwrap().display().to_string();
        let after = name
            .strip_prefix("before/")
            .map_or_else(|| format!("after.{name}"), |name| format!("after/{name}"));
        expected.insert(after, new.text.clone());
        results.push((path, new.text.clone(), false));
    }
    let groups = guards.groups(&groups, results.len() - guards.new.len());
    if !hardener.guards(&results, &groups).is_settled() {
        return Err("a second run would change the guards again".into());
    }
    if case.parent().unwrap().ends_with("refused") {
        if refused.is_empty() {
            return Err("nothing was refused".into());
        }
        let as_it_was = |(name, after): (&String, &String)| {
            read(&case.join(name.replacen("after", "before", 1))).unwrap() == *after
        };
        if !expected.iter().all(as_it_was) {
            return Err("the file was changed".into());
        }
        expected.clear();
    }
    expected.extend([
        ("refused.txt".to_owned(), refused),
        ("held.txt".to_owned(), held),
    ]);
    compare(case, &expected)
}

/// A repository with the case alone: what is around it is no context of it, and `golden/.ignore` hides it.
fn copy(case: &Path) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    fs::create_dir(copy.path().join(".git")).unwrap();
    for path in below(case) {
        let to = copy.path().join(path.strip_prefix(case).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(path, to).unwrap();
    }
    copy
}

/// The files of a case: `before.*`, or all below `before/`.
fn inputs(case: &Path) -> Result<Vec<(PathBuf, String)>, Failed> {
    let files = below(case);
    let inputs: Vec<_> = files
        .into_iter()
        .filter(|path| {
            let name = path.strip_prefix(case).unwrap().to_str().unwrap();
            name.starts_with("before.") || name.starts_with("before/")
        })
        .map(|path| read(&path).map(|text| (path, text)))
        .collect::<Result<_, _>>()?;
    if inputs.is_empty() {
        return Err("there is no before.yaml, before.json or before/".into());
    }
    Ok(inputs)
}

fn below(path: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let below = |path: PathBuf| {
        if path.is_dir() {
            below(&path)
        } else {
            vec![path]
        }
    };
    paths.into_iter().flat_map(below).collect()
}

fn read(path: &Path) -> Result<String, Failed> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn problems(prefix: &str, file: &FileReport) -> String {
    let line = |problem: &Problem| {
        let place = problem
            .position
            .map_or_else(String::new, |at| format!("{}:{}: ", at.line, at.column));
        format!("{prefix}{place}{}\n", problem.reason)
    };
    file.problems.iter().map(line).collect()
}

/// The changes that were left out: where they stand, who holds them or why they failed.
///
/// One line for each change, but in `golden/pipeline` one for each object and holder, so that a new transform
/// does not add a line to every case.
fn holds(prefix: &str, file: &FileReport, detailed: bool) -> String {
    let mut lines = String::new();
    for object in &file.objects {
        let mut ids: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for located in &object.changes {
            let change = &located.change;
            let fate = match &change.fate {
                Fate::Applied => continue,
                Fate::Held { by, .. } => format!("held by {by}"),
                Fate::Refused(why) => format!("refused ({why})"),
            };
            if detailed {
                let (line, id, risk) = (located.line, change.transform, change.risk);
                let pointer = &change.pointer;
                writeln!(lines, "{prefix}{line}: {id} ({risk}) {fate}: {pointer}").unwrap();
            } else {
                ids.entry(fate).or_default().insert(change.transform);
            }
        }
        for (fate, ids) in ids {
            let (line, label) = (object.line, object.label());
            let ids = Vec::from_iter(ids).join(", ");
            writeln!(lines, "{prefix}{line}: {label}: {fate}: {ids}").unwrap();
        }
    }
    lines
}

/// Compares what came out with the files of the case, or writes them. An empty text stands for no file.
fn compare(case: &Path, expected: &BTreeMap<String, String>) -> Result<(), Failed> {
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = String::new();
    let wanted: HashSet<PathBuf> = expected
        .iter()
        .filter(|(name, text)| !text.is_empty() || name.starts_with("after"))
        .map(|(name, _)| case.join(name))
        .collect();
    for (name, text) in expected {
        let path = case.join(name);
        let present = fs::read_to_string(&path).ok();
        if !wanted.contains(&path) || present.as_ref() == Some(text) {
            continue;
        }
        if bless {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        } else if let Some(present) = present {
            writeln!(failures, "{name} differs:\n{}", diff(&present, text)).unwrap();
        } else {
            writeln!(
                failures,
                "{name} is missing; `BLESS=1 cargo test` writes it"
            )
            .unwrap();
        }
    }
    for path in below(case) {
        let name = path.strip_prefix(case).unwrap().to_str().unwrap();
        if wanted.contains(&path) || name.starts_with("before") || name == "args" {
            continue;
        }
        let ours = name.starts_with("after") || name == "refused.txt" || name == "held.txt";
        if bless && ours {
            fs::remove_file(&path).unwrap();
        } else {
            writeln!(failures, "{name} should not be there").unwrap();
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(failures.into())
}
