//! What the kubelet, the runtime and the kernel make of a pod: which containers do not start, and why.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::command::{self, Needs};
use super::spec::{below, containers, effective, is_authors, plain, words};
use super::table::{self, Image, Owner, User, Writes};

/// The capabilities that runtimes give by default.
const DEFAULT: [&str; 14] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Whose the files of the persistent volumes are: by container, the user that wrote them; nobody's when fresh.
pub type Past = BTreeMap<String, u32>;

/// One container, as it starts.
struct Started<'p> {
    spec: &'p Value,
    container: &'p Value,
    image: &'static Image,
    needs: Needs,
    user: u32,
    past: Option<u32>,
}

fn user_of(spec: &Value, container: &Value, image: &Image) -> u32 {
    let set = effective(spec, container, "runAsUser").as_u64();
    let of_image = match image.user {
        User::Root => 0,
        User::Number(user) | User::Name(user) => user,
    };
    set.map_or(of_image, |user| u32::try_from(user).unwrap())
}

/// The users that the containers of a pod write their files as.
pub fn past(spec: &Value) -> Past {
    let users = containers(spec).filter_map(|container| {
        let image = table::find(container["image"].as_str()?)?;
        let needs = command::needs(
            image,
            &words(container, "command"),
            &words(container, "args"),
        )?;
        let user = user_of(spec, container, image);
        let user = image
            .switches_to
            .filter(|_| needs.own && user == 0)
            .unwrap_or(user);
        Some((container["name"].as_str()?.to_owned(), user))
    });
    users.collect()
}

/// Why containers do not start, by name. One of which this knows nothing is left out.
pub fn failures(spec: &Value, past: &Past) -> BTreeMap<String, Vec<String>> {
    let mut failures = BTreeMap::new();
    for container in containers(spec) {
        let name = container["name"].as_str().unwrap().to_owned();
        let (command, args) = (words(container, "command"), words(container, "args"));
        let Some(image) = table::find(container["image"].as_str().unwrap_or_default()) else {
            continue;
        };
        let Some(needs) = command::needs(image, &command, &args) else {
            continue;
        };
        let user = user_of(spec, container, image);
        let past = past.get(&name).copied();
        let started = Started {
            spec,
            container,
            image,
            needs,
            user,
            past,
        };
        failures.insert(name, started.failures());
    }
    failures
}

impl Started<'_> {
    fn failures(&self) -> Vec<String> {
        let mut why = Vec::new();
        self.check_user(&mut why);
        self.check_capabilities(&mut why);
        self.check_ports(&mut why);
        self.check_mounts(&mut why);
        for writes in self.writes() {
            if let Err(reason) = self.can_write(&writes) {
                why.push(format!(
                    "user {} cannot write to {}: {reason}",
                    self.user, writes.path
                ));
            }
        }
        why
    }

    /// `verifyRunAsNonRoot`.
    fn check_user(&self, why: &mut Vec<String>) {
        let required = effective(self.spec, self.container, "runAsNonRoot") == true;
        let set = effective(self.spec, self.container, "runAsUser").as_u64();
        if required {
            match (set, self.image.user) {
                (Some(0), _) => why.push("runAsUser breaks non-root policy".to_owned()),
                (None, User::Root) => why.push("image will run as root".to_owned()),
                (None, User::Name(_)) => why.push("image has non-numeric user".to_owned()),
                _ => {}
            }
        }
        if self.needs.root && self.user != 0 {
            why.push("its command needs root".to_owned());
        }
        if self.needs.own && self.user != 0 && self.image.user == User::Root {
            let variables = self.container["env"].as_array();
            let has = |name: &str| {
                variables.is_some_and(|list| list.iter().any(|item| item["name"] == name))
            };
            for name in self.image.variables.iter().filter(|name| !has(name)) {
                why.push(format!("as user {} it needs {name}", self.user));
            }
        }
    }

    fn is_privileged(&self) -> bool {
        self.container["securityContext"]["privileged"] == true
    }

    /// The bounding set.
    fn has(&self, capability: &str) -> bool {
        let names = |list: &str| words(&self.container["securityContext"]["capabilities"], list);
        let (add, drop) = (names("add"), names("drop"));
        let is = |name: &&str| *name == "ALL" || *name == capability;
        self.is_privileged()
            || add.iter().any(is)
            || DEFAULT.contains(&capability) && !drop.iter().any(is)
    }

    fn check_capabilities(&self, why: &mut Vec<String>) {
        let mut needed: BTreeSet<&str> = self.needs.capabilities.iter().copied().collect();
        let steps = self.image.switches_to.is_some();
        if self.needs.own || self.needs.direct && !steps {
            needed.extend(self.image.as_root);
        }
        for name in needed
            .iter()
            .filter(|name| self.user == 0 && !self.has(name))
        {
            why.push(format!("as root it needs {name}"));
        }
        let runs_it = self.needs.own || self.needs.direct;
        for name in self
            .image
            .of_file
            .iter()
            .filter(|name| runs_it && !self.has(name))
        {
            why.push(format!("exec: operation not permitted without {name}"));
        }
        if self.needs.privileged && !self.is_privileged() {
            why.push("it needs to be privileged".to_owned());
        }
        // What a container is given beyond the default it has for a reason, and only as root.
        let added = words(&self.container["securityContext"]["capabilities"], "add");
        for name in added.iter().filter(|name| !DEFAULT.contains(name)) {
            if self.user != 0 {
                why.push(format!("user {} does not hold {name}", self.user));
            }
        }
        if self.is_privileged() && self.user != 0 {
            why.push(format!(
                "user {} can do nothing with its privileges",
                self.user
            ));
        }
    }

    fn check_ports(&self, why: &mut Vec<String>) {
        let mut ports = self.needs.ports.clone();
        if self.needs.own || self.needs.direct {
            ports.extend(self.image.ports);
            let listed = self.container["ports"].as_array().into_iter().flatten();
            ports.extend(listed.filter_map(|port| port["containerPort"].as_u64()));
        }
        let host = self.spec["hostNetwork"] == true;
        let sysctls = self.spec["securityContext"]["sysctls"].as_array();
        let lowered = sysctls.is_some_and(|list| {
            list.iter().any(|item| {
                item["name"] == "net.ipv4.ip_unprivileged_port_start" && item["value"] == "0"
            })
        });
        if host && lowered {
            why.push("the API rejects the sysctl beside hostNetwork".to_owned());
        }
        let bind = self.has("NET_BIND_SERVICE")
            && (self.user == 0 || self.image.of_file.contains(&"NET_BIND_SERVICE"));
        if let Some(port) = ports.iter().find(|port| **port < 1024)
            && !bind
            && (host || !lowered)
        {
            why.push(format!("user {} cannot listen on port {port}", self.user));
        }
    }

    /// Mounts are unique, have a volume, and can be read.
    fn check_mounts(&self, why: &mut Vec<String>) {
        let mut paths = BTreeSet::new();
        for mount in self.mounts() {
            let path = plain(mount["mountPath"].as_str().unwrap());
            if !paths.insert(path.clone()) {
                why.push(format!("two volumes are mounted at {path}"));
            }
            let volume = self.volume(mount);
            let source = ["configMap", "secret"]
                .iter()
                .find_map(|source| volume?.get(*source));
            let items = source
                .into_iter()
                .flat_map(|source| source["items"].as_array().into_iter().flatten());
            let modes = items
                .map(|item| &item["mode"])
                .chain(source.map(|source| &source["defaultMode"]));
            let closed = { modes }
                .filter_map(Value::as_u64)
                .any(|mode| mode & 0o004 == 0);
            if closed && self.user != 0 && self.group().is_none() {
                why.push(format!("user {} cannot read {path}", self.user));
            }
        }
    }

    fn mounts(&self) -> impl Iterator<Item = &Value> {
        self.container["volumeMounts"]
            .as_array()
            .into_iter()
            .flatten()
    }

    fn volume(&self, mount: &Value) -> Option<&Value> {
        let mut volumes = self.spec["volumes"].as_array().into_iter().flatten();
        volumes.find(|volume| volume["name"] == mount["name"])
    }

    fn group(&self) -> Option<u64> {
        self.spec["securityContext"]["fsGroup"].as_u64()
    }

    fn writes(&self) -> Vec<Writes> {
        let mut writes = self.needs.writes.clone();
        if self.needs.own || self.needs.direct {
            // A program without a volume for its state may not keep any.
            let is_mounted = |writes: &&Writes| {
                !writes.private || writes.own || self.above(writes.path).is_some()
            };
            writes.extend(self.image.writes.iter().filter(is_mounted));
        }
        writes
    }

    /// The deepest mount at or above a path.
    fn above(&self, path: &str) -> Option<&Value> {
        let is_above = |mount: &&Value| below(path, mount["mountPath"].as_str().unwrap());
        let above = self.mounts().filter(is_above);
        above.max_by_key(|mount| plain(mount["mountPath"].as_str().unwrap()).len())
    }

    fn can_write(&self, writes: &Writes) -> Result<(), String> {
        let Some(mount) = self.above(writes.path) else {
            if self.container["securityContext"]["readOnlyRootFilesystem"] == true {
                return Err("the root file system is read-only".to_owned());
            }
            return match writes.owner {
                Owner::Everybody => Ok(()),
                Owner::User(user) if self.user == user => Ok(()),
                _ if self.user == 0 => Ok(()),
                owner => Err(format!("it belongs to {owner:?}")),
            };
        };
        if mount["readOnly"] == true {
            return Err("it is mounted read-only".to_owned());
        }
        let volume = self.volume(mount).cloned().unwrap_or_default();
        let has = |source: &str| !volume[source].is_null();
        if has("configMap") || has("secret") || has("projected") {
            return Err("files of the API are read-only".to_owned());
        }
        let ours = volume["name"]
            .as_str()
            .is_some_and(|name| !is_authors(name));
        if writes.seeded
            && has("emptyDir")
            && ours
            && self
                .image
                .writes
                .iter()
                .any(|other| other.path == writes.path)
        {
            return Err("a new volume hides what the image has there".to_owned());
        }
        let exact = plain(mount["mountPath"].as_str().unwrap()) == plain(writes.path)
            && !self.puts_data_inside(writes.path);
        if has("emptyDir") {
            let own = writes.own && exact && self.user != 0 && !writes.private;
            return if own {
                Err("it belongs to root".to_owned())
            } else {
                Ok(())
            };
        }
        self.can_write_to_persistent(writes, mount, &volume, exact)
    }

    fn can_write_to_persistent(
        &self,
        writes: &Writes,
        mount: &Value,
        volume: &Value,
        exact: bool,
    ) -> Result<(), String> {
        // The kubelet gives no path of a node to the group.
        let shared = volume["hostPath"].is_null() && self.group().is_some();
        if writes.private && shared {
            return Err("a group may not read its private files".to_owned());
        }
        if self.user == 0 {
            return Ok(());
        }
        let owned = self.past == Some(self.user) || self.is_given(mount);
        match (owned, writes.own) {
            (true, _) => Ok(()),
            // Files that another user has written stay that user's.
            (false, true) if exact || self.past.is_some() => {
                Err("it belongs to another user".to_owned())
            }
            _ if shared => Ok(()),
            _ => Err("its volume belongs to another user".to_owned()),
        }
    }

    fn puts_data_inside(&self, path: &str) -> bool {
        let variables = self.container["env"].as_array().into_iter().flatten();
        let mut values = variables.filter_map(|item| item["value"].as_str());
        values.any(|value| value != path && below(value, path))
    }

    /// An init container gives the volume to the user.
    fn is_given(&self, mount: &Value) -> bool {
        let init = self.spec["initContainers"].as_array().into_iter().flatten();
        { init }.any(|container| {
            let image = table::find(container["image"].as_str().unwrap_or_default());
            let needs = command::needs(
                image.unwrap_or(&table::UNKNOWN),
                &words(container, "command"),
                &words(container, "args"),
            );
            let Some((path, user)) = needs.and_then(|needs| needs.gives) else {
                return false;
            };
            let mut mounts = container["volumeMounts"].as_array().into_iter().flatten();
            user == self.user
                && mounts.any(|other| {
                    other["name"] == mount["name"]
                        && other["mountPath"] == path
                        && other["subPath"] == mount["subPath"]
                })
        })
    }
}
