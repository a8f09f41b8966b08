//! Guards of namespaces: where new documents go, and what is left alone.

mod overlays;

use std::process::Command;

use super::support::{Folder, run};

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

const JSON: &str =
    "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", \"metadata\": {\"name\": \"shop\"}}\n";

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
";

const LISTING: &str = "resources:\n- web.yaml  # the server\n- ns.json\n";

fn applies(folder: &Folder, patch: &str) -> bool {
    folder.write("changes.patch", patch.as_bytes());
    let mut git = Command::new("git");
    git.args(["apply", "changes.patch"])
        .current_dir(folder.root());
    git.status().unwrap().success()
}

#[test]
fn a_new_file_is_made_and_listed_and_a_second_run_changes_nothing() {
    let files = [
        ("kustomization.yaml", LISTING),
        ("ns.json", JSON),
        ("web.yaml", WORKLOAD),
    ];
    let (folder, patched) = (Folder::new(&files), Folder::new(&files));
    let diff = patched.run(&["diff", "."]);
    assert_eq!(diff.code, 1, "{}", diff.stderr);
    assert!(
        diff.stdout
            .contains("--- /dev/null\n+++ b/kubetemper-shop.yaml\n")
    );
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    let listing = folder.read("kustomization.yaml");
    assert_eq!(listing, format!("{LISTING}- kubetemper-shop.yaml\n"));
    let made = folder.read("kubetemper-shop.yaml");
    assert!(made.contains("kind: ResourceQuota") && made.contains("kind: ServiceAccount"));
    assert_eq!(folder.run(&["check", "."]).code, 0);
    assert!(applies(&patched, &diff.stdout));
    for file in [
        "kubetemper-shop.yaml",
        "kustomization.yaml",
        "ns.json",
        "web.yaml",
    ] {
        assert_eq!(patched.read(file), folder.read(file), "{file}");
    }
}

#[test]
fn a_file_that_is_not_ours_is_not_written() {
    let foreign = "# mine\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    let folder = Folder::new(&[
        ("ns.json", JSON),
        ("web.yaml", WORKLOAD),
        ("kubetemper-shop.yaml", foreign),
    ]);
    let done = folder.run(&["fix", "."]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(folder.read("kubetemper-shop.yaml"), foreign);
    assert!(done.stderr.contains("unseen"), "{}", done.stderr);
}

#[test]
fn what_cannot_be_listed_is_not_made() {
    let files = [
        ("kustomization.yaml", LISTING),
        ("ns.json", JSON),
        ("web.yaml", WORKLOAD),
    ];
    let folder = Folder::new(&files);
    assert_eq!(folder.run(&["fix", "ns.json", "web.yaml"]).code, 0);
    assert!(!folder.path("kubetemper-shop.yaml").exists());
    assert_eq!(folder.read("kustomization.yaml"), LISTING);
}

#[test]
fn a_file_is_judged_the_same_whichever_files_are_named() {
    let files = [("ns.yaml", NAMESPACE), ("web.yaml", WORKLOAD)];
    let (all, one) = (Folder::new(&files), Folder::new(&files));
    assert_eq!(all.run(&["fix", "."]).code, 0);
    assert_eq!(one.run(&["fix", "ns.yaml"]).code, 0);
    assert_eq!(one.read("web.yaml"), WORKLOAD);
    assert_eq!(one.run(&["fix", "web.yaml"]).code, 0);
    assert_eq!(one.read("ns.yaml"), all.read("ns.yaml"));
    assert_eq!(one.read("web.yaml"), all.read("web.yaml"));
}

#[test]
fn raised_replicas_raise_the_quota() {
    let folder = Folder::new(&[("ns.yaml", NAMESPACE), ("web.yaml", WORKLOAD)]);
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert!(folder.read("ns.yaml").contains("pods: \"5\""));
    let more = folder
        .read("web.yaml")
        .replace("replicas: 2", "replicas: 20");
    folder.write("web.yaml", more.as_bytes());
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert!(folder.read("ns.yaml").contains("pods: \"38\""));
    assert_eq!(folder.run(&["check", "."]).code, 0);
}

#[test]
fn the_flag_and_the_configuration_say_which_namespaces() {
    let stream = format!("{NAMESPACE}---\n{WORKLOAD}");
    let guarded = |flags: &[&str], text: &str| {
        let done = run(None, flags, text);
        assert_eq!(done.code, 0, "{}", done.stderr);
        done.stdout.contains("generated-by")
    };
    assert!(guarded(&["render"], &stream));
    assert!(!guarded(&["render", "--guards", "none"], &stream));
    assert!(!guarded(&["render"], WORKLOAD));
    assert!(guarded(&["render", "--guards", "all"], WORKLOAD));
    let rendered = format!("---\n# Source: shop/templates/all.yaml\n{stream}");
    assert!(!guarded(&["render"], &rendered));
    assert!(guarded(&["render", "--guards", "declared"], &rendered));
    let system = WORKLOAD.replace("namespace: shop", "namespace: kube-shop");
    assert!(!guarded(&["render", "--guards", "all"], &system));
    let config = "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\nspec: {guards: none}\n";
    let folder = Folder::new(&[("kubetemper.yaml", config), ("all.yaml", &stream)]);
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert!(!folder.read("all.yaml").contains("generated-by"));
}

#[test]
fn the_report_says_what_is_created() {
    let stream = format!("{NAMESPACE}---\n{WORKLOAD}");
    let folder = Folder::new(&[("all.yaml", &stream)]);
    let done = folder.run(&["check", "--format", "json", "."]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let documents = report["files"][0]["documents"].as_array().unwrap();
    let created = documents
        .iter()
        .filter(|document| document["created"] == true);
    let kinds: Vec<&str> = created
        .map(|document| document["kind"].as_str().unwrap())
        .collect();
    let mut expected = vec!["NetworkPolicy"; 3];
    expected.extend(["ServiceAccount", "LimitRange", "ResourceQuota"]);
    assert_eq!(kinds, expected);
}

#[test]
fn an_override_keeps_a_namespace_as_it_is() {
    let config = "\
apiVersion: kubetemper.dev/v1alpha1
kind: Hardening
spec:
  overrides:
  - match: {kind: Namespace, name: shop}
    skip: [resource-quota]
    reason: the platform team sets quotas
";
    let stream = format!("{NAMESPACE}---\n{WORKLOAD}");
    let folder = Folder::new(&[("kubetemper.yaml", config), ("all.yaml", &stream)]);
    let done = folder.run(&["fix", "--strict-config", "."]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let text = folder.read("all.yaml");
    assert!(text.contains("kind: LimitRange") && !text.contains("kind: ResourceQuota"));
}

#[test]
fn a_policy_tells_its_evidence_in_the_report() {
    let client = WORKLOAD.replace(
        "        image:",
        "        env: [{name: CACHE, value: \"redis://cache.shop.svc:6379\"}]\n        image:",
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: cache, namespace: shop}\nspec: {selector: {app: cache}, ports: [{port: 6379}]}\n";
    let cache = WORKLOAD.replace("web", "cache");
    let stream = format!("{NAMESPACE}---\n{client}---\n{service}---\n{cache}");
    let folder = Folder::new(&[("all.yaml", &stream)]);
    let done = folder.run(&["check", "--format", "json", "."]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let documents = report["files"][0]["documents"].as_array().unwrap();
    let policy = documents
        .iter()
        .find(|it| it["name"] == "allow-deployment-cache");
    let reason = policy.unwrap()["changes"][0]["reason"].as_str().unwrap();
    assert_eq!(
        reason,
        "traffic that no manifest implies is cut off; allowed: Deployment/shop/web: Deployment/shop/web /spec/template/spec/containers/0/env/0/value; allowed: any destination: no address is written in the manifest, and what image registry.example.com/cache:1 calls is not known"
    );
}

#[test]
fn labels_name_the_release_of_what_helm_rendered() {
    let stream = |release: &str| {
        format!(
            "---\n# Source: shop/templates/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\n  labels: {{app.kubernetes.io/instance: {release}}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n      - {{name: web, image: a}}\n"
        )
    };
    let arguments = [
        "render",
        "--guards",
        "all",
        "--only",
        "limit-range",
        "--max-risk",
        "high",
    ];
    let done = run(None, &arguments, &stream("blue"));
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("name: blue-"), "{}", done.stdout);
    let again = run(None, &arguments, &done.stdout);
    assert_eq!(again.stdout, done.stdout, "a second run changes nothing");
    let named = [&arguments[..], &["--release", "green"]].concat();
    let done = run(None, &named, &stream("blue"));
    assert!(done.stdout.contains("name: green-"), "{}", done.stdout);
}

#[test]
fn a_new_file_is_written_as_the_one_beside_it() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let folder = Folder::new(&[("ns.json", JSON), ("web.yaml", &crlf(WORKLOAD))]);
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    let unix = folder.read("kubetemper-shop.yaml");
    assert!(!unix.contains('\r') && unix.contains("kind: LimitRange"));
    let folder = Folder::new(&[("ns.json", &crlf(JSON)), ("web.yaml", WORKLOAD)]);
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert_eq!(folder.read("kubetemper-shop.yaml"), crlf(&unix));
}

#[test]
fn the_report_lists_the_objects_of_a_new_file() {
    let folder = Folder::new(&[("ns.json", JSON), ("web.yaml", WORKLOAD)]);
    let done = folder.run(&["check", "--format", "json", "."]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let files = report["files"].as_array().unwrap();
    let new = files
        .iter()
        .find(|file| file["path"] == "kubetemper-shop.yaml");
    let documents = new.unwrap()["documents"].as_array().unwrap();
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    let text = folder.read("kubetemper-shop.yaml");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(documents.len(), text.matches("\nkind: ").count());
    for document in documents {
        assert_eq!(document["created"], true);
        let change = &document["changes"][0];
        let line = usize::try_from(change["line"].as_u64().unwrap()).unwrap();
        let kind = document["kind"].as_str().unwrap();
        let own = &lines[line - 1..];
        let found = own.iter().find(|line| line.starts_with("kind: "));
        assert_eq!(found, Some(&format!("kind: {kind}").as_str()), "{document}");
    }
}

#[test]
fn a_file_of_ours_takes_what_a_new_workload_needs() {
    let folder = Folder::new(&[("ns.json", JSON), ("web.yaml", WORKLOAD)]);
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    let before = folder.read("kubetemper-shop.yaml");
    assert!(!before.contains("allow-deployment-api"));
    folder.write("api.yaml", WORKLOAD.replace("web", "api").as_bytes());
    let done = folder.run(&["fix", "."]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let after = folder.read("kubetemper-shop.yaml");
    assert!(after.contains("name: allow-deployment-api"), "{after}");
    assert_eq!(folder.run(&["check", "."]).code, 0);
}

#[test]
fn the_default_account_keeps_its_token_where_a_program_uses_it() {
    let uses = WORKLOAD.replace(
        "        image:",
        "        args: [--leader-elect=true]\n        image:",
    );
    for (workload, held) in [(WORKLOAD, false), (uses.as_str(), true)] {
        let stream = format!("{NAMESPACE}---\n{workload}");
        let folder = Folder::new(&[("all.yaml", &stream)]);
        let flags = [
            "check",
            "--only",
            "default-service-account",
            "--format",
            "json",
            ".",
        ];
        let report: serde_json::Value = serde_json::from_str(&folder.run(&flags).stdout).unwrap();
        let documents = report["files"][0]["documents"].as_array().unwrap();
        let mut changes = documents
            .iter()
            .flat_map(|it| it["changes"].as_array().unwrap());
        let change = changes.next().unwrap();
        let fate = if held { "held" } else { "applied" };
        assert_eq!(change["fate"], fate, "{change}");
        let told = change.to_string();
        assert_eq!(told.contains("Deployment/web: "), held, "{told}");
        assert_eq!(told.contains("leader"), held, "{told}");
    }
}

#[test]
fn no_flag_is_offered_for_what_only_a_person_can_delete() {
    let place = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/golden/default-deny-network/workload-is-gone/before.yaml"
    );
    let folder = Folder::new(&[("shop.yaml", &std::fs::read_to_string(place).unwrap())]);
    for flags in [
        &["check", "shop.yaml"][..],
        &["check", "--override", "shop.yaml"],
    ] {
        let said = folder.run(flags).stdout;
        let (_, of_policy) = said.split_once("allow-deployment-db: no changes").unwrap();
        let (of_policy, _) = of_policy.split_once("\n\n").unwrap();
        assert!(of_policy.contains("only a person can delete it"), "{said}");
        assert!(!of_policy.contains("--override"), "{said}");
    }
}

/// A list of one kind takes no other: what is made goes beside it.
#[test]
fn a_list_of_namespaces_gets_no_other_kind() {
    let list = "apiVersion: v1\nkind: NamespaceList\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: shop}\n";
    let folder = Folder::new(&[("list.yaml", list), ("web.yaml", WORKLOAD)]);
    let only = "default-deny-network";
    let done = folder.run(&["fix", "--guards", "all", "--only", only, "."]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(folder.read("list.yaml"), list);
    assert!(
        folder
            .read("kubetemper-shop.yaml")
            .contains("NetworkPolicy")
    );
}
