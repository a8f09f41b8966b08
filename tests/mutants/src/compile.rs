//! Builds the tests of the copy, and tells which mutants the compiler rejects.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

/// The module of the copy that says which mutant is awake. The real tree has no such thing.
pub fn module(mutants: usize) -> String {
    format!(
        r#"//! Generated: which fault is awake, and which places were passed.
use std::io::Write as _;
use std::sync::atomic::{{AtomicBool, Ordering}};
use std::sync::{{Mutex, OnceLock}};

static SEEN: [AtomicBool; {mutants}] = [const {{ AtomicBool::new(false) }}; {mutants}];
static AWAKE: OnceLock<usize> = OnceLock::new();
static LOG: OnceLock<Option<Mutex<std::fs::File>>> = OnceLock::new();

/// Tells whether a mutant is awake.
#[inline(always)]
pub fn is(id: usize) -> bool {{
    if !SEEN[id].load(Ordering::Relaxed) {{
        note(id);
    }}
    *AWAKE.get_or_init(|| std::env::var("KUBETEMPER_MUTANT").ok().and_then(|id| id.parse().ok()).unwrap_or(0)) == id
}}

#[cold]
fn note(id: usize) {{
    SEEN[id].store(true, Ordering::Relaxed);
    let open = || {{
        let path = std::env::var_os("KUBETEMPER_PASSED")?;
        std::fs::OpenOptions::new().append(true).create(true).open(path).ok().map(Mutex::new)
    }};
    if let Some(Ok(mut file)) = LOG.get_or_init(open).as_ref().map(|file| file.lock()) {{
        let _ = file.write_all(format!("{{id}}\n").as_bytes());
    }}
}}
"#
    )
}

/// An error of the compiler: the file, and the bytes that it points at, the main ones first.
#[derive(Debug)]
pub struct Rejection {
    pub file: String,
    pub spans: Vec<Range<usize>>,
    pub message: String,
}

/// How the copy is built.
pub struct Builder {
    pub tree: PathBuf,
    pub target: PathBuf,
    pub optimise: bool,
    /// When the build is given up.
    pub deadline: Option<Instant>,
}

/// The error of a build that was given up.
pub const OVER: &str = "the time was over before the tests were built";

impl Builder {
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = match self.deadline {
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                let mut command = Command::new("timeout");
                command.arg(left.as_secs().max(1).to_string()).arg("cargo");
                command
            }
            None => Command::new("cargo"),
        };
        command
            .args(arguments)
            .args(["--message-format=json", "--quiet"])
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env(
                "CARGO_PROFILE_DEV_OPT_LEVEL",
                if self.optimise { "1" } else { "0" },
            )
            .env("RUSTFLAGS", "-Awarnings");
        command
    }

    /// What the compiler rejects; empty when the library compiles.
    ///
    /// # Errors
    /// Cargo cannot be run.
    pub fn check(&self) -> Result<Vec<Rejection>, String> {
        let (_, rejections, _) = run(self.cargo(&["check", "--lib"]))?;
        Ok(rejections)
    }

    /// Builds the tests: their names and programs.
    ///
    /// # Errors
    /// What does not compile.
    pub fn build(&self, skip: &[&str]) -> Result<Vec<(String, PathBuf)>, String> {
        let (good, rejections, programs) = run(self.cargo(&["test", "--no-run"]))?;
        if !good {
            return Err(format!(
                "the copy does not compile: {:?}",
                rejections.first()
            ));
        }
        Ok(programs
            .into_iter()
            .filter(|(name, _)| !skip.contains(&name.as_str()))
            .collect())
    }
}

type Built = (bool, Vec<Rejection>, Vec<(String, PathBuf)>);

fn run(mut command: Command) -> Result<Built, String> {
    let output = command
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    // What `timeout` says when it ended the command.
    if output.status.code() == Some(124) {
        return Err(OVER.to_owned());
    }
    let (mut rejections, mut programs) = (Vec::new(), Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if message["message"]["level"] == "error" {
            rejections.extend(rejection(&message["message"]));
        }
        if message["profile"]["test"] == true
            && let Some(program) = message["executable"].as_str()
        {
            let name = message["target"]["name"].as_str().unwrap_or_default();
            let kind = message["target"]["kind"][0].as_str().unwrap_or_default();
            let name = if kind == "test" {
                name.to_owned()
            } else {
                kind.to_owned()
            };
            programs.push((name, PathBuf::from(program)));
        }
    }
    if !output.status.success() && rejections.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok((output.status.success(), rejections, programs))
}

fn rejection(message: &Value) -> Option<Rejection> {
    let spans = message["spans"].as_array()?;
    let number = |span: &Value, key: &str| {
        span[key]
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
    };
    let range = |span: &Value| Some(number(span, "byte_start")?..number(span, "byte_end")?);
    let main = spans.iter().find(|span| span["is_primary"] == true)?;
    let file = main["file_name"].as_str()?;
    let same = spans
        .iter()
        .filter(|span| span["file_name"] == file && span["is_primary"] == false);
    Some(Rejection {
        file: normal(file),
        spans: range(main)
            .into_iter()
            .chain(same.filter_map(range))
            .collect(),
        message: message["message"].as_str().unwrap_or_default().to_owned(),
    })
}

/// `src/../transforms/x.rs` without the detour.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in Path::new(path).iter().filter_map(|part| part.to_str()) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// The smallest of the ranges that hold a span.
pub fn innermost(ranges: &[(usize, Range<usize>)], span: &Range<usize>) -> Option<usize> {
    let holds = |range: &Range<usize>| range.start <= span.start && span.end <= range.end;
    ranges
        .iter()
        .filter(|(_, range)| holds(range))
        .min_by_key(|(_, range)| range.len())
        .map(|(id, _)| *id)
}

/// The ranges that stand on the lines of a span.
pub fn beside(
    text: &str,
    ranges: &[(usize, Range<usize>)],
    span: &Range<usize>,
) -> BTreeSet<usize> {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end..]
        .find('\n')
        .map_or(text.len(), |at| span.end + at);
    let meets = |range: &Range<usize>| range.start < end && start < range.end;
    ranges
        .iter()
        .filter(|(_, range)| meets(range))
        .map(|(id, _)| *id)
        .collect()
}
