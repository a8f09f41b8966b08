//! Any change of any value, in any style, can be made in the text, with proof.

use std::cell::RefCell;
use std::collections::BTreeMap;

use kubetemper::yaml::{self, Document};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use crate::print::{self, Printed};
use crate::{fail, generate, mutate, parse, reads_back, runner, style};

/// What the editor may refuse by design: words of the refusal. kubectl's reader adds a line break to a
/// `|+` at the end of a file, so nothing can be written after it without changing its value.
const BY_DESIGN: [&str; 1] = ["the file ends in a block scalar that keeps its line breaks"];

/// Counts of what became of the documents.
type Counts = RefCell<BTreeMap<String, u32>>;

fn count(counts: &Counts, what: &str) {
    *counts.borrow_mut().entry(what.to_owned()).or_default() += 1;
}

/// Makes one document of a text say `wanted`; `None` where that is refused by design.
fn edit(
    text: &str,
    document: &Document<'_>,
    wanted: &Value,
    counts: &Counts,
) -> Result<Option<String>, TestCaseError> {
    let edits = match document.edits(wanted) {
        Ok(edits) => edits,
        Err(refusal) => {
            count(counts, &refusal.reason);
            let by_design = BY_DESIGN
                .iter()
                .any(|reason| refusal.reason.contains(reason));
            return if by_design {
                Ok(None)
            } else {
                Err(fail(format!("{refusal}\n{text}\nwanted {wanted}")))
            };
        }
    };
    let new = yaml::splice(text, document.range(), &edits)
        .map_err(|refusal| fail(format!("{refusal}\n{text}\nwanted {wanted}\n{edits:?}")))?;
    yaml::prove(
        &new,
        wanted,
        document.comments().map(|(_, comment)| comment),
    )
    .map_err(|error| {
        fail(format!(
            "{error}\n{text}\n--- became\n{new}\n--- wanted {wanted}"
        ))
    })?;
    document
        .prove_bytes(&edits, &new)
        .map_err(|refusal| fail(format!("{refusal}\n{text}\n--- became\n{new}")))?;
    count(counts, "edited");
    Ok(Some(new))
}

fn check(
    printed: &Printed,
    mutations: &[mutate::Mutation],
    counts: &Counts,
) -> Result<(), TestCaseError> {
    let text = &printed.text;
    let mut after = String::new();
    let mut wanted = Vec::new();
    for document in parse(text)? {
        let mut value = document.value().clone();
        for mutation in mutations {
            let before = value.clone();
            mutation.apply(&mut value);
            if value == serde_json::json!({}) || value == serde_json::json!([]) {
                // The last entry of the root stays: to empty a document is to replace it.
                value = before;
            }
        }
        if let Some(new) = edit(text, &document, &value, counts)? {
            after.push_str(&new);
            wanted.push(value);
        } else {
            after.push_str(&text[document.range()]);
            wanted.push(document.value().clone());
        }
    }
    if text.starts_with('\u{feff}') {
        after.insert(0, '\u{feff}');
    }
    // The first reader agrees with the second, and what was written can be edited back.
    let result = Printed {
        text: after,
        values: wanted,
        comments: printed.comments.clone(),
    };
    reads_back(&result)?;
    for (document, value) in parse(&result.text)?.iter().zip(&printed.values) {
        prop_assert!(
            document
                .edits(document.value())
                .is_ok_and(|edits| edits.is_empty())
        );
        edit(&result.text, document, value, counts)?;
    }
    Ok(())
}

#[test]
fn any_change_can_be_made() {
    let counts = Counts::default();
    let values = vec(
        prop_oneof![generate::manifests(), generate::any_document()],
        1..3,
    );
    let input = (values, style::styles(), mutate::mutations());
    let result = runner(700).run(&input, |(values, style, mutations)| {
        check(&print::print(&values, &style), &mutations, &counts)
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let counts = counts.into_inner();
    let total: u32 = counts.values().sum();
    for (what, count) in &counts {
        println!("share {what}: {count} of {total}");
        assert!(
            what == "edited" || count * 100 <= total,
            "{what}: {count} of {total}"
        );
    }
}
