//! What is of no use is a warning, and an error with `--strict-config`.

use super::support::{Folder, HEAD, POD, config};

const USELESS: &str = "\
spec:
  overrides:
  - match: {kind: Pod}
    skip: [drop-capabilities]
    reason: used
  - match: {kind: Pod, name: gone}
    skip: [\"*\"]
    reason: not used any more
";
const WARNING: &str = "warning: kubetemper.yaml:8:3: this override matches nothing; remove it, or correct its conditions\n";

fn useless() -> Folder {
    Folder::new(&[
        ("kubetemper.yaml", &format!("{HEAD}{USELESS}")),
        ("sub/pod.yaml", POD),
    ])
}

#[test]
fn an_override_that_matches_nothing() {
    let folder = useless();
    let done = folder.run(&["check", "."]);
    assert_eq!(
        (done.code, done.stderr.contains(WARNING)),
        (1, true),
        "{}",
        done.stderr
    );
    let done = folder.run(&["check", "--strict-config", "."]);
    assert_eq!(done.code, 2);
    assert!(
        done.stderr.contains(&WARNING.replace("warning", "error")),
        "{}",
        done.stderr
    );
    let done = folder.run(&["check", "--strict-config", "--exit-zero", "."]);
    assert_eq!(done.code, 2);
    let done = folder.run(&["render", "--strict-config", "."]);
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
}

/// What ends with status 2 for a warning that was known before leaves the files as they were.
#[test]
fn fix_writes_nothing_when_a_warning_is_an_error() {
    let folder = useless();
    let keep = "name: app # kubetemper: keep forbid-privileged: why\n";
    let kept = POD.replacen("name: app\n", keep, 1);
    folder.write("kept.yaml", &kept);
    for path in [".", "kept.yaml"] {
        let done = folder.run(&["fix", "--strict-config", path]);
        assert_eq!(done.code, 2, "{}", done.stderr);
        let why = "error: nothing is written, since --strict-config takes a warning for an error\n";
        assert!(done.stderr.contains(why), "{}", done.stderr);
        assert!(done.stderr.contains("nothing changed"), "{}", done.stderr);
        assert_eq!(folder.read("sub/pod.yaml"), POD);
        assert_eq!(folder.read("kept.yaml"), kept);
    }
    let done = folder.run(&["fix", "--strict-config", "sub/pod.yaml"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_ne!(folder.read("sub/pod.yaml"), POD);
}

#[test]
fn nobody_can_tell_from_a_part_of_the_files() {
    let folder = useless();
    for arguments in [["check", "sub"], ["check", "sub/pod.yaml"]] {
        let done = folder.run(&arguments);
        assert!(!done.stderr.contains("override"), "{}", done.stderr);
    }
    let done = folder.run_in("", &["render", "--strict-config"], POD);
    assert_eq!(done.code, 0, "{}", done.stderr);
    folder.write(
        "template.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .name }}}\n",
    );
    let done = folder.run(&["check", "."]);
    assert!(!done.stderr.contains("override"), "{}", done.stderr);
}

#[test]
fn each_configuration_has_its_own_files() {
    let folder = useless();
    folder.write(
        "other/kubetemper.yaml",
        &config("{overrides: [{match: {kind: Job}, skip: ['*'], reason: x}]}"),
    );
    folder.write("other/pod.yaml", &POD.replace("name: web", "name: gone"));
    let done = folder.run(&["check", "."]);
    assert!(done.stderr.contains(WARNING), "{}", done.stderr);
    assert!(
        done.stderr
            .contains("warning: other/kubetemper.yaml:3:20: this override matches nothing"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_keep_that_keeps_nothing() {
    let keep = format!("# kubetemper: keep drop-capabilites: misspelt\n{POD}");
    let folder = Folder::new(&[("pod.yaml", &keep)]);
    let done = folder.run(&["check", "."]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(
        done.stdout.contains("this keep comment keeps nothing"),
        "{}",
        done.stdout
    );
    assert_eq!(folder.run(&["check", "--strict-config", "."]).code, 2);
}

#[test]
fn a_keep_of_a_transform_that_does_not_run_is_not_stale() {
    let keep = format!("# kubetemper: keep drop-capabilities: because\n{POD}");
    let folder = Folder::new(&[("pod.yaml", &keep)]);
    let code = |arguments: &[&str]| {
        let arguments = [&["check", "--strict-config", "--exit-zero", "."], arguments].concat();
        folder.run(&arguments).code
    };
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--skip", "drop-capabilities"]), 0);
    assert_eq!(code(&["--only", "set-seccomp-profile"]), 0);
    assert_eq!(code(&["--profile", "baseline"]), 0);
    folder.write(
        "kubetemper.yaml",
        &config("{transforms: {drop-capabilities: {enabled: false}}}"),
    );
    assert_eq!(code(&[]), 0);
}

#[test]
fn a_keep_comment_that_is_lost_on_the_way() {
    let keep = format!("# kubetemper: keep drop-capabilities: because\n{POD}");
    let folder = Folder::new(&[
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", &keep),
        ("chart/Chart.yaml", "name: c\n"),
        ("chart/templates/sub/pod.yaml", &keep),
        ("templates/pod.yaml", &keep),
        ("plain/pod.yaml", &keep),
    ]);
    let warned = |path: &str| {
        let done = folder.run(&["check", path]);
        let reason = done
            .stdout
            .lines()
            .find(|line| line.contains("is lost when"))
            .map(str::to_owned);
        reason.unwrap_or_default()
    };
    assert!(warned("base").contains("this keep comment is lost when the kustomization is built"));
    assert!(warned("chart").contains("this keep comment is lost when the chart is built"));
    assert_eq!(warned("templates"), "");
    assert_eq!(warned("plain"), "");
    assert_eq!(folder.run(&["check", "--strict-config", "base"]).code, 2);
    let annotated = POD.replace(
        "  namespace: shop\n",
        "  namespace: shop\n  annotations: {kubetemper.dev/keep: drop-capabilities=because}\n",
    );
    folder.write("base/pod.yaml", &annotated);
    assert_eq!(folder.run(&["check", "--strict-config", "base"]).code, 1);
}

#[test]
fn workloads_without_effect() {
    let worker = "apiVersion: example.com/v1\nkind: Worker\nmetadata: {name: w}\nspec: {template: {spec: {containers: []}}}\n";
    let spec = "{workloads: [{kind: Rollout.argoproj.io, podTemplate: /spec/template}, {kind: Worker.example.com, podTemplate: /spec/template/spec}]}";
    let folder = Folder::new(&[("kubetemper.yaml", &config(spec)), ("worker.yaml", worker)]);
    let done = folder.run(&["check", "."]);
    assert!(
        done.stderr.contains("warning: kubetemper.yaml:3:20: kubetemper knows where a Rollout holds its pods, so this entry has no effect; remove it\n"),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.contains(":78: no Worker has a pod there; podTemplate must lead to what holds `metadata` and `spec` of the pod\n"),
        "{}",
        done.stderr
    );
}
