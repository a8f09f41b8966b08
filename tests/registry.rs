//! Keeps the list of transforms and their pages in step with the files under `transforms/`, and holds the
//! files to the house rules.
//!
//! What is out of date is written, and the test fails once to say so; with `CI` set it only fails.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use kubetemper::docs;
use kubetemper::transforms::ALL;

const HEADINGS: [&str; 4] = [
    "## What it changes",
    "## Why",
    "## When it breaks something",
    "## References",
];

/// Transforms that report and change nothing.
const REPORTING: [&str; 1] = ["restrict-volume-types"];

/// Files that are longer than the house allows, and should not be.
const LONG: [&str; 0] = [];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and below it, sorted, as paths relative to the package.
fn files(folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    files.sort();
    files
}

/// The module names of the transforms in the folder, sorted.
fn modules() -> Vec<String> {
    let name = |file: &String| {
        Some(
            file.strip_prefix("transforms/")?
                .strip_suffix(".rs")?
                .to_owned(),
        )
    };
    let names = files("transforms");
    names
        .iter()
        .filter_map(name)
        .filter(|name| name != "mod")
        .collect()
}

fn id(module: &str) -> String {
    module.replace('_', "-")
}

/// Tells whether the list that this test was compiled with has all the files.
fn list_is_current() -> bool {
    let listed = ALL.iter().map(|(transform, _)| transform.id.to_owned());
    listed.eq(modules().iter().map(|module| id(module)))
}

/// Makes a file hold a text; `None` removes it. Returns what was wrong with it.
fn keep(path: &str, text: Option<&str>) -> Option<String> {
    let file = root().join(path);
    if fs::read_to_string(&file).ok().as_deref() == text {
        return None;
    }
    if std::env::var_os("CI").is_none() {
        match text {
            Some(text) => fs::write(file, text).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
    }
    Some(format!(
        "{path} was out of date: run `cargo test` again and commit it\n"
    ))
}

/// `transforms/mod.rs`, as rustfmt formats it.
fn list(modules: &[String]) -> String {
    /// rustfmt's `fn_call_width`, which bounds tuples too.
    const WIDTH: usize = 60;
    let mut text = "\
//! Every transform, one file each. Written by `tests/registry.rs`: do not edit.

use crate::transform::Transform;

"
    .to_owned();
    for module in modules {
        writeln!(text, "mod {module};").unwrap();
    }
    text.push_str(
        "
/// Each transform with the text of its file, whose header is its documentation.
pub static ALL: &[(&Transform, &str)] = &[
",
    );
    for module in modules {
        let (transform, source) = (
            format!("&{module}::TRANSFORM"),
            format!("include_str!(\"{module}.rs\")"),
        );
        if transform.len() + ", ".len() + source.len() <= WIDTH {
            writeln!(text, "    ({transform}, {source}),").unwrap();
        } else {
            write!(
                text,
                "    (\n        {transform},\n        {source},\n    ),\n"
            )
            .unwrap();
        }
    }
    text.push_str("];\n");
    text
}

/// The table of all transforms.
fn index() -> String {
    let mut text = "\
# Transforms

Written by `tests/registry.rs` from the headers of the files under `transforms/`.

| Transform | Profile | Summary |
|---|---|---|
"
    .to_owned();
    for (transform, _) in ALL {
        let profile = serde_json::to_value(transform.profile).unwrap();
        let (id, profile, summary) = (transform.id, profile.as_str().unwrap(), transform.summary);
        writeln!(text, "| [{id}]({id}.md) | {profile} | {summary} |").unwrap();
    }
    text
}

#[test]
fn the_list_holds_every_file() {
    if let Some(failure) = keep("transforms/mod.rs", Some(&list(&modules()))) {
        panic!("{failure}");
    }
}

#[test]
fn the_pages_say_what_the_headers_say() {
    assert!(
        list_is_current(),
        "the list of transforms is out of date: run `cargo test` again"
    );
    let mut failures = String::new();
    let mut pages = BTreeSet::from(["docs/transforms/README.md".to_owned()]);
    failures.extend(keep("docs/transforms/README.md", Some(&index())));
    for (transform, _) in ALL {
        let path = format!("docs/transforms/{}.md", transform.id);
        failures.extend(keep(&path, docs::page(transform.id).as_deref()));
        pages.insert(path);
    }
    for stale in files("docs/transforms")
        .iter()
        .filter(|path| !pages.contains(*path))
    {
        failures.extend(keep(stale, None));
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn ids_are_file_names_sorted_and_unique() {
    for (transform, source) in ALL {
        let path = format!("transforms/{}.rs", transform.id.replace('-', "_"));
        let file = fs::read_to_string(root().join(&path)).unwrap_or_default();
        assert_eq!(file, *source, "{}: {path} is another file", transform.id);
    }
    let ids: Vec<&str> = ALL.iter().map(|(transform, _)| transform.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
}

#[test]
fn headers_have_the_fixed_headings_with_text_below_each() {
    for (transform, source) in ALL {
        let id = transform.id;
        let header: Vec<&str> = source
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        let lines: Vec<&str> = header.iter().map(|line| line[3..].trim()).collect();
        assert!(
            lines[0].ends_with('.') && !lines[0].starts_with('#'),
            "{id}: first line"
        );
        let headings: Vec<&str> = lines
            .iter()
            .copied()
            .filter(|line| line.starts_with('#'))
            .collect();
        assert_eq!(headings, HEADINGS, "{id}: headings");
        for section in lines.join("\n").split("\n## ").skip(1) {
            let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
            assert!(!text.trim().is_empty(), "{id}: nothing below {heading}");
        }
    }
}

#[test]
fn summaries_are_short_and_references_are_given() {
    for (transform, _) in ALL {
        let (id, summary) = (transform.id, transform.summary);
        assert!(
            summary.chars().count() <= 72,
            "{id}: longer than 72 characters"
        );
        assert!(!summary.ends_with('.'), "{id}: full stop");
        assert!(
            summary.starts_with(|c: char| c.is_ascii_lowercase()),
            "{id}: starts in lower case"
        );
        assert!(
            !summary.contains('|'),
            "{id}: would break the table of the index"
        );
        assert!(!transform.references.is_empty(), "{id}: references");
    }
}

#[test]
fn every_transform_has_a_case_that_changes_something_and_one_that_does_not() {
    for (transform, _) in ALL {
        let folder = root().join("golden").join(transform.id);
        let (mut changed, mut kept) = (0, 0);
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let case = entry.unwrap().path();
            let text = |name: &str| {
                let text = |extension| fs::read(case.join(name).with_extension(extension)).ok();
                text("yaml").or_else(|| text("json"))
            };
            let same = text("before") == text("after");
            *if same { &mut kept } else { &mut changed } += 1;
        }
        let reports = REPORTING.contains(&transform.id);
        assert_eq!(
            changed == 0,
            reports,
            "{}: no case changes something",
            transform.id
        );
        assert!(kept > 0, "{}: no case changes nothing", transform.id);
    }
}

#[test]
fn golden_cases_belong_to_a_transform() {
    for file in files("golden") {
        let Some((group, _)) = file["golden/".len()..].split_once('/') else {
            continue;
        };
        let known = ALL.iter().any(|(transform, _)| transform.id == group);
        let other = ["pipeline", "refused", "cli"].contains(&group);
        assert!(known || other, "golden/{group}: there is no such transform");
    }
}

#[test]
fn transforms_use_the_prelude_and_little_else() {
    let allowed = ["crate::prelude::*;", "k8s_openapi::", "std::collections::"];
    for (transform, source) in ALL {
        for line in source.lines().map(str::trim_start) {
            let Some(used) = line
                .strip_prefix("use ")
                .or_else(|| line.strip_prefix("pub use "))
            else {
                continue;
            };
            let fine = allowed.iter().any(|prefix| used.starts_with(prefix));
            assert!(fine, "{}: `{line}`", transform.id);
        }
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for file in ["src", "transforms", "tests"].into_iter().flat_map(files) {
        let path = PathBuf::from(&file);
        if path.extension().is_none_or(|extension| extension != "rs")
            || LONG.contains(&file.as_str())
        {
            continue;
        }
        let lines = fs::read_to_string(root().join(path))
            .unwrap()
            .lines()
            .count();
        assert!(lines <= 400, "{file} has {lines} lines");
    }
}
