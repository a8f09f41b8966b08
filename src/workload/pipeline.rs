//! Kinds that describe several pods in one object, with settings shared between them: Argo Workflows, Tekton.

use serde_json::Value;

use super::{PodTemplate, Shape, containers_at, expand};
use crate::pod::ContainerKind::{self, App, Init};
use crate::pointer::At;

/// The pods of an Argo workflow spec at a pointer.
///
/// A template's `securityContext` replaces the workflow's as a whole (`workflow/controller/workflowpod.go`), so one
/// must not be added to a template that has none. The templates without one are therefore told as one pod whose
/// pod-level fields are the workflow's; each other template is a pod of its own. `templateDefaults` counts as a
/// template; strings in `podSpecPatch` are opaque.
pub(super) fn workflow(object: &Value, root: &str) -> Vec<PodTemplate> {
    const CONTAINERS: [(ContainerKind, &str); 5] = [
        (Init, "/initContainers/*"),
        (App, "/container"),
        (App, "/script"),
        (App, "/containerSet/containers/*"),
        (App, "/sidecars/*"),
    ];
    if !object.at(root).is_some_and(Value::is_object) {
        return Vec::new();
    }
    let mut shared = template(root, true);
    shared.metadata = Some(format!("{root}/podMetadata"));
    let (mut own, mut with_volumes) = (Vec::new(), Vec::new());
    let mut templates = expand(object, root, "/templates/*");
    templates.extend(expand(object, root, "/templateDefaults"));
    for pointer in templates {
        let is_map = |below: &str| {
            object
                .at(&format!("{pointer}{below}"))
                .is_some_and(Value::is_object)
        };
        let containers = CONTAINERS
            .iter()
            .flat_map(|(kind, below)| containers_at(object, &pointer, below, *kind));
        if is_map("/securityContext") {
            let mut pod = template(&pointer, true);
            pod.metadata = Some(format!("{pointer}/metadata"));
            pod.containers = containers.collect();
            own.push(pod);
            continue;
        }
        shared.containers.extend(containers);
        if object
            .at(&format!("{pointer}/volumes"))
            .is_some_and(Value::is_array)
        {
            // For the volumes alone: nothing may be set at pod level here.
            with_volumes.push(template(&pointer, false));
        }
    }
    // Stable: keeps the order of the document within init and regular containers.
    shared.containers.sort_by_key(|(kind, _)| *kind == App);
    [vec![shared], own, with_volumes].concat()
}

/// Where a Tekton kind has tasks.
#[derive(Debug)]
pub(super) struct Tasks {
    /// Patterns of the inline task specs.
    pub(super) specs: &'static [&'static str],
    /// Pattern of the pod template that the pods of these tasks take: it holds their pod-level fields.
    pub(super) pod_template: Option<&'static str>,
}

/// The pods of Tekton tasks (`pkg/apis/pipeline/pod/template.go`).
///
/// With a pod template, the pod-level fields are there, and the task itself is told once more, without containers,
/// for its volumes. Without one, security settings stand on steps only. A `stepTemplate` counts as a step.
pub(super) fn tasks(object: &Value, place: &Tasks) -> Vec<PodTemplate> {
    const CONTAINERS: [&str; 3] = ["/steps/*", "/sidecars/*", "/stepTemplate"];
    let is_map = |pointer: &String| object.at(pointer).is_some_and(Value::is_object);
    let maps = |pattern: &&str| expand(object, "", pattern).into_iter().filter(is_map);
    let mut pods: Vec<PodTemplate> = place
        .pod_template
        .iter()
        .flat_map(maps)
        .map(|run| template(&run, true))
        .collect();
    let runs = pods.len();
    for spec in place.specs.iter().flat_map(maps) {
        let mut pod = template(&spec, false);
        let containers = CONTAINERS
            .iter()
            .flat_map(|below| containers_at(object, &spec, below, App));
        match pods.first_mut().filter(|_| runs > 0) {
            Some(run) => run.containers.extend(containers),
            None => pod.containers.extend(containers),
        }
        pods.push(pod);
    }
    pods
}

fn template(spec: &str, pod_level: bool) -> PodTemplate {
    PodTemplate {
        spec: spec.to_owned(),
        metadata: None,
        containers: Vec::new(),
        pod_level,
        shape: Shape::Limited,
    }
}
