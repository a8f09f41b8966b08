//! The inference: every flow that the objects of a group imply.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Model;
use super::program::{token, unknown_image};
use super::resolve::{self, Lead, Outcome};
use super::settings::Settings;
use super::together::Ports;
use super::{End, Evidence, Flow, Flows, Known, Object, Port, Unmatched};

/// Words of settings of programs that learn their destinations from the API server.
const DISCOVERY: [&str; 3] = [
    "kubernetes_sd_configs",
    "kubernetes_sd_config",
    "dns_sd_configs",
];

/// What tells a flow from another: who, to whom, by which Service, and whether it is seen.
pub(super) type Key = (End, End, Option<String>, bool);

/// Flows while they are collected.
pub(super) struct Inference<'m, 'o> {
    pub(super) model: &'m Model<'o>,
    known: Known<'m>,
    pub(super) flows: BTreeMap<Key, (Option<BTreeSet<Port>>, BTreeSet<Evidence>)>,
    unmatched: Vec<Unmatched>,
    /// What is in `unmatched`: the workload, the address, and where it stands.
    listed: BTreeSet<(usize, String, Evidence)>,
    notes: BTreeSet<String>,
    pub(super) open: Vec<Vec<Evidence>>,
    /// Services that a workload is seen to call.
    pub(super) called: BTreeSet<usize>,
}

/// Infers the flows of the objects of one group.
#[must_use]
pub fn infer(objects: &[Object<'_>], known: Known<'_>) -> Flows {
    let model = Model::of(objects, known);
    let mut inference = Inference {
        model: &model,
        known,
        flows: BTreeMap::new(),
        unmatched: Vec::new(),
        listed: BTreeSet::new(),
        notes: BTreeSet::new(),
        open: vec![Vec::new(); model.running.len()],
        called: BTreeSet::new(),
    };
    for index in 0..model.running.len() {
        inference.calls(index);
        if !model.running[index].workload.context {
            inference.token(index);
            inference.peers(index);
        }
    }
    inference.exposures();
    inference.callers_unknown();
    inference.possible();
    inference.oddities();
    inference.finish()
}

impl Inference<'_, '_> {
    /// Adds a flow, to what is known of it already.
    pub(super) fn flow(
        &mut self,
        from: End,
        to: End,
        service: Option<String>,
        ports: Option<Vec<Port>>,
        evidence: Evidence,
    ) {
        self.add((from, to, service, false), ports, evidence);
    }

    pub(super) fn note(&mut self, text: String) {
        self.notes.insert(text);
    }

    pub(super) fn add(&mut self, key: Key, ports: Option<Vec<Port>>, evidence: Evidence) {
        let entry = self
            .flows
            .entry(key)
            .or_insert_with(|| (Some(BTreeSet::new()), BTreeSet::new()));
        match ports {
            Some(ports) => entry
                .0
                .iter_mut()
                .for_each(|all| all.extend(ports.iter().cloned())),
            None => entry.0 = None,
        }
        entry.1.insert(evidence);
    }

    /// What the settings of a workload say.
    fn calls(&mut self, index: usize) {
        let running = &self.model.running[index];
        let settings = Settings::of(running, self.model);
        let mut known = false;
        let ports = Ports::of(&settings.entries);
        for (at, entry) in settings.entries.iter().enumerate() {
            if DISCOVERY.iter().any(|word| {
                entry.setting.text.contains(word) || entry.setting.key.as_deref() == Some(word)
            }) {
                let evidence = Evidence {
                    text: "destinations are discovered at run time".to_owned(),
                    ..entry.evidence.clone()
                };
                self.open[index].push(evidence);
            }
            let mut beside = None;
            for found in super::address::scan(&entry.setting.text) {
                let beside = *beside.get_or_insert_with(|| ports.beside(at));
                let namespace = &running.workload.namespace;
                match resolve::resolve(self.model, namespace, entry, &found, beside) {
                    Outcome::Nothing => {}
                    Outcome::NoPort => {
                        known = true;
                        let text = format!("the port of {} is not written", found.host);
                        self.open[index].push(Evidence {
                            text,
                            ..entry.evidence.clone()
                        });
                    }
                    Outcome::Leads(leads) => {
                        let word = found.form == super::address::Form::Word;
                        for lead in leads {
                            known |= self.lead(index, lead, &found.shown(), word, &entry.evidence);
                        }
                    }
                }
            }
        }
        self.open[index].extend(settings.hidden);
        if !known && self.open[index].is_empty() {
            self.open[index].extend(unknown_image(running, self.known.images));
        }
    }

    /// Adds where an address leads. False for a word that is only the workload's own name.
    fn lead(
        &mut self,
        from: usize,
        lead: Lead,
        address: &str,
        word: bool,
        evidence: &Evidence,
    ) -> bool {
        if lead.to == End::Workload(from) && word {
            return false;
        }
        if let Some(treated) = lead.unmatched {
            let address = address.to_owned();
            let unmatched = Unmatched {
                workload: from,
                address,
                treated,
                evidence: evidence.clone(),
            };
            let key = (from, unmatched.address.clone(), evidence.clone());
            if !self.model.running[from].workload.context && self.listed.insert(key) {
                self.unmatched.push(unmatched);
            }
        }
        let service = lead
            .service
            .map(|service| self.model.services[service].name.clone());
        if lead.to != End::Workload(from) {
            self.called.extend(lead.service);
        }
        self.flow(
            End::Workload(from),
            lead.to,
            service,
            lead.ports,
            evidence.clone(),
        );
        true
    }

    /// A workload that keeps a token may call the API server.
    fn token(&mut self, index: usize) {
        let running = &self.model.running[index];
        if let Some(evidence) = token(running, self.model) {
            let ports = Some(vec![Port::tcp(443), Port::tcp(6443)]);
            self.flow(End::Workload(index), End::ApiServer, None, ports, evidence);
        }
    }

    /// Pods behind a headless Service know each other by name, and talk on ports that no object tells.
    fn peers(&mut self, index: usize) {
        let running = &self.model.running[index];
        let headless = self
            .model
            .services
            .iter()
            .find(|service| service.headless && service.selects(running));
        let evidence = match (headless, &running.service_name) {
            (Some(service), _) => Evidence {
                object: service.label(),
                pointer: "/spec/clusterIP".to_owned(),
                text: "headless: its pods are peers".to_owned(),
            },
            (None, Some(name))
                if self
                    .model
                    .service(&running.workload.namespace, name)
                    .is_none() =>
            {
                let place = format!("{}/spec/serviceName", running.object.pointer);
                running.evidence(
                    &place,
                    format!("Service {name} is not among these manifests: its pods may be peers"),
                )
            }
            _ => return,
        };
        let service = headless.map(|service| service.name.clone());
        self.flow(
            End::Workload(index),
            End::Workload(index),
            service,
            None,
            evidence,
        );
    }

    fn finish(self) -> Flows {
        let flow = |((from, to, service, possible), (ports, evidence)): (
            Key,
            (Option<BTreeSet<Port>>, BTreeSet<Evidence>),
        )| Flow {
            from,
            to,
            service,
            possible,
            ports: ports.map(|ports| ports.into_iter().collect()),
            evidence: evidence.into_iter().collect(),
        };
        let mut workloads: Vec<_> = self
            .model
            .running
            .iter()
            .map(|running| running.workload.clone())
            .collect();
        for (workload, mut open) in workloads.iter_mut().zip(self.open) {
            open.sort();
            open.dedup();
            workload.open = open;
        }
        Flows {
            workloads,
            flows: self.flows.into_iter().map(flow).collect(),
            unmatched: self.unmatched,
            notes: self.notes.into_iter().collect(),
        }
    }
}
