//! The configuration of an image, as `crane config`, `skopeo inspect --config` and OCI layouts have it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::facts::{Facts, Item, Port, User};
use super::{Confidence, Known, Origin, name};
use crate::image::Image;

/// The configuration of one image.
#[derive(Debug, Clone)]
pub struct Configuration {
    label: String,
    names: Vec<String>,
    config: Config,
}

/// The part of the OCI image configuration that tells how a container runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    user: Option<String>,
    volumes: Option<BTreeMap<String, Value>>,
    exposed_ports: Option<BTreeMap<String, Value>>,
}

impl Configuration {
    /// Reads the configuration of the image of some references; `label` says where it stands.
    ///
    /// In a reference that is the name of a file, any of `/`, `:` and `@` may be written as `_`.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn read(references: &[String], label: &str, text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Document {
            config: Option<Config>,
        }
        let document: Document =
            serde_json::from_str(text).map_err(|error| format!("{label}: {error}"))?;
        let config = document.config.ok_or_else(|| {
            format!("{label}: there is no `config`; write what `crane config` or `skopeo inspect --config` prints")
        })?;
        Ok(Self {
            label: label.to_owned(),
            names: references.iter().map(|name| plain(name)).collect(),
            config,
        })
    }

    /// Tells whether it is that of an image.
    pub(super) fn is_of(&self, image: &Image<'_>) -> bool {
        forms(image).iter().any(|form| self.names.contains(form))
    }

    /// What it tells, and what a table adds to it.
    pub(super) fn known(&self, table: Option<Known>) -> Known {
        let mut facts = table.map_or_else(Facts::default, |known| known.facts);
        if facts.image.is_empty() {
            facts.confidence = Confidence::High;
        }
        let user = match self.config.user.as_deref().unwrap_or_default() {
            "" => User::default(),
            text => text
                .parse()
                .map_or_else(|_| User::Text(text.to_owned()), User::Number),
        };
        // The number of a name is known only of the name that the table has.
        if user.number().is_none() && user != facts.user {
            facts.non_root = None;
        }
        facts.user = user;
        for path in self.config.volumes.iter().flat_map(BTreeMap::keys) {
            for list in [&mut facts.writable, &mut facts.data] {
                if !list.iter().any(|item| item.value() == path) {
                    list.push(Item::Always(path.clone()));
                }
            }
        }
        if let Some(ports) = &self.config.exposed_ports {
            let port = |text: &String| match text.strip_suffix("/tcp").unwrap_or(text).parse() {
                Ok(number) => Port::Tcp(number),
                Err(_) => Port::Text(text.clone()),
            };
            facts.ports = ports.keys().map(port).collect();
        }
        facts.source.insert(0, self.label.clone());
        Known {
            facts,
            origin: Origin::Configuration(self.label.clone()),
        }
    }
}

/// The command that writes the configuration of an image where `--image-config` finds it.
#[must_use]
pub fn how_to_know(reference: &str) -> String {
    let file = plain(reference);
    format!("crane config {reference} > images/{file}.json, and --image-config images")
}

/// A reference as the name of a file may have it.
fn plain(reference: &str) -> String {
    reference.replace(['/', ':', '@', '\\'], "_")
}

/// All that the file of an image may be called.
fn forms(image: &Image<'_>) -> Vec<String> {
    let mut names = name::names(image);
    for short in ["docker.io/library/", "docker.io/"] {
        let shorter: Vec<String> = names
            .iter()
            .filter_map(|name| name.strip_prefix(short))
            .map(str::to_owned)
            .collect();
        names.extend(shorter);
    }
    let written = match image.registry {
        Some(registry) => format!("{registry}/{}", image.path),
        None => image.path.to_owned(),
    };
    names.push(written);
    let form = |name: &String| match (image.tag, image.digest) {
        // A digest decides, whatever the tag says.
        (tag, Some(digest)) => {
            let tagged = tag.map(|tag| format!("{name}:{tag}@{digest}"));
            tagged
                .into_iter()
                .chain([format!("{name}@{digest}")])
                .collect()
        }
        (Some("latest") | None, None) => vec![name.clone(), format!("{name}:latest")],
        (Some(tag), None) => vec![format!("{name}:{tag}")],
    };
    names
        .iter()
        .flat_map(form)
        .map(|form: String| plain(&form))
        .collect()
}
