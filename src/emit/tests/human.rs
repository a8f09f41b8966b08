//! What a person reads.

use super::{change, file, held, insert, levels, object, range, report};
use crate::change::{Fate, HeldBy, Risk};
use crate::emit::{HumanOptions, human};
use crate::pod_security::Level;
use crate::report::{FileReport, Problem, Report, Status};
use crate::yaml::{Position, TextEdit};

const PLAIN: HumanOptions = HumanOptions {
    color: false,
    verbose: false,
    quiet: false,
    max_risk: Risk::High,
    verb: "check",
};

fn told(report: &Report, options: &HumanOptions) -> String {
    let mut out = Vec::new();
    human(report, options, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("text")
}

const POD: &str = "\
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: web
        image: web
        env:
        - name: TOKEN
          value: hunter2
      - name: sidecar
        image: sidecar
      volumes: []
";

/// The file with the edits applied, and an object that made them.
fn edited(edits: Vec<TextEdit>) -> FileReport {
    let after = crate::yaml::splice(POD, 0..POD.len(), &edits).expect("edits");
    let mut file = file("deploy/web.yaml", POD, &after);
    let mut object = object();
    object.edits = edits;
    object.secrets.push(range(POD, "hunter2"));
    object.level = Some(levels(Level::Privileged, Level::Baseline));
    file.objects.push(object);
    file
}

fn example() -> Report {
    let mut file = edited(vec![
        insert(POD, "      - name: sidecar", "        tty: false\n"),
        TextEdit {
            text: "false".to_owned(),
            ..edit("[]")
        },
    ]);
    file.objects[0].changes = vec![
        change("set-seccomp-profile", None, Risk::Low, Fate::Applied),
        change("drop-capabilities", Some("web"), Risk::High, Fate::Applied),
        change(
            "drop-capabilities",
            Some("sidecar"),
            Risk::High,
            Fate::Applied,
        ),
        change(
            "run-as-non-root",
            Some("web"),
            Risk::High,
            held(HeldBy::Explicit, "the author set this value"),
        ),
    ];
    file.objects[0].changes[3].change.pointer = "/spec/runAsUser".to_owned();
    file.objects[0].changes[3].change.before = Some(0.into());
    report(vec![file])
}

fn edit(part: &str) -> TextEdit {
    let range = range(POD, part);
    TextEdit {
        start: range.start,
        end: range.end,
        text: String::new(),
    }
}

#[test]
fn an_object_as_a_whole() {
    let expected = "\
Deployment/shop/web: 3 changes, 1 held, privileged -> baseline
  --> deploy/web.yaml:1
   |
 4 |     spec:
 5 |       containers:
 6 |       - name: web
...
10 |           ***
   +         tty: false
11 |       - name: sidecar
12 |         image: sidecar
13 -       volumes: []
   +       volumes: false
   |
   = high  drop-capabilities    containers web, sidecar: drop-capabilities may break it
   = low   set-seccomp-profile  set-seccomp-profile may break it
   = held, explicit in the manifest; `--override=run-as-non-root` applies it:
     high  run-as-non-root      container web: `runAsUser: 0` stays: the author set this value
   = still baseline: allowPrivilegeEscalation != false (container \"x\" must set
                       securityContext.allowPrivilegeEscalation=false)

1 file: 1 would change; 3 changes: 1 low, 2 high risk; 1 held (1 explicit)
`kubetemper fix` makes the changes, `kubetemper explain ID` says more about one
";
    assert_eq!(told(&example(), &PLAIN), expected);
}

#[test]
fn after_a_fix_there_is_no_excerpt() {
    let text = told(
        &example(),
        &HumanOptions {
            verb: "fix",
            ..PLAIN
        },
    );
    assert!(!text.contains("tty"), "{text}");
    assert!(
        text.ends_with("1 file: 1 changed; 3 changes: 1 low, 2 high risk; 1 held (1 explicit)\n"),
        "{text}"
    );
}

#[test]
fn quiet_is_one_line() {
    let text = told(
        &example(),
        &HumanOptions {
            quiet: true,
            ..PLAIN
        },
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn colour_is_the_only_difference() {
    let text = told(
        &example(),
        &HumanOptions {
            color: true,
            ..PLAIN
        },
    );
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once('m').map_or("", |(_, text)| text));
    let bare: String = std::iter::once(first).chain(rest).collect();
    assert_ne!(text, told(&example(), &PLAIN));
    assert_eq!(bare, told(&example(), &PLAIN));
}

#[test]
fn a_rewritten_line_shows_no_secret() {
    for edits in [
        vec![TextEdit {
            text: "\"hunter\\x32\"".to_owned(),
            ..edit("hunter2")
        }],
        vec![insert(POD, "value: hunter2", "a: 1\n          ")],
        vec![TextEdit {
            text: "value: \"hunter2\"\n".to_owned(),
            ..edit("value: hunter2\n")
        }],
    ] {
        let text = told(&report(vec![edited(edits)]), &PLAIN);
        assert!(text.contains("***") && !text.contains("hunter"), "{text}");
    }
}

#[test]
fn what_is_held_as_a_whole_takes_one_line() {
    let mut file = file("kube.yaml", "a\n", "a\n");
    for by in [HeldBy::NodeAgent, HeldBy::Patch] {
        let mut object = object();
        object.level = Some(levels(Level::Privileged, Level::Privileged));
        object.changes = vec![
            change(
                "drop-capabilities",
                Some("a"),
                Risk::High,
                held(by, "it says so"),
            ),
            change("run-as-non-root", None, Risk::High, held(by, "it says so")),
        ];
        file.objects.push(object);
    }
    assert_eq!(
        told(&report(vec![file]), &PLAIN),
        "kube.yaml:1: Deployment/shop/web: 2 changes held as node-agent: it says so; `--override` applies them\n\
         kube.yaml:1: Deployment/shop/web: 2 changes held as patch: it says so\n\n\
         1 file: nothing to change; 4 held (2 patch, 2 node-agent)\n"
    );
}

#[test]
fn what_is_fine_is_told_on_request() {
    let mut file = file("a.yaml", "a\n", "a\n");
    let mut good = object();
    good.level = Some(levels(Level::Restricted, Level::Restricted));
    file.objects = vec![good, object()];
    let report = report(vec![file]);
    assert_eq!(told(&report, &PLAIN), "1 file: nothing to change\n");
    let verbose = told(
        &report,
        &HumanOptions {
            verbose: true,
            ..PLAIN
        },
    );
    assert_eq!(
        verbose,
        "a.yaml:1: Deployment/shop/web: restricted\n\n1 file: nothing to change\n"
    );
}

#[test]
fn the_summary_counts_everything() {
    let mut report = example();
    let risk = held(HeldBy::Risk, "risk high is above --max-risk low");
    report.files[0].objects[0]
        .changes
        .push(change("run-as-non-root", None, Risk::High, risk));
    report.files.push(refused("a: 1\n", 1, 1));
    report.templates = vec!["t.yaml".to_owned(), "u.yaml".to_owned()];
    let text = told(
        &report,
        &HumanOptions {
            quiet: true,
            verb: "diff",
            ..PLAIN
        },
    );
    assert_eq!(
        text.lines().last(),
        Some(
            "2 files: 1 would change; 3 changes: 1 low, 2 high risk; 2 held (1 risk: --max-risk high applies \
             it, 1 explicit); 1 file refused; 2 templates skipped"
        )
    );
}

/// A file with a problem.
fn refused(text: &str, line: usize, column: usize) -> FileReport {
    let mut file = file("bad.yaml", text, text);
    file.status = Status::Refused;
    file.problems.push(Problem {
        position: Some(Position { line, column }),
        object: None,
        reason: "two keys are equal".to_owned(),
        help: "remove one".to_owned(),
    });
    file
}

#[test]
fn a_problem_shows_its_line() {
    let text = told(
        &report(vec![refused("a: 1\nb:\t\u{1b}\u{9b}[31m 2\n", 2, 5)]),
        &PLAIN,
    );
    let expected = "\
refused: two keys are equal
 --> bad.yaml:2:5
  |
2 | b:    ␛\u{fffd}[31m 2
  |        ^
  |
  = help: remove one

1 file: nothing to change; 1 file refused
";
    assert_eq!(text, expected);
}

#[test]
fn a_problem_shows_no_secret() {
    let unreadable =
        "kind: Deployment\n---\nkind: \"Secret\"\ndata:\n  a: [hunter2\n---\na: hunter2\n";
    for (text, line) in [
        (unreadable, 5),
        ("env:\n- name: DB_PASSWORD\n  value: hunter2: x\n", 3),
        ("env: [{name: DB_PASSWORD, value: hunter2}\n", 1),
    ] {
        let text = told(&report(vec![refused(text, line, 9)]), &PLAIN);
        assert!(text.contains("***") && !text.contains("hunter2"), "{text}");
    }
    let text = told(&report(vec![refused(unreadable, 7, 1)]), &PLAIN);
    assert!(
        text.contains("hunter2"),
        "another document is no Secret: {text}"
    );
}

#[test]
fn a_problem_without_a_line_names_the_file() {
    let mut outside = refused("", 7, 1);
    outside.problems[0].object = Some("Pod/x".to_owned());
    let text = told(&report(vec![outside]), &PLAIN);
    assert!(
        text.starts_with("refused: Pod/x: two keys are equal\n"),
        "{text}"
    );
    assert!(text.contains("\n --> bad.yaml:7:1\n"), "{text}");
    let mut whole = refused("", 1, 1);
    whole.problems[0].position = None;
    assert!(told(&report(vec![whole]), &PLAIN).contains("--> bad.yaml\n"));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let mut report = example();
    report.files[0].path = "a\u{1b}]0;x\u{7}.yaml".to_owned();
    let object = &mut report.files[0].objects[0];
    object.name = Some("web\u{202e}\u{9b}1m".to_owned());
    object.changes[0].change.reason = "bad\rgood".to_owned();
    object.changes[1].change.container = Some("\u{1b}[2J".to_owned());
    object.edits[0].text = "        tty: \"\u{1b}[2J\"\n".to_owned();
    let text = told(&report, &PLAIN);
    assert!(
        !text.contains(|c: char| c != '\n' && c.is_control() || c == '\u{202e}'),
        "{text:?}"
    );
    assert!(text.contains("\\u{1b}]0;x\\u{7}.yaml"), "{text}");
}

#[test]
fn a_long_line_is_cut_around_the_change() {
    let before = format!(
        "{{\"a\":\"{}\",\"b\":1,\"c\":\"{}\"}}\n",
        "x".repeat(500),
        "y".repeat(500)
    );
    let at = range(&before, "1").start;
    let after = before.replace(":1,", ":12,");
    let mut file = file("a.json", &before, &after);
    let mut object = object();
    object.edits.push(TextEdit {
        start: at,
        end: at + 1,
        text: "12".to_owned(),
    });
    file.objects.push(object);
    file.objects[0]
        .changes
        .push(change("run-as-non-root", None, Risk::Low, Fate::Applied));
    let text = told(&report(vec![file]), &PLAIN);
    assert!(
        text.contains("\"b\":12,") && text.lines().all(|line| line.chars().count() < 160),
        "{text}"
    );
}

#[test]
fn a_warning_stops_nothing() {
    let mut file = file("a.yaml", "a: 1\n", "a: 1\n");
    file.warnings = refused("", 1, 1).problems;
    let text = told(&report(vec![file]), &PLAIN);
    assert!(
        text.starts_with("warning: two keys are equal\n --> a.yaml:1:1\n"),
        "{text}"
    );
    assert!(
        text.ends_with("\n\n1 file: nothing to change; 1 warning\n"),
        "{text}"
    );
}

#[test]
fn problems_that_say_the_same_are_told_once() {
    let mut file = refused("a: 1\nb: 2\nc: 3\n", 1, 1);
    for line in [2, 3] {
        let mut again = file.problems[0].clone();
        again.position = Some(Position { line, column: 1 });
        file.problems.push(again);
    }
    let text = told(&report(vec![file]), &PLAIN);
    assert_eq!(text.matches("two keys are equal").count(), 1, "{text}");
    assert!(
        text.contains("  = note: the same in lines 2, 3\n"),
        "{text}"
    );
}
