//! The fuzz targets of `tests/fuzz/` on stable: seeds, then seeded mutations of them for a fixed time.
//!
//! `FUZZ_SECONDS` is the time for each target (2 without it), `FUZZ_SEED` the seed of the first run. What breaks a
//! promise is written to a file, and belongs into `tests/fuzz/crashes/<target>/` once it is mended.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

#[path = "../fuzz/targets/mod.rs"]
mod targets;

mod long;
mod mutate;
mod seeds;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use targets::{ALL, Target};

/// The longest that one short input may take, on a slow machine and without optimisation.
const PATIENCE: Duration = Duration::from_secs(20);

/// What nobody needs to look at again, however it was measured.
const QUICK: Duration = Duration::from_millis(100);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn number(variable: &str, default: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.map_or(default, |value| value.parse().unwrap())
}

fn target(name: &str) -> Target {
    *ALL.iter().find(|target| target.name == name).unwrap()
}

/// The time that this thread has worked: what else the machine does is not counted, where Linux tells.
struct Clock(Result<Duration, Instant>);

impl Clock {
    fn of_the_thread() -> Self {
        Self(worked().ok_or_else(Instant::now))
    }

    fn elapsed(&self) -> Duration {
        match self.0 {
            Ok(start) => worked().unwrap_or(start).saturating_sub(start),
            Err(start) => start.elapsed(),
        }
    }
}

fn worked() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
}

/// Runs one input; what is wrong with it, if anything.
fn once(target: Target, input: &[u8], patience: Duration) -> Result<Duration, String> {
    let mut best = Duration::MAX;
    // The clock on the wall is read faster. Where it says much, the thread's own and the best of three tell.
    for attempt in 0..4 {
        let start = if attempt == 0 {
            Clock(Err(Instant::now()))
        } else {
            Clock::of_the_thread()
        };
        let done = panic::catch_unwind(AssertUnwindSafe(|| targets::check(target.name, input)));
        best = best.min(start.elapsed());
        if let Err(panic) = done {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            return Err(text.unwrap_or_default());
        }
        if best < if attempt == 0 { QUICK } else { patience } {
            return Ok(best);
        }
    }
    Err(format!("{} bytes took {best:?}", input.len()))
}

/// Inputs that break a promise, one of each kind: the shortest.
#[derive(Default)]
struct Failures(BTreeMap<String, (Vec<u8>, String)>);

impl Failures {
    fn add(&mut self, target: Target, input: &[u8], why: String) {
        let letters = why.chars().filter(|c| c.is_alphabetic() || *c == ' ');
        let kind = format!("{}: {}", target.name, letters.take(60).collect::<String>());
        let found = self.0.entry(kind);
        let found = found.or_insert_with(|| (input.to_vec(), why.clone()));
        if input.len() < found.0.len() {
            *found = (input.to_vec(), why);
        }
    }

    fn has_enough(&self) -> bool {
        self.0.len() >= 20
    }

    /// Fails if there is one, and writes them all to files.
    fn report(self) {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
        fs::create_dir_all(&folder).unwrap();
        for (number, (kind, (input, why))) in self.0.iter().enumerate() {
            let name = kind.split(':').next().unwrap_or_default();
            let path = folder.join(format!("{name}-{number}"));
            fs::write(&path, input).unwrap();
            println!("==== {kind}\n{why}\nthe input is in {}", path.display());
        }
        assert!(self.0.is_empty(), "{:#?}", self.0.keys());
    }
}

fn fuzz(name: &str) {
    let target = target(name);
    let seeds = seeds::of(target);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let (mut count, mut slowest) = (0_u64, Duration::ZERO);
    let mut failures = Failures::default();
    let end = Instant::now() + Duration::from_secs(number("FUZZ_SECONDS", 2));
    let mut mutator = mutate::Mutator::new(number("FUZZ_SEED", 1), &seeds, target.header);
    while Instant::now() < end && !failures.has_enough() {
        let input = mutator.next();
        count += 1;
        match once(target, &input, PATIENCE) {
            Ok(took) => slowest = slowest.max(took),
            Err(why) => failures.add(target, &input, why),
        }
    }
    println!(
        "{name}: {count} executions of {} seeds, the slowest {slowest:?}",
        seeds.len()
    );
    failures.report();
}

/// What was found once is not found again, and the seeds themselves are fine.
#[test]
fn seeds_and_former_crashes() {
    let mut failures = Failures::default();
    for target in ALL {
        for input in seeds::of(target).iter().chain(&seeds::crashes(target)) {
            if let Err(why) = once(target, input, PATIENCE) {
                failures.add(target, input, why);
            }
        }
    }
    failures.report();
}

macro_rules! fuzz {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            fuzz(stringify!($name));
        })*
        const FUZZED: &[&str] = &[$(stringify!($name)),*];
    };
}

fuzz! { index edit harden tree krm config scalar quantity image command address }

/// Each target is run here, and has a binary for cargo-fuzz.
#[test]
fn every_target_is_run() {
    let names: Vec<&str> = ALL.iter().map(|target| target.name).collect();
    assert_eq!(names, FUZZED);
    let manifest = fs::read_to_string(root().join("tests/fuzz/Cargo.toml")).unwrap();
    for name in names {
        let binary = fs::read_to_string(root().join(format!("tests/fuzz/bin/{name}.rs"))).unwrap();
        assert!(
            binary.contains(&format!("targets::check(\"{name}\", data)")),
            "{name}"
        );
        assert!(
            manifest.contains(&format!("path = \"bin/{name}.rs\"")),
            "{name}"
        );
    }
}
