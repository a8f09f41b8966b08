//! A pod as the rules see it: read-only views over the value of an object.
//!
//! The place of a pod inside its object differs by kind (`workload.rs`); these views hide that, so a
//! transform and the Pod Security evaluation read `pod.get("/securityContext/runAsNonRoot")` everywhere.

use serde_json::Value;

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

/// One pod, or the template of one.
#[derive(Debug, Clone)]
pub struct Pod<'a> {
    /// The object that holds the pod-level fields; `Value::Null` where the kind has none.
    pub spec: &'a Value,
    /// JSON Pointer of `spec` within the document.
    pub pointer: &'a str,
    /// Metadata of the pod (labels, annotations), where the kind has it.
    pub metadata: Option<&'a Value>,
    /// Init containers, then containers, then ephemeral containers: the order of the API server's checks.
    pub containers: Vec<Container<'a>>,
    /// False where the kind takes security settings at container level only (Knative, Tekton steps).
    pub pod_level: bool,
}

impl Container<'_> {
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
                            && expression["values"] == serde_json::json!(["windows"])
                    })
                })
        };
        selected || terms.is_some_and(|terms| !terms.is_empty() && terms.iter().all(only_windows))
    }
}

fn present<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    value.pointer(pointer).filter(|value| !value.is_null())
}
