//! Runs a case in a process of its own, and reads what it took.

use std::ffi::OsStr;
use std::fs;
use std::hint::black_box;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use yaml_rust2::Event;
use yaml_rust2::parser::Parser;

use super::cases::Case;

/// The variable that makes this program the child: a file with the inputs, and where the figures go.
pub(crate) const PLAN: &str = "KUBETEMPER_BENCH";

/// What a run took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Of the input.
    pub(crate) bytes: usize,
    /// Reading the bytes.
    pub(crate) read: Duration,
    /// Raw events on the same bytes.
    pub(crate) events: Duration,
    /// The run, from its start to its end.
    pub(crate) wall: Duration,
    /// User and system time of all its threads.
    pub(crate) cpu: Duration,
    /// The largest resident set, in bytes.
    pub(crate) peak: usize,
    /// The exit status of the run.
    pub(crate) exit: u8,
}

/// The best of several runs: what else the machine does only adds.
pub(crate) fn run(case: &Case) -> Figures {
    let runs = (0..case.runs).map(|_| once(case));
    let best = runs.min_by_key(|figures| figures.wall).unwrap();
    assert!(best.exit < 2, "{} failed", case.name);
    best
}

fn once(case: &Case) -> Figures {
    let inputs: Vec<_> = case.inputs.iter().map(|path| path.to_str()).collect();
    let (figures, exit, whole) = process(case, &inputs);
    let time = |key: &str| Duration::from_secs_f64(figures[key].as_f64().unwrap());
    let bytes =
        |figures: &Value, key: &str| usize::try_from(figures[key].as_u64().unwrap()).unwrap();
    let mut peak = bytes(&figures, "peak");
    // In brackets the parser of the floor queues all tokens, which takes more than the run.
    if peak == bytes(&figures, "peakOfFloor") && !inputs.is_empty() {
        peak = bytes(&process(case, &[]).0, "peak");
    }
    Figures {
        bytes: bytes(&figures, "bytes"),
        read: time("read"),
        events: time("events"),
        wall: if inputs.is_empty() {
            whole
        } else {
            time("wall")
        },
        cpu: time("cpu"),
        peak,
        exit,
    }
}

/// Runs a case after the floor of `inputs`: its figures, its exit status, and how long the process took.
fn process(case: &Case, inputs: &[Option<&str>]) -> (Value, u8, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan");
    fs::write(&plan, json!(inputs).to_string()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(&case.arguments).env(PLAN, &plan);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let stdin = case
        .stdin
        .as_ref()
        .map(|path| fs::File::open(path).unwrap());
    command.stdin(stdin.map_or_else(Stdio::null, Stdio::from));
    let start = Instant::now();
    let status = command.status().unwrap();
    let whole = start.elapsed();
    let figures = serde_json::from_str(&fs::read_to_string(&plan).unwrap()).unwrap();
    let exit = u8::try_from(status.code().unwrap_or(2)).unwrap_or(2);
    (figures, exit, whole)
}

/// Reads raw events of a file.
pub(crate) fn events(path: &str) {
    let text = fs::read_to_string(path).unwrap();
    let mut parser = Parser::new_from_str(&text);
    while black_box(parser.next_token()).unwrap().0 != Event::StreamEnd {}
}

/// What to run, as JSON: pairs of a case and the same twice as large.
pub(crate) fn plans(axes: &[[Case; 2]]) -> Value {
    let plan = |case: &Case| {
        json!({
            "name": case.name, "arguments": case.arguments, "stdin": case.stdin, "inputs": case.inputs,
        })
    };
    let pairs: Vec<_> = axes.iter().map(|pair| pair.each_ref().map(plan)).collect();
    json!(pairs)
}

/// Measures the floor, then runs the program as if its command line were this process's.
pub(crate) fn child(plan: &OsStr) -> ExitCode {
    let inputs: Vec<String> = serde_json::from_str(&fs::read_to_string(plan).unwrap()).unwrap();
    let (mut bytes, mut read, mut events) = (0, Duration::ZERO, Duration::ZERO);
    for input in &inputs {
        let start = Instant::now();
        let text = fs::read_to_string(input).unwrap();
        read += start.elapsed();
        bytes += text.len();
        let start = Instant::now();
        let mut parser = Parser::new_from_str(&text);
        while black_box(parser.next_token()).unwrap().0 != Event::StreamEnd {}
        events += start.elapsed();
    }
    let peak_of_floor = peak();
    let before = cpu();
    let start = Instant::now();
    let empty = std::env::args_os().len() == 1;
    let exit = if empty {
        ExitCode::SUCCESS
    } else {
        kubetemper::cli::main()
    };
    let wall = start.elapsed();
    let figures = json!({
        "bytes": bytes, "read": read.as_secs_f64(), "events": events.as_secs_f64(),
        "wall": wall.as_secs_f64(), "cpu": cpu().saturating_sub(before).as_secs_f64(), "peak": peak(),
        "peakOfFloor": peak_of_floor,
    });
    fs::write(plan, figures.to_string()).unwrap();
    exit
}

/// User and system time of this process, in the kernel's ticks of 10 ms.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
    // Fields 14 and 15 of proc(5); the first two are cut off.
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(10 * ticks)
}

/// The largest resident set of this process, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .parse::<usize>()
        .unwrap()
        * 1024
}
