//! What the API server rejects of a document as it is, so that what an edit adds to it shows.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Budget, Rejection, object_rejections, rejections, rivals, template_rejections};
use crate::exempt::is_within;
use crate::pointer::At;
use crate::settings::Settings;
use crate::workload::{self, CustomWorkload, Identity};

/// The rejections of every object of a document.
///
/// What is rejected of an object is looked up when an edit of it is judged: most objects are never edited.
#[derive(Debug)]
pub struct Acceptance<'a> {
    /// The document as it was read.
    before: &'a Value,
    custom: Vec<CustomWorkload>,
    objects: Vec<Object>,
    /// The objects by their pointers.
    places: HashMap<String, usize>,
    /// The objects that are PodDisruptionBudgets: what they select may be the pods of any object.
    budgets: Vec<usize>,
}

#[derive(Debug)]
struct Object {
    identity: Identity,
    /// JSON Pointer within the document.
    pointer: String,
    /// With the index of the pod; `None` while it is as it was read.
    rejections: Option<Rejections>,
}

type Rejections = BTreeSet<(usize, Rejection)>;

impl<'a> Acceptance<'a> {
    /// What is rejected of a document now.
    #[must_use]
    pub fn of(document: &'a Value, settings: &Settings) -> Self {
        let object = |pointer: String| Object {
            identity: workload::identity(document, &pointer),
            pointer,
            rejections: None,
        };
        let objects: Vec<Object> = workload::flatten(document)
            .into_iter()
            .map(object)
            .collect();
        let numbered = || objects.iter().enumerate();
        let is_budget = |object: &Object| {
            let kind = (object.identity.group(), object.identity.kind.as_str());
            kind == ("policy", "PodDisruptionBudget")
        };
        Self {
            before: document,
            custom: settings.workloads.clone(),
            places: numbered()
                .map(|(index, object)| (object.pointer.clone(), index))
                .collect(),
            budgets: numbered()
                .filter_map(|(index, object)| is_budget(object).then_some(index))
                .collect(),
            objects,
        }
    }

    /// Takes the objects at and below a place as they are.
    pub fn renew(&mut self, document: &Value, place: &str) {
        let budgets = self.budgets(document);
        for index in 0..self.objects.len() {
            if is_within(&self.objects[index].pointer, place) {
                let found = self.rejections(index, document, &budgets);
                self.objects[index].rejections = Some(found);
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
        let mut edited: BTreeSet<usize> = edits.filter_map(|edit| self.object_at(edit)).collect();
        if self.budgets.iter().any(|budget| edited.contains(budget)) {
            edited = (0..self.objects.len()).collect();
        }
        let budgets = self.budgets(document);
        let budgets_before = self.budgets(self.before);
        let mut accepted = Vec::new();
        for index in edited {
            let found = self.rejections(index, document, &budgets);
            let is_new = |rejections: &Rejections| found.difference(rejections).next().cloned();
            let new = match &self.objects[index].rejections {
                Some(before) => is_new(before),
                None if found.is_empty() => None,
                None => is_new(&self.rejections(index, self.before, &budgets_before)),
            };
            if let Some((_, rejection)) = new {
                return Err(rejection);
            }
            accepted.push((index, found));
        }
        for (index, found) in accepted {
            self.objects[index].rejections = Some(found);
        }
        Ok(())
    }

    /// The object that a pointer is in.
    fn object_at(&self, pointer: &str) -> Option<usize> {
        let ends = pointer.match_indices('/').map(|(at, _)| at);
        let mut prefixes = ends.chain([pointer.len()]).map(|end| &pointer[..end]);
        prefixes.find_map(|prefix| self.places.get(prefix).copied())
    }

    fn budgets(&self, document: &Value) -> Vec<Budget> {
        let objects = self.budgets.iter().map(|index| &self.objects[*index]);
        objects
            .filter_map(|object| Budget::of(&object.identity, document.at(&object.pointer)?))
            .collect()
    }

    fn rejections(&self, index: usize, document: &Value, budgets: &[Budget]) -> Rejections {
        let Object {
            identity, pointer, ..
        } = &self.objects[index];
        let object = document.at(pointer).unwrap_or(&Value::Null);
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
