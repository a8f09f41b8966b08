//! What was caught and what was not, as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::mutant::Mutant;
use crate::tree;
use crate::trial::Verdict;

/// The mutants that change nothing anybody could notice, with the argument: `name # why`, one a line.
///
/// # Errors
/// A line without an argument.
pub fn argued(root: &Path) -> Result<BTreeMap<String, String>, String> {
    let text =
        std::fs::read_to_string(root.join("tests/mutants/equivalent.txt")).unwrap_or_default();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.rsplit_once(" # ") {
            Some((name, why)) => Ok((name.to_owned(), why.to_owned())),
            None => Err(format!("equivalent.txt: no argument: {line}")),
        })
        .collect()
}

#[derive(Default)]
struct Count {
    caught: usize,
    late: usize,
    missed: usize,
    unreached: usize,
    argued: usize,
    not_run: usize,
}

impl Count {
    fn add(&mut self, verdict: &Verdict, is_argued: bool) {
        let place = match verdict {
            Verdict::Caught(_) => &mut self.caught,
            Verdict::Timeout(_) => &mut self.late,
            _ if is_argued => &mut self.argued,
            Verdict::Missed => &mut self.missed,
            Verdict::Unreached => &mut self.unreached,
            Verdict::NotRun => &mut self.not_run,
        };
        *place += 1;
    }

    fn tried(&self) -> usize {
        self.caught + self.late + self.missed + self.unreached + self.argued
    }

    /// Caught of those tried, in percent, those argued counting as not caught.
    fn rate(&self) -> f64 {
        let of = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if self.tried() == 0 {
            100.0
        } else {
            100.0 * of(self.caught + self.late) / of(self.tried())
        }
    }

    fn row(&self, name: &str) -> String {
        let Self {
            caught,
            late,
            missed,
            unreached,
            argued,
            not_run,
        } = self;
        let rate = self.rate();
        format!(
            "{name:14}{:>7}{caught:>8}{late:>9}{missed:>8}{unreached:>11}{argued:>8}{not_run:>9}{rate:>8.1} %",
            self.tried()
        )
    }
}

/// Prints the survivors and a table; tells whether enough was caught.
pub fn print(
    mutants: &[Mutant],
    verdicts: &[Verdict],
    argued: &BTreeMap<String, String>,
    threshold: usize,
) -> bool {
    let mut areas: BTreeMap<&str, Count> = BTreeMap::new();
    let mut total = Count::default();
    let mut survivors = String::new();
    for (mutant, verdict) in mutants.iter().zip(verdicts) {
        let why = argued.get(&mutant.name());
        areas
            .entry(mutant.area)
            .or_default()
            .add(verdict, why.is_some());
        total.add(verdict, why.is_some());
        if matches!(verdict, Verdict::Missed | Verdict::Unreached) && why.is_none() {
            let word = if *verdict == Verdict::Missed {
                "missed"
            } else {
                "unreached"
            };
            let (file, line, column) = (&mutant.file, mutant.line, mutant.column);
            let _ = writeln!(
                survivors,
                "{word} {file}:{line}:{column}: {}: {}",
                mutant.function, mutant.what
            );
        }
    }
    print!("{survivors}");
    println!(
        "{:14}{:>7}{:>8}{:>9}{:>8}{:>11}{:>8}{:>9}{:>10}",
        "area", "tried", "caught", "timeout", "missed", "unreached", "argued", "not run", "rate"
    );
    for area in tree::areas() {
        if let Some(count) = areas.get(area) {
            println!("{}", count.row(area));
        }
    }
    println!("{}", total.row("all"));
    if total.not_run > 0 {
        println!(
            "the time was over: {} mutants were not tried",
            total.not_run
        );
    }
    let survived = total.missed + total.unreached;
    let good = 100 * survived <= (100 - threshold.min(100)) * total.tried();
    if !good {
        println!(
            "more than {} % survived: write a test that fails with the fault, or argue it in equivalent.txt",
            100 - threshold
        );
    }
    good
}

/// Writes every verdict to a file of tab-separated columns.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, mutants: &[Mutant], verdicts: &[Verdict]) -> std::io::Result<()> {
    let mut text = String::new();
    for (mutant, verdict) in mutants.iter().zip(verdicts) {
        let _ = writeln!(
            text,
            "{verdict:?}\t{}\t{}\t{}\t{}",
            mutant.area,
            mutant.file,
            mutant.line,
            mutant.name()
        );
    }
    std::fs::write(path, text)
}

/// The names of the mutants that no failing test caught in a run.
pub fn survivors(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let survived = |line: &&str| !line.starts_with("Caught") && !line.starts_with("NotRun");
    let names = text
        .lines()
        .filter(survived)
        .filter_map(|line| line.rsplit('\t').next());
    names.map(ToOwned::to_owned).collect()
}
