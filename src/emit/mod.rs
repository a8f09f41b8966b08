//! Output formats: each is a rendering of the same report.

mod copies;
mod diff;
mod excerpt;
mod findings;
mod fixes;
mod flows;
mod github;
mod guarded;
mod human;
mod images;
mod json;
mod kustomize;
mod markdown;
mod notes;
mod patch;
mod place;
mod problem;
mod question;
mod rdjson;
mod sarif;
mod style;
mod text;

#[cfg(test)]
mod tests;

pub use diff::{Withheld, diff};
pub use flows::{GroupFlows, flows_graphviz, flows_human, flows_json, flows_mermaid};
pub use github::github;
pub use human::{HumanOptions, human};
pub use images::{images, images_json};
pub use json::json;
pub use kustomize::{MARK, kustomization};
pub use markdown::{MarkdownOptions, markdown};
pub use patch::{
    Creation, ObjectPatch, Patches, is_object_file, is_patch_file, object_file, patch_file,
    patches, patches_json,
};
pub use question::{Preview, Question, question};
pub use rdjson::rdjson;
pub use sarif::sarif;
pub(crate) use style::plain;

use serde_json::Value;

/// What stands in the place of a value that must not be shown.
const MASK: &str = "***";

/// A value of a change for people and reports: literal values of environment variables are masked, whatever
/// the variable is called.
pub(crate) fn masked(pointer: &str, value: &Value) -> Value {
    let tokens: Vec<&str> = pointer.split('/').skip(1).collect();
    match tokens.iter().rposition(|token| *token == "env") {
        Some(at) => mask_below_env(&tokens[at + 1..], value),
        None => mask_inside(value),
    }
}

/// Masks a value that stands at `tokens` below an `env` list.
fn mask_below_env(tokens: &[&str], value: &Value) -> Value {
    match tokens {
        [] => mask_list(value),
        [_] => mask_entry(value),
        [_, "value", ..] => Value::from(MASK),
        _ => value.clone(),
    }
}

fn mask_list(value: &Value) -> Value {
    match value {
        Value::Array(entries) => entries.iter().map(mask_entry).collect(),
        other => mask_inside(other),
    }
}

fn mask_entry(entry: &Value) -> Value {
    let mut entry = entry.clone();
    if let Some(value) = entry.get_mut("value").filter(|value| !value.is_null()) {
        *value = Value::from(MASK);
    }
    entry
}

/// Masks the `env` lists anywhere inside a value, such as a whole container.
fn mask_inside(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mask = |(key, value): (&String, &Value)| {
                let value = if key == "env" {
                    mask_list(value)
                } else {
                    mask_inside(value)
                };
                (key.clone(), value)
            };
            Value::Object(map.iter().map(mask).collect())
        }
        Value::Array(items) => items.iter().map(mask_inside).collect(),
        scalar => scalar.clone(),
    }
}
