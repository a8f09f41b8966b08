//! The configuration of an image, as `crane config`, `skopeo inspect --config` and OCI layouts have it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::facts::{self, Facts, Item, Port};
use super::{Confidence, Known, Origin, name};
use crate::image::Image;

/// The USER of a configuration.
pub type User = String;

/// The configuration of one image.
#[derive(Debug, Clone)]
pub struct Configuration {
    label: String,
    name: String,
    tag: Option<String>,
    digest: Option<String>,
    config: Config,
}

/// The part of the OCI image configuration that tells how a container runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Config {
    user: Option<User>,
    volumes: Option<BTreeMap<String, Value>>,
    exposed_ports: Option<BTreeMap<String, Value>>,
}

impl Configuration {
    /// Reads the configuration of the image of a reference; `label` says where it stands.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn read(reference: &str, label: &str, text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Document {
            config: Option<Config>,
        }
        let document: Document =
            serde_json::from_str(text).map_err(|error| format!("{label}: {error}"))?;
        let config = document.config.ok_or_else(|| {
            format!("{label}: there is no `config`; write what `crane config {reference}` prints")
        })?;
        let image = Image::parse(reference)
            .ok_or_else(|| format!("{label}: `{reference}` is no reference of an image"))?;
        Ok(Self {
            label: label.to_owned(),
            name: name::canonical(image.registry, image.path),
            tag: image.tag.map(str::to_owned),
            digest: image.digest.map(str::to_owned),
            config,
        })
    }

    /// Tells whether it is that of an image: a digest decides, else the tag.
    pub(super) fn is_of(&self, image: &Image<'_>) -> bool {
        if let (Some(own), Some(other)) = (self.digest.as_deref(), image.digest) {
            return own == other;
        }
        let tag = |tag: Option<&str>| tag.unwrap_or("latest").to_owned();
        name::names(image).contains(&self.name)
            && tag(self.tag.as_deref()) == tag(image.tag)
            && image.digest.is_none()
    }

    /// What it tells, and what a table adds to it.
    pub(super) fn known(&self, table: Option<Known>) -> Known {
        let versions = table.as_ref().and_then(|known| known.versions.clone());
        let mut facts = match table {
            Some(known) => known.facts,
            None => Facts {
                confidence: Confidence::High,
                ..Facts::default()
            },
        };
        let user = self.config.user.clone().unwrap_or_default();
        let user = match user.as_str() {
            "" => facts::User::default(),
            text => text
                .parse()
                .map_or_else(|_| facts::User::Text(text.to_owned()), facts::User::Number),
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
            versions,
        }
    }
}
