//! The edits of a file as fixes that other programs offer, each with the changes that it makes. None shows a secret.

use std::ops::Range;

use super::copies::Copies;
use super::text::{self, Source};
use crate::change::Change;
use crate::report::{FileReport, ObjectReport};
use crate::yaml::{self, Document, TextEdit};

/// A word of a secret that is shorter says nothing.
const WORD: usize = 4;

/// An object and one of its changes, with the line of the latter.
pub(super) type Made<'a> = (&'a ObjectReport, &'a Change);

/// Neighbouring edits as one replacement.
pub(super) struct Fix<'a> {
    /// The bytes that go.
    pub(super) range: Range<usize>,
    /// What comes in their place; `None` when it might show a secret.
    pub(super) text: Option<String>,
    /// The changes that it makes, or has a part in.
    pub(super) changes: Vec<Made<'a>>,
}

/// The edits of one document.
pub(super) struct Edits<'a> {
    source: &'a Source<'a>,
    objects: &'a [ObjectReport],
    list: Vec<TextEdit>,
}

/// The edits of each document of a file that has any.
pub(super) fn of<'a>(source: &'a Source<'a>) -> Vec<Edits<'a>> {
    let objects = &source.file.objects;
    let documents = objects.chunk_by(|one, next| one.document == next.document);
    documents
        .map(|objects| Edits {
            source,
            objects,
            list: objects
                .iter()
                .flat_map(|object| object.edits.iter().cloned())
                .collect(),
        })
        .filter(|document| !document.list.is_empty())
        .collect()
}

impl<'a> Edits<'a> {
    /// The object whose report carries the edits.
    pub(super) fn holder(&self) -> Option<&'a ObjectReport> {
        self.objects.iter().find(|object| !object.edits.is_empty())
    }

    /// The applied changes that the edits make together.
    pub(super) fn changes(&self) -> impl Iterator<Item = Made<'a>> + use<'a> {
        self.objects.iter().flat_map(|object| {
            let changes = object.changes.iter().map(|located| &located.change);
            let applied = changes.filter(|change| change.is_applied());
            applied.map(move |change| (object, change))
        })
    }

    /// All edits, or `None` when one might show a secret: half of them would be another change.
    pub(super) fn all(&self) -> Option<Vec<TextEdit>> {
        let secrets = Secrets::new(self.source);
        let edits = self.settled();
        let safe = |edit: &TextEdit| {
            !secrets.overlap(&(edit.start..edit.end)) && !secrets.told_by(&edit.text)
        };
        edits.iter().all(safe).then_some(edits)
    }

    /// The edits, those together that touch the same line.
    pub(super) fn fixes(&self) -> Vec<Fix<'a>> {
        let secrets = Secrets::new(self.source);
        let lines = &self.source.lines;
        let settled = self.settled();
        let near = |one: &TextEdit, next: &TextEdit| lines.at(next.start) <= lines.at(one.end);
        let mut made = self.made();
        let mut fixes = Vec::new();
        for edits in settled.chunk_by(near) {
            let start = edits.first().map_or(0, |edit| edit.start);
            let end = edits.last().map_or(start, |edit| edit.end);
            let mut text = String::new();
            let mut at = start;
            for edit in edits {
                text.push_str(self.source.file.before.get(at..edit.start).unwrap_or(""));
                text.push_str(&edit.text);
                at = edit.end;
            }
            // Programs quote the lines that a fix touches.
            let shown = lines.start(lines.at(start))..lines.end(lines.at(end));
            let hidden = secrets.overlap(&shown) || secrets.told_by(&text);
            let own = made.drain(..edits.len().min(made.len()));
            fixes.push(Fix {
                range: start..end,
                text: Some(text).filter(|_| !hidden),
                changes: own.flatten().collect(),
            });
        }
        fixes
    }

    /// The edits in a form that programs show well: lines are added at the end of the line before, which exists
    /// also at the end of the file, unless that line must not be shown.
    fn settled(&self) -> Vec<TextEdit> {
        let mut free = 0;
        let settle = |edit: &TextEdit| {
            let edit = self
                .at_end_of_line(edit)
                .filter(|settled| settled.start >= free)
                .unwrap_or_else(|| edit.clone());
            free = edit.end;
            edit
        };
        self.list.iter().map(settle).collect()
    }

    fn at_end_of_line(&self, edit: &TextEdit) -> Option<TextEdit> {
        let before = &self.source.file.before;
        let head = before.get(..edit.start)?;
        let ending = ["\r\n", "\n"].iter().find(|end| head.ends_with(*end))?;
        let text = edit.text.strip_suffix(ending)?;
        let start = edit.start - ending.len();
        let fits = edit.start == edit.end && !text.ends_with('\r');
        (fits && !self.source.is_secret(self.source.lines.at(start))).then(|| TextEdit {
            start,
            end: start,
            text: format!("{ending}{text}"),
        })
    }

    /// The changes that each edit makes: those whose value stands in its text afterwards or, if it is removed, in
    /// the bytes that go.
    fn made(&self) -> Vec<Vec<Made<'a>>> {
        let mut made: Vec<Vec<Made<'a>>> = vec![Vec::new(); self.list.len()];
        let index = self.objects.first().map_or(0, |object| object.document);
        let before = &self.source.file.before;
        let slices = yaml::split(before).unwrap_or_default();
        let Some(slice) = slices.get(index) else {
            // A new document is one edit.
            made[0].extend(self.changes());
            return made;
        };
        let old = Document::parse(before, slice).ok();
        let after = yaml::splice(before, slice.range(), &self.list).unwrap_or_default();
        let slices = yaml::split(&after).unwrap_or_default();
        let new = slices
            .first()
            .and_then(|slice| Document::parse(&after, slice).ok());
        let places = self.places(slice.range().start);
        for (object, change) in self.changes() {
            let (document, removed) = match (&change.after, &new) {
                (Some(_), Some(new)) => (Some(new), false),
                _ => (old.as_ref(), true),
            };
            let Some(span) = document.map(|document| document.locate(&change.pointer)) else {
                continue;
            };
            let touches = |at: &usize| {
                let (edit, place) = (&self.list[*at], &places[*at]);
                let range = if removed {
                    &(edit.start..edit.end)
                } else {
                    place
                };
                range.start < span.end.max(span.start + 1) && span.start <= range.end
            };
            let mut hits = (0..self.list.len()).filter(touches);
            // An item is added at the end of its list.
            let edit = if change.pointer.ends_with("/-") {
                hits.next_back()
            } else {
                hits.next()
            };
            made[edit.unwrap_or_default()].push((object, change));
        }
        made
    }

    /// Where the text of each edit stands in the new text of the document that begins at `start`.
    fn places(&self, start: usize) -> Vec<Range<usize>> {
        let mut at = start;
        let mut length = 0;
        let place = |edit: &TextEdit| {
            let begin = length + edit.start.saturating_sub(at);
            length = begin + edit.text.len();
            at = edit.end;
            begin..length
        };
        self.list.iter().map(place).collect()
    }
}

/// The secrets of a file, looked at with more suspicion than a patch needs: a fix that is left out costs little.
struct Secrets<'a> {
    source: &'a Source<'a>,
    copies: Copies<'a>,
    words: Vec<&'a str>,
}

impl<'a> Secrets<'a> {
    fn new(source: &'a Source<'a>) -> Self {
        let file: &FileReport = source.file;
        let values = text::secrets(file).map(|range| file.before.get(range.clone()).unwrap_or(""));
        let marks = [' ', '\t', '\r', '\n', ',', '{', '}', '[', ']', '"', '\''];
        let words = values
            // A whole document, all of which is hidden, is never edited.
            .filter(|value| !value.contains("apiVersion"))
            .flat_map(|value| value.split(marks))
            .filter(|word| word.len() >= WORD && !word.ends_with(':'));
        Self {
            source,
            copies: Copies::new(file, &source.lines),
            words: words.collect(),
        }
    }

    fn overlap(&self, range: &Range<usize>) -> bool {
        text::secrets(self.source.file)
            .any(|secret| secret.start < range.end && range.start < secret.end)
    }

    fn told_by(&self, text: &str) -> bool {
        self.words.iter().any(|word| text.contains(word))
            || text.lines().any(|line| self.copies.contain(line))
    }
}
