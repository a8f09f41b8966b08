//! What a person answered about single changes of a file: `fix --interactive`.

use serde_json::Value;

use crate::change::{Change, HeldBy};
use crate::workload::Identity;

/// The answers about one file.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    answers: Vec<(Key, Option<Value>, bool)>,
    closed: bool,
}

/// What tells a change of a file from others.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    object: Identity,
    transform: String,
    pointer: String,
    before: Option<Value>,
    /// What is put at the end of a list: several changes of one transform may do so.
    item: Option<Value>,
}

impl Key {
    fn new(object: &Identity, transform: &str, wish: Wish<'_>) -> Self {
        let item = wish.after.filter(|_| wish.pointer.ends_with("/-"));
        Self {
            object: object.clone(),
            transform: transform.to_owned(),
            pointer: wish.pointer.to_owned(),
            before: wish.before.cloned(),
            item: item.cloned(),
        }
    }
}

/// What is wanted of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) pointer: &'a str,
    pub(crate) before: Option<&'a Value>,
    pub(crate) after: Option<&'a Value>,
}

impl<'a> From<&'a Change> for Wish<'a> {
    fn from(change: &'a Change) -> Self {
        Self {
            pointer: &change.pointer,
            before: change.before.as_ref(),
            after: change.after.as_ref(),
        }
    }
}

impl Answers {
    /// Records an answer; it replaces an earlier one about the same place.
    pub fn record(&mut self, object: &Identity, change: &Change, accepted: bool) {
        let key = Key::new(object, change.transform, change.into());
        self.answers.retain(|(other, ..)| *other != key);
        self.answers.push((key, change.after.clone(), accepted));
    }

    /// From here on only what was accepted is done, and that only as it was shown.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Tells whether a change was accepted as it is now.
    #[must_use]
    pub fn accepts(&self, object: &Identity, change: &Change) -> bool {
        let answer = self.find(object, change.transform, change.into());
        answer.is_some_and(|(after, accepted)| accepted && *after == change.after)
    }

    /// Tells whether anything was accepted.
    #[must_use]
    pub fn accept_any(&self) -> bool {
        self.answers.iter().any(|(.., accepted)| *accepted)
    }

    /// Tells whether anything was left out: the next run proposes it again, in this place or another one.
    #[must_use]
    pub fn leave_out_any(&self) -> bool {
        self.answers.iter().any(|(.., accepted)| !accepted)
    }

    /// What the answers hold back of a change; `None` as well where nothing was said and more may be asked.
    #[must_use]
    pub(crate) fn hold(
        &self,
        object: &Identity,
        transform: &str,
        wish: Wish<'_>,
    ) -> Option<(HeldBy, String)> {
        let why = match self.find(object, transform, wish) {
            Some((_, false)) => "you left it out",
            Some((after, true)) if !self.closed || after.as_ref() == wish.after => return None,
            None if !self.closed => return None,
            _ => "you were not asked about it",
        };
        Some((HeldBy::Declined, why.to_owned()))
    }

    /// Tells whether anything was said of an object that is to be made.
    pub(crate) fn know_new(&self, object: &Identity, transform: &str) -> bool {
        let wish = Wish {
            pointer: "",
            before: None,
            after: None,
        };
        self.find(object, transform, wish).is_some()
    }

    fn find(
        &self,
        object: &Identity,
        transform: &str,
        wish: Wish<'_>,
    ) -> Option<(&Option<Value>, bool)> {
        if self.answers.is_empty() {
            return None;
        }
        let key = Key::new(object, transform, wish);
        let answer = self.answers.iter().find(|(other, ..)| *other == key);
        answer.map(|(_, after, accepted)| (after, *accepted))
    }
}
