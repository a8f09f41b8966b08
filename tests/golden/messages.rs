//! Why changes were left out and texts refused, in the words of the program: each message of all cases once.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use kubetemper::change::Fate;
use kubetemper::report::FileReport;

use crate::check::diff;

static MESSAGES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Remembers what a report says.
pub(super) fn note(file: &FileReport) {
    let changes = file.objects.iter().flat_map(|object| &object.changes);
    let held = changes.filter_map(|located| {
        let id = located.change.transform;
        match &located.change.fate {
            Fate::Applied => None,
            Fate::Held { by, why } => Some(format!("held by {by}: {id}: {why}")),
            Fate::Refused(why) => Some(format!("refused: {id}: {why}")),
        }
    });
    let problems = file.problems.iter();
    let problems = problems.map(|problem| format!("problem: {}; {}", problem.reason, problem.help));
    let warnings = file.warnings.iter();
    let warnings = warnings.map(|problem| format!("warning: {}; {}", problem.reason, problem.help));
    let said = held.chain(problems).chain(warnings);
    MESSAGES.lock().unwrap().extend(said);
}

/// Compares all that was said with the file, or writes it; leaves the program where they differ.
#[expect(
    clippy::print_stderr,
    clippy::exit,
    reason = "no trial can run after all others"
)]
pub(super) fn compare(path: &Path) {
    let lines = MESSAGES.lock().unwrap();
    let mut text = String::new();
    for line in lines.iter() {
        text += &line.replace('\n', "\\n");
        text.push('\n');
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, text).unwrap();
        return;
    }
    let present = fs::read_to_string(path).unwrap_or_default();
    if present != text {
        eprintln!(
            "{} differs; `BLESS=1 cargo test` writes it\n{}",
            path.display(),
            diff(&present, &text)
        );
        std::process::exit(101);
    }
}
