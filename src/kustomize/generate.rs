//! The ConfigMaps that a kustomization makes of literals and files. Their names get a suffix of their contents, and so do
//! the references to them: without it both still fit.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::read::{Beside, entries};

/// The ConfigMaps of `configMapGenerator`. A file that cannot be read is left out.
pub(super) fn config_maps(kustomization: &Value, beside: &impl Beside) -> Vec<Value> {
    let generators = entries(kustomization, "configMapGenerator");
    generators
        .filter_map(|generator| config_map(generator, beside))
        .collect()
}

fn config_map(generator: &Value, beside: &impl Beside) -> Option<Value> {
    let name = generator.get("name")?.as_str()?;
    let mut data = Map::new();
    let texts = |key: &str| entries(generator, key).filter_map(Value::as_str);
    let read = |entry: &str| beside.text(&beside.resolve(entry)?);
    let single = generator.get("env").and_then(Value::as_str);
    for file in texts("envs").chain(single) {
        for line in read(file).unwrap_or_default().lines() {
            let line = line.trim_start();
            if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
                data.insert(key.to_owned(), json!(value));
            }
        }
    }
    for literal in texts("literals") {
        if let Some((key, value)) = literal.split_once('=') {
            let quoted = ['"', '\''].iter().find_map(|quote| {
                value
                    .strip_prefix(*quote)
                    .and_then(|rest| rest.strip_suffix(*quote))
            });
            data.insert(key.to_owned(), json!(quoted.unwrap_or(value)));
        }
    }
    for file in texts("files") {
        let (key, path) = if let Some((key, path)) = file.split_once('=') {
            (key.to_owned(), path)
        } else {
            let name = Path::new(file).file_name()?.to_str()?;
            (name.to_owned(), file)
        };
        if let Some(text) = read(path) {
            data.insert(key, json!(text));
        }
    }
    let mut metadata = json!({"name": name});
    if let (Some(namespace), Some(map)) = (generator.get("namespace"), metadata.as_object_mut()) {
        map.insert("namespace".to_owned(), namespace.clone());
    }
    Some(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}))
}
