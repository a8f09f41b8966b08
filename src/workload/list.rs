//! Lists: documents that hold several objects.

use serde_json::Value;

/// How deep lists in lists are followed. kubectl writes one level; more is a mistake or an attack.
const MAX_DEPTH: usize = 8;

/// The items of a list object with their pointers within it (`/items/0`); `None` when it is no list.
///
/// A list is a `List`, or any kind that ends in `List` and has an array `items`, whose items may leave out their own
/// kind. The `ResourceList` of `config.kubernetes.io` is the wire format of KRM functions, not a list of the API.
#[must_use]
pub fn list_items(object: &Value) -> Option<Vec<(String, &Value)>> {
    let text = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let items = object.get("items")?.as_array()?;
    if is_krm(object) || !text("kind").ends_with("List") {
        return None;
    }
    let numbered = items.iter().enumerate();
    Some(
        numbered
            .map(|(index, item)| (format!("/items/{index}"), item))
            .collect(),
    )
}

fn krm_items(object: &Value) -> Option<Vec<(String, &Value)>> {
    let items = object.get("items")?.as_array()?;
    let numbered = items.iter().enumerate();
    is_krm(object).then(|| {
        numbered
            .map(|(index, item)| (format!("/items/{index}"), item))
            .collect()
    })
}

/// Tells whether an object is the wire format of KRM functions.
#[must_use]
pub fn is_krm(object: &Value) -> bool {
    let text = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "ResourceList" && text("apiVersion").starts_with("config.kubernetes.io/")
}

/// The pointers of all objects of a document, in its order: `""` for a plain one, each item for a list, followed
/// into lists in lists to a fixed depth. What is not a map is no object.
#[must_use]
pub fn flatten(document: &Value) -> Vec<String> {
    let mut pointers = Vec::new();
    collect(document, String::new(), MAX_DEPTH, &mut pointers);
    pointers
}

fn collect(object: &Value, pointer: String, depth: usize, into: &mut Vec<String>) {
    // What a function is given in a `ResourceList` are objects all the same.
    match list_items(object)
        .or_else(|| krm_items(object))
        .filter(|_| depth > 0)
    {
        Some(items) => {
            for (below, item) in items {
                collect(item, format!("{pointer}{below}"), depth - 1, into);
            }
        }
        None if object.is_object() => into.push(pointer),
        None => {}
    }
}

/// The pointer of the list that the object at a pointer is an item of.
pub(super) fn of_item(pointer: &str) -> Option<&str> {
    let (above, index) = pointer.rsplit_once('/')?;
    index
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| above.strip_suffix("/items"))?
}
