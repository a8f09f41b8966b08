//! SARIF 2.1.0, for code scanning: a result for each change and each problem.
//!
//! The fix of an object hangs on its first result, since its edits were proved together and are all or none.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::findings::{self, Gravity};
use super::fixes::{self, Edits};
use super::place::{self, Place, Unit};
use super::text::Source;
use crate::change::{Change, Fate, HeldBy};
use crate::docs;
use crate::report::{FileReport, ObjectReport, Problem, Report};
use crate::settings::Profile;
use crate::transform;
use crate::transforms::ALL;

/// The rule of what cannot be read or edited.
const UNREADABLE: &str = "unreadable";
/// The rule of warnings.
const WARNING: &str = "useless-exemption";

/// The whole report as a log of one run.
#[must_use]
pub fn sarif(report: &Report) -> Value {
    let rules = Rules::of(report);
    let mut results = Vec::new();
    for file in &report.files {
        let source = Source::new(file);
        results.extend(Results::new(&source, &rules).all());
    }
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "kubetemper",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.list,
            }},
            "automationDetails": {"id": "kubetemper/"},
            "originalUriBaseIds": {"%SRCROOT%": {
                "description": {"text": "The folder that kubetemper ran in."},
            }},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

/// The rules that the results name.
struct Rules {
    list: Vec<Value>,
    index: BTreeMap<&'static str, usize>,
}

impl Rules {
    fn of(report: &Report) -> Self {
        let used: BTreeSet<&str> = report.changes().map(|change| change.transform).collect();
        let mut rules = Self {
            list: Vec::new(),
            index: BTreeMap::new(),
        };
        for (transform, _) in ALL
            .iter()
            .filter(|(transform, _)| used.contains(transform.id))
        {
            rules.add(transform.id, of_transform(transform.id));
        }
        let any = |has: fn(&FileReport) -> bool| report.files.iter().any(has);
        if any(|file| !file.problems.is_empty()) {
            let text = "A file or document that cannot be read, or not edited with proof; it is left as it is.";
            rules.add(UNREADABLE, plain_rule(UNREADABLE, text, "error"));
        }
        if any(|file| !file.warnings.is_empty()) {
            let text = "An exemption in a manifest that exempts nothing, or is lost when the manifest is built.";
            rules.add(WARNING, plain_rule(WARNING, text, "warning"));
        }
        rules
    }

    fn add(&mut self, id: &'static str, rule: Value) {
        self.index.insert(id, self.list.len());
        self.list.push(rule);
    }
}

fn plain_rule(id: &str, text: &str, level: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text},
        "defaultConfiguration": {"level": level},
    })
}

fn of_transform(id: &str) -> Value {
    let page = docs::page(id).unwrap_or_default();
    let summary = transform::named(id).map_or(id, |transform| transform.summary);
    let profile = transform::named(id).map_or(Profile::Strict, |transform| transform.profile);
    let references = transform::named(id).map_or(&[][..], |transform| transform.references);
    let mut tags = vec!["security".to_owned(), "kubernetes".to_owned()];
    tags.extend(references.iter().map(ToString::to_string));
    // The first paragraph below the heading.
    let lead = page.split("\n\n").nth(1).unwrap_or(summary);
    json!({
        "id": id,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": lead.replace('\n', " ")},
        "help": {"text": page, "markdown": page},
        "helpUri": findings::page(id),
        "defaultConfiguration": {"level": "warning"},
        "properties": {
            "tags": tags,
            "precision": "high",
            // GitHub shows the number as high, medium or low.
            "security-severity": match profile {
                Profile::Baseline => "7.5",
                Profile::Restricted => "5.5",
                Profile::Strict => "3.0",
            },
        },
    })
}

/// The results of one file.
struct Results<'a> {
    source: &'a Source<'a>,
    rules: &'a Rules,
    /// How often a fingerprint occurred: the same object may stand in a file twice.
    seen: HashMap<u64, usize>,
}

impl<'a> Results<'a> {
    fn new(source: &'a Source<'a>, rules: &'a Rules) -> Self {
        Self {
            source,
            rules,
            seen: HashMap::new(),
        }
    }

    fn all(mut self) -> Vec<Value> {
        let file = self.source.file;
        let mut results = Vec::new();
        for problem in &file.problems {
            results.push(self.of_problem(UNREADABLE, "error", problem));
        }
        for problem in &file.warnings {
            results.push(self.of_problem(WARNING, "warning", problem));
        }
        let source = self.source;
        let mut edits = fixes::of(source).into_iter().peekable();
        for object in &file.objects {
            let mut fix = edits.next_if(|edits| {
                edits
                    .holder()
                    .is_some_and(|holder| std::ptr::eq(holder, object))
            });
            for located in &object.changes {
                let fix = fix.take_if(|_| located.change.is_applied());
                results.push(self.of_change(object, &located.change, located.line, fix));
            }
        }
        results
    }

    fn of_change(
        &mut self,
        object: &ObjectReport,
        change: &Change,
        line: usize,
        fix: Option<Edits<'_>>,
    ) -> Value {
        let mut out = self.result(change.transform, level(Gravity::of(change)));
        let message = findings::message(object, change);
        out.insert("message".to_owned(), json!({"text": message}));
        let location = json!({
            "physicalLocation": self.physical(Some(line)),
            "logicalLocations": [{
                "fullyQualifiedName": format!("{}{}", object.label(), change.pointer),
                "kind": "member",
            }],
        });
        out.insert("locations".to_owned(), json!([location]));
        let what = format!(
            "{} {} {}",
            object.label(),
            change.transform,
            by_name(change)
        );
        out.insert("partialFingerprints".to_owned(), self.fingerprints(&what));
        if let Some(suppression) = suppression(change) {
            out.insert("suppressions".to_owned(), json!([suppression]));
        }
        if let Some(fix) = fix.and_then(|fix| self.fix(&fix)) {
            out.insert("fixes".to_owned(), json!([fix]));
        }
        let held_by = match &change.fate {
            Fate::Held { by, .. } => Some(by),
            Fate::Applied | Fate::Refused(_) => None,
        };
        let fate = match &change.fate {
            Fate::Applied => "applied",
            Fate::Held { .. } => "held",
            Fate::Refused(_) => "refused",
        };
        let mut properties = Map::new();
        properties.insert("risk".to_owned(), json!(change.risk));
        properties.insert("fate".to_owned(), json!(fate));
        properties.extend(held_by.map(|by| ("heldBy".to_owned(), json!(by))));
        properties.insert("recreate".to_owned(), json!(change.recreate));
        out.insert("properties".to_owned(), Value::Object(properties));
        Value::Object(out)
    }

    fn of_problem(&mut self, rule: &'static str, level: &str, problem: &Problem) -> Value {
        let mut out = self.result(rule, level);
        let message = findings::problem(problem);
        out.insert("message".to_owned(), json!({"text": message}));
        let line = problem.position.map(|position| position.line);
        let location = json!({"physicalLocation": self.physical(line)});
        out.insert("locations".to_owned(), json!([location]));
        let what = format!("{rule} {message}");
        out.insert("partialFingerprints".to_owned(), self.fingerprints(&what));
        Value::Object(out)
    }

    fn result(&self, rule: &str, level: &str) -> Map<String, Value> {
        let mut out = Map::new();
        out.insert("ruleId".to_owned(), json!(rule));
        let index = self.rules.index.get(rule);
        out.extend(index.map(|index| ("ruleIndex".to_owned(), json!(index))));
        out.insert("level".to_owned(), json!(level));
        out
    }

    /// A line of the file; GitHub asks for all four numbers.
    fn physical(&self, line: Option<usize>) -> Value {
        let (start, end) = place::of_line(self.source, line.unwrap_or(1), Unit::Utf16);
        json!({
            "artifactLocation": artifact(&self.source.file.path),
            "region": region(start, end),
        })
    }

    /// All edits of the document, in which the change has its part.
    fn fix(&self, edits: &Edits<'_>) -> Option<Value> {
        let replacements = edits.all()?.into_iter().map(|edit| {
            let start = place::of(self.source, edit.start, Unit::Utf16);
            let end = place::of(self.source, edit.end, Unit::Utf16);
            let mut out = json!({"deletedRegion": region(start, end)});
            if !edit.text.is_empty() {
                out["insertedContent"] = json!({"text": edit.text});
            }
            out
        });
        let replacements: Vec<Value> = replacements.collect();
        let objects: BTreeSet<String> = edits.changes().map(|(object, _)| object.label()).collect();
        let objects: Vec<String> = objects.into_iter().collect();
        let text = format!(
            "Make all {} changes of {}, which were proved together.",
            edits.changes().count(),
            objects.join(", ")
        );
        Some(json!({
            "description": {"text": text},
            "artifactChanges": [{
                "artifactLocation": artifact(&self.source.file.path),
                "replacements": replacements,
            }],
        }))
    }

    /// What makes the result the same one in the next run: neither lines nor the positions of containers.
    fn fingerprints(&mut self, what: &str) -> Value {
        let hash = hash(&format!("{} {what}", self.source.file.path));
        let count = self.seen.entry(hash).or_default();
        *count += 1;
        let fingerprint = format!("{hash:016x}:{count}");
        json!({"primaryLocationLineHash": fingerprint, "kubetemper/v1": fingerprint})
    }
}

fn level(gravity: Gravity) -> &'static str {
    match gravity {
        Gravity::Note => "note",
        Gravity::Warning => "warning",
        Gravity::Error => "error",
    }
}

/// A decision in the manifest or the configuration.
fn suppression(change: &Change) -> Option<Value> {
    let Fate::Held { by, why } = &change.fate else {
        return None;
    };
    let kind = match by {
        HeldBy::Keep => "inSource",
        HeldBy::Config => "external",
        _ => return None,
    };
    Some(json!({"kind": kind, "status": "accepted", "justification": why}))
}

/// The pointer with the container's name in the place of its index.
fn by_name(change: &Change) -> String {
    let Some(name) = &change.container else {
        return change.pointer.clone();
    };
    let mut tokens: Vec<&str> = change.pointer.split('/').collect();
    let is_list = |token: &&str| token.ends_with("ontainers");
    if let Some(list) = tokens.iter().position(is_list)
        && let Some(index) = tokens.get_mut(list + 1)
    {
        *index = name;
    }
    tokens.join("/")
}

/// FNV-1a: the same in every version and on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn region(start: Place, end: Place) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

fn artifact(path: &str) -> Value {
    if let Some(absolute) = path.strip_prefix('/') {
        return json!({"uri": format!("file:///{}", uri(absolute))});
    }
    json!({"uri": uri(path), "uriBaseId": "%SRCROOT%"})
}

/// A path as a relative reference: all but unreserved characters and slashes become `%XX`.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
