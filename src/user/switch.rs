//! Another user than root for an image that starts as root, or as a user whose name the kubelet cannot check.

use serde_json::Value;

use super::runs_something_else;
use crate::change::Risk;
use crate::command::Command;
use crate::images::{Facts, Ids, Item, Known, Port};
use crate::plan::Plan;
use crate::pod::{Container, ContainerKind, Pod};
use crate::pod_security::ADDABLE_CAPABILITIES;
use crate::read_only::holds;
use crate::volumes::{Place, is_at_or_below, missing, mount_path, volume_of};
use crate::workload::Shape;

/// The user that a container can run as, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// The user and its groups.
    pub ids: Ids,
    /// The risk.
    pub risk: Risk,
    /// The reason, with the facts.
    pub reason: String,
    /// Where it must be able to write and no volume is mounted.
    pub writable: Vec<String>,
    /// A persistent volume is mounted that this group must be able to write to.
    pub fs_group: Option<u32>,
    /// It listens below port 1024.
    pub low_port: bool,
    /// Environment that it needs.
    pub env: Vec<(String, String)>,
}

impl Switch {
    pub(super) fn of(
        pod: &Pod<'_>,
        container: &Container<'_>,
        plan: &Plan<'_>,
        known: &Known,
        ids: Ids,
    ) -> Self {
        let facts = &known.facts;
        let user = ids.user;
        let says = known.says();
        let mut switch = Self {
            ids,
            risk: known.risk(),
            reason: format!(
                "the image's user is {}, which is {user} ({says})",
                facts.user
            ),
            writable: Vec::new(),
            fs_group: None,
            low_port: false,
            env: Vec::new(),
        };
        if facts.user.is_root() {
            switch.reason = format!("the image starts as root, and works as {user} ({says})");
            switch.leave_root(pod, container, facts);
            switch.share_group(pod, container, plan);
        }
        switch
    }

    /// What somebody needs who was root until now.
    fn leave_root(&mut self, pod: &Pod<'_>, container: &Container<'_>, facts: &Facts) {
        let set = |name: &str| container.items("/env").any(|item| item["name"] == name);
        let env = facts.env.iter().filter(|(name, _)| !set(name));
        self.env = env
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // Everybody can write to /tmp; a data directory that must be the user's own is made by the image.
        let is_data = |path: &str| facts.data.iter().any(|item| item.value() == path);
        let paths = facts.writable.iter().filter_map(Item::always);
        let paths = paths.filter(|path| *path != "/tmp" && !(facts.owns_data && is_data(path)));
        match missing(pod, container, paths) {
            Ok(paths) => self.writable = paths.into_iter().map(str::to_owned).collect(),
            Err(path) => self.doubt(&format!(
                "it must be able to write to {path}, which is mounted read-only"
            )),
        }
        let mut known_ports = facts.ports.iter().filter_map(Port::number);
        self.low_port =
            low_ports(container).next().is_some() || known_ports.any(|port| port < 1024);
        if let Some(why) = runs_something_else(container, facts) {
            self.doubt(&why);
        }
        if let Some(path) = seeded(pod, container, facts) {
            self.doubt(&format!(
                "it must write to {path}, which may belong to root"
            ));
        }
        if let Some(power) = power(container) {
            self.doubt(&format!(
                "the author gives it {power}, which only root can use"
            ));
        }
        if self.low_port && (pod.is_true("/hostNetwork") || !pod.pod_level) {
            self.doubt("it listens on a port below 1024");
        }
        let needs_mounts = !self.writable.is_empty() || !self.env.is_empty();
        if needs_mounts && (pod.shape != Shape::Full || container.kind == ContainerKind::Ephemeral)
        {
            self.doubt("it must be able to write to places that nothing can be mounted at here");
        }
        for mount in container.items("/volumeMounts") {
            if mount["readOnly"] != true {
                self.look_at(mount, pod, container, facts);
            }
        }
        let mut mounts = container.items("/volumeMounts");
        let group = self.fs_group.is_some() && pod.pod_level
            || pod.get("/securityContext/fsGroup").is_some();
        if !group && mounts.any(|mount| volume_of(pod, mount).is_some_and(is_private)) {
            self.doubt("only root can read a volume with such a defaultMode");
        }
    }

    /// Who owns the files of a volume that it writes to.
    fn look_at(&mut self, mount: &Value, pod: &Pod<'_>, container: &Container<'_>, facts: &Facts) {
        let at = mount_path(mount);
        let holds =
            |item: &Item| is_at_or_below(item.value(), at) || is_at_or_below(at, item.value());
        let must_own = facts.owns_data && facts.data.iter().any(holds);
        // A variable such as PGDATA may put the data into a folder that the program makes for itself.
        let is_inside = |item: &Value| {
            item["value"]
                .as_str()
                .is_some_and(|value| value != at && is_at_or_below(value, at))
        };
        let makes_own = container.items("/env").any(is_inside);
        match Storage::of(volume_of(pod, mount)) {
            Storage::Scratch if must_own && !makes_own && facts.data.iter().any(|item| item.value() == at) => {
                self.doubt("it wants to own the folder of its data, and the one of an emptyDir is root's");
            }
            Storage::Scratch | Storage::ReadOnly => {}
            Storage::Persistent if is_given_away(pod, mount, self.ids.user) => {}
            Storage::Persistent if must_own => self.doubt(
                "its data must belong to that user, as they do once the image has run as root; a fresh volume fails",
            ),
            Storage::Persistent => match self.ids.fs_group {
                Some(group) => self.fs_group = Some(group),
                None => self.doubt("nobody knows the group that must own its volume"),
            },
            Storage::Foreign => self.doubt("the files of its volume may belong to root"),
        }
    }

    /// What an `fsGroup` on the pod does to its other containers.
    fn share_group(&mut self, pod: &Pod<'_>, container: &Container<'_>, plan: &Plan<'_>) {
        if self.fs_group.is_none() || pod.get("/securityContext/fsGroup").is_some() {
            return;
        }
        if !pod.pod_level {
            self.doubt("nothing can give its volume to its group here");
        }
        let others = pod.containers.iter();
        let other = others
            .filter(|other| other.pointer != container.pointer)
            .find(|other| {
                plan.image(other)
                    .is_some_and(|known| keeps_private_files(pod, other, &known.facts))
            });
        if let Some(other) = other {
            let name = other.name();
            self.doubt(&format!(
                "the group that its volume needs would also get the files of container {name}, which must be its user's alone"
            ));
        }
    }

    fn doubt(&mut self, why: &str) {
        if self.risk < Risk::High {
            self.risk = Risk::High;
            self.reason = format!("{}; but {why}", self.reason);
        }
    }
}

/// Who owns the files of a volume.
enum Storage {
    /// Everybody may write.
    Scratch,
    /// The kubelet gives it to the fsGroup.
    Persistent,
    /// The kubelet does not.
    Foreign,
    /// Nobody writes.
    ReadOnly,
}

impl Storage {
    fn of(volume: Option<&Value>) -> Self {
        // A mount without a volume takes one of a claim template.
        let Some(volume) = volume else {
            return Self::Persistent;
        };
        let has = |keys: &[&str]| keys.iter().any(|key| !volume[*key].is_null());
        if has(&["emptyDir"]) {
            Self::Scratch
        } else if has(&["configMap", "secret", "projected", "downwardAPI", "image"]) {
            Self::ReadOnly
        } else if has(&["persistentVolumeClaim", "ephemeral"]) {
            Self::Persistent
        } else {
            Self::Foreign
        }
    }
}

/// A folder with files of the image that this very container writes to, by the condition of the facts.
fn seeded<'f>(pod: &Pod<'_>, container: &Container<'_>, facts: &'f Facts) -> Option<&'f str> {
    let is_used = |item: &Item| {
        let mut mounts = container.items("/volumeMounts");
        holds(item, container) == Some(true)
            || mounts.any(|mount| is_at_or_below(mount_path(mount), item.value()))
    };
    let mut conditional = facts
        .writable_seeded
        .iter()
        .filter(|item| item.when().is_some());
    let item = conditional
        .find(|item| Place::of(pod, container, item.value()) == Place::Image && is_used(item))?;
    Some(item.value())
}

/// What the author gives a container beyond what every container has: another user than root holds none of it.
fn power(container: &Container<'_>) -> Option<String> {
    if container.is_true("/securityContext/privileged") {
        return Some("every privilege".to_owned());
    }
    let add = container.items("/securityContext/capabilities/add");
    let mut names = add.filter_map(Value::as_str);
    let name = names.find(|name| {
        let plain = name.to_ascii_uppercase();
        let plain = plain.strip_prefix("CAP_").unwrap_or(&plain);
        !ADDABLE_CAPABILITIES.contains(&plain)
    });
    name.map(str::to_owned)
}

/// Tells whether a container has data in a persistent volume that no group may get.
fn keeps_private_files(pod: &Pod<'_>, container: &Container<'_>, facts: &Facts) -> bool {
    let mut mounts = container.items("/volumeMounts");
    facts.owns_data
        && mounts.any(|mount| {
            let at = mount_path(mount);
            let is_data =
                |item: &Item| is_at_or_below(item.value(), at) || is_at_or_below(at, item.value());
            matches!(Storage::of(volume_of(pod, mount)), Storage::Persistent)
                && facts.data.iter().any(is_data)
        })
}

/// Tells whether an init container gives the files of a volume to a user.
fn is_given_away(pod: &Pod<'_>, mount: &Value, user: u32) -> bool {
    pod.containers.iter().any(|container| {
        let changes = Command::of(container).is_some_and(|command| command.only_changes_files());
        let user = user.to_string();
        let is_user = |text: &str| {
            text.split(|c: char| !c.is_ascii_digit())
                .any(|word| word == user)
        };
        let has = |other: &Value| other["name"] == mount["name"];
        container.kind == ContainerKind::Init
            && changes
            && container.items("/volumeMounts").any(has)
            && container.texts().into_iter().any(is_user)
    })
}

/// Tells whether only root and the fsGroup can read files of a volume: by its mode, or that of an item.
fn is_private(volume: &Value) -> bool {
    match volume {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            let is_mode = key == "defaultMode" || key == "mode";
            let closed = |mode: u64| mode & 0o004 == 0;
            is_mode && value.as_u64().is_some_and(closed) || is_private(value)
        }),
        Value::Array(items) => items.iter().any(is_private),
        _ => false,
    }
}

/// The ports below 1024 that a container names.
pub(super) fn low_ports<'c>(container: &'c Container<'_>) -> impl Iterator<Item = u64> + use<'c> {
    let ports = container.items("/ports");
    let ports = ports.filter_map(|port| port["containerPort"].as_u64());
    ports.filter(|port| *port > 0 && *port < 1024)
}
