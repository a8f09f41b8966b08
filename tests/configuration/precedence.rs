//! Flags win over the file, the file over the defaults; what each key does.

use clap::ValueEnum as _;
use kubetemper::config::{File, schema};
use kubetemper::settings::{Profile, Settings};
use kubetemper::transforms::ALL;
use serde_json::json;

use super::support::{Folder, POD, config, transforms};

fn in_folder(spec: &str) -> Folder {
    Folder::new(&[("kubetemper.yaml", &config(spec)), ("pod.yaml", POD)])
}

#[test]
fn the_limit_of_risk() {
    let folder = in_folder("{maxRisk: low}");
    let held = |arguments: &[&str]| {
        folder
            .changes(arguments)
            .iter()
            .any(|it| it.ends_with("held risk"))
    };
    assert!(held(&["."]));
    assert!(!held(&["--no-config", "."]), "the default of check is high");
    assert!(!held(&["--max-risk", "high", "."]));
    let rendered = |spec: &str| {
        let unknown = POD.replace("nginx", "example.com/web");
        Folder::new(&[("kubetemper.yaml", &config(spec)), ("pod.yaml", &unknown)])
            .run(&["render", "--recreate", "pod.yaml"])
            .stdout
    };
    assert!(
        !rendered("{}").contains("runAsNonRoot"),
        "the default of render is low"
    );
    assert!(rendered("{maxRisk: high}").contains("runAsNonRoot"));
}

#[test]
fn the_demand() {
    let privileged = POD.replace(
        "image: nginx",
        "image: nginx\n    securityContext: {privileged: true}",
    );
    let folder = Folder::new(&[("pod.yaml", &privileged)]);
    let code = |arguments: &[&str]| {
        folder
            .run(&[&["render", "pod.yaml"], arguments].concat())
            .code
    };
    assert_eq!(code(&[]), 0);
    folder.write("kubetemper.yaml", &config("{require: baseline}"));
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--no-config"]), 0);
    let hostport = POD.replace(
        "    image: nginx\n",
        "    image: nginx\n    ports: [{containerPort: 80}]\n",
    );
    folder.write("pod.yaml", &hostport);
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--require", "restricted"]), 1, "the flag wins");
}

#[test]
fn the_demand_of_each_file_is_its_own() {
    let privileged = POD.replace(
        "image: nginx",
        "image: nginx\n    securityContext: {privileged: true}",
    );
    let folder = Folder::new(&[
        ("a/pod.yaml", &privileged),
        ("b/pod.yaml", &privileged),
        ("b/kubetemper.yaml", &config("{require: baseline}")),
    ]);
    let done = folder.run(&["fix", "."]);
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains("b/pod.yaml:1: Pod/shop/web violates"),
        "{}",
        done.stderr
    );
    assert!(
        !done.stderr.contains("a/pod.yaml:1: Pod/shop/web violates"),
        "{}",
        done.stderr
    );
}

#[test]
fn the_choice_of_transforms() {
    let spec = "{only: [drop-capabilities, set-seccomp-profile], transforms: {drop-capabilities: {enabled: false}}}";
    let folder = in_folder(spec);
    let of = |arguments: &[&str]| {
        let changes = folder.changes(&[arguments, &["."]].concat());
        transforms(&changes, "")
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&[]), ["set-seccomp-profile"]);
    assert_eq!(
        of(&["--only", "drop-capabilities"]),
        ["drop-capabilities"],
        "the flag wins"
    );
    assert_eq!(
        of(&["--skip", "set-seccomp-profile"]),
        [""; 0],
        "a flag adds to it"
    );
    assert!(of(&["--no-config"]).len() > 2);
}

#[test]
fn the_profile_and_the_rest() {
    let text = config(
        "{profile: strict, namespace: shop, target: '1.31', transforms: {drop-capabilities: {enabled: true}}}",
    );
    let file = File::read("kubetemper.yaml", &text).unwrap();
    let mut settings = Settings::default();
    file.spec.apply(&mut settings);
    assert_eq!(settings.profile, Profile::Strict);
    assert_eq!(settings.namespace.as_deref(), Some("shop"));
    assert_eq!(settings.target.to_string(), "v1.31");
    assert_eq!(settings.enabled, ["drop-capabilities"]);
    assert_eq!(settings.max_risk, Settings::default().max_risk);
    let folder = in_folder("{profile: baseline}");
    assert_eq!(transforms(&folder.changes(&["."]), "high"), [""; 0]);
    let (low, all) = (
        folder.changes(&["."]),
        folder.changes(&["--profile", "restricted", "."]),
    );
    assert!(low.len() < all.len(), "the flag wins");
}

#[test]
fn defaults_are_documented_as_they_are() {
    let defaults = Settings::default();
    let documented = |key: &str| schema()["$defs"]["Spec"]["properties"][key]["default"].clone();
    let profile = defaults.profile.to_possible_value().unwrap();
    assert_eq!(documented("profile"), json!(profile.get_name()));
    assert_eq!(
        format!("v{}", documented("target").as_str().unwrap()),
        defaults.target.to_string()
    );
}

#[test]
fn options_reach_the_transform() {
    let pod = POD.replace("spec:\n", "spec:\n  volumes: [{name: tmp, emptyDir: {}}]\n");
    let folder = Folder::new(&[("pod.yaml", &pod)]);
    let spec = "{only: [limit-empty-dir], transforms: {limit-empty-dir: {sizeLimit: 7Mi}}}";
    folder.write("kubetemper.yaml", &config(spec));
    assert_eq!(folder.run(&["fix", "."]).code, 0);
    assert!(folder.read("pod.yaml").contains("sizeLimit: 7Mi"));
}

/// What the schema says of a transform, its reader takes: the defaults, and no other key.
#[test]
fn every_transform_takes_the_options_of_its_schema() {
    for (transform, _) in ALL {
        let entry =
            &schema()["$defs"]["Spec"]["properties"]["transforms"]["properties"][transform.id];
        let mut options = entry["properties"].clone();
        let options = options.as_object_mut().unwrap();
        options.shift_remove("enabled");
        options.retain(|_, option| option.get("default").is_some_and(|it| !it.is_null()));
        let defaults = options
            .iter()
            .map(|(key, option)| (key.clone(), option["default"].clone()));
        let check = transform.options.check;
        assert_eq!(check(defaults.collect()), Ok(()), "{}", transform.id);
        assert!(
            check(json!({"no such key": 1})).is_err(),
            "{}",
            transform.id
        );
    }
}
