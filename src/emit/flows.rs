//! The connectivity of groups: a table for people, JSON, Mermaid and Graphviz.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::style::plain;
use crate::flows::{End, Evidence, Flow, Flows, Port};

/// The flows of one group.
#[derive(Debug)]
pub struct GroupFlows {
    /// The group, for people: a kustomization, a folder, a stream.
    pub name: String,
    /// Why what is deployed may differ, if it may.
    pub altered: Option<String>,
    /// Its flows.
    pub flows: Flows,
}

fn ports(ports: Option<&[Port]>) -> String {
    let Some(ports) = ports else {
        return "any port".to_owned();
    };
    let port = |port: &Port| {
        let protocol = if port.protocol == "TCP" {
            String::new()
        } else {
            format!("/{}", port.protocol)
        };
        format!("{}{protocol}", port.number)
    };
    ports.iter().map(port).collect::<Vec<_>>().join(", ")
}

fn because(evidence: &[Evidence]) -> String {
    let Some(first) = evidence.first() else {
        return String::new();
    };
    let more = match evidence.len() {
        1 => String::new(),
        count => format!(" (+{})", count - 1),
    };
    format!("{} {}: {}{more}", first.object, first.pointer, first.text)
}

/// The flows that belong to the group itself.
fn own(flows: &Flows) -> impl Iterator<Item = &Flow> {
    let of_group =
        |end: &End| matches!(end, End::Workload(index) if !flows.workloads[*index].context);
    flows
        .flows
        .iter()
        .filter(move |flow| of_group(&flow.from) || of_group(&flow.to))
}

/// The flows as a table, and what is not known.
#[must_use]
pub fn flows_human(groups: &[GroupFlows]) -> String {
    let mut text = String::new();
    for group in groups {
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "{}", plain(&group.name));
        if let Some(why) = &group.altered {
            let _ = writeln!(
                text,
                "  note: {}, so what is deployed may differ",
                plain(why)
            );
        }
        table(&group.flows, &mut text);
        rest(&group.flows, &mut text);
    }
    text
}

fn table(flows: &Flows, text: &mut String) {
    let row = |flow: &Flow| {
        let mut to = flows.end(&flow.to);
        if let Some(service) = &flow.service {
            let _ = write!(to, " by Service {service}");
        }
        let from = flows.end(&flow.from);
        let from = if flow.possible {
            format!("{from} (perhaps)")
        } else {
            from
        };
        [
            from,
            to,
            ports(flow.ports.as_deref()),
            because(&flow.evidence),
        ]
    };
    let row = |flow: &Flow| row(flow).map(|cell| plain(&cell));
    let mut rows: Vec<[String; 4]> = own(flows).map(row).collect();
    // Several variants of one object in a folder say the same.
    rows.dedup();
    let head = ["FROM", "TO", "PORTS", "BECAUSE"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows
            .iter()
            .chain([&head])
            .map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    if rows.is_empty() {
        text.push_str("  no flows\n");
        return;
    }
    for [from, to, ports, why] in std::iter::once(&head).chain(&rows) {
        let _ = writeln!(
            text,
            "  {from:0$}  {to:1$}  {ports:2$}  {why}",
            widths[0], widths[1], widths[2]
        );
    }
}

fn rest(flows: &Flows, text: &mut String) {
    let own = |workload: &&crate::flows::Workload| !workload.context;
    let open: Vec<_> = flows
        .workloads
        .iter()
        .filter(own)
        .filter(|it| !it.open.is_empty())
        .collect();
    if !open.is_empty() {
        text.push_str("  destinations not known, egress stays open:\n");
        for workload in open {
            let (label, why) = (workload.label(), because(&workload.open));
            let why = why.strip_prefix(&format!("{label} ")).unwrap_or(&why);
            let _ = writeln!(text, "    {}", plain(&format!("{label}: {why}")));
        }
    }
    if !flows.unmatched.is_empty() {
        text.push_str("  addresses that match nothing here:\n");
        for unmatched in &flows.unmatched {
            let (object, pointer) = (&unmatched.evidence.object, &unmatched.evidence.pointer);
            let line = format!(
                "{} in {object} {pointer}: {}",
                unmatched.address, unmatched.treated
            );
            let _ = writeln!(text, "    {}", plain(&line));
        }
    }
    let on_node: Vec<String> = flows
        .workloads
        .iter()
        .filter(own)
        .filter(|it| it.host_network)
        .map(crate::flows::Workload::label)
        .collect();
    if !on_node.is_empty() {
        let _ = writeln!(
            text,
            "  on the network of the node, where no policy applies: {}",
            plain(&on_node.join(", "))
        );
    }
    for note in &flows.notes {
        let _ = writeln!(text, "  note: {}", plain(note));
    }
}

/// The flows as JSON.
#[must_use]
pub fn flows_json(groups: &[GroupFlows]) -> Value {
    let groups: Vec<Value> = groups.iter().map(group_json).collect();
    json!({"version": 1, "groups": groups})
}

fn group_json(group: &GroupFlows) -> Value {
    let flows = &group.flows;
    let evidence = |evidence: &Evidence| json!({"object": evidence.object, "pointer": evidence.pointer, "text": evidence.text});
    let list = |all: &[Evidence]| all.iter().map(evidence).collect::<Vec<_>>();
    let workloads = flows.workloads.iter().map(|workload| {
        json!({
            "workload": workload.label(),
            "kind": workload.kind,
            "namespace": workload.namespace,
            "name": workload.name,
            "hostNetwork": workload.host_network,
            "context": workload.context,
            "openEgress": list(&workload.open),
        })
    });
    let end = |end: &End| {
        let kind = match end {
            End::Workload(_) => "workload",
            End::Anyone(_) => "anyone",
            End::ApiServer => "apiServer",
            End::Namespace(_) => "namespace",
            End::Host(_) => "host",
            End::Block(_) => "block",
        };
        json!({"kind": kind, "name": flows.end(end)})
    };
    let of_flow = |flow: &Flow| {
        let port = |port: &Port| json!({"port": port.number, "protocol": port.protocol});
        let ports = flow
            .ports
            .as_ref()
            .map(|ports| ports.iter().map(port).collect::<Vec<_>>());
        json!({
            "from": end(&flow.from),
            "to": end(&flow.to),
            "service": flow.service,
            "ports": ports,
            "possible": flow.possible,
            "evidence": list(&flow.evidence),
        })
    };
    let unmatched = flows.unmatched.iter().map(|unmatched| {
        json!({
            "workload": flows.workloads[unmatched.workload].label(),
            "address": unmatched.address,
            "treated": unmatched.treated,
            "evidence": evidence(&unmatched.evidence),
        })
    });
    json!({
        "group": group.name,
        "altered": group.altered,
        "workloads": workloads.collect::<Vec<_>>(),
        "flows": own(flows).map(of_flow).collect::<Vec<_>>(),
        "unmatched": unmatched.collect::<Vec<_>>(),
        "notes": flows.notes,
    })
}

/// A graph: nodes by namespace, and edges with their words.
struct Graph {
    /// Identifier and words of each node, by namespace; outside ones have none.
    nodes: BTreeMap<Option<String>, Vec<(String, String)>>,
    /// From, to, words, and whether it is only possible.
    edges: Vec<(String, String, String, bool)>,
}

impl Graph {
    fn of(group: usize, flows: &Flows) -> Self {
        let mut graph = Self {
            nodes: BTreeMap::new(),
            edges: Vec::new(),
        };
        let mut seen: BTreeSet<End> = BTreeSet::new();
        let mut outside: Vec<End> = Vec::new();
        let mut node =
            |end: &End, nodes: &mut BTreeMap<Option<String>, Vec<(String, String)>>| -> String {
                let id = match end {
                    End::Workload(index) => format!("g{group}w{index}"),
                    other => {
                        let at = outside
                            .iter()
                            .position(|known| known == other)
                            .unwrap_or_else(|| {
                                outside.push(other.clone());
                                outside.len() - 1
                            });
                        format!("g{group}x{at}")
                    }
                };
                if seen.insert(end.clone()) {
                    let (namespace, words) = match end {
                        End::Workload(index) => {
                            let workload = &flows.workloads[*index];
                            let open = if workload.open.is_empty() {
                                ""
                            } else {
                                " (egress open)"
                            };
                            (
                                Some(workload.namespace.clone()),
                                format!("{}/{}{open}", workload.kind, workload.name),
                            )
                        }
                        other => (None, flows.end(other)),
                    };
                    nodes
                        .entry(namespace)
                        .or_default()
                        .push((id.clone(), words));
                }
                id
            };
        for (index, _) in flows
            .workloads
            .iter()
            .enumerate()
            .filter(|(_, workload)| !workload.context)
        {
            node(&End::Workload(index), &mut graph.nodes);
        }
        for flow in own(flows) {
            let (from, to) = (
                node(&flow.from, &mut graph.nodes),
                node(&flow.to, &mut graph.nodes),
            );
            graph
                .edges
                .push((from, to, ports(flow.ports.as_deref()), flow.possible));
        }
        graph
    }
}

/// What a label cannot hold.
fn quoted(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    plain(&text).replace('\\', "/").replace('"', "'")
}

/// How a language for graphs writes things; texts are quoted already.
struct Language {
    comment: &'static str,
    /// The beginning of a namespace, from the numbers of its group and its own, and its name.
    open: fn(usize, usize, &str) -> String,
    close: &'static str,
    /// A node, from its id and its words.
    node: fn(&str, &str) -> String,
    /// An edge: from, to, words, and whether it is only possible.
    edge: fn(&str, &str, &str, bool) -> String,
}

fn drawn(groups: &[GroupFlows], language: &Language) -> String {
    let mut text = String::new();
    for (at, group) in groups.iter().enumerate() {
        let graph = Graph::of(at, &group.flows);
        let _ = writeln!(text, "  {} {}", language.comment, quoted(&group.name));
        for (number, (namespace, nodes)) in graph.nodes.iter().enumerate() {
            let indent = if namespace.is_some() { "    " } else { "  " };
            if let Some(namespace) = namespace {
                let name = if namespace.is_empty() {
                    "no namespace"
                } else {
                    namespace
                };
                let _ = writeln!(text, "  {}", (language.open)(at, number, &quoted(name)));
            }
            for (id, words) in nodes {
                let _ = writeln!(text, "{indent}{}", (language.node)(id, &quoted(words)));
            }
            if namespace.is_some() {
                let _ = writeln!(text, "  {}", language.close);
            }
        }
        for (from, to, words, possible) in &graph.edges {
            let _ = writeln!(text, "  {}", (language.edge)(from, to, words, *possible));
        }
    }
    text
}

/// The flows as a Mermaid flowchart.
#[must_use]
pub fn flows_mermaid(groups: &[GroupFlows]) -> String {
    let language = Language {
        comment: "%%",
        open: |group, number, name| format!("subgraph g{group}n{number}[\"{name}\"]"),
        close: "end",
        node: |id, words| format!("{id}[\"{words}\"]"),
        edge: |from, to, words, possible| {
            let arrow = if possible { "-.->" } else { "-->" };
            format!("{from} {arrow}|\"{words}\"| {to}")
        },
    };
    format!("flowchart LR\n{}", drawn(groups, &language))
}

/// The flows as a Graphviz graph.
#[must_use]
pub fn flows_graphviz(groups: &[GroupFlows]) -> String {
    let language = Language {
        comment: "//",
        open: |group, number, name| {
            format!("subgraph cluster_g{group}n{number} {{\n    label=\"{name}\";")
        },
        close: "}",
        node: |id, words| format!("{id} [label=\"{words}\"];"),
        edge: |from, to, words, possible| {
            let style = if possible { ", style=dashed" } else { "" };
            format!("{from} -> {to} [label=\"{words}\"{style}];")
        },
    };
    let drawn = drawn(groups, &language);
    format!("digraph flows {{\n  rankdir=LR;\n  node [shape=box];\n{drawn}}}\n")
}
