//! Objects that are not edited, however they are named: patches, owned objects, parts of the node.

use serde_json::Value;

use crate::change::HeldBy;
use crate::engine::Scope;
use crate::node_agent;
use crate::pointer::At;
use crate::workload::{Identity, PodTemplate, Shape};

/// Why nothing of an object may be changed, if so.
pub(crate) fn of(
    document: &Value,
    identity: &Identity,
    pointer: &str,
    templates: &[PodTemplate],
    scope: Scope<'_>,
) -> Option<(HeldBy, String)> {
    let object = document.at(pointer)?;
    if scope.is_patch {
        return Some((
            HeldBy::Patch,
            "a kustomization names this file as a patch or as data".to_owned(),
        ));
    }
    if has_directive(object) {
        return Some((
            HeldBy::Patch,
            "a `$` directive makes this a strategic merge patch".to_owned(),
        ));
    }
    let local = object.at("/metadata/annotations/config.kubernetes.io~1local-config");
    if local.is_some_and(|local| local == "true") {
        return Some((
            HeldBy::Config,
            "the annotation config.kubernetes.io/local-config keeps it from every cluster"
                .to_owned(),
        ));
    }
    let without_image = |template: &PodTemplate| {
        let pod = template.pod(document);
        let all_have_images = || {
            let mut containers = pod.containers.iter();
            containers.all(|container| container.get("/image").is_some())
        };
        template.shape == Shape::Full && (pod.get("/containers").is_none() || !all_have_images())
    };
    if templates.iter().any(without_image) {
        return Some((
            HeldBy::Patch,
            "a pod without containers, or a container without an image, makes this a patch"
                .to_owned(),
        ));
    }
    let owners = object
        .at("/metadata/ownerReferences")
        .and_then(Value::as_array);
    if let Some(owner) = owners.and_then(|owners| owners.first()) {
        let text = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or("?");
        let why = format!(
            "{}/{} owns the object and would revert the change",
            text("kind"),
            text("name")
        );
        return Some((HeldBy::Owned, why));
    }
    let namespace = identity
        .namespace
        .as_deref()
        .or(scope.settings.namespace.as_deref());
    let daemon = identity.kind == "DaemonSet";
    let agent = |template: &PodTemplate| {
        let images = &scope.settings.images;
        node_agent::reason(namespace, &template.pod(document), daemon, images)
    };
    templates
        .iter()
        .find_map(agent)
        .map(|why| (HeldBy::NodeAgent, why))
}

/// Bare pods and the pod templates of Jobs cannot be changed on a live object.
pub(crate) fn is_immutable(identity: &Identity) -> bool {
    matches!(
        (identity.group(), identity.kind.as_str()),
        ("", "Pod") | ("batch", "Job")
    )
}

/// Tells whether an object was read from a cluster: the API server gives it its `uid`.
pub(crate) fn is_live(document: &Value, pointer: &str) -> bool {
    let uid = document.at(&format!("{pointer}/metadata/uid"));
    uid.is_some_and(Value::is_string)
}

/// Tells whether a mapping anywhere in the value has a directive of a strategic merge patch.
fn has_directive(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| {
            matches!(key.as_str(), "$patch" | "$retainKeys")
                || key.starts_with("$setElementOrder")
                || key.starts_with("$deleteFromPrimitiveList")
                || has_directive(value)
        }),
        Value::Array(items) => items.iter().any(has_directive),
        _ => false,
    }
}
