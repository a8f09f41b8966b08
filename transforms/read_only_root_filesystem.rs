//! Makes the root file system of every container read-only, and gives each a `/tmp` of its own.
//!
//! ## What it changes
//! Sets `securityContext.readOnlyRootFilesystem: true`. Where no mount is at `/tmp`, adds an `emptyDir` volume
//! there (`tmp`, or `tmp-<container>`), bounded by the option `tmpSizeLimit` (256Mi unless the configuration
//! says otherwise; a bound reserves nothing). The three are applied together or not at all.
//!
//! ## Why
//! An intruder who cannot write cannot replace a binary, drop a tool beside it or change the configuration.
//!
//! ## When it breaks something
//! Risk is high: a program that writes anywhere but in its mounts and `/tmp` fails (nginx: `/var/cache/nginx`
//! and `/var/run`; PostgreSQL: `/var/run/postgresql`). Mount an `emptyDir` at each such place first. What an
//! image holds in `/tmp` is hidden, and a pod that writes more than the bound there is evicted.
//!
//! Windows has no such setting. Kinds that take no volumes of their own (operators that merge an overlay,
//! Knative, workflows) are reported only, unless `/tmp` is mounted already.
//!
//! ## References
//! NSA/CISA Kubernetes Hardening Guidance 1.2: Immutable container file systems. OWASP K01.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "read-only-root-filesystem",
    summary: "make root file systems read-only, with a /tmp to write to",
    profile: Strict,
    references: &[Nsa("Pod security"), Owasp("K01"), Checklist],
    options: Options::of::<Tmp>(),
    run: Run::Pod(run),
};

/// Options of `read-only-root-filesystem`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Tmp {
    /// How much a container may write to the volume that is mounted at /tmp.
    tmp_size_limit: Written,
}

impl Default for Tmp {
    fn default() -> Self {
        let tmp_size_limit = "256Mi".into();
        Self { tmp_size_limit }
    }
}

const FIELD: &str = "/securityContext/readOnlyRootFilesystem";

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    if pod.is_windows() {
        return;
    }
    let Tmp {
        tmp_size_limit: size,
    } = plan.options(pod);
    let mut names = VolumeNames::of(pod);
    for container in &pod.containers {
        let (on, reason) = (
            json!(true),
            "a program that writes anywhere but in its mounts and in /tmp fails",
        );
        let is_on = |value: &Value| *value == true;
        if container.is_true(FIELD)
            || is_mounted(container, "/tmp")
            || container.kind == ContainerKind::Ephemeral
        {
            plan.ensure(container, FIELD, on, is_on, High, reason);
        } else if pod.shape == Shape::Full {
            let name = names.free(&match pod.containers.len() {
                1 => "tmp".to_owned(),
                _ => format!("tmp-{}", container.name()),
            });
            let mount = json!({"name": name, "mountPath": "/tmp"});
            let volume = json!({"name": name, "emptyDir": {"sizeLimit": size}});
            plan.together(|plan| {
                plan.ensure(container, FIELD, on, is_on, High, reason);
                let hides = "keeps /tmp writable, and hides what the image has there";
                plan.append(container, "/volumeMounts", mount, High, hides);
                let evicts =
                    format!("the kubelet evicts the pod if it writes more than {size} to /tmp");
                plan.append(pod, "/volumes", volume, High, evicts);
            });
        } else {
            let advice =
                "mount a writable volume at /tmp first: this kind does not let one be added";
            plan.suggest(container, FIELD, High, advice);
        }
    }
}
