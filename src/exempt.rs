//! What the author or the configuration wants left alone: keep comments, keep annotations, exceptions.

use serde_json::Value;

use crate::change::HeldBy;
use crate::pointer::At;
use crate::settings::{Exception, Profile, Settings};
use crate::transform::{self, Run};
use crate::workload::{Identity, PodTemplate};
use crate::yaml::{self, Document, Lines, Position};

/// The annotation that holds keeps: comments do not survive Helm and kustomize.
pub const ANNOTATION: &str = "kubetemper.dev/keep";

/// A part of a document that some transforms leave alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// JSON Pointer within the document; everything at and below it is meant.
    pub scope: String,
    /// Ids of transforms, or `*`.
    pub transforms: Vec<String>,
    /// A keep or the configuration.
    pub by: HeldBy,
    /// The author's reason.
    pub reason: String,
    /// Where it comes from, to tell when it is of no use.
    pub origin: Origin,
}

/// Where an exemption comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A comment at a byte offset of the stream.
    Comment(usize),
    /// An entry of the annotation, by its text, of the object at a pointer.
    Annotation(String, String),
    /// An exception of the configuration, by index.
    Exception(usize),
}

impl Exemption {
    /// Tells whether a change of a transform is exempt.
    #[must_use]
    pub fn covers(&self, transform: &str, pointer: &str) -> bool {
        self.names(transform) && meets(pointer, &self.scope)
    }

    /// Tells whether a run shows that it is of no use when it holds nothing: every transform that it names runs.
    fn is_tried(&self, settings: &Settings) -> bool {
        let everything = settings.only.is_empty()
            && settings.skip.is_empty()
            && settings.profile >= Profile::Restricted;
        let tried = |id: &String| match transform::named(id) {
            // Whether a namespace has guards depends on more than the document.
            Ok(transform) if matches!(transform.run, Run::Namespace(_)) => false,
            // Several transforms of "baseline" ask for more where the profile does.
            Ok(transform) => {
                settings.runs(transform)
                    && settings.profile >= transform.profile.max(Profile::Restricted)
            }
            // An id that does not exist never does anything.
            Err(_) => id != "*" || everything,
        };
        self.transforms.iter().all(tried)
    }

    /// Tells whether it is about a transform.
    #[must_use]
    pub fn names(&self, transform: &str) -> bool {
        self.transforms
            .iter()
            .any(|id| id == transform || id == "*")
    }
}

/// Where the exemptions of an object come from; keeps only if the run can tell whether they are of use.
pub(crate) fn origins(
    exemptions: &[Exemption],
    settings: &Settings,
) -> impl Iterator<Item = Origin> {
    exemptions
        .iter()
        .filter(|exemption| exemption.by == HeldBy::Config || exemption.is_tried(settings))
        .map(|exemption| exemption.origin.clone())
}

/// Where the keep comments of a text are; documents that cannot be read have none.
#[must_use]
pub fn comment_positions(text: &str) -> Vec<Position> {
    let mut positions = Vec::new();
    if !text.contains("kubetemper:") {
        return positions;
    }
    let lines = Lines::new(text);
    for slice in yaml::split(text).unwrap_or_default() {
        let keeps = Document::parse(text, &slice).map_or_else(|_| Vec::new(), |it| comments(&it));
        positions.extend(keeps.iter().filter_map(|keep| match keep.origin {
            Origin::Comment(at) => Some(lines.position(at)),
            _ => None,
        }));
    }
    positions
}

/// Tells whether a pointer is at or below another one.
pub(crate) fn is_within(pointer: &str, scope: &str) -> bool {
    pointer
        .strip_prefix(scope)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Tells whether one of two places lies within the other.
pub(crate) fn meets(one: &str, other: &str) -> bool {
    is_within(one, other) || is_within(other, one)
}

/// The keep comments of a document: `# kubetemper: keep <id>[, <id>]: <reason>`.
///
/// A comment beside a line is about what begins on that line; a comment on its own line about what comes
/// next; one at the top of an object, or beside its name, about the whole object.
#[must_use]
pub fn comments(document: &Document<'_>) -> Vec<Exemption> {
    let keep = |(at, comment): (usize, &str)| {
        let text = comment
            .trim_start_matches('#')
            .trim()
            .strip_prefix("kubetemper:")?
            .trim()
            .strip_prefix("keep ")?;
        let (ids, reason) = text.split_once(':').unwrap_or((text, ""));
        Some(Exemption {
            scope: widen(document.pointer_at(at)),
            transforms: ids.split(',').map(|id| id.trim().to_owned()).collect(),
            by: HeldBy::Keep,
            reason: reason.trim().to_owned(),
            origin: Origin::Comment(at),
        })
    };
    document.comments().filter_map(keep).collect()
}

/// A keep on the head of an object is about the object.
fn widen(pointer: String) -> String {
    for head in ["/apiVersion", "/kind", "/metadata"] {
        if let Some(at) = pointer.find(head) {
            let rest = &pointer[at + head.len()..];
            let object = &pointer[..at];
            let is_object = object.is_empty()
                || object
                    .rsplit_once('/')
                    .is_some_and(|(list, _)| list.ends_with("/items"));
            if is_object && (rest.is_empty() || rest.starts_with('/')) {
                return object.to_owned();
            }
        }
    }
    pointer
}

/// The keeps of an object's annotation: `<id>=<reason>; <container>/<id>=<reason>`.
#[must_use]
pub fn annotation(document: &Value, pointer: &str, templates: &[PodTemplate]) -> Vec<Exemption> {
    let place = format!(
        "{pointer}/metadata/annotations/{}",
        ANNOTATION.replace('/', "~1")
    );
    let Some(text) = document.at(&place).and_then(Value::as_str) else {
        return Vec::new();
    };
    let mut exemptions = Vec::new();
    for entry in text
        .split(';')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
    {
        let (id, reason) = entry.split_once('=').unwrap_or((entry, ""));
        let (container, id) = id
            .trim()
            .split_once('/')
            .map_or((None, id.trim()), |(name, id)| (Some(name), id));
        let scopes = match container {
            None => vec![pointer.to_owned()],
            Some(name) => containers(document, templates, name),
        };
        // A container that does not exist: the entry keeps nothing, and is reported as such.
        let scopes = if scopes.is_empty() {
            vec![format!("{pointer}/no such container")]
        } else {
            scopes
        };
        exemptions.extend(scopes.into_iter().map(|scope| Exemption {
            scope,
            transforms: vec![id.to_owned()],
            by: HeldBy::Keep,
            reason: reason.trim().to_owned(),
            origin: Origin::Annotation(pointer.to_owned(), entry.to_owned()),
        }));
    }
    exemptions
}

/// The exceptions of the configuration that concern an object.
#[must_use]
pub fn exceptions(
    settings: &Settings,
    identity: &Identity,
    document: &Value,
    pointer: &str,
    templates: &[PodTemplate],
) -> Vec<Exemption> {
    let mut exemptions = Vec::new();
    for (index, exception) in settings.exceptions.iter().enumerate() {
        if !concerns(exception, settings, identity, document, pointer, templates) {
            continue;
        }
        let scopes = match &exception.container {
            None => vec![pointer.to_owned()],
            Some(name) => containers(document, templates, name),
        };
        exemptions.extend(scopes.into_iter().map(|scope| Exemption {
            scope,
            transforms: exception.skip.clone(),
            by: HeldBy::Config,
            reason: exception.reason.clone(),
            origin: Origin::Exception(index),
        }));
    }
    exemptions
}

/// The options that exceptions of the configuration have for a transform, each with the place that it is about.
pub(crate) fn options<'s>(
    exemptions: &[Exemption],
    settings: &'s Settings,
    transform: &str,
) -> Vec<(String, &'s Value)> {
    let of = |exemption: &Exemption| {
        let Origin::Exception(index) = exemption.origin else {
            return None;
        };
        let options = settings.exceptions.get(index)?.options.get(transform)?;
        Some((exemption.scope.clone(), options))
    };
    exemptions.iter().filter_map(of).collect()
}

fn containers(document: &Value, templates: &[PodTemplate], name: &str) -> Vec<String> {
    let containers = templates.iter().flat_map(|template| &template.containers);
    let named = |pointer: &&String| {
        let found = document
            .at(&format!("{pointer}/name"))
            .and_then(Value::as_str);
        found.is_some_and(|found| matches(name, found))
    };
    containers
        .map(|(_, pointer)| pointer)
        .filter(named)
        .cloned()
        .collect()
}

fn concerns(
    exception: &Exception,
    settings: &Settings,
    identity: &Identity,
    document: &Value,
    pointer: &str,
    templates: &[PodTemplate],
) -> bool {
    let fits = |pattern: &Option<String>, text: Option<&str>| {
        pattern
            .as_ref()
            .is_none_or(|pattern| text.is_some_and(|text| matches(pattern, text)))
    };
    let namespace = identity
        .namespace
        .as_deref()
        .or(settings.namespace.as_deref());
    let metadata = std::iter::once(format!("{pointer}/metadata"))
        .chain(templates.iter().filter_map(|t| t.metadata.clone()));
    let labels: Vec<&Value> = metadata
        .filter_map(|place| document.at(&format!("{place}/labels")))
        .collect();
    let labelled = |(key, pattern): (&String, &String)| {
        let found = |labels: &&Value| {
            labels
                .get(key)
                .and_then(Value::as_str)
                .is_some_and(|text| matches(pattern, text))
        };
        labels.iter().any(found)
    };
    let kind = exception.kind.as_ref().is_none_or(|pattern| {
        let (kind, group) = pattern
            .split_once('.')
            .map_or((pattern.as_str(), None), |(kind, group)| {
                (kind, Some(group))
            });
        matches(kind, &identity.kind) && group.is_none_or(|group| matches(group, identity.group()))
    });
    kind && fits(&exception.name, identity.name.as_deref())
        && fits(&exception.namespace, namespace)
        && exception.labels.iter().all(labelled)
}

/// Tells whether a text fits a pattern in which `*` stands for any characters.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "abc"),
            ("*c", "abc"),
            ("a*c*e", "abcde"),
            ("abc", "abc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("a", "ab"),
            ("a*b", "abc"),
            ("*x*", "abc"),
            ("ab*ba", "aba"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn the_head_of_an_object_stands_for_it() {
        assert_eq!(widen("/metadata/name".into()), "");
        assert_eq!(widen("/items/2/kind".into()), "/items/2");
        assert_eq!(
            widen("/spec/template/metadata/labels".into()),
            "/spec/template/metadata/labels"
        );
    }
}
