//! The settings of a workload, with where they stand; and what it reads that these manifests do not show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Evidence;
use super::model::{Model, Running};
use super::names::{self, Meaning};
use super::texts::{self, Setting};
use crate::pod::Container;
use crate::secrets::{looks_secret, says_secret};

/// Words of names of Secrets and files that hold keys and certificates, not settings.
const KEYS: [&str; 24] = [
    "KEY",
    "KEYS",
    "CERT",
    "CERTS",
    "CERTIFICATE",
    "CERTIFICATES",
    "TLS",
    "SSL",
    "CA",
    "PEM",
    "CRT",
    "PUB",
    "JKS",
    "P12",
    "SSH",
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "HTPASSWD",
    "JWT",
    "TRUST",
    "BUNDLE",
    "KEYSTORE",
    "TRUSTSTORE",
];

/// What stands in the place of a value that must not be shown.
const MASK: &str = "***";

/// A setting of a workload.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) setting: Setting,
    pub(super) evidence: Evidence,
    /// Settings of one source can belong together: a host and its port.
    pub(super) source: usize,
}

/// All settings of a workload.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) entries: Vec<Entry>,
    /// Places whose values are not among these manifests, and may hold an address.
    pub(super) hidden: Vec<Evidence>,
    sources: usize,
    /// The source of what stands alone in its field.
    current: usize,
}

/// Variables of a container, as far as they are known.
type Variables = BTreeMap<String, String>;

impl Settings {
    pub(super) fn of(running: &Running<'_>, model: &Model<'_>) -> Self {
        let mut settings = Self::default();
        let pod = running.pod();
        let mut all = Variables::new();
        for container in &pod.containers {
            let variables = settings.environment(running, container, model);
            settings.command_lines(running, container, &variables, model);
            all.extend(variables);
        }
        for (index, volume) in pod.items("/volumes").enumerate() {
            let place = format!("{}/volumes/{index}", pod.pointer);
            settings.volume(running, volume, &place, &all, model);
        }
        settings
    }

    /// The port that goes with the host of an entry, where another setting of the same source holds it.
    pub(super) fn port_beside(&self, index: usize) -> Option<u16> {
        let entry = &self.entries[index];
        let key = entry.setting.key.as_deref()?;
        let names = names::port_names(key);
        let together = |other: &Entry| {
            other.source == entry.source && other.setting.group == entry.setting.group
        };
        let beside = || {
            self.entries
                .iter()
                .enumerate()
                .filter(|(_, other)| together(other))
        };
        let port = |(at, other): (usize, &Entry)| {
            let key = names::words(other.setting.key.as_deref()?).join("_");
            let port = other.setting.text.trim().parse::<u16>().ok()?;
            names.contains(&key).then_some((at.abs_diff(index), port))
        };
        let alike = beside()
            .filter(|(_, other)| other.setting.key.as_deref() == Some(key))
            .count();
        // Several hosts of one name: only a port right beside one can be told to be its own.
        let ports = beside()
            .filter_map(port)
            .filter(|(distance, _)| alike == 1 || *distance == 1);
        let ports: BTreeSet<u16> = ports.map(|(_, port)| port).collect();
        // A wrong port would cut the right one.
        ports.first().copied().filter(|_| ports.len() == 1)
    }

    fn add(&mut self, found: Vec<Setting>, object: &str, pointer: &str, secret: bool) {
        let source = if found.len() > 1 {
            self.sources += 1;
            self.sources
        } else {
            self.current
        };
        for setting in found {
            let key = setting.key.as_deref().unwrap_or_default();
            let hide = secret || looks_secret(key) || says_secret(&setting.text);
            let line: String = setting.text.trim().chars().take(80).collect();
            let text = if hide { MASK } else { &line };
            let evidence = Evidence {
                object: object.to_owned(),
                pointer: pointer.to_owned(),
                text: text.to_owned(),
            };
            self.entries.push(Entry {
                setting,
                evidence,
                source,
            });
        }
    }

    fn environment(
        &mut self,
        running: &Running<'_>,
        container: &Container<'_>,
        model: &Model<'_>,
    ) -> Variables {
        let mut variables = Variables::new();
        self.sources += 1;
        self.current = self.sources;
        for (index, item) in container.items("/envFrom").enumerate() {
            let prefix = item
                .get("prefix")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let Some((kind, name)) = reference(item, "configMapRef", "secretRef", "name") else {
                continue;
            };
            let place = format!("{}/envFrom/{index}", container.pointer);
            let Some(data) = Data::of(model, kind, running, name) else {
                self.hide(running, &place, kind, name);
                continue;
            };
            for (key, text) in &data.entries {
                let key = format!("{prefix}{key}");
                self.add(
                    texts::of_text(Some(&key), text, false),
                    &data.object,
                    &data.pointer(&key[prefix.len()..]),
                    data.secret,
                );
                variables.insert(key, text.clone());
            }
        }
        for (index, item) in container.items("/env").enumerate() {
            let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
            let place = format!("{}/env/{index}", container.pointer);
            if let Some(text) = item.get("value").and_then(Value::as_str) {
                let text = expand(text, &variables, running, model);
                let place = running.evidence(&format!("{place}/value"), "");
                self.add(
                    texts::of_text(Some(name), &text, false),
                    &place.object,
                    &place.pointer,
                    false,
                );
                variables.insert(name.to_owned(), text);
            } else if let Some(from) = item.get("valueFrom")
                && let Some((kind, of)) = reference(from, "configMapKeyRef", "secretKeyRef", "name")
            {
                let field = if kind == "Secret" {
                    "secretKeyRef"
                } else {
                    "configMapKeyRef"
                };
                let key = from
                    .pointer(&format!("/{field}/key"))
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                match Data::of(model, kind, running, of) {
                    Some(data) => {
                        if let Some((_, text)) = data.entries.iter().find(|(found, _)| found == key)
                        {
                            self.add(
                                texts::of_text(Some(name), text, false),
                                &data.object,
                                &data.pointer(key),
                                data.secret,
                            );
                            variables.insert(name.to_owned(), text.clone());
                        }
                    }
                    None if may_hold_address(name, key) => self.hide(running, &place, kind, of),
                    None => {}
                }
            }
        }
        variables
    }

    fn command_lines(
        &mut self,
        running: &Running<'_>,
        container: &Container<'_>,
        variables: &Variables,
        model: &Model<'_>,
    ) {
        const LISTS: [&str; 8] = [
            "/command",
            "/args",
            "/livenessProbe/exec/command",
            "/readinessProbe/exec/command",
            "/startupProbe/exec/command",
            "/lifecycle/postStart/exec/command",
            "/lifecycle/preStop/exec/command",
            "/script",
        ];
        self.sources += 1;
        self.current = self.sources;
        let mut arguments: Vec<(String, String)> = Vec::new();
        for list in LISTS {
            let items: Vec<&Value> = match container.get(list) {
                Some(Value::Array(items)) => items.iter().collect(),
                Some(text) => vec![text],
                None => continue,
            };
            for (index, text) in items
                .iter()
                .enumerate()
                .filter_map(|(at, item)| Some((at, item.as_str()?)))
            {
                // The program itself.
                if index == 0 && list != "/args" && !text.contains(char::is_whitespace) {
                    continue;
                }
                let place = format!("{}{list}/{index}", container.pointer);
                arguments.push((place, expand(text, variables, running, model)));
            }
        }
        let words: Vec<String> = arguments.iter().map(|(_, text)| text.clone()).collect();
        for setting in texts::of_arguments(&words) {
            let exact = arguments.iter().find(|(_, text)| *text == setting.text);
            let place = exact.or_else(|| {
                arguments
                    .iter()
                    .find(|(_, text)| text.contains(&setting.text))
            });
            let place = place.map_or(container.pointer, |(place, _)| place.as_str());
            let place = running.evidence(place, "");
            self.add(vec![setting], &place.object, &place.pointer, false);
        }
    }

    fn volume(
        &mut self,
        running: &Running<'_>,
        volume: &Value,
        place: &str,
        variables: &Variables,
        model: &Model<'_>,
    ) {
        let projected = volume
            .pointer("/projected/sources")
            .and_then(Value::as_array);
        for source in std::iter::once(volume).chain(projected.into_iter().flatten()) {
            if source
                .pointer("/csi/driver")
                .is_some_and(|driver| driver == "secrets-store.csi.k8s.io")
            {
                self.hidden
                    .push(running.evidence(place, "it mounts settings from a store of secrets"));
            }
            let configuration = source.pointer("/configMap/name").and_then(Value::as_str);
            let secret = ["/secret/secretName", "/secret/name"]
                .iter()
                .find_map(|at| source.pointer(at)?.as_str());
            let (kind, name) = match (configuration, secret) {
                (Some(name), _) => ("ConfigMap", name),
                (None, Some(name)) => ("Secret", name),
                _ => continue,
            };
            let field = if kind == "Secret" {
                "/secret/items"
            } else {
                "/configMap/items"
            };
            let items: Vec<&Value> = source
                .pointer(field)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .collect();
            let Some(data) = Data::of(model, kind, running, name) else {
                let parts: Vec<&str> = items
                    .iter()
                    .flat_map(|item| [item["key"].as_str(), item["path"].as_str()])
                    .flatten()
                    .collect();
                if !holds_keys(kind, name, &parts) {
                    self.hide(running, place, kind, name);
                }
                continue;
            };
            for (key, text) in &data.entries {
                if items.is_empty() || items.iter().any(|item| item["key"] == key.as_str()) {
                    self.sources += 1;
                    self.current = self.sources;
                    let text = expand(text, variables, running, model);
                    self.add(
                        texts::of_text(None, &text, true),
                        &data.object,
                        &data.pointer(key),
                        data.secret,
                    );
                }
            }
        }
    }

    fn hide(&mut self, running: &Running<'_>, place: &str, kind: &str, name: &str) {
        let text = format!("{kind} {name} is not among these manifests and may hold an address");
        self.hidden.push(running.evidence(place, text));
    }
}

/// What a ConfigMap or a Secret holds.
struct Data {
    entries: Vec<(String, String)>,
    object: String,
    /// `/data` or `/stringData` for each entry is told by the kind; Secrets may have both.
    root: &'static str,
    secret: bool,
}

impl Data {
    fn of(
        model: &Model<'_>,
        kind: &'static str,
        running: &Running<'_>,
        name: &str,
    ) -> Option<Self> {
        let namespace = running.workload.namespace.clone();
        let value = model
            .settings
            .get(&(kind, namespace.clone(), name.to_owned()))?;
        let map = |field: &str| {
            value
                .get(field)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
        };
        let text =
            |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        let secret = kind == "Secret";
        let mut entries: Vec<(String, String)> = map("data").filter_map(text).collect();
        if secret {
            entries = entries
                .into_iter()
                .filter_map(|(key, text)| Some((key, decode(&text)?)))
                .collect();
            entries.extend(map("stringData").filter_map(text));
        }
        let namespace = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let root = if secret && value.get("data").is_none() {
            "/stringData"
        } else {
            "/data"
        };
        Some(Self {
            entries,
            object: crate::report::label(kind, namespace, Some(name)),
            root,
            secret,
        })
    }

    fn pointer(&self, key: &str) -> String {
        format!(
            "{}/{}",
            self.root,
            key.replace('~', "~0").replace('/', "~1")
        )
    }
}

fn reference<'v>(
    item: &'v Value,
    configuration: &str,
    secret: &str,
    name: &str,
) -> Option<(&'static str, &'v str)> {
    let of = |field: &str| item.get(field)?.get(name)?.as_str();
    of(configuration)
        .map(|name| ("ConfigMap", name))
        .or_else(|| of(secret).map(|name| ("Secret", name)))
}

/// Tells whether a value that is not seen may hold an address, by the names that it has.
fn may_hold_address(name: &str, key: &str) -> bool {
    const CREDENTIALS: [&str; 6] = ["AUTH", "JWT", "LICENSE", "SEED", "PASS", "CRED"];
    let meanings = [names::meaning(name), names::meaning(key)];
    if meanings.contains(&Meaning::Address) {
        return meanings[0] != Meaning::Other;
    }
    let credential = |name: &str| {
        looks_secret(name)
            || names::words(name)
                .iter()
                .any(|word| CREDENTIALS.contains(&word.as_str()))
    };
    !meanings.contains(&Meaning::Other) && !credential(name) && !credential(key)
}

/// Tells whether a volume holds keys and certificates only, by its names.
fn holds_keys(kind: &str, name: &str, items: &[&str]) -> bool {
    let names_key = |name: &str| {
        names::words(name)
            .iter()
            .any(|word| KEYS.contains(&word.as_str()))
    };
    if kind == "ConfigMap" {
        return names_key(name) || name == "kube-root-ca.crt";
    }
    names_key(name) || (!items.is_empty() && items.iter().all(|item| names_key(item)))
}

/// Puts the values of variables into a text: `$(X)` as the kubelet does, `${X}`, `${X:-default}` and `$X` as shells do.
/// What is not known becomes something that is no host.
fn expand(text: &str, variables: &Variables, running: &Running<'_>, model: &Model<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let close = match after.chars().next() {
            Some('(') => Some(')'),
            Some('{') => Some('}'),
            _ => None,
        };
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
        let (inner, used) = match close.and_then(|close| after.find(close)) {
            Some(end) => (&after[1..end], end + 1),
            None => {
                let end = after
                    .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        let (name, default) = inner.split_once(':').unwrap_or((inner, ""));
        if name.is_empty() || !name.chars().all(named) {
            out.push('$');
            rest = after;
            continue;
        }
        let known = variables
            .get(name)
            .cloned()
            .or_else(|| of_service(name, running, model));
        let default = default.trim_start_matches(['-', '=']);
        out.push_str(&known.unwrap_or_else(|| {
            if default.is_empty() {
                "__".to_owned()
            } else {
                default.to_owned()
            }
        }));
        rest = &after[used..];
    }
    out.push_str(rest);
    out
}

/// The variables that the kubelet sets for each Service: `REDIS_MASTER_SERVICE_HOST`.
fn of_service(variable: &str, running: &Running<'_>, model: &Model<'_>) -> Option<String> {
    let (stem, port) = match variable.strip_suffix("_SERVICE_HOST") {
        Some(stem) => (stem, false),
        None => (variable.strip_suffix("_SERVICE_PORT")?, true),
    };
    let services = model
        .services
        .iter()
        .filter(|service| service.namespace == running.workload.namespace);
    let mut named =
        services.filter(|service| service.name.to_ascii_uppercase().replace('-', "_") == stem);
    let service = named.next()?;
    if port {
        Some(service.ports.first()?.port.to_string())
    } else {
        Some(service.name.clone())
    }
}

/// Base64 (RFC 4648) that holds text.
fn decode(text: &str) -> Option<String> {
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_names() {
        assert_eq!(decode("cGc6NTQzMg==").as_deref(), Some("pg:5432"));
        assert!(
            may_hold_address("DATABASE_URL", "x")
                && may_hold_address("X", "url")
                && may_hold_address("CONFIG", "a")
        );
        assert!(
            !may_hold_address("DB_PASSWORD", "password")
                && !may_hold_address("CLIENT_ID", "DEMO_OAUTH_CLIENT_ID")
        );
        assert!(
            holds_keys("Secret", "jwt-key", &[]) && !holds_keys("Secret", "app", &["config.yaml"])
        );
    }
}
