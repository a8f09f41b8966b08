//! The table of results, for people and for docs/performance.md.

use std::fs;

use super::cases::Case;
use super::measure::Figures;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");

#[derive(Default)]
pub(crate) struct Table {
    lines: Vec<String>,
    missed: Vec<String>,
}

impl Table {
    /// Adds a case, and prints it.
    pub(crate) fn add(&mut self, case: &Case, figures: Figures) {
        if self.lines.is_empty() {
            self.line(
                "| case | input | reading | floor (events) | wall | CPU | peak memory | target |"
                    .to_owned(),
            );
            self.line("| --- | --- | --- | --- | --- | --- | --- | --- |".to_owned());
        }
        let floor = figures.events.as_secs_f64();
        let ratio = |time: std::time::Duration| time.as_secs_f64() / floor;
        let (wall, cpu) = (ratio(figures.wall), ratio(figures.cpu));
        let megabytes = |bytes: usize| bytes as f64 / f64::from(1 << 20);
        let memory = megabytes(figures.peak);
        if case.inputs.is_empty() {
            let milliseconds = figures.wall.as_secs_f64() * 1000.0;
            self.line(format!(
                "| {} | | | | {milliseconds:.1} ms | | {memory:.0} MB | |",
                case.name
            ));
            return;
        }
        let target = case.target.map_or_else(String::new, |target| {
            let mut words = Vec::new();
            let bound = (target.memory.0 * figures.bytes as f64) as usize + target.memory.1;
            let mut misses = figures.peak > bound;
            for (name, most, is) in [("wall", target.wall, wall), ("CPU", target.cpu, cpu)] {
                if let Some(most) = most {
                    words.push(format!("{name} {most}"));
                    misses |= is > most;
                }
            }
            words.push(format!("{:.0} MB", megabytes(bound)));
            let met = if misses { "missed" } else { "met" };
            if misses {
                self.missed.push(case.name.clone());
            }
            format!("{}: {met}", words.join(", "))
        });
        let line = format!(
            "| {} | {:.1} MB | {:.3} s | {:.3} s | {wall:.2} ({:.3} s) | {cpu:.2} | {memory:.0} MB ({:.1} × input) | {target} |",
            case.name,
            megabytes(figures.bytes),
            figures.read.as_secs_f64(),
            floor,
            figures.wall.as_secs_f64(),
            figures.peak as f64 / figures.bytes as f64,
        );
        self.line(line);
    }

    fn line(&mut self, line: String) {
        println!("{line}");
        self.lines.push(line);
    }

    /// Tells whether a target was missed.
    pub(crate) fn misses(&self) -> bool {
        !self.missed.is_empty()
    }

    /// Puts the table into the page, between its marks.
    pub(crate) fn write(&self, scaling: bool) {
        let mark = if scaling { "scaling" } else { "targets" };
        let (begin, end) = (
            format!("<!-- {mark}: begin -->\n"),
            format!("<!-- {mark}: end -->"),
        );
        let page = fs::read_to_string(PAGE).unwrap();
        let (before, rest) = page.split_once(&begin).unwrap();
        let (_, after) = rest.split_once(&end).unwrap();
        let table = self.lines.join("\n");
        fs::write(PAGE, format!("{before}{begin}{table}\n{end}{after}")).unwrap();
    }
}
