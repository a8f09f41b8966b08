//! The patch of each object gives what the text gives, whatever the manifest and its style.

use std::slice;

use kubetemper::emit;
use kubetemper::report::FileReport;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use crate::{fail, parse};

/// Applies the patches, read from their printed form, to the objects as they were.
pub fn give_the_result(
    before: &[Value],
    report: &FileReport,
    after: &str,
) -> Result<(), TestCaseError> {
    let patches = emit::patches(slice::from_ref(report));
    let changed = report.objects.iter().filter(|object| {
        let mut changes = object.changes.iter();
        changes.any(|located| located.change.is_applied())
    });
    let named = changed.filter(|object| object.name.is_some()).count();
    let withheld = &patches.withheld;
    prop_assert_eq!(patches.patches.len(), named, "{:?}\n{}", withheld, after);
    let documents = parse(after)?;
    for patch in &patches.patches {
        let object = patch.object;
        let at = |document: &Value| document.pointer(&object.pointer).cloned();
        let mut value = at(&before[object.document]).unwrap_or_default();
        let text = emit::patch_file(&patch.operations);
        let read: json_patch::Patch = serde_json::from_str(&text).unwrap();
        json_patch::patch(&mut value, &read).map_err(|error| fail(format!("{error}\n{text}")))?;
        let wanted = at(documents[object.document].value());
        prop_assert_eq!(Some(value), wanted, "\n{}\n{}", text, after);
    }
    Ok(())
}
