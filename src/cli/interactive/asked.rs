//! The questions that a plan gives rise to.

use crate::answers::Answers;
use crate::change::Change;
use crate::report::{FileReport, ObjectReport};
use crate::workload::Identity;

/// Changes of one transform that stand or fall together.
pub(super) struct Asked {
    /// The index of the input that the answer is about.
    pub(super) input: usize,
    pub(super) parts: Vec<Part>,
}

/// One change, and the object that it concerns.
pub(super) struct Part {
    pub(super) object: Identity,
    pub(super) label: String,
    /// `file:line`.
    pub(super) place: String,
    pub(super) change: Change,
    pub(super) created: bool,
    /// The document that holds the object, by index, and the object's place in it.
    pub(super) document: usize,
    pub(super) pointer: String,
    /// The text of a new object, or of the object's only change.
    text: Option<String>,
}

impl Asked {
    pub(super) fn transform(&self) -> &'static str {
        self.parts[0].change.transform
    }

    /// The changes, as they are remembered.
    pub(super) fn changes(&self) -> Vec<Change> {
        self.parts.iter().map(|part| part.change.clone()).collect()
    }

    /// The objects, each once.
    pub(super) fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = self.parts.iter().map(|part| part.label.clone()).collect();
        labels.dedup();
        labels
    }

    /// The texts of new objects, if all are new.
    pub(super) fn new_texts(&self) -> Option<Vec<&str>> {
        let texts = self.parts.iter().filter(|part| part.created);
        let texts: Vec<&str> = texts.filter_map(|part| part.text.as_deref()).collect();
        (texts.len() == self.parts.len()).then_some(texts)
    }

    pub(super) fn record(&self, answers: &mut Answers, accepted: bool) {
        for part in &self.parts {
            answers.record(&part.object, &part.change, accepted);
        }
    }

    /// Tells whether a plan still makes any of the changes.
    pub(super) fn is_in(&self, plan: &[(usize, FileReport)]) -> bool {
        let mut made = made(plan);
        made.any(|(input, object, change)| {
            let same = |part: &Part| {
                part.object == identity(object)
                    && part.change.transform == change.transform
                    && part.change.pointer == change.pointer
            };
            input == self.input && self.parts.iter().any(same)
        })
    }
}

/// The applied changes of a plan, each as it is remembered. What lists a new file is no change of its own.
fn made(plan: &[(usize, FileReport)]) -> impl Iterator<Item = (usize, &ObjectReport, Change)> {
    let objects = plan
        .iter()
        .flat_map(|(input, file)| file.objects.iter().map(move |object| (*input, object)));
    objects.flat_map(|(input, object)| {
        let applied = object.changes.iter().map(|located| &located.change);
        let applied = applied.filter(|change| change.is_applied() && !lists(object, change));
        applied.map(move |change| (input, object, remembered(object, change)))
    })
}

/// Where a new object goes may change from plan to plan.
fn remembered(object: &ObjectReport, change: &Change) -> Change {
    let mut change = change.clone();
    if object.created {
        change.pointer.clear();
    }
    change
}

fn lists(object: &ObjectReport, change: &Change) -> bool {
    object.kind == "Kustomization" && change.pointer == "/resources/-"
}

/// What an object is, from its report.
pub(super) fn identity(object: &ObjectReport) -> Identity {
    Identity {
        api_version: object.api_version.clone(),
        kind: object.kind.clone(),
        namespace: object.namespace.clone(),
        name: object.name.clone(),
    }
}

/// How many changes of a plan were accepted.
pub(super) fn accepted(plan: &[(usize, FileReport)], answers: &[Answers]) -> usize {
    let is_accepted = |(input, object, change): &(usize, &ObjectReport, Change)| {
        answers[*input].accepts(&identity(object), change)
    };
    made(plan).filter(is_accepted).count()
}

/// What is still to be asked about a plan.
pub(super) fn questions(plan: &[(usize, FileReport)], answers: &[Answers]) -> Vec<Asked> {
    let mut questions: Vec<Asked> = Vec::new();
    for (input, file) in plan {
        for object in &file.objects {
            let changes = object.changes.iter();
            let changes = changes.filter(|located| located.change.is_applied());
            let alone = changes.clone().count() == 1;
            for located in changes.filter(|located| !lists(object, &located.change)) {
                let part = Part {
                    object: identity(object),
                    label: object.label(),
                    place: format!("{}:{}", file.path, located.line),
                    change: remembered(object, &located.change),
                    created: object.created,
                    document: object.document,
                    pointer: object.pointer.clone(),
                    text: text(object).filter(|_| alone),
                };
                match questions
                    .last_mut()
                    .filter(|last| joins(last, *input, &part))
                {
                    Some(last) => last.parts.push(part),
                    None => questions.push(Asked {
                        input: *input,
                        parts: vec![part],
                    }),
                }
            }
        }
    }
    let open = |asked: &Asked| {
        let answers = &answers[asked.input];
        let known = |part: &Part| answers.accepts(&part.object, &part.change);
        !asked.parts.iter().all(known)
    };
    questions.retain(open);
    questions
}

/// Tells whether a change stands or falls with those before it: new objects of one transform in one namespace do.
fn joins(last: &Asked, input: usize, part: &Part) -> bool {
    let Some(before) = last.parts.last() else {
        return false;
    };
    let same = before.change.transform == part.change.transform && last.input == input;
    let new = part.created && before.created && before.object.namespace == part.object.namespace;
    let joined = part.change.joined && before.object == part.object;
    same && (new || joined)
}

/// The text of a new object that is a document.
fn text(object: &ObjectReport) -> Option<String> {
    let edit = object.edits.first().filter(|_| object.created)?;
    Some(edit.text.clone()).filter(|_| object.edits.len() == 1)
}
