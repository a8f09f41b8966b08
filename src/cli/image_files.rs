//! Reads what `--images` and `--image-config` name.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::configuration::{label, read};
use super::{Error, Options};
use crate::images::{self, Configuration, Facts, Library};
use crate::input;

/// What the flags tell about images.
#[derive(Debug, Default)]
pub(super) struct Images {
    tables: Vec<(String, Vec<Facts>)>,
    configurations: Vec<Configuration>,
}

impl Images {
    /// Reads all files that the flags name.
    pub(super) fn read(options: &Options) -> Result<Self, Error> {
        let mut images = Self::default();
        for path in &options.images {
            let label = label(path);
            let text = read(path, &label)?;
            images
                .tables
                .push((label.clone(), images::read(&label, &text)?));
        }
        for folder in &options.image_config {
            let mut files = Vec::new();
            find(folder, &mut files).map_err(|error| unreadable(folder, &error))?;
            for file in files {
                images.add_file(folder, &file)?;
            }
        }
        Ok(images)
    }

    /// Adds everything to what is known.
    pub(super) fn add_to(&self, library: &mut Library) {
        for (label, entries) in &self.tables {
            library.add_table(label, entries.clone());
        }
        for configuration in &self.configurations {
            library.add_configuration(configuration.clone());
        }
    }

    fn add_file(&mut self, folder: &Path, file: &Path) -> Result<(), Error> {
        let relative = file.strip_prefix(folder).unwrap_or(file);
        if file.file_name().is_some_and(|name| name == "oci-layout") {
            let layout = file.parent().unwrap_or(folder);
            let name = relative
                .parent()
                .unwrap_or(Path::new(""))
                .display()
                .to_string();
            return self.add_layout(layout, &name);
        }
        let name = relative.with_extension("").display().to_string();
        let text = text_of(file)?;
        self.add(&[name], file, &text)
    }

    fn add(&mut self, references: &[String], file: &Path, text: &str) -> Result<(), Error> {
        let configuration = Configuration::read(references, &label(file), text);
        self.configurations
            .push(configuration.map_err(Error::Usage)?);
        Ok(())
    }

    /// Reads an OCI image layout (image-layout.md of the OCI image specification 1.1): `folder` is where it stands,
    /// `name` what its folder is called.
    fn add_layout(&mut self, folder: &Path, name: &str) -> Result<(), Error> {
        let index = json_of(&folder.join("index.json"))?;
        for descriptor in manifests(&index) {
            let mut references = references(descriptor, name);
            let mut file = blob(folder, descriptor)?;
            let mut manifest = json_of(&file)?;
            // An index of several platforms: the user of an image is the same on each.
            if let Some(platform) = of_linux(&manifest) {
                references.extend(digests(platform, name));
                file = blob(folder, platform)?;
                manifest = json_of(&file)?;
            }
            let Some(config) = manifest.get("config") else {
                return Err(Error::Usage(format!(
                    "{}: this is no manifest of an image",
                    label(&file)
                )));
            };
            let file = blob(folder, config)?;
            let text = text_of(&file)?;
            self.add(&references, &file, &text)?;
        }
        Ok(())
    }
}

/// The files of a folder that may tell something, in order. A layout counts as one file.
fn find(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let layout = folder.join("oci-layout");
    if layout.is_file() {
        files.push(layout);
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        // A link may lead round in a circle.
        if path.is_dir() && !path.is_symlink() {
            find(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::Usage(format!("{}: {error}", label(path)))
}

fn text_of(path: &Path) -> Result<String, Error> {
    let bytes = input::settings(path).map_err(|error| unreadable(path, &error))?;
    let invalid = |_| unreadable(path, &std::io::ErrorKind::InvalidData.into());
    String::from_utf8(bytes).map_err(invalid)
}

fn json_of(path: &Path) -> Result<Value, Error> {
    let text = text_of(path)?;
    serde_json::from_str(&text).map_err(|error| Error::Usage(format!("{}: {error}", label(path))))
}

fn manifests(index: &Value) -> impl Iterator<Item = &Value> {
    index["manifests"].as_array().into_iter().flatten()
}

fn of_linux(index: &Value) -> Option<&Value> {
    let is_linux = |manifest: &&Value| manifest["platform"]["os"] == "linux";
    manifests(index)
        .find(is_linux)
        .or_else(|| manifests(index).next())
}

/// The path of the blob of a descriptor.
fn blob(folder: &Path, descriptor: &Value) -> Result<PathBuf, Error> {
    let digest = descriptor["digest"].as_str().unwrap_or_default();
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    match digest.split_once(':') {
        Some((algorithm, hex)) if is_plain(algorithm) && is_plain(hex) => {
            Ok(folder.join("blobs").join(algorithm).join(hex))
        }
        _ => Err(Error::Usage(format!(
            "{}: `{digest}` is no digest",
            label(&folder.join("index.json"))
        ))),
    }
}

/// What a manifest of a layout may be called: containerd writes the whole name, others the tag alone.
fn references(descriptor: &Value, name: &str) -> Vec<String> {
    let annotation = |key: &str| descriptor["annotations"][key].as_str();
    let mut references = digests(descriptor, name);
    references.extend(annotation("io.containerd.image.name").map(str::to_owned));
    match annotation("org.opencontainers.image.ref.name") {
        Some(text) if text.contains(['/', ':']) => references.push(text.to_owned()),
        Some(tag) => references.push(format!("{name}:{tag}")),
        None => references.push(name.to_owned()),
    }
    references
}

fn digests(descriptor: &Value, name: &str) -> Vec<String> {
    let digest = descriptor["digest"].as_str();
    digest
        .map(|digest| format!("{name}@{digest}"))
        .into_iter()
        .collect()
}
