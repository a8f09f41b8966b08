//! The patches as a kustomize component: for those whose kustomize may not run functions.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::patch::{Patches, list, object_file};
use crate::report::{FileReport, ObjectReport};
use crate::yaml::scalar::{double_quoted, is_plain_safe};

/// How the file of a component begins that is ours to overwrite.
pub const MARK: &str = "# Written by `kubetemper patch`, which overwrites it.\n";

/// A component (`kustomization.yaml`) that applies the patches. `names` are their files; without any the patches
/// stand in it. `files` is the whole run.
#[must_use]
pub fn kustomization(files: &[FileReport], all: &Patches<'_>, names: Option<&[String]>) -> String {
    let patches = &all.patches;
    let mut out = MARK.to_owned();
    out.push_str("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n");
    let created = names.and_then(|names| names.get(patches.len()..));
    if let Some(created) = created.filter(|created| !created.is_empty()) {
        out.push_str("resources:\n");
        for name in created {
            // Writing to a string does not fail.
            let _ = writeln!(out, "- {}", scalar(name));
        }
    }
    out.push_str(if patches.is_empty() {
        "patches: []\n"
    } else {
        "patches:\n"
    });
    let elsewhere = in_a_namespace(files);
    for (at, patch) in patches.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(out, "# {}", patch.place().escape_debug());
        if patch.recreates() {
            let kind = patch.object.kind.escape_debug();
            let _ = writeln!(
                out,
                "# recreate: the pods of a live {kind} cannot be changed; delete it first"
            );
        }
        out.push_str("- target:\n");
        for (key, value) in target(&elsewhere, patch.object) {
            let _ = writeln!(out, "    {key}: {}", scalar(&value));
        }
        let _ = match names.and_then(|names| names.get(at)) {
            Some(name) => writeln!(out, "  path: {}", scalar(name)),
            None => writeln!(out, "  patch: |-\n    {}", list(&patch.operations, "    ")),
        };
    }
    // A component has no place for objects but files: here they follow it.
    for creation in all.creations.iter().filter(|_| names.is_none()) {
        let _ = write!(out, "---\n{}", object_file(creation.value));
    }
    out
}

/// Kinds and names of the objects that name a namespace.
fn in_a_namespace(files: &[FileReport]) -> HashSet<(&str, Option<&str>)> {
    let objects = files.iter().flat_map(|file| &file.objects);
    objects
        .filter(|object| object.namespace.is_some())
        .map(|object| (object.kind.as_str(), object.name.as_deref()))
        .collect()
}

/// What kustomize finds the object by: regular expressions that match the whole value. `elsewhere` are the objects
/// that name a namespace.
fn target(
    elsewhere: &HashSet<(&str, Option<&str>)>,
    object: &ObjectReport,
) -> Vec<(&'static str, String)> {
    let (group, version) = object
        .api_version
        .rsplit_once('/')
        .unwrap_or(("", &object.api_version));
    // Without a namespace a target matches the name in all of them; kustomize calls the absent one `default`.
    let is_elsewhere = || elsewhere.contains(&(&object.kind, object.name.as_deref()));
    let default = || is_elsewhere().then_some("default");
    let fields = [
        ("group", Some(group).filter(|group| !group.is_empty())),
        ("version", Some(version)),
        ("kind", Some(object.kind.as_str())),
        ("name", object.name.as_deref()),
        ("namespace", object.namespace.as_deref().or_else(default)),
    ];
    fields
        .into_iter()
        .filter_map(|(key, value)| {
            // The dot of a group matches a dot, and nothing that is a group besides.
            let value = value?;
            let literal = if key == "group" { "." } else { "" };
            Some((key, escaped(value, literal)))
        })
        .collect()
}

/// A text as a regular expression that matches it; the characters of `bare` stay as they are.
fn escaped(text: &str, bare: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) && !bare.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn scalar(text: &str) -> String {
    if is_plain_safe(text) {
        text.to_owned()
    } else {
        double_quoted(text)
    }
}
