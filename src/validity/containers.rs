//! What containers may hold by their kind.

use super::Found;
use crate::pod::{ContainerKind, Pod};

pub(super) fn check(pod: &Pod<'_>, found: &mut Found) {
    const PROBES: [&str; 4] = [
        "lifecycle",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
    ];
    for container in &pod.containers {
        let has = |field: &&&str| container.get(&format!("/{field}")).is_some();
        match container.kind {
            ContainerKind::Ephemeral => {
                let others = ["ports", "resources", "resizePolicy"];
                for field in PROBES.iter().chain(&others).filter(has) {
                    let message = "cannot be set for an Ephemeral Container";
                    found.container("ephemeral-container", container, field, message);
                }
            }
            ContainerKind::Init => {
                for field in PROBES.iter().filter(has) {
                    let message = "may not be set for init containers without restartPolicy=Always";
                    found.container("init-container", container, field, message);
                }
            }
            ContainerKind::App | ContainerKind::Sidecar => {}
        }
    }
}

/// The API server takes ephemeral containers only through the subresource of a live pod.
pub(super) fn check_template(pod: &Pod<'_>, found: &mut Found) {
    if pod.items("/ephemeralContainers").next().is_some() {
        let message = "ephemeral containers not allowed in pod template";
        found.pod("ephemeral-in-template", "ephemeralContainers", message);
    }
}
