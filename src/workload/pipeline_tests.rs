//! Argo Workflows and Tekton.

use serde_json::{Value, json};

use super::tests::{found, put};
use super::{identity, pod_templates};

#[test]
fn a_workflow_shares_its_pod_level_fields() {
    let spec = json!({
        "securityContext": {"runAsNonRoot": true},
        "templates": [
            {"name": "steps", "steps": []},
            {"name": "run", "container": {"image": "a"}, "sidecars": [{"name": "s"}], "volumes": []},
            {"name": "own", "securityContext": {}, "script": {"image": "b"}},
            {"name": "set", "containerSet": {"containers": [{"name": "x"}]}, "initContainers": [{"name": "i"}]},
        ],
        "templateDefaults": {"container": {"securityContext": {}}},
    });
    let strings = |pointers: &[&str]| pointers.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (kind, root) in [
        ("Workflow", "/spec"),
        ("WorkflowTemplate", "/spec"),
        ("CronWorkflow", "/spec/workflowSpec"),
    ] {
        let mut document = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": kind});
        put(&mut document, root, spec.clone());
        let below = |pointers: &[&str]| {
            strings(pointers)
                .iter()
                .map(|one| format!("{root}{one}"))
                .collect::<Vec<_>>()
        };
        let shared = below(&[
            "/templates/3/initContainers/0",
            "/templates/1/container",
            "/templates/1/sidecars/0",
            "/templates/3/containerSet/containers/0",
            "/templateDefaults/container",
        ]);
        let expected = [
            (root.to_owned(), shared),
            (
                format!("{root}/templates/2"),
                below(&["/templates/2/script"]),
            ),
            (format!("{root}/templates/1"), vec![]),
        ];
        assert_eq!(found(&document), expected, "{kind}");
        let templates = pod_templates(&identity(&document, ""), &document, "", &[]);
        assert_eq!(
            templates
                .iter()
                .map(|one| one.pod_level)
                .collect::<Vec<_>>(),
            [true, true, false]
        );
    }
}

#[test]
fn tekton_steps_are_containers() {
    let tekton = |kind: &str, spec: Value| json!({"apiVersion": "tekton.dev/v1", "kind": kind, "spec": spec});
    let task =
        || json!({"steps": [{"name": "build"}], "sidecars": [{"name": "db"}], "stepTemplate": {}});
    let below = |at: &str| {
        ["steps/0", "sidecars/0", "stepTemplate"]
            .map(|one| format!("{at}/{one}"))
            .to_vec()
    };
    let one = |at: &str| (at.to_owned(), below(at));
    let empty = |at: &str| (at.to_owned(), Vec::new());
    assert_eq!(found(&tekton("Task", task())), [one("/spec")]);
    assert_eq!(
        found(&tekton("TaskRun", json!({"taskSpec": task()}))),
        [one("/spec/taskSpec")]
    );
    let run = tekton("TaskRun", json!({"taskSpec": task(), "podTemplate": {}}));
    let expected = [
        ("/spec/podTemplate".to_owned(), below("/spec/taskSpec")),
        empty("/spec/taskSpec"),
    ];
    assert_eq!(found(&run), expected);
    let pipeline = json!({"tasks": [{"taskRef": {}}, {"taskSpec": task()}], "finally": [{"taskSpec": task()}]});
    let expected = [
        one("/spec/tasks/1/taskSpec"),
        one("/spec/finally/0/taskSpec"),
    ];
    assert_eq!(found(&tekton("Pipeline", pipeline.clone())), expected);
    let run = tekton(
        "PipelineRun",
        json!({"pipelineSpec": pipeline, "taskRunTemplate": {"podTemplate": {}}}),
    );
    let expected = [
        one("/spec/pipelineSpec/tasks/1/taskSpec"),
        one("/spec/pipelineSpec/finally/0/taskSpec"),
        empty("/spec/taskRunTemplate/podTemplate"),
    ];
    assert_eq!(found(&run), expected);
}
