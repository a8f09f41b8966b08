//! Which user a container starts as, which other it can start as, and what that takes.

mod capabilities;
mod switch;
mod write;

use serde_json::Value;

use crate::change::Risk;
use crate::command::{Command, program_for_root};
use crate::images::{Facts, Known, how_to_know};
use crate::plan::Plan;
use crate::pod::{Container, Pod};

pub use capabilities::{Capabilities, gains_privileges, report_capabilities_of_other_tags};
pub use switch::Switch;
pub use write::require;

/// What the kubelet makes of a container that must run as a user other than root (`verifyRunAsNonRoot`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// `runAsUser` is set and not root: the kubelet looks at nothing else.
    Set,
    /// The image's USER is a number other than root.
    Numeric(Risk, String),
    /// The image's USER is root or a name, but another user works.
    As(Box<Switch>),
    /// It must start as root, for this reason.
    Root(String),
    /// Nobody knows, for this reason.
    Unknown(String),
}

impl Start {
    /// Looks at a container, at its volumes and at what is known of its image. A `runAsUser: 0` does not count.
    #[must_use]
    pub fn of(pod: &Pod<'_>, container: &Container<'_>, plan: &Plan<'_>) -> Self {
        let user = pod.effective(container, "runAsUser");
        if user.and_then(Value::as_u64).is_some_and(|user| user != 0) {
            return Self::Set;
        }
        if pod.is_windows() {
            let why = "a Windows container does not start as ContainerAdministrator";
            return Self::Unknown(why.to_owned());
        }
        let known = plan.image(container);
        let number = known.as_ref().and_then(|known| known.facts.user.number());
        if let (Some(known), Some(number)) = (&known, number.filter(|number| *number != 0)) {
            let reason = format!("the image's user is {number} ({})", known.says());
            return Self::Numeric(known.risk(), reason);
        }
        if let Some(program) = program_for_root(container) {
            return Self::Root(format!("the container runs {program}, which needs root"));
        }
        match known {
            None => Self::Unknown(unknown(container)),
            Some(known) => match known.facts.ids() {
                Some(ids) => Self::As(Box::new(Switch::of(pod, container, plan, &known, ids))),
                None => Self::Root(no_other_user(&known)),
            },
        }
    }

    /// The risk of `runAsNonRoot: true`, and why.
    #[must_use]
    pub fn judge(&self) -> (Risk, String) {
        match self {
            Self::Set => (
                Risk::None,
                "runAsUser is set and not root, so nothing changes".to_owned(),
            ),
            Self::Numeric(risk, reason) => (*risk, reason.clone()),
            Self::Root(reason) | Self::Unknown(reason) => (Risk::High, reason.clone()),
            Self::As(switch) => (switch.risk, switch.reason.clone()),
        }
    }
}

/// Why an image that is known cannot run as a user other than root.
fn no_other_user(known: &Known) -> String {
    let (facts, says) = (&known.facts, known.says());
    if facts.must_be_root() {
        return format!("the image must run as root ({says})");
    }
    let user = &facts.user;
    format!(
        "the image's user is {user}, and no number of a user other than root is known that works ({says}); give `nonRoot` with --images"
    )
}

fn unknown(container: &Container<'_>) -> String {
    let how = match container.get("/image").and_then(Value::as_str) {
        Some(image) => format!("; to make it known: {}", how_to_know(image)),
        None => String::new(),
    };
    format!("the image does not start if its user is root, or a name instead of a number{how}")
}

/// Why nobody can tell from what is known of an image what a container of it does, if so: it runs something else.
#[must_use]
pub fn runs_something_else(container: &Container<'_>, facts: &Facts) -> Option<String> {
    let Some(command) = Command::of(container) else {
        return Some("nobody can tell what its script does".to_owned());
    };
    if command.is_harmless() {
        return None;
    }
    if facts.base {
        return Some("the image is a base for programs that nobody knows".to_owned());
    }
    let image = container.get("/image").and_then(Value::as_str);
    let image = image.and_then(crate::image::Image::parse);
    let name = image.map_or("", |image| image.basename());
    // A script beside it may bear the name of the image, and part of the name may be that of a shell.
    let is_program = |name: &str| name.len() > 2 && !name.contains('.');
    let own = |program: &str| {
        program.ends_with("entrypoint.sh")
            || is_program(program) && (program.contains(name) || name.contains(program))
    };
    let other = command
        .programs
        .iter()
        .find(|program| !own(program) && !Command::is_harmless_program(program));
    let other =
        other.map(|program| format!("it runs {program}, of which nobody knows what it needs"));
    other.or_else(|| Some(format!("its script writes to {}", command.file()?)))
}

/// Why a user that is set does not fit the image: it is the one of other tags. Says both facts.
#[must_use]
pub fn user_of_other_tags(
    user: &Value,
    container: &Container<'_>,
    plan: &Plan<'_>,
) -> Option<(u32, String)> {
    let user = u32::try_from(user.as_u64()?)
        .ok()
        .filter(|user| *user != 0)?;
    let reference = container.get("/image")?.as_str()?;
    let (known, others) = plan.settings.images.with_other_tags(reference)?;
    let ids = known.facts.ids().filter(|ids| ids.user != user)?;
    let is_of = |known: &&Known| known.facts.ids().is_some_and(|ids| ids.user == user);
    let other = others.iter().rev().find(is_of)?;
    Some((
        ids.user,
        format!(
            "{reference} runs as {} ({}), and {user} is the user of {} ({}): the files in its volumes may belong to it",
            ids.user,
            known.says(),
            other.tags(),
            other.says(),
        ),
    ))
}
