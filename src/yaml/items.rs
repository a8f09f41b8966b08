//! The items of a `List` in JSON, as documents of their own. Each can be read, changed and proved by itself: then a long
//! list takes the memory of its largest items, and all cores.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::split::Chunk;
use super::{Slice, check_bytes};

/// A list of which nothing but the items can matter. A key that is unknown or comes twice makes it none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct List<'a> {
    api_version: &'a str,
    kind: &'a str,
    #[serde(rename = "metadata", default)]
    _metadata: Metadata,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// What kubectl writes of a list itself.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Metadata {
    #[serde(rename = "resourceVersion")]
    _resource_version: Option<String>,
    #[serde(rename = "selfLink")]
    _self_link: Option<String>,
}

/// The documents of a text, with the items of lists in JSON in the places of these lists.
#[must_use]
pub fn with_items<'s>(source: &str, slices: &'s [Slice]) -> Cow<'s, [Slice]> {
    let mut all: Option<Vec<Slice>> = None;
    for (at, slice) in slices.iter().enumerate() {
        if let Some(items) = items(source, slice) {
            all.get_or_insert_with(|| slices[..at].to_vec())
                .extend(items);
        } else if let Some(all) = &mut all {
            all.push(slice.clone());
        }
    }
    all.map_or(Cow::Borrowed(slices), Cow::Owned)
}

/// The items of a document, if it is certainly a `List` in JSON whose items can be edited each by itself: either all
/// of it stands on one line, or each item on lines of its own, so that an item has the style of the whole.
fn items(source: &str, slice: &Slice) -> Option<Vec<Slice>> {
    let Chunk {
        range,
        body,
        refusal,
        newline,
    } = &slice.0;
    let text = &source[body.clone()];
    if refusal.is_some() || body != range || !text.starts_with('{') {
        return None;
    }
    let list: List<'_> = serde_json::from_str(text).ok()?;
    if list.api_version != "v1" || list.kind != "List" {
        return None;
    }
    let one_line = !text.trim_end().contains('\n');
    let mut items = Vec::with_capacity(list.items.len());
    let mut end = body.start;
    for item in list.items {
        let item = item.get();
        let mut start = item.as_ptr().addr() - source.as_ptr().addr();
        let past = start + item.len();
        if !item.starts_with('{') {
            return None;
        }
        if !one_line {
            let above = &source[end..start];
            let margin = &above[above.rfind('\n')? + 1..];
            if !margin.trim_start().is_empty() || !item.contains('\n') {
                return None;
            }
            start -= margin.len();
        }
        check_bytes(source, &(end..start)).ok()?;
        end = past;
        items.push(Slice(Chunk {
            range: start..past,
            body: start..past,
            refusal: None,
            newline,
        }));
    }
    check_bytes(source, &(end..range.end)).ok()?;
    Some(items)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::yaml::{Document, split};

    fn texts(source: &str) -> Option<Vec<&str>> {
        let slices = split(source).expect("it is short");
        let Cow::Owned(items) = with_items(source, &slices) else {
            return None;
        };
        Some(items.iter().map(|item| &source[item.range()]).collect())
    }

    #[test]
    fn items_of_a_list() {
        let line = r#"{"apiVersion":"v1","items":[{"a":1}, {"b":{}}],"kind":"List","metadata":{"resourceVersion":""}}"#;
        assert_eq!(texts(line).unwrap(), [r#"{"a":1}"#, r#"{"b":{}}"#]);
        let pretty = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [\n    {\n      \"a\": 1\n    },\n    {\n    }\n  ]\n}\n";
        let wanted = ["    {\n      \"a\": 1\n    }", "    {\n    }"];
        assert_eq!(texts(pretty).unwrap(), wanted);
        let slices = split(pretty).unwrap();
        let items = items(pretty, &slices[0]).unwrap();
        let document = Document::parse(pretty, &items[0]).unwrap();
        assert_eq!(document.value(), &serde_json::json!({"a": 1}));
    }

    #[test]
    fn documents_stay_around_a_list() {
        let list = "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"b\":1},{\"c\":1}]}\n";
        assert_eq!(texts("a: 1\n---\nb: 1\n"), None);
        let text = format!("{list}---\na: 1\n");
        assert_eq!(
            texts(&text).unwrap(),
            ["{\"b\":1}", "{\"c\":1}", "---\na: 1\n"]
        );
        let empty = list.replace("{\"b\":1},{\"c\":1}", "");
        assert_eq!(texts(&empty).unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_read_as_a_whole() {
        for text in [
            "{apiVersion: v1, kind: List, items: []}",
            r#"{"apiVersion":"v1","kind":"PodList","items":[{}]}"#,
            r#"{"apiVersion":"v1","kind":"List","items":[1]}"#,
            r#"{"apiVersion":"v1","kind":"List","items":[{}],"sops":{}}"#,
            r#"{"apiVersion":"v1","kind":"List","items":[{}],"items":[{}]}"#,
            r#"{"apiVersion":"v1","kind":"List","items":[{}]} # a comment"#,
            r#"{"apiVersion":"v1","kind":"List","metadata":{"name":"a"},"items":[{}]}"#,
            "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{},\n{}]}",
            "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\n},{\n}]}",
            "{\"apiVersion\":\"v1\",\r\"kind\":\"List\",\"items\":[{}]}",
            "---\n{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}",
        ] {
            assert_eq!(texts(text), None, "{text}");
        }
    }
}
