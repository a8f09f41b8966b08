//! Where keeps come to stand.

use super::*;

const TEXT: &str = "\
# Shop.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      # The shop itself.
      - name: web
        image: web:1
        securityContext:
          privileged: true
";
const CONTAINER: &str = "/spec/template/spec/containers/0";

fn keep<'a>(change: &'a str, container: Option<&'a str>) -> Keep<'a> {
    Keep {
        document: 0,
        object: "",
        change,
        container,
        transform: "some-id",
        reason: "it must",
    }
}

/// The line after each comment.
fn places(text: &str, keep: Keep<'_>) -> Vec<String> {
    let below = |text: String| {
        let (_, rest) = text
            .split_once("# kubetemper: keep some-id: it must")
            .expect("comment");
        rest.lines().nth(1).expect("line").trim().to_owned()
    };
    commented(text, keep).into_iter().map(below).collect()
}

#[test]
fn a_comment_stands_at_the_line_the_container_or_the_object() {
    let explicit = format!("{CONTAINER}/securityContext/privileged");
    assert_eq!(
        places(TEXT, keep(&explicit, Some("web"))),
        ["privileged: true", "- name: web", "apiVersion: apps/v1"]
    );
    let absent = format!("{CONTAINER}/securityContext/capabilities/drop");
    assert_eq!(
        places(TEXT, keep(&absent, Some("web"))),
        ["- name: web", "apiVersion: apps/v1"]
    );
    let pod = "/spec/template/spec/automountServiceAccountToken";
    assert_eq!(places(TEXT, keep(pod, None)), ["apiVersion: apps/v1"]);
}

#[test]
fn line_ends_and_a_byte_order_mark_stay() {
    let text = format!("\u{feff}{}", TEXT.replace('\n', "\r\n"));
    let pod = "/spec/template/spec/automountServiceAccountToken";
    let new = commented(&text, keep(pod, None)).remove(0);
    assert!(
        new.starts_with("\u{feff}# Shop.\r\n# kubetemper: keep some-id: it must\r\napiVersion")
    );
    assert_eq!(new.replace("\r\n", "").matches('\n').count(), 0);
}

#[test]
fn json_and_one_line_have_no_place_for_a_comment() {
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "web"}]}}"#;
    assert!(commented(json, keep("/spec/x", None)).is_empty());
    let flow = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: web}]}\n";
    let places = places(flow, keep("/spec/containers/0/x", Some("web")));
    assert_eq!(places, ["apiVersion: v1"], "only the object begins a line");
}

#[test]
fn entries_of_the_annotation_add_up() {
    let first = annotated(TEXT, keep("/spec/x", Some("web"))).expect("annotation");
    assert!(
        first.contains("    kubetemper.dev/keep: web/some-id=it must\n"),
        "{first}"
    );
    let other = Keep {
        reason: "a; b: c",
        ..keep("/spec/x", None)
    };
    let second = annotated(&first, other).expect("annotation");
    assert!(
        second.contains("web/some-id=it must; some-id=a, b: c"),
        "{second}"
    );
    assert!(second.contains("# The shop itself."));
}
