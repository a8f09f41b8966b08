//! What the formats of other programs have in common: how serious a change is, and how it is said.

use super::notes;
use super::style::{count, plain};
use crate::change::{Change, Fate, HeldBy};
use crate::report::{ObjectReport, Problem};
use crate::transform;

/// The page of a transform on the web.
pub(super) fn page(id: &str) -> String {
    format!(
        "{}/blob/main/docs/transforms/{id}.md",
        env!("CARGO_PKG_REPOSITORY")
    )
}

/// How serious something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gravity {
    /// Nothing is to be done: it is held back.
    Note,
    /// It would be changed.
    Warning,
    /// It cannot be read, or not edited with proof.
    Error,
}

impl Gravity {
    pub(super) fn of(change: &Change) -> Self {
        match change.fate {
            Fate::Applied => Self::Warning,
            Fate::Held { .. } => Self::Note,
            Fate::Refused(_) => Self::Error,
        }
    }
}

/// `Deployment/shop/web, container app: run as a user other than root; risk high: ...`. Without values, which may be
/// secret.
pub(super) fn message(object: &ObjectReport, change: &Change) -> String {
    let summary =
        transform::named(change.transform).map_or(change.transform, |transform| transform.summary);
    let container = change.container.as_ref();
    let container = container.map_or_else(String::new, |name| format!(", container {name}"));
    let label = object.label();
    let recreate = match recreate(object, &[change]) {
        Some(text) => format!("; {text}"),
        None => String::new(),
    };
    plain(&format!(
        "{label}{container}: {summary}; {}{recreate}",
        fate(change)
    ))
}

/// What to know when one of the changes is applied and a live object does not take it.
pub(super) fn recreate(object: &ObjectReport, changes: &[&Change]) -> Option<String> {
    let any = changes
        .iter()
        .any(|change| change.is_applied() && change.recreate);
    let kind = &object.kind;
    any.then(|| {
        format!("recreate: a live {kind} does not take these changes; delete it before applying")
    })
}

/// What became of a change, and why.
pub(super) fn fate(change: &Change) -> String {
    let risk = || format!("risk {}: {}", change.risk, change.reason);
    match &change.fate {
        Fate::Applied => risk(),
        Fate::Refused(why) => format!("refused: {why}"),
        Fate::Held { by, .. } => {
            let release = notes::release(*by, &[change]);
            let release = release.map_or_else(String::new, |release| format!("; {release}"));
            if *by == HeldBy::Risk {
                format!("held, {}{release}", risk())
            } else {
                format!("held as {by}: {}{release}", notes::held_text(change))
            }
        }
    }
}

/// A problem as one sentence, without the place.
pub(super) fn problem(problem: &Problem) -> String {
    let object = problem.object.as_ref();
    let object = object.map_or_else(String::new, |object| format!("{object}: "));
    let help = if problem.help.is_empty() {
        String::new()
    } else {
        format!("; {}", problem.help)
    };
    plain(&format!("{object}{}{help}", problem.reason))
}

/// `4 changes, 1 held, baseline -> restricted`.
pub(super) fn title(object: &ObjectReport) -> String {
    let (mut applied, mut held, mut refused) = (0, 0, 0);
    for located in &object.changes {
        match located.change.fate {
            Fate::Applied => applied += 1,
            Fate::Held { .. } => held += 1,
            Fate::Refused(_) => refused += 1,
        }
    }
    let mut parts = vec![match applied {
        0 => "no changes".to_owned(),
        _ => count(applied, "change"),
    }];
    parts.extend((held > 0).then(|| format!("{held} held")));
    parts.extend((refused > 0).then(|| format!("{refused} refused")));
    parts.extend(object.level.as_ref().map(|levels| {
        if levels.before == levels.after {
            format!("stays {}", levels.before)
        } else {
            format!("{} -> {}", levels.before, levels.after)
        }
    }));
    parts.join(", ")
}
