//! What the report says of images: each reason names the fact, where it was read, and how sure it is.

use serde_json::Value;

use super::support::Folder;

/// The changes to a container of an image, by transform.
fn reasons(image: &str, more: &str) -> Vec<(String, String, String)> {
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  containers:\n  - name: app\n    image: {image}\n{more}"
    );
    let folder = Folder::new(&[("pod.yaml", &pod)]);
    let done = folder.run(&["check", "--format", "json", "pod.yaml"]);
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let changes = &report["files"][0]["documents"][0]["changes"];
    let text = |change: &Value, key: &str| change[key].as_str().unwrap_or_default().to_owned();
    let changes = changes.as_array().unwrap().iter();
    let parts = changes.map(|change| {
        let parts = ["transform", "risk", "reason"];
        let [transform, risk, reason] = parts.map(|key| text(change, key));
        (transform, risk, reason)
    });
    parts.collect()
}

/// The first reason of a transform, with its risk.
fn reason(image: &str, more: &str, transform: &str) -> String {
    let all = reasons(image, more);
    let found = all.into_iter().find(|(id, ..)| id == transform);
    let (_, risk, reason) = found.unwrap_or_else(|| panic!("{image}: no {transform}"));
    format!("{risk}: {reason}")
}

#[test]
fn reasons_name_fact_source_and_confidence() {
    for (image, transform, parts) in [
        (
            "memcached:1.6",
            "run-as-non-root",
            &[
                "low:",
                "the image's user is memcache, which is 11211",
                "confidence high",
            ][..],
        ),
        (
            "nginx:1.27",
            "run-as-non-root",
            &[
                "low:",
                "starts as root, and works as 101",
                "docker-library/docs:nginx",
            ],
        ),
        (
            "nginx:1.27",
            "read-only-root-filesystem",
            &["low:", "given what it writes to (/tmp)", "confidence high"],
        ),
        (
            "caddy:2",
            "drop-capabilities",
            &[
                "low:",
                "its program has NET_BIND_SERVICE",
                "confidence high",
            ],
        ),
        (
            "adminer:4",
            "run-as-non-root",
            &["high:", "confidence medium"],
        ),
        (
            "gitea/gitea:1.22",
            "run-as-non-root",
            &["high:", "must run as root", "confidence medium"],
        ),
        (
            "registry.example.com/shop:1",
            "run-as-non-root",
            &[
                "high:",
                "to make it known: crane config registry.example.com/shop:1",
            ],
        ),
        (
            "mcr.microsoft.com/mssql/server:2022-latest",
            "forbid-privilege-escalation",
            &["high:", "gains capabilities from its file"],
        ),
    ] {
        let reason = reason(image, "", transform);
        for part in parts {
            assert!(reason.contains(part), "{image}: {reason}");
        }
    }
}

#[test]
fn newer_facts_are_told_with_the_older_ones() {
    let mount = "    volumeMounts:\n    - name: data\n      mountPath: /var/lib/postgresql/data\n  volumes:\n  - name: data\n    persistentVolumeClaim: {claimName: data}\n";
    let moved = reason("postgres:18", mount, "read-only-root-filesystem");
    assert!(
        moved.contains("postgres:18 keeps its data at /var/lib/postgresql (")
            && moved.contains("/var/lib/postgresql/data is where its other tags keep them ("),
        "{moved}"
    );
    let user = "    securityContext:\n      runAsUser: 999\n";
    let other = reason("postgres:17-alpine", user, "run-as-non-root");
    assert!(
        other.contains("runs as 70 (") && other.contains("999 is the user of its other tags ("),
        "{other}"
    );
    let added = "    securityContext:\n      runAsUser: 0\n      capabilities:\n        drop: [ALL]\n        add: [CHOWN, DAC_OVERRIDE, SETGID, SETUID]\n";
    let all = reasons("redis:8", added);
    let fewer = all.iter().find(|(id, ..)| id == "drop-capabilities");
    let fewer = fewer.map_or("", |(_, _, reason)| reason);
    assert!(
        fewer.contains("needs CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETPCAP, SETUID (")
            && fewer.contains("the tags <8 need ("),
        "{fewer}"
    );
}

/// What it writes to as another user than root would be a mount, for which an operator's kind has no volume.
#[test]
fn a_container_that_no_volume_can_be_given_is_a_risk() {
    let object = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p}\nspec:\n  containers:\n  - name: app\n    image: postgres:16\n";
    let folder = Folder::new(&[("p.yaml", object)]);
    let only = ["--format", "json", "--only", "run-as-non-root"];
    let done = folder.run(&[&["check", "p.yaml"], &only[..]].concat());
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let change = &report["files"][0]["documents"][0]["changes"][0];
    assert_eq!(change["risk"], "high", "{change}");
    let told = "it must be able to write to places that nothing can be mounted at here";
    assert!(
        change["reason"].as_str().unwrap().ends_with(told),
        "{change}"
    );
    let pod = reason("postgres:16", "", "run-as-non-root");
    assert!(pod.starts_with("low:"), "a pod has volumes: {pod}");
}
