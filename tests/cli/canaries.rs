//! Secrets in every place that can hold one, looked for in everything that the program says.

use super::support::{Folder, run};

/// Each `canaryN` is a secret.
const MANIFESTS: &str = r#"apiVersion: v1
kind: Secret
metadata:
  name: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"a":"canary01"}}'
data:
  key: Y2FuYXJ5MDI=
  "quoted": 'Y2FuYXJ5MDI=' # canary03 beside it
stringData:
  password: canary04
  file: |
    line
    canary05
  "escaped": "canary06\n"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shop}
data:
  DB_PASSWORD: canary07
  url: redis://user:canary08@redis:6379/0
  app.properties: |
    db.password=canary09
    level=info
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"env":[{"name":"A_TOKEN","value":"canary10"}]}'
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        args: [--password, canary11, --token=canary12, --verbose]
        command: [sh, -c, "API_KEY=canary13 exec web --db postgres://u:canary14@db:5432/x"]
        env:
        - {name: DB_PASSWORD, value: canary15}
        - name: API_TOKEN # canary16 is old
          value: |
            canary17
        - {name: DSN, value: "amqp://user:canary18@mq:5672"}
        - {name: AUTH, value: Bearer canary19}
        securityContext: {privileged: true, runAsUser: 0}
        livenessProbe:
          httpGet: {path: "/x?token=canary20", port: 80, host: 127.0.0.1, httpHeaders: [{name: Authorization, value: Basic canary21}]}
      - {name: side, image: "side:1", env: [{name: X_SECRET, value: canary22}], args: ["--api-key", "canary23"]}
"#;

/// A document that cannot be read, with a secret on the line that is shown.
const BROKEN: [&str; 7] = [
    "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  a: canary30\n  a: canary31\n",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  a: {{ canary32 }}\n",
    "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  a: [canary33\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a\n    env:\n    - name: DB_PASSWORD\n      value: !!binary canary34\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a\n    args: [--password=canary35\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a\n    env: [{name: URL, value: 'x://u:canary36@h', value: 'x://u:canary37@h'}]\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"},\"stringData\":{\"a\":\"canary38\",\"a\":\"canary39\"}}\n",
];

/// What says something, and does not carry the manifests themselves.
const SAYING: [&[&str]; 21] = [
    &["check"],
    &["check", "-v", "--color", "always"],
    &["check", "--override", "--profile", "strict"],
    &["check", "--format", "json"],
    &["check", "--format", "sarif"],
    &["check", "--format", "github"],
    &["check", "--format", "markdown"],
    &["check", "--format", "rdjson"],
    &[
        "check",
        "--format",
        "json",
        "--override",
        "--profile",
        "strict",
        "--guards",
        "all",
    ],
    &[
        "check",
        "--format",
        "sarif",
        "--override",
        "--profile",
        "strict",
        "--guards",
        "all",
    ],
    &[
        "check",
        "--format",
        "rdjson",
        "--override",
        "--profile",
        "strict",
        "--guards",
        "all",
    ],
    &["diff"],
    &[
        "diff",
        "--override",
        "--profile",
        "strict",
        "--guards",
        "all",
    ],
    &["diff", "--format", "markdown", "--override"],
    &["patch"],
    &["patch", "--override", "--profile", "strict"],
    &["patch", "--as", "kustomize", "--override"],
    &["images"],
    &["images", "--format", "json"],
    &["flows"],
    &["flows", "--format", "json"],
];

const EXPLAINED: [&str; 6] = [
    "drop-capabilities",
    "run-as-non-root",
    "forbid-privileged",
    "forbid-probe-host",
    "read-only-root-filesystem",
    "default-deny-network",
];

fn assert_silent(what: &str, text: &str) {
    let told: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("canary") || line.contains("Y2FuYXJ5"))
        .collect();
    assert!(told.is_empty(), "{what}: {told:#?}");
}

#[test]
fn what_the_program_says_holds_no_secret() {
    let folder = Folder::new(&[("a.yaml", MANIFESTS), (".git/HEAD", "")]);
    for arguments in SAYING {
        let done = folder.run(&[arguments, &["a.yaml"]].concat());
        assert!(
            !(done.stdout.is_empty() && done.stderr.is_empty()),
            "{arguments:?}"
        );
        assert_silent(&format!("{arguments:?} stdout"), &done.stdout);
        assert_silent(&format!("{arguments:?} stderr"), &done.stderr);
    }
    for id in EXPLAINED {
        let done = folder.run(&["explain", id, "--override", "--profile", "strict", "a.yaml"]);
        assert_silent(&format!("explain {id}"), &(done.stdout + &done.stderr));
    }
    for line in 1..=MANIFESTS.lines().count() {
        let done = folder.run(&["explain", "--override", &format!("a.yaml:{line}")]);
        assert_silent(&format!("explain {line}"), &(done.stdout + &done.stderr));
    }
    let done = folder.run(&["patch", "--override", "--output", "out", "a.yaml"]);
    assert_silent("patch --output", &(done.stdout + &done.stderr));
    for entry in std::fs::read_dir(folder.path("out")).unwrap() {
        let path = entry.unwrap().path();
        assert_silent(
            &path.display().to_string(),
            &std::fs::read_to_string(&path).unwrap(),
        );
    }
    let done = folder.run(&[
        "fix",
        "-v",
        "--override",
        "--report",
        "report.json",
        "a.yaml",
    ]);
    assert_silent("fix", &(done.stdout + &done.stderr));
    assert_silent("report", &folder.read("report.json"));
    // None of them was lost.
    assert_eq!(
        folder.read("a.yaml").matches("canary").count(),
        MANIFESTS.matches("canary").count()
    );
}

#[test]
fn what_render_says_beside_its_product_holds_no_secret() {
    for arguments in [
        &["render", "-"][..],
        &["render", "--override", "--recreate", "-"],
        &["--require", "restricted"],
    ] {
        let done = run(None, arguments, MANIFESTS);
        assert_silent(&format!("{arguments:?}"), &done.stderr);
    }
    let items = MANIFESTS
        .replace("---\n", "")
        .replace("apiVersion", "- apiVersion");
    let items = items.replace('\n', "\n  ").replace("\n  - ", "\n- ");
    let list = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}");
    let done = run(None, &[], &list);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_silent("function", &done.stderr);
    let results = done.stdout.split("\nresults:").nth(1).unwrap_or_default();
    assert_silent("results", results);
}

#[test]
fn the_words_on_what_cannot_be_read_hold_no_secret() {
    for text in BROKEN {
        let folder = Folder::new(&[("a.yaml", text), (".git/HEAD", "")]);
        for arguments in SAYING {
            let done = folder.run(&[arguments, &["a.yaml"]].concat());
            assert_silent(
                &format!("{arguments:?} {text}"),
                &(done.stdout + &done.stderr),
            );
        }
        for verb in [&["fix", "a.yaml"], &["explain", "a.yaml:5"]] {
            let done = folder.run(verb);
            assert_silent(&format!("{verb:?} {text}"), &(done.stdout + &done.stderr));
        }
        // What render leaves alone, it passes on.
        assert_silent(text, &folder.run(&["render", "a.yaml"]).stderr);
    }
}

#[test]
fn files_of_settings_are_not_shown() {
    let image = r#"{"config":{"User":"1000","Env":["DB_PASSWORD=canary50","PATH=/bin"],"Cmd":["web","--token=canary51"],"Labels":{"key":"canary52"}}}"#;
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: [{name: a, image: 'web:1'}]\n";
    let broken = format!("{}canary53", &image[..image.len() - 10]);
    let configuration =
        "apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\nspec:\n  password: canary54\n";
    let folder = Folder::new(&[
        ("pod.yaml", pod),
        ("images/web_1.json", image),
        ("broken/web_1.json", &broken),
        ("config.yaml", configuration),
        (
            "twice.yaml",
            "kind: Hardening\nspec: {token: canary55, token: canary56}\n",
        ),
    ]);
    for settings in [
        ["--image-config", "images"],
        ["--image-config", "broken"],
        ["--images", "config.yaml"],
        ["--config", "config.yaml"],
        ["--config", "twice.yaml"],
    ] {
        for verb in [
            &["check"][..],
            &["check", "--format", "json"],
            &["images", "--format", "json"],
            &["render"],
        ] {
            let done = folder.run(&[verb, &settings[..], &["pod.yaml"]].concat());
            assert_silent(
                &format!("{verb:?} {settings:?}"),
                &(done.stdout + &done.stderr),
            );
        }
    }
}
