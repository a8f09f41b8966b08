//! Wrong edits, planted between the editor and the proof: each must be refused when the program runs.

use std::cell::Cell;

use crate::cluster::Cluster;
use crate::pipeline::{self, Outcome, Source};
use crate::report::{FileReport, Status};
use crate::settings::Settings;
use crate::yaml::TextEdit;

type Fault = fn(&str, &mut Vec<TextEdit>);

thread_local! {
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// The edits with the planted fault, if there is one.
pub(super) fn wrong(text: &str, mut edits: Vec<TextEdit>) -> Vec<TextEdit> {
    if let Some(fault) = FAULT.get() {
        fault(text, &mut edits);
    }
    edits
}

/// Replaces the first occurrence of a text in the source by one more edit, of no more bytes than differ.
fn replace(text: &str, edits: &mut Vec<TextEdit>, old: &str, new: &str) {
    let at = text.find(old).expect("the text to be replaced");
    let same = |(a, b): &(char, char)| a == b;
    let width = |(c, _): (char, char)| c.len_utf8();
    let alike = old.chars().zip(new.chars()).take_while(same);
    let front = alike.map(width).sum::<usize>();
    let (old, new) = (&old[front..], &new[front..]);
    let alike = old.chars().rev().zip(new.chars().rev()).take_while(same);
    let back = alike.map(width).sum::<usize>();
    let (start, end) = (at + front, at + front + old.len() - back);
    let text = new[..new.len() - back].to_owned();
    edits.push(TextEdit { start, end, text });
    edits.sort_by_key(|edit| edit.start);
}

/// Changes what the first edit writes.
fn rewrite(edits: &mut [TextEdit], change: impl Fn(&str) -> String) {
    let edit = edits.first_mut().expect("an edit");
    let text = change(&edit.text);
    assert_ne!(text, edit.text, "the fault is none");
    edit.text = text;
}

/// Hardens a file as the program does, on one thread, so that the fault is seen there.
fn harden(text: &str, fault: Option<Fault>) -> FileReport {
    let source = Source {
        path: "app.yaml".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    let settings = Settings {
        only: vec!["disable-service-links".to_owned()],
        ..Settings::default()
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let outcome = pool.expect("a thread").install(|| {
        FAULT.set(fault);
        pipeline::harden(source, &settings, &Cluster::default())
    });
    match outcome {
        Outcome::Report(file, _) => *file,
        Outcome::Template(problem) => panic!("{problem:?}"),
    }
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment # what it is
metadata:
  name: app
  labels: &labels {tier: web}

spec:
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
    spec:
      # what runs
      containers:
      - name: app
        image: \"registry.example/app:1\"
        args: [\"--größe\", '1']
";

#[test]
fn the_edit_itself_is_right() {
    for text in [DEPLOYMENT.to_owned(), DEPLOYMENT.replace('\n', "\r\n")] {
        let file = harden(&text, None);
        assert_eq!(file.status, Status::Changed, "{:?}", file.problems);
        let after = file.after.expect("a new text");
        assert!(after.contains("enableServiceLinks: false"), "{after}");
    }
}

/// A fault, and words of the refusal.
const FAULTS: &[(&str, Fault, &str)] = &[
    (
        "a neighbour's value",
        |text, edits| replace(text, edits, "app:1", "app:2"),
        "at /spec/template/spec/containers/0/image",
    ),
    (
        "a neighbour's key",
        |text, edits| replace(text, edits, "image:", "imago:"),
        "at /spec/template/spec/containers/0/image",
    ),
    (
        "a type",
        |text, edits| replace(text, edits, "'1'", "0x1"),
        "at /spec/template/spec/containers/0/args/1",
    ),
    (
        "a comment lost",
        |text, edits| replace(text, edits, " # what it is", ""),
        "the comment `# what it is` would be lost or moved",
    ),
    (
        "a comment changed",
        |text, edits| replace(text, edits, "# what runs", "# what ran"),
        "the comment `# what runs` would be lost or moved",
    ),
    (
        "a comment nobody wrote",
        |text, edits| replace(text, edits, "'1']", "'1'] # new"),
        "the text `# new` would become a comment",
    ),
    (
        "a key moved by its indentation",
        |_, edits| rewrite(edits, |text| text.replace("      enable", "  enable")),
        "at /spec/template/spec/enableServiceLinks",
    ),
    (
        "a key moved into its neighbour",
        |text, edits| replace(text, edits, "\nspec:\n", "\n  spec:\n"),
        "at /metadata/spec",
    ),
    (
        "a key twice",
        |_, edits| rewrite(edits, |text| format!("{text}{text}")),
        "would stand twice",
    ),
    (
        "another value than planned",
        |_, edits| rewrite(edits, |text| text.replace("false", "true")),
        "at /spec/template/spec/enableServiceLinks",
    ),
    (
        "no edit at all",
        |_, edits| edits.clear(),
        "at /spec/template/spec/enableServiceLinks",
    ),
    (
        "an anchor lost",
        |text, edits| replace(text, edits, "&labels ", ""),
        "does not parse",
    ),
    (
        "an anchor that says something else",
        |text, edits| replace(text, edits, "tier: web", "tier: api"),
        "at /metadata/labels/tier",
    ),
    (
        "a second document",
        |text, edits| {
            let at = text.len();
            let text = "---\na: b\n".to_owned();
            edits.push(TextEdit {
                start: at,
                end: at,
                text,
            });
        },
        "one document became several",
    ),
    (
        "broken syntax",
        |text, edits| replace(text, edits, "{tier: web}", "{tier: web"),
        "does not parse",
    ),
    (
        "a letter in another encoding",
        |text, edits| replace(text, edits, "größe", "gr\u{fffd}\u{fffd}e"),
        "at /spec/template/spec/containers/0/args/0",
    ),
    (
        "a byte order mark in the middle",
        |_, edits| rewrite(edits, |text| format!("\u{feff}{text}")),
        "does not parse",
    ),
    (
        "a blank line lost",
        |text, edits| replace(text, edits, "\n\nspec", "\nspec"),
        "white space would change where nothing else does",
    ),
    (
        "a space outside",
        |text, edits| replace(text, edits, "kind: D", "kind:  D"),
        "white space would change where nothing else does",
    ),
    (
        "edits that overlap",
        |text, edits| {
            replace(text, edits, "image: \"registry", "image: \"mirror");
            replace(text, edits, "image: \"registry", "image: \"other");
        },
        "two edits overlap",
    ),
    (
        "an edit behind the end",
        |text, edits| {
            let (start, end) = (text.len(), text.len() + 1);
            let text = String::new();
            edits.push(TextEdit { start, end, text });
        },
        "two edits overlap",
    ),
];

/// Runs with a fault; the error says how it went through, or what is wrong with the refusal.
fn refused(text: &str, what: &str, fault: Fault, words: &str) -> Result<(), String> {
    let file = harden(text, Some(fault));
    if let Some(after) = file.after {
        return Err(format!("{what}: would be written:\n{after}"));
    }
    let changes = file.objects.iter().flat_map(|object| &object.changes);
    if changes.clone().any(|change| change.change.is_applied()) {
        return Err(format!("{what}: reported as applied"));
    }
    match file.problems.first() {
        Some(problem)
            if problem.reason.contains(words)
                && problem.help.contains("bug")
                && problem.object.as_deref() == Some("Deployment/app") =>
        {
            Ok(())
        }
        problem => Err(format!("{what}: {problem:?}")),
    }
}

#[test]
fn a_wrong_edit_is_refused_and_the_file_stays() {
    let faults = FAULTS.iter();
    let wrong: Vec<String> = faults
        .filter_map(|(what, fault, words)| refused(DEPLOYMENT, what, *fault, words).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lost_carriage_returns_are_refused() {
    let text = DEPLOYMENT.replace('\n', "\r\n");
    let words = "the line ends would become mixed";
    let lost: Fault = |_, edits| rewrite(edits, |text| text.replace("\r\n", "\n"));
    refused(&text, "of the new line", lost, words).expect("refused");
    let outside: Fault = |text, edits| replace(text, edits, "app\r\n", "app\n");
    refused(&text, "of a line outside", outside, "white space").expect("refused");
    let doubled: Fault = |_, edits| rewrite(edits, |text| text.replace('\r', "\r\r"));
    refused(
        &text,
        "doubled",
        doubled,
        "the new text would be refused itself: a carriage return stands without",
    )
    .expect("refused");
    let new: Fault = |_, edits| rewrite(edits, |text| text.replace('\n', "\r\n"));
    refused(DEPLOYMENT, "in a file without", new, words).expect("refused");
}

#[test]
fn a_lost_byte_order_mark_is_refused() {
    let text = format!("\u{feff}{DEPLOYMENT}");
    let lost: Fault = |text, edits| replace(text, edits, "\u{feff}", "");
    refused(&text, "mark", lost, "overlap").expect("refused");
}
