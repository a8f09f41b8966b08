//! `kubetemper patch`: the stream, the folder, and what has no patch.

use serde_json::{Value, json};

use super::support::{BROKEN, Folder, POD, TEMPLATE, hardened, run};

const CONTAINERS: &str = "{template: {spec: {containers: [{name: app, image: a}]}}}";

/// A Deployment in flow style.
fn deployment(metadata: &str) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {metadata}\nspec: {CONTAINERS}\n")
}

/// The entries of the stream, each with its object named in short.
fn entries(stdout: &str) -> Vec<(String, Value)> {
    let stream: Vec<Value> = serde_json::from_str(stdout).unwrap();
    let label = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
        let keys = ["kind", "namespace", "name", "file"];
        keys.map(text).join(" ")
    };
    let entries = stream.into_iter();
    entries.map(|entry| (label(&entry), entry)).collect()
}

#[test]
fn the_stream_holds_a_patch_for_each_object() {
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: one}}, spec: {CONTAINERS}}}\n\
         - {{apiVersion: v1, kind: List, items: [{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: two}}, spec: {CONTAINERS}}}]}}\n"
    );
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n";
    let many = format!(
        "{service}---\n{}---\n{POD}",
        deployment("{name: web, namespace: shop}")
    );
    let folder = Folder::new(&[
        ("a.yaml", &many),
        ("list.yaml", &list),
        ("ok.yaml", &hardened().replace("name: app", "name: ok")),
    ]);
    let done = folder.run(&["patch", "--namespace", "here", "."]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    let entries = entries(&done.stdout);
    let labels: Vec<_> = entries.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(
        labels,
        [
            "Deployment shop web a.yaml",
            "Pod here app a.yaml",
            "Deployment here one list.yaml",
            "Deployment here two list.yaml",
        ]
    );
    for (label, entry) in &entries {
        let keys: Vec<_> = entry.as_object().unwrap().keys().collect();
        let expected = [
            "apiVersion",
            "kind",
            "namespace",
            "name",
            "file",
            "recreate",
            "patch",
        ];
        assert_eq!(keys, expected);
        assert_eq!(entry["recreate"], label.starts_with("Pod"), "{label}");
        let spec = if label.starts_with("Pod") {
            ""
        } else {
            "/spec/template"
        };
        let pin =
            json!({"op": "test", "path": format!("{spec}/spec/containers/0/name"), "value": "app"});
        assert!(entry["patch"].as_array().unwrap().contains(&pin), "{entry}");
        let paths = entry["patch"].as_array().unwrap().iter();
        let relative = |path: &str| path.starts_with("/spec/");
        assert!(paths.map(|it| it["path"].as_str().unwrap()).all(relative));
    }
}

#[test]
fn nothing_to_do_is_an_empty_product() {
    let hardened = hardened();
    let done = run(None, &["patch", "-"], &hardened);
    assert_eq!((done.code, done.stdout.as_str()), (0, "[]\n"));
    let done = run(None, &["patch", "--as", "kustomize", "-"], &hardened);
    assert_eq!(done.code, 0);
    assert!(
        done.stdout.ends_with("kind: Component\npatches: []\n"),
        "{}",
        done.stdout
    );
    // What is held is no part of it.
    let done = run(None, &["patch", "--max-risk", "none", "-"], POD);
    assert_eq!((done.code, done.stdout.as_str()), (0, "[]\n"));
    assert!(done.stderr.contains("held"), "{}", done.stderr);
    let done = run(None, &["patch", "--exit-zero", "-"], POD);
    assert_eq!(done.code, 0);
    assert_ne!(done.stdout, "[]\n");
}

#[test]
fn what_cannot_be_read_has_no_patch() {
    for text in [BROKEN, TEMPLATE, &format!("{POD}---\n{BROKEN}")] {
        let folder = Folder::new(&[("a.yaml", text), ("ok.yaml", &hardened())]);
        let done = folder.run(&["patch", "a.yaml", "ok.yaml"]);
        assert_eq!(
            (done.code, done.stdout.as_str()),
            (2, "[]\n"),
            "{}",
            done.stderr
        );
        assert!(done.stderr.contains("a.yaml"), "{}", done.stderr);
    }
}

#[test]
fn an_object_without_a_name_has_no_patch() {
    let job = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{generateName: j-}}\nspec: {CONTAINERS}\n"
    );
    let done = run(None, &["patch", "-"], &format!("{POD}---\n{job}"));
    assert_eq!(done.code, 2);
    assert_eq!(entries(&done.stdout).len(), 1, "the others have one");
    let why = "-:10: Job/(no name): no patch can address an object without a name; \
               `kubetemper fix` or `render` make its changes";
    assert!(done.stderr.contains(why), "{}", done.stderr);
}

#[test]
fn an_object_that_stands_twice_is_named() {
    let web = deployment("{name: web}");
    let other = web.replace("name: app", "name: other");
    let folder = Folder::new(&[("dev.yaml", &web), ("prod.yaml", &other)]);
    let done = folder.run(&["patch", "."]);
    assert_eq!((done.code, entries(&done.stdout).len()), (1, 2));
    let twice = "Deployment/web stands in dev.yaml:1, prod.yaml:1";
    assert!(done.stderr.contains(twice), "{}", done.stderr);
    let done = folder.run(&["patch", "--as", "kustomize", "."]);
    assert_eq!(done.code, 2);
    assert!(done.stdout.ends_with("patches: []\n"), "{}", done.stdout);
    let why =
        "it stands in dev.yaml:1, prod.yaml:1, each with a patch of its own; a kustomization holds";
    assert!(done.stderr.contains(why), "{}", done.stderr);
    // The same patch twice is one patch.
    folder.write("prod.yaml", web.as_bytes());
    let done = folder.run(&["patch", "--as", "kustomize", "."]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert_eq!(
        done.stdout.matches("- target:").count(),
        1,
        "{}",
        done.stdout
    );
}

#[test]
fn a_component_names_its_targets_exactly() {
    let texts = [
        deployment("{name: web.v1}"),
        deployment("{name: web.v1, namespace: \"true\"}"),
        deployment("{name: 'a: \"#{(\u{e9}'}"),
    ];
    let done = run(
        None,
        &["patch", "--as", "kustomize", "-"],
        &texts.join("---\n"),
    );
    assert_eq!(done.code, 1, "{}", done.stderr);
    let component: Value = yaml_serde::from_str(&done.stdout).unwrap();
    assert_eq!(component["kind"], "Component");
    let targets: Vec<_> = component["patches"].as_array().unwrap().iter().collect();
    let target = |name: &str, namespace: Option<&str>| {
        let mut target =
            json!({"group": "apps", "version": "v1", "kind": "Deployment", "name": name});
        if let Some(namespace) = namespace {
            target["namespace"] = json!(namespace);
        }
        target
    };
    assert_eq!(targets[0]["target"], target(r"web\.v1", Some("default")));
    assert_eq!(targets[1]["target"], target(r"web\.v1", Some("true")));
    assert_eq!(targets[2]["target"], target("a: \"#\\{\\(\u{e9}", None));
    for entry in targets {
        let patch = entry["patch"].as_str().unwrap();
        assert!(serde_json::from_str::<json_patch::Patch>(patch).is_ok());
    }
}

#[test]
fn no_secret_value_reaches_a_patch() {
    let pod = POD.replace(
        "image: a",
        "image: a\n    env: [{name: API_TOKEN, value: canary}]\n    args: [--password, canary]\n    securityContext: {privileged: true}",
    );
    for form in ["json", "kustomize"] {
        let done = run(None, &["patch", "--override", "--as", form, "-"], &pod);
        assert_eq!(done.code, 1, "{}", done.stderr);
        let shown = done.stdout.contains("canary") || done.stderr.contains("canary");
        assert!(!shown, "{}{}", done.stdout, done.stderr);
        let pin =
            r#"{"op":"test","path":"/spec/containers/0/securityContext/privileged","value":true}"#;
        assert!(done.stdout.contains(pin), "{}", done.stdout);
    }
}

#[test]
fn a_folder_gets_a_file_for_each_object() {
    let nasty = "{name: ../../etc/passwd, namespace: 'A B'}";
    let text = [
        deployment("{name: web, namespace: shop}"),
        deployment("{name: shop-web}"),
        deployment("{name: shop-web-2}"),
        deployment(nasty),
    ];
    let folder = Folder::new(&[("in/all.yaml", &text.join("---\n"))]);
    let done = folder.run(&["patch", "in", "--as", "kustomize", "--output", "out/hard"]);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (1, ""),
        "{}",
        done.stderr
    );
    let mut names: Vec<_> = std::fs::read_dir(folder.path("out/hard"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "deployment-a-b-..-..-etc-passwd.json",
        "deployment-shop-web-2-2.json",
        "deployment-shop-web-2.json",
        "deployment-shop-web.json",
        "kustomization.yaml",
    ];
    assert_eq!(names, expected);
    let component: Value =
        yaml_serde::from_str(&folder.read("out/hard/kustomization.yaml")).unwrap();
    let paths = component["patches"].as_array().unwrap().iter();
    let paths: Vec<_> = paths.map(|entry| entry["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "deployment-shop-web.json",
            "deployment-shop-web-2.json",
            "deployment-shop-web-2-2.json",
            "deployment-a-b-..-..-etc-passwd.json",
        ]
    );
}

#[test]
fn a_folder_keeps_what_is_not_ours() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let arguments = ["patch", "pod.yaml", "--output", "out", "--as", "kustomize"];
    assert_eq!(folder.run(&arguments).code, 1);
    let (patch, component) = (
        folder.read("out/pod-app.json"),
        folder.read("out/kustomization.yaml"),
    );
    // Ours: written anew, and named when no longer needed.
    assert_eq!(
        folder
            .run(&[
                "patch",
                "pod.yaml",
                "--output",
                "out",
                "--only",
                "drop-capabilities"
            ])
            .code,
        1
    );
    assert_ne!(folder.read("out/pod-app.json"), patch);
    folder.write("out/pod-old.json", patch.as_bytes());
    let done = folder.run(&arguments);
    assert_eq!(done.code, 1);
    assert_eq!(folder.read("out/pod-app.json"), patch);
    let left = "out/pod-old.json is from an earlier run";
    assert!(done.stderr.contains(left), "{}", done.stderr);
    // Theirs: nothing is written at all.
    for (name, text) in [
        ("out/pod-app.json", "{}\n"),
        ("out/pod-app.json", patch.trim_end()),
        ("out/pod-app.json", "\u{0}"),
        ("out/kustomization.yaml", "kind: Kustomization\n"),
    ] {
        folder.write(
            "out/pod-app.json",
            patch.replace("true", "false").as_bytes(),
        );
        folder.write("out/kustomization.yaml", component.as_bytes());
        folder.write(name, text.as_bytes());
        let before = (
            folder.read("out/pod-app.json"),
            folder.read("out/kustomization.yaml"),
        );
        let done = folder.run(&arguments);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""));
        let why = format!("error: --output {name}: there is another file of this name");
        assert!(done.stderr.contains(&why), "{}", done.stderr);
        let after = (
            folder.read("out/pod-app.json"),
            folder.read("out/kustomization.yaml"),
        );
        assert_eq!(before, after);
    }
    let stale = "image: a # kubetemper: keep forbid-host-ports: none";
    folder.write("pod.yaml", POD.replace("image: a", stale).as_bytes());
    let done = folder.run(&["patch", "pod.yaml", "--output", "strict", "--strict-config"]);
    assert!(
        done.stderr.contains("nothing is written"),
        "{}",
        done.stderr
    );
    assert!(!folder.path("strict").exists(), "{}", done.stderr);
    folder.write("pod.yaml", POD.as_bytes());
    let done = folder.run(&["patch", "pod.yaml", "--output", "pod.yaml"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert_eq!(folder.read("pod.yaml"), POD);
}

/// A namespace and a workload in it, so that a run makes objects too; the kustomization lists their file.
fn guarded() -> Folder {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n";
    let text = namespace.to_owned() + &deployment("{name: web, namespace: shop}");
    Folder::new(&[
        ("app/all.yaml", &text),
        ("app/kustomization.yaml", "resources: [all.yaml]\n"),
    ])
}

#[test]
fn new_objects_stand_beside_the_patches() {
    let done = guarded().run(&["patch", "app"]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    let all: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
    let created = all.iter().filter(|entry| entry.get("create").is_some());
    let kinds: Vec<&str> = created
        .inspect(|entry| assert_eq!(entry["create"]["kind"], entry["kind"]))
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    assert!(
        kinds.contains(&"ServiceAccount") && kinds.contains(&"ResourceQuota"),
        "{kinds:?}"
    );
    assert!(all.iter().all(|entry| entry["kind"] != "Kustomization"));
}

#[test]
fn a_component_lists_new_objects_as_resources() {
    let folder = guarded();
    let flags = ["patch", "app", "--as", "kustomize", "--output", "hardening"];
    for _ in 0..2 {
        assert_eq!(folder.run(&flags).code, 1);
    }
    let component = folder.read("hardening/kustomization.yaml");
    assert!(
        component.contains("resources:\n- serviceaccount-shop-default.json\n"),
        "{component}"
    );
    let account: Value =
        serde_json::from_str(&folder.read("hardening/serviceaccount-shop-default.json")).unwrap();
    assert_eq!(account["automountServiceAccountToken"], false);
    let printed = folder.run(&flags[..4]).stdout;
    assert!(
        !printed.contains("resources:") && printed.contains("\n---\n{"),
        "{printed}"
    );
}

#[test]
fn a_container_that_a_kustomize_patch_adds_has_no_patch_of_its_own() {
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      \
                 containers:\n      - name: proxy\n        image: proxy:1\n";
    let folder = Folder::new(&[
        (
            "kustomization.yaml",
            "resources: [web.yaml]\npatches:\n- path: proxy.yaml\n",
        ),
        ("web.yaml", &deployment("{name: web}")),
        ("proxy.yaml", patch),
    ]);
    let done = folder.run(&["patch", "."]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    let labels: Vec<_> = entries(&done.stdout)
        .into_iter()
        .map(|(label, _)| label)
        .collect();
    assert_eq!(labels, ["Deployment - web web.yaml"]);
    let said = "it stands in a kustomize patch, which is no object that could be patched; `kubetemper fix` or `render` make";
    assert!(
        done.stderr.contains(said) && done.stderr.contains("proxy.yaml:"),
        "{}",
        done.stderr
    );
}
