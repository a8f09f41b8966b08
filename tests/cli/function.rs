//! As a KRM function: a `ResourceList` on standard input is answered with one.

use super::support::{Folder, run};

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

/// As kustomize sends it, and a comment as kpt does.
const DEPLOYMENT: &str = "\
- apiVersion: apps/v1
  kind: Deployment # the web
  metadata:
    name: web
    annotations:
      kustomize.config.k8s.io/id: |
        group: apps
        kind: Deployment
        name: web
        version: v1
      config.kubernetes.io/index: '0'
      internal.config.kubernetes.io/path: 'deploy/web.yaml'
      internal.config.kubernetes.io/index: '2'
      internal.config.kubernetes.io/seqindent: 'compact'
      internal.config.kubernetes.io/id: '1'
      config.k8s.io/id: '1'
  spec:
    template:
      spec:
        containers:
        - name: web
          image: registry.example.com/web:1
";

const POD: &str = "\
- apiVersion: v1
  kind: Pod
  metadata:
    name: debug
  spec:
    hostNetwork: true
    containers:
    - name: debug
      image: registry.example.com/debug:1
";

fn configuration(spec: &str) -> String {
    format!(
        "functionConfig:
  apiVersion: kubetemper.dev/v1alpha1
  kind: Hardening
  metadata:
    name: harden
    annotations:
      config.kubernetes.io/local-config: 'true'
      config.kubernetes.io/function: |
        exec: {{path: kubetemper}}
  spec: {spec}
"
    )
}

/// The text before `results:` and the text after it.
fn split(answer: &str) -> (&str, &str) {
    answer.split_once("results:\n").unwrap_or((answer, ""))
}

#[test]
fn items_are_hardened_where_they_stand() {
    let list = format!("{HEAD}{DEPLOYMENT}{}", configuration("{}"));
    let done = run(None, &[], &list);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let (items, results) = split(&done.stdout);
    // Nothing is removed, so that every line that was there still is, in order.
    let mut lines = items.lines();
    for line in list.lines() {
        assert!(lines.any(|it| it == line), "{line} in\n{items}");
    }
    assert!(items.contains("allowPrivilegeEscalation: false"), "{items}");
    let again = run(None, &[], &done.stdout);
    assert_eq!(split(&again.stdout).0, items);
    let expected = "\
  severity: info
  resourceRef:
    apiVersion: apps/v1
    kind: Deployment
    name: web
  field:
    path: \"spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation\"
    currentValue: null
    proposedValue: false
  file:
    path: deploy/web.yaml
    index: 2
  tags:
    transform: forbid-privilege-escalation
    risk: low
    fate: applied
";
    assert!(results.contains(expected), "{results}");
    assert!(
        results.contains("severity: warning"),
        "what is held:\n{results}"
    );
    for words in ["info: Deployment/web: ", "warning: Deployment/web: "] {
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
}

#[test]
fn it_does_what_render_does() {
    let bare = |list: &str| -> String {
        let items = split(list).0.split_once("items:\n").unwrap().1;
        let lines = items
            .lines()
            .take_while(|line| !line.starts_with("functionConfig"));
        lines.flat_map(|line| [&line[2..], "\n"]).collect()
    };
    let list = format!("{HEAD}{DEPLOYMENT}{}", configuration("{maxRisk: high}"));
    let function = run(None, &[], &list);
    let render = run(None, &["render", "--max-risk", "high"], &bare(&list));
    assert_eq!(bare(&function.stdout), render.stdout);
}

#[test]
fn flags_win_over_its_configuration_and_that_over_files() {
    let folder = Folder::new(&[(
        "kubetemper.yaml",
        "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\nspec: {only: [disable-token-mount]}\n",
    )]);
    let changed = |arguments: &[&str], tail: &str| {
        let list = format!("{HEAD}{DEPLOYMENT}{tail}");
        let done = run(Some(folder.root()), arguments, &list);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let mut found: Vec<String> = split(&done.stdout)
            .1
            .lines()
            .filter_map(|line| Some(line.trim().strip_prefix("transform: ")?.to_owned()))
            .collect();
        found.dedup();
        found
    };
    assert_eq!(changed(&[], ""), ["disable-token-mount"]);
    let seccomp = configuration("{only: [set-seccomp-profile]}");
    assert_eq!(changed(&[], &seccomp), ["set-seccomp-profile"]);
    assert_eq!(
        changed(&["--only", "drop-capabilities"], &seccomp),
        ["drop-capabilities"]
    );
    let map = "functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c}\n  data: {only: '[set-seccomp-profile]'}\n";
    assert_eq!(changed(&[], map), ["set-seccomp-profile"]);
}

#[test]
fn mistakes_in_its_configuration_end_the_build() {
    for (tail, words) in [
        (configuration("{profil: strict}"), "did you mean `profile`?"),
        (
            configuration("{}").replace("kind: Hardening", "kind: Harden"),
            "did you mean `Hardening`?",
        ),
    ] {
        let done = run(None, &[], &format!("{HEAD}{DEPLOYMENT}{tail}"));
        assert_eq!((done.code, done.stdout.as_str()), (2, ""));
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
}

#[test]
fn when_anything_is_wrong_all_items_go_back_as_they_came() {
    let list = format!("{HEAD}{DEPLOYMENT}{POD}");
    let wrong = list.replace("    hostNetwork: true\n", "    securityContext: text\n");
    let done = run(None, &["--recreate"], &wrong);
    let (items, results) = split(&done.stdout);
    assert_eq!((done.code, items), (2, wrong.as_str()), "{}", done.stderr);
    assert!(results.contains("severity: error"), "{results}");
    assert!(!results.contains("fate: applied"), "{results}");

    let done = run(None, &["--require", "baseline"], &list);
    let (items, results) = split(&done.stdout);
    assert_eq!((done.code, items), (1, list.as_str()));
    assert!(results.contains("severity: error"), "{results}");
    assert!(
        done.stderr.contains("Pod/debug violates"),
        "{}",
        done.stderr
    );
    let done = run(None, &["--require", "baseline", "--exit-zero"], &list);
    assert_eq!((done.code, split(&done.stdout).0), (1, list.as_str()));

    // A list that cannot be read has no items that could go back.
    let twice = list.replace("  kind: Pod\n", "  kind: Pod\n  kind: Pod\n");
    let done = run(None, &[], &twice);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
}

#[test]
fn a_generator_has_nothing_to_harden() {
    let config = configuration("{}");
    let (_, item) = config.split_once('\n').unwrap();
    let item = item.replacen("  ", "- ", 1);
    let list = format!("{HEAD}{item}{config}");
    let done = run(None, &[], &list);
    assert_eq!((done.code, split(&done.stdout).0), (0, list.as_str()));
    assert!(done.stderr.contains("`transformers:`"), "{}", done.stderr);
    assert_eq!(run(None, &["--strict-config"], &list).code, 2);
    let empty = format!("{}{config}", HEAD.replace("items:", "items: []"));
    let done = run(None, &["--strict-config"], &empty);
    assert_eq!((done.code, done.stdout), (0, empty));
}

#[test]
fn braces_are_data_in_what_a_program_wrote() {
    let args = "image: web\n          args:\n          - --format={{ .Values.a }}";
    let list = format!("{HEAD}{DEPLOYMENT}").replace("image: registry.example.com/web:1", args);
    let done = run(None, &[], &list);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(split(&done.stdout).0.contains("seccompProfile"));
    let plain = list.replace(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList",
        "apiVersion: v1\nkind: List",
    );
    assert_eq!(run(None, &[], &plain).code, 2, "a template");
    for (from, to) in [
        (
            "    name: web\n",
            "    name: web\n    uid: 3c0f1a52-9df8-4a36-8a51-6c3c0a3d7e11\n",
        ),
        (
            "    annotations:\n",
            "    annotations:\n      postrenderer.helm.sh/postrender-filename: 'a/b.yaml'\n",
        ),
    ] {
        let done = run(None, &[], &plain.replacen(from, to, 1));
        assert_eq!(done.code, 0, "{}", done.stderr);
    }
}

#[test]
fn what_is_local_to_the_package_is_left_alone() {
    let local = DEPLOYMENT.replace(
        "    annotations:\n",
        "    annotations:\n      config.kubernetes.io/local-config: 'true'\n",
    );
    let list = format!("{HEAD}{local}");
    let done = run(None, &[], &list);
    assert_eq!((done.code, split(&done.stdout).0), (0, list.as_str()));
}
