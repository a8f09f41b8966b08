//! Fields that only one operating system knows (`validateWindows`, `validateLinux`).

use super::Found;
use crate::pod::Pod;

/// Fields of the pod that Windows does not know.
const POD: [&str; 14] = [
    "hostUsers",
    "resources",
    "shareProcessNamespace",
    "securityContext/appArmorProfile",
    "securityContext/fsGroup",
    "securityContext/fsGroupChangePolicy",
    "securityContext/runAsGroup",
    "securityContext/runAsUser",
    "securityContext/seLinuxChangePolicy",
    "securityContext/seLinuxOptions",
    "securityContext/seccompProfile",
    "securityContext/supplementalGroups",
    "securityContext/supplementalGroupsPolicy",
    "securityContext/sysctls/0",
];

/// Fields of a container's `securityContext` that Windows does not know.
const CONTAINER: [&str; 10] = [
    "allowPrivilegeEscalation",
    "appArmorProfile",
    "capabilities",
    "privileged",
    "procMount",
    "readOnlyRootFilesystem",
    "runAsGroup",
    "runAsUser",
    "seLinuxOptions",
    "seccompProfile",
];

pub(super) fn check(pod: &Pod<'_>, found: &mut Found) {
    if pod.is_windows() {
        windows(pod, found);
    } else if pod.get("/os/name").is_some_and(|os| os == "linux") {
        linux(pod, found);
    }
}

/// A pod that is only pinned to Windows nodes is accepted, but its containers do not start.
fn windows(pod: &Pod<'_>, found: &mut Found) {
    const MESSAGE: &str = "cannot be set for a windows pod";
    const RULE: &str = "windows";
    for field in ["hostPID", "hostIPC"] {
        if pod.is_true(&format!("/{field}")) {
            found.pod(RULE, field, MESSAGE);
        }
    }
    for field in POD {
        if pod.get(&format!("/{field}")).is_some() {
            found.pod(
                RULE,
                field.trim_end_matches("/0").replace('/', "."),
                MESSAGE,
            );
        }
    }
    for container in &pod.containers {
        for field in CONTAINER {
            if container
                .get(&format!("/securityContext/{field}"))
                .is_some()
            {
                let field = format!("securityContext.{field}");
                found.container(RULE, container, field, MESSAGE);
            }
        }
    }
}

fn linux(pod: &Pod<'_>, found: &mut Found) {
    const FIELD: &str = "securityContext.windowsOptions";
    const MESSAGE: &str = "windows options cannot be set for a linux pod";
    if pod.get("/securityContext/windowsOptions").is_some() {
        found.pod("linux", FIELD, MESSAGE);
    }
    for container in &pod.containers {
        if container.get("/securityContext/windowsOptions").is_some() {
            found.container("linux", container, FIELD, MESSAGE);
        }
    }
}
