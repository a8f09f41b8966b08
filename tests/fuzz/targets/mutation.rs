//! Changes of a value that bytes choose.

use serde_json::{Map, Value, json};

/// Values that are easy to write wrongly.
fn value(choice: u8) -> Value {
    const TEXTS: [&str; 32] = [
        "plain",
        "two words",
        "",
        "yes",
        "~",
        "0644",
        "1e3",
        "12:30",
        "a: b",
        "a #b",
        "- x",
        "{{ .x }}",
        "it's",
        "\"q\"",
        " lead",
        "trail ",
        "tab\tin",
        "line\n",
        "a\nb\n",
        "a\n\n\nb",
        " a\nb\n",
        "a\n\n",
        "\n",
        "# x\ny\n",
        "---\na\n",
        "\u{e9} \u{2603}\n",
        "p\u{85}q",
        "\u{feff}b",
        "cr\r\nlf",
        "nul\u{1}",
        "<<",
        "key: |\n  text\n",
    ];
    match choice {
        0..32 => Value::from(TEXTS[usize::from(choice)]),
        32 => json!({}),
        33 => json!([]),
        34 => Value::Null,
        35 => json!(true),
        36 => json!(1000),
        37 => json!(-1.5),
        38 => json!({"type": "RuntimeDefault"}),
        39 => json!({"drop": ["ALL"], "add": []}),
        40 => json!([{"name": "tmp", "emptyDir": {}}, {"a": [1, [2]]}]),
        41 => json!({"a": {"b": {"c": ["d\ne\n", {"f": null}]}}}),
        _ => json!({"yes": choice, "a: b": [choice]}),
    }
}

/// Makes one change: `steps` choose the place, `operation` what is done there, `choice` with what.
pub(super) fn mutate(root: &mut Value, steps: &[u8], operation: u8, choice: u8) {
    let [step, rest @ ..] = steps else { return };
    let step = usize::from(*step);
    match root {
        Value::Object(map) if !map.is_empty() => {
            let key = map
                .keys()
                .nth(step % map.len())
                .cloned()
                .unwrap_or_default();
            if !rest.is_empty() && is_filled(&map[&key]) {
                return mutate(&mut map[&key], rest, operation, choice);
            }
            match operation % 6 {
                0 => map[&key] = value(choice),
                1 => drop(map.shift_remove(&key)),
                2 => drop(map.insert("added".to_owned(), value(choice))),
                3 => drop(map.insert("a: b #c".to_owned(), value(choice))),
                4 => clear(&mut map[&key]),
                _ => {
                    let copy = map[&key].clone();
                    map.insert("copy".to_owned(), copy);
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = step % items.len();
            if !rest.is_empty() && is_filled(&items[at]) {
                return mutate(&mut items[at], rest, operation, choice);
            }
            match operation % 6 {
                0 => items[at] = value(choice),
                1 => drop(items.remove(at)),
                2 => items.insert(at, value(choice)),
                3 => items.push(value(choice)),
                4 => clear(&mut items[at]),
                _ => items.push(items[at].clone()),
            }
        }
        Value::Object(map) => drop(map.insert("first".to_owned(), value(choice))),
        Value::Array(items) => items.push(value(choice)),
        _ => {}
    }
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn clear(value: &mut Value) {
    *value = match value {
        Value::Array(_) => Value::Array(Vec::new()),
        _ => Value::Object(Map::new()),
    };
}
