//! Finds the messages of the program in its source, and those that no test reads.
//!
//! A message is a text of four words or more in the files that refuse, hold or complain. It is read when its longest
//! part without a placeholder stands in a test or beside a golden case (`golden/messages.txt` holds all that these say).

use std::fs;
use std::path::{Path, PathBuf};

/// Where messages come from.
const SOURCES: &[&str] = &[
    "src/capacity",
    "src/cli",
    "src/config",
    "src/document.rs",
    "src/engine.rs",
    "src/exempt.rs",
    "src/foreign.rs",
    "src/group.rs",
    "src/guards",
    "src/hold.rs",
    "src/images",
    "src/input.rs",
    "src/krm.rs",
    "src/limits.rs",
    "src/node_agent.rs",
    "src/output.rs",
    "src/pipeline.rs",
    "src/plan.rs",
    "src/planned.rs",
    "src/pod_security/mod.rs",
    "src/quota.rs",
    "src/release.rs",
    "src/resources/namespace.rs",
    "src/transform.rs",
    "src/typed.rs",
    "src/validity",
    "src/yaml",
];

/// Texts that are no refusal, hold or usage error: help, files that are written, words of a report.
const OTHER: &[&str] = &[
    "src/config/schema.rs",
    "src/config/starter.rs",
    "src/cli/explain.rs",
    "src/cli/invocation.rs",
    "src/cli/list.rs",
    "src/cli/helm.rs",
    "src/cli/help.rs",
    "src/cli/help/pages.rs",
    "src/cli/man.rs",
];

/// Messages that nothing but a bug or a failing system brings about, and what are no messages at all.
const UNREACHABLE: &[&str] = &[
    // Bugs by their own words: the checks before them leave nothing over.
    "please report it as a bug of kubetemper",
    "please report this file as a bug",
    "two edits overlap",
    "a second run would change the document again",
    "a second run would change the guards of a namespace again, so they are left out",
    "a new document would change its neighbours",
    "a new document would be several",
    "a transform must be content with its own value at",
    "its patch does not give what the changes give",
    // The parser's events come from the same text: the re-lex hardly disagrees with them.
    "the text could not be matched with its structure",
    "was expected",
    "text follows the document's value",
    "remove it, or begin another document with a line `---",
    // Only a change by hand sets such a key: tests/yaml_edit/refused.rs.
    "a key in braces goes over several lines",
    "write the key and a `:` on one line",
    "the head of a block scalar",
    "a key stands at an unexpected column",
    // What containers are given is asked before: then none lacks it.
    "says nothing of it",
    // 4 GiB of memory, a system without git, a file that vanishes between two steps.
    "the text is 4 GiB or longer",
    "split it into several streams",
    "cannot run git",
    "make the file readable",
    // Standard input is a terminal.
    "name a command, or pipe manifests in",
    "which it lists, could not be made",
    "the file could not be written",
    // Headings and examples of the command line.
    "Examples:",
    "The id of a transform",
    "no change is proposed or held here",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and below it, or the file itself, as paths from the root.
fn files(path: &str) -> Vec<String> {
    let whole = root().join(path);
    let Ok(entries) = fs::read_dir(&whole) else {
        return vec![path.to_owned()];
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().display().to_string();
    paths.iter().flat_map(|path| files(&name(path))).collect()
}

fn is_rust(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("tests.rs") || path.ends_with("planted.rs")
}

/// The program's part of a source file, and the tests at its end.
fn parts(text: &str) -> (&str, &str) {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text.split_at(end)
}

/// The string literals of a source file outside attributes and comments, as they are written.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in statements(source) {
        let mut rest = line.as_str();
        while let Some(start) = rest.find('"') {
            let text = &rest[start + 1..];
            let mut escaped = false;
            let end = text.char_indices().find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            let Some((end, _)) = end else { break };
            found.push(text[..end].to_owned());
            rest = &text[end + 1..];
        }
    }
    found
}

/// A source file without comments and attributes, with continued literals on one line.
fn statements(source: &str) -> Vec<String> {
    let mut joined = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if code.starts_with("//") || (code.starts_with('#') && code.ends_with(']')) {
            continue;
        }
        if code.starts_with("#[") {
            // An attribute over several lines.
            for line in lines.by_ref() {
                if line.trim_start().starts_with(")]") || line.trim_start().starts_with("))]") {
                    break;
                }
            }
            continue;
        }
        let starts = joined.is_empty() || joined.ends_with('\n');
        let code = if starts { line } else { line.trim_start() };
        if let Some(start) = code.strip_suffix('\\') {
            joined.push_str(start);
        } else {
            joined.push_str(code);
            joined.push('\n');
        }
    }
    joined
        .replace("'\"'", "")
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Texts as they are compared: without escapes.
fn plain(text: &str) -> String {
    text.replace("\\n", "\n").replace('\\', "")
}

/// The longest part of a message without a placeholder.
fn fragment(literal: &str) -> String {
    // What stands in braces is a placeholder, or braces themselves.
    let text = plain(literal).replace("{{", "\u{1}").replace("}}", "\u{1}");
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        parts.extend(before.split('\u{1}'));
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    parts.extend(rest.split('\u{1}'));
    let trimmed = parts
        .into_iter()
        .map(|part| part.trim_matches([' ', '\n', ':', ';', ',', '`', '\'', '"', '(']));
    trimmed
        .max_by_key(|part| part.len())
        .unwrap_or_default()
        .to_owned()
}

/// All that tests say: their sources, and the files beside the golden cases.
fn evidence() -> String {
    let mut all = String::new();
    for path in files("tests")
        .iter()
        .filter(|path| is_rust(path) && !path.ends_with("literals.rs"))
    {
        let text = fs::read_to_string(root().join(path)).unwrap();
        all.push_str(&plain(&statements(&text).join("\n")));
    }
    for path in ["src", "transforms"].into_iter().flat_map(files) {
        let text = fs::read_to_string(root().join(&path)).unwrap_or_default();
        let tests = if is_test(&path) {
            text.as_str()
        } else {
            parts(&text).1
        };
        all.push_str(&plain(&statements(tests).join("\n")));
    }
    let is_said = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or_default();
        !(name.starts_with("before")
            || name.starts_with("after")
            || path.contains("/before/")
            || path.contains("/after/"))
    };
    for path in files("golden").iter().filter(is_said) {
        all.push_str(&fs::read_to_string(root().join(path)).unwrap_or_default());
    }
    all
}

#[test]
fn every_message_is_read_by_a_test() {
    let evidence = evidence();
    let (mut count, mut unread) = (0, Vec::new());
    for path in SOURCES.iter().flat_map(|path| files(path)) {
        if is_test(&path) || !is_rust(&path) || OTHER.contains(&path.as_str()) {
            continue;
        }
        let text = fs::read_to_string(root().join(&path)).unwrap();
        for literal in literals(parts(&text).0) {
            let fragment = fragment(&literal);
            let is_message =
                literal.matches(' ').count() >= 3 && fragment.contains(' ') && fragment.len() >= 8;
            if !is_message || UNREACHABLE.iter().any(|text| fragment.contains(text)) {
                continue;
            }
            count += 1;
            if !evidence.contains(&fragment) {
                unread.push(format!("{path}: {fragment}"));
            }
        }
    }
    println!("{} of {count} messages are read", count - unread.len());
    assert!(count > 200, "{count}");
    assert!(
        unread.is_empty(),
        "{} of {count} are not read:\n{}",
        unread.len(),
        unread.join("\n")
    );
}
