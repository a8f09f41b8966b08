//! A place that could not be read or edited, for people.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::MASK;
use super::style::{is_command, plain};
use super::text::{Lines, Source};
use crate::report::Problem;
use crate::secrets::{looks_secret, says_secret};
use crate::yaml::Position;

/// How grave a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gravity {
    /// Something could not be read or edited.
    Refused,
    /// Nothing is stopped by it.
    Warning,
}

/// Longest line that is shown, in bytes.
const LONGEST_LINE: usize = 1 << 16;

/// Most places that are listed beside the first.
const PLACES: usize = 8;

/// All problems of a file: the first of each kind with its line, those that say the same by number.
pub(super) fn all(source: &Source<'_>, color: bool) -> Vec<String> {
    let file = source.file;
    let refused = file
        .problems
        .iter()
        .map(|problem| (Gravity::Refused, problem));
    let warnings = file
        .warnings
        .iter()
        .map(|problem| (Gravity::Warning, problem));
    let mut kinds: Vec<(Gravity, Vec<&Problem>)> = Vec::new();
    for (gravity, problem) in refused.chain(warnings) {
        let same = kinds.iter_mut().find(|(other, problems)| {
            let like = |other: &&Problem| {
                (&other.reason, &other.help, &other.object)
                    == (&problem.reason, &problem.help, &problem.object)
            };
            gravity == *other && problems.first().is_some_and(like)
        });
        match same {
            Some((_, problems)) => problems.push(problem),
            None => kinds.push((gravity, vec![problem])),
        }
    }
    let texts = kinds.iter().filter_map(|(gravity, problems)| {
        let (first, rest) = problems.split_first()?;
        Some(render(source, first, *gravity, &also(rest), color))
    });
    texts.collect()
}

/// `the same in lines 7, 12 and 2 more`; empty where nothing else says the same.
fn also(problems: &[&Problem]) -> String {
    let mut lines: Vec<String> = problems
        .iter()
        .filter_map(|problem| Some(problem.position?.line.to_string()))
        .collect();
    let more = match lines.len().saturating_sub(PLACES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    lines.truncate(PLACES);
    match lines.as_slice() {
        [] => String::new(),
        [one] => format!("the same in line {one}"),
        several => format!("the same in lines {}{more}", several.join(", ")),
    }
}

/// `refused: reason`, the place, the line, and what to do.
fn render(
    source: &Source<'_>,
    problem: &Problem,
    gravity: Gravity,
    also: &str,
    color: bool,
) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let level = match gravity {
        Gravity::Refused => Level::ERROR.with_name("refused"),
        Gravity::Warning => Level::WARNING,
    };
    let object = problem
        .object
        .as_ref()
        .map_or_else(String::new, |object| format!("{object}: "));
    let title = level.primary_title(plain(&format!("{object}{}", problem.reason)));
    let path = plain(&source.file.path);
    let mut group = Group::with_title(title);
    group = match problem.position {
        Some(position) if has_line(source, position) => {
            let line = shown(source, position.line - 1, position.column);
            let mut places = line.char_indices().skip(position.column.saturating_sub(1));
            let start = places.next().map_or(line.len(), |(at, _)| at);
            let end = places.next().map_or(line.len(), |(at, _)| at);
            group.element(
                Snippet::source(line)
                    .line_start(position.line)
                    .path(path)
                    .annotation(AnnotationKind::Primary.span(start..end)),
            )
        }
        Some(position) => group.element(
            Origin::path(path)
                .line(position.line)
                .char_column(position.column),
        ),
        None => group.element(Origin::path(path)),
    };
    if !problem.help.is_empty() {
        group = group.element(Level::HELP.message(plain(&problem.help)));
    }
    if !also.is_empty() {
        group = group.element(Level::NOTE.message(also));
    }
    let text = renderer.render(&[group]);
    let has_line = problem
        .position
        .is_some_and(|position| has_line(source, position));
    // Without a line the renderer leaves no margin.
    if has_line {
        text
    } else {
        text.replace('\n', "\n ")
    }
}

/// Tells whether the line of a place is shown: one that is too long says nothing, and takes the renderer long.
fn has_line(source: &Source<'_>, position: Position) -> bool {
    let content = source.lines.content(position.line - 1);
    position.line <= source.lines.len() && content.len() <= LONGEST_LINE
}

/// A line as it may be shown, with every character in its column. The renderer itself makes tabs and most
/// control characters harmless.
fn shown(source: &Source<'_>, index: usize, column: usize) -> String {
    let line = source.lines.content(index).trim_start_matches('\u{feff}');
    if source.is_secret(index) || suspect(&source.lines, index) {
        let indent = line.len() - line.trim_start_matches(' ').len();
        return format!("{:column$}", format!("{:indent$}{MASK}", ""));
    }
    let harmless = |c: char| c.is_ascii() || plain(c.encode_utf8(&mut [0; 4])).starts_with(c);
    line.char_indices()
        .map(|(at, c)| {
            // The line follows a margin, so that only commands that may stand anywhere matter.
            let commands = is_command(&line[at..], '|');
            if harmless(c) && !commands {
                c
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}

/// Tells whether a line may hold a secret although nobody found one there: in a document that cannot be read
/// nobody looked. It may where the document calls itself a Secret, or a name beside it promises one.
fn suspect(lines: &Lines<'_>, index: usize) -> bool {
    let marker = |line: &usize| lines.content(*line).starts_with("---");
    let start = (0..=index).rev().find(marker).unwrap_or(0);
    let end = (index + 1..lines.len()).find(marker).unwrap_or(lines.len());
    let is_secret = |line: usize| {
        let line = lines.content(line).replace(['"', '\'', ' ', '\t'], "");
        line.contains("kind:Secret")
    };
    let beside = index.saturating_sub(1)..(index + 2).min(lines.len());
    (start..end).any(is_secret)
        || beside
            .into_iter()
            .any(|line| looks_secret(lines.content(line)) || says_secret(lines.content(line)))
}
