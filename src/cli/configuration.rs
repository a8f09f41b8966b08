//! Which settings each file has: defaults, then the nearest configuration file above it, then the flags.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::image_files::Images;
use super::run::Defaults;
use super::{Error, Options};
use crate::config::{self, FILE_NAME, File};
use crate::context;
use crate::images::Library;
use crate::input;
use crate::settings::{Kept, Override, Settings};
use crate::transform;

/// The configurations of a run, by index; index 0 is that of files without a configuration file.
pub(super) struct Configurations<'a> {
    all: Vec<Configuration>,
    options: &'a Options,
    defaults: Defaults,
    /// The folders that the arguments name, as canonical paths.
    named: Vec<PathBuf>,
    by_folder: HashMap<PathBuf, usize>,
    /// The canonical paths of folders, as they were named.
    folders: HashMap<PathBuf, Option<PathBuf>>,
    /// The configuration that standard input brought: it counts alone for that, as the nearest file does.
    function: Option<usize>,
    /// What the flags tell about images.
    images: Images,
}

/// Settings, and the file that they come from, if there is one.
pub(super) struct Configuration {
    pub(super) settings: Settings,
    pub(super) source: Option<Source>,
}

/// A configuration file.
pub(super) struct Source {
    pub(super) file: File,
    /// Its folder, as a canonical path.
    pub(super) folder: PathBuf,
    exclude: Gitignore,
}

impl<'a> Configurations<'a> {
    /// Reads the flags, and the file of `--config`.
    pub(super) fn new(
        options: &'a Options,
        defaults: Defaults,
        paths: &[PathBuf],
        function: Option<File>,
    ) -> Result<Self, Error> {
        let folders = paths.iter().filter(|path| path.is_dir());
        let images = Images::read(options)?;
        let mut configurations = Self {
            all: vec![Configuration {
                settings: settings(None, options, defaults, &images)?,
                source: None,
            }],
            options,
            defaults,
            named: folders
                .filter_map(|path| path.canonicalize().ok())
                .collect(),
            by_folder: HashMap::new(),
            folders: HashMap::new(),
            function: None,
            images,
        };
        if let Some(file) = function.filter(|_| options.config.is_none()) {
            let settings = settings(Some(&file), options, defaults, &configurations.images)?;
            configurations.function = Some(configurations.all.len());
            configurations.all.push(Configuration {
                settings,
                source: None,
            });
        }
        if let Some(path) = &options.config {
            configurations.load(path)?;
        }
        Ok(configurations)
    }

    /// The index of the configuration of a file, or of standard input.
    pub(super) fn of(&mut self, path: Option<&Path>) -> Result<usize, Error> {
        if let (None, Some(index)) = (path, self.function) {
            return Ok(index);
        }
        if self.options.no_config || self.options.config.is_some() {
            return Ok(self
                .options
                .config
                .as_ref()
                .map_or(0, |_| self.all.len() - 1));
        }
        let Some(folder) = self.folder(path.map_or(Path::new("."), folder_of)) else {
            return Ok(0);
        };
        if let Some(index) = self.by_folder.get(&folder) {
            return Ok(*index);
        }
        let top = self.top(&folder).to_owned();
        self.above(&folder, &top)
    }

    /// Tells whether a configuration excludes a file.
    pub(super) fn excludes(&mut self, index: usize, path: &Path) -> bool {
        if self.all[index].source.is_none() {
            return false;
        }
        let folder = self.folder(folder_of(path));
        let path = folder.map(|folder| folder.join(path.file_name().unwrap_or_default()));
        path.is_some_and(|path| self.all[index].excludes(&path))
    }

    /// The canonical path of a folder, asked of the system once for all of its files.
    fn folder(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(real) = self.folders.get(folder) {
            return real.clone();
        }
        let real = folder.canonicalize().ok();
        self.folders.insert(folder.to_owned(), real.clone());
        real
    }

    /// The configuration of an index.
    pub(super) fn get(&self, index: usize) -> &Configuration {
        &self.all[index]
    }

    /// All configurations.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Configuration> {
        self.all.iter()
    }

    /// Tells whether the run looks at all files below the folder of a configuration file.
    pub(super) fn is_whole(&self, source: &Source) -> bool {
        let is_above = |named: &PathBuf| source.folder.starts_with(named);
        self.options.since.is_none() && self.named.iter().any(is_above)
    }

    /// The highest folder whose configuration counts for a folder, since no other is trusted: the git root, else
    /// the highest folder that the user named or works in.
    fn top<'f>(&self, folder: &'f Path) -> &'f Path {
        let working = Path::new(".").canonicalize().ok();
        let named = || self.named.iter().chain(&working);
        let is_named = |above: &&Path| named().any(|named| named == above);
        context::git_root(folder)
            .or_else(|| folder.ancestors().filter(is_named).last())
            .unwrap_or(folder)
    }

    fn above(&mut self, folder: &Path, top: &Path) -> Result<usize, Error> {
        if let Some(index) = self.by_folder.get(folder) {
            return Ok(*index);
        }
        let candidate = folder.join(FILE_NAME);
        let index = if candidate.symlink_metadata().is_ok() {
            refuse_outside(&candidate, top)?;
            self.load(&candidate)?
        } else if folder == top {
            0
        } else {
            match folder.parent() {
                Some(parent) => self.above(parent, top)?,
                None => 0,
            }
        };
        self.by_folder.insert(folder.to_owned(), index);
        Ok(index)
    }

    fn load(&mut self, path: &Path) -> Result<usize, Error> {
        let label = label(path);
        let text = read(path, &label)?;
        let file = File::read(&label, &text)?;
        let settings = settings(Some(&file), self.options, self.defaults, &self.images)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).canonicalize()?;
        let exclude = exclude(&file, &folder).map_err(|error| Error::Usage(error.to_string()))?;
        self.all.push(Configuration {
            settings,
            source: Some(Source {
                file,
                folder,
                exclude,
            }),
        });
        Ok(self.all.len() - 1)
    }
}

impl Configuration {
    /// Tells whether the configuration excludes a file, by the real path of its folder.
    fn excludes(&self, path: &Path) -> bool {
        let Some(source) = &self.source else {
            return false;
        };
        path.strip_prefix(&source.folder).is_ok_and(|path| {
            let found = source.exclude.matched_path_or_any_parents(path, false);
            matches!(found, Match::Ignore(_))
        })
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

pub(super) fn read(path: &Path, label: &str) -> Result<String, config::Error> {
    let fail = |reason: &str| config::Error {
        path: label.to_owned(),
        position: None,
        reason: reason.to_owned(),
    };
    let metadata = fs::metadata(path).map_err(|error| fail(&error.to_string()))?;
    if !metadata.is_file() {
        return Err(fail("this is no file; remove it, or give --no-config"));
    }
    let bytes = input::settings(path).map_err(|error| fail(&error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| fail("the file is not UTF-8; convert it"))
}

/// A repository may not point at files of the machine that it is checked on.
fn refuse_outside(path: &Path, top: &Path) -> Result<(), config::Error> {
    if path.canonicalize().is_ok_and(|real| real.starts_with(top)) {
        return Ok(());
    }
    Err(config::Error {
        path: label(path),
        position: None,
        reason: format!(
            "this is a symbolic link that does not lead to a file below {}; put the file itself here, or give --config",
            top.display()
        ),
    })
}

/// A path as shown to people: relative where it is below the working directory.
pub(super) fn label(path: &Path) -> String {
    let working = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let relative = working
        .as_ref()
        .ok()
        .and_then(|working| path.strip_prefix(working).ok());
    relative.unwrap_or(path).display().to_string()
}

fn exclude(file: &File, folder: &Path) -> Result<Gitignore, ignore::Error> {
    let mut builder = GitignoreBuilder::new(folder);
    for pattern in &file.spec.exclude {
        builder.add_line(None, pattern.as_str())?;
    }
    builder.build()
}

/// Defaults, then the file, then the flags.
fn settings(
    file: Option<&File>,
    options: &Options,
    defaults: Defaults,
    images: &Images,
) -> Result<Settings, Error> {
    let mut settings = Settings {
        max_risk: defaults.max_risk,
        hold_immutable: defaults.hold_immutable,
        recreate: options.recreate,
        kept: match (defaults.counts_only, options.spool) {
            (false, _) => Kept::Changes,
            (true, false) => Kept::Counts,
            (true, true) => Kept::CountsBesideFile,
        },
        ..Settings::default()
    };
    let mut library = Library::default();
    if let Some(file) = file {
        file.spec.apply(&mut settings);
        library.add_table(&file.path, file.spec.images.clone());
    }
    images.add_to(&mut library);
    settings.images = Arc::new(library);
    let overridden = options.overrides.iter().flatten();
    for id in options.only.iter().chain(&options.skip).chain(overridden) {
        transform::named(id).map_err(|error| Error::Usage(error.to_string()))?;
    }
    settings.profile = options.profile.unwrap_or(settings.profile);
    settings.max_risk = options.max_risk.unwrap_or(settings.max_risk);
    settings.require = options.require.map(Into::into).or(settings.require);
    settings.target = options.target.map_or(settings.target, Into::into);
    settings.namespace = options.namespace.clone().or(settings.namespace);
    settings.release = options.release.clone().or(settings.release);
    settings.guards = options.guards.or(settings.guards);
    settings.overrides = match &options.overrides {
        None => Override::Nothing,
        Some(ids) if ids.is_empty() => Override::Everything,
        Some(ids) => Override::Transforms(ids.clone()),
    };
    if !options.only.is_empty() {
        settings.skip.retain(|id| !options.only.contains(id));
        settings.only.clone_from(&options.only);
    }
    settings.skip.extend(options.skip.iter().cloned());
    Ok(settings)
}
