//! Settings that belong together: a host, and its port in another setting.

use std::collections::HashMap;

use super::names;
use super::settings::Entry;

/// Where settings must stand to belong together: their source, and their mapping in it.
type Place = (usize, usize);

/// The ports among the settings of a workload.
pub(super) struct Ports<'e> {
    entries: &'e [Entry],
    /// The ports of a name; `None` where they are several.
    named: HashMap<(Place, String), Option<u16>>,
    /// How many settings have a key.
    alike: HashMap<(Place, &'e str), usize>,
}

fn place(entry: &Entry) -> Place {
    (entry.source, entry.setting.group)
}

/// The name and the port of a setting that may hold one.
fn port(entry: &Entry) -> Option<(String, u16)> {
    let key = entry.setting.key.as_deref()?;
    let port = entry.setting.text.trim().parse().ok()?;
    Some((names::words(key).join("_"), port))
}

impl<'e> Ports<'e> {
    pub(super) fn of(entries: &'e [Entry]) -> Self {
        let (mut named, mut alike) = (HashMap::new(), HashMap::new());
        for entry in entries {
            let Some(key) = entry.setting.key.as_deref() else {
                continue;
            };
            *alike.entry((place(entry), key)).or_default() += 1;
            if let Some((name, port)) = port(entry) {
                let known = named.entry((place(entry), name)).or_insert(Some(port));
                *known = known.filter(|known| *known == port);
            }
        }
        Self {
            entries,
            named,
            alike,
        }
    }

    /// The port that goes with the host of an entry, where another setting of the same source holds it.
    pub(super) fn beside(&self, index: usize) -> Option<u16> {
        let entry = &self.entries[index];
        let key = entry.setting.key.as_deref()?;
        let wanted = names::port_names(key);
        let mut ports: Vec<Option<u16>> = if self.alike.get(&(place(entry), key)) == Some(&1) {
            let named = |name| self.named.get(&(place(entry), name)).copied();
            wanted.into_iter().filter_map(named).collect()
        } else {
            // Several hosts of one name: only a port right beside one can be told to be its own.
            let beside = [index.checked_sub(1), index.checked_add(1)];
            let beside = beside.into_iter().flatten();
            let beside = beside.filter_map(|at| self.entries.get(at));
            let together = beside.filter(|other| place(other) == place(entry));
            let found = together.filter_map(port);
            let found = found.filter(|(name, _)| wanted.contains(name));
            found.map(|(_, port)| Some(port)).collect()
        };
        // A wrong port would cut the right one.
        ports.dedup();
        ports
            .first()
            .copied()
            .flatten()
            .filter(|_| ports.len() == 1)
    }
}
