//! `kubetemper flows`: the inferred connectivity.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::configuration::Configurations;
use super::{Error, Exit, Options, run};
use crate::context::Context;
use crate::emit::{self, GroupFlows};
use crate::flows::{self, Known, Object};
use crate::group::{self, Group};
use crate::input::{self, Entry};
use crate::kustomize::{self, Built};
use crate::workload;
use crate::yaml::{self, Document};

#[derive(Debug, Args)]
pub(super) struct Flows {
    /// Files, folders, or - for standard input [default: .].
    ///
    /// Of folders, it reads `*.yaml`, `*.yml` and `*.json`, but not what `.gitignore` names.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to print the flows.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// The namespace of objects that name none.
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Manifests to read besides the input.
    ///
    /// They are read instead of those around it: callers in other namespaces, webhooks.
    #[arg(long, value_name = "PATH", conflicts_with = "no_context")]
    context: Vec<PathBuf>,
    /// Do not read the manifests around the input.
    #[arg(long)]
    no_context: bool,
    /// Use this configuration, for all files.
    ///
    /// Without it, each file has the nearest kubetemper.yaml above it.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Use no configuration file.
    #[arg(long)]
    no_config: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people.
    Human,
    /// Everything, with all evidence.
    Json,
    /// A Mermaid flowchart, as Markdown shows it.
    Mermaid,
    /// A Graphviz graph.
    #[value(alias = "dot")]
    Graphviz,
}

/// A file and its documents.
struct File {
    label: String,
    path: Option<PathBuf>,
    documents: Vec<Value>,
    /// The objects of the documents: the document, and the JSON Pointer there. Patches hold none.
    objects: Vec<(usize, String)>,
    /// A kustomization names it as a patch.
    is_patch: bool,
    /// Its configuration, by index.
    configuration: usize,
}

impl File {
    /// The objects as kustomizations take them.
    fn built(&self, index: usize) -> Vec<Built<'_>> {
        let objects = self.objects.iter();
        let built = objects.filter_map(|(document, pointer)| {
            let value = self.documents[*document].pointer(pointer)?;
            Some(Built::of_file(index, *document, pointer, value))
        });
        built.collect()
    }
}

impl Flows {
    pub(super) fn run(&self) -> Result<Exit, Error> {
        let default = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() {
            &default[..]
        } else {
            &self.paths
        };
        let context =
            Context::asked(paths, &self.context, self.no_context).map_err(Error::Usage)?;
        let options = Options {
            config: self.config.clone(),
            no_config: self.no_config,
            ..Options::default()
        };
        let mut configurations = Configurations::new(&options, run::REVIEWED, paths, None)?;
        let mut failed = false;
        let mut files = Vec::new();
        for entry in input::find(paths).map_err(Error::Usage)? {
            let path = entry.path.as_deref();
            let index = configurations.of(path)?;
            if !path.is_some_and(|path| configurations.excludes(index, path)) {
                files.extend(read(&entry, index, &context, &mut failed));
            }
        }
        let inputs: HashSet<&Path> = files
            .iter()
            .filter_map(|file| file.path.as_deref())
            .collect();
        let here = std::env::current_dir().unwrap_or_default();
        let mut around = Vec::new();
        for path in context.files() {
            if inputs.contains(&path.as_path()) {
                continue;
            }
            let entry = Entry::file(path.clone(), Some(path.clone()), false, &here);
            let index = configurations.of(Some(path))?;
            around.extend(read(&entry, index, &context, &mut false));
        }
        let groups = self.groups(&files, &around, &context, &configurations);
        let text = match self.format {
            Format::Human => emit::flows_human(&groups),
            Format::Json => format!("{:#}\n", emit::flows_json(&groups)),
            Format::Mermaid => emit::flows_mermaid(&groups),
            Format::Graphviz => emit::flows_graphviz(&groups),
        };
        run::print(text.as_bytes())?;
        Ok(if failed { Exit::Failed } else { Exit::Done })
    }

    /// The flows of every group that holds a workload.
    fn groups(
        &self,
        files: &[File],
        around: &[File],
        context: &Context,
        configurations: &Configurations<'_>,
    ) -> Vec<GroupFlows> {
        // Patches of the input may stand in the context.
        let all: Vec<&File> = files.iter().chain(around).collect();
        let grouped = |index: &usize| *index < files.len() || all[*index].is_patch;
        let named: Vec<usize> = (0..all.len())
            .filter(|index| grouped(index) && all[*index].path.is_some())
            .collect();
        let paths: Vec<PathBuf> = named
            .iter()
            .filter_map(|index| all[*index].path.clone())
            .collect();
        let mut groups = group::groups(&paths, context.kustomizations());
        for group in &mut groups {
            group.rename(|file| named[file]);
        }
        let streams = (0..files.len()).filter(|index| files[*index].path.is_none());
        groups.extend(streams.map(Group::stream));
        let of_input = |group: &&Group| group.members.iter().any(|member| *member < files.len());
        let found = groups
            .iter()
            .filter(of_input)
            .filter_map(|group| self.group(group, &all, configurations));
        found.collect()
    }

    fn group(
        &self,
        group: &Group,
        files: &[&File],
        configurations: &Configurations<'_>,
    ) -> Option<GroupFlows> {
        let default = self.namespace.as_deref();
        let built = kustomize::build(
            &group.steps,
            |file| files[file].built(file),
            |file| files[file].documents.iter().enumerate().collect(),
        );
        let members = &group.members;
        let mut objects: Vec<Object<'_>> = Vec::new();
        for object in &built.objects {
            let place = object.source.as_ref().map(|(file, ..)| *file);
            let place = place.or(members.first().copied());
            let label = place.map_or("", |file| files[file].label.as_str());
            let namespace = object.namespace.as_deref();
            let found = Object::all(&object.value, label, namespace, default);
            objects.extend(found.into_iter().filter(|found| found.pointer.is_empty()));
        }
        let others = files
            .iter()
            .enumerate()
            .filter(|(index, file)| !members.contains(index) && !file.objects.is_empty());
        for (_, file) in others {
            for document in &file.documents {
                // Without a namespace it is not known to run beside the group.
                let of_context = Object::all(document, &file.label, None, None).into_iter();
                objects.extend(of_context.map(|object| Object {
                    context: true,
                    ..object
                }));
            }
        }
        let settings = &configurations
            .get(files[*members.first()?].configuration)
            .settings;
        let known = Known {
            workloads: &settings.workloads,
            images: Some(&settings.images),
        };
        let flows = flows::infer(&objects, known);
        let first = &files[*members.first()?];
        let name = match (&group.kustomization, &first.path) {
            (Some(path), _) => shown(path),
            (None, Some(path)) => shown(path.parent().unwrap_or(path)),
            (None, None) => first.label.clone(),
        };
        flows
            .workloads
            .iter()
            .any(|workload| !workload.context)
            .then(|| GroupFlows {
                name,
                altered: group.altered.clone().or(built.unclear),
                flows,
            })
    }
}

/// A path as shown to people: relative where it is below the working directory.
fn shown(path: &Path) -> String {
    let working = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let relative = working
        .as_ref()
        .ok()
        .and_then(|working| path.strip_prefix(working).ok());
    let path = relative.unwrap_or(path).display().to_string();
    if path.is_empty() {
        ".".to_owned()
    } else {
        path
    }
}

/// Reads a file; what is no manifest is passed over. `failed` is set when some document cannot be read.
fn read(entry: &Entry, configuration: usize, context: &Context, failed: &mut bool) -> Option<File> {
    let mut fail = |place: String, reason: &str| {
        *failed = true;
        run::say(&format!("error: {place}: {reason}"));
    };
    let source = match input::read(entry, context) {
        Ok(source) => source?,
        Err(problem) => {
            fail(entry.label(), &problem.reason);
            return None;
        }
    };
    let mut documents = Vec::new();
    match yaml::split(&source.text) {
        Ok(slices) => {
            for slice in slices {
                let part = &source.text[slice.range()];
                match Document::parse(&source.text, &slice) {
                    Ok(document) => documents.push(document.value().clone()),
                    // Templates in folders are rendered first; other YAML is none of our business.
                    Err(refusal)
                        if refusal.template && !entry.named || !part.contains("apiVersion") => {}
                    Err(refusal) => fail(source.path.clone(), &refusal.to_string()),
                }
            }
        }
        Err(refusal) => fail(source.path.clone(), &refusal.to_string()),
    }
    let is_object =
        |value: &Value| value.get("apiVersion").is_some() && value.get("kind").is_some();
    documents.retain(|value| is_object(value) || source.is_patch);
    let objects = documents.iter().enumerate().flat_map(|(index, document)| {
        let pointers = workload::flatten(document).into_iter();
        pointers.map(move |pointer| (index, pointer))
    });
    let objects = if source.is_patch {
        Vec::new()
    } else {
        objects.collect()
    };
    Some(File {
        label: source.path,
        path: entry.real.clone(),
        documents,
        objects,
        is_patch: source.is_patch,
        configuration,
    })
}
