//! What NetworkPolicies let through, written from the API's documentation alone (networking/v1 `types.go`).

use std::collections::BTreeMap;

use serde_json::Value;

/// A pod, or somebody outside.
#[derive(Debug, Clone)]
pub(super) enum Party {
    Pod(Pod),
    /// An address outside the cluster.
    Outside,
}

#[derive(Debug, Clone)]
pub(super) struct Pod {
    pub(super) namespace: String,
    pub(super) labels: BTreeMap<String, String>,
    /// The ports by name and protocol.
    pub(super) named: BTreeMap<(String, String), u16>,
}

/// Tells whether a connection is let through by both sides.
pub(super) fn allows(
    policies: &[Value],
    from: &Party,
    to: &Party,
    port: u16,
    protocol: &str,
) -> bool {
    let egress = match from {
        Party::Pod(pod) => side(policies, "Egress", pod, to, to, port, protocol),
        Party::Outside => true,
    };
    let ingress = match to {
        Party::Pod(pod) => side(policies, "Ingress", pod, from, to, port, protocol),
        Party::Outside => true,
    };
    egress && ingress
}

fn side(
    policies: &[Value],
    direction: &str,
    pod: &Pod,
    peer: &Party,
    target: &Party,
    port: u16,
    protocol: &str,
) -> bool {
    let (rules, peers) = if direction == "Ingress" {
        ("ingress", "from")
    } else {
        ("egress", "to")
    };
    let selecting = policies.iter().filter(|policy| {
        policy["metadata"]["namespace"] == pod.namespace.as_str()
            && selects(&policy["spec"]["podSelector"], &pod.labels)
            && policy["spec"]["policyTypes"]
                .as_array()
                .unwrap()
                .contains(&Value::from(direction))
    });
    let mut isolated = false;
    for policy in selecting {
        isolated = true;
        let namespace = policy["metadata"]["namespace"].as_str().unwrap();
        for rule in list(&policy["spec"][rules]) {
            let to_peer = list(&rule[peers]);
            let fits =
                to_peer.is_empty() || to_peer.iter().any(|own| matches(own, namespace, peer));
            let ports = list(&rule["ports"]);
            let port_fits = ports.is_empty()
                || ports
                    .iter()
                    .any(|own| fits_port(own, target, port, protocol));
            if fits && port_fits {
                return true;
            }
        }
    }
    !isolated
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fits_port(own: &Value, target: &Party, port: u16, protocol: &str) -> bool {
    if own.get("protocol").and_then(Value::as_str).unwrap_or("TCP") != protocol {
        return false;
    }
    match (own.get("port"), target) {
        (None, _) => true,
        (Some(Value::String(name)), Party::Pod(pod)) => {
            let key = (name.clone(), protocol.to_owned());
            pod.named.get(&key) == Some(&port)
        }
        (Some(Value::String(_)), Party::Outside) => false,
        (Some(number), _) => {
            let first = number.as_u64().unwrap();
            let last = own.get("endPort").and_then(Value::as_u64).unwrap_or(first);
            (first..=last).contains(&u64::from(port))
        }
    }
}

fn matches(own: &Value, namespace: &str, peer: &Party) -> bool {
    let Party::Pod(pod) = peer else {
        // Every block of these tests holds every address outside.
        return own.get("ipBlock").is_some();
    };
    if own.get("ipBlock").is_some() {
        return false;
    }
    let labels = BTreeMap::from([(
        "kubernetes.io/metadata.name".to_owned(),
        pod.namespace.clone(),
    )]);
    let of_namespace = match own.get("namespaceSelector") {
        Some(selector) => selects(selector, &labels),
        None => pod.namespace == namespace,
    };
    of_namespace
        && own
            .get("podSelector")
            .is_none_or(|selector| selects(selector, &pod.labels))
}

fn selects(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    let equal = selector.get("matchLabels").and_then(Value::as_object);
    let equal = equal
        .into_iter()
        .flatten()
        .all(|(key, value)| labels.get(key).is_some_and(|own| value == own.as_str()));
    equal
        && list(&selector["matchExpressions"])
            .iter()
            .all(|expression| {
                let own = labels.get(expression["key"].as_str().unwrap());
                let among = own.is_some_and(|own| {
                    list(&expression["values"]).contains(&Value::from(own.as_str()))
                });
                match expression["operator"].as_str().unwrap() {
                    "In" => among,
                    "NotIn" => !among,
                    "Exists" => own.is_some(),
                    "DoesNotExist" => own.is_none(),
                    operator => panic!("{operator}"),
                }
            })
}
