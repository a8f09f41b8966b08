//! The configuration: the keys of `kubetemper.yaml`.
//!
//! The doc comments here are the documentation: `tests/configuration.rs` writes `docs/configuration.md` and
//! `docs/schema.json` from them. Flags win over the file, the file over the defaults.

mod file;
mod schema;
mod starter;
mod values;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use file::{Error, File};
pub use schema::schema;
pub use starter::starter;
pub use values::{CustomKind, Glob, Pointer, Selector, Target, TransformId};

use crate::change::Risk;
use crate::images::Facts;
use crate::settings::{Demand, Exception, Guards, Profile, Settings};
use crate::workload::CustomWorkload;

/// The name of the configuration's file.
pub const FILE_NAME: &str = "kubetemper.yaml";

/// What a repository wants of kubetemper: the one object in a file `kubetemper.yaml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Hardening {
    /// The version of this format.
    #[schemars(example = ApiVersion::NAME)]
    pub api_version: ApiVersion,
    /// Says that this is a configuration of kubetemper.
    #[schemars(example = &"Hardening")]
    pub kind: Kind,
    /// What the tools of the Kubernetes Resource Model want to know of every object; kubetemper itself does not look
    /// at it. The annotation of the example keeps kustomize and kpt from sending the object to a cluster.
    #[schemars(example = serde_json::json!({
        "name": "kubetemper",
        "annotations": {"config.kubernetes.io/local-config": "true"},
    }))]
    pub metadata: Option<Metadata>,
    /// What is wanted.
    #[schemars(extend("default" = {}))]
    pub spec: Option<Spec>,
}

/// The version of this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// The only one so far.
    #[serde(rename = "kubetemper.dev/v1alpha1")]
    V1Alpha1,
}

impl ApiVersion {
    /// As it is written.
    pub const NAME: &str = "kubetemper.dev/v1alpha1";
}

/// Says that this is a configuration of kubetemper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Kind {
    /// The only one.
    Hardening,
}

/// What the tools of the Kubernetes Resource Model want to know of every object.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The object's name.
    #[schemars(example = &"kubetemper")]
    pub name: Option<String>,
    /// The object's namespace; without meaning here.
    #[schemars(example = &"default")]
    pub namespace: Option<String>,
    /// Labels.
    #[serde(default)]
    #[schemars(example = serde_json::json!({"team": "platform"}))]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(default)]
    #[schemars(example = serde_json::json!({"config.kubernetes.io/local-config": "true"}))]
    pub annotations: BTreeMap<String, String>,
}

/// What is wanted.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Spec {
    /// How much is asked of a manifest: a profile runs its own transforms and those of the profiles before it in this
    /// list. `--profile` wins over it.
    #[schemars(extend("default" = "restricted"), example = &"strict")]
    pub profile: Option<Profile>,
    /// The riskiest change that is applied. Without it `render`, whose result nobody reads before it reaches a
    /// cluster, applies changes up to risk `low`, and every other command up to `high`; with it all commands apply the
    /// same. `--max-risk` wins over it.
    #[schemars(example = &"low")]
    pub max_risk: Option<Risk>,
    /// Every workload must end at this level of the Pod Security Standards, else the exit status is 1 and `render`
    /// prints nothing. `--require` wins over it.
    #[schemars(example = &"baseline")]
    pub require: Option<Demand>,
    /// The namespaces that get guards: Pod Security labels, a quota, default limits, a ServiceAccount `default` without a
    /// token. `declared` are those whose Namespace object is among the manifests, beside a workload that runs there;
    /// `all` are all in which a workload runs. What Helm renders is not a whole namespace: there it is `none` unless
    /// something else is given. `default` and the namespaces of the cluster itself never get guards. `--guards` wins
    /// over it.
    #[schemars(extend("default" = "declared"), example = &"all")]
    pub guards: Option<Guards>,
    /// The namespace of objects that name none. `--namespace` wins over it.
    #[schemars(example = &"shop")]
    pub namespace: Option<String>,
    /// The name of the Helm release: the names of new objects begin with it, so that two releases in one namespace do
    /// not fight over them. `--release` wins over it.
    #[serde(default, deserialize_with = "values::release")]
    #[schemars(example = &"shop")]
    pub release: Option<String>,
    /// The oldest Kubernetes version that the output must work on, in quotes: YAML takes `1.30` for the number 1.3.
    /// `--target` wins over it.
    #[schemars(extend("default" = "1.34"), example = &"1.31")]
    pub target: Option<Target>,
    /// Files that are not touched, as patterns of `.gitignore`, relative to the folder of this file. They also hold
    /// for files that are named on the command line, as a pre-commit hook does. What `render` prints replaces what it
    /// read: it prints excluded files as they are.
    #[serde(default)]
    #[schemars(extend("default" = []), example = serde_json::json!(["vendor/", "*.generated.yaml", "!vendor/ours/"]))]
    pub exclude: Vec<Glob>,
    /// Only these transforms run; all when empty. Transforms that are not enabled below do not run all the same.
    /// `--only` replaces it.
    #[serde(default)]
    #[schemars(extend("default" = []), example = serde_json::json!(["drop-capabilities"]))]
    pub only: Vec<TransformId>,
    /// Whether a transform runs, and its options, by its id.
    #[serde(default)]
    #[schemars(
        schema_with = "schema::transforms",
        example = serde_json::json!({"drop-capabilities": {"enabled": false}})
    )]
    pub transforms: BTreeMap<TransformId, TransformEntry>,
    /// Custom kinds that embed a pod, where kubetemper does not know the kind. `kubetemper init` proposes them.
    #[serde(default)]
    #[schemars(extend("default" = []), example = serde_json::json!(
        [{"kind": "Worker.example.com", "podTemplate": "/spec/template"}]
    ))]
    pub workloads: Vec<Workload>,
    /// What is known of images, before what the program knows; `kubetemper images` shows both. `--images` and
    /// `--image-config` win over it.
    #[serde(default)]
    #[schemars(extend("default" = []), example = serde_json::json!(
        [{"image": "registry.example.com/shop/*", "user": 1001, "nonRoot": {"user": 1001, "group": 1001}}]
    ))]
    pub images: Vec<Facts>,
    /// Exceptions: objects or containers that some transforms leave alone, or treat with other options.
    ///
    /// One that matches no object of the files below this file's folder is a warning, and an error with
    /// `--strict-config`. It is given when that folder or one above it is named on the command line and all files in
    /// it could be read: else nobody can tell.
    #[serde(default)]
    #[schemars(extend("default" = []), example = serde_json::json!([{
        "match": {"kind": "DaemonSet", "namespace": "monitoring", "labels": {"app": "node-exporter"}},
        "skip": ["drop-capabilities"],
        "reason": "reads the counters of the node",
    }]))]
    pub overrides: Vec<Override>,
}

/// Whether a transform runs, and its options.
#[derive(Debug, Clone, Deserialize)]
pub struct TransformEntry {
    /// Whether it runs at all; without it the profile decides. `true` also runs one that the profile does not ask
    /// for.
    pub enabled: Option<bool>,
    /// Its own options.
    #[serde(flatten)]
    pub options: Map<String, Value>,
}

/// A custom kind that embeds a pod.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Workload {
    /// The kind, a full stop, and its API group.
    #[schemars(example = &"Worker.example.com")]
    pub kind: CustomKind,
    /// JSON Pointer of the pod template (what holds `metadata` and `spec` of the pod) in an object of that kind;
    /// `*` stands for every index of a list or every key of a mapping.
    #[schemars(example = &"/spec/pools/*/template")]
    pub pod_template: Pointer,
}

/// An exception: objects or containers that some transforms leave alone, or treat with other options.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The objects or containers that it is about; every condition that is given must hold.
    #[serde(rename = "match")]
    #[schemars(example = serde_json::json!({"kind": "Deployment", "name": "legacy-*"}))]
    pub applies_to: Match,
    /// The transforms that leave them alone, or `*` for all.
    #[serde(default)]
    #[schemars(extend("default" = []), example = serde_json::json!(["run-as-non-root"]))]
    pub skip: Vec<Selector>,
    /// Options for them, by the id of the transform. They win over those of `spec.transforms`, and those of a later
    /// override over those of an earlier one.
    #[serde(default)]
    #[schemars(
        schema_with = "schema::options",
        example = serde_json::json!({"default-resources": {"memoryLimit": "2Gi"}})
    )]
    pub transforms: BTreeMap<TransformId, Map<String, Value>>,
    /// Why; shown with every change that is held back.
    #[schemars(example = &"binds port 80; see OPS-1423")]
    pub reason: String,
}

/// The objects or containers that an override is about. At least one condition must be given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// `Kind`, or `Kind.group`; `*` stands for any characters, here and below.
    #[schemars(example = &"Rollout.argoproj.io")]
    pub kind: Option<String>,
    /// `metadata.name`.
    #[schemars(example = &"legacy-*")]
    pub name: Option<String>,
    /// `metadata.namespace`; for an object without one the namespace of the run.
    #[schemars(example = &"kube-system")]
    pub namespace: Option<String>,
    /// Labels of the object or of its pods, all of them.
    #[serde(default)]
    #[schemars(example = serde_json::json!({"app.kubernetes.io/name": "node-exporter"}))]
    pub labels: BTreeMap<String, String>,
    /// The name of a container; without it the whole object is meant.
    #[schemars(example = &"istio-proxy")]
    pub container: Option<String>,
}

impl Match {
    fn is_empty(&self) -> bool {
        let given = [&self.kind, &self.name, &self.namespace, &self.container];
        given.iter().all(|condition| condition.is_none()) && self.labels.is_empty()
    }
}

impl Spec {
    /// Puts what is given here in the place of what `settings` says.
    pub fn apply(&self, settings: &mut Settings) {
        settings.profile = self.profile.unwrap_or(settings.profile);
        settings.max_risk = self.max_risk.unwrap_or(settings.max_risk);
        settings.require = self.require.map(Into::into).or(settings.require);
        settings.guards = self.guards.or(settings.guards);
        settings.target = self.target.map_or(settings.target, |target| target.0);
        if self.namespace.is_some() {
            settings.namespace.clone_from(&self.namespace);
        }
        if self.release.is_some() {
            settings.release.clone_from(&self.release);
        }
        settings.only = self.only.iter().map(ToString::to_string).collect();
        for (id, entry) in &self.transforms {
            match entry.enabled {
                Some(true) => settings.enabled.push(id.to_string()),
                Some(false) => settings.skip.push(id.to_string()),
                None => {}
            }
            if !entry.options.is_empty() {
                let options = Value::Object(entry.options.clone());
                settings.options.insert(id.to_string(), options);
            }
        }
        settings.workloads = self.workloads.iter().map(CustomWorkload::from).collect();
        settings.exceptions = self.overrides.iter().map(Exception::from).collect();
    }
}

impl From<&Workload> for CustomWorkload {
    fn from(workload: &Workload) -> Self {
        Self {
            kind: workload.kind.kind.clone(),
            group: workload.kind.group.clone(),
            pod_template: workload.pod_template.0.clone(),
        }
    }
}

impl From<&Override> for Exception {
    fn from(exception: &Override) -> Self {
        let applies_to = &exception.applies_to;
        Self {
            kind: applies_to.kind.clone(),
            name: applies_to.name.clone(),
            namespace: applies_to.namespace.clone(),
            labels: applies_to.labels.clone(),
            container: applies_to.container.clone(),
            skip: exception.skip.iter().map(|id| id.0.clone()).collect(),
            options: exception
                .transforms
                .iter()
                .map(|(id, options)| (id.to_string(), Value::Object(options.clone())))
                .collect(),
            reason: exception.reason.clone(),
        }
    }
}
