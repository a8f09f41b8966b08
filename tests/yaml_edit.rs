//! How the text of a document changes with its value: before, the change, after, to the byte.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "yaml_edit/mod.rs"]
mod cases;

use kubetemper::yaml::{self, Document};
use serde_json::Value;

/// Applies changes to the documents of a text; see `change` for how they are written.
fn edit(text: &str, changes: &[&str]) -> Result<String, String> {
    let slices = yaml::split(text).map_err(|refusal| refusal.to_string())?;
    let documents: Vec<Document<'_>> = slices
        .iter()
        .map(|slice| Document::parse(text, slice).map_err(|refusal| refusal.to_string()))
        .collect::<Result<_, _>>()?;
    let mut values: Vec<Value> = documents.iter().map(|d| d.value().clone()).collect();
    let mut document = 0;
    for words in changes {
        match words.strip_prefix("doc ") {
            Some(number) => document = number.parse().unwrap(),
            None => change(&mut values[document], words),
        }
    }
    let mut out = text[..documents[0].range().start].to_owned();
    for (document, value) in documents.iter().zip(&values) {
        let edits = document
            .edits(value)
            .map_err(|refusal| refusal.to_string())?;
        let new = yaml::splice(text, document.range(), &edits).map_err(|r| r.to_string())?;
        document
            .prove_bytes(&edits, &new)
            .map_err(|refusal| format!("{refusal}\n{new}"))?;
        let comments = document.comments().map(|(_, comment)| comment);
        yaml::prove(&new, value, comments).map_err(|error| format!("{error}\n{new}"))?;
        out.push_str(&new);
    }
    Ok(out)
}

/// `set POINTER JSON`, `append POINTER JSON` or `remove POINTER`; parents that are not there are made.
fn change(value: &mut Value, words: &str) {
    let (operation, rest) = words.split_once(' ').unwrap();
    let (pointer, new) = match operation {
        "remove" => (rest, None),
        // A key may hold a space: the JSON begins at a space after which all is JSON.
        _ => rest
            .match_indices(' ')
            .find_map(|(at, _)| {
                let json = serde_json::from_str::<Value>(&rest[at + 1..]).ok()?;
                Some((&rest[..at], Some(json)))
            })
            .unwrap(),
    };
    let mut tokens: Vec<String> = pointer
        .split('/')
        .skip(1)
        .filter(|token| !token.is_empty())
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    let last = if operation == "append" {
        None
    } else {
        tokens.pop()
    };
    let mut at = value;
    for token in tokens {
        if at.is_null() {
            *at = Value::Object(serde_json::Map::new());
        }
        at = match at {
            Value::Array(items) => &mut items[token.parse::<usize>().unwrap()],
            other => other
                .as_object_mut()
                .unwrap()
                .entry(token)
                .or_insert(Value::Null),
        };
    }
    match (at, last, new) {
        (Value::Array(items), None, Some(new)) => items.push(new),
        (at, None, Some(new)) => *at = new,
        (Value::Array(items), Some(last), Some(new)) => items[last.parse::<usize>().unwrap()] = new,
        (Value::Array(items), Some(last), None) => drop(items.remove(last.parse().unwrap())),
        (Value::Object(map), Some(last), None) => drop(map.shift_remove(&last)),
        (at, Some(last), Some(new)) => {
            if at.is_null() {
                *at = Value::Object(serde_json::Map::new());
            }
            at.as_object_mut().unwrap().insert(last, new);
        }
        (at, ..) => panic!("{words} at {at}"),
    }
}

/// A raw string in the source begins on the line after its quote.
fn text(raw: &str) -> &str {
    raw.strip_prefix('\n').unwrap_or(raw)
}

fn check(before: &str, changes: &[&str], after: &str) {
    let (before, after) = (text(before), text(after));
    let result = edit(before, changes).unwrap();
    assert_eq!(result, after, "\n--- got\n{result}\n--- expected\n{after}");
    // What was written can be read, and has nothing left to change.
    assert_eq!(edit(after, &[]).unwrap(), after);
}

fn refused(before: &str, changes: &[&str], reason: &str) {
    let error = edit(text(before), changes).unwrap_err();
    assert!(error.contains(reason), "{error}");
}
