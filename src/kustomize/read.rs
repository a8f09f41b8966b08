//! Reads a kustomization.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Action, ImageRule, Kustomization, Labels, Patch, Source, Target, apply, generate};
use crate::yaml::{self, Document};

/// What is beside a kustomization.
pub trait Beside {
    /// The file or folder of an entry; what is elsewhere has none.
    fn resolve(&self, entry: &str) -> Option<PathBuf>;
    /// The text of a file.
    fn text(&self, path: &Path) -> Option<String>;
}

impl Kustomization {
    /// Reads a kustomization.
    pub fn read(path: &Path, value: &Value, beside: &impl Beside) -> Option<Self> {
        const ALTERING: [&str; 7] = [
            "replacements",
            "vars",
            "generators",
            "helmCharts",
            "helmChartInflationGenerator",
            "namePrefix",
            "nameSuffix",
        ];
        let map = value.as_object()?;
        let is_set = |key: &&&str| match map.get(**key) {
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::String(text)) => !text.is_empty(),
            other => other.is_some_and(|other| !other.is_null()),
        };
        let mut alters = ALTERING.iter().find(is_set).map(|key| (*key).to_owned());
        let mut resources = Vec::new();
        for key in ["resources", "bases", "components"] {
            for entry in entries(value, key).filter_map(Value::as_str) {
                match beside.resolve(entry) {
                    Some(path) => resources.push(path),
                    None => {
                        alters.get_or_insert_with(|| format!("{entry}, which is not here"));
                    }
                }
            }
        }
        let mut transformers = entries(value, "transformers");
        if !transformers.all(|entry| only_adds_metadata(entry, beside)) {
            alters.get_or_insert_with(|| "transformers".to_owned());
        }
        let (actions, unclear) = actions(value, beside);
        let namespace = value.get("namespace").and_then(Value::as_str);
        Some(Self {
            path: path.to_owned(),
            component: value.get("kind").is_some_and(|kind| kind == "Component"),
            resources,
            namespace: namespace
                .filter(|namespace| !namespace.is_empty())
                .map(str::to_owned),
            alters: alters.or(unclear),
            actions,
            made: generate::config_maps(value, beside),
        })
    }

    /// The folder that it stands in.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

/// The entries of a list of a kustomization.
pub(super) fn entries<'v>(
    kustomization: &'v Value,
    key: &str,
) -> impl Iterator<Item = &'v Value> + use<'v> {
    let list = kustomization.get(key).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// What a kustomization does to its objects, in the order of kustomize, and what of it cannot be followed.
fn actions(value: &Value, beside: &impl Beside) -> (Vec<Action>, Option<String>) {
    let (mut actions, mut unclear) = (Vec::new(), None);
    let mut add = |key: &str, into: &mut Vec<Action>| {
        for (at, entry) in entries(value, key).enumerate() {
            match patch(entry, format!("/{key}/{at}"), beside) {
                Some(patch) => into.push(Action::Patch(patch)),
                None => {
                    unclear.get_or_insert_with(|| key.to_owned());
                }
            }
        }
    };
    add("patchesStrategicMerge", &mut actions);
    add("patches", &mut actions);
    actions.extend(labels(value).map(Action::Labels));
    add("patchesJson6902", &mut actions);
    for entry in entries(value, "replicas") {
        let name = entry.get("name").and_then(Value::as_str);
        let count = entry.get("count").and_then(Value::as_u64);
        match name.zip(count) {
            Some((name, count)) => actions.push(Action::Replicas(name.to_owned(), count)),
            None => {
                unclear.get_or_insert_with(|| "replicas".to_owned());
            }
        }
    }
    actions.extend(
        entries(value, "images")
            .filter_map(image)
            .map(Action::Image),
    );
    (actions, unclear)
}

fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn pairs(value: Option<&Value>) -> Vec<(String, String)> {
    let map = value.and_then(Value::as_object).into_iter().flatten();
    map.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

fn labels(value: &Value) -> impl Iterator<Item = Labels> {
    let of = |entry: &Value| {
        let is = |key: &str| entry.get(key) == Some(&Value::Bool(true));
        Labels {
            pairs: pairs(entry.get("pairs")),
            selectors: is("includeSelectors"),
            templates: is("includeSelectors") || is("includeTemplates"),
        }
    };
    let common = Labels {
        pairs: pairs(value.get("commonLabels")),
        selectors: true,
        templates: true,
    };
    let all = std::iter::once(common).chain(entries(value, "labels").map(of));
    let all: Vec<Labels> = all.filter(|labels| !labels.pairs.is_empty()).collect();
    all.into_iter()
}

fn image(entry: &Value) -> Option<ImageRule> {
    Some(ImageRule {
        name: text(entry, "name")?,
        new_name: text(entry, "newName"),
        new_tag: text(entry, "newTag"),
        digest: text(entry, "digest"),
    })
}

/// A patch, at a JSON Pointer; `None` when its target or its text is of a form that is not followed.
fn patch(entry: &Value, place: String, beside: &impl Beside) -> Option<Patch> {
    if let Some(text) = entry.as_str() {
        let source = if text.contains('\n') {
            Source::Inline(place, documents(text)?)
        } else {
            Source::File(beside.resolve(text)?)
        };
        return Some(Patch {
            target: None,
            source,
        });
    }
    let target = match entry.get("target") {
        Some(wanted) => Some(target_of(wanted)?),
        None => None,
    };
    let source = match (text(entry, "path"), text(entry, "patch")) {
        (Some(path), _) => Source::File(beside.resolve(path.trim())?),
        (None, Some(text)) => Source::Inline(format!("{place}/patch"), documents(&text)?),
        (None, None) => return None,
    };
    Some(Patch { target, source })
}

fn target_of(value: &Value) -> Option<Target> {
    let labels = text(value, "labelSelector").unwrap_or_default();
    let labels = labels.split(',').filter(|label| !label.trim().is_empty());
    let labels: Option<Vec<(String, String)>> = labels
        .map(|label| {
            let (key, value) = label.split_once('=')?;
            let (key, value) = (key.trim(), value.trim_start_matches('=').trim());
            (!key.ends_with('!')).then(|| (key.to_owned(), value.to_owned()))
        })
        .collect();
    let target = Target {
        group: text(value, "group"),
        version: text(value, "version"),
        kind: text(value, "kind"),
        name: text(value, "name"),
        namespace: text(value, "namespace"),
        labels: labels?,
    };
    let patterns = [&target.kind, &target.name, &target.namespace];
    let clear = patterns
        .iter()
        .all(|pattern| pattern.as_deref().is_none_or(apply::is_clear));
    (clear && value.get("annotationSelector").is_none()).then_some(target)
}

/// The documents of a text in a kustomization.
pub(crate) fn documents(text: &str) -> Option<Vec<Value>> {
    let slices = yaml::split(text).ok()?;
    let documents = slices.iter().map(|slice| {
        let document = Document::parse(text, slice).ok()?;
        Some(document.value().clone())
    });
    documents.collect()
}

/// Tells whether a transformer is known to change labels and annotations of the objects themselves, and nothing else.
fn only_adds_metadata(entry: &Value, beside: &impl Beside) -> bool {
    let Some(entry) = entry.as_str() else {
        return false;
    };
    let text = if entry.contains('\n') {
        Some(entry.to_owned())
    } else {
        beside.resolve(entry).and_then(|path| beside.text(&path))
    };
    let Some(documents) = text.as_deref().and_then(documents) else {
        return false;
    };
    let is_known = |document: &Value| {
        let field = match document.get("kind").and_then(Value::as_str) {
            Some("LabelTransformer") => "metadata/labels",
            Some("AnnotationsTransformer") => "metadata/annotations",
            _ => return false,
        };
        let mut places = entries(document, "fieldSpecs").peekable();
        document.get("apiVersion").is_some_and(|it| it == "builtin")
            && places.peek().is_some()
            && places.all(|place| place.get("path").is_some_and(|path| path == field))
    };
    documents.iter().all(is_known)
}
