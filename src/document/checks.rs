//! Proves what became of a document, and finds what in it is of no use.

use std::collections::BTreeSet;

use crate::engine::{self, Scope};
use crate::exempt::{self, ANNOTATION, Exemption, Origin};
use crate::guards::Wish;
use crate::planned::Planned;
use crate::report::label;
use crate::yaml::{self, Document, Refusal, TextEdit};

/// Turns the applied changes of a document into edits, and proves that they do what they should.
pub(super) fn prove(
    document: &Document<'_>,
    text: &str,
    planned: &Planned<'_>,
    (scope, wishes): (Scope<'_>, &[&Wish]),
) -> Result<Vec<TextEdit>, Refusal> {
    let bug = |reason: String| Refusal {
        at: document.range().start,
        reason,
        help: "the document is left as it was; please report it as a bug of kubetemper".to_owned(),
        template: false,
    };
    let notes = wishes.iter().find(|wish| !wish.notes.is_empty());
    let anew = notes.and_then(|wish| document.written_anew(&planned.value, &wish.notes));
    let is_anew = anew.is_some();
    let edits = match anew {
        Some(edit) => vec![edit],
        None => document.edits(&planned.value)?,
    };
    #[cfg(test)]
    let edits = super::planted::wrong(text, edits);
    let new = yaml::splice(text, document.range(), &edits)?;
    let present = document.comments().filter(|_| !is_anew);
    let present = present.map(|(_, comment)| comment);
    let lines = new.lines().map(str::trim_start).filter(|_| is_anew);
    let comments = present.chain(lines.filter(|line| line.starts_with('#')));
    yaml::prove(&new, &planned.value, comments).map_err(|reason| {
        let refusal = bug(reason);
        if yaml::read_leniently(&text[document.range()]).is_some() {
            return refusal;
        }
        Refusal {
            help: "the document is left as it was, for not every parser takes it as it is: write this place more plainly"
                .to_owned(),
            ..refusal
        }
    })?;
    document.prove_bytes(&edits, &new)?;
    // What a keep comment is about may have moved, and the next run reads the comments anew.
    let keeps = if scope.keeps.is_empty() {
        Vec::new()
    } else {
        keeps(&new)?
    };
    let scope = Scope {
        keeps: &keeps,
        ..scope
    };
    let chosen = scope.settings.answers.leave_out_any();
    if !chosen && engine::would_change(&planned.value, scope) {
        return Err(bug(
            "a second run would change the document again".to_owned()
        ));
    }
    Ok(edits)
}

/// The keep comments of a document that stands alone in its text.
fn keeps(text: &str) -> Result<Vec<Exemption>, Refusal> {
    let mut keeps = Vec::new();
    for slice in yaml::split(text)? {
        keeps.extend(exempt::comments(&Document::parse(text, &slice)?));
    }
    Ok(keeps)
}

/// The objects whose values have types that Kubernetes rejects, so that a change has no place.
pub(super) fn refused(document: &Document<'_>, planned: &Planned<'_>) -> Vec<(String, Refusal)> {
    let objects = planned
        .objects
        .iter()
        .filter_map(|object| Some((object, object.refusal.as_ref()?)));
    objects
        .map(|(object, (pointer, reason))| {
            let identity = &object.identity;
            let label = label(
                &identity.kind,
                identity.namespace.as_deref(),
                identity.name.as_deref(),
            );
            let refusal = Refusal {
                at: document.locate(pointer).start,
                reason: reason.clone(),
                help:
                    "the object is left as it was; give the field the type that Kubernetes asks for"
                        .to_owned(),
                template: false,
            };
            (label, refusal)
        })
        .collect()
}

/// The keeps that kept nothing, with their places.
pub(super) fn stale(document: &Document<'_>, planned: &Planned<'_>) -> Vec<(usize, String)> {
    let unused = planned.exemptions.difference(&planned.used);
    unused
        .filter_map(|origin| match origin {
            Origin::Comment(at) => Some((*at, "this keep comment keeps nothing".to_owned())),
            Origin::Annotation(pointer, entry) => {
                let place = format!(
                    "{pointer}/metadata/annotations/{}",
                    ANNOTATION.replace('/', "~1")
                );
                Some((
                    document.locate(&place).start,
                    format!("`{entry}` in the annotation {ANNOTATION} keeps nothing"),
                ))
            }
            Origin::Exception(_) => None,
        })
        .collect()
}

pub(super) fn exceptions(planned: &Planned<'_>) -> BTreeSet<usize> {
    let index = |origin: &Origin| {
        if let Origin::Exception(index) = origin {
            Some(*index)
        } else {
            None
        }
    };
    planned.exemptions.iter().filter_map(index).collect()
}
