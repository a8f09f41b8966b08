//! What is wrong in a file is said with the place, the key, and what to do; each message is read whole.

use kubetemper::config::File;
use kubetemper::transform::Options;

use super::support::{Folder, HEAD, POD, config};

/// The message for a specification in block style, which begins on line 4, without the file's name.
#[track_caller]
fn is(spec: &str, message: &str) {
    told(&format!("{HEAD}spec:\n{spec}"), message);
}

#[track_caller]
fn told(text: &str, message: &str) {
    let error = File::read("kubetemper.yaml", text).unwrap_err().to_string();
    assert_eq!(error, format!("kubetemper.yaml:{message}"), "{text}");
}

#[test]
fn unknown_keys() {
    is(
        "  profil: strict\n",
        "4:3: spec.profil: there is no such key; did you mean `profile`?",
    );
    is(
        "  overrides:\n  - match: {kind: Pod, lables: {a: b}}\n    skip: [\"*\"]\n    reason: x\n",
        "5:24: spec.overrides[0].match.lables: there is no such key; did you mean `labels`?",
    );
    is(
        "  workloads:\n  - {qqq: x}\n",
        "5:6: spec.workloads[0].qqq: there is no such key; one of `kind`, `podTemplate` is expected",
    );
    told(
        &format!("{HEAD}status: {{}}\n"),
        "3:1: status: there is no such key; one of `apiVersion`, `kind`, `metadata`, `spec` is expected",
    );
    told(
        &format!("{HEAD}metadata: {{label: {{}}}}\n"),
        "3:12: metadata.label: there is no such key; did you mean `labels`?",
    );
}

#[test]
fn unknown_transforms() {
    is(
        "  only: [drop-capabilities, drop-capabilites]\n",
        "4:29: spec.only[1]: there is no transform `drop-capabilites`; did you mean `drop-capabilities`?",
    );
    is(
        "  transforms:\n    drop-capabilites: {}\n",
        "5:5: spec.transforms.drop-capabilites: there is no transform `drop-capabilites`; did you mean `drop-capabilities`?",
    );
    is(
        "  overrides:\n  - match: {kind: Pod}\n    skip: [zzz]\n    reason: x\n",
        "6:12: spec.overrides[0].skip[0]: there is no transform `zzz`; `kubetemper list` names all",
    );
}

#[test]
fn options_of_transforms() {
    is(
        "  transforms:\n    drop-capabilities: {enabeld: false}\n",
        "5:25: spec.transforms.drop-capabilities.enabeld: there is no such key; did you mean `enabled`?",
    );
    is(
        "  transforms:\n    drop-capabilities: {enabled: maybe}\n",
        "5:25: spec.transforms.drop-capabilities.enabled: \"maybe\" stands here, but `true` or `false` is expected",
    );
    is(
        "  transforms:\n    drop-capabilities: [a]\n",
        "5:5: spec.transforms.drop-capabilities: a list stands here, but a mapping is expected",
    );
}

/// What a transform with options says of them, before the path of the transform is put in front.
#[test]
fn options_of_a_type_of_their_own() {
    #[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
    #[serde(deny_unknown_fields, default, rename_all = "camelCase")]
    struct Limits {
        memory_limit: String,
        replicas: u32,
        names: Vec<String>,
    }
    let check = Options::of::<Limits>().check;
    let message = |value| check(value).unwrap_err().to_string();
    assert_eq!(check(serde_json::json!({"replicas": 2})), Ok(()));
    assert_eq!(
        message(serde_json::json!({"memoryLimt": "1Gi"})),
        "memoryLimt: there is no such key; did you mean `memoryLimit`?"
    );
    assert_eq!(
        message(serde_json::json!({"memoryLimit": 1})),
        "memoryLimit: `1` stands here, but a string is expected; put it in quotes"
    );
    assert_eq!(
        message(serde_json::json!({"replicas": "two"})),
        "replicas: \"two\" stands here, but a whole number is expected"
    );
    assert_eq!(
        message(serde_json::json!({"names": ["a", {}]})),
        "names[1]: a mapping stands here, but a string is expected"
    );
}

#[test]
fn unknown_values() {
    is(
        "  profile: strickt\n",
        "4:3: spec.profile: `strickt` is not possible here; did you mean `strict`?",
    );
    is(
        "  maxRisk: 9001\n",
        "4:3: spec.maxRisk: `9001` stands here, but a string is expected; put it in quotes",
    );
    is(
        "  require: privileged\n",
        "4:3: spec.require: `privileged` is not possible here; one of `baseline`, `restricted` is expected",
    );
    is(
        "  target: \"2.30\"\n",
        "4:3: spec.target: `2.30` is no Kubernetes version; write it as \"1.31\"",
    );
    is(
        "  target: \"1.99\"\n",
        "4:3: spec.target: this kubetemper knows Kubernetes 1.0 to 1.37, and not 1.99",
    );
}

#[test]
fn wrong_types() {
    is(
        "  target: 1.30\n",
        "4:3: spec.target: `1.3` stands here, but a string is expected; put it in quotes",
    );
    is(
        "  namespace: on\n",
        "4:3: spec.namespace: `true` stands here, but a string is expected; put it in quotes",
    );
    is(
        "  exclude: vendor\n",
        "4:3: spec.exclude: \"vendor\" stands here, but a list is expected",
    );
    is(
        "  overrides:\n  - match: [Pod]\n    skip: [\"*\"]\n    reason: x\n",
        "5:5: spec.overrides[0].match: a list stands here, but a mapping is expected",
    );
    is(
        "  overrides:\n  - match: {labels: {app.kubernetes.io/part: 3}}\n    skip: [\"*\"]\n    reason: x\n",
        "5:22: spec.overrides[0].match.labels[\"app.kubernetes.io/part\"]: `3` stands here, but a string is expected; put it in quotes",
    );
    told(
        &format!("{HEAD}spec: [a]\n"),
        "3:1: spec: a list stands here, but a mapping is expected",
    );
    told(
        "- a\n",
        "1:1: a list stands here, but a mapping is expected",
    );
}

#[test]
fn overrides_say_what_is_meant_and_why() {
    is(
        "  overrides:\n  - match: {kind: Pod}\n    skip: [\"*\"]\n",
        "5:3: spec.overrides[0]: the key `reason` is missing; add it",
    );
    is(
        "  overrides:\n  - match: {kind: Pod}\n    skip: [\"*\"]\n    reason: \" \"\n",
        "7:5: spec.overrides[0].reason: the reason is empty; say why, for those who read it in a year",
    );
    is(
        "  overrides:\n  - match: {}\n    skip: [\"*\"]\n    reason: x\n",
        "5:5: spec.overrides[0].match: no condition is given; give at least one of kind, name, namespace, labels, container",
    );
    is(
        "  overrides:\n  - match: {kind: Pod, namespace: }\n    skip: [\"*\"]\n    reason: x\n",
        "5:24: spec.overrides[0].match.namespace: there is no value here; write one, or remove the key",
    );
    is(
        "  overrides:\n  - match: {kind: Pod}\n    skip: []\n    reason: x\n",
        "6:5: spec.overrides[0].skip: no transform is named; name some, or `*` for all",
    );
}

#[test]
fn workloads() {
    is(
        "  workloads:\n  - {kind: Worker.example.com, podTemplate: spec/template}\n",
        "5:32: spec.workloads[0].podTemplate: `spec/template` is no JSON Pointer; write it as `/spec/template`",
    );
    for pointer in ["/", "/spec//template", "/spec/a~b", "/spec/template/"] {
        let text = config(&format!(
            "{{workloads: [{{kind: A.b, podTemplate: {pointer}}}]}}"
        ));
        assert!(File::read("kubetemper.yaml", &text).is_err(), "{pointer}");
    }
    is(
        "  workloads:\n  - {kind: Worker, podTemplate: /spec/template}\n",
        "5:6: spec.workloads[0].kind: `Worker` is no kind with its API group; write it as `Rollout.argoproj.io`",
    );
    is(
        "  workloads:\n  - {kind: Worker.example.com}\n",
        "5:3: spec.workloads[0]: the key `podTemplate` is missing; add it",
    );
}

#[test]
fn patterns() {
    is(
        "  exclude: [vendor/, \"{a\"]\n",
        "4:22: spec.exclude[1]: `{a` is no pattern (unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)); write it as in .gitignore, for example `vendor/`",
    );
    is(
        "  exclude: [\"\"]\n",
        "4:13: spec.exclude[0]: `` is no pattern (it is empty); write it as in .gitignore, for example `vendor/`",
    );
    is(
        "  exclude: [../other]\n",
        "4:13: spec.exclude[0]: `../other` is no pattern (it leads out of the folder of this file); write it as in .gitignore, for example `vendor/`",
    );
    is(
        "  exclude:\n",
        "4:3: spec.exclude: there is no value here; write one, or remove the key",
    );
}

#[test]
fn the_object_itself() {
    told(
        "apiVersion: v1\nkind: Hardening\n",
        "1:1: apiVersion: `v1` is not possible here; `kubetemper.dev/v1alpha1` is expected",
    );
    told(
        "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardning\n",
        "2:1: kind: `Hardning` is not possible here; did you mean `Hardening`?",
    );
    told(
        "kind: Hardening\n",
        "1:1: the key `apiVersion` is missing; add it",
    );
    told(
        "# nothing\n",
        "1:1: the configuration is empty; remove the file, or write it anew with `kubetemper init`",
    );
    told(
        &format!("{HEAD}---\n{HEAD}"),
        "3:1: a second document begins here, but a configuration is one object; keep one of them",
    );
    told(
        &format!("{HEAD}spec: {{only: [], only: []}}\n"),
        "3:18: the key `only` stands twice in one mapping; Kubernetes silently takes the last; remove one of the two",
    );
    let fine = format!("# a comment\n---\n{HEAD}spec: {{}}\n---\n# nothing more\n");
    assert!(File::read("kubetemper.yaml", &fine).is_ok());
    assert!(File::read("kubetemper.yaml", HEAD).is_ok());
}

#[test]
fn an_error_ends_the_run_before_anything_is_written() {
    let folder = Folder::new(&[
        ("a.yaml", POD),
        ("sub/b.yaml", POD),
        ("sub/kubetemper.yaml", &config("{profil: strict}")),
    ]);
    let done = folder.run(&["fix", "."]);
    assert_eq!(done.code, 2);
    assert_eq!(
        done.stderr,
        "error: sub/kubetemper.yaml:3:8: spec.profil: there is no such key; did you mean `profile`?\n"
    );
    assert_eq!(folder.read("a.yaml"), POD);
    let done = folder.run(&["check", "--config", "none.yaml", "."]);
    assert_eq!(done.code, 2);
    assert!(
        done.stderr.starts_with("error: none.yaml: No such file"),
        "{}",
        done.stderr
    );
}
