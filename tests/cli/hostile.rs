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

#[test]
fn json_values_one_after_the_other_are_no_stream_of_documents() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"a"}]}}"#;
    for stream in [
        format!("{pod}\n{pod}\n"),
        format!("{pod} {pod}"),
        format!("---\n{pod}\r\n\n{pod}\n"),
    ] {
        let done = run(None, &["render", "-"], &stream);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""));
        for part in [
            "one JSON value follows another",
            "put a line `---` between them, or make them the items of a List",
        ] {
            assert!(done.stderr.contains(part), "{}", done.stderr);
        }
    }
    let done = run(
        None,
        &["render", "--recreate"],
        &format!("{pod}\n---\n{pod}\n"),
    );
    assert_eq!(done.code, 0, "{}", done.stderr);
}

#[test]
fn a_version_that_nobody_knows_is_no_target() {
    let done = run(None, &["render", "--target", "1.99"], POD);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    let known = "this kubetemper knows Kubernetes 1.0 to 1.37, and not 1.99";
    assert!(done.stderr.contains(known), "{}", done.stderr);
    for target in ["1.37", "v1.30"] {
        assert_eq!(run(None, &["render", "--target", target], POD).code, 0);
    }
}

#[test]
fn explain_says_how_to_name_a_place() {
    let folder = Folder::new(&[("deploy/pod.yaml", POD)]);
    let done = folder.run(&["explain", "deploy/pod.yaml"]);
    let help = "give a line of the file, as in `kubetemper explain deploy/pod.yaml:42`, or a transform before it, \
                as in `kubetemper explain run-as-non-root deploy/pod.yaml`";
    assert_eq!((done.code, done.stderr), (2, format!("error: {help}\n")));
    let done = folder.run(&["explain", "deploy"]);
    let help = "give a transform before it, as in `kubetemper explain run-as-non-root deploy`";
    assert_eq!((done.code, done.stderr), (2, format!("error: {help}\n")));
}
