//! The Linux capabilities that a container needs after `drop: [ALL]`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::runs_something_else;
use super::switch::low_ports;
use crate::change::Risk;
use crate::command::{Command, program_for_root};
use crate::images::{Item, Known, Origin};
use crate::plan::{Plan, Proposal};
use crate::pod::{Container, Pod};
use crate::pod_security::ADDABLE_CAPABILITIES;

const ADD: &str = "/securityContext/capabilities/add";

/// What a container that is known needs of its capabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Those to give back, in order.
    pub add: Vec<String>,
    /// The risk of dropping the others.
    pub risk: Risk,
    /// Why, with the facts.
    pub reason: String,
}

impl Capabilities {
    /// What a container needs; `None` when nobody knows.
    #[must_use]
    pub fn of(pod: &Pod<'_>, container: &Container<'_>, plan: &Plan<'_>) -> Option<Self> {
        if pod.is_windows() {
            return None;
        }
        let user = pod
            .effective(container, "runAsUser")
            .and_then(Value::as_u64);
        let known = plan.image(container);
        let of_image = known.as_ref().and_then(|known| known.facts.user.number());
        let number = user.or(of_image.map(u64::from));
        if number.is_none_or(|number| number == 0) && program_for_root(container).is_some() {
            return file_programs(container, plan);
        }
        let known = known?;
        let facts = &known.facts;
        // Without a number the image's user is a name: somebody other than root.
        let is_root = number == Some(0);
        // Only the table says of an image that it needs none.
        if is_root && facts.capabilities_as_root.is_empty() && known.origin != Origin::Table {
            return None;
        }
        let as_root = if is_root {
            &facts.capabilities_as_root[..]
        } else {
            &[]
        };
        let mut add: Vec<&str> = facts.file_capabilities.iter().map(Item::value).collect();
        add.extend(as_root.iter().filter_map(Item::always));
        if is_root && low_ports(container).next().is_some() {
            add.push("NET_BIND_SERVICE");
        }
        let mut reason = reason(is_root, &add, &known);
        let conditions = as_root.iter().filter_map(|item| match item {
            Item::When { value, when } if !when.contains("optional") => {
                Some(format!("it also needs {value} {when}"))
            }
            _ => None,
        });
        let given = |name: &str| container.items(ADD).any(|item| item == name);
        let mut beyond = add
            .iter()
            .filter(|name| !ADDABLE_CAPABILITIES.contains(name));
        let beyond = beyond.find(|name| !given(name));
        let beyond =
            beyond.map(|name| format!("it needs {name}, which a runtime does not give by default"));
        let role = (is_root && !facts.needs_host.is_empty())
            .then(|| "what it does on the node may need more".to_owned());
        let other = runs_something_else(container, facts).filter(|_| is_root);
        let mut risk = match user {
            Some(user) if user != 0 && add.is_empty() => Risk::Low,
            _ => known.risk(),
        };
        if let Some(why) = conditions.chain(beyond).chain(role).chain(other).next() {
            risk = Risk::High;
            reason = format!("{reason}; but {why}");
        }
        // What the container does not have today it does not get.
        add.retain(|name| ADDABLE_CAPABILITIES.contains(name));
        Some(Self::new(add, risk, reason, plan))
    }

    fn new(mut add: Vec<&str>, mut risk: Risk, mut reason: String, plan: &Plan<'_>) -> Self {
        // An override asks for what the profile allows, whatever the program needs.
        if plan.settings.overrides.covers("remove-capabilities")
            && add.iter().any(|name| *name != "NET_BIND_SERVICE")
        {
            add.retain(|name| *name == "NET_BIND_SERVICE");
            risk = Risk::High;
            reason = format!("{reason}; the override leaves NET_BIND_SERVICE at most");
        }
        add.sort_unstable();
        add.dedup();
        let add = add.into_iter().map(str::to_owned).collect();
        Self { add, risk, reason }
    }
}

/// Why a container does not work that cannot gain privileges from a file, if what is known of its image tells so.
#[must_use]
pub fn gains_privileges(container: &Container<'_>, plan: &Plan<'_>) -> Option<String> {
    let known = plan.image(container)?;
    let facts = &known.facts;
    let sets = |item: &Item| item.value() == "SETFCAP";
    let given = container.items(ADD).next().is_some();
    // An entrypoint that gives capabilities to its program has the author's to give.
    let gains = facts.gains_privileges || given && facts.capabilities_as_root.iter().any(sets);
    gains.then(|| {
        format!(
            "the program gains capabilities from its file ({})",
            known.says()
        )
    })
}

/// Reports capabilities that are all that other tags of the image need as root, and too few for this one.
pub fn report_capabilities_of_other_tags(
    pod: &Pod<'_>,
    container: &Container<'_>,
    plan: &mut Plan<'_>,
) {
    let reference = container.get("/image").and_then(Value::as_str);
    let found = reference.and_then(|reference| plan.settings.images.with_other_tags(reference));
    let (Some(reference), Some((known, others))) = (reference, found) else {
        return;
    };
    let user = pod
        .effective(container, "runAsUser")
        .and_then(Value::as_u64);
    if user.map_or(!known.facts.user.is_root(), |user| user != 0) {
        return;
    }
    let needs = |known: &Known| -> BTreeSet<String> {
        let items = known
            .facts
            .capabilities_as_root
            .iter()
            .filter_map(Item::always);
        items.map(str::to_owned).collect()
    };
    let given: BTreeSet<String> = container
        .items(ADD)
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect();
    let wanted = needs(&known);
    let Some(other) = others.iter().rev().find(|other| needs(other) == given) else {
        return;
    };
    if given.is_empty() || wanted.is_subset(&given) {
        return;
    }
    let reason = format!(
        "as root {reference} needs {} ({}); these are what {} need ({})",
        wanted.iter().cloned().collect::<Vec<_>>().join(", "),
        known.says(),
        other.tags(),
        other.says(),
    );
    let fits = |value: &Value| *value == json!(wanted);
    let proposal = plan.ensure(container, ADD, json!(wanted), fits, Risk::High, reason);
    proposal.map(Proposal::leave_to_a_person);
}

/// Why it needs the capabilities, or none.
fn reason(is_root: bool, add: &[&str], known: &Known) -> String {
    let says = known.says();
    match is_root {
        true => format!("as root the image needs {} ({says})", list(add)),
        false if add.is_empty() => format!(
            "a user other than root holds no capabilities, and the program has none of its own ({says})"
        ),
        false => format!(
            "its program has {}, and does not start without ({says})",
            list(add)
        ),
    }
}

/// What programs need that change the owner and mode of files for others.
fn file_programs(container: &Container<'_>, plan: &Plan<'_>) -> Option<Capabilities> {
    let command = Command::of(container).filter(Command::only_changes_files)?;
    let program = command.for_root()?;
    let add = vec!["CHOWN", "DAC_OVERRIDE", "FOWNER"];
    let reason = format!("{program} as root needs {}", list(&add));
    Some(Capabilities::new(add, Risk::Low, reason, plan))
}

fn list(names: &[&str]) -> String {
    match names {
        [] => "no capability".to_owned(),
        names => names.join(", "),
    }
}
