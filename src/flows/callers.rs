//! Callers that nothing shows: where none is known, and where one may be anybody.

use std::collections::{BTreeMap, BTreeSet};

use super::infer::{Inference, Key};
use super::service::{of_service, ports_of};
use super::{Caller, End, Evidence, Port};

/// How many callers that are only possible are listed one by one.
const MAX_POSSIBLE: usize = 16;

impl Inference<'_, '_> {
    /// Services that nothing is seen to call.
    pub(super) fn callers_unknown(&mut self) {
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
    pub(super) fn possible(&mut self) {
        let model = self.model;
        let of_group = |index: &usize| !model.running[*index].workload.context;
        let open: Vec<usize> = (0..model.running.len())
            .filter(of_group)
            .filter(|index| !self.open[*index].is_empty())
            .collect();
        for service in self.called.clone() {
            let name = Some(model.services[service].name.clone());
            for lead in of_service(model, service, None, None, 0) {
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

    pub(super) fn oddities(&mut self) {
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
}
