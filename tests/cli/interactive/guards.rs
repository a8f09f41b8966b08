//! Questions about new objects.

use super::super::support::Folder;
use super::super::terminal::Talk;
use super::{FIX, WEB, fixed};

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

/// A namespace with a workload.
fn shop() -> String {
    let web = WEB.replace("  name: web\nspec", "  name: web\n  namespace: shop\nspec");
    format!("{NAMESPACE}---\n{web}")
}

#[test]
fn new_objects_are_asked_about_after_the_workloads() {
    let text = shop();
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let (code, words) = Talk::start(&folder, &FIX).finish(|_| "y");
    assert_eq!(code, 0, "{words}");
    assert_eq!(folder.read("pod.yaml"), fixed(&text));
    let questions: Vec<&str> = words.split("Make this change?").collect();
    let new = |question: &&&str| question.contains("+ kind: NetworkPolicy");
    assert_eq!(questions.iter().filter(new).count(), 1, "{words}");
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let no = |question: &str| {
        let unwanted = question.contains("NetworkPolicy") || question.contains("default-resources");
        if unwanted { "n" } else { "y" }
    };
    let (code, words) = Talk::start(&folder, &FIX).finish(no);
    assert_eq!(code, 0, "{words}");
    let text = folder.read("pod.yaml");
    assert!(!text.contains("NetworkPolicy"), "{text}");
    assert!(text.contains("kind: LimitRange"), "{text}");
    let (_, words) = Talk::start(&folder, &FIX).finish(no);
    assert!(words.contains("NetworkPolicy"), "asked again: {words}");
    assert_eq!(folder.read("pod.yaml"), text);
}

#[test]
fn a_keep_for_a_new_object_stands_on_its_namespace() {
    let folder = Folder::new(&[("pod.yaml", &shop())]);
    let arguments = [
        "fix",
        "-i",
        "--only",
        "default-deny-network,limit-range",
        "pod.yaml",
    ];
    let mut talk = Talk::start(&folder, &arguments);
    while !talk.question().contains("NetworkPolicy") {
        talk.say("y");
    }
    talk.say("k");
    talk.until("Why? ");
    talk.say("the mesh does it");
    talk.until("kept with a comment");
    assert_eq!(talk.finish(|_| "y").0, 0);
    let text = folder.read("pod.yaml");
    assert!(
        text.starts_with("# kubetemper: keep default-deny-network: the mesh does it\n"),
        "{text}"
    );
    assert!(
        !text.contains("NetworkPolicy") && text.contains("kind: LimitRange"),
        "{text}"
    );
    let (code, words) = Talk::start(&folder, &arguments).end();
    assert_eq!(code, 0, "{words}");
}

#[test]
fn a_new_file_is_listed_only_when_it_is_accepted() {
    let kustomization = "namespace: shop\nresources:\n- pod.yaml\n";
    let files = [
        ("kustomization.yaml", kustomization),
        ("pod.yaml", WEB),
        (".git/HEAD", ""),
    ];
    let arguments = [
        "fix",
        "-i",
        "--guards",
        "all",
        "--only",
        "default-deny-network",
        ".",
    ];
    let folder = Folder::new(&files);
    assert_eq!(Talk::start(&folder, &arguments).finish(|_| "n").0, 0);
    assert_eq!(folder.read("kustomization.yaml"), kustomization);
    assert!(!folder.path("kubetemper-shop.yaml").exists());
    let (code, words) = Talk::start(&folder, &arguments).finish(|_| "y");
    assert_eq!(code, 0, "{words}");
    assert_eq!(words.matches("Make this change?").count(), 1, "{words}");
    assert!(
        folder
            .read("kustomization.yaml")
            .contains("kubetemper-shop.yaml")
    );
    assert!(folder.path("kubetemper-shop.yaml").exists());
}

/// Without a Namespace object nothing is there that a keep could stand on.
#[test]
fn a_new_object_without_its_namespace_cannot_be_kept() {
    let web = WEB.replace("  name: web\nspec", "  name: web\n  namespace: shop\nspec");
    let folder = Folder::new(&[("pod.yaml", &web)]);
    let only = ["--guards", "all", "--only", "default-deny-network"];
    let arguments = [&FIX[..], &only].concat();
    let mut talk = Talk::start(&folder, &arguments);
    talk.question();
    talk.say("k");
    let words = talk.question();
    let told = "there is no object to keep it on; n leaves it out, an exception in kubetemper.yaml for good";
    assert!(words.contains(told), "{words}");
    talk.say("n");
    assert_eq!(talk.end().0, 0);
    assert_eq!(folder.read("pod.yaml"), web);
}
