//! What the API server rejects of a document as it is, so that what an edit adds to it shows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Budget, Rejection, object_rejections, rejections, rivals, template_rejections};
use crate::exempt::is_within;
use crate::settings::Settings;
use crate::workload::{self, CustomWorkload, Identity};

/// The rejections of every object of a document.
#[derive(Debug)]
pub struct Acceptance {
    custom: Vec<CustomWorkload>,
    objects: Vec<Object>,
}

#[derive(Debug)]
struct Object {
    identity: Identity,
    /// It is a PodDisruptionBudget.
    is_budget: bool,
    /// JSON Pointer within the document.
    pointer: String,
    /// With the index of the pod.
    rejections: BTreeSet<(usize, Rejection)>,
}

impl Acceptance {
    /// What is rejected of a document now.
    #[must_use]
    pub fn of(document: &Value, settings: &Settings) -> Self {
        let object = |pointer: String| {
            let identity = workload::identity(document, &pointer);
            let kind = (identity.group(), identity.kind.as_str());
            Object {
                is_budget: kind == ("policy", "PodDisruptionBudget"),
                identity,
                pointer,
                rejections: BTreeSet::new(),
            }
        };
        let mut acceptance = Self {
            custom: settings.workloads.clone(),
            objects: workload::flatten(document)
                .into_iter()
                .map(object)
                .collect(),
        };
        acceptance.renew(document, "");
        acceptance
    }

    /// Takes the objects at and below a place as they are.
    pub fn renew(&mut self, document: &Value, place: &str) {
        let budgets = self.budgets(document);
        for index in 0..self.objects.len() {
            if is_within(&self.objects[index].pointer, place) {
                let found = self.rejections(index, document, &budgets);
                self.objects[index].rejections = found;
            }
        }
    }

    /// Takes a document after edits at some places, unless more is rejected of it than before.
    ///
    /// # Errors
    /// What is rejected that was not; then the document before the edits still counts.
    pub fn accept<'p>(
        &mut self,
        document: &Value,
        edits: impl Iterator<Item = &'p str>,
    ) -> Result<(), Rejection> {
        let edits: Vec<&str> = edits.collect();
        let is_edited = |object: &Object| {
            let mut edits = edits.iter();
            edits.any(|edit| is_within(edit, &object.pointer))
        };
        let budgets = self.budgets(document);
        // The pods that a budget selects may be those of any object.
        let mut all = self.objects.iter();
        let all = all.any(|object| object.is_budget && is_edited(object));
        let mut accepted = Vec::new();
        for (index, object) in self.objects.iter().enumerate() {
            if all || is_edited(object) {
                let found = self.rejections(index, document, &budgets);
                if let Some((_, rejection)) = found.difference(&object.rejections).next() {
                    return Err(rejection.clone());
                }
                accepted.push((index, found));
            }
        }
        for (index, found) in accepted {
            self.objects[index].rejections = found;
        }
        Ok(())
    }

    fn budgets(&self, document: &Value) -> Vec<Budget> {
        let objects = self.objects.iter();
        objects
            .filter(|object| object.is_budget)
            .filter_map(|object| Budget::of(&object.identity, document.pointer(&object.pointer)?))
            .collect()
    }

    fn rejections(
        &self,
        index: usize,
        document: &Value,
        budgets: &[Budget],
    ) -> BTreeSet<(usize, Rejection)> {
        let Object {
            identity, pointer, ..
        } = &self.objects[index];
        let object = document.pointer(pointer).unwrap_or(&Value::Null);
        let own = object_rejections(identity, object).into_iter();
        let mut found: BTreeSet<_> = own.map(|rejection| (0, rejection)).collect();
        let templates = workload::pod_templates(identity, document, pointer, &self.custom);
        for (index, template) in templates.iter().enumerate() {
            let pod = template.pod(document);
            let mut all = rejections(&pod);
            if (identity.group(), identity.kind.as_str()) != ("", "Pod") {
                all.extend(template_rejections(&pod));
            }
            all.extend(rivals(identity.namespace.as_deref(), &pod, budgets));
            found.extend(all.into_iter().map(|rejection| (index, rejection)));
        }
        found
    }
}
