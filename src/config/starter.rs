//! The text of a first configuration, with comments, that fits a repository.

use crate::survey::{Agent, Survey};
use crate::yaml::scalar;

/// By its first line editors complete the file and check it.
const HEAD: &str = concat!(
    "# yaml-language-server: $schema=",
    env!("CARGO_PKG_REPOSITORY"),
    "/raw/v",
    env!("CARGO_PKG_VERSION"),
    "/docs/schema.json\n",
    "\
# What kubetemper changes in the manifests below this folder. `kubetemper schema` tells all keys.
# Flags of the command line win over this file; the nearest file above a manifest counts, up to the git root.
apiVersion: kubetemper.dev/v1alpha1
kind: Hardening
metadata:
  name: kubetemper
  annotations:
    config.kubernetes.io/local-config: \"true\" # kustomize and kpt do not send it to a cluster
spec:
  # How much is asked: baseline, restricted, or strict. A profile runs its own transforms and those of the profiles
  # before it; more run when they are enabled below by name.
  profile: restricted

  # The riskiest change that is applied: none, low or high. Without it: low for `render`, else high.
  # maxRisk: low

  # Exit 1 when a workload ends below this level of the Pod Security Standards: baseline or restricted.
  # require: baseline

  # The oldest Kubernetes version that the manifests must work on.
  # target: \"1.34\"

  # Options of transforms, and whether they run; `kubetemper list` names all.
  # transforms:
  #   drop-capabilities: {enabled: false}
"
);

/// Writes a configuration for what was found in a repository.
#[must_use]
pub fn starter(survey: &Survey) -> String {
    let mut lines = vec![HEAD.to_owned()];
    lines.extend(exclude(survey));
    lines.extend(workloads(survey));
    lines.extend(overrides(survey));
    lines.join("\n") + "\n"
}

fn exclude(survey: &Survey) -> Vec<String> {
    let mut lines = vec![
        "  # Files that are not touched, as patterns of .gitignore relative to this folder."
            .to_owned(),
    ];
    if survey.vendored.is_empty() {
        lines.push("  # exclude: [vendor/]".to_owned());
    } else {
        lines.push("  exclude:".to_owned());
    }
    let pattern = |folder: &String| format!("  - {}", value(&format!("/{folder}/")));
    lines.extend(survey.vendored.iter().map(pattern));
    lines.push(String::new());
    lines
}

fn workloads(survey: &Survey) -> Vec<String> {
    let mut lines = vec![
        "  # Custom kinds that embed a pod, and where their pod template (metadata and spec) is."
            .to_owned(),
    ];
    if survey.workloads.is_empty() {
        lines.push("  # workloads:".to_owned());
        lines.push("  # - {kind: Worker.example.com, podTemplate: /spec/template}".to_owned());
    } else {
        lines.push(
            "  # These were found here. Keep those whose controllers pass a securityContext on to the pod.".to_owned(),
        );
        lines.push("  workloads:".to_owned());
    }
    for (kind, pointers) in &survey.workloads {
        let kind = value(kind);
        let entry = |pointer| format!("  - {{kind: {kind}, podTemplate: {}}}", value(pointer));
        lines.extend(pointers.iter().map(|pointer| entry(pointer)));
    }
    lines.push(String::new());
    lines
}

/// Exceptions are a decision: there is only an example, made from a node agent of the repository if it has one.
fn overrides(survey: &Survey) -> Vec<String> {
    let mut lines = vec![
        "  # Exceptions, each with its reason. A comment `# kubetemper: keep <transform>: <reason>` in the manifest"
            .to_owned(),
        "  # does the same for one place.".to_owned(),
    ];
    if !survey.system_namespaces.is_empty() {
        let names: Vec<_> = survey
            .system_namespaces
            .iter()
            .map(|name| value(name))
            .collect();
        lines.push(format!(
            "  # Workloads of these namespaces are parts of the cluster and left alone anyway: {}.",
            names.join(", ")
        ));
    }
    if !survey.agents.is_empty() {
        lines.push(format!(
            "  # Parts of the node are left alone anyway ({} here); an entry keeps --override away from them, too.",
            survey.agents.len()
        ));
    }
    let example = Agent {
        kind: "DaemonSet".to_owned(),
        namespace: Some("monitoring".to_owned()),
        name: "node-exporter".to_owned(),
        why: "it reads the counters of the node".to_owned(),
    };
    let agent = survey.agents.first().unwrap_or(&example);
    let namespace = agent
        .namespace
        .as_ref()
        .map_or_else(String::new, |name| format!(", namespace: {}", value(name)));
    let (kind, name, why) = (value(&agent.kind), value(&agent.name), value(&agent.why));
    lines.extend([
        "  # overrides:".to_owned(),
        format!("  # - match: {{kind: {kind}{namespace}, name: {name}}}"),
        "  #   skip: [\"*\"]".to_owned(),
        format!("  #   reason: {why}"),
    ]);
    lines
}

/// A text as YAML on one line, whatever a manifest calls its objects.
fn value(text: &str) -> String {
    if scalar::is_plain_safe(text) {
        text.to_owned()
    } else {
        scalar::double_quoted(text)
    }
}
