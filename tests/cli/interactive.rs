//! `fix --interactive`, on a pseudo-terminal.

mod guards;
mod keeps;
mod patches;

use super::support::{Folder, POD, run};
use super::terminal::Talk;

const FIX: [&str; 3] = ["fix", "--interactive", "pod.yaml"];

/// Two containers, a comment, and a weaker value.
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      # The shop itself.
      - name: web
        image: web:1
        env:
        - {name: DB_PASSWORD, value: hunter2}
      - name: proxy
        image: proxy:1
";

fn fixed(text: &str) -> String {
    let folder = Folder::new(&[("pod.yaml", text)]);
    assert_eq!(folder.run(&["fix", "pod.yaml"]).code, 0);
    folder.read("pod.yaml")
}

/// How many questions a plain walk has.
fn count(text: &str) -> usize {
    let folder = Folder::new(&[("pod.yaml", text)]);
    let (_, words) = Talk::start(&folder, &FIX).finish(|_| "y");
    words.matches("Make this change?").count()
}

#[test]
fn yes_to_all_is_the_same_as_no_question() {
    let folder = Folder::new(&[("pod.yaml", WEB)]);
    let (code, words) = Talk::start(&folder, &FIX).finish(|_| "y");
    assert_eq!(code, 0, "{words}");
    assert_eq!(folder.read("pod.yaml"), fixed(WEB));
    let asked = words.matches("Make this change?").count();
    assert!(asked > 5, "{words}");
    assert!(words.contains("1 file: 1 changed"), "{words}");
    let (code, words) = Talk::start(&folder, &FIX).end();
    assert_eq!(code, 0);
    assert!(words.contains("nothing changed"), "{words}");
}

#[test]
fn a_question_shows_the_object_the_place_the_risk_and_the_lines_but_no_secret() {
    let folder = Folder::new(&[("pod.yaml", WEB)]);
    let (_, words) = Talk::start(&folder, &FIX).finish(|_| "y");
    let words = words.replace("\r\n", "\n");
    let of = |text: &str| {
        let mut questions = words.split("Make this change?");
        questions.find(|question| question.contains(text)).unwrap()
    };
    let question = of("drop-capabilities  risk high  container proxy");
    assert!(
        question.contains("Deployment/web  pod.yaml:16\n"),
        "{question}"
    );
    assert!(question.contains("      - name: proxy\n"), "{question}");
    assert!(question.contains("+             - ALL\n"), "{question}");
    assert!(
        !question.contains("allowPrivilegeEscalation"),
        "only its own lines: {question}"
    );
    assert!(!words.contains("hunter2"), "{words}");
}

#[test]
fn what_is_left_out_is_asked_again_and_what_is_accepted_is_not() {
    let folder = Folder::new(&[("pod.yaml", WEB)]);
    let no = |question: &str| {
        if question.contains("drop-capabilities") {
            "n"
        } else {
            "y"
        }
    };
    let (code, words) = Talk::start(&folder, &FIX).finish(no);
    assert_eq!(code, 0, "{words}");
    let text = folder.read("pod.yaml");
    assert!(!text.contains("drop:"), "{text}");
    assert!(text.contains("allowPrivilegeEscalation: false"), "{text}");
    let (_, words) = Talk::start(&folder, &FIX).finish(no);
    assert_eq!(words.matches("Make this change?").count(), 2, "{words}");
    assert_eq!(folder.read("pod.yaml"), text);
}

#[test]
fn all_of_a_transform_is_one_answer() {
    let folder = Folder::new(&[("pod.yaml", WEB)]);
    let (code, words) = Talk::start(&folder, &FIX).finish(|_| "a");
    assert_eq!(code, 0);
    let questions = words.split("Make this change?");
    let drops = questions.filter(|question| question.contains("drop-capabilities  risk"));
    assert_eq!(drops.count(), 1, "{words}");
    assert_eq!(folder.read("pod.yaml"), fixed(WEB));
}

#[test]
fn nothing_is_written_before_the_end() {
    let folder = Folder::new(&[("pod.yaml", POD), ("other.yaml", POD)]);
    let mut talk = Talk::start(&folder, &["fix", "-i"]);
    for _ in 0..=count(POD) {
        talk.question();
        talk.say("y");
    }
    talk.question();
    assert_eq!(folder.read("other.yaml"), POD, "the first file is through");
    talk.kill();
    assert_eq!(folder.read("pod.yaml"), POD);
    assert_eq!(folder.read("other.yaml"), POD);
    let mut talk = Talk::start(&folder, &FIX);
    talk.until(") Make this change? [y,n,a,k,q,?] ");
    talk.end_input();
    let (code, words) = talk.end();
    assert_eq!(code, 2, "{words}");
    let told = "the input ended before the last answer; nothing is written";
    assert!(words.contains(told), "{words}");
    assert_eq!(folder.read("pod.yaml"), POD);
}

#[test]
fn who_quits_is_asked_what_to_do_with_the_accepted_changes() {
    let quit = |answer: &str| {
        let folder = Folder::new(&[("pod.yaml", WEB)]);
        let mut talk = Talk::start(&folder, &FIX);
        let question = talk.question();
        talk.say("y");
        talk.question();
        talk.say("q");
        talk.until("Write what you accepted so far? [y/N] ");
        talk.say(answer);
        (question, talk.end(), folder.read("pod.yaml"))
    };
    let (_, (code, words), text) = quit("n");
    assert_eq!((code, text.as_str()), (0, WEB), "{words}");
    assert!(words.contains("nothing is written"), "{words}");
    let (question, (code, words), text) = quit("y");
    assert_eq!(code, 0, "{words}");
    let lines = question.lines();
    let added: Vec<&str> = lines
        .filter_map(|line| line.trim().strip_prefix("+ "))
        .collect();
    let mut new: Vec<&str> = text
        .lines()
        .filter(|line| !WEB.lines().any(|old| old == *line))
        .collect();
    new.dedup();
    assert!(!added.is_empty());
    assert_eq!(new, added, "only what was accepted: {text}");
    let folder = Folder::new(&[("pod.yaml", WEB)]);
    let mut talk = Talk::start(&folder, &FIX);
    talk.question();
    talk.say("?");
    talk.until("never make it here");
    talk.question();
    talk.say("q");
    assert_eq!(talk.end().0, 0, "nothing was accepted, so nothing is asked");
    assert_eq!(folder.read("pod.yaml"), WEB);
}

#[test]
fn names_cannot_steer_the_terminal() {
    let text = POD.replace("- name: app", "- name: \"a\\e[2Jb\"");
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let (_, words) = Talk::start(&folder, &FIX).finish(|_| "n");
    assert!(words.contains("container a\\u{1b}[2Jb"), "{words}");
    assert!(!words.contains('\u{1b}'), "{words:?}");
    assert_eq!(folder.read("pod.yaml"), text);
}

#[test]
fn without_a_terminal_it_says_what_else_there_is() {
    let folder = Folder::new(&[("pod.yaml", POD)]);
    let done = run(Some(folder.root()), &FIX, "y\ny\n");
    assert_eq!(done.code, 2);
    let told = "--interactive needs a terminal; `kubetemper fix` makes all changes, and `kubetemper diff` shows them";
    assert!(done.stderr.contains(told), "{}", done.stderr);
    assert_eq!(folder.read("pod.yaml"), POD);
}

#[test]
fn what_would_contradict_itself_without_a_refused_change_is_not_made() {
    let text = POD.replace(
        "    image: a\n",
        "    image: a\n    securityContext:\n      privileged: true\n",
    );
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let arguments = ["fix", "-i", "--override", "pod.yaml"];
    let no = |question: &str| {
        if question.contains("forbid-privileged  risk") {
            "n"
        } else {
            "y"
        }
    };
    let (code, words) = Talk::start(&folder, &arguments).finish(no);
    assert_eq!(code, 0, "{words}");
    let text = folder.read("pod.yaml");
    assert!(text.contains("privileged: true"), "{text}");
    assert!(!text.contains("allowPrivilegeEscalation: false"), "{text}");
}
