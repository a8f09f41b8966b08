//! Prints anchors, aliases, merge keys and tags.

use serde_json::{Map, Value};

use crate::print::Printer;
use crate::style::{Dice, Feature};

impl Printer<'_> {
    /// An anchored mapping whose keys a mapping has too.
    pub fn merge_base(
        &self,
        map: &Map<String, Value>,
        dice: &mut Dice<'_>,
    ) -> Option<(String, Map<String, Value>)> {
        if !dice.chance(Feature::Merge) {
            return None;
        }
        self.anchors.iter().find_map(|(name, value)| match value {
            Value::Object(base) if base.keys().all(|key| map.contains_key(key)) => {
                Some((name.clone(), base.clone()))
            }
            _ => None,
        })
    }

    /// An alias that says a value.
    pub fn alias(&self, value: &Value, dice: &mut Dice<'_>) -> Option<String> {
        let known = self.anchors.iter().rev().find(|(_, other)| other == value);
        let name = known
            .map(|(name, _)| format!("*{name}"))
            .filter(|_| !value.is_null())?;
        (dice.chance(Feature::Anchors)).then_some(name)
    }

    /// An anchor and a tag, each with a space before it. The anchor counts once `anchored` is called.
    pub fn properties(
        &mut self,
        value: &Value,
        plain: bool,
        dice: &mut Dice<'_>,
    ) -> (String, Option<String>) {
        let mut text = String::new();
        let name = dice
            .chance(Feature::Anchors)
            .then(|| format!("a{}", dice.below(12)))
            .filter(|name| !self.open.contains(name));
        if let Some(name) = &name {
            self.anchors.retain(|(other, _)| other != name);
            self.open.push(name.clone());
            text = format!(" &{name}");
        }
        if dice.chance(Feature::Tags) {
            let tag = match value {
                Value::Object(_) => "!!map",
                Value::Array(_) => "!!seq",
                Value::String(_) => "!!str",
                Value::Bool(_) if plain => "!!bool",
                Value::Number(number) if plain && number.is_u64() => "!!int",
                _ => return (text, name),
            };
            text = if dice.below(2) == 0 {
                format!("{text} {tag}")
            } else {
                format!(" {tag}{text}")
            };
        }
        (text, name)
    }

    pub fn anchored(&mut self, name: Option<String>, value: &Value) {
        if let Some(name) = name {
            self.open.retain(|other| *other != name);
            self.anchors.push((name, value.clone()));
        }
    }
}
