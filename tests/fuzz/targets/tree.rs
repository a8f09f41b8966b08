//! Several files at once: manifests, kustomizations and a configuration, with guards.
//!
//! A line `%%% NAME` begins the file of that name.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use kubetemper::cluster::Cluster;
use kubetemper::config;
use kubetemper::group::{self, Group};
use kubetemper::guards::{self, File, Guards};
use kubetemper::images::Library;
use kubetemper::kustomize::{Beside, Kustomization};
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::report::Status;
use kubetemper::settings::Settings;

use super::{harden, text};

const ROOT: &str = "/tree";

/// Hardens all files, then all results: the second time nothing changes.
pub(super) fn check(data: &[u8]) {
    let Some((header, text)) = text::header::<{ harden::HEADER }>(data) else {
        return;
    };
    let mut settings = harden::settings(header);
    let files = files(text);
    for (path, text) in &files {
        if path.ends_with(config::FILE_NAME) {
            let Ok(file) = config::File::read("kubetemper.yaml", text) else {
                return;
            };
            file.spec.apply(&mut settings);
            let mut library = Library::default();
            library.add_table(&file.path, file.spec.images);
            settings.images = Arc::new(library);
        }
    }
    if let Some((results, settled)) = run(&files, &settings) {
        let Some((again, _)) = run(&results, &settings) else {
            panic!("the result is refused\n{results:#?}");
        };
        assert!(
            !settled || again == results,
            "a second run:\n{results:#?}\n{again:#?}"
        );
    }
}

type Files = Vec<(PathBuf, String)>;

/// The files of a text; one that comes twice is taken once.
fn files(text: &str) -> Files {
    let mut files = Files::new();
    for part in text.split("%%% ").take(12) {
        let (name, text) = part.split_once('\n').unwrap_or((part, ""));
        let mut path = PathBuf::from(ROOT);
        let parts = Path::new(name).components();
        path.extend(parts.filter(|part| matches!(part, Component::Normal(_))));
        if files.iter().all(|(other, _)| *other != path) {
            files.push((path, text.to_owned()));
        }
    }
    files
}

/// What becomes of the files, and whether the guards say that nothing is left; `None` where one cannot be read.
fn run(files: &Files, settings: &Settings) -> Option<(Files, bool)> {
    let kustomizations = kustomizations(files);
    let mut cluster = Cluster {
        complete: true,
        ..Cluster::default()
    };
    for (_, text) in files {
        pipeline::gather(text, &mut cluster);
    }
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    let groups = group::groups(&paths, &kustomizations);
    let guards = plan(files, &groups, settings, &cluster);
    let mut results = Files::new();
    for (index, (path, text)) in files.iter().enumerate() {
        let source = Source {
            path: path.display().to_string(),
            text: text.clone(),
            is_patch: false,
        };
        let outcome = pipeline::harden_and_guard(source, settings, &cluster, guards.wishes(index));
        let Outcome::Report(report, _) = outcome else {
            return None;
        };
        if report.status == Status::Refused || !report.problems.is_empty() {
            return None;
        }
        harden::sensible(&report);
        results.push((path.clone(), report.after.unwrap_or(report.before)));
    }
    for new in &guards.new {
        let path = guards::beside(&results[new.beside].0, &new.name);
        results.push((path, new.text.clone()));
    }
    let groups = guards.groups(&groups, files.len());
    let settled = plan(&results, &groups, settings, &cluster).is_settled();
    Some((results, settled))
}

fn plan(files: &Files, groups: &[Group], settings: &Settings, cluster: &Cluster) -> Guards {
    let files = files.iter().map(|(path, text)| File {
        path: Some(path),
        text,
        settings,
        writable: true,
        is_patch: false,
        listed: None,
    });
    guards::plan(&files.collect::<Vec<_>>(), groups, cluster)
}

fn kustomizations(files: &Files) -> Vec<Kustomization> {
    let named = files
        .iter()
        .filter(|(path, _)| path.ends_with("kustomization.yaml"));
    let mut found = Vec::new();
    for (path, text) in named {
        for document in text::documents(text).into_iter().flatten() {
            let folder = path.parent().unwrap_or(path);
            let beside = Folder { folder, files };
            found.extend(Kustomization::read(path, document.value(), &beside));
        }
    }
    found
}

/// What stands beside a kustomization.
struct Folder<'f> {
    folder: &'f Path,
    files: &'f Files,
}

impl Beside for Folder<'_> {
    fn resolve(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join(name);
        let is_there = |(other, _): &(PathBuf, String)| other.starts_with(&path);
        self.files.iter().any(is_there).then_some(path)
    }

    fn text(&self, path: &Path) -> Option<String> {
        let mut files = self.files.iter();
        let found = files.find(|(other, _)| other == path);
        found.map(|(_, text)| text.clone())
    }
}
