//! Which files a run reads, and how each is treated.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::configuration::Configurations;
use super::run::Defaults;
use super::since::Changed;
use super::{Error, Options};
use crate::config::{ApiVersion, FILE_NAME};
use crate::input::{self, Entry};
use crate::pipeline::Source;

/// A file of the input and how it is treated.
pub(super) struct Input {
    pub(super) entry: Entry,
    pub(super) configuration: usize,
    pub(super) excluded: bool,
}

/// The files that the arguments name, of these only those that changed if that is asked, each with its configuration.
pub(super) fn find(
    paths: &[PathBuf],
    options: &Options,
    configurations: &mut Configurations<'_>,
    defaults: Defaults,
) -> Result<Vec<Input>, Error> {
    let since = options.since.as_ref();
    let changed = since.map(|revision| Changed::since(revision, paths));
    let changed = changed.transpose()?;
    let mut inputs = Vec::new();
    for entry in input::find(paths).map_err(Error::Usage)? {
        let path = entry.path.as_deref();
        if changed
            .as_ref()
            .is_some_and(|changed| !path.is_some_and(|path| changed.contains(path)))
        {
            continue;
        }
        let configuration = configurations.of(path)?;
        let excluded = path.is_some_and(|path| configurations.get(configuration).excludes(path));
        if !excluded || defaults.passes_excluded {
            inputs.push(Input {
                entry,
                configuration,
                excluded,
            });
        }
    }
    Ok(inputs)
}

/// A configuration of kubetemper is not an object of a cluster.
pub(super) fn is_configuration(entry: &Entry, source: &Source) -> bool {
    let name = entry.path.as_ref().and_then(|path| path.file_name());
    name == Some(OsStr::new(FILE_NAME)) && source.text.contains(ApiVersion::NAME)
}
