//! What a manifest tells of the memory that a container takes.

use serde_json::Value;

use super::heap::{self, Heap};
use super::readable;
use crate::plan::Plan;
use crate::pod::{Container, Pod};
use crate::quantity::{Form, Quantity};

/// What is known of the memory of a container.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// What its program is told to use, and the setting.
    heap: Option<(Quantity, String)>,
    /// The part of the limit that a Java heap takes, and the setting.
    share: Option<(u32, String)>,
    /// What its image is documented to need, and the image.
    image: Option<(Quantity, String)>,
    /// The volumes in memory that it writes to.
    volumes: Vec<(String, Option<Quantity>)>,
    /// A setting of which nobody can tell what it says.
    pub(super) unreadable: Option<String>,
}

/// What a Java virtual machine takes beside its heap at the least, in Mi.
const BESIDE_HEAP: u32 = 128;

/// The memory that the image of a container is documented to need, with where that was read.
fn documented(container: &Container<'_>, plan: &Plan<'_>) -> Option<(Quantity, String)> {
    let known = plan.image(container)?;
    let limit = Quantity::parse(known.facts.memory_limit.as_deref()?)?;
    let image = container.get("/image")?.as_str()?;
    let hint = known.facts.memory.clone().unwrap_or_else(|| known.says());
    Some((limit, format!("{image} ({hint})")))
}

impl Evidence {
    /// Looks at a container and at the volumes that it mounts.
    pub(super) fn of(pod: &Pod<'_>, container: &Container<'_>, plan: &Plan<'_>) -> Self {
        let mut evidence = Self {
            image: documented(container, plan),
            volumes: memory_volumes(pod, container),
            ..Self::default()
        };
        for (setting, found) in heap::settings(container) {
            match found {
                Heap::Bytes(amount) => {
                    let most = evidence.heap.as_ref().map(|(most, _)| *most);
                    if most.is_none_or(|most| amount > most) {
                        evidence.heap = Some((amount, setting));
                    }
                }
                Heap::Percent(percent) => evidence.share = Some((percent, setting)),
                Heap::Unreadable => evidence.unreadable = Some(setting),
            }
        }
        evidence
    }

    /// The least limit that is not below a default, and what raised it or was looked at.
    pub(super) fn limit(&self, default: Quantity) -> (Quantity, Option<String>) {
        let (mut limit, mut why) = self.program(default);
        for (name, size) in &self.volumes {
            if let Some(size) = size {
                limit = readable(limit + *size);
            }
            let size = size.map_or_else(String::new, |size| {
                format!(" (up to {})", size.canonical(Form::BinarySi))
            });
            let volume = format!("files in the memory volume `{name}`{size} count");
            why = Some(match why {
                Some(why) => format!("{why}; {volume}"),
                None => volume,
            });
        }
        (limit, why)
    }

    /// What the program itself takes.
    fn program(&self, default: Quantity) -> (Quantity, Option<String>) {
        let mi = |mi: u32| Quantity::whole(i64::from(mi) << 20);
        let (need, what) = if let Some((heap, setting)) = &self.heap {
            let least = *heap + mi(BESIDE_HEAP);
            let takes = heap.canonical(Form::BinarySi);
            (
                heap.times(3, 2).max(least),
                format!("`{setting}` takes {takes}"),
            )
        } else if let Some((percent, setting)) = &self.share {
            let beside = mi(BESIDE_HEAP).times(100, 100 - percent);
            (
                beside,
                format!("`{setting}` leaves {}% beside the heap", 100 - percent),
            )
        } else if let Some((amount, image)) = &self.image {
            let takes = amount.canonical(Form::BinarySi);
            (*amount, format!("image {image} is documented with {takes}"))
        } else {
            return (default, None);
        };
        (readable(need).max(default), Some(what))
    }
}

/// The `emptyDir` volumes in memory that a container can write to, with their bounds.
fn memory_volumes(pod: &Pod<'_>, container: &Container<'_>) -> Vec<(String, Option<Quantity>)> {
    let mounted = |name: &str| {
        let mut mounts = container.items("/volumeMounts");
        mounts.any(|mount| mount["name"] == name && mount["readOnly"] != true)
    };
    let volume = |volume: &Value| {
        let name = volume["name"].as_str()?;
        let source = volume.get("emptyDir")?;
        let in_memory = source
            .get("medium")
            .is_some_and(|medium| medium == "Memory");
        let size = source.get("sizeLimit").and_then(Quantity::of);
        let size = size.filter(|size| size.is_positive());
        (in_memory && mounted(name)).then(|| (name.to_owned(), size))
    };
    pod.items("/volumes").filter_map(volume).collect()
}
