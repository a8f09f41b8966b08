//! What is known of images, and how a user makes more of them known.

use serde_json::{Value, json};

use super::support::{Folder, run};

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: shop}
spec:
  initContainers:
  - name: wait
    image: busybox:1.36
    command: [sleep, '5']
  containers:
  - name: app
    image: registry.example.com/shop/api:2.3
";

/// The image of `POD` that nobody knows.
const UNKNOWN: &str = "registry.example.com/shop/api:2.3";

fn folder(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    for (name, text) in files {
        folder.write(name, text.as_bytes());
    }
    folder
}

/// What `kubetemper images --format json` tells of the unknown image.
fn told(folder: &Folder, flags: &[&str]) -> Value {
    let done = folder.run(&[&["images", "pod.yaml", "--format", "json"], flags].concat());
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let all: Value = serde_json::from_str(&done.stdout).unwrap();
    let mut images = all["images"].as_array().unwrap().iter();
    images
        .find(|image| image["image"] == UNKNOWN)
        .unwrap()
        .clone()
}

/// The risk of `run-as-non-root` for the container `app`, and its reason.
fn risk(folder: &Folder, flags: &[&str]) -> (String, String) {
    let done = folder.run(&[&["check", "pod.yaml", "--format", "json"], flags].concat());
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let changes = report["files"][0]["documents"][0]["changes"]
        .as_array()
        .unwrap()
        .clone();
    let is_ours = |change: &Value| {
        change["transform"] == "run-as-non-root"
            && change["container"]
                .as_str()
                .is_none_or(|name| name == "app")
    };
    let change = changes.into_iter().find(is_ours).unwrap();
    let text = |key: &str| change[key].as_str().unwrap().to_owned();
    (text("risk"), text("reason"))
}

#[test]
fn the_list_says_what_is_known_from_where_and_what_is_missing() {
    let done = folder(&[]).run(&["images"]);
    assert_eq!(done.code, 0);
    let expected = "\
busybox:1.36  (1 container)
  known from      the table of kubetemper, confidence high; GoogleCloudPlatform/microservices-demo
  user            root; works as 1000:1000, fsGroup 1000
  writes to       /tmp
  read-only root  works
  used in         pod.yaml:7 Pod/shop/app wait

registry.example.com/shop/api:2.3  (1 container)
  unknown         crane config registry.example.com/shop/api:2.3 > images/registry.example.com_shop_api_2.3.json, and --image-config images
  used in         pod.yaml:11 Pod/shop/app app

1 of 2 images known, in 1 of 2 containers
";
    assert_eq!(done.stdout, expected);
}

#[test]
fn an_unknown_image_is_of_high_risk_and_says_how_to_make_it_known() {
    let (risk, reason) = risk(&folder(&[]), &[]);
    assert_eq!(risk, "high");
    assert!(reason.ends_with("--image-config images"), "{reason}");
}

#[test]
fn a_configuration_of_the_image_beats_everything() {
    let config = r#"{"architecture": "amd64", "config": {"User": "1001:0", "ExposedPorts": {"8080/tcp": {}}}}"#;
    for name in [
        "images/registry.example.com_shop_api_2.3.json",
        "images/registry.example.com/shop/api:2.3.json",
    ] {
        let table = format!(
            "- {{image: {}, user: root}}\n",
            "registry.example.com/shop/api"
        );
        let folder = folder(&[(name, config), ("table.yaml", &table)]);
        let flags = ["--image-config", "images", "--images", "table.yaml"];
        assert_eq!(told(&folder, &flags)["facts"]["user"], "1001:0", "{name}");
        let (risk, reason) = risk(&folder, &flags);
        assert_eq!(risk, "low");
        assert_eq!(
            reason,
            format!("the image's user is 1001 ({name}, confidence high)")
        );
    }
}

#[test]
fn a_configuration_of_another_tag_does_not_count() {
    let folder = folder(&[(
        "images/registry.example.com_shop_api_2.4.json",
        r#"{"config": {"User": "7"}}"#,
    )]);
    assert_eq!(told(&folder, &["--image-config", "images"])["known"], false);
}

#[test]
fn an_oci_layout() {
    let index = json!({"manifests": [{
        "digest": "sha256:aa",
        "annotations": {"org.opencontainers.image.ref.name": "2.3"},
    }]});
    let platforms = json!({"manifests": [
        {"digest": "sha256:ff", "platform": {"os": "windows"}},
        {"digest": "sha256:bb", "platform": {"os": "linux"}},
    ]});
    let at = "images/registry.example.com/shop/api";
    let folder = folder(&[
        (
            &format!("{at}/oci-layout"),
            r#"{"imageLayoutVersion": "1.0.0"}"#,
        ),
        (&format!("{at}/index.json"), &index.to_string()),
        (&format!("{at}/blobs/sha256/aa"), &platforms.to_string()),
        (
            &format!("{at}/blobs/sha256/bb"),
            &json!({"config": {"digest": "sha256:cc"}}).to_string(),
        ),
        (
            &format!("{at}/blobs/sha256/cc"),
            r#"{"config": {"User": "4711"}}"#,
        ),
    ]);
    let image = told(&folder, &["--image-config", "images"]);
    assert_eq!(image["facts"]["user"], 4711);
    assert_eq!(image["origin"], format!("{at}/blobs/sha256/cc"));
}

#[test]
fn a_table_of_the_user_and_the_configuration() {
    let entry = "image: registry.example.com/shop/*\n  nonRoot: {user: 1001, group: 1001}\n";
    let config = format!(
        "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\nspec:\n  images:\n  - {}",
        entry.replace('\n', "\n  ")
    );
    let folder = folder(&[
        ("kubetemper.yaml", &config),
        ("table.yaml", &format!("- {entry}").replace("1001", "5")),
    ]);
    let user = |flags: &[&str]| told(&folder, flags)["facts"]["nonRoot"]["user"].clone();
    assert_eq!(user(&[]), 1001);
    assert_eq!(
        user(&["--images", "table.yaml"]),
        5,
        "the flag wins over the file"
    );
    assert_eq!(risk(&folder, &[]).0, "low");
}

#[test]
fn mistakes_in_tables() {
    for (text, expected) in [
        (
            "- image: a\n  usr: 1\n",
            "table.yaml:2:3: [0].usr: there is no such key; did you mean `user`?",
        ),
        (
            "- image: a:1\n",
            "table.yaml:1:3: [0].image: `a:1` is no name of an image without its tag; put tags under `versions`",
        ),
        (
            "- image: a\n  nonRoot: {user: 0, group: 0}\n",
            "table.yaml:2:3: [0].nonRoot: user 0 is root; write `never` where the image must stay root",
        ),
        (
            "- image: a\n  nonRoot: maybe\n",
            "table.yaml:2:3: [0].nonRoot: write `never`, or numbers as in `{user: 1001, group: 1001, fsGroup: 1001}`",
        ),
        (
            "- image: a\n  writable: [tmp]\n",
            "table.yaml:2:3: [0].writable: `tmp` is no absolute path",
        ),
        (
            "- image: a\n  fileCapabilities: [CAP_CHOWN]\n",
            "table.yaml:2:3: [0].fileCapabilities: `CAP_CHOWN` is no capability; write it as in NET_BIND_SERVICE",
        ),
        (
            "- image: a\n  ports: [http]\n",
            "table.yaml:2:3: [0].ports: `http` is no port; write 80 or `53/udp`",
        ),
        (
            "",
            "table.yaml:1:1: there is no image in this table; write `- image: NAME`",
        ),
    ] {
        let folder = folder(&[("table.yaml", text)]);
        let done = folder.run(&["images", "pod.yaml", "--images", "table.yaml"]);
        assert_eq!(done.code, 2, "{text}");
        assert!(done.stderr.contains(expected), "{text}: {}", done.stderr);
    }
}

#[test]
fn mistakes_in_configurations_of_images() {
    for (name, text, expected) in [
        (
            "images/a.json",
            "{}",
            "images/a.json: there is no `config`; write what `crane config`",
        ),
        ("images/a.json", "{", "images/a.json: EOF while parsing"),
        ("images/oci-layout", "{}", "images/index.json: "),
    ] {
        let folder = folder(&[(name, text)]);
        let done = folder.run(&["images", "pod.yaml", "--image-config", "images"]);
        assert_eq!(done.code, 2, "{text}");
        assert!(done.stderr.contains(expected), "{}", done.stderr);
    }
    let done = folder(&[]).run(&["images", "pod.yaml", "--image-config", "nowhere"]);
    assert!(
        done.code == 2 && done.stderr.contains("nowhere: "),
        "{}",
        done.stderr
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = folder(&[("bad.yaml", "apiVersion: v1\nkind: Pod\nkind: Pod\n")]);
    folder.write("latin.yaml", b"apiVersion: v1\nkind: \xff\n");
    let done = folder.run(&["images", "."]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("latin.yaml: "), "{}", done.stderr);
    assert!(done.stderr.contains("bad.yaml:3:1: "), "{}", done.stderr);
    assert!(done.stdout.contains("1 of 2 images known"));
    let piped = run(None, &["images", "-"], POD);
    assert!(
        piped
            .stdout
            .contains("used in         -:7 Pod/shop/app wait")
    );
}
