//! What a person reads on the terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::excerpt::Excerpt;
use super::style::{DIM, GUTTER, Painter, TITLE, count, plain};
use super::text::Source;
use super::{notes, problem};
use crate::change::{Change, Fate, HeldBy, Risk};
use crate::pod_security::Level;
use crate::report::{FileReport, ObjectReport, Report};

/// How the report is told.
#[derive(Debug, Clone, Copy)]
pub struct HumanOptions {
    /// Use colour.
    pub color: bool,
    /// Also list workloads that are fine as they are.
    pub verbose: bool,
    /// Only problems and the summary.
    pub quiet: bool,
    /// The riskiest change that is applied.
    pub max_risk: Risk,
    /// The command: `check` and `diff` tell what would change, all others what changed.
    pub verb: &'static str,
}

/// Writes the report: the problems and objects of each file, and a summary.
///
/// # Errors
/// Whatever `out` reports.
pub fn human(report: &Report, options: &HumanOptions, out: &mut dyn Write) -> io::Result<()> {
    let view = View {
        options,
        painter: Painter {
            color: options.color,
        },
    };
    let mut previous = None;
    // To cut a text into lines takes a while: most files have nothing to show.
    let shows = |file: &&FileReport| {
        let told = !options.quiet && !file.objects.is_empty();
        told || !file.problems.is_empty() || !file.warnings.is_empty()
    };
    for file in report.files.iter().filter(shows) {
        let source = Source::new(file);
        for text in problem::all(&source, options.color) {
            spaced(Some(Block::Paragraph(text + "\n")), &mut previous, out)?;
        }
        for object in file.objects.iter().filter(|_| !options.quiet) {
            spaced(view.object(&source, object), &mut previous, out)?;
        }
    }
    if previous.is_some() {
        writeln!(out)?;
    }
    writeln!(out, "{}", view.painter.paint(TITLE, &view.summary(report)))?;
    if let Some(hint) = view.hint(report) {
        writeln!(out, "{}", view.painter.paint(DIM, &hint))?;
    }
    Ok(())
}

/// A piece of the report. Paragraphs have empty lines around them, lines stand close.
enum Block {
    Paragraph(String),
    Line(String),
}

fn spaced(
    block: Option<Block>,
    previous: &mut Option<bool>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(block) = block else { return Ok(()) };
    let (close, text) = match block {
        Block::Paragraph(text) => (false, text),
        Block::Line(text) => (true, text),
    };
    if previous.is_some_and(|previous| !(previous && close)) {
        writeln!(out)?;
    }
    *previous = Some(close);
    out.write_all(text.as_bytes())
}

struct View<'a> {
    options: &'a HumanOptions,
    painter: Painter,
}

impl View<'_> {
    /// Nothing to be done yet: `check` and `diff` only tell.
    fn is_future(&self) -> bool {
        matches!(self.options.verb, "check" | "diff")
    }

    fn object(&self, source: &Source<'_>, object: &ObjectReport) -> Option<Block> {
        let file = source.file;
        if let Some((by, why)) = held_as_a_whole(object) {
            return Some(Block::Line(self.left_alone(file, object, by, why)));
        }
        let below = object
            .level
            .as_ref()
            .is_some_and(|levels| levels.after < Level::Restricted);
        if object.changes.is_empty() && !below {
            let levels = object.level.as_ref().filter(|_| self.options.verbose)?;
            let level = self.painter.level(levels.after);
            let place = place(file, object);
            return Some(Block::Line(format!(
                "{place}: {}: {level}\n",
                self.label(object)
            )));
        }
        let mut out = String::new();
        let _ = writeln!(out, "{}: {}", self.label(object), self.title(object));
        // After a fix the lines are in the file already.
        let excerpt = Some(Excerpt::new(source, object))
            .filter(|_| !object.edits.is_empty() && (self.is_future() || self.options.verbose));
        let width = excerpt
            .as_ref()
            .map_or(object.line.to_string().len(), Excerpt::width);
        let arrow = self.painter.paint(GUTTER, &format!("{:width$}-->", ""));
        let _ = writeln!(out, "{arrow} {}", place(file, object));
        if let Some(excerpt) = excerpt {
            excerpt.render(self.painter, width, &mut out);
        } else {
            let bar = format!("{:width$} |", "");
            let _ = writeln!(out, "{}", self.painter.paint(GUTTER, &bar));
        }
        notes::render(object, self.painter, width, self.options.max_risk, &mut out);
        Some(Block::Paragraph(out))
    }

    fn label(&self, object: &ObjectReport) -> String {
        self.painter.paint(TITLE, &plain(&object.label()))
    }

    /// `4 changes, 2 held, baseline -> restricted`.
    fn title(&self, object: &ObjectReport) -> String {
        let (mut applied, mut held, mut refused) = (0, 0, 0);
        for located in &object.changes {
            match located.change.fate {
                Fate::Applied => applied += 1,
                Fate::Held { .. } => held += 1,
                Fate::Refused(_) => refused += 1,
            }
        }
        let mut parts = vec![if applied == 0 {
            "no changes".to_owned()
        } else {
            count(applied, "change")
        }];
        parts.extend((held > 0).then(|| format!("{held} held")));
        parts.extend((refused > 0).then(|| format!("{refused} refused")));
        if let Some(levels) = &object.level {
            let after = self.painter.level(levels.after);
            parts.push(if levels.before == levels.after || applied == 0 {
                let after = self.painter.level(levels.before);
                format!("stays {after}")
            } else {
                format!("{} -> {after}", self.painter.level(levels.before))
            });
        }
        parts.join(", ")
    }

    /// The one line of an object that is not edited, however it is named.
    fn left_alone(
        &self,
        file: &FileReport,
        object: &ObjectReport,
        by: HeldBy,
        why: &str,
    ) -> String {
        let changes: Vec<&Change> = object
            .changes
            .iter()
            .map(|located| &located.change)
            .collect();
        let release =
            notes::release(by, &changes).map_or_else(String::new, |release| format!("; {release}"));
        let held = count(changes.len(), "change");
        let text = plain(&format!("{held} held as {by}: {why}{release}"));
        format!("{}: {}: {text}\n", place(file, object), self.label(object))
    }

    fn summary(&self, report: &Report) -> String {
        let summary = report.summary();
        let would = if self.is_future() {
            "would change"
        } else {
            "changed"
        };
        let mut parts = vec![if summary.changed == 0 && summary.applied == 0 {
            format!(
                "{}: {}",
                count(summary.files, "file"),
                if self.is_future() {
                    "nothing to change"
                } else {
                    "nothing changed"
                }
            )
        } else {
            format!(
                "{}: {} {would}",
                count(summary.files, "file"),
                summary.changed
            )
        }];
        if summary.applied > 0 {
            let names = ["none", "low", "high"];
            let risks: Vec<String> = (summary.risk.iter().zip(names))
                .filter(|(number, _)| **number > 0)
                .map(|(number, name)| format!("{number} {name}"))
                .collect();
            parts.push(format!(
                "{}: {} risk",
                count(summary.applied, "change"),
                risks.join(", ")
            ));
        }
        parts.extend((summary.held > 0).then(|| held(report)));
        parts.extend(
            (summary.refused > 0).then(|| format!("{} refused", count(summary.refused, "change"))),
        );
        parts.extend(
            (summary.unreadable > 0)
                .then(|| format!("{} refused", count(summary.unreadable, "file"))),
        );
        let warnings = report.files.iter().map(|file| file.warnings.len()).sum();
        parts.extend((warnings > 0).then(|| count(warnings, "warning")));
        let templates = report.templates.len();
        parts.extend((templates > 0).then(|| format!("{} skipped", count(templates, "template"))));
        parts.join("; ")
    }

    fn hint(&self, report: &Report) -> Option<String> {
        let wanted =
            self.options.verb == "check" && !self.options.quiet && report.summary().applied > 0;
        wanted.then(|| {
            "`kubetemper fix` makes the changes, `kubetemper explain ID` says more about one"
                .to_owned()
        })
    }
}

/// `4 held (3 explicit, 1 risk: --max-risk high applies it)`.
fn held(report: &Report) -> String {
    let tally = report.tally();
    let mut groups: Vec<_> = tally.held.into_iter().collect();
    groups.sort_by_key(|(by, (count, _))| (std::cmp::Reverse(*count), *by));
    let total: usize = groups.iter().map(|(_, (count, _))| count).sum();
    let parts: Vec<String> = groups
        .iter()
        .map(|(by, (count, risk))| {
            let them = if *count == 1 { "it" } else { "them" };
            match by {
                HeldBy::Risk => format!("{count} {by}: --max-risk {risk} applies {them}"),
                _ => format!("{count} {by}"),
            }
        })
        .collect();
    format!("{total} held ({})", parts.join(", "))
}

/// Who holds every change of an object, if it is the object that is held and not the changes.
fn held_as_a_whole(object: &ObjectReport) -> Option<(HeldBy, &str)> {
    let mut fates = object
        .changes
        .iter()
        .map(|located| match &located.change.fate {
            Fate::Held { by, why } => Some((*by, why.as_str())),
            Fate::Applied | Fate::Refused(_) => None,
        });
    let (by, why) = fates.next()??;
    let whole = matches!(by, HeldBy::Patch | HeldBy::NodeAgent | HeldBy::Owned);
    (whole && fates.all(|fate| fate.is_some_and(|(other, _)| other == by))).then_some((by, why))
}

fn place(file: &FileReport, object: &ObjectReport) -> String {
    plain(&format!("{}:{}", file.path, object.line))
}
