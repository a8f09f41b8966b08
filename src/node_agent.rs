//! Recognises workloads that are a part of the node: they need the host, and hardening breaks the node.

use serde_json::Value;

use crate::images::Library;
use crate::pod::{Container, Pod};

/// Namespaces that hold the cluster's own parts; `*` matches any end.
const NAMESPACES: [&str; 41] = [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "kube-flannel",
    "calico-*",
    "tigera-operator",
    "cilium*",
    "istio-cni",
    "linkerd-cni",
    "metallb-system",
    "rook-ceph",
    "longhorn-system",
    "openebs",
    "portworx",
    "gpu-operator",
    "node-feature-discovery",
    "nvidia-*",
    "intel-*",
    "falco",
    "gatekeeper-system",
    "openshift-*",
    "gke-*",
    "gmp-*",
    "amazon-*",
    "aws-*",
    "azure-*",
    "karpenter",
    "kubevirt",
    "cdi",
    "kube-router",
    "weave",
    "antrea-*",
    "multus*",
    "csi-*",
    "kube-vip",
    "local-path-storage",
    "spiderpool",
    "submariner*",
    "tetragon",
    "sysdig-agent",
    "datadog-agent",
];

/// Host paths that only parts of the node mount.
const HOST_PATHS: [&str; 15] = [
    "/var/lib/kubelet",
    "/opt/cni",
    "/etc/cni",
    "/run/containerd",
    "/var/run/containerd",
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/crio",
    "/var/run/crio",
    "/dev",
    "/sys",
    "/lib/modules",
    "/proc",
    "/var/lib/docker",
    "/var/lib/containerd",
];

/// Why the pod is a part of the node, if it is.
///
/// `daemon` says that a `DaemonSet` makes the pod: only there a toleration of every taint counts.
pub(crate) fn reason(
    namespace: Option<&str>,
    pod: &Pod<'_>,
    daemon: bool,
    images: &Library,
) -> Option<String> {
    if let Some(namespace) = namespace.filter(|namespace| is_system_namespace(namespace)) {
        return Some(format!("namespace {namespace} holds parts of the cluster"));
    }
    let class = pod.get("/priorityClassName").and_then(Value::as_str);
    if let Some(class @ ("system-node-critical" | "system-cluster-critical")) = class {
        return Some(format!("priority class {class}"));
    }
    let list = |pointer: &str| {
        pod.get(pointer)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice)
    };
    for container in &pod.containers {
        let mounts = container.get("/volumeMounts").and_then(Value::as_array);
        if mounts.is_some_and(|mounts| {
            mounts
                .iter()
                .any(|mount| mount["mountPropagation"] == "Bidirectional")
        }) {
            return Some(format!(
                "container {} mounts file systems for the node",
                container.name()
            ));
        }
    }
    for volume in list("/volumes") {
        let path = volume.pointer("/hostPath/path").and_then(Value::as_str);
        if let Some(path) = path.filter(|path| is_node_path(path)) {
            return Some(format!("it mounts {path} of the node"));
        }
    }
    if let Some(reason) = by_image(pod, daemon, images) {
        return Some(reason);
    }
    let every_taint =
        |toleration: &Value| toleration["operator"] == "Exists" && toleration.get("key").is_none();
    if daemon && list("/tolerations").iter().any(every_taint) {
        return Some("it is a DaemonSet that tolerates every taint".to_owned());
    }
    None
}

/// An image that needs the node, in a pod that is given something of it.
fn by_image(pod: &Pod<'_>, daemon: bool, images: &Library) -> Option<String> {
    let shares = ["/hostNetwork", "/hostPID", "/hostIPC"];
    let mounts = |volume: &Value| !volume["hostPath"].is_null();
    let privileged = |container: &Container<'_>| container.is_true("/securityContext/privileged");
    let is_given = daemon
        || shares.iter().any(|field| pod.is_true(field))
        || pod.items("/volumes").any(mounts)
        || pod.containers.iter().any(privileged);
    pod.containers
        .iter()
        .filter(|_| is_given)
        .find_map(|container| {
            let image = container.get("/image")?.as_str()?;
            let known = images.find(image)?;
            let needs = known.facts.needs_host.first()?;
            Some(format!(
                "image {image} needs the node: {needs} ({})",
                known.says()
            ))
        })
}

/// Tells whether a namespace holds parts of the cluster.
pub(crate) fn is_system_namespace(namespace: &str) -> bool {
    NAMESPACES
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => namespace.starts_with(prefix),
            None => namespace == *pattern,
        })
}

fn is_node_path(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    // The shared memory of the node is an ordinary file system for an ordinary program.
    path.is_empty()
        || path != "/dev/shm"
            && HOST_PATHS.iter().any(|node| {
                path == *node
                    || path
                        .strip_prefix(node)
                        .is_some_and(|rest| rest.starts_with('/'))
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_and_paths() {
        assert!(is_system_namespace("kube-system") && is_system_namespace("calico-apiserver"));
        assert!(!is_system_namespace("kube-system-tools") && !is_system_namespace("shop"));
        assert!(
            is_node_path("/") && is_node_path("/dev/fuse") && is_node_path("/var/run/docker.sock")
        );
        assert!(
            !is_node_path("/dev/shm") && !is_node_path("/devices") && !is_node_path("/var/log")
        );
    }
}
