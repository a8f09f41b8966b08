//! Makes root file systems read-only, with volumes where the program must write.
//!
//! ## What it changes
//! Sets `securityContext.readOnlyRootFilesystem: true`. In the profile restricted it does so where the image is known
//! (`kubetemper images`) to work like that, and mounts an `emptyDir` at each place that it writes to and no writable
//! volume covers, never over files of the image; environment that the image then needs is added. In the profile
//! strict, or named by `--only` or the configuration, it covers all other images too, with an `emptyDir` at `/tmp`.
//!
//! Volumes are named after their path (and container: `var-cache-nginx`, `tmp-web`), and bounded by the options
//! `tmpSizeLimit` (256Mi unless the configuration says otherwise) and `sizeLimit` (1Gi); a bound reserves nothing. All
//! of it is applied together or not at all.
//!
//! ## Why
//! An intruder who cannot write cannot replace a binary, drop a tool beside it or change the configuration.
//!
//! ## When it breaks something
//! Risk is low where the image is known for sure, and runs what it is made for.
//!
//! Risk is high where less is known, where the container runs a script or another program, or keeps data outside its
//! volumes; and for every unknown image: a program that writes anywhere but in its mounts and `/tmp` fails. What an
//! image holds in `/tmp` is hidden, and a pod that writes more than the bound there is evicted.
//!
//! Windows has no such setting. Kinds that take no volumes of their own (operators that merge an overlay,
//! Knative, workflows) are reported only, unless nothing needs to be mounted.
//!
//! ## References
//! NSA/CISA Kubernetes Hardening Guidance 1.2: Immutable container file systems. OWASP K01.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "read-only-root-filesystem",
    summary: "make root file systems read-only, with volumes to write to",
    profile: Restricted,
    references: &[Nsa("Pod security"), Owasp("K01"), Checklist],
    options: Options::of::<Sizes>(),
    run: Run::Pod(run),
};

/// Options of `read-only-root-filesystem`.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Sizes {
    /// How much a container may write to the volume that is mounted at /tmp.
    tmp_size_limit: Written,
    /// How much a container may write to each other volume that is mounted for it.
    size_limit: Written,
}

impl Default for Sizes {
    fn default() -> Self {
        let (tmp_size_limit, size_limit) = ("256Mi".into(), "1Gi".into());
        Self {
            tmp_size_limit,
            size_limit,
        }
    }
}

const FIELD: &str = "/securityContext/readOnlyRootFilesystem";

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    if pod.is_windows() {
        return;
    }
    let thorough = plan.settings.profile == Strict || plan.settings.names(TRANSFORM.id);
    let mut names = VolumeNames::of(pod);
    for container in &pod.containers {
        report_moved_data(container, plan);
        if container.is_true(FIELD) {
            continue;
        }
        match ReadOnly::of(pod, container, plan) {
            ReadOnly::Works(needs) => write(pod, container, &needs, &mut names, plan),
            ReadOnly::Fails(why) if thorough => plan.suggest(container, FIELD, High, why),
            ReadOnly::Unknown if thorough => {
                let needs = Needs::of_unknown(pod, container);
                write(pod, container, &needs, &mut names, plan);
            }
            ReadOnly::Fails(_) | ReadOnly::Unknown => {}
        }
    }
}

fn write(
    pod: &Pod<'_>,
    container: &Container<'_>,
    needs: &Needs,
    names: &mut VolumeNames,
    plan: &mut Plan<'_>,
) {
    let takes_volumes = pod.shape == Shape::Full && container.kind != ContainerKind::Ephemeral;
    if !(takes_volumes || needs.writable.is_empty() && needs.env.is_empty()) {
        let places = needs.writable.join(", ");
        let advice = format!(
            "mount writable volumes first ({places}): this kind does not let them be added"
        );
        plan.suggest(container, FIELD, needs.risk, advice);
        return;
    }
    let Sizes {
        tmp_size_limit,
        size_limit,
    } = plan.options(container);
    let Needs { risk, reason, .. } = needs;
    let is_on = |value: &Value| *value == true;
    plan.together(|plan| {
        plan.ensure(container, FIELD, json!(true), is_on, *risk, reason.as_str());
        for (name, value) in &needs.env {
            let item = json!({"name": name, "value": value});
            let why = "the image needs it with a read-only root file system";
            plan.append(container, "/env", item, *risk, why);
        }
        for path in &needs.writable {
            let (size, why) = match path.as_str() {
                "/tmp" => (
                    &tmp_size_limit,
                    "keeps /tmp writable, and hides what the image has there",
                ),
                _ => (&size_limit, "the image writes there"),
            };
            names.mount((pod, container), path, size, (*risk, why), plan);
        }
    });
}

/// Reports a volume at the place where other tags of the image keep their data.
fn report_moved_data(container: &Container<'_>, plan: &mut Plan<'_>) {
    for (index, mount) in container.items("/volumeMounts").enumerate() {
        if let Some((want, why)) = read_only::mount_of_other_tags(mount, container, plan) {
            let pointer = format!("/volumeMounts/{index}/mountPath");
            let fits = |path: &Value| *path == want;
            let proposal = plan.ensure(container, &pointer, json!(want), fits, High, why);
            proposal.map(Proposal::leave_to_a_person);
        }
    }
}
