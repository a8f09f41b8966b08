//! Writes a new document in the style of one that is there.

use serde_json::Value;

use super::edit::Editor;
use super::render::{self, Flavour, Lines, Style};
use super::{Document, Refusal, TextEdit, prove, split as cut};
use memchr::memchr;

/// A comment for a new document: what it is about, as a JSON Pointer, and what it says.
pub type Note = (String, String);

/// How a new document is written.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    newline: &'static str,
    style: Style,
    /// In braces, and how those are written.
    flow: Option<Flavour>,
}

impl Default for Manner {
    /// Block style, two columns for each level.
    fn default() -> Self {
        Self {
            newline: "\n",
            style: Style {
                step: None,
                dash: None,
            },
            flow: None,
        }
    }
}

impl Manner {
    /// Tells whether documents are written as JSON, which has room for one only.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.flow
            .is_some_and(|flavour| flavour.notation == render::Notation::Json)
    }

    /// What this document does not show, as another one does it.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.style.step = self.style.step.or(other.style.step);
        self.style.dash = self.style.dash.or(other.style.dash);
        self
    }

    /// Block style with the same line breaks.
    #[must_use]
    pub fn block(self) -> Self {
        Self { flow: None, ..self }
    }

    /// The file's line break.
    #[must_use]
    pub fn newline(&self) -> &'static str {
        self.newline
    }

    /// The text of a new document without `---`, with comments above the lines that they are about.
    ///
    /// # Errors
    /// A text that a second parser would read as something else.
    pub fn print(&self, value: &Value, notes: &[Note]) -> Result<String, Refusal> {
        let mut lines = match (self.flow, value) {
            (Some(flavour), _) => {
                let around = Lines {
                    prefix: "",
                    unit: "  ",
                    newline: "\n",
                };
                let text = render::flow_lines(value, flavour, &around);
                text.lines().map(str::to_owned).collect()
            }
            (None, value) => render::block_at(value, 0, self.style),
        };
        if !self.is_json() {
            comment(&mut lines, notes)?;
        }
        let newline = self.newline;
        let text = lines.join(newline) + newline;
        let comments = lines.iter().map(|line| line.trim_start());
        let comments = comments.filter(|line| line.starts_with('#'));
        prove(&text, value, comments).map_err(|reason| bug(&reason))?;
        Ok(text)
    }
}

impl Document<'_> {
    /// The style of the document, for others that join it.
    #[must_use]
    pub fn manner(&self) -> Manner {
        let editor = Editor::new(self.source, self.newline, &self.index);
        let flow = self.index.flow_root();
        Manner {
            newline: self.newline,
            style: editor.voted_style(),
            flow: flow.and_then(|id| editor.flavour(id)),
        }
    }
}

impl Document<'_> {
    /// The document with another value, written anew with other comments: only one that is as this program wrote it,
    /// but for the comments that tell where its parts come from.
    pub(crate) fn written_anew(&self, value: &Value, notes: &[Note]) -> Option<TextEdit> {
        let manner = self.manner();
        let range = self.range();
        let whole = &self.source[range.clone()];
        let mark = whole.lines().next().filter(|line| line.trim_end() == "---");
        let head = mark.map_or(0, |mark| mark.len() + manner.newline.len());
        let present = whole.get(head..)?;
        let own = |(_, comment): (usize, &str)| is_evidence(comment, notes);
        if manner.is_json() || !self.comments().all(own) {
            return None;
        }
        let lines = present.split_inclusive('\n');
        let bare = lines.filter(|line| !line.trim_start().starts_with('#'));
        let bare = bare.collect::<String>();
        let printed = manner.print(self.value(), &[]).ok()?;
        if bare.trim_end() != printed.trim_end() {
            return None;
        }
        let text = manner.print(value, notes).ok()?;
        let start = range.start + head;
        Some(TextEdit {
            start,
            end: start + present.trim_end().len(),
            text: text.trim_end().to_owned(),
        })
    }
}

/// Tells whether a comment is one of these, or tells the evidence of an earlier run: `peer: object /pointer`.
fn is_evidence(comment: &str, notes: &[Note]) -> bool {
    let text = comment.trim_start_matches('#').trim();
    let names_field = || {
        let place = text
            .split_once(": ")
            .and_then(|(_, it)| it.rsplit_once(' '));
        place.is_some_and(|(object, field)| object.contains('/') && field.starts_with('/'))
    };
    notes.iter().any(|(_, note)| note == text) || names_field()
}

/// Puts comments above the lines that they are about.
fn comment(lines: &mut Vec<String>, notes: &[Note]) -> Result<(), Refusal> {
    let text = lines.join("\n") + "\n";
    let slices = cut(&text)?;
    let [slice] = slices.as_slice() else {
        return Err(bug("a new document would be several"));
    };
    let document = Document::parse(&text, slice)?;
    let place = |pointer: &str| {
        let at = document.locate(pointer).start;
        text[..at].bytes().filter(|byte| *byte == b'\n').count()
    };
    let mut placed: Vec<(usize, String)> = notes
        .iter()
        .map(|(pointer, note)| {
            let line = place(pointer);
            let column = lines[line].len() - lines[line].trim_start().len();
            let note: String = note
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            (line, format!("{:column$}# {}", "", note.trim()))
        })
        .collect();
    placed.sort_by_key(|(line, _)| *line);
    for (line, note) in placed.into_iter().rev() {
        lines.insert(line, note);
    }
    Ok(())
}

fn bug(reason: &str) -> Refusal {
    Refusal::new(0, reason, "please report it as a bug of kubetemper")
}

/// The line break of a text.
pub(super) fn newline(source: &str) -> &'static str {
    match memchr(b'\n', source.as_bytes()) {
        Some(at) if at > 0 && source.as_bytes()[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn like(source: &str, value: &Value, notes: &[Note]) -> String {
        let slices = cut(source).expect("text");
        let document = Document::parse(source, &slices[0]).expect("document");
        document.manner().print(value, notes).expect("text")
    }

    #[test]
    fn in_the_style_of_the_neighbour() {
        let value = json!({"kind": "X", "spec": {"list": [{"a": 1, "b": "yes"}]}});
        let notes = [("/spec/list/0/b".to_owned(), "why\nb".to_owned())];
        assert_eq!(
            like("a:\n    b:\n      - c\n", &value, &notes),
            "kind: X\nspec:\n    list:\n      - a: 1\n        # why b\n        b: \"yes\"\n"
        );
        assert_eq!(
            like("a: 1\r\n", &value, &[]),
            "kind: X\r\nspec:\r\n  list:\r\n  - a: 1\r\n    b: \"yes\"\r\n"
        );
        assert_eq!(
            like("{a: \"b\", c: \"d\"}\n", &json!({"kind": "X"}), &[]),
            "{\n  kind: \"X\"\n}\n"
        );
    }
}
