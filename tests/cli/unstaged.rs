//! On a terminal, fix asks before it touches a file whose changes git could not bring back.

use std::process::Command;

use super::support::{Folder, POD};
use super::terminal::Talk;

/// A repository in which `pod.yaml` has an unstaged change and `clean.yaml` none.
fn repository() -> Folder {
    let folder = Folder::new(&[("pod.yaml", POD), ("clean.yaml", POD)]);
    for arguments in [&["init", "-q"][..], &["add", "."]] {
        let mut git = Command::new("git");
        let git = git.current_dir(folder.root()).args(arguments);
        assert!(git.env_remove("GIT_DIR").status().unwrap().success());
    }
    folder.write("pod.yaml", format!("# Mine.\n{POD}").as_bytes());
    folder
}

#[test]
fn it_asks_once_on_a_terminal() {
    let folder = repository();
    let mut talk = Talk::start(&folder, &["fix"]);
    let words = talk.until("1 file has unstaged changes; write anyway? [y/N] ");
    assert!(
        words.contains("  pod.yaml") && !words.contains("clean"),
        "{words}"
    );
    talk.say("");
    let (code, words) = talk.end();
    assert_eq!(code, 2, "{words}");
    let help = "nothing is written; stage or commit the files first, or use --yes";
    assert!(words.contains(help), "{words}");
    assert_eq!(folder.read("clean.yaml"), POD);
    let mut talk = Talk::start(&folder, &["fix"]);
    talk.until("[y/N] ");
    talk.say("y");
    assert_eq!(talk.end().0, 0);
    assert_ne!(folder.read("clean.yaml"), POD);
    assert!(folder.read("pod.yaml").contains("allowPrivilegeEscalation"));
}

#[test]
fn it_counts_and_names_the_files() {
    let folder = repository();
    folder.write("clean.yaml", format!("# Mine too.\n{POD}").as_bytes());
    let mut talk = Talk::start(&folder, &["fix"]);
    let words = talk.until("2 files have unstaged changes; write anyway? [y/N] ");
    assert!(
        words.contains("  clean.yaml\r\n  pod.yaml\r\n"),
        "{words:?}"
    );
    talk.say("n");
    assert_eq!(talk.end().0, 2);
    assert_eq!(folder.read("clean.yaml"), format!("# Mine too.\n{POD}"));
}

#[test]
fn it_asks_before_the_first_question() {
    let folder = repository();
    let mut talk = Talk::start(&folder, &["fix", "-i", "pod.yaml"]);
    talk.until("[y/N] ");
    talk.say("y");
    assert_eq!(talk.finish(|_| "y").0, 0);
}

#[test]
fn it_does_not_ask_with_yes_without_changes_or_without_a_terminal() {
    let folder = repository();
    assert_eq!(Talk::start(&folder, &["fix", "clean.yaml"]).end().0, 0);
    assert_eq!(Talk::start(&folder, &["fix", "--yes"]).end().0, 0);
    let folder = repository();
    assert_eq!(folder.run(&["fix"]).code, 0);
    assert_ne!(folder.read("pod.yaml"), POD);
}
