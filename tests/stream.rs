//! What is done in little memory is what is done with all that is known: texts, counts and refusals are the same.

#![allow(missing_docs, clippy::unwrap_used)]

mod manifests;

use std::io::Read as _;

use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Course, Outcome, Source};
use kubetemper::report::{FileReport, Report};
use kubetemper::settings::{Kept, Settings};
use kubetemper::yaml::{self, Document};
use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};

fn harden(text: &str, kept: Kept) -> Result<(FileReport, Option<String>), String> {
    let settings = Settings {
        kept,
        ..Settings::default()
    };
    let mut cluster = Cluster::default();
    pipeline::gather(text, &mut cluster);
    let source = Source {
        path: "-".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    let course = Course {
        reads_all: false,
        progress: &|_| {},
    };
    match pipeline::harden_in_course(source, &settings, &cluster, &[], course) {
        Outcome::Template(problem) => Err(problem.reason),
        Outcome::Report(mut file, _) => {
            let mut after = file.after.take();
            if let Some(spooled) = &mut file.spooled {
                let text = after.insert(String::new());
                spooled.read_to_string(text).unwrap();
            }
            Ok((*file, after))
        }
    }
}

#[track_caller]
fn same(text: &str, kept: Kept, place: &str) {
    let (whole, pieces) = (harden(text, Kept::Changes), harden(text, kept));
    let ((whole, whole_text), (pieces, pieces_text)) = match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => (whole, pieces),
        (whole, pieces) => {
            assert_eq!(whole.err(), pieces.err(), "{place}");
            return;
        }
    };
    assert_eq!(whole_text, pieces_text, "{place}");
    assert_eq!(whole.status, pieces.status, "{place}");
    assert_eq!(whole.problems, pieces.problems, "{place}");
    assert_eq!(whole.warnings, pieces.warnings, "{place}");
    assert_eq!(whole.before, pieces.before, "{place}");
    let tally = |file: FileReport| {
        let files = vec![file];
        let templates = Vec::new();
        Report { files, templates }.tally()
    };
    assert_eq!(tally(whole), tally(pieces), "{place}");
}

#[test]
fn each_manifest_alone() {
    for (path, text) in manifests::all() {
        same(&text, Kept::Counts, &path.display().to_string());
    }
}

/// Many documents, so that there are several pieces; what cannot be read stands between them.
#[test]
fn all_manifests_in_one_stream() {
    let readable = |text: &str| {
        let slices = yaml::split(text).unwrap();
        let mut documents = slices.iter().map(|slice| Document::parse(text, slice));
        documents.all(|document| document.is_ok_and(|it| it.template().is_none()))
    };
    let mut stream = String::new();
    for (_, text) in manifests::all() {
        let text = text.trim_start_matches('\u{feff}');
        if readable(text) && text.ends_with('\n') && !text.contains("\n...") {
            stream.push_str("---\n");
            stream.push_str(text.strip_prefix("---\n").unwrap_or(text));
        }
    }
    assert!(stream.len() > 200_000, "{}", stream.len());
    same(&stream, Kept::Counts, "the stream");
    same(&stream, Kept::CountsBesideFile, "in a file");
    same(
        &format!("{stream}---\nkind: ConfigMap\napiVersion: v1\nmetadata: {{\n"),
        Kept::Counts,
        "a broken end",
    );
    same(
        &format!("{stream}---\na: [\n"),
        Kept::Counts,
        "an end that is no manifest",
    );
}

/// A value in the notations of `kubectl -o json`, `jq`, `jq -c` and others.
fn notations(value: &Value) -> Vec<String> {
    let pretty = |indent: &str| {
        let mut text = Vec::new();
        let formatter = PrettyFormatter::with_indent(indent.as_bytes());
        value
            .serialize(&mut Serializer::with_formatter(&mut text, formatter))
            .unwrap();
        String::from_utf8(text).unwrap()
    };
    let compact = value.to_string();
    let fours = pretty("    ") + "\n";
    let a_line_each = compact.replace("\"items\":[", "\"items\":[\n");
    let windows = fours.replace('\n', "\r\n");
    vec![
        compact,
        a_line_each,
        pretty("  "),
        pretty("\t"),
        fours,
        windows,
    ]
}

/// The items of a List in JSON are hardened one by one.
#[test]
fn lists_in_json() {
    let mut objects = Vec::new();
    for (_, text) in manifests::all() {
        for slice in yaml::split(&text).unwrap() {
            let document = Document::parse(&text, &slice);
            objects.extend(document.map(|it| it.value().clone()).ok());
        }
    }
    objects.retain(|object| object.is_object() && object.get("sops").is_none());
    assert!(objects.len() > 500, "{}", objects.len());
    let objects: Vec<Value> = objects.into_iter().step_by(3).collect();
    let mut cut = 0;
    for items in objects.chunks(50) {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {"resourceVersion": ""}});
        for text in notations(&list) {
            same(&text, Kept::Counts, &text);
            let slices = yaml::split(&text).unwrap();
            cut += usize::from(yaml::with_items(&text, &slices).len() > 1);
        }
    }
    assert!(cut > 15, "{cut}");
}

/// What is wrong with an item of a List in JSON is wrong with the List.
#[test]
fn broken_items() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"nginx:1.27"}]}}"#;
    let changed = |from: &str, to: &str| {
        assert!(pod.contains(from), "{from}");
        pod.replace(from, to)
    };
    for broken in [
        changed(r#""kind":"Pod","#, r#""kind":"Pod","kind":"Pod","#),
        changed(r#""spec":{"#, r#""spec":{"securityContext":[],"#),
        changed(r#"[{"name":"a","#, r#"[7,{"name":"a","#),
        changed("nginx:1.27", "{{ .Values.image }}"),
        changed(
            r#""name":"a"},"#,
            r#""name":"a","annotations":{"kubetemper.dev/keep":"seccomp-profile"}},"#,
        ),
        changed(r#""name":"a"},"#, r#""name":"a","name":"b"},"#),
        changed("Pod", "List"),
        format!(r#"{{"apiVersion":"v1","kind":"List","items":[{pod},{pod}]}}"#),
        r#"{"a":1,"a":2}"#.to_owned(),
        "{}".to_owned(),
        "null".to_owned(),
        "[[".repeat(200),
    ] {
        for text in [
            format!(r#"{{"apiVersion":"v1","kind":"List","items":[{pod},{broken}]}}"#),
            format!(
                "{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{broken}, {pod}]}}\n---\n{pod}\n"
            ),
        ] {
            same(&text, Kept::Counts, &text);
        }
    }
}

/// What the head of a document tells for certain is what the parser says.
#[test]
fn heads_agree_with_the_parser() {
    let mut certain = 0;
    for (path, text) in manifests::all() {
        for slice in yaml::split(&text).unwrap() {
            let Some(head) = yaml::head(&text, &slice, |_| false) else {
                continue;
            };
            // What only a parser would refuse is left as it is all the same.
            let Ok(document) = Document::parse(&text, &slice) else {
                continue;
            };
            certain += 1;
            let place = path.display();
            let value = document.value();
            assert_eq!(value["apiVersion"], head.api_version, "{place}");
            assert_eq!(value["kind"], head.kind, "{place}");
            assert_eq!(value["metadata"]["name"], head.name, "{place}");
            assert_eq!(
                value["metadata"]["namespace"].as_str(),
                head.namespace,
                "{place}"
            );
        }
    }
    assert!(certain > 300, "{certain}");
}
