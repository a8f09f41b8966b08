//! The images that manifests use.

use std::collections::BTreeMap;

use super::{Known, Library};
use crate::report::label;
use crate::workload::{self, CustomWorkload};
use crate::yaml::{self, Document, Lines, Position};

/// A container that uses an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUse {
    /// The path of the file as shown to people.
    pub path: String,
    /// The line of the reference.
    pub line: usize,
    /// `kind/namespace/name` of the object.
    pub object: String,
    /// The name of the container.
    pub container: String,
}

/// The images of many texts, by reference.
#[derive(Debug, Default)]
pub struct Uses(pub BTreeMap<String, Listed>);

/// An image, what is known of it, and where it is used.
#[derive(Debug)]
pub struct Listed {
    /// What is known; `None` when nothing is.
    pub known: Option<Known>,
    /// Where it is used, in the order of the input.
    pub uses: Vec<ImageUse>,
}

impl Uses {
    /// Adds the images of a text. Returns what of it looks like a manifest and cannot be read: templates apart.
    pub fn add(
        &mut self,
        path: &str,
        text: &str,
        custom: &[CustomWorkload],
        library: &Library,
    ) -> Vec<(Position, String)> {
        let lines = Lines::new(text);
        let mut unread = Vec::new();
        for slice in yaml::split(text).unwrap_or_default() {
            let document = match Document::parse(text, &slice) {
                Ok(document) => document,
                Err(refusal) => {
                    let is_manifest = text[slice.range()].contains("apiVersion");
                    if is_manifest && !refusal.template {
                        unread.push((lines.position(refusal.at), refusal.reason));
                    }
                    continue;
                }
            };
            let value = document.value();
            for pointer in workload::flatten(value) {
                let identity = workload::identity(value, &pointer);
                let templates = workload::pod_templates(&identity, value, &pointer, custom);
                for template in &templates {
                    for container in &template.pod(value).containers {
                        let image = container.get("/image").and_then(serde_json::Value::as_str);
                        let Some(reference) = image else {
                            continue;
                        };
                        let place = document.locate(&format!("{}/image", container.pointer));
                        let found = ImageUse {
                            path: path.to_owned(),
                            line: lines.position(place.start).line,
                            object: label(
                                &identity.kind,
                                identity.namespace.as_deref(),
                                identity.name.as_deref(),
                            ),
                            container: container.name().to_owned(),
                        };
                        self.insert(reference, found, library);
                    }
                }
            }
        }
        unread
    }

    fn insert(&mut self, reference: &str, found: ImageUse, library: &Library) {
        let listed = self.0.entry(reference.to_owned());
        let listed = listed.or_insert_with(|| Listed {
            known: library.find(reference).map(|known| known.as_ref().clone()),
            uses: Vec::new(),
        });
        listed.uses.push(found);
    }
}
