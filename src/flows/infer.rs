//! The inference: every flow that the objects of a group imply.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::{Model, Running};
use super::resolve::{self, Lead, Outcome, ports_of};
use super::settings::Settings;
use super::{Caller, End, Evidence, Flow, Flows, Known, Object, Port, Unmatched};
use crate::image::Image;

/// Last parts of the paths of images whose programs call nobody unless they are told whom.
const QUIET_IMAGES: [&str; 16] = [
    "redis",
    "valkey",
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "mongo",
    "mongodb",
    "memcached",
    "rabbitmq",
    "nats",
    "etcd",
    "nginx",
    "httpd",
    "busybox",
    "pause",
];

/// Words of settings of programs that learn their destinations from the API server.
const DISCOVERY: [&str; 3] = [
    "kubernetes_sd_configs",
    "kubernetes_sd_config",
    "dns_sd_configs",
];

/// How many callers that are only possible are listed one by one.
const MAX_POSSIBLE: usize = 16;

/// What tells a flow from another: who, to whom, by which Service, and whether it is seen.
type Key = (End, End, Option<String>, bool);

/// Flows while they are collected.
pub(super) struct Inference<'m, 'o> {
    pub(super) model: &'m Model<'o>,
    flows: BTreeMap<Key, (Option<BTreeSet<Port>>, BTreeSet<Evidence>)>,
    unmatched: Vec<Unmatched>,
    /// What is in `unmatched`: the workload, the address, and where it stands.
    listed: BTreeSet<(usize, String, Evidence)>,
    notes: BTreeSet<String>,
    open: Vec<Vec<Evidence>>,
    /// Services that a workload is seen to call.
    called: BTreeSet<usize>,
}

/// Infers the flows of the objects of one group.
#[must_use]
pub fn infer(objects: &[Object<'_>], known: Known<'_>) -> Flows {
    let model = Model::of(objects, known);
    let mut inference = Inference {
        model: &model,
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

    fn add(&mut self, key: Key, ports: Option<Vec<Port>>, evidence: Evidence) {
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
            for found in super::address::scan(&entry.setting.text) {
                let beside = settings.port_beside(at);
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
            self.open[index].extend(unknown_image(running));
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

    /// Services that nothing is seen to call.
    fn callers_unknown(&mut self) {
        let model = self.model;
        // Who calls through an Ingress or as a webhook is a known caller, if not by name.
        let of = |(from, to, service, _): &Key| match (from, to) {
            (End::Anyone(caller), End::Workload(to)) if *caller != Caller::Monitoring => Some((
                model.running[*to].workload.namespace.as_str(),
                service.clone()?,
            )),
            _ => None,
        };
        let exposed: BTreeSet<(&str, String)> = self.flows.keys().filter_map(of).collect();
        for (index, service) in model.services.iter().enumerate() {
            if self.called.contains(&index) {
                continue;
            }
            if exposed.contains(&(service.namespace.as_str(), service.name.clone())) {
                continue;
            }
            let evidence = Evidence {
                object: service.label(),
                pointer: "/spec/selector".to_owned(),
                text: "nothing in these manifests calls it".to_owned(),
            };
            for workload in model.selected(index).collect::<Vec<_>>() {
                let ports: Vec<Port> = service
                    .ports
                    .iter()
                    .flat_map(|it| ports_of(model, workload, &it.target, &it.protocol))
                    .collect();
                let ports = (!ports.is_empty() || !service.headless).then_some(ports);
                if ports.as_ref().is_none_or(|ports| !ports.is_empty()) {
                    let name = Some(service.name.clone());
                    self.flow(
                        End::Anyone(Caller::Unknown),
                        End::Workload(workload),
                        name,
                        ports,
                        evidence.clone(),
                    );
                }
            }
        }
    }

    /// A workload whose destinations are not known may call any Service of the group: those that admit others admit
    /// it too, or the first wrong guess about it would break it.
    fn possible(&mut self) {
        let model = self.model;
        let of_group = |index: &usize| !model.running[*index].workload.context;
        let open: Vec<usize> = (0..model.running.len())
            .filter(of_group)
            .filter(|index| !self.open[*index].is_empty())
            .collect();
        for service in self.called.clone() {
            let name = Some(model.services[service].name.clone());
            for lead in resolve::of_service(model, service, None, None, 0) {
                if !matches!(&lead.to, End::Workload(to) if of_group(to)) {
                    continue;
                }
                let callers = open.iter().filter(|from| {
                    let key = (End::Workload(**from), lead.to.clone(), name.clone(), false);
                    lead.to != key.0 && !self.flows.contains_key(&key)
                });
                let callers: Vec<usize> = callers.copied().collect();
                // A list of everything says no more than no list.
                if callers.len() > MAX_POSSIBLE {
                    let evidence = Evidence {
                        object: model.services[service].label(),
                        pointer: "/spec/selector".to_owned(),
                        text: format!(
                            "the destinations of {} workloads are not known",
                            callers.len()
                        ),
                    };
                    let key = (
                        End::Anyone(Caller::Unknown),
                        lead.to.clone(),
                        name.clone(),
                        false,
                    );
                    self.add(key, lead.ports.clone(), evidence);
                    continue;
                }
                for from in callers {
                    if let Some(why) = self.open[from].first().cloned() {
                        let key = (End::Workload(from), lead.to.clone(), name.clone(), true);
                        self.add(key, lead.ports.clone(), why);
                    }
                }
            }
        }
    }

    fn oddities(&mut self) {
        let model = self.model;
        for (index, service) in model.services.iter().enumerate() {
            for port in &service.ports {
                let mut selected = model.selected(index).peekable();
                if selected.peek().is_some()
                    && selected.all(|workload| {
                        ports_of(model, workload, &port.target, &port.protocol).is_empty()
                    })
                {
                    let text = format!(
                        "{}: no pod has the port that its port {} leads to",
                        service.label(),
                        port.port
                    );
                    self.note(text);
                }
            }
        }
        let mut alike: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for workload in model
            .running
            .iter()
            .map(|running| &running.workload)
            .filter(|it| !it.context)
        {
            if let Some(selector) = &workload.selector {
                let key = (workload.namespace.clone(), selector.to_string());
                alike.entry(key).or_default().insert(workload.label());
            }
        }
        for labels in alike.values().filter(|labels| labels.len() > 1) {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            self.note(format!(
                "{} share their labels: a policy for one is for all",
                labels.join(", ")
            ));
        }
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

/// An image of which nothing tells whom it calls.
fn unknown_image(running: &Running<'_>) -> Option<Evidence> {
    let pod = running.pod();
    let unknown = pod.containers.iter().find_map(|container| {
        let text = container
            .get("/image")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let quiet =
            Image::parse(text).is_some_and(|image| QUIET_IMAGES.contains(&image.basename()));
        (!quiet).then(|| (format!("{}/image", container.pointer), text))
    });
    let (place, image) = unknown?;
    let text =
        format!("no address is written in the manifest, and what image {image} calls is not known");
    Some(running.evidence(&place, text))
}

/// What tells that a pod keeps a token of the API server.
fn token(running: &Running<'_>, model: &Model<'_>) -> Option<Evidence> {
    let pod = running.pod();
    for (index, volume) in pod.items("/volumes").enumerate() {
        let sources = volume
            .pointer("/projected/sources")
            .and_then(Value::as_array);
        let of_api = |source: &Value| {
            let token = source.get("serviceAccountToken");
            token.is_some_and(|token| token.get("audience").is_none())
        };
        if sources.is_some_and(|sources| sources.iter().any(of_api)) {
            return Some(running.evidence(
                &format!("{}/volumes/{index}", pod.pointer),
                "a projected token",
            ));
        }
    }
    let account = ["/serviceAccountName", "/serviceAccount"]
        .iter()
        .find_map(|field| pod.get(field)?.as_str());
    let account = account.filter(|name| !name.is_empty()).unwrap_or("default");
    let of_account = model
        .accounts
        .get(&(running.workload.namespace.clone(), account.to_owned()));
    let own = pod
        .get("/automountServiceAccountToken")
        .and_then(Value::as_bool);
    let keeps = own.or(of_account.copied()).unwrap_or(true);
    keeps.then(|| {
        let field = if own.is_some() {
            "/automountServiceAccountToken"
        } else {
            "/serviceAccountName"
        };
        running.evidence(
            &format!("{}{field}", pod.pointer),
            format!("keeps the token of ServiceAccount {account}"),
        )
    })
}
