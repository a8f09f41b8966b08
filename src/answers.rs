//! What a person answered about single changes of a file: `fix --interactive`.

use serde_json::Value;

use crate::change::{Change, HeldBy};
use crate::workload::Identity;

/// The answers about one file.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    answers: Vec<Answer>,
    closed: bool,
}

/// A change, by all that tells it from others, and what was said of it.
#[derive(Debug, Clone)]
struct Answer {
    object: Identity,
    transform: &'static str,
    pointer: String,
    before: Option<Value>,
    after: Option<Value>,
    accepted: bool,
}

impl Answers {
    /// Records an answer; it replaces an earlier one about the same place.
    pub fn record(&mut self, object: &Identity, change: &Change, accepted: bool) {
        self.answers.retain(|answer| {
            !answer.is_about(
                object,
                change.transform,
                &change.pointer,
                change.before.as_ref(),
            )
        });
        self.answers.push(Answer {
            object: object.clone(),
            transform: change.transform,
            pointer: change.pointer.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            accepted,
        });
    }

    /// From here on only what was accepted is done, and that only as it was shown.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Tells whether a change was accepted as it is now.
    #[must_use]
    pub fn accepts(&self, object: &Identity, change: &Change) -> bool {
        let answer = self.find(
            object,
            change.transform,
            &change.pointer,
            change.before.as_ref(),
        );
        answer.is_some_and(|answer| answer.accepted && answer.after == change.after)
    }

    /// Tells whether anything was accepted.
    #[must_use]
    pub fn accept_any(&self) -> bool {
        self.answers.iter().any(|answer| answer.accepted)
    }

    /// What the answers hold back of a change; `None` as well where nothing was said and more may be asked.
    #[must_use]
    pub(crate) fn hold(
        &self,
        object: &Identity,
        transform: &str,
        (pointer, before, after): (&str, Option<&Value>, Option<&Value>),
    ) -> Option<(HeldBy, String)> {
        let why = match self.find(object, transform, pointer, before) {
            Some(answer) if !answer.accepted => "you left it out",
            Some(answer) if !self.closed || answer.after.as_ref() == after => return None,
            None if !self.closed => return None,
            _ => "you were not asked about it",
        };
        Some((HeldBy::Declined, why.to_owned()))
    }

    /// Tells whether anything was said of a place.
    pub(crate) fn know(
        &self,
        object: &Identity,
        transform: &str,
        pointer: &str,
        before: Option<&Value>,
    ) -> bool {
        self.find(object, transform, pointer, before).is_some()
    }

    fn find(
        &self,
        object: &Identity,
        transform: &str,
        pointer: &str,
        before: Option<&Value>,
    ) -> Option<&Answer> {
        let mut answers = self.answers.iter();
        answers.find(|answer| answer.is_about(object, transform, pointer, before))
    }
}

impl Answer {
    fn is_about(
        &self,
        object: &Identity,
        transform: &str,
        pointer: &str,
        before: Option<&Value>,
    ) -> bool {
        self.transform == transform
            && self.pointer == pointer
            && self.object == *object
            && self.before.as_ref() == before
    }
}
