//! Transforms that nobody should write, planted to see that the final pass holds what they want.

use kubetemper::change::{Change, Fate, HeldBy, Risk};
use kubetemper::cluster::Cluster;
use kubetemper::engine::{self, Scope};
use kubetemper::plan::{Plan, Subject};
use kubetemper::planned::Planned;
use kubetemper::pod::Pod;
use kubetemper::settings::{Override, Profile, Settings};
use kubetemper::transform::{Options, Run, Transform};
use kubetemper::validity::Acceptance;
use serde_json::{Value, json};

/// Wants whatever its options say, anywhere in the document.
static PLANTED: Transform = Transform {
    id: "planted",
    summary: "want what the test says",
    profile: Profile::Baseline,
    references: &[],
    options: Options::NONE,
    run: Run::Pod(want),
};

/// A wish: a place and a value, or no value to remove what is there.
#[derive(Debug, Clone, serde::Deserialize)]
struct Wish {
    pointer: String,
    value: Option<Value>,
    held: Option<String>,
}

/// The options of the planted transform.
#[derive(Default, serde::Deserialize)]
struct Wishes {
    wishes: Vec<Wish>,
}

/// The whole document as a subject, so that the engine's walk does not choose the place.
struct Whole;

impl Subject for Whole {
    fn pointer(&self) -> &'static str {
        ""
    }
    /// Every place has the author's word, so that it can also be removed.
    fn value(&self, _: &str) -> Option<&Value> {
        Some(&Value::Null)
    }
    fn container(&self) -> Option<String> {
        None
    }
}

fn want(_: &Pod<'_>, plan: &mut Plan<'_>) {
    let Wishes { wishes } = plan.options(&Whole);
    plan.together(|plan| {
        for Wish {
            pointer,
            value,
            held,
        } in wishes
        {
            let proposal = match value {
                None => plan.forbid(&Whole, &pointer, |_| true, Risk::None, "planted"),
                Some(value) => {
                    let good = value.clone();
                    let good = move |value: &Value| *value == good;
                    plan.ensure(&Whole, &pointer, value, good, Risk::None, "planted")
                }
            };
            let by = held.map(|by| holder(&by));
            if let Some((proposal, by)) = proposal.zip(by) {
                proposal.hold(by, "the transform holds it");
            }
        }
    });
}

fn holder(name: &str) -> HeldBy {
    let mut all = EVERYBODY.into_iter();
    all.find(|by| by.to_string() == name).unwrap()
}

const EVERYBODY: [HeldBy; 9] = [
    HeldBy::Risk,
    HeldBy::Explicit,
    HeldBy::Keep,
    HeldBy::Config,
    HeldBy::Invalid,
    HeldBy::Immutable,
    HeldBy::Patch,
    HeldBy::NodeAgent,
    HeldBy::Owned,
];

/// Lets the engine run the planted transform, with every flag that could let it through.
fn plan<'v>(document: &'v Value, wishes: &Value) -> Planned<'v> {
    let mut settings = Settings {
        overrides: Override::Everything,
        ..Settings::default()
    };
    settings
        .options
        .insert(PLANTED.id.to_owned(), json!({"wishes": wishes}));
    let scope = Scope {
        settings: &settings,
        cluster: &Cluster::default(),
        is_patch: false,
        keeps: &[],
        transforms: &[&PLANTED],
    };
    engine::plan(document, scope)
}

fn changes<'p>(planned: &'p Planned<'_>) -> Vec<&'p Change> {
    let objects = planned.objects.iter();
    objects.flat_map(|object| &object.changes).collect()
}

/// A wish for a value.
pub(super) fn set(pointer: &str, value: &Value) -> Value {
    json!({"pointer": pointer, "value": value})
}

/// A wish that something is gone.
pub(super) fn unset(pointer: &str) -> Value {
    json!({"pointer": pointer})
}

/// Checks that the API server rejects what wishes make of a document, and that the engine holds them for it.
///
/// `rejects` is the rule once more, written for the test; `rule` and `told` are its name and words in the program.
#[track_caller]
pub(super) fn held(
    (rule, told): (&str, &str),
    document: &Value,
    wishes: &[Value],
    rejects: impl Fn(&Value) -> bool,
) {
    let mut naive = document.clone();
    for wish in wishes {
        edit(
            &mut naive,
            wish["pointer"].as_str().unwrap(),
            wish.get("value"),
        );
    }
    assert!(!rejects(document), "rejected from the start: {document}");
    assert!(rejects(&naive), "the API server takes {naive}");
    let pointers = wishes.iter().filter_map(|wish| wish["pointer"].as_str());
    let mut acceptance = Acceptance::of(document, &Settings::default());
    let rejection = acceptance.accept(&naive, pointers).unwrap_err();
    assert_eq!(rejection.rule, rule, "{}", rejection.text);
    assert!(rejection.text.contains(told), "{}", rejection.text);

    let planned = plan(document, &json!(wishes));
    let changes = changes(&planned);
    assert_eq!(changes.len(), wishes.len(), "{changes:?}");
    for change in changes {
        let by = HeldBy::Invalid;
        let why = rejection.text.clone();
        assert_eq!(change.fate, Fate::Held { by, why });
    }
    assert_eq!(*planned.value, *document);
}

/// Gives a place of a document a value, or removes it, whatever comes of it.
fn edit(document: &mut Value, pointer: &str, value: Option<&Value>) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    if document.pointer(parent).is_none() {
        let empty = if key == "-" { json!([]) } else { json!({}) };
        edit(document, parent, Some(&empty));
    }
    let name = key.replace("~1", "/").replace("~0", "~");
    match (document.pointer_mut(parent).unwrap(), value) {
        (Value::Object(map), Some(value)) => drop(map.insert(name, value.clone())),
        (Value::Object(map), None) => drop(map.shift_remove(&name)),
        (Value::Array(list), Some(value)) if key == "-" => list.push(value.clone()),
        (Value::Array(list), Some(value)) => list[key.parse::<usize>().unwrap()] = value.clone(),
        (Value::Array(list), None) => drop(list.remove(key.parse().unwrap())),
        (other, _) => panic!("{pointer} leads through {other}"),
    }
}

fn plain() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"},
        "spec": {"containers": [{"name": "app", "image": "app:1"}]},
    })
}

#[test]
fn what_is_valid_is_applied() {
    let wishes = json!([set("/spec/hostUsers", &json!(false)), unset("/spec/none")]);
    let plain = plain();
    let planned = plan(&plain, &wishes);
    assert_eq!(planned.value["spec"]["hostUsers"], false);
    let mut changes = changes(&planned).into_iter();
    assert!(changes.all(Change::is_applied));
}

/// One wish of several is rejected: none of them is applied.
#[test]
fn wishes_that_stand_together_fall_together() {
    let user = "/spec/containers/0/securityContext/runAsUser";
    let wishes = [
        set("/spec/hostUsers", &json!(false)),
        set(user, &json!(-1)),
        set("/spec/enableServiceLinks", &json!(false)),
    ];
    let negative = |pod: &Value| pod.pointer(user).and_then(Value::as_i64) == Some(-1);
    held(
        ("id-range", "must be between 0 and 2147483647"),
        &plain(),
        &wishes,
        negative,
    );
}

/// An object that was rejected from the start is still hardened, as long as nothing more is wrong with it.
#[test]
fn what_was_rejected_before_holds_nothing() {
    let mut pod = plain();
    pod["spec"]["containers"][0]["securityContext"] = json!({"runAsUser": -1});
    let planned = plan(&pod, &json!([set("/spec/hostUsers", &json!(false))]));
    assert_eq!(planned.value["spec"]["hostUsers"], false);
}

/// An override is about the author's word, not about what the API server takes or what cannot be changed.
#[test]
fn overrides_lift_three_holds_only() {
    for by in EVERYBODY {
        let mut wish = set("/spec/hostUsers", &json!(false));
        wish["held"] = json!(by.to_string());
        let plain = plain();
        let planned = plan(&plain, &json!([wish]));
        let lifted = matches!(by, HeldBy::Explicit | HeldBy::NodeAgent | HeldBy::Owned);
        assert_eq!(planned.has_applied(), lifted, "{by}");
        let why = "the transform holds it".to_owned();
        let expected = if lifted {
            Fate::Applied
        } else {
            Fate::Held { by, why }
        };
        assert_eq!(changes(&planned)[0].fate, expected);
    }
}

/// When the edits of an object are taken back, what was wrong with it before is no news.
#[test]
fn what_is_taken_back_counts_again() {
    let user = "/spec/containers/0/securityContext/runAsUser";
    let mut wrong = plain();
    edit(&mut wrong, user, Some(&json!(-1)));
    let mut acceptance = Acceptance::of(&wrong, &Settings::default());
    assert_eq!(acceptance.accept(&plain(), [user].into_iter()), Ok(()));
    let rejection = acceptance.accept(&wrong, [user].into_iter()).unwrap_err();
    assert_eq!(rejection.rule, "id-range");
    acceptance.renew(&wrong, "");
    assert_eq!(acceptance.accept(&wrong, [user].into_iter()), Ok(()));
}
