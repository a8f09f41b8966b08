//! `kubetemper explain`: the page of a transform, or why a change is proposed or held at a place.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::options::FILES;
use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit, Options};
use crate::change::{Change, Fate, HeldBy};
use crate::docs;
use crate::emit;
use crate::engine;
use crate::report::{FileReport, LocatedChange, ObjectReport};

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A transform, or a place as FILE:LINE.
    #[arg(value_name = "ID|FILE:LINE", display_order = 0, help_heading = FILES)]
    what: String,
    /// With a transform: explain its changes in these.
    #[arg(value_name = "PATH", display_order = 1, help_heading = FILES)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    options: Options,
}

impl Explain {
    pub(super) fn run(self) -> Result<Exit, Error> {
        let Self {
            what,
            paths,
            options,
        } = self;
        // Messages and editors write FILE:LINE:COLUMN.
        let what = match what.rsplit_once(':') {
            Some((place, column)) if column.parse::<usize>().is_ok() && place.contains(':') => {
                place.to_owned()
            }
            _ => what,
        };
        let place = what
            .rsplit_once(':')
            .and_then(|(path, line)| Some((PathBuf::from(path), line.parse::<usize>().ok()?)));
        let by_id = place.is_none();
        if by_id {
            run::known(&what).map_err(|error| without_line(&what).unwrap_or(error))?;
            if paths.is_empty() {
                run::print(docs::page(&what).unwrap_or_default().as_bytes())?;
                return Ok(Exit::Done);
            }
        }
        let (paths, line) = place.map_or((paths, 0), |(path, line)| (vec![path], line));
        let run = run::run(
            &Arguments {
                paths,
                files: Vec::new(),
                options,
            },
            REVIEWED,
        )?;
        run.refuse_unreadable()?;
        let explain = |file: &FileReport| {
            if by_id {
                of_transform(file, &what)
            } else {
                at_line(file, line)
            }
        };
        let text: String = run.report.files.iter().map(explain).collect();
        let text = if text.is_empty() {
            "no change is proposed or held here\n".to_owned()
        } else {
            text
        };
        run::print(text.as_bytes())?;
        Ok(Exit::Done)
    }
}

/// What to say when a file stands where a transform or a place should.
fn without_line(what: &str) -> Option<Error> {
    let path = Path::new(what);
    let transform =
        format!("a transform before it, as in `kubetemper explain run-as-non-root {what}`");
    if path.is_file() {
        return Some(Error::Usage(format!(
            "give a line of the file, as in `kubetemper explain {what}:42`, or {transform}"
        )));
    }
    path.is_dir()
        .then(|| Error::Usage(format!("give {transform}")))
}

/// The changes nearest to a line: those that stand on the last line with any, up to it, in its object.
fn at_line(file: &FileReport, line: usize) -> String {
    let Some(object) = file
        .objects
        .iter()
        .rev()
        .find(|object| object.line <= line)
        .or_else(|| file.objects.first())
    else {
        return String::new();
    };
    let lines = object.changes.iter().map(|located| located.line);
    let nearest = lines
        .clone()
        .filter(|at| *at <= line)
        .max()
        .or_else(|| lines.min());
    let changes = object
        .changes
        .iter()
        .filter(|located| Some(located.line) == nearest);
    changes
        .map(|located| explain(file, object, located))
        .collect()
}

fn of_transform(file: &FileReport, id: &str) -> String {
    let all = file
        .objects
        .iter()
        .flat_map(|object| object.changes.iter().map(move |located| (object, located)));
    let changes = all.filter(|(_, located)| located.change.transform == id);
    changes
        .map(|(object, located)| explain(file, object, located))
        .collect()
}

fn explain(file: &FileReport, object: &ObjectReport, located: &LocatedChange) -> String {
    let change = &located.change;
    let transform = engine::in_order()
        .iter()
        .find(|transform| transform.id == change.transform);
    let mut out = String::new();
    let mut row = |name: &str, text: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {name:9} {}", emit::plain(text));
    };
    row("object", &object.label());
    row("field", &change.pointer);
    row("now", &shown(change.before.as_ref(), "unset", change));
    row("wanted", &shown(change.after.as_ref(), "unset", change));
    row("why", transform.map_or("", |transform| transform.summary));
    row("risk", &format!("{}: {}", change.risk, change.reason));
    row("outcome", &outcome(change));
    if change.recreate {
        row(
            "apply",
            "the live object must be deleted and created again: its pods cannot be changed",
        );
    }
    let references = transform.map(|transform| {
        transform
            .references
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    });
    row("asked by", &references.unwrap_or_default().join(", "));
    let path = emit::plain(&file.path);
    format!("{path}:{}: {}\n{out}\n", located.line, change.transform)
}

fn shown(value: Option<&Value>, absent: &str, change: &Change) -> String {
    let secret = change.pointer.contains("/env/") && value.is_some();
    if secret {
        "***".to_owned()
    } else {
        value.map_or_else(|| absent.to_owned(), Value::to_string)
    }
}

fn outcome(change: &Change) -> String {
    match &change.fate {
        Fate::Applied => "applied".to_owned(),
        Fate::Refused(why) => format!("refused: {why}"),
        Fate::Held { by, why } => {
            let release = match by {
                HeldBy::Risk => "; --max-risk high applies it",
                HeldBy::Explicit | HeldBy::NodeAgent | HeldBy::Owned => "; --override changes it",
                HeldBy::Immutable => "; --recreate applies it",
                HeldBy::Keep
                | HeldBy::Config
                | HeldBy::Invalid
                | HeldBy::Patch
                | HeldBy::Declined
                | HeldBy::Unseen => "",
            };
            format!("held by {by}: {why}{release}")
        }
    }
}
