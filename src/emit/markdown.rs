//! A comment for a pull request: what a reviewer must decide first, all else folded, and never longer than GitHub takes.

mod text;

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::{self, Write};

use self::text::{code, fenced, prose};
use super::excerpt::Excerpt;
use super::style::count;
use super::text::Source;
use super::{findings, notes};
use crate::change::{Change, Fate, Risk};
use crate::pod_security::Level;
use crate::report::{FileReport, ObjectReport, Report};

/// GitHub rejects comments of more than 65,536 characters. We count bytes, and leave room for what others add.
const LIMIT: usize = 65_000;
/// The diff of one object must not take the place of all others'.
const LONGEST_DIFF: usize = 16_000;
/// What the sentences on omissions may take.
const RESERVE: usize = 600;

/// How the comment is written.
#[derive(Debug, Clone, Copy)]
pub struct MarkdownOptions {
    /// The command: `fix` tells what changed, all others what would.
    pub verb: &'static str,
}

/// Writes the comment. Its first line is a mark by which the comment of an earlier run is found.
///
/// What does not fit is left out, the details before the rows of the table, the least risky first, and counted.
///
/// # Errors
/// Whatever `out` reports.
pub fn markdown(report: &Report, options: MarkdownOptions, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(Comment::new(report, options).text().as_bytes())
}

/// An object that has something to say.
struct Entry<'a> {
    file: &'a FileReport,
    source: usize,
    object: &'a ObjectReport,
    high: usize,
    applied: usize,
    held: usize,
    refused: usize,
}

struct Comment<'a> {
    report: &'a Report,
    options: MarkdownOptions,
    sources: Vec<Source<'a>>,
}

impl<'a> Comment<'a> {
    fn new(report: &'a Report, options: MarkdownOptions) -> Self {
        Self {
            report,
            options,
            sources: report.files.iter().map(Source::new).collect(),
        }
    }

    fn text(&self) -> String {
        let mut out = format!("<!-- kubetemper -->\n### kubetemper: {}\n", self.heading());
        let entries = self.entries();
        let mut left = LIMIT - RESERVE - out.len();
        let problems = fitting(self.problems(), &mut left);
        section(&mut out, &problems.0);
        omitted(&mut out, problems.1, "problem");
        let rows = fitting(entries.iter().map(row).collect(), &mut left);
        if !rows.0.is_empty() {
            out.push_str(
                "\n| workload | file | level | changes | held |\n| --- | --- | --- | --- | --- |\n",
            );
            out.push_str(&rows.0.concat());
        }
        omitted(&mut out, rows.1, "row");
        let details = entries.iter().take(rows.0.len());
        let details = fitting(
            details.map(|entry| self.details(entry)).collect(),
            &mut left,
        );
        out.push_str(&details.0.concat());
        omitted(&mut out, details.1 + rows.1, "detail");
        if !entries.is_empty() {
            out.push_str(self.foot());
        }
        out
    }

    /// `5 changes to make in 2 of 7 files, 1 of high risk; 3 held`.
    fn heading(&self) -> String {
        let summary = self.report.summary();
        let files = count(summary.files, "file");
        let refused = match summary.unreadable {
            0 => String::new(),
            number => format!("; {} refused", count(number, "file")),
        };
        if summary.applied == 0 {
            let nothing = if self.is_done() {
                "nothing was changed"
            } else {
                "nothing to change"
            };
            let held = match summary.held {
                0 => String::new(),
                number => format!("; {number} held"),
            };
            return format!("{nothing} in {files}{held}{refused}");
        }
        let verb = if self.is_done() { "made" } else { "to make" };
        let high = match summary.risk[2] {
            0 => String::new(),
            number => format!(", **{number} of high risk**"),
        };
        let held = match summary.held {
            0 => String::new(),
            number => format!("; {number} held"),
        };
        format!(
            "{} {verb} in {} of {files}{high}{held}{refused}",
            count(summary.applied, "change"),
            summary.changed
        )
    }

    fn is_done(&self) -> bool {
        self.options.verb == "fix"
    }

    fn foot(&self) -> &'static str {
        if self.is_done() {
            "\nHeld changes were left out. `kubetemper explain ID` says more about one.\n"
        } else {
            "\n`kubetemper fix` makes the changes, held ones excepted. `kubetemper explain ID` says more about one.\n"
        }
    }

    /// The objects with changes or below the level restricted, high risk first, then refused, then held.
    fn entries(&self) -> Vec<Entry<'a>> {
        let objects = self.report.files.iter().enumerate();
        let objects = objects.flat_map(|(source, file)| {
            let entry = move |object| Entry::new(file, source, object);
            file.objects.iter().map(entry)
        });
        let below = |entry: &Entry<'_>| {
            let levels = entry.object.level.as_ref();
            levels.is_some_and(|levels| levels.after < Level::Restricted)
        };
        let mut entries: Vec<Entry<'a>> = objects
            .filter(|entry| !entry.object.changes.is_empty() || below(entry))
            .collect();
        entries.sort_by_key(|entry| {
            (
                Reverse(entry.high > 0),
                Reverse(entry.refused > 0),
                Reverse(entry.applied > 0),
            )
        });
        entries
    }

    fn problems(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for file in &self.report.files {
            let refused = file.problems.iter().map(|problem| ("refused", problem));
            let warnings = file.warnings.iter().map(|problem| ("warning", problem));
            for (what, problem) in refused.chain(warnings) {
                let line = problem.position;
                let line = line.map_or_else(String::new, |at| format!(":{}", at.line));
                let place = code(&format!("{}{line}", file.path));
                let text = prose(&findings::problem(problem));
                lines.push(format!("- **{what}** {place}: {text}\n"));
            }
        }
        lines
    }

    /// What changes and why, and the lines, folded.
    fn details(&self, entry: &Entry<'_>) -> String {
        let object = entry.object;
        let title = prose(&findings::title(object));
        let mut out = format!(
            "\n<details>\n<summary>{}: {title}</summary>\n\n",
            code(&object.label())
        );
        list(&mut out, object);
        let excerpt = Excerpt::new(&self.sources[entry.source], object);
        // After a fix the lines are in the file already.
        if !self.is_done() && !object.edits.is_empty() {
            out.push('\n');
            let diff = excerpt.as_diff();
            if diff.len() > LONGEST_DIFF {
                out.push_str("_The lines are left out: there are too many._\n");
            } else {
                out.push_str(&fenced(&diff));
            }
        }
        out.push_str("\n</details>\n");
        out
    }
}

impl<'a> Entry<'a> {
    fn new(file: &'a FileReport, source: usize, object: &'a ObjectReport) -> Self {
        let mut entry = Self {
            file,
            source,
            object,
            high: 0,
            applied: 0,
            held: 0,
            refused: 0,
        };
        for located in &object.changes {
            match located.change.fate {
                Fate::Applied => {
                    entry.applied += 1;
                    entry.high += usize::from(located.change.risk == Risk::High);
                }
                Fate::Held { .. } => entry.held += 1,
                Fate::Refused(_) => entry.refused += 1,
            }
        }
        entry
    }
}

fn row(entry: &Entry<'_>) -> String {
    let object = entry.object;
    let place = format!("{}:{}", entry.file.path, object.line);
    let level = object.level.as_ref().map_or_else(String::new, |levels| {
        if levels.before == levels.after {
            levels.after.to_string()
        } else {
            format!("{} → **{}**", levels.before, levels.after)
        }
    });
    let mut changes = vec![entry.applied.to_string()];
    changes.extend((entry.high > 0).then(|| format!("**{} high risk**", entry.high)));
    changes.extend((entry.refused > 0).then(|| format!("**{} refused**", entry.refused)));
    let held = match entry.held {
        0 => String::new(),
        number => number.to_string(),
    };
    format!(
        "| {} | {} | {level} | {} | {held} |\n",
        code(&object.label()),
        code(&place),
        changes.join(", ")
    )
}

/// The changes by what became of them, the riskiest first, and what keeps the object from being restricted.
fn list(out: &mut String, object: &ObjectReport) {
    let mut changes: Vec<&Change> = object
        .changes
        .iter()
        .map(|located| &located.change)
        .collect();
    changes.sort_by_key(|change| (!change.is_applied(), Reverse(change.risk)));
    // Writing to a string does not fail.
    for line in notes::folded(object, &changes) {
        let (id, text) = line.split_once(": ").unwrap_or((&line, ""));
        let text = prose(text).replacen("risk high:", "**risk high:**", 1);
        let _ = writeln!(out, "- `{id}`: {text}");
    }
    let Some(levels) = &object.level else {
        return;
    };
    if levels.after < Level::Restricted {
        let reasons = levels.violations.iter().map(|violation| {
            if violation.detail.is_empty() {
                violation.reason.clone()
            } else {
                format!("{} ({})", violation.reason, violation.detail)
            }
        });
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let _ = writeln!(out, "- still {}: {}", levels.after, prose(&reasons));
    }
}

/// The parts that fit into what is left, in order, and how many do not.
fn fitting(parts: Vec<String>, left: &mut usize) -> (Vec<String>, usize) {
    let mut fit = Vec::new();
    let mut omitted = 0;
    for part in parts {
        // No gaps: a reader takes what is not listed for the less important.
        if omitted == 0 && part.len() <= *left {
            *left -= part.len();
            fit.push(part);
        } else {
            omitted += 1;
        }
    }
    (fit, omitted)
}

fn section(out: &mut String, parts: &[String]) {
    if !parts.is_empty() {
        out.push('\n');
        out.push_str(&parts.concat());
    }
}

fn omitted(out: &mut String, number: usize, what: &str) {
    if number > 0 {
        let what = count(number, what);
        let _ = writeln!(
            out,
            "\n_{what} left out: a comment holds no more. `kubetemper check` shows all._"
        );
    }
}
