//! Random changes of a value, at any depth, but never of its root.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::generate;

/// One change.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// Which child to take at each level; the last one is changed.
    path: Vec<u8>,
    operation: Operation,
}

#[derive(Debug, Clone)]
enum Operation {
    Set(Value),
    Remove,
    Insert(String, Value),
    Append(Value),
    Clear,
    Duplicate,
}

/// Some changes.
pub fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let key = prop_oneof![
        4 => Just("added"), 1 => Just("name"), 1 => Just("yes"), 1 => Just("a: b"), 1 => Just("securityContext"),
    ];
    let operation = prop_oneof![
        3 => generate::any_value().prop_map(Operation::Set),
        3 => Just(Operation::Remove),
        3 => (key.prop_map(str::to_owned), generate::any_value()).prop_map(|(key, value)| Operation::Insert(key, value)),
        1 => generate::any_value().prop_map(Operation::Append),
        1 => Just(Operation::Clear),
        1 => Just(Operation::Duplicate),
    ];
    let mutation = (vec(any::<u8>(), 1..8), operation)
        .prop_map(|(path, operation)| Mutation { path, operation });
    vec(mutation, 1..5)
}

impl Mutation {
    pub fn apply(&self, value: &mut Value) {
        descend(value, &self.path, &self.operation);
    }
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn descend(value: &mut Value, path: &[u8], operation: &Operation) {
    let [step, rest @ ..] = path else { return };
    let step = usize::from(*step);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let key = map.keys().nth(step % map.len()).unwrap().clone();
            if !rest.is_empty() && is_filled(&map[&key]) {
                return descend(&mut map[&key], rest, operation);
            }
            match operation {
                Operation::Set(new) => map[&key] = new.clone(),
                Operation::Remove => drop(map.shift_remove(&key)),
                Operation::Insert(key, new) => drop(map.insert(key.clone(), new.clone())),
                Operation::Append(new) => match &mut map[&key] {
                    Value::Array(items) => items.push(new.clone()),
                    other => *other = Value::Array(vec![new.clone()]),
                },
                Operation::Clear => empty(&mut map[&key]),
                Operation::Duplicate => {
                    let copy = map[&key].clone();
                    map.insert("copy".to_owned(), copy);
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = step % items.len();
            if !rest.is_empty() && is_filled(&items[at]) {
                return descend(&mut items[at], rest, operation);
            }
            match operation {
                Operation::Set(new) => items[at] = new.clone(),
                Operation::Remove => drop(items.remove(at)),
                Operation::Insert(_, new) => items.insert(at, new.clone()),
                Operation::Append(new) => items.push(new.clone()),
                Operation::Clear => empty(&mut items[at]),
                Operation::Duplicate => items.push(items[at].clone()),
            }
        }
        Value::Object(map) => drop(map.insert("first".to_owned(), Value::Bool(true))),
        Value::Array(items) => items.push(Value::from("first")),
        _ => {}
    }
}

fn empty(value: &mut Value) {
    *value = match value {
        Value::Array(_) => Value::Array(Vec::new()),
        _ => Value::Object(Map::new()),
    };
}
