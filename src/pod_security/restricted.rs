//! The 7 restricted checks (`check_*.go` of the same names; `procMount_restricted` is in `baseline.rs`). A suffix
//! `_1_N` is the policy version that brought the revision: 1.25 exempts Windows pods, whose API forbids the fields;
//! 1.35 relaxes for pods in a user namespace.

use std::collections::BTreeSet;

use serde_json::Value;

use super::wording::{
    containers, entries, in_user_namespace, is_declared_windows, name, names_where, plural, quoted,
    setters, strings,
};
use super::{Finding, confinement};
use crate::pod::{Container, Pod};

/// Volume sources that the restricted level allows. `image` was added to all policy versions at once (1.33).
const ALLOWED_VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// The other sources, in the order in which upstream looks for them: it names the first only.
const RESTRICTED_VOLUMES: [&str; 21] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

pub(super) fn allow_privilege_escalation(pod: &Pod<'_>) -> Option<Finding> {
    const POINTER: &str = "/securityContext/allowPrivilegeEscalation";
    let names = names_where(pod, |container| {
        container.get(POINTER) != Some(&Value::Bool(false))
    });
    (!names.is_empty()).then(|| Finding {
        reason: "allowPrivilegeEscalation != false",
        detail: format!(
            "{} must set securityContext.allowPrivilegeEscalation=false",
            containers(&names)
        ),
    })
}

pub(super) fn allow_privilege_escalation_1_25(pod: &Pod<'_>) -> Option<Finding> {
    if is_declared_windows(pod) {
        None
    } else {
        allow_privilege_escalation(pod)
    }
}

pub(super) fn capabilities(pod: &Pod<'_>) -> Option<Finding> {
    let missing = names_where(pod, |container| {
        !strings(container, "/securityContext/capabilities/drop").any(|drop| drop == "ALL")
    });
    let mut forbidden = BTreeSet::new();
    let adding = names_where(pod, |container| {
        let added = strings(container, "/securityContext/capabilities/add");
        let bad: Vec<&str> = added.filter(|add| *add != "NET_BIND_SERVICE").collect();
        forbidden.extend(bad.iter().copied());
        !bad.is_empty()
    });
    let mut details = Vec::new();
    if !missing.is_empty() {
        let who = containers(&missing);
        details.push(format!(
            "{who} must set securityContext.capabilities.drop=[\"ALL\"]"
        ));
    }
    if !adding.is_empty() {
        let (who, what) = (containers(&adding), quoted(forbidden));
        details.push(format!(
            "{who} must not include {what} in securityContext.capabilities.add"
        ));
    }
    (!details.is_empty()).then(|| Finding {
        reason: "unrestricted capabilities",
        detail: details.join("; "),
    })
}

pub(super) fn capabilities_1_25(pod: &Pod<'_>) -> Option<Finding> {
    if is_declared_windows(pod) {
        None
    } else {
        capabilities(pod)
    }
}

pub(super) fn volumes(pod: &Pod<'_>) -> Option<Finding> {
    let (names, types): (Vec<&str>, BTreeSet<&str>) = entries(pod, "/volumes")
        .filter_map(|volume| Some((name(volume), restricted_source(volume)?)))
        .unzip();
    (!names.is_empty()).then(|| Finding {
        reason: "restricted volume types",
        detail: format!(
            "{} {} {} {} {}",
            plural(names.len(), "volume", "volumes"),
            quoted(&names),
            plural(names.len(), "uses", "use"),
            plural(
                types.len(),
                "restricted volume type",
                "restricted volume types"
            ),
            quoted(&types)
        ),
    })
}

/// The source of a volume that the restricted level forbids. A volume without any is an `emptyDir` by the API's
/// defaulting; a source that nobody here knows is `unknown`, as upstream has it.
fn restricted_source(volume: &Value) -> Option<&'static str> {
    let has = |source: &str| volume.get(source).is_some_and(|value| !value.is_null());
    if ALLOWED_VOLUMES.iter().any(|source| has(source)) {
        return None;
    }
    let known = RESTRICTED_VOLUMES.into_iter().find(|source| has(source));
    known.or_else(|| {
        let mut keys = volume.as_object()?.keys();
        keys.any(|key| key != "name" && has(key))
            .then_some("unknown")
    })
}

pub(super) fn run_as_non_root(pod: &Pod<'_>) -> Option<Finding> {
    const REASON: &str = "runAsNonRoot != true";
    let on_pod = run_as_non_root_of(pod.get("/securityContext/runAsNonRoot"));
    let own = |container: &Container<'_>| {
        run_as_non_root_of(container.get("/securityContext/runAsNonRoot"))
    };
    let explicit = names_where(pod, |container| own(container) == Some(false));
    if on_pod == Some(false) || !explicit.is_empty() {
        let who = setters(on_pod == Some(false), &explicit);
        let detail = format!("{who} must not set securityContext.runAsNonRoot=false");
        return Some(Finding {
            reason: REASON,
            detail,
        });
    }
    let implicit = names_where(pod, |container| own(container).or(on_pod).is_none());
    (!implicit.is_empty()).then(|| Finding {
        reason: REASON,
        detail: format!(
            "pod or {} must set securityContext.runAsNonRoot=true",
            containers(&implicit)
        ),
    })
}

fn run_as_non_root_of(value: Option<&Value>) -> Option<bool> {
    value.and_then(Value::as_bool)
}

pub(super) fn run_as_non_root_1_35(pod: &Pod<'_>) -> Option<Finding> {
    if in_user_namespace(pod) {
        None
    } else {
        run_as_non_root(pod)
    }
}

pub(super) fn run_as_user(pod: &Pod<'_>) -> Option<Finding> {
    const POINTER: &str = "/securityContext/runAsUser";
    let is_root = |value: Option<&Value>| value.and_then(Value::as_i64) == Some(0);
    let on_pod = is_root(pod.get(POINTER));
    let names = names_where(pod, |container| is_root(container.get(POINTER)));
    (on_pod || !names.is_empty()).then(|| Finding {
        reason: "runAsUser=0",
        detail: format!("{} must not set runAsUser=0", setters(on_pod, &names)),
    })
}

pub(super) fn run_as_user_1_35(pod: &Pod<'_>) -> Option<Finding> {
    if in_user_namespace(pod) {
        None
    } else {
        run_as_user(pod)
    }
}

pub(super) fn seccomp_profile(pod: &Pod<'_>) -> Option<Finding> {
    const POINTER: &str = "/securityContext/seccompProfile";
    // A forbidden value is told alone, in the words of the baseline check.
    if let Some(forbidden) = confinement::seccomp_profile(pod) {
        return Some(forbidden);
    }
    if pod.get(POINTER).is_some() {
        return None;
    }
    let implicit = names_where(pod, |container| container.get(POINTER).is_none());
    (!implicit.is_empty()).then(|| Finding {
        reason: "seccompProfile",
        detail: format!(
            "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
            containers(&implicit)
        ),
    })
}

pub(super) fn seccomp_profile_1_25(pod: &Pod<'_>) -> Option<Finding> {
    if is_declared_windows(pod) {
        None
    } else {
        seccomp_profile(pod)
    }
}
