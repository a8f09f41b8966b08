//! The first configuration.

use kubetemper::config::File;

use super::support::{Folder, POD, config};

const WORKER: &str = "\
apiVersion: example.com/v1
kind: Worker
metadata: {name: w}
spec:
  pools:
  - template: {spec: {containers: [{name: app, image: api}]}}
";

const AGENT: &str = "\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: \"log: collector\", namespace: kube-system}
spec:
  selector: {matchLabels: {app: logs}}
  template:
    metadata: {labels: {app: logs}}
    spec:
      containers: [{name: app, image: logs}]
";

#[test]
fn editors_find_the_schema_of_this_version() {
    let folder = Folder::new(&[]);
    assert_eq!(folder.run(&["init"]).code, 0);
    let text = folder.read("kubetemper.yaml");
    let address = text.lines().next().unwrap();
    let wanted = concat!("/raw/v", env!("CARGO_PKG_VERSION"), "/docs/schema.json");
    assert!(
        address.starts_with("# yaml-language-server: $schema=https://")
            && address.ends_with(wanted),
        "{address}"
    );
}

#[test]
fn the_first_configuration_changes_nothing() {
    let files = [
        ("pod.yaml", POD),
        ("broken.yaml", "apiVersion: [\nkind: x\n"),
    ];
    let folder = Folder::new(&files[..1]);
    let before = folder.changes(&["."]);
    let done = folder.run(&["init"]);
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (0, "wrote kubetemper.yaml\n")
    );
    assert_eq!(folder.changes(&["."]), before);
    let done = folder.run(&["check", "--strict-config", "."]);
    assert_eq!((done.code, done.stderr.as_str()), (1, ""));
    let folder = Folder::new(&files);
    assert_eq!(
        folder.run(&["init", "."]).code,
        0,
        "what cannot be read is passed over"
    );
}

#[test]
fn it_fits_the_repository() {
    let folder = Folder::new(&[
        ("deploy/worker.yaml", WORKER),
        ("deploy/agent.yaml", AGENT),
        (
            "deploy/vendor/other.yaml",
            &WORKER.replace("Worker", "Vendored"),
        ),
        ("vendor/agent.yaml", AGENT),
        ("[odd]/vendor/x.yaml", POD),
    ]);
    let done = folder.run(&["init", "."]);
    assert_eq!(
        done.stderr,
        "wrote kubetemper.yaml\nlook at spec.workloads: Worker.example.com seem to embed pods\n"
    );
    let text = folder.read("kubetemper.yaml");
    for line in [
        "  exclude:\n  - \"/\\\\[odd\\\\]/vendor/\"\n  - /deploy/vendor/\n  - /vendor/\n",
        "  workloads:\n  - {kind: Worker.example.com, podTemplate: \"/spec/pools/*/template\"}\n",
        "left alone anyway: kube-system.\n",
        "  # - match: {kind: DaemonSet, namespace: kube-system, name: \"log: collector\"}\n",
    ] {
        assert!(
            text.contains(line) || text.contains(&line.replace('"', "")),
            "{line}\n{text}"
        );
    }
    assert!(
        folder
            .changes(&["."])
            .iter()
            .all(|it| !it.contains("vendor"))
    );
    assert!(
        folder
            .changes(&["."])
            .iter()
            .any(|it| it.starts_with("deploy/worker.yaml drop-"))
    );
    let done = folder.run(&["check", "--strict-config", "."]);
    assert_eq!((done.code, done.stderr.as_str()), (1, ""));
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert_eq!(folder.run(&["check", "."]).code, 0);
}

#[test]
fn its_examples_are_right_when_the_comments_go() {
    let folder = Folder::new(&[("agent.yaml", AGENT)]);
    folder.run(&["init"]);
    let text = folder.read("kubetemper.yaml");
    let (head, spec) = text.split_once("spec:\n").unwrap();
    let is_example = |line: &&str| {
        let rest = line.trim_start().strip_prefix("# ").unwrap_or(line);
        let key = rest
            .trim_start()
            .trim_start_matches("- ")
            .split(':')
            .next()
            .unwrap();
        !line.trim().is_empty()
            && (rest.starts_with(' ') || rest.starts_with('-') || !key.contains(' '))
    };
    let examples = spec
        .lines()
        .filter(is_example)
        .map(|line| line.replacen("# ", "", 1));
    let text = format!("{head}spec:\n{}\n", examples.collect::<Vec<_>>().join("\n"));
    let file =
        File::read("kubetemper.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let spec = file.spec;
    let lists = [
        spec.exclude.len(),
        spec.workloads.len(),
        spec.overrides.len(),
        spec.transforms.len(),
    ];
    assert_eq!(lists, [1; 4], "{text}");
    assert!(spec.max_risk.is_some() && spec.require.is_some() && spec.target.is_some());
}

#[test]
fn names_in_manifests_cannot_write_the_configuration() {
    let evil = AGENT.replace("log: collector", "a\\nspec: {}\\n# \u{2028}");
    let folder = Folder::new(&[
        ("a.yaml", &evil),
        (
            "b.yaml",
            &WORKER.replace("kind: Worker", "kind: \"W}\\n  profile: x\""),
        ),
    ]);
    assert_eq!(folder.run(&["init"]).code, 0);
    let text = folder.read("kubetemper.yaml");
    assert_eq!(text.matches("\nspec:").count(), 1, "{text}");
    assert!(!text.contains("profile: x"), "{text}");
}

#[test]
fn a_file_that_exists_stays() {
    let folder = Folder::new(&[("kubetemper.yaml", &config("{}")), ("sub/x", "")]);
    let done = folder.run(&["init"]);
    assert_eq!(done.code, 2);
    assert_eq!(
        done.stderr,
        "error: kubetemper.yaml: there is such a file already, and it stays as it is; edit it, or move it away first\n"
    );
    assert_eq!(folder.read("kubetemper.yaml"), config("{}"));
    assert_eq!(folder.run(&["init", "sub"]).code, 0);
    let done = folder.run(&["init", "none"]);
    assert_eq!(done.code, 2);
    assert!(
        done.stderr
            .starts_with("error: none/kubetemper.yaml: No such file"),
        "{}",
        done.stderr
    );
}
