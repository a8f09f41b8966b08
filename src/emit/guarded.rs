//! JSON Patch operations for one object that fail where they would change something else than was meant.

use std::collections::BTreeSet;
use std::slice;

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, PatchOperation, TestOperation};
use serde_json::Value;

use super::masked;
use crate::patch;
use crate::secrets;

/// The operations for one object, while they are made.
///
/// `test` operations pin each list item that is touched, by its name, and each value that is replaced or removed.
/// What was absent cannot be pinned: RFC 6902 has no operation for that.
pub(super) struct Guarded {
    /// The object as the operations so far leave it.
    object: Value,
    operations: Vec<PatchOperation>,
    /// The list items that are tested already.
    pinned: BTreeSet<String>,
}

impl Guarded {
    pub(super) fn new(object: Value) -> Self {
        Self {
            object,
            operations: Vec::new(),
            pinned: BTreeSet::new(),
        }
    }

    /// Gives a pointer a value, or removes it for `None`.
    ///
    /// # Errors
    /// A place that is not there, or a value that holds a secret; the text says which.
    pub(super) fn change(&mut self, pointer: &str, after: Option<&Value>) -> Result<(), String> {
        if after.is_some_and(secrets::are_in) {
            return Err(format!("the new value of {pointer} holds a secret"));
        }
        for operation in patch::operations(&self.object, pointer, after)? {
            if !self.folds(&operation) {
                self.push(&operation)?;
            }
            json_patch::patch(&mut self.object, slice::from_ref(&operation))
                .map_err(|error| error.to_string())?;
            self.unpin_shifted(&operation);
        }
        Ok(())
    }

    pub(super) fn operations(self) -> Vec<PatchOperation> {
        self.operations
    }

    /// Makes the operation a part of an earlier one that wrote a value above its place, so that a patch adds a
    /// `securityContext` at once and not key by key.
    fn folds(&mut self, operation: &PatchOperation) -> bool {
        let path = operation.path().as_str();
        let above = |earlier: &PatchOperation| {
            let above = earlier.path().as_str();
            !matches!(earlier, PatchOperation::Test(_)) && is_below(path, above)
        };
        let Some(at) = self.operations.iter().rposition(above) else {
            return false;
        };
        // After a shift the earlier path may mean another item.
        if self.operations[at..]
            .iter()
            .any(|later| shifts(later).is_some())
        {
            return false;
        }
        let below = &path[self.operations[at].path().as_str().len()..];
        let Some(relative) = moved(operation, below) else {
            return false;
        };
        let value = match &mut self.operations[at] {
            PatchOperation::Add(earlier) => &mut earlier.value,
            PatchOperation::Replace(earlier) => &mut earlier.value,
            _ => return false,
        };
        json_patch::patch(value, &[relative]).is_ok()
    }

    /// Adds an operation and the tests that guard it.
    fn push(&mut self, operation: &PatchOperation) -> Result<(), String> {
        let path = operation.path().as_str();
        self.pin_items(path)?;
        let present = self.object.pointer(path).filter(|value| !value.is_null());
        let operation = match (operation, present) {
            // A null may be dropped on the way to where the patch is applied: `add` takes both.
            (PatchOperation::Replace(operation), None) if !self.is_item(path) => {
                PatchOperation::Add(AddOperation {
                    path: operation.path.clone(),
                    value: operation.value.clone(),
                })
            }
            (PatchOperation::Replace(_) | PatchOperation::Remove(_), Some(value)) => {
                if !is_secret(path, value) {
                    let value = value.clone();
                    self.operations.push(test(path, value)?);
                }
                operation.clone()
            }
            _ => operation.clone(),
        };
        self.operations.push(operation);
        Ok(())
    }

    /// Tests the names of the list items that a path goes through.
    fn pin_items(&mut self, path: &str) -> Result<(), String> {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1);
        for end in ends.chain([path.len()]) {
            let item = &path[..end];
            let value = self.object.pointer(item).filter(|_| self.is_item(item));
            let Some((key, name)) = value.and_then(|value| identity(item, value)) else {
                continue;
            };
            let name = name.clone();
            if self.pinned.insert(item.to_owned()) {
                self.operations.push(test(&format!("{item}/{key}"), name)?);
            }
        }
        Ok(())
    }

    /// Tells whether a path is that of an item of a list.
    fn is_item(&self, path: &str) -> bool {
        let list = path.rsplit_once('/').map(|(list, _)| list);
        let list = list.and_then(|list| self.object.pointer(list));
        list.is_some_and(Value::is_array)
    }

    /// Forgets what was tested in a list whose items have moved.
    fn unpin_shifted(&mut self, operation: &PatchOperation) {
        if let Some(list) = shifts(operation) {
            self.pinned.retain(|item| !is_below(item, list));
        }
    }
}

/// What tells an item of a list from the others: its merge key in the API, else a name.
fn identity<'v>(path: &str, item: &'v Value) -> Option<(&'static str, &'v Value)> {
    let keys: &[&str] = match path.rsplit('/').nth(1) {
        Some("volumeMounts") => &["mountPath"],
        Some("volumeDevices") => &["devicePath"],
        Some("ports") => &["containerPort", "port", "name"],
        _ => &["name", "groupName", "image"],
    };
    keys.iter().find_map(|key| {
        let value = item.get(key)?;
        (value.is_string() || value.is_number()).then_some((*key, value))
    })
}

/// Tells whether a value must not stand in a patch.
fn is_secret(path: &str, value: &Value) -> bool {
    // Of a command line only the whole tells which word is a password.
    let mut tokens = path.split('/').skip(1);
    tokens.any(|token| matches!(token, "args" | "command" | "data" | "stringData"))
        || masked(path, value) != *value
        || secrets::are_in(value)
}

fn test(path: &str, value: Value) -> Result<PatchOperation, String> {
    let path = PointerBuf::parse(path).map_err(|error| error.to_string())?;
    Ok(PatchOperation::Test(TestOperation { path, value }))
}

/// The operation at another path; `None` for kinds that are not made here.
fn moved(operation: &PatchOperation, to: &str) -> Option<PatchOperation> {
    let mut operation = operation.clone();
    let path = match &mut operation {
        PatchOperation::Add(operation) => &mut operation.path,
        PatchOperation::Replace(operation) => &mut operation.path,
        PatchOperation::Remove(operation) => &mut operation.path,
        _ => return None,
    };
    *path = PointerBuf::parse(to).ok()?;
    Some(operation)
}

/// The list whose items get other indices by an operation. A number may also be the key of a map; then nothing
/// is lost but brevity.
fn shifts(operation: &PatchOperation) -> Option<&str> {
    if !matches!(operation, PatchOperation::Remove(_)) {
        return None;
    }
    let (list, index) = operation.path().as_str().rsplit_once('/')?;
    index
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(list)
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.starts_with('/'))
}
