//! Any change of any value: made in the text with proof, or refused.

use kubetemper::yaml::{self, Document};
use serde_json::Value;

use super::mutation::mutate;
use super::text;

/// Three changes of six bytes each.
pub(super) const HEADER: usize = 18;

/// Makes the changes that the header describes in every document of a text.
pub(super) fn check(data: &[u8]) {
    let Some((header, text)) = text::header::<HEADER>(data) else {
        return;
    };
    // Each is looked at within the whole text.
    for document in text::documents(text).into_iter().flatten().take(16) {
        let old = document.value();
        let mut wanted = old.clone();
        for change in header.chunks_exact(6).filter(|change| change[5] != 0) {
            mutate(&mut wanted, &change[..4], change[4], change[5]);
        }
        let is_collection = wanted.is_object() || wanted.is_array();
        // To empty a document is to replace it.
        if is_collection
            && wanted != Value::Array(Vec::new())
            && wanted != Value::Object(serde_json::Map::new())
        {
            make(text, &document, &wanted);
        }
    }
}

fn make(text: &str, document: &Document<'_>, wanted: &Value) {
    let Ok(edits) = document.edits(wanted) else {
        return;
    };
    let range = document.range();
    let new = yaml::splice(text, range.clone(), &edits).expect("edits do not overlap");
    let comments: Vec<&str> = document.comments().map(|(_, comment)| comment).collect();
    // What the second parser does not take as it is cannot be edited with proof.
    if yaml::read_leniently(&text[range.clone()]).is_none() {
        return;
    }
    if let Err(error) = yaml::prove(&new, wanted, comments.iter().copied()) {
        panic!(
            "{error}\n{}\n--- became\n{new}\n--- wanted {wanted}",
            &text[range]
        );
    }
    let whole = [&text[..range.start], &new, &text[range.end..]].concat();
    let slices = yaml::split(&whole).expect("a short text can be split");
    let slice = slices
        .iter()
        .find(|slice| slice.range().start == range.start);
    let slice = slice.unwrap_or_else(|| panic!("the document is gone\n{whole}"));
    let again = match Document::parse(&whole, slice) {
        Ok(again) => again,
        Err(refusal) => panic!("the result cannot be read: {refusal}\n{whole}"),
    };
    assert_eq!(again.value(), wanted, "the first parser\n{whole}");
    let left = again.edits(wanted).expect("what is there can be said");
    assert!(left.is_empty(), "not all was written: {left:?}\n{whole}");
}
