//! What a sceptical user found: evidence that cannot be read, secrets in odd places, streams with other YAML.

use super::support::{Folder, POD, run};

const ACCOUNT: &str =
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: op, namespace: prod}\n";

const USER: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: prod}
spec:
  serviceAccountName: op
  containers:
  - {name: app, image: a}
";

#[test]
fn a_binding_that_cannot_be_read_is_no_evidence_of_absence() {
    for binding in [
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nsubjects:\n- kind: ServiceAccount\n   name: op\n",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  namespace: {{ .Release.Namespace }}\n",
    ] {
        let folder = Folder::new(&[
            ("pod.yaml", USER),
            ("sa.yaml", ACCOUNT),
            ("rbac.yaml", binding),
        ]);
        let done = folder.run(&["explain", "disable-token-mount", "pod.yaml"]);
        assert!(done.stdout.contains("risk      high"), "{}", done.stdout);
    }
}

#[test]
fn secrets_outside_of_secrets_are_not_shown() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
  - name: app
    image: a
    args: [--verbose, --db-password, canary1, --token=canary2]
    env:
    - {name: REDIS_URL, value: 'redis://user:canary3@redis'}
    - {name: STRIPE_KEY, value: canary4}
    livenessProbe:
      httpGet:
        httpHeaders:
        - {name: Authorization, value: Bearer canary5}
";
    let folder = Folder::new(&[("pod.yaml", pod)]);
    for verb in ["diff", "check"] {
        let done = folder.run(&[verb, "pod.yaml"]);
        assert!(
            !done.stdout.contains("canary") && !done.stderr.contains("canary"),
            "{verb}: {}",
            done.stdout
        );
        assert!(done.stdout.contains("drop:"), "{verb}: {}", done.stdout);
    }
}

#[test]
fn broken_yaml_beside_manifests_keeps_the_file_as_it_was() {
    let text = format!("{POD}---\nfoo: [bar\n");
    let folder = Folder::new(&[("pod.yaml", &text), ("other.yaml", "foo: !Ref [bar\n")]);
    assert_eq!(folder.run(&["fix", "pod.yaml"]).code, 2);
    assert_eq!(folder.read("pod.yaml"), text);
    assert_eq!(
        folder.run(&["check", "other.yaml"]).code,
        0,
        "alone it is none of our business"
    );
}

#[test]
fn an_override_that_frees_another_change_comes_to_rest() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
  - {name: app, image: a, command: [sh, -c, chown 1 /data], securityContext: {runAsUser: 0}}
";
    let folder = Folder::new(&[("pod.yaml", pod)]);
    assert_eq!(
        folder
            .run(&["fix", "--override=run-as-non-root", "pod.yaml"])
            .code,
        0
    );
    assert!(folder.read("pod.yaml").contains("drop: [ALL]"));
    assert_eq!(
        folder
            .run(&["check", "--override=run-as-non-root", "pod.yaml"])
            .code,
        0
    );
}

#[test]
fn items_of_a_resource_list_are_hardened() {
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: a}\n  spec: {template: {spec: {containers: [{name: a, image: a}]}}}\n";
    let done = run(None, &[], list);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("allowPrivilegeEscalation: false"));
}

#[test]
fn a_manifest_that_is_data_of_a_config_map_is_left_alone() {
    let kustomization = "configMapGenerator: [{name: c, files: [key=pod.yaml]}]\n";
    let folder = Folder::new(&[("kustomization.yaml", kustomization), ("pod.yaml", POD)]);
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert_eq!(folder.read("pod.yaml"), POD);
}
