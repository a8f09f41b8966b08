//! The report as data.

use serde_json::json;

use super::{change, file, held, levels, object, report};
use crate::change::{Fate, HeldBy, Risk};
use crate::emit::{json, masked};
use crate::pod_security::Level;
use crate::report::{Problem, Status};
use crate::yaml::Position;

#[test]
fn the_whole_shape() {
    let mut changed = file("a.yaml", "a\n", "b\n");
    let mut deployment = object();
    deployment.level = Some(levels(Level::Privileged, Level::Baseline));
    deployment.changes = vec![
        change("drop-capabilities", Some("app"), Risk::Low, Fate::Applied),
        change(
            "run-as-non-root",
            None,
            Risk::High,
            held(HeldBy::NodeAgent, "namespace kube-system"),
        ),
        change(
            "run-as-non-root",
            None,
            Risk::High,
            Fate::Refused("no place".to_owned()),
        ),
    ];
    changed.objects.push(deployment);
    let mut refused = file("b.yaml", "a\n", "a\n");
    refused.status = Status::Refused;
    refused.problems.push(Problem {
        position: Some(Position { line: 3, column: 7 }),
        object: None,
        reason: "two keys are equal".to_owned(),
        help: "remove one".to_owned(),
    });
    let mut report = report(vec![changed, refused]);
    report.templates.push("t.yaml".to_owned());
    let actual = json(&report, &|id| vec![format!("PSS of {id}")]);
    let pointer = "/spec/template/spec/containers/0/securityContext/x";
    let expected = json!({
        "version": 1,
        "summary": {
            "files": 2, "documents": 1, "changed": 1, "applied": 1, "held": 1, "refused": 1,
            "risk": {"none": 0, "low": 1, "high": 0}, "templates": 1, "unreadable": 1,
        },
        "files": [
            {"path": "a.yaml", "status": "changed", "documents": [{
                "index": 0, "apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web",
                "created": false, "level": {"before": "privileged", "after": "baseline"},
                "violations": [{
                    "check": "allowPrivilegeEscalation",
                    "reason": "allowPrivilegeEscalation != false",
                    "detail": "container \"x\" must set securityContext.allowPrivilegeEscalation=false",
                }],
                "changes": [
                    {"transform": "drop-capabilities", "pointer": pointer, "container": "app",
                     "before": null, "after": true, "risk": "low", "reason": "drop-capabilities may break it",
                     "fate": "applied", "recreate": false, "line": 3, "references": ["PSS of drop-capabilities"]},
                    {"transform": "run-as-non-root", "pointer": pointer, "container": null,
                     "before": null, "after": true, "risk": "high", "reason": "run-as-non-root may break it",
                     "fate": "held", "heldBy": "node-agent", "why": "namespace kube-system",
                     "recreate": false, "line": 3, "references": ["PSS of run-as-non-root"]},
                    {"transform": "run-as-non-root", "pointer": pointer, "container": null,
                     "before": null, "after": true, "risk": "high", "reason": "run-as-non-root may break it",
                     "fate": "refused", "why": "no place",
                     "recreate": false, "line": 3, "references": ["PSS of run-as-non-root"]},
                ],
            }]},
            {"path": "b.yaml", "status": "refused", "reason": "3:7: two keys are equal; remove one",
             "problems": [{"line": 3, "column": 7, "object": null, "reason": "two keys are equal", "help": "remove one"}],
             "documents": []},
        ],
    });
    // The text too: the order of the keys is part of the contract.
    assert_eq!(format!("{actual:#}"), format!("{expected:#}"));
}

#[test]
fn values_of_environment_variables_are_masked() {
    let value = json!("s3cr3t");
    assert_eq!(masked("/spec/containers/0/env/1/value", &value), "***");
    assert_eq!(masked("/spec/containers/0/image", &value), "s3cr3t");
    assert_eq!(
        masked("/spec/containers/0/env/1/name", &json!("TOKEN")),
        "TOKEN"
    );
    let entry = json!({"name": "TOKEN", "value": "s3cr3t"});
    let hidden = json!({"name": "TOKEN", "value": "***"});
    assert_eq!(masked("/spec/containers/0/env/1", &entry), hidden);
    assert_eq!(
        masked("/spec/containers/0/env", &json!([entry])),
        json!([hidden])
    );
    let container = json!({"name": "app", "env": [entry]});
    assert_eq!(
        masked("/spec/containers/0", &container),
        json!({"name": "app", "env": [hidden]})
    );
    assert_eq!(
        masked("", &json!([container])),
        json!([{"name": "app", "env": [hidden]}])
    );
}
