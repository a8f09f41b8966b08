//! `render` as a KRM function: a `ResourceList` on standard input is answered with one, results included.
//!
//! kustomize shows its users standard error only, and kpt the results: both are told.

use serde_json::{Map, Value, json};

use super::demand::miss;
use super::run::{self, Run};
use super::{Exit, Options};
use crate::change::{Change, Fate};
use crate::emit;
use crate::krm::{ResourceList, field_path};
use crate::report::{LocatedChange, ObjectReport, Problem, label};

/// What a function answers.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) exit: Exit,
}

/// The answer to a `ResourceList`; `None` when standard input was anything else.
///
/// When anything is wrong all items go back as they came, since an item that is missing in the answer is deleted.
pub(super) fn answer(run: &Run, options: &Options, exit: Exit) -> Option<Answer> {
    let ([file], [None]) = (run.report.files.as_slice(), run.paths.as_slice()) else {
        return None;
    };
    let list = ResourceList::read(&file.before)?;
    let generator = list.is_for_generator();
    let exit = match exit {
        _ if generator && options.strict_config => Exit::Failed,
        Exit::Done if run.misses_level() => Exit::Work,
        exit => exit,
    };
    let mut results = problems(&file.problems, "error");
    results.extend(problems(&file.warnings, "warning"));
    results.extend(
        run.misses()
            .map(|(_, object, level)| result("error", &miss(object, level), &identity(object))),
    );
    if generator {
        let text = "kustomize gives a generator no resources: list this configuration under `transformers:`";
        run::say(&format!("warning: {text}"));
        results.push(json!({"message": text, "severity": "warning"}));
    }
    for object in &file.objects {
        say(object, options);
        // What was not done because of an error elsewhere is no result.
        let changes = object
            .changes
            .iter()
            .map(|LocatedChange { change, .. }| change);
        let told = changes.filter(|change| exit == Exit::Done || !change.is_applied());
        results.extend(told.map(|change| of_change(change, object, &list)));
    }
    let text = file.after.as_ref().filter(|_| exit == Exit::Done);
    let text = text.unwrap_or(&file.before);
    let with_results = ResourceList::read(text)
        .map_or_else(|| Ok(text.clone()), |list| list.with_results(results));
    let text = with_results.unwrap_or_else(|refusal| {
        run::say(&format!("warning: {refusal}"));
        text.clone()
    });
    Some(Answer { text, exit })
}

fn problems(problems: &[Problem], severity: &str) -> Vec<Value> {
    let result = |problem: &Problem| {
        let object = problem.object.as_ref().map(|object| format!("{object}: "));
        let object = object.unwrap_or_default();
        json!({
            "message": format!("{object}{}; {}", problem.reason, problem.help),
            "severity": severity,
        })
    };
    problems.iter().map(result).collect()
}

fn result(severity: &str, message: &str, reference: &Value) -> Value {
    json!({"message": message, "severity": severity, "resourceRef": reference})
}

fn identity(object: &ObjectReport) -> Value {
    let mut map = Map::new();
    let mut insert = |key: &str, value: Option<&String>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), json!(value));
        }
    };
    insert("apiVersion", Some(&object.api_version));
    insert("kind", Some(&object.kind));
    insert("namespace", object.namespace.as_ref());
    insert("name", object.name.as_ref());
    Value::Object(map)
}

fn of_change(change: &Change, object: &ObjectReport, list: &ResourceList<'_>) -> Value {
    let container = change.container.as_ref();
    let container = container.map_or_else(String::new, |name| format!("container {name}: "));
    let (severity, fate, message) = match &change.fate {
        Fate::Applied => ("info", "applied", change.reason.clone()),
        Fate::Held { by, why } => ("warning", "held", format!("held ({by}): {why}")),
        Fate::Refused(why) => ("error", "refused", why.clone()),
    };
    let message = format!("{}: {container}{message}", change.transform);
    let mut out = result(severity, &message, &identity(object));
    let value = |value: &Option<Value>| {
        let value = value.as_ref();
        value.map_or(Value::Null, |value| emit::masked(&change.pointer, value))
    };
    out["field"] = json!({
        "path": field_path(&change.pointer),
        "currentValue": value(&change.before),
        "proposedValue": value(&change.after),
    });
    if let Some(file) = list.file(&change.pointer) {
        out["file"] = file;
    }
    out["tags"] = json!({
        "transform": change.transform,
        "risk": change.risk.to_string(),
        "fate": fate,
    });
    out
}

/// Says what became of an object, in a line of each severity.
fn say(object: &ObjectReport, options: &Options) {
    let label = label(
        &object.kind,
        object.namespace.as_deref(),
        object.name.as_deref(),
    );
    let changes = || object.changes.iter().map(|located| &located.change);
    let applied = changes().filter(|change| change.is_applied()).count();
    let held: Vec<&Change> = changes()
        .filter(|change| matches!(change.fate, Fate::Held { .. }))
        .collect();
    let plural = |number: usize| if number == 1 { "change" } else { "changes" };
    if applied > 0 && !options.quiet {
        let levels = object.level.as_ref();
        let levels = levels.map_or_else(String::new, |levels| {
            format!(", {} -> {}", levels.before, levels.after)
        });
        run::say(&format!(
            "info: {label}: {applied} {}{levels}",
            plural(applied)
        ));
    }
    if !held.is_empty() && !options.quiet {
        let mut ids: Vec<&str> = held.iter().map(|change| change.transform).collect();
        ids.sort_unstable();
        ids.dedup();
        let number = held.len();
        run::say(&format!(
            "warning: {label}: {number} {} held: {}",
            plural(number),
            ids.join(", ")
        ));
    }
}
