//! The speed of whole runs, as ratios to the floor: raw events of `yaml-rust2` on the same bytes, on one core.
//!
//! `cargo bench` prints the table; with `--write` it goes into docs/performance.md; with `--scaling` sizes, edits,
//! files, depths and line lengths grow. Each run is a process of its own that measures its floor first.
//!
//! For `.ci/instructions.py`, `--inputs FOLDER` writes small inputs and what to run on them, and `--floor PATH...` reads
//! raw events and does nothing else.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are rounded for people"
)]

mod cases;
mod generate;
mod measure;
mod table;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(plan) = std::env::var_os(measure::PLAN) {
        return measure::child(&plan);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((flag, paths)) if flag == "--floor" => {
            for path in paths {
                measure::events(path);
            }
            return ExitCode::SUCCESS;
        }
        Some((flag, [folder, ..])) if flag == "--inputs" => {
            println!("{}", measure::plans(&cases::axes(Path::new(folder))));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let only = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"));
    let folder = tempfile::tempdir().unwrap();
    let cases = if asked("--scaling") {
        cases::scaling(folder.path())
    } else {
        cases::targets(folder.path())
    };
    let cases = cases
        .into_iter()
        .filter(|case| only.is_none_or(|only| case.name.contains(only.as_str())));
    let mut table = table::Table::default();
    for case in cases {
        table.add(&case, measure::run(&case));
    }
    if asked("--write") {
        table.write(asked("--scaling"));
    }
    if asked("--strict") && table.misses() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
