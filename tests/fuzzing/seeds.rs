//! Where inputs come from: the golden cases, the YAML test suite where it is present, and a few of our own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root;
use crate::targets::{Seeds, Target};

const CONFIGURATION: &str = "\
apiVersion: kubetemper.dev/v1alpha1
kind: Hardening
metadata: {name: kubetemper, annotations: {config.kubernetes.io/local-config: \"true\"}}
spec:
  profile: strict
  maxRisk: high
  guards: all
  target: \"1.30\"
  namespace: shop
  exclude: [\"vendor/**\", \"!x\"]
  transforms:
    default-resources: {memoryLimit: 256Mi, cpuRequest: 50m}
    read-only-root-filesystem: {enabled: false}
  workloads:
  - {kind: Worker.example.com, podTemplate: /spec/template}
  images:
  - {image: \"busybox*\", user: 0}
  overrides:
  - {match: {kind: Deployment, name: \"w*\", labels: {app: web}}, skip: [drop-capabilities], reason: why}
  - match: {container: web}
    transforms: {default-resources: {memoryLimit: 1Gi}}
    reason: more
";

/// The inputs that a target begins with, header included.
pub(crate) fn of(target: Target) -> Vec<Vec<u8>> {
    let texts = match target.seeds {
        Seeds::Yaml => yaml(),
        Seeds::Trees => trees(),
        Seeds::Lists => lists(),
        Seeds::Configurations => configurations(),
        Seeds::Words(words) => words.iter().map(|word| (*word).to_owned()).collect(),
    };
    let with_header = |text: String| {
        let mut input = vec![0; target.header];
        input.extend(text.into_bytes());
        input
    };
    texts.into_iter().map(with_header).collect()
}

/// Inputs of a target that broke a promise once.
pub(crate) fn crashes(target: Target) -> Vec<Vec<u8>> {
    let folder = root().join("tests/fuzz/crashes").join(target.name);
    files(&folder)
        .iter()
        .map(|path| fs::read(path).unwrap())
        .collect()
}

/// All files of a folder and below it, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    paths.into_iter().flat_map(below).collect()
}

/// The texts below a folder whose paths hold a word.
fn texts(folder: &Path, word: &str) -> Vec<(PathBuf, String)> {
    let paths = files(folder).into_iter();
    let named = paths.filter(|path| path.to_str().is_some_and(|path| path.contains(word)));
    named
        .filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?)))
        .collect()
}

fn manifests() -> Vec<String> {
    let all = texts(&root().join("golden"), "before");
    let all = all.into_iter().map(|(_, text)| text);
    all.filter(|text| text.len() < 8 << 10).collect()
}

fn yaml() -> Vec<String> {
    let mut all = manifests();
    let suite = root().join("../shared/yaml-test-suite");
    all.extend(texts(&suite, "in.yaml").into_iter().map(|(_, text)| text));
    all
}

/// The cases of several files, each as one text.
fn trees() -> Vec<String> {
    let mut all = vec![format!(
        "%%% kubetemper.yaml\n{CONFIGURATION}%%% a/kustomization.yaml\nresources: [b.yaml]\nnamespace: shop\n\
         %%% a/b.yaml\napiVersion: v1\nkind: Namespace\nmetadata: {{name: shop}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: a, image: nginx}}]}}\n"
    )];
    let mut folder = PathBuf::new();
    for (path, text) in texts(&root().join("golden"), "/before/") {
        let above = path
            .ancestors()
            .find(|above| above.ends_with("before"))
            .unwrap();
        if above != folder {
            above.clone_into(&mut folder);
            all.push(String::new());
        }
        let name = path.strip_prefix(above).unwrap().display().to_string();
        let last = all.last_mut().unwrap();
        *last += "%%% ";
        *last += &name;
        *last += "\n";
        *last += &text;
    }
    all.retain(|text| text.len() < 12 << 10);
    all
}

fn indented(text: &str, by: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.is_empty() {
            "\n".to_owned()
        } else {
            format!("{by}{line}\n")
        }
    });
    lines.collect()
}

/// Single documents as items of a list.
fn lists() -> Vec<String> {
    let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
    let configuration = indented(CONFIGURATION, "  ");
    let mut all = vec![format!(
        "{head}functionConfig:\n{configuration}items: []\nresults:\n- {{message: x}}\n"
    )];
    for manifest in manifests()
        .iter()
        .filter(|text| !text.contains("\n---") && !text.contains('{'))
        .take(150)
    {
        let mut item = indented(manifest, "  ");
        if item.starts_with("  ") {
            item.replace_range(..2, "- ");
        }
        all.push(format!("{head}items:\n{item}functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  data: {{profile: strict}}\n"));
        all.push(format!(
            "{head}functionConfig:\n{configuration}items:\n{item}"
        ));
    }
    all
}

fn configurations() -> Vec<String> {
    let mut all = vec![CONFIGURATION.to_owned()];
    let kinds = [
        ("golden", "kubetemper"),
        ("examples", "kubetemper"),
        ("golden", "Hardening"),
    ];
    for (folder, word) in kinds {
        all.extend(
            texts(&root().join(folder), word)
                .into_iter()
                .map(|(_, text)| text),
        );
    }
    all.retain(|text| text.contains("kubetemper.dev/v1alpha1") && text.len() < 8 << 10);
    all
}
