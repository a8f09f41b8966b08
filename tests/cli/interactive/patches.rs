//! Questions about containers that kustomize patches add.

use super::super::support::Folder;
use super::super::terminal::Talk;
use super::WEB;

const FIX: [&str; 3] = ["fix", "--interactive", "shop/side.yaml"];

fn tree(patch: &str) -> Folder {
    Folder::new(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("base/web.yaml", WEB),
        (
            "shop/kustomization.yaml",
            "resources: [../base]\npatches: [{path: side.yaml, target: {kind: Deployment}}]\n",
        ),
        ("shop/side.yaml", patch),
    ])
}

#[test]
fn yes_to_all_is_the_same_as_no_question() {
    let patch = "- op: add\n  path: /spec/template/spec/containers/-\n  value: {name: side, image: side:1}\n";
    let folder = tree(patch);
    let (code, words) = Talk::start(&folder, &FIX).finish(|_| "y");
    assert_eq!(code, 0, "{words}");
    assert!(words.contains("Make this change?"), "{words}");
    assert!(!words.contains("not made after all"), "{words}");
    let other = tree(patch);
    assert_eq!(other.run(&["fix", "shop/side.yaml"]).code, 0);
    assert_eq!(folder.read("shop/side.yaml"), other.read("shop/side.yaml"));
    // What is left out is left out, and the rest is made.
    let folder = tree(patch);
    let no = |question: &str| {
        if question.contains("default-resources  risk") {
            "n"
        } else {
            "y"
        }
    };
    let (code, words) = Talk::start(&folder, &FIX).finish(no);
    assert_eq!(code, 0, "{words}");
    let text = folder.read("shop/side.yaml");
    assert!(
        text.contains("ALL") && !text.contains("resources"),
        "{text}"
    );
}

/// Answers `k` to one transform and `y` to the others, and looks at what the next run makes of it.
fn keep(patch: &str, expected: &str) {
    let folder = tree(patch);
    let mut talk = Talk::start(&folder, &FIX);
    while !talk.question().contains("drop-capabilities  risk") {
        talk.say("y");
    }
    talk.say("k");
    talk.until("Why? ");
    talk.say("binds port 80");
    talk.until("kept with ");
    let (code, words) = talk.finish(|_| "y");
    assert_eq!(code, 0, "{words}");
    let text = folder.read("shop/side.yaml");
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("drop:"), "{text}");
    assert!(text.contains("allowPrivilegeEscalation: false"), "{text}");
    let (code, words) = Talk::start(&folder, &FIX).end();
    assert_eq!(code, 0);
    assert!(
        words.contains("nothing changed") && !words.contains("warning"),
        "{words}"
    );
    assert_eq!(folder.read("shop/side.yaml"), text);
}

#[test]
fn a_keep_stands_in_a_json_patch() {
    keep(
        "- op: add\n  path: /spec/template/spec/containers/-\n  value:\n    name: side\n    image: side:1\n",
        "# kubetemper: keep drop-capabilities: binds port 80\n",
    );
}

#[test]
fn a_keep_stands_in_a_strategic_merge_patch() {
    keep(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: side\n        image: side:1\n",
        "      # kubetemper: keep drop-capabilities: binds port 80\n      - name: side\n",
    );
}
