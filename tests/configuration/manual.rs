//! Writes `docs/schema.json` and `docs/configuration.md` from the doc comments in `src/config.rs` and the options of
//! the transforms.
//!
//! What is out of date is written, and the test fails once to say so; with `CI` set it only fails.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use kubetemper::config::{File, schema};
use serde_json::{Map, Value, json};

use super::support::Folder;

const HEAD: &str = "\
# Configuration

Written by `tests/configuration` from the doc comments in `src/config.rs` and under `transforms/`: edit those.

kubetemper takes its settings from one object in a file `kubetemper.yaml`. `kubetemper init` writes one that fits the
repository; `kubetemper schema` prints its JSON Schema, which is also [here](schema.json).

- **Where it is found.** Each manifest has the nearest `kubetemper.yaml` in its folder or above, up to the git root;
  standard input has that of the working directory, but what kustomize or kpt sends to a function brings its own, as a
  `Hardening` or as a ConfigMap whose `data` are the keys of `spec` below. Without a git root the highest folder is the working directory or one
  named on the command line. Files are not merged: the nearest one counts alone. `--config FILE` takes one file for all
  manifests, `--no-config` none. A symbolic link that leads out of the git root is an error.
- **What wins.** Flags win over the file, the file over the defaults. `--skip` adds to what the file turns off; a transform
  that `--only` names runs although the file turns it off.
- **Mistakes are errors**: a key or a transform that does not exist, a value of the wrong type, a key without a value.
  What is of no use is a warning, and an error with `--strict-config`: an override that matches nothing, an entry of
  `workloads` without effect, a keep in a manifest that keeps nothing or that is lost when a chart or kustomization is built.

";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A key that is documented.
struct Key {
    /// From the root; `[]` after a list whose items it belongs to.
    path: String,
    schema: Map<String, Value>,
    required: bool,
}

/// The schema with its reference followed; what stands beside the reference wins.
fn resolve(root: &Value, schema: &Value) -> Map<String, Value> {
    let own = schema.as_object().cloned().unwrap_or_default();
    let Some(name) = own.get("$ref").and_then(Value::as_str) else {
        return own;
    };
    let mut all = resolve(root, root.pointer(&name[1..]).unwrap());
    all.extend(own);
    all.remove("$ref");
    all
}

/// All keys below a schema, in order.
fn keys(root: &Value, path: &str, schema: &Map<String, Value>, into: &mut Vec<Key>) {
    if let Some(items) = schema.get("items") {
        return keys(root, &format!("{path}[]"), &resolve(root, items), into);
    }
    let required = schema.get("required").and_then(Value::as_array);
    for (name, below) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let below = resolve(root, below);
        let path = format!("{path}.{name}").trim_start_matches('.').to_owned();
        let required = required.is_some_and(|names| names.iter().any(|it| it == name));
        into.push(Key {
            path: path.clone(),
            schema: below.clone(),
            required,
        });
        keys(root, &path, &below, into);
    }
}

/// The keys of the page: `enabled` is the same for every transform and stands there once.
fn all_keys() -> Vec<Key> {
    let schema = schema();
    let mut keys_found = Vec::new();
    keys(&schema, "", schema.as_object().unwrap(), &mut keys_found);
    let mut enabled = false;
    keys_found.retain_mut(|key| {
        // The options of overrides are those of `spec.transforms`.
        if key.path.starts_with("spec.overrides[].transforms.") {
            return false;
        }
        let Some(rest) = key.path.strip_prefix("spec.transforms.") else {
            return true;
        };
        if rest.ends_with(".enabled") && rest.matches('.').count() == 1 {
            let again = std::mem::replace(&mut enabled, true);
            "spec.transforms.*.enabled".clone_into(&mut key.path);
            return !again;
        }
        rest.contains('.')
    });
    keys_found
}

fn text<'v>(schema: &'v Map<String, Value>, key: &str) -> &'v str {
    schema.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The type in words, and the values that are possible.
fn kind(root: &Value, schema: &Map<String, Value>) -> String {
    let items = |schema: &Map<String, Value>, key: &str| {
        schema.get(key).map(|it| kind(root, &resolve(root, it)))
    };
    if let Some(values) = schema.get("oneOf").and_then(Value::as_array) {
        let value = |it: &Value| {
            let text = it["description"].as_str().unwrap_or_default();
            format!("  - `{}`: {text}", it["const"].as_str().unwrap())
        };
        let values: Vec<String> = values.iter().map(value).collect();
        return format!("one of\n{}", values.join("\n"));
    }
    if schema.contains_key("enum") {
        return "the id of a [transform](transforms/README.md)".to_owned();
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let of = |it: &Value| match it.get("const") {
            Some(value) => format!("`{}`", value.as_str().unwrap()),
            None => kind(root, &resolve(root, it)),
        };
        return any.iter().map(of).collect::<Vec<_>>().join(" or ");
    }
    match text(schema, "type") {
        "array" => format!("a list, each item {}", items(schema, "items").unwrap()),
        "object" if schema.contains_key("properties") => "a mapping".to_owned(),
        "object" => match schema.get("additionalProperties") {
            Some(Value::Object(_)) => {
                format!(
                    "a mapping, each value {}",
                    items(schema, "additionalProperties").unwrap()
                )
            }
            _ => "a mapping".to_owned(),
        },
        "boolean" => "`true` or `false`".to_owned(),
        "integer" => "a whole number".to_owned(),
        "number" => "a number".to_owned(),
        "string" => "a string".to_owned(),
        other => panic!("the page has no words for the type {other:?} of {schema:?}"),
    }
}

/// An example as it stands in the file, below its parents.
fn example(path: &str, value: &Value) -> String {
    let nest = |below: Value, name: &str| match name.strip_suffix("[]") {
        Some(list) => json!({list: [below]}),
        None if name == "*" => json!({"drop-capabilities": below}),
        None => json!({name: below}),
    };
    yaml_serde::to_string(&path.rsplit('.').fold(value.clone(), nest)).unwrap()
}

/// The first example; for an option of a transform also its default.
fn first_example(schema: &Map<String, Value>) -> Option<&Value> {
    let given = schema.get("examples").and_then(|it| it.get(0));
    given.or_else(|| schema.get("default").filter(|it| !it.is_null()))
}

fn page() -> String {
    let schema = schema();
    let mut page = HEAD.to_owned();
    for key in all_keys() {
        let Key {
            path,
            schema: of,
            required,
        } = &key;
        write!(page, "## `{path}`\n\n{}\n\n", text(of, "description")).unwrap();
        let kind = kind(&schema, of);
        let default = match (required, of.get("default")) {
            (true, _) => "none, the key is required".to_owned(),
            (false, None | Some(Value::Null)) => "not set".to_owned(),
            (false, Some(value)) => format!("`{}`", value.to_string().trim_matches('"')),
        };
        write!(page, "- Type: {kind}\n- Default: {default}\n\n").unwrap();
        if let Some(value) = first_example(of).filter(|value| !is_empty(value)) {
            write!(page, "```yaml\n{}```\n\n", example(path, value)).unwrap();
        }
    }
    page.truncate(page.trim_end().len());
    page + "\n"
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn keep(path: &str, text: &str) {
    let file = root().join(path);
    if fs::read_to_string(&file).is_ok_and(|present| present == text) {
        return;
    }
    if std::env::var_os("CI").is_none() {
        fs::write(file, text).unwrap();
    }
    panic!("{path} was out of date: run `cargo test` again and commit it");
}

#[test]
fn the_page_is_current() {
    keep("docs/configuration.md", &page());
}

#[test]
fn the_schema_is_current_and_printed() {
    let text = format!("{:#}\n", schema());
    keep("docs/schema.json", &text);
    let done = Folder::new(&[]).run(&["schema"]);
    assert_eq!((done.code, done.stdout), (0, text));
    assert_eq!(
        schema()["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
}

#[test]
fn every_key_is_described_and_has_an_example() {
    for Key { path, schema, .. } in all_keys() {
        assert!(
            text(&schema, "description").ends_with('.'),
            "{path}: description"
        );
        let example = first_example(&schema);
        let optional = path.starts_with("spec.transforms.") && path != "spec.transforms.*.enabled";
        assert!(example.is_some() || optional, "{path}: example");
    }
}

/// The examples together are a file that can be read.
#[test]
fn the_examples_are_right() {
    for key in all_keys() {
        let parents = |path: &str| path.rsplit_once('.').map(|(parent, _)| parent.to_owned());
        let Some(value) = first_example(&key.schema) else {
            continue;
        };
        // An entry of a list needs its other keys, too: its list has an example of its own.
        if key.path.contains("[]") {
            continue;
        }
        let mut file = json!({"apiVersion": "kubetemper.dev/v1alpha1", "kind": "Hardening"});
        let top = parents(&key.path).map_or(key.path.clone(), |_| {
            key.path.split('.').next().unwrap().to_owned()
        });
        let nested: Value = yaml_serde::from_str(&example(&key.path, value)).unwrap();
        file[&top] = nested[&top].clone();
        let text = yaml_serde::to_string(&file).unwrap();
        File::read("example.yaml", &text)
            .unwrap_or_else(|error| panic!("{}: {error}\n{text}", key.path));
    }
}

/// The reader refuses what the schema refuses: every mapping of the schema names all its keys.
#[test]
fn no_mapping_takes_any_key() {
    for Key { path, schema, .. } in all_keys() {
        if schema.contains_key("properties") {
            assert_eq!(
                schema.get("additionalProperties"),
                Some(&json!(false)),
                "{path}"
            );
        }
    }
}
