//! Three whole applications, and those of the corpus where it is present.

use std::fs;
use std::path::Path;

use kubetemper::yaml::{self, Document};
use serde_json::Value;

use super::Application;

fn documents(text: &str) -> Vec<Value> {
    let slices = yaml::split(text).unwrap();
    slices
        .iter()
        .map(|slice| Document::parse(text, slice).unwrap().value().clone())
        .collect()
}

/// Checks that all of these connections are let through, and no other between two workloads: by the policies of the
/// application, and by those that a run writes for it.
fn check(name: &str, expected: &[(&str, &str, u16)], outside: &[(&str, &str, u16)], open: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden/pipeline")
        .join(format!("application-{name}"));
    let read = |path: &Path| documents(&fs::read_to_string(path).unwrap());
    let mut application = Application::of(&read(&folder.join("before.yaml")));
    assert_eq!(
        application
            .open
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        open
    );
    is_as_expected(name, &application, expected, outside);
    let files = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let after = files.filter(|path| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("after.")
    });
    application.policies = after.flat_map(|path| read(&path)).collect();
    application
        .policies
        .retain(|object| object["kind"] == "NetworkPolicy");
    is_as_expected(name, &application, expected, outside);
}

fn is_as_expected(
    name: &str,
    application: &Application,
    expected: &[(&str, &str, u16)],
    outside: &[(&str, &str, u16)],
) {
    for (from, to, port) in outside {
        assert!(
            application.allows(from, to, *port, "TCP"),
            "{name}: {from} -> {to}:{port} is cut"
        );
    }
    for from in application.pods.keys() {
        for (to, (_, ports)) in &application.pods {
            for port in ports {
                let allowed = expected.contains(&(from, to, *port));
                let found = application.allows(from, to, *port, "TCP");
                assert_eq!(
                    found, allowed,
                    "{name}: {from} -> {to}:{port}\n{:#?}",
                    application.flows.flows
                );
            }
        }
    }
}

#[test]
fn a_shop() {
    check(
        "three-tier-shop",
        &[
            ("shop/storefront", "shop/api", 8080),
            ("shop/api", "shop/pg", 5432),
            ("shop/pg", "shop/pg", 5432),
            ("shop/api", "shop/redis-master", 6379),
            ("shop/api", "shop/redis-replica", 6379),
            ("shop/redis-replica", "shop/redis-master", 6379),
        ],
        &[
            ("ingress", "shop/storefront", 3000),
            ("prometheus", "shop/api", 9797),
            ("shop/api", "stripe", 443),
        ],
        &[],
    );
}

#[test]
fn a_pipeline() {
    check(
        "batch-pipeline",
        &[
            ("batch/collect", "batch/queue", 5672),
            ("batch/worker", "batch/queue", 5672),
            ("batch/worker", "data/db", 5432),
            ("batch/migrate", "data/db", 5432),
        ],
        &[
            ("batch/collect", "data.example.org", 443),
            ("batch/worker", "s3", 443),
        ],
        &[],
    );
}

#[test]
fn an_operator() {
    check(
        "operator",
        &[("widgets/widget-operator", "widgets/registry", 80)],
        &[
            ("api server", "widgets/widget-operator", 9443),
            ("prometheus", "widgets/widget-operator", 8443),
            ("widgets/widget-operator", "api server", 6443),
        ],
        &[],
    );
}

/// The application below a folder of the corpus, in one namespace; `None` on a fresh clone.
fn corpus(folder: &str) -> Option<Application> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpus")
        .join(folder);
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).ok()? {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for mut document in documents(&text) {
            if let Some(metadata) = document.get_mut("metadata") {
                metadata["namespace"] = Value::from("n");
                all.push(document);
            }
        }
    }
    Some(Application::of(&all))
}

#[test]
fn the_bank_of_anthos_keeps_its_flows() {
    let Some(bank) = corpus("GoogleCloudPlatform+bank-of-anthos/kubernetes-manifests") else {
        return;
    };
    assert!(bank.open.is_empty(), "{:?}", bank.open);
    for (from, to, port) in [
        ("frontend", "userservice", 8080),
        ("frontend", "contacts", 8080),
        ("frontend", "balancereader", 8080),
        ("frontend", "transactionhistory", 8080),
        ("frontend", "ledgerwriter", 8080),
        ("ledgerwriter", "balancereader", 8080),
        ("ledgerwriter", "ledger-db", 5432),
        ("balancereader", "ledger-db", 5432),
        ("transactionhistory", "ledger-db", 5432),
        ("userservice", "accounts-db", 5432),
        ("contacts", "accounts-db", 5432),
        ("loadgenerator", "frontend", 8080),
    ] {
        assert!(
            bank.allows(&format!("n/{from}"), &format!("n/{to}"), port, "TCP"),
            "{from} -> {to}:{port}"
        );
    }
    assert!(bank.allows("somebody", "n/frontend", 8080, "TCP"));
    for (from, to, port) in [
        ("frontend", "ledger-db", 5432),
        ("frontend", "accounts-db", 5432),
        ("loadgenerator", "userservice", 8080),
        ("userservice", "ledger-db", 5432),
        ("contacts", "ledger-db", 5432),
        ("balancereader", "accounts-db", 5432),
    ] {
        assert!(
            !bank.allows(&format!("n/{from}"), &format!("n/{to}"), port, "TCP"),
            "{from} -> {to}:{port}"
        );
    }
}

#[test]
fn the_guestbook_keeps_what_its_manifests_do_not_show() {
    let Some(guestbook) = corpus("kubernetes+examples/web/guestbook/all-in-one") else {
        return;
    };
    assert!(guestbook.open.contains("n/frontend"));
    assert!(guestbook.allows("n/frontend", "n/redis-master", 6379, "TCP"));
    assert!(guestbook.allows("n/frontend", "n/redis-replica", 6379, "TCP"));
    assert!(guestbook.allows("n/redis-replica", "n/redis-master", 6379, "TCP"));
    assert!(!guestbook.allows("n/redis-master", "n/redis-replica", 6379, "TCP"));
}
