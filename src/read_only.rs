//! Whether a container runs with a read-only root file system, and what it takes.

use serde_json::Value;

use crate::change::Risk;
use crate::command::Command;
use crate::images::{Facts, Item, Known, ReadOnlyRoot};
use crate::plan::Plan;
use crate::pod::{Container, Pod};
use crate::user::runs_something_else;
use crate::volumes::{Place, is_at_or_below, missing, mount_path};

/// What becomes of a container whose root file system is read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadOnly {
    /// It works, given this.
    Works(Needs),
    /// It does not, for this reason.
    Fails(String),
    /// Nobody knows the image.
    Unknown,
}

/// What a container needs to work with a read-only root file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// Where an empty volume must be mounted.
    pub writable: Vec<String>,
    /// Environment that it needs.
    pub env: Vec<(String, String)>,
    /// The risk.
    pub risk: Risk,
    /// Why, with the facts.
    pub reason: String,
}

impl ReadOnly {
    /// Looks at a container, its mounts, and what is known of its image.
    #[must_use]
    pub fn of(pod: &Pod<'_>, container: &Container<'_>, plan: &Plan<'_>) -> Self {
        let Some(known) = plan.image(container).filter(|_| !pod.is_windows()) else {
            return Self::Unknown;
        };
        let facts = &known.facts;
        let fails = |why: String| Self::Fails(format!("{why} ({})", known.says()));
        match facts.read_only_root {
            None => return Self::Unknown,
            Some(ReadOnlyRoot::Plain(false)) => {
                return fails("the image writes to its root file system".to_owned());
            }
            Some(_) => {}
        }
        match Needs::of(pod, container, &known) {
            Ok(needs) => Self::Works(needs),
            Err(why) => fails(why),
        }
    }
}

impl Needs {
    /// What is wanted of an image that nobody knows: a place to write to at `/tmp`.
    #[must_use]
    pub fn of_unknown(pod: &Pod<'_>, container: &Container<'_>) -> Self {
        let has_tmp = Place::of(pod, container, "/tmp") != Place::Image;
        Self {
            writable: if has_tmp {
                Vec::new()
            } else {
                vec!["/tmp".to_owned()]
            },
            env: Vec::new(),
            risk: Risk::High,
            reason: "a program that writes anywhere but in its mounts and in /tmp fails".to_owned(),
        }
    }

    fn of(pod: &Pod<'_>, container: &Container<'_>, known: &Known) -> Result<Self, String> {
        let facts = &known.facts;
        let mut doubts = doubts(pod, container, facts)?;
        let writable = match facts.read_only_root {
            Some(ReadOnlyRoot::Given(_)) => paths(pod, container, facts)?,
            _ => Vec::new(),
        };
        let command = Command::of(container).unwrap_or_default();
        if let Some(file) = command.file().filter(|file| {
            file.starts_with('/') && Place::of(pod, container, file) != Place::Writable
        }) {
            let covered = writable.iter().any(|path| is_at_or_below(file, path));
            if !covered {
                return Err(format!(
                    "its script writes to {file}, where no volume is mounted"
                ));
            }
        }
        doubts.extend(runs_something_else(container, facts));
        let set = |name: &str| container.items("/env").any(|item| item["name"] == name);
        let env = facts.env_read_only.iter().filter(|(name, _)| !set(name));
        let mut reason = format!(
            "the image works with a read-only root file system ({})",
            known.says()
        );
        if !writable.is_empty() {
            reason = format!(
                "given what it writes to ({}), {reason}",
                writable.join(", ")
            );
        }
        let mut risk = known.risk();
        if let Some(doubt) = doubts.first() {
            risk = Risk::High;
            reason = format!("{reason}; but {doubt}");
        }
        Ok(Self {
            writable,
            env: env
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            risk,
            reason,
        })
    }
}

/// Where nobody can tell whether it works; `Err` where it certainly does not.
fn doubts(pod: &Pod<'_>, container: &Container<'_>, facts: &Facts) -> Result<Vec<String>, String> {
    let mut doubts = Vec::new();
    let is_writable = |path: &str| Place::of(pod, container, path) == Place::Writable;
    for item in facts
        .writable_seeded
        .iter()
        .filter(|item| !is_writable(item.value()))
    {
        let path = item.value();
        match holds(item, container) {
            Some(true) => {
                return Err(format!(
                    "it must write to {path}, where the image has files"
                ));
            }
            Some(false) => {}
            None => doubts.push(format!(
                "it writes to {path} {}",
                item.when().unwrap_or_default()
            )),
        }
    }
    for item in facts.data.iter().filter(|item| !is_writable(item.value())) {
        let path = item.value();
        let coverable = facts
            .writable
            .iter()
            .any(|item| is_at_or_below(path, item.value()));
        match item.when() {
            _ if coverable && !facts.owns_data => {
                doubts.push(format!(
                    "it keeps data at {path}, where no volume is mounted"
                ));
            }
            None => {
                return Err(format!(
                    "it keeps data at {path}, where no volume is mounted"
                ));
            }
            Some(when) => doubts.push(format!("it keeps data at {path} ({when})")),
        }
    }
    Ok(doubts)
}

/// The paths at which an empty volume must be mounted.
fn paths(pod: &Pod<'_>, container: &Container<'_>, facts: &Facts) -> Result<Vec<String>, String> {
    let paths = facts.writable.iter().map(Item::value);
    let missing = missing(pod, container, paths);
    let missing =
        missing.map_err(|path| format!("it writes to {path}, which is mounted read-only"))?;
    Ok(missing.into_iter().map(str::to_owned).collect())
}

/// Tells whether the condition of an item holds, by the paths and the variables that it names; `None` when it names
/// none, or nobody can tell.
pub(crate) fn holds(item: &Item, container: &Container<'_>) -> Option<bool> {
    let Some(when) = item.when() else {
        return Some(true);
    };
    let words = || when.split(|c: char| c.is_whitespace() || ",;:()\"".contains(c));
    let paths: Vec<&str> = words().filter(|word| word.starts_with('/')).collect();
    let variables: Vec<&str> = words()
        .flat_map(|word| word.split('/'))
        .filter(|word| {
            word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        })
        .collect();
    if paths.is_empty() && variables.is_empty() {
        return None;
    }
    let mounted = |path: &&str| {
        let mut mounts = container.items("/volumeMounts");
        mounts.any(|mount| {
            is_at_or_below(mount_path(mount), path) || is_at_or_below(path, mount_path(mount))
        })
    };
    let set = |name: &&str| container.items("/env").any(|item| item["name"] == **name);
    if paths.iter().any(mounted) || variables.iter().any(set) {
        return Some(true);
    }
    let may_be_set = !variables.is_empty() && container.items("/envFrom").next().is_some();
    (!may_be_set).then_some(false)
}

/// Why a mount does not fit its image: it is where other tags keep their data. Says where this one does, and both facts.
#[must_use]
pub fn mount_of_other_tags(
    mount: &Value,
    container: &Container<'_>,
    plan: &Plan<'_>,
) -> Option<(String, String)> {
    let at = mount_path(mount);
    let reference = container.get("/image")?.as_str()?;
    let (known, others) = plan.settings.images.with_other_tags(reference)?;
    let data = |known: &Known| -> Vec<String> {
        let items = known.facts.data.iter().filter_map(Item::always);
        items.map(str::to_owned).collect()
    };
    let now = data(&known);
    // The entries of an image go from the most specific to the plainest.
    let other = others
        .iter()
        .rev()
        .find(|other| data(other).iter().any(|path| path == at))?;
    let related = |path: &&String| is_at_or_below(at, path) || is_at_or_below(path, at);
    let want = now
        .iter()
        .find(related)
        .filter(|path| *path != at && !now.iter().any(|path| path == at))?;
    let why = format!(
        "{reference} keeps its data at {want} ({}), and {at} is where {} keep them ({})",
        known.says(),
        other.tags(),
        other.says(),
    );
    Some((want.clone(), why))
}
