//! What holds of every result, whatever the transforms.

use std::path::PathBuf;
use std::slice;

use kubetemper::change::Change;
use kubetemper::cluster::Cluster;
use kubetemper::emit;
use kubetemper::group::Group;
use kubetemper::guards::{self, File, Guards, Wish};
use kubetemper::namespace::GENERATED_BY;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::report::{FileReport, ObjectReport};
use kubetemper::settings::Settings;
use kubetemper::yaml::{self, Document};
use libtest_mimic::Failed;
use serde_json::{Value, json};

/// How the files of a case are hardened.
pub(super) struct Hardener {
    settings: Settings,
    cluster: Cluster,
}

impl Hardener {
    /// Learns of the cluster what the texts of a case tell.
    pub(super) fn new<'t>(
        complete: bool,
        texts: impl Iterator<Item = &'t str>,
        settings: Settings,
    ) -> Self {
        let mut cluster = Cluster {
            complete,
            ..Cluster::default()
        };
        texts.for_each(|text| pipeline::gather(text, &mut cluster));
        Self { settings, cluster }
    }

    /// What the guards want of the files of a case.
    pub(super) fn guards(&self, files: &[(PathBuf, String, bool)], groups: &[Group]) -> Guards {
        let files: Vec<File<'_>> = files
            .iter()
            .map(|(path, text, is_patch)| File {
                path: Some(path),
                text,
                settings: &self.settings,
                writable: true,
                is_patch: *is_patch,
                listed: None,
            })
            .collect();
        guards::plan(&files, groups, &self.cluster)
    }

    pub(super) fn harden(
        &self,
        name: &str,
        text: &str,
        is_patch: bool,
        wishes: &[Wish],
    ) -> Outcome {
        let source = Source {
            path: name.to_owned(),
            text: text.to_owned(),
            is_patch,
        };
        pipeline::harden_and_guard(source, &self.settings, &self.cluster, wishes)
    }

    /// Checks a result.
    pub(super) fn check(&self, file: &FileReport, is_patch: bool) -> Result<(), Failed> {
        let (before, after) = (file.before.as_str(), result(file));
        keeps_its_form(before, after)?;
        match self.harden(&file.path, after, is_patch, &[]) {
            Outcome::Report(again, _) if again.after.is_none() => {}
            Outcome::Report(again, _) => {
                let (status, problems) = (again.status, &again.problems);
                let diff = diff(after, result(&again));
                return Err(format!("a second run: {status:?} {problems:?}\n{diff}").into());
            }
            Outcome::Template(_) => return Err("a second run takes it for a template".into()),
        }
        let mut after = documents(after);
        for made in made(file) {
            let is_made = |document: &Option<Read<'_>>| {
                document.as_ref().is_some_and(|read| read.value == *made)
            };
            let at = after
                .iter()
                .position(is_made)
                .ok_or("a new document is not there")?;
            after.remove(at);
        }
        let before = documents(before);
        says_what_the_changes_say(file, &before, &after)?;
        patches_give_the_same(file, &before, &after)
    }
}

/// The documents that the run made.
fn made(file: &FileReport) -> impl Iterator<Item = &Value> {
    let created = file.objects.iter().filter(|object| object.created);
    let changes = created.flat_map(|object| &object.changes);
    let whole = changes.filter(|located| located.change.pointer.is_empty());
    whole.filter_map(|located| located.change.after.as_ref())
}

/// The patch of each object, read from its printed form, makes of the old object what the text says of the new one.
fn patches_give_the_same(
    file: &FileReport,
    before: &[Option<Read<'_>>],
    after: &[Option<Read<'_>>],
) -> Result<(), Failed> {
    let patches = emit::patches(slice::from_ref(file));
    let applied = |object: &ObjectReport| object.changes.iter().any(|it| it.change.is_applied());
    let of_cluster = |object: &ObjectReport| {
        !object.created && !object.api_version.starts_with("kustomize.config.k8s.io/")
    };
    let changed = file
        .objects
        .iter()
        .filter(|object| applied(object) && of_cluster(object));
    let named = changed.filter(|object| object.name.is_some()).count();
    if patches.patches.len() != named {
        let (count, withheld) = (patches.patches.len(), &patches.withheld);
        return Err(format!("{count} patches for {named} objects: {withheld:?}").into());
    }
    for patch in &patches.patches {
        let at = |documents: &[Option<Read<'_>>]| {
            let document = documents[patch.object.document].as_ref().unwrap();
            let object = document.value.pointer(&patch.object.pointer).unwrap();
            object.clone()
        };
        let mut value = at(before);
        let text = emit::patch_file(&patch.operations);
        let read: json_patch::Patch = serde_json::from_str(&text).unwrap();
        json_patch::patch(&mut value, &read).map_err(|error| format!("{error}\n{text}"))?;
        let wanted = at(after);
        if value != wanted || !emit::is_patch_file(&text) {
            let diff = diff(&format!("{value:#}"), &format!("{wanted:#}"));
            return Err(format!("the patch gives something else\n{text}{diff}").into());
        }
    }
    Ok(())
}

/// What `fix` would leave in the file.
pub(super) fn result(file: &FileReport) -> &str {
    file.after.as_ref().unwrap_or(&file.before)
}

/// The byte order mark, the line ends and the end of the file are kept.
fn keeps_its_form(before: &str, after: &str) -> Result<(), Failed> {
    let form = |text: &str| {
        (
            text.starts_with('\u{feff}'),
            text.contains('\r'),
            text.matches('\n').count() == text.matches("\r\n").count(),
            text.ends_with('\n'),
        )
    };
    if form(before) == form(after) {
        return Ok(());
    }
    let diff = diff(before, after);
    Err(format!("byte order mark, line ends or the last line break are not kept\n{diff}").into())
}

/// All comments are there in order, and the applied changes, one after the other, make the result.
fn says_what_the_changes_say(
    file: &FileReport,
    before: &[Option<Read<'_>>],
    after: &[Option<Read<'_>>],
) -> Result<(), Failed> {
    if before.len() != after.len() {
        return Err(format!("{} documents became {}", before.len(), after.len()).into());
    }
    for (index, (before, after)) in before.iter().zip(after).enumerate() {
        let (Some(before), Some(after)) = (before, after) else {
            continue;
        };
        // What this program wrote, it writes anew, with other evidence.
        let is_ours = |value: &Value| {
            let annotations = value.pointer("/metadata/annotations");
            annotations.is_some_and(|it| it.get(GENERATED_BY).is_some())
        };
        if before.comments != after.comments && !is_ours(&before.value) {
            let (before, after) = (&before.comments, &after.comments);
            return Err(format!("comments {before:?} became {after:?}").into());
        }
        let mut value = before.value.clone();
        for object in file
            .objects
            .iter()
            .filter(|object| object.document == index)
        {
            let changes = object.changes.iter().map(|located| &located.change);
            for Change {
                pointer,
                after: wanted,
                ..
            } in changes.filter(|change| change.is_applied() && !change.pointer.is_empty())
            {
                let found = after.value.pointer(pointer);
                // The items of a list move when one before them goes.
                let item = pointer.rsplit('/').next().unwrap();
                let is_item = item == "-" || item.parse::<usize>().is_ok();
                if found != wanted.as_ref() && !is_item {
                    return Err(format!("{found:?} at {pointer}").into());
                }
                set(&mut value, pointer, wanted.as_ref());
            }
        }
        if value != after.value {
            let diff = diff(&format!("{value:#}"), &format!("{:#}", after.value));
            return Err(format!("the changes do not account for the result\n{diff}").into());
        }
    }
    Ok(())
}

/// A document that can be read.
struct Read<'t> {
    value: Value,
    comments: Vec<&'t str>,
}

fn documents(text: &str) -> Vec<Option<Read<'_>>> {
    let read = |slice: &yaml::Slice| {
        let document = Document::parse(text, slice).ok()?;
        let comments = document.comments().map(|(_, comment)| comment).collect();
        Some(Read {
            value: document.value().clone(),
            comments,
        })
    };
    yaml::split(text).unwrap().iter().map(read).collect()
}

/// Gives a pointer a value, or removes it; parents that are missing or null become mappings, or lists for an
/// item at their end.
fn set(value: &mut Value, pointer: &str, after: Option<&Value>) {
    let tokens: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    let (last, parents) = tokens.split_last().unwrap();
    let mut at = value;
    for token in parents {
        if at.is_null() {
            *at = json!({});
        }
        at = match at {
            Value::Array(items) => &mut items[token.parse::<usize>().unwrap()],
            Value::Object(map) => map.entry(token).or_insert(Value::Null),
            scalar => panic!("{scalar} is no collection at {pointer}"),
        };
    }
    if at.is_null() {
        *at = if last == "-" { json!([]) } else { json!({}) };
    }
    match (at, after) {
        (Value::Array(items), Some(after)) if last == "-" => items.push(after.clone()),
        (Value::Array(items), Some(after)) => items[last.parse::<usize>().unwrap()] = after.clone(),
        (Value::Array(items), None) => drop(items.remove(last.parse().unwrap())),
        (Value::Object(map), Some(after)) => drop(map.insert(last.clone(), after.clone())),
        (Value::Object(map), None) => drop(map.shift_remove(last)),
        (other, _) => panic!("{other} is no mapping at {pointer}"),
    }
}

/// A small unified diff that shows the ends of lines.
pub(super) fn diff(old: &str, new: &str) -> String {
    let visible = |text: &str| text.replace('\r', "\u{240d}");
    let (old, new) = (visible(old), visible(new));
    similar::TextDiff::from_lines(&old, &new)
        .unified_diff()
        .context_radius(2)
        .to_string()
}
