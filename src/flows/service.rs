//! From a Service to the pods behind it.

use super::model::{Model, Service, Target};
use super::resolve::{Lead, Name, named_namespace, place};
use super::{End, Port};

/// Where a Service leads to, on a port of the Service, or on all.
pub(super) fn of_service(
    model: &Model<'_>,
    index: usize,
    port: Option<u16>,
    default: Option<u16>,
    depth: usize,
) -> Vec<Lead> {
    let service = &model.services[index];
    if let Some(name) = &service.external_name {
        return alias(model, service, name, port.or(default), depth);
    }
    let has = |number: &u16| service.ports.iter().any(|it| it.port == *number);
    let wanted = port
        .filter(has)
        .or(default.filter(|_| port.is_none()).filter(has));
    let chosen: Vec<_> = service
        .ports
        .iter()
        .filter(|it| wanted.is_none_or(|port| it.port == port))
        .collect();
    // Clients of a headless Service reach the pods themselves, on whatever port they name.
    let direct = port.or(default).filter(|_| service.headless);
    let direct = direct.map(Port::spoken);
    let all = service.headless && service.ports.is_empty() && direct.is_none();
    let mut leads = Vec::new();
    for selected in model.selected(index) {
        let resolved = chosen
            .iter()
            .flat_map(|it| ports_of(model, selected, &it.target, &it.protocol));
        let mut ports: Vec<Port> = resolved
            .chain(direct.clone().into_iter().flatten())
            .collect();
        ports.sort();
        ports.dedup();
        if all || !ports.is_empty() {
            let ports = (!all).then_some(ports);
            leads.push(Lead {
                service: Some(index),
                ..Lead::new(End::Workload(selected), ports)
            });
        }
    }
    if leads.is_empty() && model.selected(index).next().is_none() {
        let numbers: Option<Vec<Port>> = chosen
            .iter()
            .map(|it| match &it.target {
                Target::Number(number) => Some(Port {
                    number: *number,
                    protocol: it.protocol.clone(),
                }),
                Target::Name(_) => None,
            })
            .collect();
        let ports = numbers.filter(|ports| !ports.is_empty());
        let (to, treated) = if service.selector.is_empty() {
            (
                End::Host(service.label()),
                "it has no selector: any destination is allowed",
            )
        } else {
            (
                End::Namespace(service.namespace.clone()),
                "it selects no pod here: any pod of its namespace is allowed",
            )
        };
        leads.push(Lead {
            service: Some(index),
            ports,
            ..Lead::unmatched(to, treated)
        });
    }
    leads
}

/// A Service that is another name for a host.
fn alias(
    model: &Model<'_>,
    service: &Service<'_>,
    name: &str,
    port: Option<u16>,
    depth: usize,
) -> Vec<Lead> {
    if let Name::Service(next) = place(model, &service.namespace, name)
        && depth > 0
    {
        return of_service(model, next, port, None, depth - 1);
    }
    if let Some(namespace) = named_namespace(name) {
        let treated = format!("any pod of namespace {namespace} is allowed");
        return vec![Lead::unmatched(
            End::Namespace(namespace.to_owned()),
            &treated,
        )];
    }
    let of_service = || {
        service
            .ports
            .iter()
            .map(|it| Port {
                number: it.port,
                protocol: it.protocol.clone(),
            })
            .collect()
    };
    let ports: Vec<Port> = port.map_or_else(of_service, Port::spoken);
    vec![Lead::new(
        End::Host(name.to_owned()),
        Some(ports).filter(|ports| !ports.is_empty()),
    )]
}

/// The numbers that a port of a Service has in the pods of a workload.
pub(super) fn ports_of(
    model: &Model<'_>,
    workload: usize,
    target: &Target,
    protocol: &str,
) -> Vec<Port> {
    match target {
        Target::Number(number) => vec![Port {
            number: *number,
            protocol: protocol.to_owned(),
        }],
        Target::Name(name) => {
            let ports = model.running[workload].ports.iter();
            let named =
                ports.filter(|(own, port)| own.as_ref() == Some(name) && port.protocol == protocol);
            named.map(|(_, port)| port.clone()).collect()
        }
    }
}
