//! Runs the editing core on the reference material beside the repository, where that is present.
//!
//! On a fresh clone there is nothing to run; the project's own cases are in the other tests.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "reference/recordings.rs"]
mod recordings;

use std::path::Path;

use kubetemper::change::Fate;
use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::pod_security::{self, Level, Version};
use kubetemper::report::FileReport;
use kubetemper::settings::{Override, Profile, Settings};
use kubetemper::workload;
use kubetemper::yaml::{self, Document};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

fn main() {
    let mut trials = Vec::new();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if let Ok(text) = std::fs::read_to_string(shared.join("reference/yaml-edit-cases.json")) {
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in cases {
            let name = format!("edit/{}", case["name"].as_str().unwrap());
            trials.push(Trial::test(name, move || edit_case(&case)));
        }
    }
    if let Ok(text) = std::fs::read_to_string(shared.join("reference/kubernetes-yaml-scalars.json"))
    {
        let table: Value = serde_json::from_str(&text).unwrap();
        for case in table["scalars"].as_array().unwrap().clone() {
            trials.push(Trial::test(
                format!("scalar/{}", case["scalar"]),
                move || scalar_case(&case),
            ));
        }
    }
    if let Ok(text) = std::fs::read_to_string(shared.join("reference/kubernetes-yaml-suite.json")) {
        let table: Value = serde_json::from_str(&text).unwrap();
        for case in table["cases"].as_array().unwrap().clone() {
            let name = case["case"].as_str().unwrap().to_owned();
            let path = shared.join("yaml-test-suite").join(&name).join("in.yaml");
            let path = if path.exists() {
                path
            } else {
                shared.join("yaml-test-suite").join(format!("{name}.yaml"))
            };
            let Ok(input) = std::fs::read_to_string(&path) else {
                continue;
            };
            trials.push(Trial::test(format!("suite/{name}"), move || {
                suite_case(&input, &case)
            }));
        }
    }
    trials.extend(recordings::all(&shared));
    for level in [Level::Baseline, Level::Restricted] {
        for verdict in ["pass", "fail"] {
            trials.extend(fixtures(&shared, level, verdict));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The upstream fixtures of the Pod Security admission, Kubernetes 1.36.
fn fixtures(shared: &Path, level: Level, verdict: &'static str) -> Vec<Trial> {
    let folder =
        format!("corpus/kubernetes+pod-security-admission/test/testdata/{level}/v1.36/{verdict}");
    let Ok(files) = std::fs::read_dir(shared.join(folder)) else {
        return Vec::new();
    };
    let mut trials = Vec::new();
    for path in files.map(|file| file.unwrap().path()) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let trial = format!("pod-security/{level}/{verdict}/{name}");
        let harden = {
            let text = text.clone();
            move || match verdict {
                "pass" => left_alone(&text),
                _ => raised(&text, level),
            }
        };
        trials.push(Trial::test(format!("harden/{trial}"), harden));
        trials.push(Trial::test(trial, move || {
            fixture(&text, &name, level, verdict == "pass")
        }));
    }
    trials
}

fn fixture(text: &str, name: &str, level: Level, passes: bool) -> Result<(), Failed> {
    let documents = parse(text)?;
    let document = documents
        .iter()
        .map(Document::value)
        .find(|value| value.is_object())
        .unwrap();
    let identity = workload::identity(document, "");
    let templates = workload::pod_templates(&identity, document, "", &[]);
    let pod = templates[0].pod(document);
    let violations = pod_security::evaluate(&pod, level, Version::new(36));
    if passes {
        return if violations.is_empty() {
            Ok(())
        } else {
            Err(format!("{violations:?}").into())
        };
    }
    // A baseline check that a restricted one overrides is reported under the latter's name.
    let check = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let overriding = match check {
        "capabilities_baseline" => "capabilities_restricted",
        "hostpathvolumes" => "restrictedvolumes",
        "seccompprofile_baseline" => "seccompprofile_restricted",
        "procmount" => "procmount_restricted",
        other => other,
    };
    let named = |id: &str| [check, overriding].contains(&id.to_ascii_lowercase().as_str());
    if violations.iter().any(|violation| named(violation.check)) {
        return Ok(());
    }
    Err(format!("{check} is not among {violations:?}").into())
}

/// Hardens a fixture with a profile.
fn harden(text: &str, profile: Profile, overrides: Override) -> Result<FileReport, Failed> {
    let settings = Settings {
        profile,
        overrides,
        ..Settings::default()
    };
    let source = Source {
        path: "pod.yaml".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    match pipeline::harden(source, &settings, &Cluster::default()) {
        Outcome::Report(file, _) if file.problems.is_empty() => Ok(*file),
        other => Err(format!("{other:?}").into()),
    }
}

/// What passes a level gets no change at the profile "baseline".
fn left_alone(text: &str) -> Result<(), Failed> {
    for overrides in [Override::Nothing, Override::Everything] {
        let file = harden(text, Profile::Baseline, overrides)?;
        let changes: Vec<_> = file.objects.iter().map(|object| &object.changes).collect();
        if changes.iter().any(|changes| !changes.is_empty()) {
            return Err(format!("{changes:?}").into());
        }
    }
    Ok(())
}

/// With every override, what fails a level ends there. Only for a type of volume, which a person must replace, what
/// keeps the pod below is held with a reason.
fn raised(text: &str, level: Level) -> Result<(), Failed> {
    let profile = match level {
        Level::Restricted => Profile::Restricted,
        _ => Profile::Baseline,
    };
    let file = harden(text, profile, Override::Everything)?;
    for object in &file.objects {
        let violations = object.level.iter().flat_map(|levels| &levels.violations);
        for violation in violations.filter(|violation| violation.level <= level) {
            let is_volume = ["hostPathVolumes", "restrictedVolumes"].contains(&violation.check);
            let mut changes = object.changes.iter().map(|located| &located.change);
            let is_told = changes.any(|change| {
                let is_held = matches!(&change.fate, Fate::Held { why, .. } if !why.is_empty());
                is_held && change.transform == "restrict-volume-types"
            });
            if !(is_volume && is_told) {
                return Err(format!("{violation} in silence: {:?}", object.changes).into());
            }
        }
    }
    Ok(())
}

/// All documents of a text, or why one is refused.
fn parse(text: &str) -> Result<Vec<Document<'_>>, String> {
    yaml::split(text)
        .map_err(|error| error.to_string())?
        .iter()
        .map(|slice| Document::parse(text, slice).map_err(|error| error.to_string()))
        .collect()
}

/// Edits the documents of a text to new values, and proves each.
fn edit(text: &str, wanted: &[Value]) -> Result<String, String> {
    let documents = parse(text)?;
    let mut out = String::new();
    if text.starts_with('\u{feff}') {
        out.push('\u{feff}');
    }
    for (document, wanted) in documents.iter().zip(wanted) {
        let edits = document.edits(wanted).map_err(|error| error.to_string())?;
        let new =
            yaml::splice(text, document.range(), &edits).map_err(|error| error.to_string())?;
        if new != text[document.range()] {
            yaml::prove(
                &new,
                wanted,
                document.comments().map(|(_, comment)| comment),
            )?;
        }
        out.push_str(&new);
    }
    Ok(out)
}

fn set(at: &mut Value, path: &[Value], value: Option<&Value>, append: bool) -> Result<(), String> {
    let [token, rest @ ..] = path else {
        if append {
            at.as_array_mut()
                .ok_or("no array")?
                .push(value.unwrap().clone());
        }
        return Ok(());
    };
    let token = token.as_str().unwrap();
    if at.is_null() {
        *at = Value::Object(serde_json::Map::default());
    }
    let last = rest.is_empty() && !append;
    match at {
        Value::Object(map) if last => {
            match value {
                Some(value) => drop(map.insert(token.into(), value.clone())),
                None => drop(map.shift_remove(token)),
            }
            Ok(())
        }
        Value::Object(map) => set(map.entry(token).or_insert(Value::Null), rest, value, append),
        Value::Array(items) => {
            let index: usize = token.parse().map_err(|_| "no index")?;
            match value {
                None if last => drop(items.remove(index)),
                Some(value) if last => items[index] = value.clone(),
                _ => set(&mut items[index], rest, value, append)?,
            }
            Ok(())
        }
        _ => Err(format!("cannot descend into scalar at {token}")),
    }
}

/// Cases that differ from the reference on purpose.
const ON_PURPOSE: [(&str, &str); 6] = [
    (
        "61 lone CR line breaks",
        "refused: parsers disagree on a lone CR",
    ),
    (
        "A6F9",
        "kubectl's reader adds a line break at the end of a file to a `|+`; edits there are refused",
    ),
    ("JEF9/00", "the same"),
    ("JEF9/01", "the same"),
    ("JEF9/02", "the same"),
    ("K858", "the same"),
];

fn differs_on_purpose(name: &Value) -> bool {
    ON_PURPOSE.iter().any(|(case, _)| name == case)
}

fn edit_case(case: &Value) -> Result<(), Failed> {
    let input = case["input"].as_str().unwrap();
    let run = || -> Result<String, String> {
        let mut wanted: Vec<Value> = parse(input)?
            .iter()
            .map(|document| document.value().clone())
            .collect();
        for operation in case["operations"].as_array().unwrap() {
            let document = usize::try_from(operation["document"].as_u64().unwrap()).unwrap();
            let path = operation["path"].as_array().unwrap();
            let append = operation["op"] == "append";
            set(&mut wanted[document], path, operation.get("value"), append)?;
        }
        edit(input, &wanted)
    };
    match (run(), case.get("refused")) {
        (Err(_), Some(_)) => Ok(()),
        (Ok(output), None) => {
            let expected = case["output"].as_str().unwrap();
            let values = |text: &str| -> Result<Vec<Value>, String> {
                Ok(parse(text)?.iter().map(|d| d.value().clone()).collect())
            };
            if values(&output)? != values(expected)? {
                return Err(
                    format!("another value\n--- expected\n{expected}\n--- got\n{output}").into(),
                );
            }
            if output != expected && std::env::var_os("SHOW").is_some() {
                return Err(
                    format!("another text\n--- expected\n{expected}\n--- got\n{output}").into(),
                );
            }
            Ok(())
        }
        (Ok(output), Some(reason)) => {
            Err(format!("should be refused ({reason}):\n{output}").into())
        }
        (Err(_), None) if differs_on_purpose(&case["name"]) => Ok(()),
        (Err(error), None) => Err(format!("refused: {error}").into()),
    }
}

fn scalar_case(case: &Value) -> Result<(), Failed> {
    let scalar = case["scalar"].as_str().unwrap();
    let as_value = format!("k: {scalar}\n");
    match (parse(&as_value), case.get("json")) {
        (Ok(documents), Some(expected))
            if documents.len() == 1 && documents[0].value()["k"] != *expected =>
        {
            return Err(format!("{} instead of {expected}", documents[0].value()["k"]).into());
        }
        (Ok(_), None) => return Err("Kubernetes rejects it".into()),
        _ => {}
    }
    let as_key = format!("{scalar}: v\n");
    if let (Ok(documents), Some(expected)) = (parse(&as_key), case.get("as_key")) {
        let Some(map) = documents[0].value().as_object() else {
            return Ok(());
        };
        let keys: Vec<&String> = map.keys().collect();
        if keys != [expected.as_str().unwrap()] {
            return Err(format!("key {keys:?} instead of {expected}").into());
        }
    }
    Ok(())
}

fn suite_case(input: &str, case: &Value) -> Result<(), Failed> {
    let Ok(documents) = parse(input) else {
        return Ok(());
    };
    let Some(expected) = case.get("documents") else {
        if std::env::var_os("SHOW").is_some() {
            return Err(format!("Kubernetes rejects it: {}", case["error"]).into());
        }
        return Ok(());
    };
    let read: Vec<&Value> = documents
        .iter()
        .map(Document::value)
        .filter(|value| !value.is_null())
        .collect();
    let expected: Vec<&Value> = expected
        .as_array()
        .unwrap()
        .iter()
        .filter(|value| !value.is_null())
        .collect();
    if differs_on_purpose(&case["case"]) {
        return Ok(());
    }
    if read != expected {
        return Err(format!("{read:?}\ninstead of\n{expected:?}\n{input}").into());
    }
    // Editing: add a key to the root of each mapping; everything else must survive, with proof.
    let wanted: Vec<Value> = documents
        .iter()
        .map(|document| {
            let mut value = document.value().clone();
            if let Value::Object(map) = &mut value {
                map.insert("added".into(), serde_json::json!({"drop": ["ALL"]}));
            }
            value
        })
        .collect();
    if wanted.iter().any(Value::is_object) {
        edit(input, &wanted)
            .map(drop)
            .map_err(|error| format!("edit: {error}\n{input}").into())
    } else {
        Ok(())
    }
}
