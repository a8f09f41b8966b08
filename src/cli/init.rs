//! `kubetemper init`: write a configuration that fits the repository.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::interrupt::shielded;
use super::{Error, Exit, run};
use crate::config::{self, FILE_NAME};
use crate::input::{self, Limits, walk};
use crate::output;
use crate::survey::Survey;
use crate::yaml::{self, Document};

/// Folders that hold other people's files.
const VENDORED: [&str; 4] = ["vendor", "node_modules", "third_party", "third-party"];

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where to write it: best the root of the repository.
    #[arg(default_value = ".")]
    folder: PathBuf,
}

impl Init {
    pub(super) fn run(&self) -> Result<Exit, Error> {
        let path = self.folder.join(FILE_NAME);
        let shown = path.strip_prefix("./").unwrap_or(&path).display();
        let fail = |error: io::Error| {
            let reason = match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    "there is such a file already, and it stays as it is; edit it, or move it away first".to_owned()
                }
                _ => error.to_string(),
            };
            Error::Usage(format!("{shown}: {reason}"))
        };
        // Said before the repository is read; decided when the file is made.
        if path.symlink_metadata().is_ok() {
            return Err(fail(io::ErrorKind::AlreadyExists.into()));
        }
        let survey = survey(&self.folder);
        let text = config::starter(&survey);
        config::File::read(FILE_NAME, &text)?;
        shielded(|| output::create(&path, &text)).map_err(fail)?;
        run::say(&format!("wrote {shown}"));
        let kinds: Vec<&str> = survey.workloads.keys().map(String::as_str).collect();
        if !kinds.is_empty() {
            run::say(&format!(
                "look at spec.workloads: {} seem to embed pods",
                kinds.join(", ")
            ));
        }
        Ok(Exit::Done)
    }
}

/// Looks at the manifests below a folder; what cannot be read is passed over.
fn survey(folder: &Path) -> Survey {
    let mut survey = Survey::default();
    let mut vendored = Vec::new();
    let mut builder = ignore::WalkBuilder::new(folder);
    let builder = builder.require_git(false).sort_by_file_path(Path::cmp);
    let found = walk::walk(folder, builder);
    for entry in found.entries.into_iter().flatten() {
        let path = entry.path();
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        if vendored.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        if is_folder && entry.depth() > 0 && entry.file_name().to_str().is_some_and(is_vendored) {
            let relative = path.strip_prefix(folder).unwrap_or(path);
            survey.vendored.insert(pattern(relative));
            vendored.push(entry.into_path());
        } else if !is_folder
            && input::is_manifest_name(path)
            && let Some(text) = input::text(path, &Limits::default())
        {
            add(&text, &mut survey);
        }
    }
    survey
}

fn is_vendored(name: &str) -> bool {
    VENDORED.contains(&name)
}

/// A path as a pattern of `.gitignore` that means it literally.
fn pattern(path: &Path) -> String {
    let mut text = String::new();
    for c in path.to_string_lossy().replace('\\', "/").chars() {
        if matches!(c, '*' | '?' | '[' | ']') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn add(text: &str, survey: &mut Survey) {
    for slice in yaml::split(text).unwrap_or_default() {
        if let Ok(document) = Document::parse(text, &slice) {
            survey.add(document.value());
        }
    }
}
