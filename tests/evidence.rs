//! What holds a change names the evidence, and options of transforms mean what they say.

#![allow(missing_docs, clippy::unwrap_used, clippy::needless_pass_by_value)]

use kubetemper::change::{Change, Fate, Risk};
use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::settings::Settings;
use kubetemper::transforms::ALL;
use serde_json::{Value, json};

/// The changes that a transform wants of a Deployment with this pod, beside other objects.
fn changes(
    transform: &str,
    metadata: Value,
    pod: Value,
    others: &[Value],
    options: Value,
) -> Vec<Change> {
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "app", "namespace": "shop"},
        "spec": {"template": {"metadata": metadata, "spec": pod}},
    });
    let settings = Settings {
        only: vec![transform.to_owned()],
        options: [(transform.to_owned(), options)].into(),
        ..Settings::default()
    };
    let mut cluster = Cluster {
        complete: true,
        ..Cluster::default()
    };
    for object in others {
        cluster.add(object);
    }
    let source = Source {
        path: "app.json".to_owned(),
        text: deployment.to_string(),
        is_patch: false,
    };
    let Outcome::Report(file, _) = pipeline::harden(source, &settings, &cluster) else {
        panic!("a template");
    };
    let objects = file.objects.into_iter();
    objects
        .flat_map(|object| object.changes)
        .map(|located| located.change)
        .collect()
}

/// Why the only change of a transform is held.
#[track_caller]
fn why(transform: &str, metadata: Value, pod: Value, others: &[Value]) -> String {
    let changes = changes(transform, metadata, pod, others, json!({}));
    let [change] = &changes[..] else {
        panic!("{changes:?}");
    };
    match &change.fate {
        Fate::Held { why, .. } => why.clone(),
        other => panic!("{other:?}"),
    }
}

fn app(fields: &Value) -> Value {
    let mut container = json!({"name": "app", "image": "app:1"});
    let fields = fields.as_object().unwrap().clone();
    container.as_object_mut().unwrap().extend(fields);
    json!({"serviceAccountName": "app", "containers": [container]})
}

fn binding(subject: &Value) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "app-reader", "namespace": "shop"},
        "subjects": [subject],
    })
}

#[test]
fn who_gives_a_role() {
    for (subject, whom) in [
        (
            json!({"kind": "ServiceAccount", "name": "app"}),
            "ServiceAccount app",
        ),
        (
            json!({"kind": "User", "name": "system:serviceaccount:shop:app"}),
            "ServiceAccount app",
        ),
        (
            json!({"kind": "Group", "name": "system:serviceaccounts"}),
            "every ServiceAccount",
        ),
        (
            json!({"kind": "Group", "name": "system:serviceaccounts:shop"}),
            "every ServiceAccount of namespace shop",
        ),
        (
            json!({"kind": "Group", "name": "system:authenticated"}),
            "everybody who has logged in",
        ),
    ] {
        let why = why(
            "disable-token-mount",
            json!({}),
            app(&json!({})),
            &[binding(&subject)],
        );
        assert_eq!(why, format!("RoleBinding/app-reader gives {whom} a role"));
    }
}

#[test]
fn what_the_pod_says() {
    let mount = json!({"name": "t", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"});
    for (metadata, container, expected) in [
        (
            json!({}),
            json!({"args": ["--leader-elect=true"]}),
            "container app runs with `leader-elect`",
        ),
        (
            json!({}),
            json!({"image": "ghcr.io/a/b-operator:1"}),
            "image b-operator calls the API server",
        ),
        (
            json!({}),
            json!({"volumeMounts": [mount]}),
            "container app mounts secrets/kubernetes.io/serviceaccount",
        ),
        (
            json!({"annotations": {"vault.hashicorp.com/agent-inject": "true"}}),
            json!({}),
            "the injector of the Vault agent copies the mount of the token",
        ),
    ] {
        let why = why("disable-token-mount", metadata, app(&container), &[]);
        assert_eq!(why, expected);
    }
}

#[test]
fn what_other_objects_say() {
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "app"},
        "automountServiceAccountToken": true,
    });
    let why_of = |others: &[Value]| {
        let metadata = json!({"labels": {"app": "app"}});
        why("disable-token-mount", metadata, app(&json!({})), others)
    };
    assert_eq!(
        why_of(&[account]),
        "ServiceAccount app sets automountServiceAccountToken: true"
    );
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "app", "namespace": "shop"},
        "spec": {"selector": {"app": "app"}},
    });
    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "hook"},
        "webhooks": [{"clientConfig": {"service": {"name": "app", "namespace": "shop"}}}],
    });
    assert_eq!(
        why_of(&[service, webhook]),
        "MutatingWebhookConfiguration/hook makes the API server call this pod"
    );
}

#[test]
fn service_links() {
    let pod = app(&json!({"args": ["--db=$(DB_SERVICE_HOST):5432"]}));
    assert_eq!(
        why("disable-service-links", json!({}), pod, &[]),
        "container app names the service link `DB_SERVICE_HOST`"
    );
}

#[test]
fn options_set_the_sizes() {
    let mut pod = app(&json!({}));
    pod["volumes"] = json!([{"name": "a", "emptyDir": {}}]);
    let wanted = |transform: &str, option: &str, at: usize| {
        let options = json!({option: "5Gi"});
        let changes = changes(transform, json!({}), pod.clone(), &[], options);
        assert!(changes.iter().all(Change::is_applied), "{changes:?}");
        changes[at].after.clone().unwrap()
    };
    assert_eq!(wanted("limit-empty-dir", "sizeLimit", 0), "5Gi");
    let volume = wanted("read-only-root-filesystem", "tmpSizeLimit", 2);
    assert_eq!(
        volume,
        json!({"name": "tmp", "emptyDir": {"sizeLimit": "5Gi"}})
    );
}

#[test]
fn options_are_checked() {
    for (id, option) in [
        ("limit-empty-dir", "sizeLimit"),
        ("read-only-root-filesystem", "tmpSizeLimit"),
    ] {
        let (transform, _) = ALL
            .iter()
            .find(|(transform, _)| transform.id == id)
            .unwrap();
        let check = |options: Value| (transform.options.check)(options);
        assert_eq!(check(json!({})), Ok(()));
        assert_eq!(check(json!({option: "10Mi"})), Ok(()));
        for wrong in [json!("10MB"), json!("0"), json!("-1Gi"), json!(true)] {
            assert!(check(json!({option: wrong})).is_err(), "{id}: {wrong}");
        }
        assert!(check(json!({"size": "10Mi"})).is_err());
    }
}

#[test]
fn an_image_of_the_node_itself_is_not_pulled() {
    for (image, risk) in [
        ("localhost/app:1", Risk::High),
        ("registry.example/app:1", Risk::Low),
        ("app:1", Risk::Low),
    ] {
        let pod = json!({"containers": [{"name": "app", "image": image}]});
        let changes = changes("pull-policy", json!({}), pod, &[], json!({}));
        let risks: Vec<Risk> = changes.iter().map(|change| change.risk).collect();
        assert_eq!(risks, [risk], "{image}");
    }
}

#[test]
fn a_cpu_limit_is_set_where_it_is_asked_for_and_fits() {
    for (resources, expected) in [
        (json!({}), Some("1")),
        (json!({"requests": {"cpu": "1500m"}}), Some("1500m")),
        (json!({"limits": {"cpu": "2"}}), None),
        (json!({"requests": {"cpu": "much"}}), None),
    ] {
        let pod = app(&json!({"resources": resources}));
        let options = json!({"cpuLimit": "1"});
        let changes = changes("default-resources", json!({}), pod, &[], options);
        let limit = changes
            .iter()
            .find(|change| change.pointer.ends_with("/limits/cpu"));
        let after = limit.and_then(|change| change.after.as_ref()?.as_str());
        assert_eq!(after, expected, "{resources}");
    }
}

#[test]
fn a_database_makes_its_folder_inside_an_empty_directory() {
    const DATA: &str = "/var/lib/postgresql/data";
    for (variable, place, doubts) in [
        ("LANG", "en", true),
        ("PGDATA", DATA, true),
        ("PGDATA", "/var/lib/postgresql/data/inside", false),
    ] {
        let mut pod = app(&json!({
            "image": "postgres:17",
            "env": [{"name": variable, "value": place}],
            "volumeMounts": [{"name": "data", "mountPath": DATA}],
        }));
        pod["volumes"] = json!([{"name": "data", "emptyDir": {}}]);
        let changes = changes("run-as-non-root", json!({}), pod, &[], json!({}));
        let doubt = "it wants to own the folder of its data";
        let told = format!("{changes:?}");
        assert_eq!(told.contains(doubt), doubts, "{variable}={place}: {told}");
    }
}

#[test]
fn files_that_only_root_may_read_are_a_doubt() {
    for (volume, doubts) in [
        (
            json!({"secret": {"secretName": "s", "defaultMode": 0o400}}),
            true,
        ),
        (
            json!({"secret": {"secretName": "s", "defaultMode": 0o640}}),
            true,
        ),
        (
            json!({"secret": {"secretName": "s", "defaultMode": 0o444}}),
            false,
        ),
        (json!({"secret": {"secretName": "s"}}), false),
        (
            json!({"configMap": {"name": "c", "items": [{"key": "k", "path": "k", "mode": 0o400}]}}),
            true,
        ),
        (
            json!({"projected": {"sources": [], "defaultMode": 0o440}}),
            true,
        ),
    ] {
        let mut pod = app(&json!({
            "image": "postgres:17",
            "volumeMounts": [{"name": "keys", "mountPath": "/keys", "readOnly": true}],
        }));
        pod["volumes"] = json!([merged(json!({"name": "keys"}), &volume)]);
        let changes = changes("run-as-non-root", json!({}), pod, &[], json!({}));
        let told = format!("{changes:?}");
        let doubt = "only root can read a volume with such a defaultMode";
        assert_eq!(told.contains(doubt), doubts, "{volume}: {told}");
    }
}

fn merged(mut into: Value, fields: &Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    into.as_object_mut().unwrap().extend(fields);
    into
}

#[test]
fn a_variable_of_the_container_tells_where_its_image_writes() {
    for (variable, writes) in [("ADMINER_PLUGINS", true), ("ADMINER_DESIGN", false)] {
        let pod = app(&json!({"image": "adminer:5", "env": [{"name": variable, "value": "x"}]}));
        let transform = "read-only-root-filesystem";
        let changes = changes(transform, json!({}), pod, &[], json!({}));
        let told = format!("{changes:?}");
        assert!(told.contains("/readOnlyRootFilesystem"), "{told}");
        assert_eq!(
            told.contains("plugins-enabled"),
            writes,
            "{variable}: {told}"
        );
    }
}

/// What only root can use is no reason where somebody else runs it: then it fails already.
#[test]
fn a_program_for_root_holds_where_root_may_run_it() {
    for (user, is_held) in [(json!(null), true), (json!(0), true), (json!(1000), false)] {
        let pod = app(&json!({
            "command": ["iptables", "-L"], "securityContext": {"runAsUser": user},
        }));
        let changes = changes("drop-capabilities", json!({}), pod, &[], json!({}));
        let told = format!("{changes:?}");
        let why = "the container runs iptables, which needs capabilities as root";
        assert_eq!(told.contains(why), is_held, "{user}: {told}");
        assert_eq!(changes[0].is_applied(), !is_held, "{user}: {told}");
    }
}
