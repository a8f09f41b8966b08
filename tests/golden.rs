//! Hardens the manifests under `golden/` and compares the result byte for byte.
//!
//! - `golden/<transform>/<case>/`: only that transform runs, over `before.yaml` or `before.json`;
//! - `golden/pipeline/<case>/`: all transforms run, over `before.yaml` or the files of a folder `before/`;
//! - `golden/refused/<case>/`: the file must come back as it was, for the reasons in `refused.txt`.
//!
//! Beside the result (`after.yaml`, `after.json` or `after/`) a case has `refused.txt` when something could not
//! be read, and `held.txt` when a change was left out. A file `args` holds flags. `BLESS=1 cargo test` writes all
//! but `before` and `args`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use kubetemper::change::{Change, Fate, Risk};
use kubetemper::context::Context;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::report::{FileReport, Status};
use kubetemper::settings::{Override, Profile, Settings};
use kubetemper::transforms::ALL;
use kubetemper::yaml::{self, Document};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};

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
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn is_known(group: &Path) -> bool {
    let is = |name: &str| group.ends_with(name);
    let mut ids = ALL.iter().map(|(transform, _)| transform.id);
    is("pipeline") || is("refused") || ids.any(is)
}

/// The folders of a folder by name. The cases under `golden/cli` belong to `tests/cli.rs`.
fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && !path.ends_with("cli"))
        .collect();
    folders.sort();
    folders
}

/// The flags that `args` may hold; they mean what they mean on the command line.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct Flags {
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
    #[arg(long)]
    namespace: Option<String>,
    /// Hold back what is immutable on a live object, as `render` does.
    #[arg(long)]
    hold_immutable: bool,
}

fn settings(case: &Path) -> Settings {
    let args = fs::read_to_string(case.join("args")).unwrap_or_default();
    let mut flags = Flags::parse_from(args.split_whitespace());
    let group = case.parent().unwrap().file_name().unwrap();
    if group != "pipeline" && group != "refused" {
        flags.only.push(group.to_str().unwrap().to_owned());
    }
    Settings {
        profile: flags.profile,
        max_risk: flags.max_risk,
        require: None,
        overrides: match flags.overrides {
            None => Override::Nothing,
            Some(ids) if ids.is_empty() => Override::Everything,
            Some(ids) => Override::Transforms(ids),
        },
        only: flags.only,
        skip: flags.skip,
        namespace: flags.namespace,
        hold_immutable: flags.hold_immutable,
    }
}

/// Runs a case: what it should come to, the files that say so, and what holds of every result.
fn run(case: &Path) -> Result<(), Failed> {
    let settings = settings(case);
    let inputs = inputs(case)?;
    let folder = case.join("before");
    let context = Context::around(folder.is_dir().then_some(folder.as_path()).into_iter());
    let mut expected = BTreeMap::new();
    let (mut refused, mut held) = (String::new(), String::new());
    for (path, text) in inputs {
        let name = path.strip_prefix(case).unwrap().display().to_string();
        let prefix = match name.strip_prefix("before/") {
            Some(name) => format!("{name}:"),
            None => String::new(),
        };
        let is_patch = context.is_patch(&path);
        let after = match harden(&name, &text, is_patch, &settings) {
            Outcome::Template(problem) => {
                let position = problem.position.unwrap();
                let (line, column) = (position.line, position.column);
                let reason = problem.reason;
                writeln!(refused, "{prefix}{line}:{column}: template: {reason}").unwrap();
                text
            }
            Outcome::Report(file) => {
                refused.push_str(&problems(&prefix, &file));
                held.push_str(&holds(&prefix, &file));
                check(&file, is_patch, &settings)?;
                result(&file).to_owned()
            }
        };
        expected.insert(name.replacen("before", "after", 1), after);
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
    let below = |path: PathBuf| match path.is_dir() {
        true => below(&path),
        false => vec![path],
    };
    paths.into_iter().flat_map(below).collect()
}

fn read(path: &Path) -> Result<String, Failed> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn harden(name: &str, text: &str, is_patch: bool, settings: &Settings) -> Outcome {
    let source = Source {
        path: name.to_owned(),
        text: text.to_owned(),
        is_patch,
    };
    pipeline::harden(source, settings)
}

/// What `fix` would leave in the file: it writes none with a problem.
fn result(file: &FileReport) -> &str {
    let after = file
        .after
        .as_ref()
        .filter(|_| file.status == Status::Changed);
    after.unwrap_or(&file.before)
}

fn problems(prefix: &str, file: &FileReport) -> String {
    let line = |problem: &kubetemper::report::Problem| {
        let place = problem
            .position
            .map_or_else(String::new, |at| format!("{}:{}: ", at.line, at.column));
        format!("{prefix}{place}{}\n", problem.reason)
    };
    file.problems.iter().map(line).collect()
}

/// One line for each change that was left out: where it stands, what it is, and who holds it or why it failed.
fn holds(prefix: &str, file: &FileReport) -> String {
    let mut lines = String::new();
    for located in file.objects.iter().flat_map(|object| &object.changes) {
        let change = &located.change;
        let fate = match &change.fate {
            Fate::Applied => continue,
            Fate::Held { by, .. } => format!("held by {by}"),
            Fate::Refused(why) => format!("refused ({why})"),
        };
        let (line, id, risk) = (located.line, change.transform, change.risk);
        writeln!(
            lines,
            "{prefix}{line}: {id} ({risk}) {fate}: {}",
            change.pointer
        )
        .unwrap();
    }
    lines
}

/// What holds of every result, whatever the transforms.
fn check(file: &FileReport, is_patch: bool, settings: &Settings) -> Result<(), Failed> {
    let (before, after) = (file.before.as_str(), result(file));
    if file.status == Status::Refused {
        return Ok(());
    }
    let same = |what: &str, of: fn(&str) -> bool| match of(before) == of(after) {
        true => Ok(()),
        false => Err(Failed::from(format!(
            "{what}: not kept\n{}",
            diff(before, after)
        ))),
    };
    same("byte order mark", |text| text.starts_with('\u{feff}'))?;
    same("line break at the end", |text| text.ends_with('\n'))?;
    same("only CRLF", |text| {
        text.matches('\n').count() == text.matches("\r\n").count()
    })?;
    same("no CRLF", |text| !text.contains('\r'))?;
    match harden(&file.path, after, is_patch, settings) {
        Outcome::Report(again) if again.status == Status::Unchanged => {}
        Outcome::Report(again) => {
            let diff = diff(after, result(&again));
            return Err(format!(
                "a second run: {:?} {:?}\n{diff}",
                again.status, again.problems
            )
            .into());
        }
        Outcome::Template(_) => return Err("a second run takes it for a template".into()),
    }
    let (documents, new) = (documents(before), documents(after));
    if documents.len() != new.len() {
        return Err(format!("{} documents became {}", documents.len(), new.len()).into());
    }
    for (index, (old, new)) in documents.into_iter().zip(new).enumerate() {
        let (Some((mut value, comments)), Some((new, new_comments))) = (old, new) else {
            continue;
        };
        if comments != new_comments {
            return Err(format!("comments {comments:?} became {new_comments:?}").into());
        }
        let objects = file
            .objects
            .iter()
            .filter(|object| object.document == index);
        for located in objects.flat_map(|object| &object.changes) {
            let Change { pointer, after, .. } = &located.change;
            if !located.change.is_applied() {
                continue;
            }
            if new.pointer(pointer) != after.as_ref() {
                return Err(format!("{:?} at {pointer}", new.pointer(pointer)).into());
            }
            set(&mut value, pointer, after.as_ref());
        }
        if value != new {
            let diff = diff(&format!("{value:#}"), &format!("{new:#}"));
            return Err(format!("the changes do not account for the result\n{diff}").into());
        }
    }
    Ok(())
}

/// The value and the comments of each document that can be read.
fn documents(text: &str) -> Vec<Option<(Value, Vec<&str>)>> {
    let read = |slice: &yaml::Slice| {
        let document = Document::parse(text, slice).ok()?;
        let comments = document.comments().map(|(_, comment)| comment).collect();
        Some((document.value().clone(), comments))
    };
    yaml::split(text).unwrap().iter().map(read).collect()
}

/// Gives a pointer a value, or removes it; parents that are missing or null become mappings.
fn set(value: &mut Value, pointer: &str, after: Option<&Value>) {
    let tokens: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    let (last, parents) = tokens.split_last().unwrap();
    let mut at = value;
    for token in parents {
        if at.is_null() {
            *at = json!({});
        }
        at = match at {
            Value::Array(items) => &mut items[token.parse::<usize>().unwrap()],
            Value::Object(map) => map.entry(token).or_insert(Value::Null),
            scalar => panic!("{scalar} is no collection at {pointer}"),
        };
    }
    if at.is_null() {
        *at = json!({});
    }
    match (at, after) {
        (Value::Object(map), Some(after)) => drop(map.insert(last.clone(), after.clone())),
        (Value::Object(map), None) => drop(map.shift_remove(last)),
        (other, _) => panic!("{other} is no mapping at {pointer}"),
    }
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

/// A small unified diff that shows the ends of lines.
fn diff(old: &str, new: &str) -> String {
    let visible = |text: &str| text.replace('\r', "\u{240d}");
    let (old, new) = (visible(old), visible(new));
    similar::TextDiff::from_lines(&old, &new)
        .unified_diff()
        .context_radius(2)
        .to_string()
}
