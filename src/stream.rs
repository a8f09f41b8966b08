//! Hardens a long stream piece by piece, where only the result and the counts are wanted: the models of a piece are
//! gone before the next one is read, so memory grows with the text and not with what is known of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;

use rayon::prelude::*;

use crate::document::{self, problem};
use crate::engine::Scope;
use crate::pipeline::{Course, Outcome, Source};
use crate::report::{FileReport, Problem, Status};
use crate::settings::{Kept, Settings};
use crate::yaml::{self, Lines, Refusal, Slice, TextEdit};

/// Bytes of documents that are in work at a time; one document may be larger.
const PIECE: usize = 256 * 1024;

/// Where the hardened text grows.
#[derive(Debug)]
pub(crate) enum Sink {
    /// In memory.
    Memory(String),
    /// In a temporary file that has no name.
    File(File),
}

impl Sink {
    /// An empty one.
    ///
    /// # Errors
    /// Whatever the system reports of the temporary file.
    pub(crate) fn new(spool: bool) -> io::Result<Self> {
        Ok(if spool {
            Self::File(tempfile::tempfile()?)
        } else {
            Self::Memory(String::new())
        })
    }

    fn push(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Memory(all) => all.push_str(text),
            Self::File(file) => file.write_all(text.as_bytes())?,
        }
        Ok(())
    }
}

/// What was found so far.
struct Stream<'a> {
    text: &'a str,
    lines: &'a Lines<'a>,
    file: FileReport,
    after: Sink,
    /// What of the text is in `after`.
    written: usize,
    changed: bool,
    exceptions: BTreeSet<usize>,
    refusals: Vec<Refusal>,
    /// Refusals of what is no manifest.
    foreign: Vec<Refusal>,
    has_objects: bool,
    keeps_objects: bool,
    /// Documents of which only the head was read.
    by_head: Vec<usize>,
}

/// Hardens one file of which only the result and the counts are wanted.
pub(crate) fn harden(
    source: Source,
    slices: &[Slice],
    scope: Scope<'_>,
    course: Course<'_>,
) -> Outcome {
    let items = items(&source.text, slices, scope.settings);
    let mut outcome = run(&source, items.as_deref().unwrap_or(slices), scope, course);
    let is_clean = matches!(&outcome, Outcome::Report(file, _) if file.problems.is_empty());
    if items.is_some() && !is_clean {
        // What cannot be changed is told of the document that it is in.
        let told = Course {
            progress: &|_| {},
            ..course
        };
        outcome = run(&source, slices, scope, told);
    }
    if let Outcome::Report(file, _) = &mut outcome {
        file.before = source.text;
    }
    outcome
}

/// The documents, and the items of lists in their places; `None` where there is no such list.
fn items(text: &str, slices: &[Slice], settings: &Settings) -> Option<Vec<Slice>> {
    if keeps_objects(settings) {
        return None;
    }
    match yaml::with_items(text, slices) {
        Cow::Owned(items) => Some(items),
        Cow::Borrowed(_) => None,
    }
}

/// Levels are demanded, or custom kinds looked for: the objects are needed for what is said at the end.
fn keeps_objects(settings: &Settings) -> bool {
    settings.require.is_some() || !settings.workloads.is_empty()
}

fn run(source: &Source, slices: &[Slice], scope: Scope<'_>, course: Course<'_>) -> Outcome {
    let lines = Lines::new(&source.text);
    let result = Stream::new(&source.text, &lines, source.path.clone(), scope.settings)
        .and_then(|stream| stream.run(slices, scope, course));
    let (file, exceptions) = match result {
        Ok(Ok(found)) => found,
        Ok(Err(template)) => return Outcome::Template(template),
        Err(error) => (unspooled(source.path.clone(), &error), BTreeSet::new()),
    };
    Outcome::Report(Box::new(file), exceptions)
}

fn unspooled(path: String, error: &io::Error) -> FileReport {
    FileReport {
        status: Status::Refused,
        problems: vec![Problem {
            position: None,
            object: None,
            reason: format!("the temporary file of --spool: {error}"),
            help: "make room where TMPDIR says, or leave --spool out".to_owned(),
        }],
        ..FileReport::unchanged(path)
    }
}

impl<'a> Stream<'a> {
    fn new(
        text: &'a str,
        lines: &'a Lines<'a>,
        path: String,
        settings: &Settings,
    ) -> io::Result<Self> {
        Ok(Self {
            text,
            lines,
            file: FileReport::unchanged(path),
            after: Sink::new(settings.kept == Kept::CountsBesideFile)?,
            written: 0,
            changed: false,
            exceptions: BTreeSet::new(),
            refusals: Vec::new(),
            foreign: Vec::new(),
            has_objects: false,
            keeps_objects: keeps_objects(settings),
            by_head: Vec::new(),
        })
    }

    fn run(
        mut self,
        slices: &[Slice],
        scope: Scope<'_>,
        course: Course<'_>,
    ) -> io::Result<Result<(FileReport, BTreeSet<usize>), Problem>> {
        let read = |slice| document::Outcome::of(self.text, slice, scope, &[], false);
        for piece in pieces(slices) {
            let documents: Vec<document::Outcome> = slices[piece.clone()]
                .par_iter()
                .map(|slice| {
                    let by_head = || document::Outcome::by_head(self.text, slice, scope);
                    let passed = (!course.reads_all).then(by_head).flatten();
                    passed.unwrap_or_else(|| read(slice))
                })
                .collect();
            for (index, document) in piece.clone().zip(documents) {
                self.take(index, document)?;
            }
            (course.progress)(slices[piece].iter().map(|slice| slice.range().len()).sum());
        }
        // A text is changed only if all of it can be read.
        if self.changed {
            let unread = self.by_head.par_iter().map(|index| read(&slices[*index]));
            let refused = unread.filter_map(|document| document.refusal.or(document.foreign));
            self.refusals.par_extend(refused);
        }
        // Other YAML is none of our business, but kubectl rejects a stream of manifests with such a part.
        if self.has_objects {
            self.refusals.append(&mut self.foreign);
        }
        self.refusals.sort_by_key(|refusal| refusal.at);
        if let Some(refusal) = self.refusals.iter().find(|refusal| refusal.template) {
            return Ok(Err(problem(self.lines, refusal.clone(), None)));
        }
        self.finish().map(Ok)
    }

    /// Takes what became of a document.
    fn take(&mut self, index: usize, mut document: document::Outcome) -> io::Result<()> {
        self.refusals.extend(document.refusal.take());
        self.foreign.extend(document.foreign.take());
        self.has_objects |= document.has_objects();
        self.exceptions.append(&mut document.exceptions);
        if document.by_head {
            self.by_head.push(index);
        }
        let mut edits = Vec::new();
        document.report(index, self.lines, false, &mut self.file, &mut edits);
        if !self.keeps_objects {
            // Of objects that cannot be changed the changes are still there.
            for object in self.file.objects.drain(..) {
                for located in &object.changes {
                    self.file.counted.add(&located.change);
                }
            }
        }
        self.write(&edits)
    }

    fn write(&mut self, edits: &[TextEdit]) -> io::Result<()> {
        for edit in edits {
            self.changed = true;
            if edit.start < self.written {
                return Err(io::Error::other("two edits overlap"));
            }
            self.after.push(&self.text[self.written..edit.start])?;
            self.after.push(&edit.text)?;
            self.written = edit.end;
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<(FileReport, BTreeSet<usize>)> {
        if !self.refusals.is_empty() {
            let refusals = self.refusals.drain(..);
            let problems: Vec<Problem> = refusals
                .map(|refusal| problem(self.lines, refusal, None))
                .collect();
            self.file.problems.extend(problems);
            self.file
                .problems
                .sort_by_key(|problem| problem.position.map(|it| (it.line, it.column)));
            self.file.withdraw(document::NOT_WRITTEN);
        } else if self.changed {
            self.after.push(&self.text[self.written..])?;
            self.file.status = Status::Changed;
            match self.after {
                Sink::Memory(text) => self.file.after = Some(text),
                Sink::File(mut file) => {
                    file.seek(SeekFrom::Start(0))?;
                    self.file.spooled = Some(file);
                }
            }
        }
        if !self.changed && !self.file.problems.is_empty() {
            self.file.status = Status::Refused;
        }
        Ok((self.file, self.exceptions))
    }
}

/// Runs of documents that are in work together.
fn pieces(slices: &[Slice]) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (index, slice) in slices.iter().enumerate() {
        bytes += slice.range().len();
        match pieces.last_mut() {
            Some(piece) if bytes <= PIECE => piece.end = index + 1,
            _ => {
                bytes = slice.range().len();
                pieces.push(index..index + 1);
            }
        }
    }
    pieces
}
