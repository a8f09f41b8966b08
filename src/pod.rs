//! A pod as the rules see it: read-only views over the value of an object.
//!
//! The place of a pod inside its object differs by kind (`workload.rs`); these views hide that, so a
//! transform and the Pod Security evaluation read `pod.get("/securityContext/runAsNonRoot")` everywhere.

use serde_json::{Value, json};

use crate::pointer::At;
use crate::workload::Shape;

/// Where a container stands in its pod (Kubernetes API, core/v1 `PodSpec`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerKind {
    /// `containers[]`.
    App,
    /// `initContainers[]` that run to completion.
    Init,
    /// `initContainers[]` with `restartPolicy: Always`.
    Sidecar,
    /// `ephemeralContainers[]`: exist on live pods only and cannot be changed there.
    Ephemeral,
}

/// One container of a pod.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// The container's own object.
    pub value: &'a Value,
    /// JSON Pointer of the container within the document.
    pub pointer: &'a str,
    /// Where it stands.
    pub kind: ContainerKind,
}

/// The metadata of a pod.
#[derive(Debug, Clone, Copy)]
pub struct Metadata<'a> {
    /// The metadata's own object.
    pub value: &'a Value,
    /// JSON Pointer of the metadata within the document.
    pub pointer: &'a str,
}

/// One pod, or the template of one.
#[derive(Debug, Clone)]
pub struct Pod<'a> {
    /// The object that holds the pod-level fields; `Value::Null` where the kind has none.
    pub spec: &'a Value,
    /// JSON Pointer of `spec` within the document.
    pub pointer: &'a str,
    /// Metadata of the pod (labels, annotations), where the kind has it.
    pub metadata: Option<Metadata<'a>>,
    /// Init containers, then containers, then ephemeral containers: the order of the API server's checks.
    pub containers: Vec<Container<'a>>,
    /// False where the kind takes security settings at container level only (Knative, Tekton steps).
    pub pod_level: bool,
    /// How much of a pod it is: only to a full one may containers, volumes and mounts be added.
    pub shape: Shape,
}

impl Container<'_> {
    /// The first of some programs that the container's command, arguments or image name as a word.
    #[must_use]
    pub fn runs(&self, programs: &[&'static str]) -> Option<&'static str> {
        let lists = ["/command", "/args"]
            .into_iter()
            .filter_map(|list| self.get(list)?.as_array());
        let image = self.get("/image").and_then(Value::as_str);
        let texts = lists.flatten().filter_map(Value::as_str).chain(image);
        let words: Vec<&str> = texts
            .flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '-')))
            .collect();
        programs
            .iter()
            .copied()
            .find(|program| words.contains(program))
    }

    /// The container's name; empty where the kind lets it be absent.
    #[must_use]
    pub fn name(&self) -> &str {
        self.value
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The value at a JSON Pointer below the container; `None` when absent or null.
    #[must_use]
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        present(self.value, pointer)
    }

    /// Tells whether the boolean at a pointer is set and true.
    #[must_use]
    pub fn is_true(&self, pointer: &str) -> bool {
        self.get(pointer) == Some(&Value::Bool(true))
    }

    /// The items of the list at a pointer; none when it is absent.
    pub fn items(&self, pointer: &str) -> impl Iterator<Item = &Value> {
        items(self.value, pointer)
    }

    /// Every text that tells what the container runs: command, arguments, environment, probes and hooks.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        const PLACES: [&str; 9] = [
            "/command",
            "/args",
            "/source",
            "/script",
            "/env",
            "/lifecycle",
            "/livenessProbe",
            "/readinessProbe",
            "/startupProbe",
        ];
        let mut texts = Vec::new();
        for place in PLACES {
            if let Some(value) = self.get(place) {
                collect(value, &mut texts);
            }
        }
        texts
    }
}

impl<'a> Metadata<'a> {
    /// The value at a JSON Pointer below the metadata; `None` when absent or null.
    #[must_use]
    pub fn get(&self, pointer: &str) -> Option<&'a Value> {
        present(self.value, pointer)
    }

    /// JSON Pointer of an annotation below the metadata.
    #[must_use]
    pub fn annotation_pointer(key: &str) -> String {
        let key = key.replace('~', "~0").replace('/', "~1");
        format!("/annotations/{key}")
    }

    /// The annotations whose values are strings, by key.
    pub fn annotations(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let entries = self.get("/annotations").and_then(Value::as_object);
        let entries = entries.into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }
}

/// The profile that the value of a seccomp or AppArmor annotation asks for.
#[must_use]
pub fn annotated_profile(text: &str) -> Option<Value> {
    Some(match text {
        "runtime/default" | "docker/default" => json!({"type": "RuntimeDefault"}),
        "unconfined" => json!({"type": "Unconfined"}),
        _ => json!({"type": "Localhost", "localhostProfile": text.strip_prefix("localhost/")?}),
    })
}

impl Pod<'_> {
    /// The value at a JSON Pointer below the pod spec; `None` when absent or null.
    #[must_use]
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        present(self.spec, pointer)
    }

    /// Tells whether the boolean at a pointer is set and true.
    #[must_use]
    pub fn is_true(&self, pointer: &str) -> bool {
        self.get(pointer) == Some(&Value::Bool(true))
    }

    /// The items of the list at a pointer below the pod spec; none when it is absent.
    pub fn items(&self, pointer: &str) -> impl Iterator<Item = &Value> {
        items(self.spec, pointer)
    }

    /// The container of a name.
    #[must_use]
    pub fn container(&self, name: &str) -> Option<&Container<'_>> {
        let mut containers = self.containers.iter();
        containers.find(|container| container.name() == name)
    }

    /// An annotation of the pod.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata?.get("/annotations")?.get(key)?.as_str()
    }

    /// A label of the pod.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.metadata?.get("/labels")?.get(key)?.as_str()
    }

    /// The labels of the pod, each with its value.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let labels = self.metadata.and_then(|metadata| metadata.get("/labels"));
        let labels = labels.and_then(Value::as_object).into_iter().flatten();
        labels.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }

    /// The value of a `securityContext` field for a container: its own, else the pod's.
    ///
    /// Only for the fields that exist at both levels (`runAsUser`, `runAsGroup`, `runAsNonRoot`,
    /// `seLinuxOptions`, `seccompProfile`, `appArmorProfile`).
    #[must_use]
    pub fn effective<'s>(&'s self, container: &'s Container<'_>, field: &str) -> Option<&'s Value> {
        let own = |value: &'s Value| {
            value
                .get("securityContext")
                .and_then(|context| context.get(field))
                .filter(|value| !value.is_null())
        };
        own(container.value).or_else(|| own(self.spec))
    }

    /// Tells whether the pod runs on Windows: by `os.name`, or pinned there by `nodeSelector` or required
    /// node affinity (kubernetes.io/os).
    #[must_use]
    pub fn is_windows(&self) -> bool {
        const LABELS: [&str; 2] = ["kubernetes.io/os", "beta.kubernetes.io/os"];
        if let Some(os) = self.get("/os/name") {
            return os == "windows";
        }
        let selected = self.get("/nodeSelector").is_some_and(|selector| {
            LABELS
                .iter()
                .any(|label| selector.get(label).is_some_and(|os| os == "windows"))
        });
        let terms = self
            .get("/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms")
            .and_then(Value::as_array);
        let only_windows = |term: &Value| {
            term.get("matchExpressions")
                .and_then(Value::as_array)
                .is_some_and(|expressions| {
                    expressions.iter().any(|expression| {
                        LABELS.iter().any(|label| expression["key"] == *label)
                            && expression["operator"] == "In"
                            && expression["values"] == json!(["windows"])
                    })
                })
        };
        selected || terms.is_some_and(|terms| !terms.is_empty() && terms.iter().all(only_windows))
    }
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let list = value.at(pointer).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn collect<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}

pub(crate) fn present<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    value.at(pointer).filter(|value| !value.is_null())
}
