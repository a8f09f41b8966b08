//! Long inputs of one pattern: whatever the pattern, the time is about proportional to the length.

use std::time::{Duration, Instant};

use crate::targets::{ALL, Seeds, Target};
use crate::{PATIENCE, number, once};

/// Patterns that parsers, lexers and scanners stumble over when they are repeated.
const PATTERNS: &[&str] = &[
    "[",
    "{",
    "]",
    "- ",
    "-\n",
    "? ",
    ": ",
    "a: ",
    "a:\n",
    "\"",
    "'",
    "\\",
    "\\\"",
    "#",
    "# c\n",
    "---\n",
    "...\n",
    "--- |\n",
    "|\n",
    ">\n ",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "&a ",
    "&a [*a,",
    "*a ",
    "!!str ",
    "! ",
    "<<: ",
    "%YAML 1.1\n",
    "{{",
    "a",
    "a b ",
    "a: b\n",
    "- a\n",
    "- - ",
    "{a: ",
    "[a, ",
    "a, ",
    "\u{e9}",
    "\u{feff}",
    "~\n",
    "0",
    "1_",
    "9.",
    "x:\n - y\n",
    "a: |\n  b\n",
    "k: \"v\" # c\n",
    "\n\n# c\n\n",
    "a: &b c\nd: *b\n",
    "{a: b}\n---\n",
    "apiVersion: v1\nkind: Pod\n---\n",
    "- {name: a, image: b}\n",
    "://",
    "a://b,",
    "http://a:1/",
    "a:1,",
    "$(A)",
    "$(",
    "`",
    ";",
    "a;",
    "a|",
    "(",
    ")",
    ">a ",
    "<",
    "@",
    "/",
    "a/",
    ":a",
    "a=b\n",
    "Ki",
    "e9",
    "+",
    "--a ",
    "%%% a\n",
    "# kubetemper: keep *\n",
];

/// What stands before the repetition, so that it is inside of something.
const BEFORE: &[&str] = &[
    "",
    "a: ",
    "a: \"",
    "a: '",
    "a: [",
    "a: |\n  ",
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: ",
];

/// What is not looked at any closer.
const FAST: Duration = Duration::from_millis(400);

/// The time that a pattern takes: on a busy machine the best of three, unless all of it is fast.
fn time(target: Target, before: &str, pattern: &str, length: usize) -> Duration {
    let mut input = vec![0; target.header];
    input.extend(before.bytes());
    let repeated = pattern.bytes().cycle();
    input.extend(repeated.take(length / pattern.len() * pattern.len()));
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let took = once(target, &input, 4 * PATIENCE);
        best = best.min(
            took.unwrap_or_else(|why| panic!("{}: {before:?} {pattern:?}: {why}", target.name)),
        );
        if best < FAST {
            break;
        }
    }
    best
}

/// Eight times the length may take at most forty times as long, unless all of it is fast.
#[test]
fn time_is_about_proportional_to_length() {
    // With little time each pattern is short, and stands alone and in one place.
    let thorough = number("FUZZ_SECONDS", 2) > 60;
    let short = if thorough { 2 << 10 } else { 256 };
    let start = Instant::now();
    let mut slow = Vec::new();
    // What these two do is what `index` and `harden` do, and more slowly.
    let slow_ones = ["edit", "tree"];
    let looked_at = |target: &Target| thorough || !slow_ones.contains(&target.name);
    for target in ALL.into_iter().filter(looked_at) {
        for (number, pattern) in PATTERNS.iter().enumerate() {
            let within = 1 + number % (BEFORE.len() - 1);
            let is_short = matches!(target.seeds, Seeds::Words(_));
            let mut befores = BEFORE.to_vec();
            befores.retain(|before| {
                before.is_empty() || !is_short && (thorough || *before == BEFORE[within])
            });
            for before in befores {
                let long = time(target, before, pattern, 8 * short);
                if long > FAST && long > time(target, before, pattern, short) * 40 {
                    slow.push(format!("{}: {before:?} {pattern:?}: {long:?}", target.name));
                }
            }
        }
    }
    println!("all patterns took {:?}", start.elapsed());
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
