//! The settings of a workload, with where they stand; and what it reads that these manifests do not show.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::Evidence;
use super::data::{Data, holds_keys, may_hold_address, reference};
use super::expand::{Variables, expand};
use super::model::{Model, Running};
use super::texts::{self, Setting};
use crate::pod::Container;
use crate::secrets::{looks_secret, says_secret};

/// What stands in the place of a value that must not be shown.
const MASK: &str = "***";

/// A setting of a workload.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) setting: Setting,
    pub(super) evidence: Evidence,
    /// Settings of one source can belong together: a host and its port.
    pub(super) source: usize,
    /// What the value is if it is a list: its parts in lower case, sorted.
    parts: OnceCell<Vec<String>>,
}

impl Entry {
    /// The parts of the value, taken as a list, that begin with a text.
    pub(super) fn parts_with(&self, prefix: &str) -> impl Iterator<Item = &str> {
        let parts = self.parts.get_or_init(|| {
            let between = |c: char| c.is_whitespace() || ",;\"'[]".contains(c);
            let parts = self.setting.text.split(between);
            let parts = parts.map(|part| part.trim_end_matches('.').to_ascii_lowercase());
            let parts: BTreeSet<String> = parts.filter(|part| !part.is_empty()).collect();
            parts.into_iter().collect()
        });
        let first = parts.partition_point(|part| part.as_str() < prefix);
        let parts = parts[first..].iter().map(String::as_str);
        parts.take_while(move |part| part.starts_with(prefix))
    }
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
                parts: OnceCell::new(),
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
