//! The rules of the API server on pods, by their numbers in the reference's section A.6; 20 is the kubelet's rule on
//! root in a container that must not be root, 21 the API server's on the annotation of seccomp.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The rules that a single pod can break.
pub(crate) const OF_PODS: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20];

/// The number of a rule of the program; `None` for those that the reference does not list.
pub(crate) fn number(rule: &str) -> Option<u8> {
    Some(match rule {
        "privilege-escalation-privileged" | "privilege-escalation-sys-admin" => 1,
        "windows" | "linux" => 2,
        "host-users" | "host-users-volume-devices" => 3,
        "proc-mount" => 4,
        "seccomp-localhost-profile" | "app-armor-localhost-profile" => 5,
        "app-armor-annotation" => 6,
        "id-range" => 7,
        "request-limit" | "resource-limit" | "huge-pages" | "resource-quantity" => 8,
        "share-process-namespace" => 9,
        "mount-propagation" => 10,
        "host-network-ports" => 11,
        "mount-path" | "volume-name" | "volume-duplicate" | "mount-volume" => 12,
        "ephemeral-container" => 13,
        "init-container" => 14,
        "host-sysctls" => 15,
        "non-root-user" => 20,
        // Of a pod as a whole, of the annotation before 1.27, and of the size of a volume: D.2 and B.3.
        "pod-request" | "pod-limit" | "seccomp-annotation" | "volume-size-limit" => return None,
        other => panic!("{other} is in no list"),
    })
}

/// Tells whether a pod (`metadata` and `spec`) breaks a rule.
type Breaks = fn(&Value) -> bool;

/// The rules that a pod breaks.
pub(crate) fn broken(pod: &Value) -> BTreeSet<u8> {
    let rules: [(u8, Breaks); 16] = [
        (1, escalation),
        (2, other_system),
        (3, host_users),
        (4, proc_mount),
        (5, localhost_profile),
        (6, app_armor_annotation),
        (7, ids),
        (8, resources),
        (9, |pod| {
            is_true(&pod["spec"], "shareProcessNamespace") && is_true(&pod["spec"], "hostPID")
        }),
        (10, propagation),
        (11, ports_on_host),
        (12, mounts),
        (13, ephemeral),
        (14, init),
        (15, sysctls),
        (20, root_that_must_not),
    ];
    let broken = rules.into_iter().filter(|(_, breaks)| breaks(pod));
    broken.map(|(number, _)| number).collect()
}

fn is_true(value: &Value, field: &str) -> bool {
    value[field] == true
}

fn is_set(value: &Value, fields: &str) -> bool {
    fields.split(' ').any(|field| !value[field].is_null())
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().flat_map(|list| items(&pod["spec"][list]))
}

fn contexts(pod: &Value) -> impl Iterator<Item = &Value> {
    let of_pod = std::iter::once(&pod["spec"]["securityContext"]);
    of_pod.chain(containers(pod).map(|container| &container["securityContext"]))
}

fn escalation(pod: &Value) -> bool {
    containers(pod)
        .map(|container| &container["securityContext"])
        .any(|context| {
            let admin = items(&context["capabilities"]["add"]).any(|name| name == "CAP_SYS_ADMIN");
            context["allowPrivilegeEscalation"] == false
                && (is_true(context, "privileged") || admin)
        })
}

/// By `os.name`, or pinned by a node selector or node affinity.
fn is_windows(pod: &Value) -> bool {
    let labels = ["kubernetes.io/os", "beta.kubernetes.io/os"];
    match pod["spec"]["os"]["name"].as_str() {
        Some(name) => name == "windows",
        None => labels
            .iter()
            .any(|label| pod["spec"]["nodeSelector"][label] == "windows"),
    }
}

fn other_system(pod: &Value) -> bool {
    let spec = &pod["spec"];
    let context = &spec["securityContext"];
    if !is_windows(pod) {
        let linux = spec["os"]["name"] == "linux";
        return linux && contexts(pod).any(|context| is_set(context, "windowsOptions"));
    }
    is_true(spec, "hostPID")
        || is_true(spec, "hostIPC")
        || is_set(spec, "hostUsers resources shareProcessNamespace")
        || is_set(
            context,
            "appArmorProfile seLinuxOptions seccompProfile fsGroup fsGroupChangePolicy runAsUser runAsGroup \
             supplementalGroups supplementalGroupsPolicy",
        )
        || items(&context["sysctls"]).next().is_some()
        || containers(pod).any(|container| {
            is_set(
                &container["securityContext"],
                "appArmorProfile seLinuxOptions seccompProfile capabilities readOnlyRootFilesystem privileged \
                 allowPrivilegeEscalation procMount runAsUser runAsGroup",
            )
        })
}

fn host_users(pod: &Value) -> bool {
    let spec = &pod["spec"];
    let shared = ["hostNetwork", "hostPID", "hostIPC"]
        .iter()
        .any(|field| is_true(spec, field));
    let devices =
        containers(pod).any(|container| items(&container["volumeDevices"]).next().is_some());
    spec["hostUsers"] == false && (shared || devices)
}

fn proc_mount(pod: &Value) -> bool {
    let unmasked =
        containers(pod).any(|container| container["securityContext"]["procMount"] == "Unmasked");
    unmasked && pod["spec"]["hostUsers"] != false
}

fn localhost_profile(pod: &Value) -> bool {
    contexts(pod).any(|context| {
        ["seccompProfile", "appArmorProfile"].iter().any(|field| {
            let profile = &context[field];
            !profile.is_null()
                && (profile["type"] == "Localhost") == profile["localhostProfile"].is_null()
        })
    })
}

fn app_armor_annotation(pod: &Value) -> bool {
    let of_pod = &pod["spec"]["securityContext"]["appArmorProfile"];
    !is_windows(pod)
        && containers(pod).any(|container| {
            let name = container["name"].as_str().unwrap_or_default();
            let key = format!("container.apparmor.security.beta.kubernetes.io/{name}");
            let own = &container["securityContext"]["appArmorProfile"];
            let field = if own.is_null() { of_pod } else { own };
            let annotation = pod["metadata"]["annotations"][&key]
                .as_str()
                .filter(|text| !text.is_empty());
            let said = match field["type"].as_str() {
                Some("RuntimeDefault") => "runtime/default".to_owned(),
                Some("Unconfined") => "unconfined".to_owned(),
                Some("Localhost") => {
                    // Without a name no annotation says the same.
                    let name = field["localhostProfile"].as_str();
                    name.map_or_else(|| "(none)".to_owned(), |name| format!("localhost/{name}"))
                }
                _ => return false,
            };
            annotation.is_some_and(|text| text != said)
        })
}

fn ids(pod: &Value) -> bool {
    let is_id = |id: &Value| {
        id.as_i64()
            .is_some_and(|id| (0..=2_147_483_647).contains(&id))
    };
    let is_bad = |id: &Value| !id.is_null() && !is_id(id);
    let of_pod = &pod["spec"]["securityContext"];
    contexts(pod).any(|context| is_bad(&context["runAsUser"]) || is_bad(&context["runAsGroup"]))
        || is_bad(&of_pod["fsGroup"])
        || items(&of_pod["supplementalGroups"]).any(|id| !is_id(id))
}

/// A quantity as a number; nothing here is so fine or so large that it would matter.
fn amount(value: &Value) -> Option<f64> {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    if let Ok(number) = text.parse::<f64>() {
        return Some(number);
    }
    let at = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let scale = match &text[at..] {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(text[..at].parse::<f64>().ok()? * scale)
}

fn entries<'v>(resources: &'v Value, part: &str) -> BTreeMap<&'v str, &'v Value> {
    let map = resources[part].as_object().into_iter().flat_map(Map::iter);
    map.map(|(name, value)| (name.as_str(), value)).collect()
}

/// D.4: what is not native, and huge pages, needs a limit that equals the request.
fn resources(pod: &Value) -> bool {
    let of_containers = containers(pod).map(|container| &container["resources"]);
    of_containers
        .chain([&pod["spec"]["resources"]])
        .any(|resources| {
            let (requests, limits) = (entries(resources, "requests"), entries(resources, "limits"));
            let unreadable = requests.values().chain(limits.values()).any(|value| {
                // What has no number is no quantity, and none may be negative.
                amount(value).is_none_or(|amount| amount < 0.0)
            });
            let unequal = requests.iter().any(|(name, request)| {
                let exact = name.starts_with("hugepages-")
                    || (name.contains('/') && !name.contains("kubernetes.io/"));
                match limits.get(name).filter(|limit| !limit.is_null()) {
                    None => exact,
                    Some(limit) => {
                        let (request, limit) = (amount(request), amount(limit));
                        request.zip(limit).is_some_and(|(request, limit)| {
                            request > limit || exact && request < limit
                        })
                    }
                }
            });
            let has =
                |is: fn(&str) -> bool| requests.keys().chain(limits.keys()).any(|name| is(name));
            let alone = has(|name| name.starts_with("hugepages-"))
                && !has(|name| name == "cpu" || name == "memory");
            unreadable || unequal || alone
        })
}

fn propagation(pod: &Value) -> bool {
    containers(pod).any(|container| {
        let shared = items(&container["volumeMounts"])
            .any(|mount| mount["mountPropagation"] == "Bidirectional");
        shared && !is_true(&container["securityContext"], "privileged")
    })
}

/// The API server looks at the containers that are no init containers.
fn ports_on_host(pod: &Value) -> bool {
    let ports = items(&pod["spec"]["containers"]).flat_map(|container| items(&container["ports"]));
    let differs = |port: &Value| {
        let host = port["hostPort"].as_i64().unwrap_or(0);
        host != 0 && Some(host) != port["containerPort"].as_i64()
    };
    is_true(&pod["spec"], "hostNetwork") && ports.into_iter().any(differs)
}

fn mounts(pod: &Value) -> bool {
    let is_label = |name: &str| {
        let mut bytes = name.bytes();
        (1..64).contains(&name.len())
            && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !name.starts_with('-')
            && !name.ends_with('-')
    };
    let volumes: Vec<&str> = items(&pod["spec"]["volumes"])
        .map(|volume| volume["name"].as_str().unwrap_or_default())
        .collect();
    let unique = volumes.iter().collect::<BTreeSet<_>>().len() == volumes.len();
    let wrong = |container: &Value| {
        let mounted =
            items(&container["volumeMounts"]).map(|mount| (&mount["name"], &mount["mountPath"]));
        let devices = items(&container["volumeDevices"])
            .map(|device| (&device["name"], &device["devicePath"]));
        let all: Vec<_> = mounted.chain(devices).collect();
        let paths: BTreeSet<&str> = all
            .iter()
            .map(|(_, path)| path.as_str().unwrap_or_default())
            .collect();
        let known = |name: &Value| volumes.contains(&name.as_str().unwrap_or_default());
        paths.len() != all.len() || !all.iter().all(|(name, _)| known(name))
    };
    !unique || !volumes.iter().all(|name| is_label(name)) || containers(pod).any(wrong)
}

const PROBES: &str = "livenessProbe readinessProbe startupProbe lifecycle";

fn ephemeral(pod: &Value) -> bool {
    items(&pod["spec"]["ephemeralContainers"]).any(|container| {
        is_set(container, PROBES) || is_set(container, "ports resources resizePolicy")
    })
}

fn init(pod: &Value) -> bool {
    items(&pod["spec"]["initContainers"])
        .any(|container| container["restartPolicy"] != "Always" && is_set(container, PROBES))
}

fn sysctls(pod: &Value) -> bool {
    let ipc = ["kernel.shm", "kernel.msg", "fs.mqueue."];
    items(&pod["spec"]["securityContext"]["sysctls"]).any(|sysctl| {
        // The API takes both separators.
        let name = sysctl["name"]
            .as_str()
            .unwrap_or_default()
            .replace('/', ".");
        let of_ipc = name == "kernel.sem" || ipc.iter().any(|prefix| name.starts_with(prefix));
        is_true(&pod["spec"], "hostNetwork") && name.starts_with("net.")
            || is_true(&pod["spec"], "hostIPC") && of_ipc
    })
}

/// The effective value is the container's, else the pod's.
fn root_that_must_not(pod: &Value) -> bool {
    containers(pod).any(|container| {
        let effective = |field: &str| {
            let own = &container["securityContext"][field];
            if own.is_null() {
                &pod["spec"]["securityContext"][field]
            } else {
                own
            }
        };
        *effective("runAsUser") == 0 && *effective("runAsNonRoot") == true
    })
}
