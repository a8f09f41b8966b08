//! The Helm release that objects belong to. Helm tells it to no post-renderer, so it is told, or found.

use serde_json::Value;

use crate::settings::Settings;
use crate::workload;

/// The label by which the charts of Helm's own starter, and most others, tell their releases apart.
pub const LABEL: &str = "app.kubernetes.io/instance";

/// Helm's own limit.
const MAX_LENGTH: usize = 53;

/// The release of some documents: the one that was told, else what all objects that have the label say, if they agree.
///
/// One name for two releases would make them overwrite each other's objects, so that doubt gives none.
#[must_use]
pub fn of<'v>(
    settings: &Settings,
    documents: impl IntoIterator<Item = &'v Value>,
) -> Option<String> {
    settings.release.clone().or_else(|| common(documents))
}

fn common<'v>(documents: impl IntoIterator<Item = &'v Value>) -> Option<String> {
    let mut found: Option<&str> = None;
    for document in documents {
        for pointer in workload::flatten(document) {
            let labels = document.pointer(&format!("{pointer}/metadata/labels"));
            let Some(instance) = labels.and_then(|labels| labels.get(LABEL)?.as_str()) else {
                continue;
            };
            if found.is_some_and(|other| other != instance) {
                return None;
            }
            found = Some(instance);
        }
    }
    parse(found?).ok()
}

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(instance: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"labels": {LABEL: instance}}})
    }

    #[test]
    fn the_flag_wins_then_what_all_agree_on() {
        let settings = |release: Option<&str>| Settings {
            release: release.map(str::to_owned),
            ..Settings::default()
        };
        let (shop, blog) = (object("shop"), object("blog"));
        let bare = json!({"apiVersion": "v1", "kind": "Service"});
        let found = |release, documents: &[&Value]| of(&settings(release), documents.to_vec());
        assert_eq!(found(Some("mine"), &[&shop]).as_deref(), Some("mine"));
        assert_eq!(found(None, &[&shop, &bare, &shop]).as_deref(), Some("shop"));
        assert_eq!(found(None, &[&shop, &blog]), None);
        assert_eq!(found(None, &[&bare]), None);
        assert_eq!(found(None, &[&object("No_Name")]), None);
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [shop, blog]});
        assert_eq!(found(None, &[&list]), None);
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
