//! One JSON Patch (RFC 6902) for each object that changes.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use json_patch::{Patch, PatchOperation};
use serde_json::{Value, json};

use super::Withheld;
use super::guarded::Guarded;
use crate::report::{FileReport, ObjectReport, Problem};
use crate::yaml::{self, Document, Position};

/// The patch of one object.
#[derive(Debug)]
pub struct ObjectPatch<'r> {
    /// The file that holds the object.
    pub file: &'r FileReport,
    /// The object.
    pub object: &'r ObjectReport,
    /// The operations, with pointers from the root of the object.
    pub operations: Vec<PatchOperation>,
}

/// An object that the run makes.
#[derive(Debug)]
pub struct Creation<'r> {
    /// The file that `fix` puts it into.
    pub file: &'r FileReport,
    /// What it is.
    pub object: &'r ObjectReport,
    /// The whole object.
    pub value: &'r Value,
}

/// The patches of a run.
#[derive(Debug, Default)]
pub struct Patches<'r> {
    /// In the order of the input.
    pub patches: Vec<ObjectPatch<'r>>,
    /// New objects, in the order of the input.
    pub creations: Vec<Creation<'r>>,
    /// The objects that change and have no patch.
    pub withheld: Vec<Withheld>,
}

/// What a cluster or a kustomization tells objects apart by: group, kind, namespace and name.
type Identity<'r> = (&'r str, &'r str, Option<&'r str>, Option<&'r str>);

/// Makes a patch for each object with applied changes.
#[must_use]
pub fn patches(files: &[FileReport]) -> Patches<'_> {
    let mut all = Patches::default();
    for file in files {
        all.creations.extend(creations(file));
        let slices = yaml::split(&file.before).unwrap_or_default();
        for objects in file
            .objects
            .chunk_by(|one, next| one.document == next.document)
        {
            let added = objects.iter().filter(|object| is_added_by_patch(object));
            all.withheld.extend(added.map(|object| {
                withhold(
                    file,
                    object,
                    "it stands in a kustomize patch, which is no object that could be patched",
                )
            }));
            let changed = objects.iter().filter(|object| is_changed(object));
            let changed: Vec<_> = changed.collect();
            let Some(slice) = changed
                .first()
                .and_then(|object| slices.get(object.document))
            else {
                continue;
            };
            let document = Document::parse(&file.before, slice);
            for object in changed {
                let operations = match &document {
                    Ok(document) => operations(document.value(), object),
                    Err(refusal) => Err(refusal.to_string()),
                };
                match operations {
                    Ok(operations) => all.patches.push(ObjectPatch {
                        file,
                        object,
                        operations,
                    }),
                    Err(reason) => all.withheld.push(withhold(file, object, &reason)),
                }
            }
        }
    }
    all
}

/// Tells whether an object is there and changes. What a kustomization lists is no object of a cluster.
fn is_changed(object: &ObjectReport) -> bool {
    !object.created && !of_kustomize(object) && has_applied(object)
}

/// Tells whether a container changes that a kustomize patch adds.
fn is_added_by_patch(object: &ObjectReport) -> bool {
    of_kustomize(object) && object.kind == "Patch" && has_applied(object)
}

fn of_kustomize(object: &ObjectReport) -> bool {
    object.api_version.starts_with("kustomize.config.k8s.io/")
}

fn has_applied(object: &ObjectReport) -> bool {
    let mut changes = object.changes.iter();
    changes.any(|located| located.change.is_applied())
}

/// The objects that are made for a file.
fn creations(file: &FileReport) -> impl Iterator<Item = Creation<'_>> {
    let created = file.objects.iter().filter(|object| object.created);
    created.filter_map(move |object| {
        let mut changes = object.changes.iter().map(|located| &located.change);
        let change = changes.find(|change| change.is_applied())?;
        let value = change.after.as_ref()?;
        Some(Creation {
            file,
            object,
            value,
        })
    })
}

/// The operations that make of an object in its document what the applied changes make of it.
fn operations(document: &Value, object: &ObjectReport) -> Result<Vec<PatchOperation>, String> {
    if object.name.is_none() {
        return Err("no patch can address an object without a name".to_owned());
    }
    let before = document
        .pointer(&object.pointer)
        .ok_or_else(|| format!("there is no {}", object.pointer))?;
    let mut guarded = Guarded::new(before.clone());
    let mut expected = before.clone();
    let changes = object.changes.iter().map(|located| &located.change);
    for change in changes.filter(|change| change.is_applied()) {
        let pointer = change.pointer.strip_prefix(&object.pointer);
        let pointer = pointer.ok_or_else(|| format!("{} is elsewhere", change.pointer))?;
        if pointer.is_empty() {
            return Err("it changes as a whole".to_owned());
        }
        guarded.change(pointer, change.after.as_ref())?;
        crate::patch::apply(&mut expected, pointer, change.after.as_ref())?;
    }
    let operations = guarded.operations();
    // Proof, as for the text: the patch, as it is printed, says what the changes say.
    let mut after = before.clone();
    json_patch::patch(&mut after, &operations).map_err(|error| error.to_string())?;
    if expected != after {
        return Err("its patch does not give what the changes give".to_owned());
    }
    Ok(operations)
}

fn withhold(file: &FileReport, object: &ObjectReport, reason: &str) -> Withheld {
    let column = 1;
    let line = object.line;
    Withheld {
        path: file.path.clone(),
        problem: Problem {
            position: Some(Position { line, column }),
            object: Some(object.label()),
            reason: format!("{}: {reason}", object.label()),
            help: "`kubetemper fix` or `render` make its changes".to_owned(),
        },
    }
}

impl<'r> ObjectPatch<'r> {
    fn identity(&self) -> Identity<'r> {
        let object = self.object;
        let group = object.api_version.rsplit_once('/');
        (
            group.map_or("", |(group, _)| group),
            &object.kind,
            object.namespace.as_deref(),
            object.name.as_deref(),
        )
    }

    /// Where the object stands, for people.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.file.path, self.object.line)
    }

    /// Tells whether the live object must be deleted and created again.
    #[must_use]
    pub fn recreates(&self) -> bool {
        let mut changes = self.object.changes.iter().map(|located| &located.change);
        changes.any(|change| change.is_applied() && change.recreate)
    }
}

/// A readable name for the file of an object, without its extension: `deployment-shop-web`.
fn stem(object: &ObjectReport) -> String {
    const LONGEST: usize = 200;
    let parts = [
        Some(object.kind.as_str()),
        object.namespace.as_deref(),
        object.name.as_deref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    let plain = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() || c == '.' => c,
        _ => '-',
    };
    let stem = parts.join("-");
    stem.chars().take(LONGEST).map(plain).collect()
}

impl Patches<'_> {
    /// Says which patches are for objects that the input holds more than once.
    #[must_use]
    pub fn duplicates(&self) -> Vec<String> {
        let same = self.same();
        let line = |same: &Vec<usize>| {
            let label = self.patches[same[0]].object.label();
            format!("{label} stands in {}", self.places(same))
        };
        same.iter().map(line).collect()
    }

    /// Withholds the patches of objects that the input holds more than once with different patches: in one
    /// kustomization each of them would hit all. Of equal ones the first stays.
    pub fn withhold_ambiguous(&mut self) {
        let mut dropped = HashSet::new();
        for same in self.same() {
            let patch = &self.patches[same[0]];
            let equal = |at: &usize| self.patches[*at].operations == patch.operations;
            if same.iter().all(equal) {
                dropped.extend(same.into_iter().skip(1));
                continue;
            }
            let reason = format!(
                "it stands in {}, each with a patch of its own",
                self.places(&same)
            );
            let mut withheld = withhold(patch.file, patch.object, &reason);
            "a kustomization holds an object once: run `kubetemper patch` for each folder"
                .clone_into(&mut withheld.problem.help);
            self.withheld.push(withheld);
            dropped.extend(same);
        }
        let mut at = 0..;
        self.patches
            .retain(|_| at.next().is_none_or(|at| !dropped.contains(&at)));
    }

    /// The patches of each object that has more than one, in the order of the input.
    fn same(&self) -> Vec<Vec<usize>> {
        let mut same: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, patch) in self.patches.iter().enumerate() {
            same.entry(patch.identity()).or_default().push(at);
        }
        let mut same: Vec<_> = same.into_values().filter(|same| same.len() > 1).collect();
        same.sort();
        same
    }

    fn places(&self, patches: &[usize]) -> String {
        let places: Vec<_> = patches.iter().map(|at| self.patches[*at].place()).collect();
        places.join(", ")
    }

    /// Tells whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patches.is_empty() && self.creations.is_empty()
    }

    /// A file name for each patch and then each new object, in their order, each once.
    #[must_use]
    pub fn file_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut taken = HashSet::new();
        let patched = self.patches.iter().map(|patch| patch.object);
        for object in patched.chain(self.creations.iter().map(|creation| creation.object)) {
            let stem = stem(object);
            let numbered = (2..).map(|number| format!("{stem}-{number}.json"));
            let mut candidates = std::iter::once(format!("{stem}.json")).chain(numbered);
            let free = candidates.find(|name| taken.insert(name.clone()));
            names.extend(free);
        }
        names
    }
}

/// The patches and then the new objects as one JSON array, an operation a line. `namespace` is that of objects that
/// name none.
#[must_use]
pub fn patches_json(all: &Patches<'_>, namespace: Option<&str>) -> String {
    let mut out = String::from("[");
    for (at, patch) in all.patches.iter().enumerate() {
        let object = patch.object;
        let head = json!({
            "apiVersion": object.api_version,
            "kind": object.kind,
            "namespace": object.namespace.as_deref().or(namespace),
            "name": object.name,
            "file": patch.file.path,
            "recreate": patch.recreates(),
        });
        let head = ascii(&head.to_string());
        let head = head.trim_end_matches('}');
        let comma = if at == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "{comma}\n{head},\"patch\":{}}}",
            list(&patch.operations, "")
        );
    }
    for creation in &all.creations {
        let object = creation.object;
        let entry = json!({
            "apiVersion": object.api_version,
            "kind": object.kind,
            "namespace": object.namespace.as_deref().or(namespace),
            "name": object.name,
            "file": creation.file.path,
            "create": creation.value,
        });
        let comma = if out == "[" { "" } else { "," };
        let _ = write!(out, "{comma}\n{}", ascii(&entry.to_string()));
    }
    out.push_str(if all.is_empty() { "]\n" } else { "\n]\n" });
    out
}

/// The text of a patch on its own, as `kubectl patch --type=json` and kustomize take it.
#[must_use]
pub fn patch_file(operations: &[PatchOperation]) -> String {
    format!("{}\n", list(operations, ""))
}

/// The text of a new object on its own, as `kubectl apply` and kustomize take it.
#[must_use]
pub fn object_file(value: &Value) -> String {
    format!("{}\n", ascii(&format!("{value:#}")))
}

/// Tells whether a text is a new object in the very form that [`object_file`] gives it.
#[must_use]
pub fn is_object_file(text: &str) -> bool {
    let value: Result<Value, _> = serde_json::from_str(text);
    value.is_ok_and(|value| {
        let annotation = value.pointer("/metadata/annotations/kubetemper.dev~1generated-by");
        annotation.is_some() && object_file(&value) == text
    })
}

/// Tells whether a text is a patch in the very form that [`patch_file`] gives it.
#[must_use]
pub fn is_patch_file(text: &str) -> bool {
    let patch: Result<Patch, _> = serde_json::from_str(text);
    patch.is_ok_and(|Patch(operations)| patch_file(&operations) == text)
}

/// The operations as a JSON array, one a line behind an indentation.
pub(super) fn list(operations: &[PatchOperation], indent: &str) -> String {
    let lines: Vec<String> = operations
        .iter()
        .map(|operation| format!("{indent}  {}", ascii(&json!(operation).to_string())))
        .collect();
    format!("[\n{}\n{indent}]", lines.join(",\n"))
}

/// JSON without characters that YAML takes for line breaks or does not take at all.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}
