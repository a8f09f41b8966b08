//! What collects metrics, by annotations and by monitors.

use serde_json::Value;

use super::exposed::{Named, list, named};
use super::infer::Inference;
use super::model::{Other, Target, port, target};
use super::service::ports_of;
use super::{Caller, End, Evidence, Port};
use crate::report::label;

impl Inference<'_, '_> {
    pub(super) fn scraped_service(&mut self, index: usize) {
        let service = &self.model.services[index];
        let annotation = |key: &str| {
            service
                .value
                .pointer(&format!("/metadata/annotations/prometheus.io~1{key}"))
        };
        let evidence = Evidence {
            object: service.label(),
            pointer: "/metadata/annotations/prometheus.io~1scrape".to_owned(),
            text: "prometheus.io/scrape".to_owned(),
        };
        if !is_true(annotation("scrape")) {
            return;
        }
        match port(annotation("port")) {
            // The annotation names a port of the pods: Prometheus calls them, not the Service.
            Some(number) => {
                for workload in self.model.selected(index).collect::<Vec<_>>() {
                    self.scraped(workload, vec![Port::tcp(number)], evidence.clone());
                }
            }
            None => self.admit(index, &Named::All, Caller::Monitoring, &evidence),
        }
    }

    pub(super) fn scraped_pod(&mut self, index: usize) {
        let running = &self.model.running[index];
        let pod = running.pod();
        if pod.annotation("prometheus.io/scrape") != Some("true") {
            return;
        }
        let number = pod
            .annotation("prometheus.io/port")
            .and_then(|port| port.parse().ok());
        let declared = || running.ports.iter().map(|(_, port)| port.clone()).collect();
        let ports = number.map_or_else(declared, |number| vec![Port::tcp(number)]);
        let metadata = running.template.metadata.clone().unwrap_or_default();
        let place = format!("{metadata}/annotations/prometheus.io~1scrape");
        let evidence = running.evidence(&place, "prometheus.io/scrape");
        self.scraped(index, ports, evidence);
    }

    fn scraped(&mut self, workload: usize, ports: Vec<Port>, evidence: Evidence) {
        if !ports.is_empty() {
            self.flow(
                End::Anyone(Caller::Monitoring),
                End::Workload(workload),
                None,
                Some(ports),
                evidence,
            );
        }
    }

    pub(super) fn service_monitor(&mut self, other: &Other<'_>) {
        let matched: Vec<usize> = (0..self.model.services.len())
            .filter(|index| {
                let service = &self.model.services[*index];
                monitors(other, &service.namespace)
                    && selects(other, service.value.pointer("/metadata/labels"))
            })
            .collect();
        for (at, endpoint) in list(other.value, "/spec/endpoints") {
            let evidence = monitor_evidence(other, &format!("/spec/endpoints/{at}"));
            for index in &matched {
                match (endpoint.get("port"), target(endpoint.get("targetPort"))) {
                    (None, Some(target)) => self.monitored(*index, &target, &evidence),
                    (port, _) => self.admit(*index, &named(port), Caller::Monitoring, &evidence),
                }
            }
        }
    }

    fn monitored(&mut self, service: usize, target: &Target, evidence: &Evidence) {
        for workload in self.model.selected(service).collect::<Vec<_>>() {
            let ports = ports_of(self.model, workload, target, "TCP");
            self.scraped(workload, ports, evidence.clone());
        }
    }

    pub(super) fn pod_monitor(&mut self, other: &Other<'_>) {
        for index in 0..self.model.running.len() {
            let running = &self.model.running[index];
            let labels = serde_json::to_value(&running.labels).unwrap_or_default();
            if !monitors(other, &running.workload.namespace) || !selects(other, Some(&labels)) {
                continue;
            }
            for (at, endpoint) in list(other.value, "/spec/podMetricsEndpoints") {
                let evidence = monitor_evidence(other, &format!("/spec/podMetricsEndpoints/{at}"));
                let field = ["port", "portNumber", "targetPort"]
                    .iter()
                    .find_map(|key| endpoint.get(key));
                if let Some(target) = target(field) {
                    let ports = ports_of(self.model, index, &target, "TCP");
                    self.scraped(index, ports, evidence);
                }
            }
        }
    }
}

fn monitor_evidence(other: &Other<'_>, place: &str) -> Evidence {
    let own = Some(other.object.namespace.as_str()).filter(|own| !own.is_empty());
    Evidence {
        object: label(&other.identity.kind, own, other.identity.name.as_deref()),
        pointer: place.to_owned(),
        text: "metrics".to_owned(),
    }
}

/// Tells whether a monitor looks at a namespace.
fn monitors(other: &Other<'_>, namespace: &str) -> bool {
    let any = other.value.pointer("/spec/namespaceSelector/any") == Some(&Value::Bool(true));
    let mut named = list(other.value, "/spec/namespaceSelector/matchNames").peekable();
    if any || namespace.is_empty() {
        return true;
    }
    if named.peek().is_none() {
        return other.object.namespace == namespace;
    }
    named.any(|(_, name)| name == namespace)
}

/// Tells whether the selector of a monitor fits labels. Expressions are taken to fit: a port too many is opened.
fn selects(other: &Other<'_>, labels: Option<&Value>) -> bool {
    let wanted = other
        .value
        .pointer("/spec/selector/matchLabels")
        .and_then(Value::as_object);
    let has =
        |key: &String, value: &Value| labels.and_then(|labels| labels.get(key)) == Some(value);
    wanted
        .into_iter()
        .flatten()
        .all(|(key, value)| has(key, value))
}

fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value == "true" || value == &Value::Bool(true))
}
