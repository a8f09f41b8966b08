//! A unified diff that `git apply` takes, and that shows no secret.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::copies::Copies;
use super::text::{Lines, Source};
use crate::report::{FileReport, Problem, Report};
use crate::yaml::Position;

/// Lines shown around a change, as git does.
const CONTEXT: usize = 3;

/// A change that the diff leaves out, because a secret would be printed with it, or an object that cannot have a
/// patch. Displayed as `path:line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The file.
    pub path: String,
    /// Where, why, and what to do instead.
    pub problem: Problem,
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match self.problem.position {
            Some(position) => write!(f, ":{}", position.line),
            None => Ok(()),
        }
    }
}

/// Writes the difference of all files, and returns what was left out of it.
///
/// # Errors
/// Whatever `out` reports.
pub fn diff(report: &Report, out: &mut dyn Write) -> io::Result<Vec<Withheld>> {
    let mut withheld = Vec::new();
    for file in &report.files {
        if let Some(after) = file.after.as_ref().filter(|after| **after != file.before) {
            let patch = Patch::new(file, after);
            out.write_all(patch.text(&mut withheld).as_bytes())?;
        }
    }
    Ok(withheld)
}

/// Lines that are removed, and those that take their place.
struct Block {
    old: Range<usize>,
    new: Range<usize>,
}

/// The difference of one file.
struct Patch<'a> {
    source: Source<'a>,
    new: Lines<'a>,
    copies: Copies<'a>,
}

impl<'a> Patch<'a> {
    fn new(file: &'a FileReport, after: &'a str) -> Self {
        let source = Source::new(file);
        let copies = Copies::new(file, &source.lines);
        Self {
            source,
            new: Lines::new(after),
            copies,
        }
    }

    fn text(&self, withheld: &mut Vec<Withheld>) -> String {
        let mut hunks = String::new();
        // Line numbers on the new side count only what the patch itself adds and removes.
        let (mut added, mut removed) = (0, 0);
        for group in self.groups() {
            if let Some(line) = self.exposed(&group) {
                withheld.push(self.withhold(line, "its line holds a secret value"));
                continue;
            }
            for part in self.parts(&group) {
                let lines = self.surroundings(part);
                let end = part.last().map_or(0, |block| block.old.end);
                // git takes a hunk without lines after the change for the end of the file.
                if lines.end == end && end < self.source.lines.len() {
                    let why = "the line after it, which git needs to find the place, holds a secret value";
                    withheld.push(self.withhold(lines.end.saturating_sub(1), why));
                    continue;
                }
                self.hunk(part, &lines, lines.start + added - removed, &mut hunks);
                added += part.iter().map(|block| block.new.len()).sum::<usize>();
                removed += part.iter().map(|block| block.old.len()).sum::<usize>();
            }
        }
        if hunks.is_empty() {
            return hunks;
        }
        let before = if self.source.file.before.is_empty() {
            "/dev/null".to_owned()
        } else {
            name("a", &self.source.file.path)
        };
        format!(
            "--- {before}\n+++ {}\n{hunks}",
            name("b", &self.source.file.path)
        )
    }

    /// The changed blocks, those together that share context.
    fn groups(&self) -> Vec<Vec<Block>> {
        let ops = capture_diff_slices(Algorithm::Myers, self.source.lines.all(), self.new.all());
        let mut groups: Vec<Vec<Block>> = Vec::new();
        for op in ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
            let block = Block {
                old: op.old_range(),
                new: op.new_range(),
            };
            let near = |last: &Block| block.old.start - last.old.end <= 2 * CONTEXT;
            match groups.last_mut() {
                Some(group) if group.last().is_some_and(near) => group.push(block),
                _ => groups.push(vec![block]),
            }
        }
        groups
    }

    /// The old line, by its index, at which a group removes or adds a secret.
    fn exposed(&self, group: &[Block]) -> Option<usize> {
        group.iter().find_map(|block| {
            let removed = block.old.clone().find(|line| self.source.is_secret(*line));
            let copied = || {
                let mut lines = self.new.all()[block.new.clone()].iter();
                lines.any(|line| self.copies.contain(line))
            };
            removed.or_else(|| copied().then_some(block.old.start))
        })
    }

    /// Cuts a group where a secret stands between two of its blocks.
    fn parts<'g>(&self, group: &'g [Block]) -> impl Iterator<Item = &'g [Block]> {
        group.chunk_by(|one, next| {
            !(one.old.end..next.old.start).any(|line| self.source.is_secret(line))
        })
    }

    /// The old lines that a hunk shows: its blocks and the context around, up to a secret.
    fn surroundings(&self, part: &[Block]) -> Range<usize> {
        let first = part.first().map_or(0, |block| block.old.start);
        let last = part.last().map_or(0, |block| block.old.end);
        let shown = |line: &usize| !self.source.is_secret(*line);
        let before = (0..first).rev().take(CONTEXT).take_while(shown).count();
        let after = (last..self.source.lines.len())
            .take(CONTEXT)
            .take_while(shown)
            .count();
        first - before..last + after
    }

    fn hunk(&self, part: &[Block], lines: &Range<usize>, new_start: usize, out: &mut String) {
        let added: usize = part.iter().map(|block| block.new.len()).sum();
        let removed: usize = part.iter().map(|block| block.old.len()).sum();
        let old = span(lines.start, lines.len());
        let new = span(new_start, lines.len() + added - removed);
        // Writing to a string does not fail.
        let _ = writeln!(out, "@@ -{old} +{new} @@");
        let mut at = lines.start;
        for block in part {
            push(out, ' ', &self.source.lines.all()[at..block.old.start]);
            push(out, '-', &self.source.lines.all()[block.old.clone()]);
            push(out, '+', &self.new.all()[block.new.clone()]);
            at = block.old.end;
        }
        push(out, ' ', &self.source.lines.all()[at..lines.end]);
    }

    fn withhold(&self, line: usize, why: &str) -> Withheld {
        let content = self.source.lines.content(line);
        let indent = content.chars().take_while(|c| c.is_whitespace()).count();
        let object = self
            .source
            .file
            .objects
            .iter()
            .rev()
            .find(|object| object.line <= line + 1);
        Withheld {
            path: self.source.file.path.clone(),
            problem: Problem {
                position: Some(Position {
                    line: line + 1,
                    column: indent + 1,
                }),
                object: object.map(crate::report::ObjectReport::label),
                reason: format!("this change is left out of the diff: {why}"),
                help: "`kubetemper fix` makes the change without showing it".to_owned(),
            },
        }
    }
}

/// A range of lines in a hunk header. Of no lines, it names the one before.
fn span(start: usize, count: usize) -> String {
    match count {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{count}", start + 1),
    }
}

fn push(out: &mut String, tag: char, lines: &[&str]) {
    for line in lines {
        out.push(tag);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// A path as git writes it in a patch: quoted like a C string where it must be, and ended by a tab where a
/// blank would otherwise be taken for its end.
fn name(side: &str, path: &str) -> String {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./").or_else(|| path.strip_prefix('/')) {
        path = rest;
    }
    if !path.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) {
        let end = if path.contains(' ') { "\t" } else { "" };
        return format!("{side}/{path}{end}");
    }
    let mut quoted = format!("\"{side}/");
    for c in path.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(quoted, "\\{byte:03o}");
                }
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
