//! A `ResourceList` on standard input: the configuration in it, the results that go back.

use kubetemper::cluster::Cluster;
use kubetemper::krm::{ResourceList, field_path};
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::settings::Settings;
use serde_json::{Value, json};

use super::{harden, text};

/// Reads a list, hardens it and answers.
pub(super) fn check(data: &[u8]) {
    let Some(([], text)) = text::header::<0>(data) else {
        return;
    };
    let Some(list) = ResourceList::read(text) else {
        return;
    };
    let mut settings = Settings::default();
    match list.configuration() {
        Ok(file) => {
            if let Some(file) = file {
                file.spec.apply(&mut settings);
            }
        }
        Err(error) => {
            assert!(!error.reason.is_empty());
            return;
        }
    }
    let _ = list.is_for_generator();
    let source = Source {
        path: "-".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    let Outcome::Report(report, _) = pipeline::harden(source, &settings, &Cluster::default())
    else {
        return;
    };
    harden::sensible(&report);
    let changes = report.objects.iter().flat_map(|object| &object.changes);
    let results = changes.map(|located| {
        let pointer = &located.change.pointer;
        json!({"message": located.change.reason, "field": {"path": field_path(pointer)}, "file": list.file(pointer)})
    });
    answer(
        report.after.as_ref().unwrap_or(&report.before),
        results.take(5).collect(),
    );
    answer(text, Vec::new());
}

/// Results stand in the list, and all else is as it was.
fn answer(text: &str, results: Vec<Value>) {
    let Some(list) = ResourceList::read(text) else {
        panic!("no list any more\n{text}");
    };
    let Ok(answer) = list.with_results(results.clone()) else {
        return;
    };
    let value = |text: &str| -> Value {
        let documents = text::documents(text);
        let mut values = documents
            .iter()
            .flatten()
            .map(|document| document.value().clone());
        values.find(|value| !value.is_null()).unwrap_or_default()
    };
    let (mut before, mut after) = (value(text), value(&answer));
    let given = after
        .as_object_mut()
        .and_then(|map| map.shift_remove("results"));
    before
        .as_object_mut()
        .map(|map| map.shift_remove("results"));
    assert_eq!(after, before, "{answer}");
    let wanted = (!results.is_empty()).then_some(Value::Array(results));
    assert_eq!(given, wanted, "{answer}");
}
