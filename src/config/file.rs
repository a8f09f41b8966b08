//! Reads a configuration file; every error says where in the file, under which key, what, and what to do.

use std::fmt;

use serde_json::{Map, Value, json};

use super::{ApiVersion, Hardening, Spec};
use crate::images;
use crate::transform;
use crate::typed::{self, Mistake, Step, What};
use crate::yaml::{self, Document, Lines, Position, Refusal};

/// A configuration file that was read.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path as shown to people.
    pub path: String,
    /// What it wants.
    pub spec: Spec,
    /// Where each of `spec.overrides` stands.
    pub overrides: Vec<Position>,
    /// Where each of `spec.workloads` stands.
    pub workloads: Vec<Position>,
}

/// Why a configuration file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file's path as shown to people.
    pub path: String,
    /// Where; `None` for the file as a whole.
    pub position: Option<Position>,
    /// The key, what is wrong, and what to do.
    pub reason: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for Error {}

impl File {
    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(path: &str, text: &str) -> Result<Self, Error> {
        let lines = Lines::new(text);
        let fail = |at: usize, reason: String| Error {
            path: path.to_owned(),
            position: Some(lines.position(at)),
            reason,
        };
        let document = only_document(text)
            .map_err(|refusal| fail(refusal.at, format!("{}; {}", refusal.reason, refusal.help)))?;
        let start = |pointer: &str| document.locate(pointer).start;
        let hardening = hardening(document.value())
            .map_err(|mistake| fail(start(&mistake.pointer()), mistake.to_string()))?;
        let spec = hardening.spec.unwrap_or_default();
        let places = |list: &str, length: usize| {
            let place = |index| lines.position(start(&format!("/spec/{list}/{index}")));
            (0..length).map(place).collect()
        };
        Ok(Self {
            path: path.to_owned(),
            overrides: places("overrides", spec.overrides.len()),
            workloads: places("workloads", spec.workloads.len()),
            spec,
        })
    }
}

impl File {
    /// Reads the configuration that a KRM function is given: a `Hardening`, or a ConfigMap whose entries are the keys
    /// of its `spec`.
    ///
    /// # Errors
    /// The first thing that is wrong with it. It has no position: the orchestrator wrote the text anew.
    pub fn of_function(path: &str, value: &Value) -> Result<Self, Error> {
        let fail = |mistake: Mistake| Error {
            path: path.to_owned(),
            position: None,
            reason: mistake.to_string(),
        };
        let is_map = value.get("kind").is_some_and(|kind| kind == "ConfigMap");
        let hardening = if is_map {
            of_entries(value.get("data").unwrap_or(&Value::Null))
                .and_then(|value| hardening(&value))
        } else {
            hardening(value)
        };
        Ok(Self {
            path: path.to_owned(),
            spec: hardening.map_err(fail)?.spec.unwrap_or_default(),
            overrides: Vec::new(),
            workloads: Vec::new(),
        })
    }
}

/// A configuration from the entries of a ConfigMap, all of which are text: mappings and lists are written as YAML.
fn of_entries(data: &Value) -> Result<Value, Mistake> {
    let mut spec = Map::new();
    for (key, entry) in data.as_object().into_iter().flatten() {
        let mistake = |reason: String| {
            let path = ["data", key].map(|key| Step::Key(key.to_owned()));
            Mistake::new(path.into(), reason)
        };
        let Some(text) = entry.as_str() else {
            return Err(mistake(
                "the entries of a ConfigMap are strings; put it in quotes".to_owned(),
            ));
        };
        let document = only_document(text)
            .map_err(|refusal| mistake(format!("{}; {}", refusal.reason, refusal.help)))?;
        // `1.30` is a version here, not a number.
        let value = match document.value() {
            Value::Object(_) | Value::Array(_) => document.value().clone(),
            _ => Value::from(text.trim()),
        };
        spec.insert(key.clone(), value);
    }
    Ok(json!({"apiVersion": ApiVersion::NAME, "kind": "Hardening", "spec": spec}))
}

/// The one document of a text that is not empty.
fn only_document(text: &str) -> Result<Document<'_>, Refusal> {
    let refusal = |at, reason: &str, help: &str| Refusal {
        at,
        reason: reason.to_owned(),
        help: help.to_owned(),
        template: false,
    };
    let mut found: Option<Document<'_>> = None;
    for slice in yaml::split(text)? {
        let document = Document::parse(text, &slice)?;
        if document.value().is_null() {
            continue;
        }
        if found.is_some() {
            return Err(refusal(
                document.range().start,
                "a second document begins here, but a configuration is one object",
                "keep one of them",
            ));
        }
        found = Some(document);
    }
    found.ok_or_else(|| {
        refusal(
            0,
            "the configuration is empty",
            "remove the file, or write it anew with `kubetemper init`",
        )
    })
}

/// Reads and checks the object.
fn hardening(value: &Value) -> Result<Hardening, Mistake> {
    refuse_null(value, &mut Vec::new())?;
    refuse_lists_for_mappings(value)?;
    let hardening: Hardening = typed::read(value.clone())?;
    if let Some(spec) = &hardening.spec {
        check_options(spec)?;
        check_overrides(spec)?;
        images::check(&spec.images).map_err(|mistake| {
            mistake.below(["spec", "images"].map(|key| Step::Key(key.to_owned())))
        })?;
    }
    Ok(hardening)
}

/// A key without a value: it would mean "not given", and a condition that is not given matches everything.
fn refuse_null(value: &Value, path: &mut Vec<Step>) -> Result<(), Mistake> {
    let mut below = |step: Step, value: &Value| {
        path.push(step);
        refuse_null(value, path)?;
        path.pop();
        Ok(())
    };
    match value {
        Value::Object(map) => map
            .iter()
            .try_for_each(|(key, value)| below(Step::Key(key.clone()), value)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| below(Step::Index(index), value)),
        Value::Null => Err(Mistake::new(
            path.clone(),
            "there is no value here; write one, or remove the key",
        )),
        _ => Ok(()),
    }
}

/// serde takes a list for a struct, by the order of its fields.
fn refuse_lists_for_mappings(value: &Value) -> Result<(), Mistake> {
    let refuse = |found: Option<&Value>, path: Vec<Step>| match found {
        Some(Value::Array(_)) => Err(Mistake::new(
            path,
            "a list stands here, but a mapping is expected",
        )),
        _ => Ok(()),
    };
    let key = |key: &str| Step::Key(key.to_owned());
    let spec = value.get("spec");
    refuse(Some(value), Vec::new())?;
    refuse(value.get("metadata"), vec![key("metadata")])?;
    refuse(spec, vec![key("spec")])?;
    for name in ["workloads", "images", "overrides"] {
        let list = spec.and_then(|spec| spec.get(name)?.as_array());
        for (index, item) in list.into_iter().flatten().enumerate() {
            let path = vec![key("spec"), key(name), Step::Index(index)];
            refuse(Some(item), path.clone())?;
            refuse(item.get("match"), [path, vec![key("match")]].concat())?;
        }
    }
    Ok(())
}

/// Each transform checks its own options.
fn check_options(spec: &Spec) -> Result<(), Mistake> {
    for (id, entry) in &spec.transforms {
        let Ok(transform) = transform::named(id.0) else {
            continue;
        };
        if entry.options.is_empty() {
            continue;
        }
        let options = Value::Object(entry.options.clone());
        (transform.options.check)(options).map_err(|mut mistake| {
            if let (What::UnknownKey(known), [_]) = (&mut mistake.what, mistake.path.as_slice()) {
                known.insert(0, "enabled".to_owned());
            }
            mistake.below(["spec", "transforms", id.0].map(|key| Step::Key(key.to_owned())))
        })?;
    }
    Ok(())
}

fn check_overrides(spec: &Spec) -> Result<(), Mistake> {
    for (index, exception) in spec.overrides.iter().enumerate() {
        let mistake = |key: &str, what: &str| {
            let path = [
                Step::Key("spec".to_owned()),
                Step::Key("overrides".to_owned()),
                Step::Index(index),
                Step::Key(key.to_owned()),
            ];
            Err(Mistake::new(path.into(), what))
        };
        if exception.applies_to.is_empty() {
            return mistake(
                "match",
                "no condition is given; give at least one of kind, name, namespace, labels, container",
            );
        }
        if exception.skip.is_empty() && exception.transforms.is_empty() {
            return mistake("skip", "no transform is named; name some, or `*` for all");
        }
        for (id, options) in &exception.transforms {
            let Ok(transform) = transform::named(id.0) else {
                continue;
            };
            let check = (transform.options.check)(Value::Object(options.clone()));
            check.map_err(|mistake| {
                let keys = ["transforms", id.0].map(|key| Step::Key(key.to_owned()));
                let place = ["spec", "overrides"].map(|key| Step::Key(key.to_owned()));
                mistake.below(place.into_iter().chain([Step::Index(index)]).chain(keys))
            })?;
        }
        if exception.reason.trim().is_empty() {
            return mistake(
                "reason",
                "the reason is empty; say why, for those who read it in a year",
            );
        }
    }
    Ok(())
}
