//! KRM functions: kustomize and kpt send a `ResourceList` to standard input and take one back.
//!
//! The items are objects like those of any list, edited where they stand; here is what makes the document more than a
//! list: the configuration that comes with it, and the results that go back.
//! (`cmd/config/docs/api-conventions/functions-spec.md` of kustomize.)

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::config::{self, File};
use crate::workload;
use crate::yaml::{self, Document, Refusal};

/// Where a file of a package puts an item of the list: the new annotations, then those of older orchestrators.
const PATHS: [&str; 2] = [
    "internal.config.kubernetes.io/path",
    "config.kubernetes.io/path",
];
const INDEXES: [&str; 2] = [
    "internal.config.kubernetes.io/index",
    "config.kubernetes.io/index",
];

/// A text that is a `ResourceList`.
#[derive(Debug)]
pub struct ResourceList<'a> {
    text: &'a str,
    document: Document<'a>,
}

impl<'a> ResourceList<'a> {
    /// Reads a text; `None` when it is anything else.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        if !text.contains("ResourceList") {
            return None;
        }
        let mut found = None;
        for slice in yaml::split(text).ok()? {
            let document = Document::parse(text, &slice).ok()?;
            if document.value().is_null() {
                continue;
            }
            if found.is_some() || !workload::is_krm(document.value()) {
                return None;
            }
            found = Some(document);
        }
        found.map(|document| Self { text, document })
    }

    /// The configuration that came with it.
    ///
    /// # Errors
    /// It is no configuration of kubetemper, or one with a mistake.
    pub fn configuration(&self) -> Result<Option<File>, config::Error> {
        match self.document.value().get("functionConfig") {
            None | Some(Value::Null) => Ok(None),
            Some(value) => File::of_function("functionConfig", value).map(Some),
        }
    }

    /// Tells whether all that it holds is its own configuration: kustomize sends that to a generator.
    #[must_use]
    pub fn is_for_generator(&self) -> bool {
        let value = self.document.value();
        let items = value.get("items").and_then(Value::as_array);
        let [item] = items.map_or(&[][..], Vec::as_slice) else {
            return false;
        };
        let identity = |object: &Value| {
            ["/apiVersion", "/kind", "/metadata/name"].map(|key| object.pointer(key).cloned())
        };
        value
            .get("functionConfig")
            .is_some_and(|configuration| identity(configuration) == identity(item))
    }

    /// The file that the item with an object in it came from, as a result names it.
    #[must_use]
    pub fn file(&self, pointer: &str) -> Option<Value> {
        let item: String = pointer.split_inclusive('/').take(3).collect();
        let item = item.trim_end_matches('/');
        let annotations = self
            .document
            .value()
            .pointer(&format!("{item}/metadata/annotations"))?;
        let first = |keys: [&str; 2]| keys.iter().find_map(|key| annotations.get(*key)?.as_str());
        let mut file = Map::from_iter([("path".to_owned(), json!(first(PATHS)?))]);
        if let Some(index) = first(INDEXES).and_then(|index| index.parse::<u64>().ok()) {
            file.insert("index".to_owned(), json!(index));
        }
        Some(Value::Object(file))
    }

    /// The text with these results in the place of those that it had.
    ///
    /// # Errors
    /// They have no place in the text.
    pub fn with_results(&self, results: Vec<Value>) -> Result<String, Refusal> {
        let mut value = self.document.value().clone();
        let Some(map) = value.as_object_mut() else {
            return Ok(self.text.to_owned());
        };
        map.shift_remove("results");
        if !results.is_empty() {
            map.insert("results".to_owned(), Value::Array(results));
        }
        let edits = self.document.edits(&value)?;
        let new = yaml::splice(self.text, self.document.range(), &edits)?;
        let comments = self.document.comments().map(|(_, comment)| comment);
        yaml::prove(&new, &value, comments).map_err(|reason| Refusal {
            at: self.document.range().start,
            reason,
            help: "the results are left out; please report it as a bug of kubetemper".to_owned(),
            template: false,
        })?;
        let Range { start, end } = self.document.range();
        Ok([&self.text[..start], &new, &self.text[end..]].concat())
    }
}

/// The part of a pointer below the object: without the lists that the object is in.
#[must_use]
pub fn below_items(pointer: &str) -> &str {
    let mut rest = pointer;
    while let Some((index, below)) = rest
        .strip_prefix("/items/")
        .and_then(|items| items.split_once('/'))
    {
        if !index.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        rest = &rest[rest.len() - below.len() - 1..];
    }
    rest
}

/// A pointer as a result names a field: `spec.containers[0].securityContext`.
#[must_use]
pub fn field_path(pointer: &str) -> String {
    let mut path = String::new();
    for token in below_items(pointer).split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let is_index = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        if is_index || token.contains(['.', '/']) {
            path.extend(["[", &token, "]"]);
        } else {
            let dot = if path.is_empty() { "" } else { "." };
            path.extend([dot, &token]);
        }
    }
    path
}

#[cfg(test)]
mod tests;
