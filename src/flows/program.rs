//! What a pod tells of the programs in it: whether they call the API server, or nobody knows whom.

use std::sync::LazyLock;

use serde_json::Value;

use super::Evidence;
use super::model::{Model, Running};
use crate::images::{Library, Network};

/// An image of which nothing tells whom it calls.
pub(super) fn unknown_image(running: &Running<'_>, images: Option<&Library>) -> Option<Evidence> {
    static OWN: LazyLock<Library> = LazyLock::new(Library::default);
    let images = images.unwrap_or(&OWN);
    let pod = running.pod();
    let unknown = pod.containers.iter().find_map(|container| {
        let text = container
            .get("/image")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let known = images.find(text);
        let quiet = known.is_some_and(|known| known.facts.network == Some(Network::None));
        (!quiet).then(|| (format!("{}/image", container.pointer), text))
    });
    let (place, image) = unknown?;
    let text =
        format!("no address is written in the manifest, and what image {image} calls is not known");
    Some(running.evidence(&place, text))
}

/// What tells that a pod keeps a token of the API server.
pub(super) fn token(running: &Running<'_>, model: &Model<'_>) -> Option<Evidence> {
    let pod = running.pod();
    for (index, volume) in pod.items("/volumes").enumerate() {
        let sources = volume
            .pointer("/projected/sources")
            .and_then(Value::as_array);
        let of_api = |source: &Value| {
            let token = source.get("serviceAccountToken");
            token.is_some_and(|token| token.get("audience").is_none())
        };
        if sources.is_some_and(|sources| sources.iter().any(of_api)) {
            return Some(running.evidence(
                &format!("{}/volumes/{index}", pod.pointer),
                "a projected token",
            ));
        }
    }
    let account = ["/serviceAccountName", "/serviceAccount"]
        .iter()
        .find_map(|field| pod.get(field)?.as_str());
    let account = account.filter(|name| !name.is_empty()).unwrap_or("default");
    let of_account = model
        .accounts
        .get(&(running.workload.namespace.clone(), account.to_owned()));
    let own = pod
        .get("/automountServiceAccountToken")
        .and_then(Value::as_bool);
    let keeps = own.or(of_account.copied()).unwrap_or(true);
    keeps.then(|| {
        let field = if own.is_some() {
            "/automountServiceAccountToken"
        } else {
            "/serviceAccountName"
        };
        running.evidence(
            &format!("{}{field}", pod.pointer),
            format!("keeps the token of ServiceAccount {account}"),
        )
    })
}
