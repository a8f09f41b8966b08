//! The JSON Schema of the configuration.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::Hardening;
use crate::transform::Transform;
use crate::transforms::ALL;

/// The JSON Schema (draft 2020-12) of the object in `kubetemper.yaml`, with the options of every transform.
#[must_use]
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Hardening>().to_value();
    tidy(&mut schema);
    schema
}

/// A key that may be missing may not be null all the same; a description is one line for each paragraph.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    map["type"] = only.clone();
                }
            }
            if let Some(Value::Array(schemas)) = map.get_mut("anyOf") {
                schemas.retain(|schema| *schema != json!({"type": "null"}));
                if let [Value::Object(only)] = schemas.as_slice() {
                    let only = only.clone();
                    map.shift_remove("anyOf");
                    only.into_iter().for_each(|(key, value)| {
                        map.entry(key).or_insert(value);
                    });
                }
            }
            if let Some(Value::String(text)) = map.get_mut("description") {
                let paragraphs: Vec<String> =
                    text.split("\n\n").map(|it| it.replace('\n', " ")).collect();
                *text = paragraphs.join("\n\n");
            }
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// The schema of `spec.transforms`: one key for each transform.
pub(super) fn transforms(generator: &mut SchemaGenerator) -> Schema {
    let properties: Map<String, Value> = ALL
        .iter()
        .map(|(transform, _)| (transform.id.to_owned(), entry(transform, generator)))
        .collect();
    json_schema!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "default": {},
    })
}

/// The schema of the options in an override: one key for each transform that has some.
pub(super) fn options(generator: &mut SchemaGenerator) -> Schema {
    let with = |(transform, _): &(&Transform, &str)| {
        let own = own(transform, generator);
        let schema = json!({
            "description": format!("{}.", summary(transform)),
            "type": "object",
            "properties": own,
            "additionalProperties": false,
        });
        (!own.is_empty()).then(|| (transform.id.to_owned(), schema))
    };
    let properties: Map<String, Value> = ALL.iter().filter_map(with).collect();
    json_schema!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "default": {},
    })
}

/// `enabled` and the transform's own options.
fn entry(transform: &Transform, generator: &mut SchemaGenerator) -> Value {
    let enabled = json!({
        "description": "Whether it runs at all; without it the profile decides.",
        "type": "boolean",
        "examples": [false],
    });
    let mut properties = Map::from_iter([("enabled".to_owned(), enabled)]);
    properties.extend(own(transform, generator));
    json!({
        "description": format!("{}.", summary(transform)),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The transform's own options.
fn own(transform: &Transform, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut own = (transform.options.schema)().to_value();
    let mut take = |key: &str| match own.get_mut(key).map(Value::take) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    generator.definitions_mut().extend(take("$defs"));
    take("properties")
}

/// The summary with a capital letter.
fn summary(transform: &Transform) -> String {
    let mut summary = transform.summary.to_owned();
    if let Some(first) = summary.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    summary
}
