//! Hands what is wanted of a file to the pipeline.

use super::{Wish, added};
use crate::change::{Change, Fate};
use crate::patch;
use crate::planned::{Planned, PlannedObject, withdraw_refused};
use crate::report::{LocatedChange, ObjectReport};
use crate::yaml::{Lines, Slice, TextEdit};

/// Adds to a document's plan what is wanted of its objects, and new items of its lists.
pub(crate) fn apply<'w>(planned: &mut Planned, wishes: impl Iterator<Item = &'w Wish>) {
    for wish in wishes {
        planned.used.extend(wish.used.iter().cloned());
        let mut object = PlannedObject {
            identity: wish.identity.clone(),
            pointer: wish.pointer.clone(),
            level: None,
            changes: wish.changes.clone(),
            refusal: None,
            violations_before: Vec::new(),
            created: wish.created,
        };
        for present in &mut planned.objects {
            let changes = &mut present.changes;
            changes.retain(|change| !added::supersedes(wish, change));
        }
        let before = planned.value.clone();
        for change in &mut object.changes {
            if !change.is_applied() {
                continue;
            }
            let done = patch::apply(
                planned.value.to_mut(),
                &change.pointer,
                change.after.as_ref(),
            );
            if let Err(error) = done {
                change.fate = Fate::Refused(error);
            }
        }
        object.refusal = withdraw_refused(&mut object.changes);
        if object.refusal.is_some() {
            planned.value = before;
        }
        let present = planned.objects.iter_mut();
        let mut present = present.filter(|present| present.pointer == wish.pointer);
        match present.next().filter(|_| !wish.created) {
            Some(present) => {
                present.changes.append(&mut object.changes);
                present.refusal = present.refusal.take().or(object.refusal);
            }
            None => planned.objects.push(object),
        }
    }
}

/// A new document at the end of another one: its report and its edit. `why` says that the file is not written.
pub(crate) fn insert(
    wish: &Wish,
    text: &str,
    slice: &Slice,
    lines: &Lines<'_>,
    why: Option<&str>,
) -> Option<ObjectReport> {
    let new = wish.text.as_ref()?;
    let at = slice.range().end;
    let line = lines.line(at);
    let mut changes: Vec<Change> = wish.changes.clone();
    if let Some(why) = why {
        for change in &mut changes {
            change.fate = Fate::Refused(why.to_owned());
        }
    }
    let edit = TextEdit {
        start: at,
        end: at,
        text: separated(new, &text[..at], at == text.len()),
    };
    Some(ObjectReport {
        document: wish.document,
        pointer: String::new(),
        api_version: wish.identity.api_version.clone(),
        kind: wish.identity.kind.clone(),
        namespace: wish.identity.namespace.clone(),
        name: wish.identity.name.clone(),
        line,
        created: why.is_none(),
        level: None,
        changes: changes
            .into_iter()
            .map(|change| LocatedChange { change, line })
            .collect(),
        edits: if why.is_none() {
            vec![edit]
        } else {
            Vec::new()
        },
        secrets: Vec::new(),
    })
}

/// A new document with its `---`, after what stands before it and with the same distance to what follows.
fn separated(new: &str, before: &str, is_last: bool) -> String {
    let newline = if new.contains("\r\n") { "\r\n" } else { "\n" };
    if !before.ends_with('\n') {
        return format!("{newline}---{newline}{}", new.trim_end());
    }
    let blank = before.ends_with(&format!("\n{newline}")) && !is_last;
    let distance = if blank { newline } else { "" };
    format!("---{newline}{new}{distance}")
}
