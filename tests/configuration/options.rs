//! Options of transforms for some objects or containers, in overrides.

use kubetemper::config::File;

use super::support::{Folder, HEAD, POD, config};

/// What `default-resources` makes of the two containers of the pod, as memory limits.
fn limits(spec: &str) -> Vec<String> {
    let folder = Folder::new(&[("kubetemper.yaml", &config(spec)), ("pod.yaml", POD)]);
    folder.run(&["fix", "--only", "default-resources", "pod.yaml"]);
    let after = folder.read("pod.yaml");
    let limits = after.split("limits:").skip(1);
    limits
        .filter_map(|rest| rest.split("memory: ").nth(1)?.lines().next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn overrides_have_options_for_kinds_and_containers() {
    let entry = |applies: &str, limit: &str| {
        format!(
            "{{match: {applies}, transforms: {{default-resources: {{memoryLimit: {limit}}}}}, reason: measured}}"
        )
    };
    let one = entry("{kind: Pod, container: proxy}", "1Gi");
    assert_eq!(limits(&format!("{{overrides: [{one}]}}")), ["256Mi", "1Gi"]);
    let other = entry("{kind: Deployment}", "3Gi");
    assert_eq!(
        limits(&format!("{{overrides: [{other}]}}")),
        ["256Mi", "256Mi"]
    );
    let all = entry("{namespace: shop}", "2Gi");
    assert_eq!(
        limits(&format!("{{overrides: [{all}, {one}]}}")),
        ["2Gi", "1Gi"],
        "the later one wins"
    );
    let run = "transforms: {default-resources: {memoryLimit: 512Mi, memoryRequest: 128Mi}}";
    assert_eq!(
        limits(&format!("{{{run}, overrides: [{one}]}}")),
        ["512Mi", "1Gi"]
    );
}

#[test]
fn an_override_with_options_that_matches_nothing_is_reported() {
    let spec = "{overrides: [{match: {kind: Job}, transforms: {default-resources: {memoryLimit: 1Gi}}, reason: x}]}";
    let folder = Folder::new(&[("kubetemper.yaml", &config(spec)), ("pod.yaml", POD)]);
    let done = folder.run(&["check", "--strict-config", "."]);
    assert_eq!(done.code, 2, "{}", done.stderr);
}

#[test]
fn options_are_checked_where_they_stand() {
    for (options, message) in [
        (
            "memoryLimit: 256m",
            "`256m` is less than 1Mi of memory; write it as `64Mi`",
        ),
        (
            "cpuRequest: 1n",
            "`1n` is finer than Kubernetes divides a CPU; write whole `m`",
        ),
        (
            "cpuLimit: \"-1\"",
            "`-1` is no positive quantity such as `500m` or `64Mi`",
        ),
        (
            "memoryLimit: 1GB",
            "`1GB` is no positive quantity such as `500m` or `64Mi`",
        ),
        (
            "cpuLimits: 1",
            "there is no such key; did you mean `cpuLimit`?",
        ),
        (
            "cpuLimit: 1",
            "`1` stands here, but a string is expected; put it in quotes",
        ),
    ] {
        let (key, _) = options.split_once(':').unwrap();
        let text = format!("{HEAD}spec:\n  transforms:\n    default-resources:\n      {options}\n");
        let error = File::read("k.yaml", &text).unwrap_err().to_string();
        let place = format!("spec.transforms.default-resources.{key}: {message}");
        assert!(error.ends_with(&place), "{error}");
        let text = format!(
            "{HEAD}spec:\n  overrides:\n  - match: {{kind: Pod}}\n    reason: x\n    transforms: {{default-resources: {{{options}}}}}\n"
        );
        let error = File::read("k.yaml", &text).unwrap_err().to_string();
        let place = format!("spec.overrides[0].transforms.default-resources.{key}: {message}");
        assert!(error.ends_with(&place), "{error}");
    }
}
