//! From flows to NetworkPolicies: everything is denied but DNS and the flows.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{End, Flow, Flows, Port, Workload};

/// The label that the API server sets on every namespace.
const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// How long a name may be: it is also taken for the value of a label.
const NAME_LENGTH: usize = 63;

/// Where the DNS of the cluster answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Dns {
    /// In the pods of kube-dns or CoreDNS in kube-system.
    #[default]
    KubeDns,
    /// There, and in NodeLocal DNSCache on every node.
    NodeLocal,
    /// Anywhere on port 53.
    Any,
}

/// How policies are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Where the DNS answers.
    pub dns: Dns,
    /// Workloads whose destinations are not known get only those that are.
    pub deny_egress: bool,
}

/// A NetworkPolicy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// `metadata.name`.
    pub name: String,
    /// The whole object.
    pub value: Value,
    /// What the parts of the object come from: JSON Pointers of rules and peers, with a line each.
    pub comments: Vec<(String, String)>,
}

/// The policies of a namespace.
#[derive(Debug, Clone, PartialEq)]
pub enum Policies {
    /// All of them, in a fixed order.
    Made(Vec<Policy>),
    /// Why a default deny would break something that no policy can except.
    Held(String),
}

/// The policies that deny everything in a namespace but DNS and the flows.
#[must_use]
pub fn policies(flows: &Flows, namespace: &str, options: Options) -> Policies {
    let own =
        |workload: &&(usize, &Workload)| workload.1.namespace == namespace && !workload.1.context;
    let all: Vec<(usize, &Workload)> = flows.workloads.iter().enumerate().collect();
    let workloads: Vec<(usize, &Workload)> = all.iter().filter(own).copied().collect();
    let lost = workloads
        .iter()
        .find(|(_, workload)| workload.selector.is_none() && !workload.host_network);
    if let Some((_, workload)) = lost {
        let label = workload.label();
        return Policies::Held(format!(
            "no labels of the pods of {label} are written here, so no policy can admit them"
        ));
    }
    let mut made = vec![default_deny(namespace), allow_dns(namespace, options.dns)];
    let names = names(&workloads);
    for ((index, workload), name) in workloads.iter().zip(names) {
        if !workload.host_network {
            made.push(allow(flows, *index, name, options));
        }
    }
    Policies::Made(made)
}

fn object(name: &str, namespace: &str, spec: &Value) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), json!(name));
    if !namespace.is_empty() {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec})
}

pub(super) fn default_deny(namespace: &str) -> Policy {
    let name = "default-deny";
    let spec = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
    Policy {
        name: name.to_owned(),
        value: object(name, namespace, &spec),
        comments: Vec::new(),
    }
}

fn allow_dns(namespace: &str, dns: Dns) -> Policy {
    let name = "allow-dns";
    let ports = json!([{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]);
    let pods = json!({
        "namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    });
    let rule = match dns {
        Dns::KubeDns => json!({"to": [pods], "ports": ports}),
        Dns::NodeLocal => {
            json!({"to": [pods, {"ipBlock": {"cidr": "169.254.20.10/32"}}], "ports": ports})
        }
        Dns::Any => json!({"ports": ports}),
    };
    let spec = json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]});
    Policy {
        name: name.to_owned(),
        value: object(name, namespace, &spec),
        comments: Vec::new(),
    }
}

/// Names of the policies, one for each workload. The kind is a part of each: a name must not change because another
/// object comes or goes.
fn names(workloads: &[(usize, &Workload)]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let name = |(_, workload): &(usize, &Workload)| {
        let wanted = format!("allow-{}-{}", workload.kind, workload.name).to_ascii_lowercase();
        let fits = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        };
        let wanted: String = wanted.chars().map(fits).collect();
        let wanted = wanted.trim_end_matches('-');
        let mut name = if wanted.len() <= NAME_LENGTH {
            wanted.to_owned()
        } else {
            let hash = format!("{:08x}", fingerprint(wanted));
            format!("{}-{hash}", wanted[..NAME_LENGTH - 9].trim_end_matches('-'))
        };
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            let end = format!("-{number}");
            let stem: String = wanted.chars().take(NAME_LENGTH - end.len()).collect();
            name = format!("{stem}{end}");
        }
        name
    };
    workloads.iter().map(name).collect()
}

/// FNV-1a, 32 bits: the same on every machine and in every version.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Rules by their ports, so that peers with the same ports share one; `None` as a peer is anybody.
#[derive(Default)]
struct Rules(BTreeMap<Option<Vec<Port>>, Vec<Peer>>);

/// A peer with its evidence; `None` is anybody.
type Peer = (Option<Value>, String);

impl Rules {
    fn add(&mut self, ports: Option<Vec<Port>>, peer: Option<Value>, why: String) {
        let peers = self.0.entry(ports).or_default();
        match peers.iter_mut().find(|(own, _)| *own == peer) {
            Some((_, known)) if known.contains(&why) => {}
            Some((_, known)) => {
                known.push_str("; ");
                known.push_str(&why);
            }
            None => peers.push((peer, why)),
        }
    }

    /// The rules, with comments on them and on their peers.
    fn print(
        self,
        direction: &str,
        side: &str,
        comments: &mut Vec<(String, String)>,
    ) -> Vec<Value> {
        let mut rules = Vec::new();
        for (ports, mut peers) in self.0 {
            // Kustomize and Helm reorder objects: the order of the input must not show.
            peers.sort_by_cached_key(|(peer, why)| {
                (peer.as_ref().map(Value::to_string), why.clone())
            });
            let (anybody, peers): (Vec<_>, Vec<_>) =
                peers.into_iter().partition(|(peer, _)| peer.is_none());
            for (is_open, peers) in [(true, anybody), (false, peers)] {
                if peers.is_empty() {
                    continue;
                }
                let place = format!("/spec/{direction}/{}", rules.len());
                let mut rule = Map::new();
                if is_open {
                    let why: Vec<String> = peers.into_iter().map(|(_, why)| why).collect();
                    comments.push((place, why.join("; ")));
                } else {
                    let mut list = Vec::new();
                    for (index, (peer, why)) in peers.into_iter().enumerate() {
                        comments.push((format!("{place}/{side}/{index}"), why));
                        list.extend(peer);
                    }
                    rule.insert(side.to_owned(), Value::Array(list));
                }
                if let Some(ports) = &ports {
                    let port =
                        |port: &Port| json!({"protocol": port.protocol, "port": port.number});
                    rule.insert("ports".to_owned(), ports.iter().map(port).collect());
                }
                rules.push(Value::Object(rule));
            }
        }
        rules
    }
}

fn allow(flows: &Flows, index: usize, name: String, options: Options) -> Policy {
    let workload = &flows.workloads[index];
    let (mut ingress, mut egress) = (Rules::default(), Rules::default());
    for flow in &flows.flows {
        if flow.to == End::Workload(index) {
            let ports = flow.ports.clone();
            ingress.add(
                ports,
                peer(flows, workload, &flow.from),
                why(flows, flow, &flow.from),
            );
        }
        // An address that leads to nothing here may be any pod's: a Service may be missing from the manifests.
        if matches!(&flow.to, End::Namespace(namespace) if *namespace == workload.namespace)
            && flow.from != End::Workload(index)
        {
            ingress.add(
                flow.ports.clone(),
                peer(flows, workload, &flow.from),
                format!(
                    "{}; its address leads to no Service here",
                    why(flows, flow, &flow.from)
                ),
            );
        }
        // A caller whose destinations are open needs no rule for those that are only possible.
        if flow.from == End::Workload(index) && !flow.possible {
            let ports = flow.ports.clone();
            egress.add(
                ports,
                peer(flows, workload, &flow.to),
                why(flows, flow, &flow.to),
            );
        }
    }
    if let Some(servers) = &workload.foreign_dns {
        let ports = Some(vec![
            Port {
                number: 53,
                protocol: "TCP".to_owned(),
            },
            Port {
                number: 53,
                protocol: "UDP".to_owned(),
            },
        ]);
        egress.add(
            ports,
            None,
            format!("DNS outside the cluster: {}", servers.join(", ")),
        );
    }
    let mut comments = Vec::new();
    let ingress = ingress.print("ingress", "from", &mut comments);
    let egress = if workload.open.is_empty() || options.deny_egress {
        egress.print("egress", "to", &mut comments)
    } else {
        let reasons: Vec<&str> = workload
            .open
            .iter()
            .map(|evidence| evidence.text.as_str())
            .collect();
        comments.push((
            "/spec/egress/0".to_owned(),
            format!("any destination: {}", reasons.join("; ")),
        ));
        vec![json!({})]
    };
    let mut spec = Map::new();
    spec.insert(
        "podSelector".to_owned(),
        workload.selector.clone().unwrap_or_else(|| json!({})),
    );
    spec.insert("policyTypes".to_owned(), json!(["Ingress", "Egress"]));
    for (direction, rules) in [("ingress", ingress), ("egress", egress)] {
        if !rules.is_empty() {
            spec.insert(direction.to_owned(), Value::Array(rules));
        }
    }
    let value = object(&name, &workload.namespace, &Value::Object(spec));
    Policy {
        name,
        value,
        comments,
    }
}

/// The peer of a rule for a side of a flow; `None` is anybody.
fn peer(flows: &Flows, own: &Workload, end: &End) -> Option<Value> {
    let of_namespace = |namespace: &str| json!({"matchLabels": {NAMESPACE_LABEL: namespace}});
    match end {
        End::Workload(index) => {
            let workload = &flows.workloads[*index];
            // Pods on the network of the node are seen under the address of the node.
            let selector = workload
                .selector
                .clone()
                .filter(|_| !workload.host_network)?;
            if workload.namespace == own.namespace {
                Some(json!({"podSelector": selector}))
            } else if workload.namespace.is_empty() {
                Some(json!({"namespaceSelector": {}, "podSelector": selector}))
            } else {
                Some(
                    json!({"namespaceSelector": of_namespace(&workload.namespace), "podSelector": selector}),
                )
            }
        }
        End::Namespace(namespace) if *namespace == own.namespace => {
            Some(json!({"podSelector": {}}))
        }
        End::Namespace(namespace) if namespace.is_empty() => Some(json!({"namespaceSelector": {}})),
        End::Namespace(namespace) => Some(json!({"namespaceSelector": of_namespace(namespace)})),
        End::Block(cidr) => Some(json!({"ipBlock": {"cidr": cidr}})),
        End::Anyone(_) | End::ApiServer | End::Host(_) => None,
    }
}

/// The evidence of a flow in one line.
fn why(flows: &Flows, flow: &Flow, end: &End) -> String {
    let who = flows.end(end);
    let Some(first) = flow.evidence.first() else {
        return who;
    };
    if flow.possible {
        return format!("{who}, perhaps: its destinations are not known");
    }
    let more = match flow.evidence.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    format!("{who}: {} {}{more}", first.object, first.pointer)
}

impl Flows {
    /// A side of a flow in words.
    #[must_use]
    pub fn end(&self, end: &End) -> String {
        match end {
            End::Workload(index) => self.workloads[*index].label(),
            End::Anyone(caller) => caller.words().to_owned(),
            End::ApiServer => "API server".to_owned(),
            End::Namespace(namespace) if namespace.is_empty() => {
                "any pod of the namespace".to_owned()
            }
            End::Namespace(namespace) => format!("namespace {namespace}"),
            End::Host(host) => host.clone(),
            End::Block(cidr) => cidr.clone(),
        }
    }
}
