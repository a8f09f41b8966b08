//! Writes keeps into manifests, as their author would; `exempt` reads them.

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::exempt::{self, ANNOTATION, Exemption, Origin};
use crate::patch;
use crate::yaml::{self, Document, Refusal, Slice};

/// A change that is not wanted, and why.
#[derive(Debug, Clone, Copy)]
pub struct Keep<'a> {
    /// The document that holds the object, by index.
    pub document: usize,
    /// JSON Pointer of the object within the document.
    pub object: &'a str,
    /// JSON Pointer of the change within the document.
    pub change: &'a str,
    /// The container that it concerns, if it concerns one.
    pub container: Option<&'a str>,
    /// The transform that wants it.
    pub transform: &'a str,
    /// Why it is not wanted: one line.
    pub reason: &'a str,
}

/// Keys that hold everything of a workload: a keep on one would look narrower than it is.
const FRAME: [&str; 7] = [
    "spec",
    "template",
    "jobTemplate",
    "metadata",
    "containers",
    "initContainers",
    "ephemeralContainers",
];

/// The text with the keep as a comment, for each place that could hold it, from the narrowest to the widest:
/// the line of the value, the container or the part of the pod, the object. Empty where a comment cannot stand.
#[must_use]
pub fn commented(text: &str, keep: Keep<'_>) -> Vec<String> {
    let slices = yaml::split(text).unwrap_or_default();
    let Some(slice) = slices.get(keep.document) else {
        return Vec::new();
    };
    let Ok(document) = Document::parse(text, slice) else {
        return Vec::new();
    };
    if is_json(&text[slice.range()]) {
        return Vec::new();
    }
    let scopes = scopes(document.value(), keep);
    let texts = scopes.iter().filter_map(|scope| {
        let at = document.locate(scope).start;
        insert(text, &document, at, keep)
    });
    texts.collect()
}

/// The text with the keep as an entry of the object's annotation.
///
/// # Errors
/// What cannot be read, or edited with proof.
pub fn annotated(text: &str, keep: Keep<'_>) -> Result<String, Refusal> {
    let slices = yaml::split(text)?;
    let slice = slices.get(keep.document);
    let slice = slice.ok_or_else(|| refusal(0, "the document is gone"))?;
    let document = Document::parse(text, slice)?;
    let refuse = |why: &str| refusal(slice.range().start, why);
    let name = ANNOTATION.replace('/', "~1");
    let pointer = format!("{}/metadata/annotations/{name}", keep.object);
    let present = document.value().pointer(&pointer);
    let present = present.map_or(Some(""), Value::as_str);
    let present = present.ok_or_else(|| refuse("the annotation is no text"))?;
    let container = keep.container.map(|name| format!("{name}/"));
    // Entries are parted by semicolons.
    let reason = keep.reason.replace(';', ",");
    let entry = format!(
        "{}{}={reason}",
        container.unwrap_or_default(),
        keep.transform
    );
    let entries = [present.trim().trim_end_matches(';'), &entry];
    let entries = entries.into_iter().filter(|entry| !entry.is_empty());
    let wanted = Value::from(entries.collect::<Vec<_>>().join("; "));
    let mut value = document.value().clone();
    patch::apply(&mut value, &pointer, Some(&wanted)).map_err(|why| refuse(&why))?;
    let edits = document.edits(&value)?;
    let part = yaml::splice(text, slice.range(), &edits)?;
    let comments = document.comments().map(|(_, comment)| comment);
    yaml::prove(&part, &value, comments).map_err(|why| refuse(&why))?;
    yaml::splice(text, 0..text.len(), &edits)
}

fn refusal(at: usize, reason: &str) -> Refusal {
    Refusal {
        at,
        reason: reason.to_owned(),
        help: "write the keep by hand, or an exception into kubetemper.yaml".to_owned(),
        template: false,
    }
}

/// Tells whether a document is JSON, which has no comments.
fn is_json(part: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(part).is_ok()
}

/// What a keep could be about.
fn scopes(value: &Value, keep: Keep<'_>) -> Vec<String> {
    let mut above = Vec::new();
    let mut pointer = keep.change;
    while pointer.len() > keep.object.len() {
        above.push(pointer);
        pointer = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    above.retain(|pointer| value.pointer(pointer).is_some());
    let mut scopes: Vec<&str> = Vec::new();
    scopes.extend(above.iter().filter(|pointer| **pointer == keep.change));
    let part = if keep.container.is_some() {
        above.iter().find(|pointer| is_container(pointer))
    } else {
        let is_frame = |pointer: &str| FRAME.contains(&pointer.rsplit('/').next().unwrap_or(""));
        above.iter().find(|pointer| !is_frame(pointer))
    };
    scopes.extend(part);
    scopes.push(keep.object);
    scopes.dedup();
    scopes.into_iter().map(str::to_owned).collect()
}

/// Tells whether a pointer leads to an item of a list of containers.
fn is_container(pointer: &str) -> bool {
    let mut tokens = pointer.rsplit('/').skip(1);
    let list = tokens.next();
    list.is_some_and(|list| list.ends_with("ontainers"))
}

/// The text with the comment on a line of its own above what begins at `at`, if it begins its line and the
/// comment is then about the change.
fn insert(text: &str, document: &Document<'_>, at: usize, keep: Keep<'_>) -> Option<String> {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let margin = text[line..at].trim_start_matches('\u{feff}');
    if !margin.bytes().all(|byte| byte == b' ') {
        return None;
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (id, reason) = (keep.transform, keep.reason);
    let comment = format!("# kubetemper: keep {id}: {reason}{newline}{margin}");
    let new = format!("{}{comment}{}", &text[..at], &text[at..]);
    let slices = yaml::split(&new).ok()?;
    let slice = slices.get(keep.document)?;
    let read = Document::parse(&new, slice).ok()?;
    let is_ours = |exemption: &Exemption| {
        exemption.origin == Origin::Comment(at)
            && exemption.covers(id, keep.change)
            && exempt::is_within(&exemption.scope, keep.object)
    };
    let found = exempt::comments(&read).iter().any(is_ours);
    (found && is_same(document, &read, &new, slice)).then_some(new)
}

/// Checks that a document has its value, also for a second reader, and its comments.
fn is_same(document: &Document<'_>, read: &Document<'_>, new: &str, slice: &Slice) -> bool {
    let comments = read.comments().map(|(_, comment)| comment);
    document.value() == read.value()
        && document
            .comments()
            .all(|(_, old)| read.comments().any(|(_, new)| new == old))
        && yaml::prove(&new[slice.range()], document.value(), comments).is_ok()
}

#[cfg(test)]
mod tests;
