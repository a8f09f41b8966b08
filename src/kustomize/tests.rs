use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;
use crate::kustomize::read::Beside;

/// A folder whose files hold these texts.
struct Folder(&'static [(&'static str, &'static str)]);

impl Beside for Folder {
    fn resolve(&self, entry: &str) -> Option<PathBuf> {
        let mut names = self.0.iter().map(|(name, _)| name);
        names
            .any(|name| *name == entry)
            .then(|| PathBuf::from(entry))
    }

    fn text(&self, path: &Path) -> Option<String> {
        let (_, text) = self.0.iter().find(|(name, _)| Path::new(name) == path)?;
        Some((*text).to_owned())
    }
}

fn read(value: &Value, files: &'static [(&'static str, &'static str)]) -> Kustomization {
    Kustomization::read(Path::new("kustomization.yaml"), value, &Folder(files)).expect("a mapping")
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "app", "image": "nginx:1.25", "env": [{"name": "A", "value": "1"}]}]},
        }},
    })
}

fn built(steps: &[Step]) -> (Value, Vec<(String, bool)>) {
    let value = deployment();
    let patch = json!([{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "side", "image": "x"}}]);
    let build = build(
        steps,
        |_| vec![Built::of_file(0, 0, "", &value)],
        |_| vec![(0, &patch)],
    );
    assert_eq!(build.unclear, None);
    let object = &build.objects[0];
    let containers = object
        .containers
        .iter()
        .map(|it| (it.pointer.clone(), it.whole));
    (object.value.clone().into_owned(), containers.collect())
}

#[test]
fn patches_merge_by_name_and_operations_append() {
    let patch = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": null, "template": {"spec": {"containers": [
            {"name": "app", "env": [{"name": "B", "value": "2"}]},
        ]}}},
    });
    let (value, containers) = built(&[
        Step::File(0),
        Step::Patch(None, Inline::default(), vec![patch]),
        Step::PatchFile(
            Some(Target {
                kind: Some("Dep.*".to_owned()),
                ..Target::default()
            }),
            1,
        ),
        Step::PatchFile(
            Some(Target {
                kind: Some("Job".to_owned()),
                ..Target::default()
            }),
            1,
        ),
    ]);
    assert_eq!(value["spec"].get("replicas"), None);
    let pods = &value["spec"]["template"]["spec"]["containers"];
    assert_eq!(
        pods[0]["env"],
        json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}])
    );
    assert_eq!(pods[1], json!({"name": "side", "image": "x"}));
    assert_eq!(containers, [("/0/value".to_owned(), true)]);
}

#[test]
fn what_stands_between_open_and_close_is_a_base() {
    let labels = Labels {
        pairs: vec![("team".to_owned(), "a".to_owned())],
        selectors: true,
        templates: true,
    };
    let rule = ImageRule {
        name: "nginx".to_owned(),
        new_tag: Some("1.27".to_owned()),
        ..ImageRule::default()
    };
    let (value, _) = built(&[
        Step::Open,
        Step::File(0),
        Step::Labels(labels.clone()),
        Step::Close,
        Step::Replicas("web".to_owned(), 4),
        Step::Image(rule),
    ]);
    assert_eq!(value["spec"]["replicas"], 4);
    assert_eq!(
        value["spec"]["selector"]["matchLabels"],
        json!({"app": "web", "team": "a"})
    );
    assert_eq!(value["spec"]["template"]["metadata"]["labels"]["team"], "a");
    assert_eq!(
        value["spec"]["template"]["spec"]["containers"][0]["image"],
        "nginx:1.27"
    );
    let (value, _) = built(&[Step::File(0), Step::Open, Step::Labels(labels), Step::Close]);
    assert_eq!(value, deployment());
}

#[test]
fn config_maps_are_made_of_literals_and_files() {
    let made = read(
        &json!({"configMapGenerator": [
            {"name": "a", "literals": ["HOST=db", "QUOTED='x y'"], "envs": ["a.env"], "files": ["b.conf", "key=b.conf"]},
        ]}),
        &[("a.env", "# words\nPORT=5432\n"), ("b.conf", "host: cache\n")],
    )
    .made;
    let data = json!({"PORT": "5432", "HOST": "db", "QUOTED": "x y", "b.conf": "host: cache\n", "key": "host: cache\n"});
    assert_eq!(made[0]["data"], data);
}

#[test]
fn what_cannot_be_followed_is_named() {
    const FILES: &[(&str, &str)] = &[
        (
            "l.yaml",
            "apiVersion: builtin\nkind: LabelTransformer\nfieldSpecs:\n- path: metadata/labels\n",
        ),
        ("p.yaml", "apiVersion: builtin\nkind: PrefixTransformer\n"),
    ];
    let alters = |value: Value| read(&value, FILES).alters;
    assert_eq!(alters(json!({"transformers": ["l.yaml"]})), None);
    assert_eq!(
        alters(json!({"transformers": ["p.yaml"]})).as_deref(),
        Some("transformers")
    );
    assert_eq!(
        alters(json!({"namePrefix": "x-"})).as_deref(),
        Some("namePrefix")
    );
    let target = |name: &str| json!({"patches": [{"target": {"name": name}, "patch": "- op: remove\n  path: /spec\n"}]});
    assert_eq!(alters(target("web|api")), None);
    assert_eq!(alters(target("web-[0-9]+")).as_deref(), Some("patches"));
}
