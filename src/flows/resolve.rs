//! From an address to what it leads to.

use super::address::{Form, Found};
use super::model::{Model, Service};
use super::names::{self, Meaning};
use super::service::of_service;
use super::settings::Entry;
use super::{End, Port};

/// How deep names that stand for names are followed.
const MAX_ALIASES: usize = 4;

/// Last labels of domains of the internet. What ends in another one may be a namespace.
const TOP_LEVEL: [&str; 24] = [
    "com", "net", "org", "io", "dev", "app", "cloud", "co", "ai", "gov", "edu", "de", "eu", "uk",
    "us", "fr", "nl", "ch", "in", "jp", "cn", "sh", "me", "info",
];

/// What an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lead {
    pub(super) to: End,
    pub(super) service: Option<usize>,
    /// `None` means all.
    pub(super) ports: Option<Vec<Port>>,
    /// What was made of an address that leads to nothing here.
    pub(super) unmatched: Option<String>,
}

/// What came of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is none.
    Nothing,
    Leads(Vec<Lead>),
    /// A host whose port is not known.
    NoPort,
}

impl Lead {
    pub(super) fn new(to: End, ports: Option<Vec<Port>>) -> Self {
        Self {
            to,
            service: None,
            ports,
            unmatched: None,
        }
    }

    pub(super) fn unmatched(to: End, treated: &str) -> Self {
        Self {
            unmatched: Some(treated.to_owned()),
            ..Self::new(to, None)
        }
    }
}

/// Where a name points within the cluster: a namespace and a Service, or nothing.
pub(super) enum Name<'h> {
    /// The Service is there.
    Service(usize),
    /// `name.namespace.svc…`: the Service is not there.
    InCluster(&'h str),
    /// One label that is no Service.
    Bare,
    /// Another name with dots.
    Domain,
}

/// Follows an address of a workload. `beside` is the port in a setting beside it.
pub(super) fn resolve(
    model: &Model<'_>,
    namespace: &str,
    entry: &Entry,
    found: &Found,
    beside: Option<u16>,
) -> Outcome {
    let key = entry.setting.key.as_deref();
    let meaning = key.map_or(Meaning::Unsure, names::meaning);
    let port = found.port.or(beside);
    if found.is_local() {
        return Outcome::Nothing;
    }
    if let Some(ip) = found.ip() {
        let by_address = |service: &Service<'_>| {
            service
                .value
                .pointer("/spec/clusterIP")
                .and_then(serde_json::Value::as_str)
                == Some(&found.host)
        };
        if let Some(service) = model.services.iter().position(by_address) {
            return Outcome::Leads(of_service(model, service, port, found.default, MAX_ALIASES));
        }
        if found.form == Form::Dotted && meaning != Meaning::Address && !is_whole(entry, found) {
            return Outcome::Nothing;
        }
        let single = if ip.is_ipv4() { 32 } else { 128 };
        // `10.0.0.0/8` is a block as it is written.
        let written = entry.setting.text.split_once(&format!("{}/", found.host));
        let written = written.and_then(|(_, rest)| {
            rest.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse::<u8>()
                .ok()
        });
        let length = written.filter(|length| *length <= single).unwrap_or(single);
        let ports = found.ports(port);
        return Outcome::Leads(vec![Lead::new(End::Block(format!("{ip}/{length}")), ports)]);
    }
    if is_api_server(&found.host) {
        return if found.form == Form::Word && meaning != Meaning::Address {
            Outcome::Nothing
        } else {
            Outcome::Leads(vec![Lead::new(
                End::ApiServer,
                Some(vec![Port::tcp(443), Port::tcp(6443)]),
            )])
        };
    }
    let whole = is_whole(entry, found);
    let expected = match found.form {
        Form::Url | Form::HostPort => true,
        Form::Dotted => {
            whole
                || entry.setting.words
                || meaning == Meaning::Address
                || found.host.contains(".svc")
        }
        Form::Word => match meaning {
            Meaning::Address => whole || entry.setting.words,
            Meaning::Unsure => (whole && key.is_some()) || entry.setting.words,
            Meaning::Other => false,
        },
    };
    if !expected {
        return Outcome::Nothing;
    }
    let name = place(model, namespace, &found.host);
    if !matches!(name, Name::Service(_))
        && let Some(index) = governed(model, namespace, &found.host)
    {
        let ports = found.ports(port);
        return Outcome::Leads(vec![Lead::new(End::Workload(index), ports)]);
    }
    match name {
        Name::Service(service) => {
            let mut leads = of_service(model, service, port, found.default, MAX_ALIASES);
            // Objects without a namespace may end up in the one that is named, or beside it.
            if let Some(named) = named_namespace(&found.host)
                && model.services[service].namespace.is_empty()
            {
                leads.push(Lead::new(End::Namespace(named.to_owned()), None));
            }
            Outcome::Leads(leads)
        }
        Name::InCluster(named) => {
            let treated = format!("any pod of namespace {named} is allowed");
            Outcome::Leads(vec![Lead::unmatched(
                End::Namespace(named.to_owned()),
                &treated,
            )])
        }
        Name::Bare => bare(namespace, entry, found, meaning, whole),
        Name::Domain => domain(found, port, meaning, whole),
    }
}

fn bare(namespace: &str, entry: &Entry, found: &Found, meaning: Meaning, whole: bool) -> Outcome {
    const NO_HOSTS: [&str; 12] = [
        "true", "false", "yes", "no", "none", "null", "auto", "stdout", "stderr", "default",
        "disabled", "enabled",
    ];
    let named = entry.setting.key.as_deref().is_some_and(names::is_host);
    let is_word = found.host.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !NO_HOSTS.contains(&found.host.as_str());
    let is_host = match found.form {
        Form::Url => true,
        Form::HostPort => meaning == Meaning::Address,
        Form::Word | Form::Dotted => named && whole,
    };
    if !is_host || !is_word {
        return Outcome::Nothing;
    }
    let treated = "any pod of the own namespace is allowed";
    Outcome::Leads(vec![Lead::unmatched(
        End::Namespace(namespace.to_owned()),
        treated,
    )])
}

fn domain(found: &Found, port: Option<u16>, meaning: Meaning, whole: bool) -> Outcome {
    const FILES: [&str; 16] = [
        "yaml",
        "yml",
        "json",
        "conf",
        "cfg",
        "ini",
        "toml",
        "properties",
        "xml",
        "sh",
        "py",
        "js",
        "jar",
        "log",
        "txt",
        "sock",
    ];
    let last = found.host.rsplit('.').next().unwrap_or_default();
    let is_domain = last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_host = match found.form {
        Form::Url => true,
        Form::HostPort => is_domain && !FILES.contains(&last),
        Form::Dotted | Form::Word => {
            is_domain && whole && meaning == Meaning::Address && !FILES.contains(&last)
        }
    };
    if !is_host {
        return Outcome::Nothing;
    }
    let Some(ports) = found.ports(port) else {
        return Outcome::NoPort;
    };
    let mut leads = vec![Lead::new(End::Host(found.host.clone()), Some(ports))];
    // `redis.cache` is a Service of another namespace more probably than a host of the internet.
    if let Some((_, namespace)) = found.host.split_once('.')
        && !namespace.contains('.')
        && !TOP_LEVEL.contains(&namespace)
    {
        let treated = format!("any pod of namespace {namespace} is allowed");
        leads.push(Lead::unmatched(
            End::Namespace(namespace.to_owned()),
            &treated,
        ));
    }
    Outcome::Leads(leads)
}

/// Tells whether the value is this address, or a list of such.
fn is_whole(entry: &Entry, found: &Found) -> bool {
    entry.parts_with(&found.host).any(|part| {
        let mut chars = part[found.host.len()..].chars();
        let first = chars.next();
        first.is_none_or(|c| c == '/')
            || first == Some(':') && chars.next().is_some_and(|c| c.is_ascii_digit())
    })
}

fn is_api_server(host: &str) -> bool {
    host == "kubernetes"
        || host == "kubernetes.default"
        || host.starts_with("kubernetes.default.svc")
}

/// The StatefulSet whose headless Service has a name, where the Service itself is not among the manifests: `pg`,
/// `pg-0.pg`, `pg.shop`.
fn governed(model: &Model<'_>, own: &str, host: &str) -> Option<usize> {
    let labels: Vec<&str> = host
        .split('.')
        .take_while(|label| *label != "svc")
        .collect();
    model.running.iter().position(|running| {
        let Some(name) = running.service_name.as_deref() else {
            return false;
        };
        let of = running.workload.namespace.as_str();
        let at = labels.iter().position(|label| *label == name);
        at.is_some_and(|at| match labels[at + 1..] {
            [] => of == own && at <= 1,
            [namespace] => of == namespace && at <= 1,
            _ => false,
        })
    })
}

/// The namespace in `name.namespace.svc…`.
pub(super) fn named_namespace(host: &str) -> Option<&str> {
    let labels: Vec<&str> = host.split('.').collect();
    let svc = labels
        .iter()
        .position(|label| *label == "svc")
        .filter(|at| *at >= 2)?;
    labels.get(svc - 1).copied()
}

pub(super) fn place<'h>(model: &Model<'_>, own: &str, host: &'h str) -> Name<'h> {
    let labels: Vec<&str> = host.split('.').collect();
    let named = named_namespace(host);
    let parts = match named {
        Some(_) => {
            &labels[..labels
                .iter()
                .position(|label| *label == "svc")
                .unwrap_or(labels.len())]
        }
        None => &labels[..],
    };
    let service = |namespace: &str, name: &str| model.service(namespace, name);
    let found = match *parts {
        [name] => service(own, name),
        // `svc.ns`, or a pod of a headless Service: `pg-0.pg`.
        [name, namespace] => service(namespace, name).or_else(|| match named {
            None => service(own, namespace),
            Some(_) => service("", name),
        }),
        [_, name, namespace] => {
            service(namespace, name).or_else(|| named.and_then(|_| service("", name)))
        }
        _ => None,
    };
    match (found, named) {
        (Some(service), _) => Name::Service(service),
        (None, Some(namespace)) => Name::InCluster(namespace),
        (None, None) if parts.len() == 1 => Name::Bare,
        (None, None) => Name::Domain,
    }
}
