//! The name of a Helm release. Helm tells it to no post-renderer.

use serde_json::Value;

use crate::foreign;
use crate::settings::Settings;
use crate::workload;
use crate::yaml::{self, Document};

/// What charts write on what they make: the name of the release, by Helm's own convention.
const INSTANCE: &str = "app.kubernetes.io~1instance";

/// Helm's own limit.
const MAX_LENGTH: usize = 53;

/// Checks the name of a release: it becomes a part of the names of objects.
///
/// # Errors
/// What Helm would not take for a name.
pub fn parse(name: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inside = |byte: u8| is_plain(byte) || matches!(byte, b'-' | b'.');
    let ends = [name.bytes().next(), name.bytes().next_back()];
    let fits = name.len() <= MAX_LENGTH
        && name.bytes().all(inside)
        && ends.iter().all(|end| end.is_some_and(is_plain));
    if fits {
        Ok(name.to_owned())
    } else {
        Err(format!(
            "a release is named with lower-case letters, digits, `-` and `.`, {MAX_LENGTH} at most"
        ))
    }
}

/// The release that a stream of Helm's is of, by its labels: every workload has one, and all objects that have one
/// have the same. Where one differs or a workload has none, the label may mean something else.
#[must_use]
pub fn of(text: &str, settings: &Settings) -> Option<String> {
    if !foreign::is_rendered_chart(text) {
        return None;
    }
    let mut release: Option<String> = None;
    for slice in yaml::split(text).ok()? {
        let document = Document::parse(text, &slice).ok()?;
        let value = document.value();
        for pointer in workload::flatten(value) {
            let label = value.pointer(&format!("{pointer}/metadata/labels/{INSTANCE}"));
            let Some(label) = label.and_then(Value::as_str) else {
                let identity = workload::identity(value, &pointer);
                let custom = &settings.workloads;
                if workload::pod_templates(&identity, value, &pointer, custom).is_empty() {
                    continue;
                }
                return None;
            };
            if release.get_or_insert_with(|| label.to_owned()) != label {
                return None;
            }
        }
    }
    release.filter(|name| parse(name).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Helm renders of two objects, each with these labels.
    fn stream(config: &str, deployment: &str) -> String {
        let object = |kind: &str, labels: &str, spec: &str| {
            format!(
                "---\n# Source: shop/templates/x.yaml\napiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: x\n  labels: {{{labels}}}\n{spec}"
            )
        };
        let spec = "spec: {template: {spec: {containers: [{name: a, image: a}]}}}\n";
        object("ConfigMap", config, "") + &object("Deployment", deployment, spec)
    }

    #[test]
    fn labels_tell_the_release_when_all_agree() {
        let own = "app.kubernetes.io/instance: shop";
        let other = "app.kubernetes.io/instance: other";
        let of = |text: &str| of(text, &Settings::default());
        assert_eq!(of(&stream(own, own)), Some("shop".to_owned()));
        assert_eq!(of(&stream("", own)), Some("shop".to_owned()));
        assert_eq!(of(&stream(other, own)), None, "they differ");
        assert_eq!(of(&stream(own, "")), None, "a workload has none");
        let plain = stream(own, own).replace("# Source: shop/", "# ");
        assert_eq!(of(&plain), None, "Helm did not make it");
        let odd = stream("", "app.kubernetes.io/instance: Not_A_Release");
        assert_eq!(of(&odd), None);
    }

    #[test]
    fn names_that_helm_takes() {
        for name in ["shop", "a", "shop-2.eu", &"a".repeat(53)] {
            assert!(parse(name).is_ok(), "{name}");
        }
        for name in ["", "Shop", "-a", "a-", "a_b", "ä", &"a".repeat(54)] {
            assert!(parse(name).is_err(), "{name}");
        }
    }
}
