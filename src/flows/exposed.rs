//! Callers that are no workloads of the input: ingress controllers, the API server, clients from outside, monitoring.

use serde_json::Value;

use super::infer::Inference;
use super::model::{Other, port};
use super::service::ports_of;
use super::{Caller, End, Evidence, Port};
use crate::report::label;

/// A field that names a port of a Service.
pub(super) enum Named<'v> {
    All,
    Number(u16),
    Name(&'v str),
}

pub(super) fn named(value: Option<&Value>) -> Named<'_> {
    match (port(value), value.and_then(Value::as_str)) {
        (Some(number), _) => Named::Number(number),
        (None, Some(name)) => Named::Name(name),
        (None, None) => Named::All,
    }
}

impl Inference<'_, '_> {
    /// Adds all flows whose callers no policy can name.
    pub(super) fn exposures(&mut self) {
        for index in 0..self.model.services.len() {
            self.outside(index);
            self.scraped_service(index);
        }
        for index in 0..self.model.running.len() {
            self.scraped_pod(index);
        }
        for other in &self.model.others {
            match (other.identity.group(), other.identity.kind.as_str()) {
                ("networking.k8s.io" | "extensions", "Ingress") => self.ingress(other),
                ("gateway.networking.k8s.io", kind) if kind.ends_with("Route") => self.route(other),
                ("route.openshift.io", "Route") => {
                    let to = other.value.pointer("/spec/to/name").and_then(Value::as_str);
                    let port = named(other.value.pointer("/spec/port/targetPort"));
                    self.backend(
                        other,
                        "/spec/to",
                        &other.object.namespace,
                        to,
                        &port,
                        Caller::Ingress,
                    );
                }
                ("traefik.io" | "traefik.containo.us", "IngressRoute" | "IngressRouteTCP") => {
                    self.all(other, "/spec/routes", "services", &["name"], "port");
                }
                ("networking.istio.io", "VirtualService") => self.virtual_service(other),
                ("admissionregistration.k8s.io", _) => {
                    for (at, webhook) in list(other.value, "/webhooks") {
                        let place = format!("/webhooks/{at}/clientConfig/service");
                        self.called(other, &place, webhook.pointer("/clientConfig/service"));
                    }
                }
                ("apiextensions.k8s.io", "CustomResourceDefinition") => {
                    let place = "/spec/conversion/webhook/clientConfig/service";
                    self.called(other, place, other.value.pointer(place));
                }
                ("apiregistration.k8s.io", "APIService") => {
                    self.called(other, "/spec/service", other.value.pointer("/spec/service"));
                }
                ("monitoring.coreos.com", "ServiceMonitor") => self.service_monitor(other),
                ("monitoring.coreos.com", "PodMonitor") => self.pod_monitor(other),
                _ => {}
            }
        }
    }

    fn outside(&mut self, index: usize) {
        let service = &self.model.services[index];
        let kind = service.kind();
        let external = list(service.value, "/spec/externalIPs").next().is_some();
        if kind != "LoadBalancer" && kind != "NodePort" && !external {
            return;
        }
        let evidence = Evidence {
            object: service.label(),
            pointer: "/spec/type".to_owned(),
            text: kind.to_owned(),
        };
        self.admit(index, &Named::All, Caller::Outside, &evidence);
    }

    /// Admits somebody to a port of a Service.
    pub(super) fn admit(
        &mut self,
        service: usize,
        at: &Named<'_>,
        caller: Caller,
        evidence: &Evidence,
    ) {
        let model = self.model;
        let of = &model.services[service];
        let chosen: Vec<_> = of
            .ports
            .iter()
            .filter(|it| match at {
                Named::All => true,
                Named::Number(number) => it.port == *number,
                Named::Name(name) => it.name.as_deref() == Some(name),
            })
            .collect();
        for workload in model.selected(service).collect::<Vec<_>>() {
            let ports: Vec<Port> = chosen
                .iter()
                .flat_map(|it| ports_of(model, workload, &it.target, &it.protocol))
                .collect();
            if !ports.is_empty() {
                let name = Some(of.name.clone());
                self.flow(
                    End::Anyone(caller),
                    End::Workload(workload),
                    name,
                    Some(ports),
                    evidence.clone(),
                );
            }
        }
    }

    /// Admits somebody to the Service that a field names.
    fn backend(
        &mut self,
        other: &Other<'_>,
        place: &str,
        namespace: &str,
        name: Option<&str>,
        port: &Named<'_>,
        caller: Caller,
    ) {
        let Some(name) = name else {
            return;
        };
        let own = Some(other.object.namespace.as_str()).filter(|own| !own.is_empty());
        let identity = &other.identity;
        let evidence = Evidence {
            object: label(&identity.kind, own, identity.name.as_deref()),
            pointer: place.to_owned(),
            text: format!("Service {name}"),
        };
        // Objects that name no namespace may end up in the one that is named.
        let service = self
            .model
            .service(namespace, name)
            .or_else(|| self.model.service("", name));
        match service {
            Some(service) => self.admit(service, port, caller, &evidence),
            None if other.object.context => {}
            None => self.note(format!(
                "{}: Service {name} is not among these manifests",
                evidence.object
            )),
        }
    }

    fn ingress(&mut self, other: &Other<'_>) {
        let mut backends: Vec<(String, &Value)> = Vec::new();
        for place in ["/spec/defaultBackend", "/spec/backend"] {
            backends.extend(
                other
                    .value
                    .pointer(place)
                    .map(|backend| (place.to_owned(), backend)),
            );
        }
        for (rule, value) in list(other.value, "/spec/rules") {
            for (path, value) in list(value, "/http/paths") {
                let place = format!("/spec/rules/{rule}/http/paths/{path}/backend");
                backends.extend(value.get("backend").map(|backend| (place, backend)));
            }
        }
        for (place, backend) in backends {
            let name = backend
                .pointer("/service/name")
                .or_else(|| backend.get("serviceName"));
            let port = ["/service/port/number", "/service/port/name", "/servicePort"]
                .iter()
                .find_map(|at| backend.pointer(at));
            let name = name.and_then(Value::as_str);
            self.backend(
                other,
                &place,
                &other.object.namespace,
                name,
                &named(port),
                Caller::Ingress,
            );
        }
    }

    fn route(&mut self, other: &Other<'_>) {
        for (rule, value) in list(other.value, "/spec/rules") {
            for (at, backend) in list(value, "/backendRefs") {
                let kind = backend
                    .get("kind")
                    .and_then(Value::as_str)
                    .unwrap_or("Service");
                if kind == "Service" {
                    let namespace = backend.get("namespace").and_then(Value::as_str);
                    let namespace = namespace.unwrap_or(&other.object.namespace);
                    let name = backend.get("name").and_then(Value::as_str);
                    let place = format!("/spec/rules/{rule}/backendRefs/{at}");
                    self.backend(
                        other,
                        &place,
                        namespace,
                        name,
                        &named(backend.get("port")),
                        Caller::Ingress,
                    );
                }
            }
        }
    }

    fn all(&mut self, other: &Other<'_>, outer: &str, inner: &str, name: &[&str], port: &str) {
        for (rule, value) in list(other.value, outer) {
            for (at, backend) in list(value, &format!("/{inner}")) {
                let place = format!("{outer}/{rule}/{inner}/{at}");
                let namespace = backend.get("namespace").and_then(Value::as_str);
                let namespace = namespace.unwrap_or(&other.object.namespace);
                let name = name.iter().find_map(|key| backend.get(key)?.as_str());
                self.backend(
                    other,
                    &place,
                    namespace,
                    name,
                    &named(backend.get(port)),
                    Caller::Ingress,
                );
            }
        }
    }

    fn virtual_service(&mut self, other: &Other<'_>) {
        for protocol in ["http", "tls", "tcp"] {
            for (rule, value) in list(other.value, &format!("/spec/{protocol}")) {
                for (at, route) in list(value, "/route") {
                    let host = route
                        .pointer("/destination/host")
                        .and_then(Value::as_str)
                        .unwrap_or_default();
                    let mut labels = host.split('.');
                    let name = labels.next().filter(|name| !name.is_empty());
                    let namespace = labels.next().unwrap_or(&other.object.namespace);
                    let place = format!("/spec/{protocol}/{rule}/route/{at}/destination/host");
                    let port = named(route.pointer("/destination/port/number"));
                    self.backend(other, &place, namespace, name, &port, Caller::Ingress);
                }
            }
        }
    }

    fn called(&mut self, other: &Other<'_>, place: &str, service: Option<&Value>) {
        let Some(service) = service else {
            return;
        };
        let text = |key: &str| service.get(key).and_then(Value::as_str);
        let namespace = text("namespace")
            .unwrap_or(&other.object.namespace)
            .to_owned();
        let port = port(service.get("port")).unwrap_or(443);
        self.backend(
            other,
            place,
            &namespace,
            text("name"),
            &Named::Number(port),
            Caller::ApiServer,
        );
    }
}

pub(super) fn list<'v>(
    value: &'v Value,
    pointer: &str,
) -> impl Iterator<Item = (usize, &'v Value)> + use<'v> {
    let items = value.pointer(pointer).and_then(Value::as_array);
    items.into_iter().flatten().enumerate()
}
