//! The index of a document: where everything stands, and that the second parser reads the same.

use kubetemper::yaml::{self, Document, Lines, Refusal};

use super::text::pointers;

/// Splits and reads any text.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let slices = yaml::split(text).expect("a short text can be split");
    let mut end = 0;
    for slice in &slices {
        let range = slice.range();
        assert!(end <= range.start && range.end <= text.len(), "{range:?}");
        end = range.end;
        match Document::parse(text, slice) {
            Ok(document) => self::document(text, &document),
            Err(refusal) => self::refusal(text, &refusal),
        }
    }
}

fn document(text: &str, document: &Document<'_>) {
    let (range, value) = (document.range(), document.value());
    let none = document.edits(value).expect("what is there can be said");
    assert!(none.is_empty(), "edits that change nothing: {none:?}");
    let mut end = range.start;
    for (at, comment) in document.comments() {
        assert!(end <= at && at + comment.len() <= range.end, "{comment:?}");
        assert!(text[at..].starts_with(comment) && comment.starts_with('#'));
        end = at + comment.len();
        let _ = document.pointer_at(at);
    }
    for pointer in pointers(value) {
        let place = document.locate(&pointer);
        assert!(text.get(place.clone()).is_some(), "{pointer} at {place:?}");
        assert!(range.start <= place.start && place.end <= range.end);
    }
    let part = &text[range];
    let comments = document.comments().map(|(_, comment)| comment);
    // It is stricter about directives and the like: then an edit would be refused.
    let proof = yaml::prove(part, value, comments);
    if let Some(error) = proof
        .err()
        .filter(|error| !error.contains("does not parse"))
    {
        panic!("the second parser: {error}\n{part}\n{value}");
    }
    let slices = yaml::split(part).expect("a part can be split");
    let [slice] = slices.as_slice() else {
        panic!("alone it is {} documents: {part:?}", slices.len());
    };
    let alone = Document::parse(part, slice).map(|document| document.value().clone());
    assert_eq!(alone.as_ref(), Ok(value), "alone: {part:?}");
}

/// A refusal says where, why and what to do.
fn refusal(text: &str, refusal: &Refusal) {
    assert!(refusal.at <= text.len());
    assert!(!refusal.reason.is_empty() && !refusal.help.is_empty());
    let position = Lines::new(text).position(refusal.at);
    assert!(position.line > 0 && position.column > 0);
}
