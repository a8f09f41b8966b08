//! The whole pipeline on the bytes of one file.

use kubetemper::change::{Change, Fate, Risk};
use kubetemper::cluster::Cluster;
use kubetemper::emit;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::pod_security::Version;
use kubetemper::report::{FileReport, Report, Status};
use kubetemper::settings::{Guards, Kept, Override, Profile, Settings};
use serde_json::Value;

use super::text::{self, set};

/// Bytes that choose the settings.
pub(super) const HEADER: usize = 2;

/// Hardens a text, and holds the program to its promises.
pub(super) fn check(data: &[u8]) {
    let Some((header, text)) = text::header::<HEADER>(data) else {
        return;
    };
    let settings = settings(header);
    let Some(report) = harden(text, &settings) else {
        return;
    };
    sensible(&report);
    in_little_memory(&report, text, &settings);
    if let Some(after) = &report.after {
        accounts_for(&report, text, after);
        let again = harden(after, &settings).unwrap_or_else(|| panic!("now a template\n{after}"));
        if let Some(twice) = &again.after {
            panic!("a second run changes\n{text}\n--- to\n{after}\n--- to\n{twice}");
        }
    }
    printed(report);
}

pub(super) fn settings([first, second]: [u8; HEADER]) -> Settings {
    let of = |choice: u8, count: u8| usize::from(choice % count);
    Settings {
        profile: [Profile::Restricted, Profile::Strict, Profile::Baseline][of(first, 3)],
        max_risk: [Risk::High, Risk::Low, Risk::None][of(first / 3, 3)],
        overrides: if first / 9 % 2 == 0 {
            Override::Nothing
        } else {
            Override::Everything
        },
        guards: [None, Some(Guards::All), Some(Guards::None)][of(first / 18, 3)],
        hold_immutable: second & 1 != 0,
        recreate: second & 2 != 0,
        namespace: (second & 4 != 0).then(|| "shop".to_owned()),
        release: (second & 8 != 0).then(|| "rel".to_owned()),
        target: Version::new([34, 20, 37][of(second / 16, 3)]),
        ..Settings::default()
    }
}

fn harden(text: &str, settings: &Settings) -> Option<FileReport> {
    let mut cluster = Cluster::default();
    pipeline::gather(text, &mut cluster);
    let source = Source {
        path: "fuzz.yaml".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    match pipeline::harden(source, settings, &cluster) {
        Outcome::Report(report, _) => Some(*report),
        Outcome::Template(problem) => {
            assert!(!problem.reason.is_empty() && !problem.help.is_empty());
            None
        }
    }
}

/// Where only the result is wanted, it says the same. White space may differ between the items of a list in JSON, which
/// are then texts of their own.
fn in_little_memory(report: &FileReport, text: &str, settings: &Settings) {
    let settings = Settings {
        kept: Kept::Counts,
        ..settings.clone()
    };
    let counted = harden(text, &settings).expect("it is no template");
    assert_eq!(report.status, counted.status, "{text}");
    assert_eq!(report.problems, counted.problems, "{text}");
    assert_eq!(report.warnings, counted.warnings, "{text}");
    let read = |after: &Option<String>| after.as_deref().map(text::read_again);
    let (whole, counted) = (read(&report.after), read(&counted.after));
    assert_eq!(whole, counted, "{text}");
}

/// Status, problems and result fit each other.
pub(super) fn sensible(report: &FileReport) {
    for problem in report.problems.iter().chain(&report.warnings) {
        assert!(!problem.reason.is_empty() && !problem.help.is_empty());
        assert!(problem.position.is_some(), "{problem:?}");
        let is_bug = problem.help.contains("please report");
        assert!(
            !is_bug,
            "a bug by its own word: {problem:?}\n{}",
            report.before
        );
    }
    let changes = || report.objects.iter().flat_map(|object| &object.changes);
    let applied = changes().any(|located| located.change.is_applied());
    assert_eq!(
        report.after.is_some(),
        applied,
        "{:?}\n{}",
        report.status,
        report.before
    );
    assert_eq!(report.after.is_some(), report.status == Status::Changed);
    let is_refused = report.status == Status::Refused;
    assert!(!is_refused || !report.problems.is_empty());
    if let Some(after) = &report.after {
        assert!(!after.trim().is_empty() && *after != report.before);
    }
    for located in changes() {
        let change = &located.change;
        assert!(!change.reason.is_empty(), "{change:?}");
        match &change.fate {
            Fate::Applied => {}
            Fate::Held { why, .. } | Fate::Refused(why) => assert!(!why.is_empty(), "{change:?}"),
        }
    }
    for levels in report
        .objects
        .iter()
        .filter_map(|object| object.level.as_ref())
    {
        assert!(
            levels.after >= levels.before,
            "{levels:?}\n{}",
            report.before
        );
    }
}

/// As the second parser reads them, the old values with the applied changes are the new values.
fn accounts_for(report: &FileReport, before: &str, after: &str) {
    let mut expected = text::read_again(before);
    for object in &report.objects {
        let changes = object.changes.iter().map(|located| &located.change);
        let mut changes = changes.filter(|change| change.is_applied()).peekable();
        // A document that is left as it was need not be one that the second parser reads.
        if changes.peek().is_none() {
            continue;
        }
        let Some(Some(document)) = expected.get_mut(object.document) else {
            panic!(
                "document {} was changed and cannot be read\n{before}",
                object.document
            );
        };
        for Change { pointer, after, .. } in changes {
            set(document, pointer, after.as_ref());
        }
    }
    let read: Vec<Option<Value>> = text::read_again(after);
    assert_eq!(read, expected, "\n{before}\n--- became\n{after}");
}

/// Every format can say it.
fn printed(file: FileReport) {
    let report = Report {
        files: vec![file],
        templates: Vec::new(),
    };
    let mut out = Vec::new();
    let said = emit::diff(&report, &mut out).and_then(|_| emit::github(&report, false, &mut out));
    said.expect("memory takes all");
    let _ = (
        emit::json(&report, &|_| Vec::new()),
        emit::sarif(&report),
        emit::rdjson(&report),
    );
    let patches = emit::patches(&report.files);
    let _ = (
        emit::patches_json(&patches, None),
        emit::kustomization(&report.files, &patches, None),
    );
}
