//! Runs the tests with one mutant awake, until one of them notices.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// One program of tests: how long it takes, and which mutants it passes.
pub struct Suite {
    pub name: String,
    program: PathBuf,
    pub time: Duration,
    pub passed: BTreeSet<usize>,
}

/// What became of a mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A test failed: its name.
    Caught(String),
    /// The tests did not end.
    Timeout(String),
    /// All tests passed.
    Missed,
    /// No test comes by.
    Unreached,
    /// There was no time.
    NotRun,
}

impl Verdict {
    pub fn is_caught(&self) -> bool {
        matches!(self, Self::Caught(_) | Self::Timeout(_))
    }
}

enum End {
    Passed,
    Failed(String),
    Late,
}

/// More address space than any test takes; a mutant that allocates without end fails before the machine does.
const MEMORY_KIB: u64 = 12_000_000;

/// Random cases of each test: few, for what they find they find for many faults.
const CASES: &str = "48";

/// Runs a program once; a line that ends in `FAILED` ends it.
fn run(
    program: &Path,
    tree: &Path,
    variables: &[(&str, String)],
    limit: Duration,
) -> std::io::Result<End> {
    let mut child = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -v {MEMORY_KIB}; ulimit -c 0; exec \"$0\""),
        ])
        .arg(program)
        .current_dir(tree)
        .env("CARGO_MANIFEST_DIR", tree)
        .env("CI", "1")
        .env("PROPTEST_CASES", CASES)
        .envs(variables.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    let group = format!("-{}", child.id());
    let kill = move || {
        drop(
            Command::new("kill")
                .args(["-KILL", "--", &group])
                .stderr(Stdio::null())
                .status(),
        );
    };
    let (ended, late) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let watch = std::thread::spawn({
        let (ended, late, kill) = (Arc::clone(&ended), Arc::clone(&late), kill.clone());
        let started = Instant::now();
        move || {
            while !ended.load(Ordering::Relaxed) {
                if started.elapsed() > limit {
                    late.store(true, Ordering::Relaxed);
                    kill();
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
    let mut failed = None;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            if line.starts_with("test ") && line.ends_with("FAILED") {
                failed = line.split(' ').nth(1).map(ToOwned::to_owned);
                kill();
                break;
            }
        }
    }
    let status = child.wait()?;
    ended.store(true, Ordering::Relaxed);
    let _ = watch.join();
    Ok(match failed {
        Some(test) => End::Failed(test),
        None if late.load(Ordering::Relaxed) => End::Late,
        None if status.success() => End::Passed,
        None => End::Failed("(the program ended)".to_owned()),
    })
}

impl Suite {
    /// Runs a program without any mutant, to learn how long it takes and, unless `traced`, where it comes by.
    ///
    /// A traced program cannot note where it comes by: what it writes is what its tests are about.
    ///
    /// # Errors
    /// A test that fails as it is.
    pub fn measure(
        name: String,
        program: PathBuf,
        tree: &Path,
        scratch: &Path,
        traced: bool,
    ) -> Result<Self, String> {
        let log = scratch.join(format!("{name}.passed"));
        let _ = fs::remove_file(&log);
        let started = Instant::now();
        let variables = [("KUBETEMPER_PASSED", log.display().to_string())];
        let variables = if traced { &[][..] } else { &variables };
        let end = run(&program, tree, variables, Duration::from_mins(5));
        let time = started.elapsed();
        match end.map_err(|error| format!("{name}: {error}"))? {
            End::Passed => {}
            End::Failed(test) => return Err(format!("{name}: {test} fails without any mutant")),
            End::Late => return Err(format!("{name}: takes more than five minutes")),
        }
        let text = fs::read_to_string(&log).unwrap_or_default();
        let passed = text.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(Self {
            name,
            program,
            time,
            passed,
        })
    }
}

/// Wakes a mutant and runs the tests that come by, the fastest first.
pub fn trial(id: usize, suites: &[Suite], tree: &Path, deadline: Option<Instant>) -> Verdict {
    let suites: Vec<&Suite> = suites
        .iter()
        .filter(|suite| suite.passed.contains(&id))
        .collect();
    if suites.is_empty() {
        return Verdict::Unreached;
    }
    for suite in suites {
        let now = Instant::now();
        if deadline.is_some_and(|deadline| now >= deadline) {
            return Verdict::NotRun;
        }
        let limit = suite.time * 5 + Duration::from_secs(10);
        let awake = [("KUBETEMPER_MUTANT", id.to_string())];
        let mut end = run(&suite.program, tree, &awake, limit);
        if matches!(end, Ok(End::Late)) {
            // The machine may have been busy: only what does not end in much more time does not end.
            end = run(&suite.program, tree, &awake, limit * 3);
        }
        match end {
            Ok(End::Passed) => {}
            Ok(End::Failed(test)) => return Verdict::Caught(format!("{}: {test}", suite.name)),
            Ok(End::Late) => return Verdict::Timeout(suite.name.clone()),
            Err(error) => return Verdict::Caught(format!("{}: {error}", suite.name)),
        }
    }
    Verdict::Missed
}
