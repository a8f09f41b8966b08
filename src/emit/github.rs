//! Annotations of GitHub Actions: one for each problem and each object, since GitHub shows ten of a kind for a step.

use std::io::{self, Write};

use super::style::plain;
use super::{findings, notes};
use crate::change::{Change, Fate, Risk};
use crate::report::{FileReport, ObjectReport, Problem, Report};

/// Writes a workflow command for everything that deserves one, in the order of the files. With `quiet`, problems only.
///
/// # Errors
/// Whatever `out` reports.
pub fn github(report: &Report, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    for file in &report.files {
        for problem in &file.problems {
            writeln!(out, "{}", of_problem(file, problem, "error"))?;
        }
        for problem in &file.warnings {
            writeln!(out, "{}", of_problem(file, problem, "warning"))?;
        }
        for object in file.objects.iter().filter(|_| !quiet) {
            if !object.changes.is_empty() {
                writeln!(out, "{}", of_object(file, object))?;
            }
        }
    }
    Ok(())
}

fn of_problem(file: &FileReport, problem: &Problem, command: &str) -> String {
    let line = problem.position.map(|position| position.line);
    let title = match command {
        "error" => "kubetemper: refused",
        _ => "kubetemper",
    };
    Annotation {
        command,
        file: &file.path,
        lines: line.map(|line| (line, line)),
        title,
        message: findings::problem(problem),
    }
    .text()
}

/// An error if a change is refused, a warning if one that is applied is of high risk, else a notice.
fn of_object(file: &FileReport, object: &ObjectReport) -> String {
    let mut changes: Vec<&Change> = object
        .changes
        .iter()
        .map(|located| &located.change)
        .collect();
    changes.sort_by_key(|change| (rank(change), std::cmp::Reverse(change.risk)));
    let high = |change: &&Change| change.is_applied() && change.risk == Risk::High;
    let command = if changes
        .iter()
        .any(|change| matches!(change.fate, Fate::Refused(_)))
    {
        "error"
    } else if changes.iter().any(high) {
        "warning"
    } else {
        "notice"
    };
    let applies = changes.iter().any(|change| change.is_applied());
    let lines = object.changes.iter();
    let lines = lines.filter(|located| located.change.is_applied() == applies);
    let lines = lines.map(|located| located.line);
    let first = lines.clone().min().unwrap_or(object.line);
    let lines_of_text = notes::folded(object, &changes);
    let lines_of_text: Vec<String> = lines_of_text.iter().map(|line| plain(line)).collect();
    let message = lines_of_text.join("\n");
    Annotation {
        command,
        file: &file.path,
        lines: Some((first, lines.max().unwrap_or(first))),
        title: &plain(&format!("{}: {}", object.label(), findings::title(object))),
        message,
    }
    .text()
}

/// What is applied comes first.
fn rank(change: &Change) -> u8 {
    match change.fate {
        Fate::Refused(_) => 0,
        Fate::Applied => 1,
        Fate::Held { .. } => 2,
    }
}

/// A workflow command.
struct Annotation<'a> {
    command: &'a str,
    file: &'a str,
    lines: Option<(usize, usize)>,
    title: &'a str,
    message: String,
}

impl Annotation<'_> {
    fn text(&self) -> String {
        let lines = self.lines.map_or_else(String::new, |(first, last)| {
            format!(",line={first},endLine={last}")
        });
        format!(
            "::{} file={}{lines},title={}::{}",
            self.command,
            property(&plain(self.file)),
            property(self.title),
            data(&self.message)
        )
    }
}

/// Text after the `::` of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
