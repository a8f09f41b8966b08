//! Whether a pod needs the token of its ServiceAccount.

use serde_json::Value;

use crate::change::Risk;
use crate::cluster::Selector;
use crate::image::Image;
use crate::plan::Plan;
use crate::pod::{Container, Pod};
use crate::workload::Shape;

/// Where the kubelet mounts the token.
const MOUNT: &str = "secrets/kubernetes.io/serviceaccount";

/// Words in what a container runs that only a client of the API server has.
const WORDS: [&str; 8] = [
    "kubectl",
    "leader-elect",
    "--in-cluster",
    "--kubeconfig",
    "--election-id",
    "KUBERNETES_SERVICE_HOST",
    "KUBE_PING",
    MOUNT,
];

/// Last parts of the paths of images that call the API server; `*` is any text.
const IMAGES: [&str; 26] = [
    "*-operator",
    "*-controller*",
    "kube-*",
    "kubectl",
    "k8s-sidecar",
    "prometheus",
    "promtail",
    "fluent*",
    "vector",
    "external-dns",
    "external-secrets",
    "cert-manager*",
    "ingress*",
    "nginx-ingress",
    "traefik",
    "argocd*",
    "argo-rollouts",
    "flux*",
    "velero",
    "keda*",
    "karpenter",
    "metrics-server",
    "cluster-autoscaler*",
    "descheduler",
    "jenkins",
    "reloader",
];

/// Groups of kinds whose controllers run the pod as it is written.
const PLAIN: [&str; 7] = [
    "",
    "apps",
    "batch",
    "extensions",
    "apps.openshift.io",
    "argoproj.io",
    "apps.kruise.io",
];

/// What the manifests say of a pod's token.
#[derive(Debug)]
pub struct Token {
    /// The ServiceAccount mounts none, unless the pod asks for it.
    pub is_off: bool,
    /// What tells that the pod uses it; a sentence without a full stop.
    pub evidence: Option<String>,
    /// How likely the pod uses it although nothing tells so.
    pub risk: Risk,
    /// Why.
    pub reason: String,
}

impl Token {
    /// Looks at a pod and at the objects that point to it or to its ServiceAccount.
    #[must_use]
    pub fn of(pod: &Pod<'_>, plan: &Plan<'_>) -> Self {
        let account = account(pod);
        let namespace = plan.namespace();
        let accounts = &plan.cluster.service_accounts;
        let asks = accounts
            .may_be_in(account, namespace)
            .any(|found| found.asks);
        // What says that the token is of no use must be about this very ServiceAccount. Every namespace has one
        // that is called `default`.
        let is_one = namespace.is_some() || account != "default";
        let run = plan.settings.namespace.as_deref();
        let own = accounts.are_in(account, namespace, run);
        let own: Vec<_> = own.filter(|_| is_one).collect();
        let evidence = asks
            .then(|| format!("ServiceAccount {account} sets automountServiceAccountToken: true"))
            .or_else(|| binding(account, plan))
            .or_else(|| program(pod))
            .or_else(|| image(pod, plan))
            .or_else(|| caller(pod, plan))
            .or_else(|| operator(pod, plan));
        let (risk, reason) = match &evidence {
            Some(_) => (
                Risk::High,
                "a program that calls the API server cannot log in without the token".to_owned(),
            ),
            None => unseen(account, !own.is_empty(), plan),
        };
        Self {
            is_off: !own.is_empty() && own.iter().all(|found| !found.mounts),
            evidence,
            risk,
            reason,
        }
    }
}

/// The name of the pod's ServiceAccount; the API mirrors the old field to the new one.
fn account<'p>(pod: &'p Pod<'_>) -> &'p str {
    ["/serviceAccountName", "/serviceAccount"]
        .iter()
        .filter_map(|field| pod.get(field)?.as_str())
        .find(|name| !name.is_empty())
        .unwrap_or("default")
}

/// A binding that gives the ServiceAccount a role, by itself or with others.
fn binding(account: &str, plan: &Plan<'_>) -> Option<String> {
    let grants = |name| plan.cluster.grants.may_be_in(name, plan.namespace());
    let mut found = grants(account).chain(grants(""));
    found.find_map(|grant| grant.0.clone())
}

/// Something in the pod itself that uses the token.
fn program(pod: &Pod<'_>) -> Option<String> {
    if pod.annotation("vault.hashicorp.com/agent-inject") == Some("true") {
        return Some("the injector of the Vault agent copies the mount of the token".to_owned());
    }
    pod.containers.iter().find_map(|container| {
        let name = container.name();
        let mounts = |mount: &Value| {
            let path = mount["mountPath"].as_str();
            path.is_some_and(|path| path.contains(MOUNT))
        };
        if container.items("/volumeMounts").any(mounts) {
            return Some(format!("container {name} mounts {MOUNT}"));
        }
        let texts = container.texts();
        let said = |word: &&&str| {
            let word = word.as_bytes();
            let mut texts = texts.iter().map(|text| text.as_bytes());
            texts.any(|text| memchr::memmem::find(text, word).is_some())
        };
        if let Some(word) = WORDS.iter().find(said) {
            return Some(format!("container {name} runs with `{word}`"));
        }
        let image = client(container)?;
        Some(format!("image {image} calls the API server"))
    })
}

/// An image that is known to call the API server.
fn image(pod: &Pod<'_>, plan: &Plan<'_>) -> Option<String> {
    pod.containers.iter().find_map(|container| {
        let known = plan.image(container)?;
        let image = container.get("/image")?.as_str()?;
        let says = || format!("image {image} calls the API server ({})", known.says());
        known.facts.needs_api.then(says)
    })
}

fn client<'c>(container: &'c Container<'_>) -> Option<&'c str> {
    let image = Image::parse(container.get("/image")?.as_str()?)?.basename();
    let known = |pattern: &&str| crate::exempt::matches(pattern, image);
    IMAGES.iter().any(known).then_some(image)
}

/// A webhook or an aggregated API that the pod serves: the API server calls it, and it calls back.
fn caller(pod: &Pod<'_>, plan: &Plan<'_>) -> Option<String> {
    let (cluster, namespace) = (plan.cluster, plan.namespace());
    // A repository has many Services, and few that the API server calls.
    if cluster.called_services.is_empty() {
        return None;
    }
    let selecting = pod.labels().flat_map(|(key, value)| {
        let first = format!("{key}={value}");
        cluster.services.may_be_in(&first, namespace)
    });
    let is_selected = |selector: &Selector| {
        let mut labels = selector.iter();
        labels.all(|(key, value)| pod.label(key) == Some(value))
    };
    let services = selecting.flat_map(|services| &services.0);
    let services = services.filter(|(_, selectors)| selectors.iter().any(is_selected));
    let mut called =
        services.flat_map(|(name, _)| cluster.called_services.may_be_in(name, namespace));
    let by = called.find_map(|called| called.0.as_ref())?;
    Some(format!("{by} makes the API server call this pod"))
}

/// Containers that an operator adds are not seen.
fn operator(pod: &Pod<'_>, plan: &Plan<'_>) -> Option<String> {
    let kind = &plan.identity.kind;
    (pod.shape == Shape::Merge)
        .then(|| format!("the operator of {kind} adds containers that may call the API server"))
}

/// How likely the token is used where nothing tells so.
fn unseen(account: &str, visible: bool, plan: &Plan<'_>) -> (Risk, String) {
    let kind = &plan.identity.kind;
    if !PLAIN.contains(&plan.identity.group()) {
        return (
            Risk::High,
            format!(
                "the controller of {kind} may run programs in the pod that call the API server"
            ),
        );
    }
    if account == "default" {
        return (
            Risk::Low,
            "nothing gives ServiceAccount default a role, so its token opens little that a program could miss"
                .to_owned(),
        );
    }
    if plan.cluster.complete && visible {
        return (
            Risk::Low,
            format!("no binding in these manifests gives ServiceAccount {account} a role"),
        );
    }
    (
        Risk::High,
        format!("a binding outside these manifests may give ServiceAccount {account} a role"),
    )
}
