//! A run in parts, with the context in a file, comes to what one run over everything comes to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::support::Folder;

/// A repository in which each folder depends on another one.
const FILES: [(&str, &str); 19] = [
    (".git/HEAD", ""),
    (
        "access/bindings.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: reads-pods, namespace: shop}\n\
         subjects: [{kind: ServiceAccount, name: web}]\n\
         roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: all-of-data}\n\
         subjects: [{kind: Group, name: 'system:serviceaccounts:data', apiGroup: rbac.authorization.k8s.io}]\n\
         roleRef: {kind: ClusterRole, name: view, apiGroup: rbac.authorization.k8s.io}\n",
    ),
    (
        "accounts/accounts.yaml",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: worker, namespace: shop}\n\
         automountServiceAccountToken: false\n---\n\
         apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: mailer, namespace: shop}\n",
    ),
    (
        "limits/range.yaml",
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: given, namespace: data}\nspec:\n  limits:\n  \
         - {type: Container, default: {memory: 96Mi}, defaultRequest: {cpu: 30m}}\n",
    ),
    (
        "scaling/web.yaml",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: shop}\nspec:\n  \
         scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 9\n",
    ),
    (
        "hooks/hook.yaml",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: checks}\n\
         webhooks:\n- name: a.example.com\n  clientConfig: {service: {name: mailer, namespace: shop}}\n",
    ),
    (
        "services/mailer.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: mailer, namespace: shop}\nspec:\n  selector: {app: mailer}\n  \
         ports: [{port: 443}]\n",
    ),
    (
        "shop/namespace.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n",
    ),
    ("shop/web.yaml", "web shop web"),
    ("shop/worker.yaml", "worker shop worker"),
    ("shop/mailer.yaml", "mailer shop mailer"),
    (
        "data/namespace.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: data\n",
    ),
    ("data/store.yaml", "store data default"),
    ("jobs/export.yaml", "export data default"),
    (
        "base/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [site.yaml]\n",
    ),
    ("base/site.yaml", "site - default"),
    (
        "prod/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: site\n\
         resources: [../base, namespace.yaml]\npatches: [{path: size.yaml}]\n",
    ),
    (
        "prod/namespace.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: site\n",
    ),
    (
        "prod/size.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: site\nspec:\n  template:\n    spec:\n      \
         containers:\n      - name: site\n        resources: {limits: {memory: 1Gi}}\n",
    ),
];

/// The repository; `name namespace account` is short for a Deployment.
fn repository() -> Folder {
    let folder = Folder::new(&[]);
    for (path, text) in FILES {
        let words: Vec<&str> = text.split(' ').collect();
        let text = match words[..] {
            [name, namespace, account] => deployment(name, namespace, account),
            _ => text.to_owned(),
        };
        folder.write(path, text.as_bytes());
    }
    folder
}

fn deployment(name: &str, namespace: &str, account: &str) -> String {
    let namespace = if namespace == "-" {
        String::new()
    } else {
        format!("\n  namespace: {namespace}")
    };
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}{namespace}\nspec:\n  selector: {{matchLabels: \
         {{app: {name}}}}}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      \
         serviceAccountName: {account}\n      containers:\n      - name: {name}\n        image: a:1\n        \
         ports: [{{containerPort: 8080}}]\n"
    )
}

/// The folders of the repository, in the order of their names.
fn shards(folder: &Folder) -> Vec<String> {
    let names = fs::read_dir(folder.root()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.contains('.')).collect();
    names.sort();
    names
}

/// All files and what they hold.
fn texts(folder: &Folder) -> BTreeMap<String, String> {
    fn add(at: &Path, root: &Path, into: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, root, into);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                into.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut texts = BTreeMap::new();
    add(folder.root(), folder.root(), &mut texts);
    texts.remove("context.json");
    texts
}

fn write_context(folder: &Folder) {
    let context = folder.run(&["context"]);
    assert_eq!(context.code, 0, "{}", context.stderr);
    folder.write("context.json", context.stdout.as_bytes());
}

#[test]
fn shards_with_a_context_file_fix_what_one_run_fixes() {
    let (whole, parts, alone) = (repository(), repository(), repository());
    whole.run(&["fix", "."]);
    write_context(&parts);
    for shard in shards(&parts) {
        let done = parts.run(&["fix", "--context", "context.json", &shard]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        alone.run(&["fix", "--no-context", &shard]);
    }
    assert_eq!(texts(&whole), texts(&parts));
    assert_ne!(texts(&whole), texts(&alone));
    assert_ne!(texts(&whole), texts(&repository()));
}

#[test]
fn shards_with_a_context_file_report_what_one_run_reports() {
    let folder = repository();
    write_context(&folder);
    let files = |arguments: &[&str]| -> BTreeMap<String, Value> {
        let done = folder.run(&[&["check", "--format", "json"], arguments].concat());
        let report: Value = serde_json::from_str(&done.stdout).unwrap();
        let files = report["files"].as_array().unwrap().iter();
        files
            .map(|file| (file["path"].as_str().unwrap().to_owned(), file.clone()))
            .collect()
    };
    let mut whole = files(&["."]);
    whole.remove("context.json");
    let mut parts = BTreeMap::new();
    for shard in shards(&folder) {
        parts.extend(files(&["--context", "context.json", &shard]));
    }
    assert_eq!(whole, parts);
}

#[test]
fn a_file_that_is_not_here_is_no_evidence() {
    let folder = repository();
    write_context(&folder);
    fs::remove_file(folder.path("shop/worker.yaml")).unwrap();
    let done = folder.run(&["check", "--context", "context.json", "shop"]);
    assert!(
        done.stdout
            .contains("worker.yaml cannot be read: it was there when the context was written"),
        "{}",
        done.stdout
    );
}

#[test]
fn a_context_file_of_another_version_is_refused() {
    let folder = repository();
    write_context(&folder);
    let text = fs::read_to_string(folder.path("context.json")).unwrap();
    let old = text.replacen(env!("CARGO_PKG_VERSION"), "0.0.1", 1);
    folder.write("context.json", old.as_bytes());
    let done = folder.run(&["check", "--context", "context.json", "shop"]);
    assert_eq!(done.code, 2);
    assert!(
        done.stderr.contains("kubetemper 0.0.1 wrote it"),
        "{}",
        done.stderr
    );
}
