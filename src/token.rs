//! Whether a pod needs the token of its ServiceAccount.

use serde_json::Value;

use crate::change::Risk;
use crate::cluster::ServiceAccount;
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
        let named = |found: &&ServiceAccount| found.name == account;
        let accounts = || plan.cluster.service_accounts.iter().filter(named);
        let asks = accounts().any(|found| {
            found.automount == Some(true) && same(found.namespace.as_deref(), namespace)
        });
        // What says that the token is of no use must be about this very ServiceAccount. Every namespace has one
        // that is called `default`.
        let own: Vec<_> = accounts()
            .filter(|found| {
                let run = plan.settings.namespace.as_deref();
                let of = found.namespace.as_deref().or(run);
                of == namespace && (of.is_some() || account != "default")
            })
            .collect();
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
            is_off: !own.is_empty() && own.iter().all(|found| found.automount == Some(false)),
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

/// Tells whether two namespaces can be the same; one that is not written may be any.
fn same(one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one == other)
}

/// A binding that gives the ServiceAccount a role.
fn binding(account: &str, plan: &Plan<'_>) -> Option<String> {
    let namespace = plan.namespace();
    plan.cluster.subjects.iter().find_map(|subject| {
        let own = match subject.kind.as_str() {
            "ServiceAccount" => {
                subject.name == account && same(subject.namespace.as_deref(), namespace)
            }
            "User" => subject
                .name
                .strip_prefix("system:serviceaccount:")
                .and_then(|rest| rest.split_once(':'))
                .is_some_and(|(of, name)| name == account && same(Some(of), namespace)),
            _ => false,
        };
        let whom = match subject.name.as_str() {
            _ if own => format!("ServiceAccount {account}"),
            _ if subject.kind != "Group" => return None,
            "system:serviceaccounts" => "every ServiceAccount".to_owned(),
            "system:authenticated" => "everybody who has logged in".to_owned(),
            name => {
                let of = name.strip_prefix("system:serviceaccounts:")?;
                same(Some(of), namespace)
                    .then(|| format!("every ServiceAccount of namespace {of}"))?
            }
        };
        Some(format!("{} gives {whom} a role", subject.binding))
    })
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
        let said = |word: &&&str| texts.iter().any(|text| text.contains(**word));
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
    let namespace = plan.namespace();
    let called = &plan.cluster.called_services;
    // A repository has many Services, and few that the API server calls.
    let services = plan.cluster.services.iter();
    let services = services.take(if called.is_empty() { 0 } else { usize::MAX });
    let selecting = services.filter(|service| {
        called.iter().any(|called| called.name == service.name)
            && same(service.namespace.as_deref(), namespace)
            && service
                .selector
                .iter()
                .all(|(key, value)| pod.label(key) == Some(value))
    });
    selecting
        .flat_map(|service| {
            plan.cluster.called_services.iter().filter(|called| {
                called.name == service.name && same(called.namespace.as_deref(), namespace)
            })
        })
        .map(|called| format!("{} makes the API server call this pod", called.by))
        .next()
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
