//! What a proof by value cannot see: the bytes that say nothing but are the author's.
//!
//! `prove` compares what the texts say. Line ends, blank lines and indentation may change without
//! changing that, so each edit is looked at too.

use super::{Document, Refusal, TextEdit, check_bytes};

impl Document<'_> {
    /// Checks that edits touch nothing but what they change. `new` is the text of the document after them.
    ///
    /// # Errors
    /// What would be lost, and where.
    pub fn prove_bytes(&self, edits: &[TextEdit], new: &str) -> Result<(), Refusal> {
        let help = "the document is left as it was; please report it as a bug of kubetemper";
        // What goes takes the white space around it along: comments move, and blank lines with them.
        let only_adds = edits
            .iter()
            .all(|edit| words(&self.source[edit.start..edit.end]).next().is_none());
        for edit in edits.iter().filter(|_| only_adds) {
            if words(&edit.text).next().is_none() {
                let reason = "white space would change where nothing else does";
                return Err(Refusal::new(edit.start, reason, help));
            }
        }
        // A text with both kinds gets more of the kind that its file begins with, and of no other.
        let (old, after) = (Breaks::of(&self.source[self.range()]), Breaks::of(new));
        let mixed = match self.newline {
            "\r\n" => after.lf > old.lf,
            _ => after.crlf > old.crlf,
        };
        let start = self.range.start;
        if mixed {
            let reason = "the line ends would become mixed";
            return Err(Refusal::new(start, reason, help));
        }
        check_bytes(new, &(0..new.len())).map_err(|refusal| {
            let reason = format!("the new text would be refused itself: {}", refusal.reason);
            Refusal::new(start, &reason, help)
        })
    }
}

/// What is left of a text without white space and byte order marks.
fn words(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|c| !(c.is_whitespace() || *c == '\u{feff}'))
}

/// How many lines of a text end in which way.
struct Breaks {
    lf: usize,
    crlf: usize,
}

impl Breaks {
    fn of(text: &str) -> Self {
        let crlf = text.matches("\r\n").count();
        Self {
            lf: text.matches('\n').count() - crlf,
            crlf,
        }
    }
}
