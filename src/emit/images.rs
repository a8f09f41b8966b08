//! What is known of images, for people and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::style::{count, plain};
use crate::images::{
    Confidence, Facts, Item, Known, Listed, Port, ReadOnlyRoot, Uses, how_to_know,
};

/// The list for people: each image, what is known of it and from where, and what is missing.
#[must_use]
pub fn images(uses: &Uses, quiet: bool) -> String {
    let mut text = String::new();
    for (reference, listed) in uses.0.iter().filter(|_| !quiet) {
        let containers = count(listed.uses.len(), "container");
        let _ = writeln!(text, "{}  ({containers})", plain(reference));
        for (key, value) in rows(reference, listed) {
            let _ = writeln!(text, "  {key:16}{}", plain(&value));
        }
        text.push('\n');
    }
    text + &summary(uses)
}

fn summary(uses: &Uses) -> String {
    let all: usize = uses.0.values().map(|listed| listed.uses.len()).sum();
    let known = uses.0.values().filter(|listed| listed.known.is_some());
    let (images, containers) = known.fold((0, 0), |(images, containers), listed| {
        (images + 1, containers + listed.uses.len())
    });
    format!(
        "{images} of {} known, in {containers} of {}\n",
        count(uses.0.len(), "image"),
        count(all, "container")
    )
}

fn rows(reference: &str, listed: &Listed) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    match &listed.known {
        Some(known) => {
            rows.push(("known from", known.says()));
            rows.extend(facts(&known.facts));
            rows.extend(missing(known).map(|missing| ("missing", missing)));
        }
        None => rows.push(("unknown", how_to_know(reference))),
    }
    let first = &listed.uses[0];
    let more = match listed.uses.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let place = format!(
        "{}:{} {} {}{more}",
        first.path, first.line, first.object, first.container
    );
    rows.push(("used in", place));
    rows
}

fn facts(facts: &Facts) -> impl Iterator<Item = (&'static str, String)> {
    let names = |items: &[Item]| {
        let name = |item: &Item| match item.when() {
            Some(when) => format!("{} ({when})", item.value()),
            None => item.value().to_owned(),
        };
        items.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let ports = facts.ports.iter().map(Port::text);
    let root = match facts.read_only_root {
        None => "",
        Some(ReadOnlyRoot::Plain(true)) => "works",
        Some(ReadOnlyRoot::Plain(false)) => "does not work",
        Some(ReadOnlyRoot::Given(_)) => "works, given what it writes to",
    };
    let api = if facts.needs_api {
        "calls the API server"
    } else {
        ""
    };
    [
        ("user", user(facts)),
        ("writes to", names(&facts.writable)),
        ("needs as root", names(&facts.capabilities_as_root)),
        ("its file has", names(&facts.file_capabilities)),
        ("read-only root", root.to_owned()),
        ("ports", ports.collect::<Vec<_>>().join(", ")),
        ("node", facts.needs_host.join(", ")),
        ("token", api.to_owned()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
}

fn user(facts: &Facts) -> String {
    let user = &facts.user;
    match facts.ids() {
        Some(ids) if facts.user.number() == Some(ids.user) => user.to_string(),
        Some(ids) => {
            let group = ids
                .fs_group
                .map_or_else(String::new, |group| format!(", fsGroup {group}"));
            format!("{user}; works as {}:{}{group}", ids.user, ids.group)
        }
        None if facts.must_be_root() => format!("{user}; must stay root"),
        None => user.to_string(),
    }
}

/// What is not known of an image, and matters.
fn missing(known: &Known) -> Option<String> {
    let facts = &known.facts;
    let mut missing = Vec::new();
    if facts.non_root.is_none() && facts.user.number().is_none_or(|user| user == 0) {
        missing.push("a user other than root (nonRoot)");
    }
    if facts.read_only_root.is_none() {
        missing.push("where it writes (writable, readOnlyRoot)");
    }
    if facts.confidence < Confidence::High {
        missing.push("a source that settles it: changes are of risk high");
    }
    (!missing.is_empty()).then(|| missing.join("; "))
}

/// The list as JSON: one object for each image.
#[must_use]
pub fn images_json(uses: &Uses) -> Value {
    let images = uses.0.iter().map(|(reference, listed)| {
        let known = listed.known.as_ref();
        let uses = listed.uses.iter().map(|found| {
            json!({
                "path": found.path,
                "line": found.line,
                "object": found.object,
                "container": found.container,
            })
        });
        json!({
            "image": reference,
            "known": known.is_some(),
            "origin": known.map(|known| known.origin.to_string()),
            "facts": known.map(|known| &known.facts),
            "missing": match known {
                Some(known) => missing(known),
                None => Some(how_to_know(reference)),
            },
            "uses": uses.collect::<Vec<_>>(),
        })
    });
    json!({"version": 1, "images": images.collect::<Vec<_>>()})
}
