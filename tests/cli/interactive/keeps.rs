//! The answer `k`: where a keep is written, and what is said when none can be.

use super::super::support::{Folder, POD};
use super::super::terminal::Talk;
use super::{FIX, WEB};

const JSON: &str = r#"{
  "apiVersion": "v1",
  "kind": "Pod",
  "metadata": {"name": "app"},
  "spec": {"containers": [{"name": "app", "image": "a"}]}
}
"#;

#[test]
fn a_keep_is_a_comment_where_it_belongs_and_is_not_asked_about_again() {
    let folder = Folder::new(&[("pod.yaml", WEB)]);
    let mut talk = Talk::start(&folder, &FIX);
    loop {
        let question = talk.question();
        if question.contains("drop-capabilities  risk high  container web") {
            break;
        }
        talk.say("y");
    }
    talk.say("k");
    talk.until("Why? ");
    talk.say("  binds \u{1b}[31mport 80  ");
    talk.until("kept with a comment");
    let (code, words) = talk.finish(|_| "y");
    assert_eq!(code, 0, "{words}");
    let text = folder.read("pod.yaml");
    let comment = "      # The shop itself.\n      # kubetemper: keep drop-capabilities: binds [31mport 80\n      - name: web\n";
    assert!(text.contains(comment), "{text}");
    assert_eq!(
        text.matches("drop:").count(),
        1,
        "the other container's: {text}"
    );
    let (code, words) = Talk::start(&folder, &FIX).end();
    assert_eq!(code, 0);
    assert!(
        words.contains("nothing changed") && !words.contains("warning"),
        "{words}"
    );
}

#[test]
fn a_keep_alone_is_written() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let arguments = ["fix", "-i", "--only", "drop-capabilities", "pod.yaml"];
    let mut talk = Talk::start(&folder, &arguments);
    talk.question();
    talk.say("k");
    talk.until("Why? ");
    talk.say("");
    talk.until("a keep needs a reason");
    talk.question();
    talk.say("k");
    talk.until("Why? ");
    talk.say("it must");
    assert_eq!(talk.end().0, 0);
    let comment = "  # kubetemper: keep drop-capabilities: it must\n  - name: app\n";
    assert_eq!(
        folder.read("pod.yaml"),
        POD.replace("  - name: app\n", comment)
    );
}

#[test]
fn in_json_and_in_a_kustomization_a_keep_is_an_annotation() {
    let files = [
        ("pod.json", JSON),
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        (".git/HEAD", ""),
    ];
    let folder = Folder::new(&files);
    for name in ["pod.json", "base/pod.yaml"] {
        let mut talk = Talk::start(&folder, &["fix", "-i", "--only", "drop-capabilities", name]);
        talk.question();
        talk.say("k");
        talk.until("Why? ");
        talk.say("old; \"odd\"");
        talk.until("kept with an annotation");
        assert_eq!(talk.end().0, 0);
        let text = folder.read(name);
        assert!(text.contains("kubetemper.dev/keep"), "{text}");
        assert!(text.contains("app/drop-capabilities=old, "), "{text}");
        let done = folder.run(&[
            "check",
            "--strict-config",
            "--only",
            "drop-capabilities",
            name,
        ]);
        assert_eq!(done.code, 0, "{}", done.stdout);
    }
}

/// An annotation of another kind cannot take the keep, and JSON has no comments.
#[test]
fn where_no_keep_can_stand_the_question_comes_again() {
    let json = JSON.replace(
        r#"{"name": "app"}"#,
        r#"{"name": "app", "annotations": {"kubetemper.dev/keep": 5}}"#,
    );
    let folder = Folder::new(&[("pod.json", &json)]);
    let arguments = ["fix", "-i", "--only", "drop-capabilities", "pod.json"];
    let mut talk = Talk::start(&folder, &arguments);
    talk.question();
    talk.say("k");
    talk.until("Why? ");
    talk.say("it must");
    let words = talk.question();
    for told in [
        "the annotation is no text; write the keep by hand, or an exception into kubetemper.yaml",
        "no keep holds it; n leaves it out, an exception in kubetemper.yaml for good",
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }
    talk.say("n");
    assert_eq!(talk.end().0, 0);
    assert_eq!(folder.read("pod.json"), json);
}

/// An annotation is for all that a transform changes in a container.
#[test]
fn a_keep_that_undoes_an_earlier_answer_says_so() {
    let folder = Folder::new(&[("pod.json", JSON)]);
    let arguments = ["fix", "-i", "--only", "default-resources", "pod.json"];
    let mut talk = Talk::start(&folder, &arguments);
    talk.question();
    talk.say("y");
    talk.question();
    talk.say("k");
    talk.until("Why? ");
    talk.say("measured elsewhere");
    talk.until("the same keep holds changes that you accepted before");
    let (code, words) = talk.end();
    assert_eq!(code, 0, "{words}");
    let told = "pod.json: Pod/app: default-resources is not made after all: measured elsewhere";
    assert!(words.contains(told), "{words}");
    let text = folder.read("pod.json");
    assert!(!text.contains("memory"), "{text}");
    assert!(text.contains("app/default-resources=measured"), "{text}");
}
