//! `kubetemper flows`: the inferred connectivity.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Error, Exit, run};
use crate::context::Context;
use crate::emit::{self, GroupFlows};
use crate::flows::{self, Known, Object};
use crate::group::{self, Group};
use crate::input::{self, Entry};
use crate::yaml::{self, Document};

#[derive(Debug, Args)]
pub(super) struct Flows {
    /// Files, folders (`*.yaml`, `*.yml`, `*.json`; `.gitignore` is respected) or `-` [default: .].
    paths: Vec<PathBuf>,
    /// How to print the flows.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// The namespace of objects that name none.
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// Manifests to read besides the input, instead of those around it (callers in other namespaces, webhooks).
    #[arg(long, value_name = "PATH", conflicts_with = "no_context")]
    context: Vec<PathBuf>,
    /// Do not read the manifests around the input.
    #[arg(long)]
    no_context: bool,
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
        let mut failed = false;
        let mut files = Vec::new();
        for entry in input::find(paths).map_err(Error::Usage)? {
            files.extend(read(&entry, &context, &mut failed));
        }
        let inputs: HashSet<&Path> = files
            .iter()
            .filter_map(|file| file.path.as_deref())
            .collect();
        let here = std::env::current_dir().unwrap_or_default();
        let around: Vec<File> = context
            .files()
            .iter()
            .filter(|path| !inputs.contains(&path.as_path()))
            .filter_map(|path| {
                let real = Some(path.clone());
                let entry = Entry::file(path.clone(), real, false, &here);
                read(&entry, &context, &mut false)
            })
            .collect();
        let groups = self.groups(&files, &around, &context);
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
    fn groups(&self, files: &[File], around: &[File], context: &Context) -> Vec<GroupFlows> {
        let named: Vec<usize> = (0..files.len())
            .filter(|index| files[*index].path.is_some())
            .collect();
        let paths: Vec<PathBuf> = named
            .iter()
            .filter_map(|index| files[*index].path.clone())
            .collect();
        let mut groups = group::groups(&paths, context.kustomizations());
        for member in groups.iter_mut().flat_map(|group| &mut group.members) {
            member.file = named[member.file];
        }
        let streams = (0..files.len()).filter(|index| files[*index].path.is_none());
        groups.extend(streams.map(Group::stream));
        let found = groups
            .iter()
            .filter_map(|group| self.group(group, files, around));
        found.collect()
    }

    fn group(&self, group: &Group, files: &[File], around: &[File]) -> Option<GroupFlows> {
        let default = self.namespace.as_deref();
        let mut objects = Vec::new();
        for member in &group.members {
            let file = &files[member.file];
            for document in &file.documents {
                objects.extend(Object::all(
                    document,
                    &file.label,
                    member.namespace.as_deref(),
                    default,
                ));
            }
        }
        let members: Vec<usize> = group.members.iter().map(|member| member.file).collect();
        let others = files
            .iter()
            .enumerate()
            .filter(|(index, _)| !members.contains(index))
            .map(|(_, file)| file);
        for file in others.chain(around) {
            for document in &file.documents {
                // Without a namespace it is not known to run beside the group.
                let of_context = Object::all(document, &file.label, None, None).into_iter();
                objects.extend(of_context.map(|object| Object {
                    context: true,
                    ..object
                }));
            }
        }
        let flows = flows::infer(&objects, Known::default());
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
                altered: group.altered.clone(),
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
fn read(entry: &Entry, context: &Context, failed: &mut bool) -> Option<File> {
    let mut fail = |place: String, reason: &str| {
        *failed = true;
        run::say(&format!("error: {place}: {reason}"));
    };
    let source = match input::read(entry, context) {
        Ok(source) => source.filter(|source| !source.is_patch)?,
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
    documents.retain(is_object);
    Some(File {
        label: source.path,
        path: entry.real.clone(),
        documents,
    })
}
