//! Which requests and limits a container should have: defaults, bounded by what its author and its namespace say and
//! by what its program is told to use.

mod evidence;
mod heap;
mod namespace;
mod options;

use serde_json::{Map, Value, json};

use crate::change::Risk;
use crate::cluster::{Fact as _, Scaling};
use crate::plan::Plan;
use crate::pod::{Container, ContainerKind, Pod};
use crate::pod_security::Version;
use crate::quantity::{Form, Quantity};
use crate::workload::Shape;

pub use options::{Cpu, Defaults, Memory};

use evidence::Evidence;
use namespace::Given;

/// The first minor whose API server does not drop the resources of a pod as a whole.
const POD_LEVEL: Version = Version::new(34);

/// A request or limit that a container lacks.
#[derive(Debug)]
pub struct Wish {
    /// JSON Pointer below the container.
    pub pointer: String,
    /// The quantity.
    pub value: Value,
    /// How likely it breaks the container.
    pub risk: Risk,
    /// Why it is wanted and what it may break; a sentence without a full stop.
    pub reason: String,
    /// Why it is left to somebody else, if so.
    pub hold: Option<String>,
}

/// The requests and limits that a container lacks.
#[must_use]
pub fn wishes(pod: &Pod<'_>, container: &Container<'_>, plan: &Plan<'_>) -> Vec<Wish> {
    // Of the kinds that take a part of a pod these take resources like Kubernetes itself.
    let takes = pod.shape == Shape::Full
        || matches!(plan.identity.group(), "serving.knative.dev" | "argoproj.io");
    let shared = pod.get("/resources").and_then(Value::as_object);
    let shared = shared.is_some_and(|map| !map.is_empty()) && plan.settings.target >= POD_LEVEL;
    if !takes || shared || container.kind == ContainerKind::Ephemeral {
        return Vec::new();
    }
    let name = plan.identity.name.as_deref();
    let workload = name.map(|name| format!("{}/{name}", plan.identity.kind));
    let workload = workload.unwrap_or_default();
    let mut scaled = Scaling::default();
    for scaling in plan.cluster.scaling.may_be_in(&workload, plan.namespace()) {
        scaled.join(scaling.clone());
    }
    let defaults: Defaults = plan.options(container);
    let evidence = Evidence::of(pod, container, plan);
    let of = |name| Resource {
        name,
        container,
        evidence: &evidence,
        given: Given::of(name, plan),
        scaled: &scaled,
    };
    let mut wishes = Vec::new();
    let (cpu, memory) = (of("cpu"), of("memory"));
    let most = defaults
        .cpu_limit
        .as_ref()
        .map(|limit| limit.quantity().max(cpu.given.least));
    wishes.extend(cpu.request(&defaults.cpu_request.to_string(), most));
    let most = memory.least_limit(&defaults).0;
    wishes.extend(memory.request(&defaults.memory_request.to_string(), Some(most)));
    if let Some(limit) = &defaults.cpu_limit {
        wishes.extend(cpu.cpu_limit(&limit.to_string()));
    }
    wishes.extend(memory.memory_limit(&defaults));
    // Both are right alone; together they may put a limit below a request.
    let patches = &plan.cluster.resource_patches;
    // kustomize takes a patch without a namespace for an object without one.
    let own = plan.identity.namespace.as_deref();
    for patched in patches.are_in(&workload, own, None) {
        let resources = patched.0.get(container.name()).into_iter().flatten();
        for name in resources {
            for wish in wishes
                .iter_mut()
                .filter(|wish| wish.pointer.ends_with(name.as_str()))
            {
                wish.hold = Some("a kustomize patch sets it, at least in part".to_owned());
            }
        }
    }
    if let Some(by) = &scaled.resources {
        for wish in &mut wishes {
            wish.hold = Some(format!("{by} sets the requests and limits"));
        }
    }
    wishes
}

/// One resource of one container.
struct Resource<'a> {
    name: &'static str,
    container: &'a Container<'a>,
    evidence: &'a Evidence,
    given: Given,
    scaled: &'a Scaling,
}

impl Resource<'_> {
    fn written(&self, part: &str) -> Option<&Value> {
        self.container
            .get(&format!("/resources/{part}/{}", self.name))
    }

    fn wish(&self, part: &str, value: Value, risk: Risk, reason: String) -> Wish {
        Wish {
            pointer: format!("/resources/{part}/{}", self.name),
            value,
            risk,
            reason,
            hold: None,
        }
    }

    /// A request where there is none, not above the limit that is to come.
    fn request(&self, default: &str, most: Option<Quantity>) -> Option<Wish> {
        if self.written("requests").is_some() {
            return None;
        }
        if let Some(limit) = self.written("limits") {
            // No limit, or nonsense, is no request.
            Quantity::of(limit).filter(|limit| limit.is_positive())?;
            let reason = "the API server takes the limit for the request that is missing";
            return Some(self.wish("requests", limit.clone(), Risk::None, reason.to_owned()));
        }
        let name = self.name;
        let what = if name == "cpu" { "CPU" } else { name };
        if let Some((by, amount)) = &self.given.request {
            let text = amount.canonical(form(name));
            let reason = format!("{by} gives the container this request already");
            // Without a limit of its own beside it: one that is set here would become the request.
            let mut wish = self.wish("requests", json!(text), Risk::None, reason);
            wish.hold = self
                .given
                .limit
                .as_ref()
                .map(|_| format!("{by} gives the container a request of {text}"));
            return Some(wish);
        }
        let default = lower(default, most, form(name));
        let (risk, reason) = match self.scaled_by_use() {
            Some(by) => (
                Risk::High,
                format!(
                    "{by} measures the use of {what} in percent of this request: it starts to act"
                ),
            ),
            None => (
                Risk::Low,
                format!("a node must have {default} {what} to spare, else the pod waits for one"),
            ),
        };
        let mut wish = self.wish("requests", json!(default), risk, reason);
        wish.hold.clone_from(&self.given.hold);
        Some(wish)
    }

    /// The autoscaler that needs the request to measure the use.
    fn scaled_by_use(&self) -> Option<&str> {
        // Init containers that end do not count.
        if self.container.kind == ContainerKind::Init {
            return None;
        }
        self.scaled.measured.get(self.name).map(String::as_str)
    }

    /// A CPU limit where there is none.
    fn cpu_limit(&self, default: &str) -> Option<Wish> {
        if !self.may_limit() {
            return None;
        }
        let request = self.requested().unwrap_or_default();
        let limit = raise(default, request.max(self.given.least), Form::DecimalSi);
        let reason = format!("the container is throttled when it uses more than {limit} CPU");
        Some(self.limit(json!(limit), reason))
    }

    /// A memory limit where there is none.
    fn memory_limit(&self, defaults: &Defaults) -> Option<Wish> {
        if !self.may_limit() {
            return None;
        }
        let (amount, why) = self.least_limit(defaults);
        let limit = raise(&defaults.memory_limit.to_string(), amount, Form::BinarySi);
        let reason = format!(
            "{}the kernel kills the container when it uses more than {limit}",
            why.map_or_else(String::new, |why| format!("{why}; "))
        );
        let mut wish = self.limit(json!(limit), reason);
        if wish.hold.is_none() {
            wish.hold = self.beyond_defaults();
        }
        Some(wish)
    }

    fn limit(&self, value: Value, reason: String) -> Wish {
        let mut wish = self.wish("limits", value, Risk::High, reason);
        let given = self.given.limit.as_ref().map(|(by, amount)| {
            let text = amount.canonical(form(self.name));
            format!("{by} gives the container a limit of {text}")
        });
        wish.hold = given.or_else(|| self.given.hold.clone());
        wish
    }

    /// The request that the container has, or is given.
    fn requested(&self) -> Option<Quantity> {
        let given = || Some(self.given.request.as_ref()?.1);
        self.written("requests").map_or_else(given, Quantity::of)
    }

    /// Tells whether a limit may be set: there is none, and a request beside it can be read.
    fn may_limit(&self) -> bool {
        let request = self.written("requests");
        self.written("limits").is_none()
            && request.is_none_or(|request| Quantity::of(request).is_some())
    }

    /// The least memory limit that leaves room for what is known, and what that is.
    fn least_limit(&self, defaults: &Defaults) -> (Quantity, Option<String>) {
        let default = defaults.memory_limit.quantity();
        let evidence = self.evidence;
        let (mut amount, mut why) = evidence.limit(default);
        if let Some(request) = self.requested()
            && readable(request.times(3, 2)) > amount
        {
            amount = readable(request.times(3, 2));
            let request = request.canonical(Form::BinarySi);
            why = Some(format!("half as much again as the request of {request}"));
        }
        (amount.max(self.given.least), why)
    }

    /// Why no default can be right for the container's memory.
    fn beyond_defaults(&self) -> Option<String> {
        if let Some(setting) = &self.evidence.unreadable {
            return Some(format!(
                "`{setting}` says how much memory it takes, but not here"
            ));
        }
        let limits = self.container.get("/resources/limits");
        let limits = limits.and_then(Value::as_object).into_iter();
        let mut names = limits.flat_map(Map::keys);
        let device = names.find(|name| name.contains('/') && !name.contains("kubernetes.io/"));
        let claims = self.container.items("/resources/claims").next();
        let device = device
            .map(String::as_str)
            .or_else(|| claims.map(|_| "a device"))?;
        Some(format!(
            "it uses {device}, and such programs take far more memory than most"
        ))
    }
}

/// The form in which a resource is written.
fn form(name: &str) -> Form {
    match name {
        "memory" => Form::BinarySi,
        _ => Form::DecimalSi,
    }
}

/// A quantity as it is written, or a greater amount.
fn raise(written: &str, least: Quantity, form: Form) -> String {
    match Quantity::parse(written) {
        Some(amount) if amount >= least => written.to_owned(),
        _ => least.canonical(form),
    }
}

/// A quantity as it is written, or a lower amount.
fn lower(written: &str, most: Option<Quantity>, form: Form) -> String {
    match (Quantity::parse(written), most) {
        (Some(amount), Some(most)) if amount > most => most.canonical(form),
        _ => written.to_owned(),
    }
}

/// The next amount of memory that a person would write.
fn readable(amount: Quantity) -> Quantity {
    const MI: i64 = 1 << 20;
    let step = match amount {
        amount if amount <= Quantity::whole(1024 * MI) => 64,
        amount if amount <= Quantity::whole(4096 * MI) => 512,
        _ => 1024,
    };
    amount.round_up(Quantity::whole(step * MI))
}
