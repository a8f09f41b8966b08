//! Random Kubernetes objects, random values.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

type Values = BoxedStrategy<Value>;

/// One of some values.
fn one(values: Vec<Value>) -> Values {
    select(values).boxed()
}

/// A mapping whose fields are there with a probability, or null now and then, in any order.
fn object(fields: Vec<(&'static str, f64, Values)>) -> Values {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(key, probability, value)| {
            let value = prop_oneof![30 => value, 1 => Just(Value::Null)];
            let required = probability >= 1.0;
            let entry = proptest::option::weighted(probability.min(0.999), value);
            entry.prop_filter_map("a required field", move |value| match value {
                None if required => None,
                value => Some(value.map(|value| (key.to_owned(), value))),
            })
        })
        .collect();
    (fields, any::<bool>())
        .prop_flat_map(|(fields, shuffled)| {
            let fields: Vec<_> = fields.into_iter().flatten().collect();
            if shuffled {
                Just(fields).prop_shuffle().boxed()
            } else {
                Just(fields).boxed()
            }
        })
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
        .boxed()
}

fn list(item: Values, sizes: std::ops::Range<usize>) -> Values {
    vec(item, sizes).prop_map(Value::Array).boxed()
}

fn capabilities() -> Values {
    let names = |names: &'static [&'static str]| {
        let name = select(names).prop_map(Value::from).boxed();
        list(name, 0..3)
    };
    object(vec![
        (
            "add",
            0.4,
            names(&["NET_BIND_SERVICE", "CHOWN", "SYS_ADMIN", "CAP_SYS_ADMIN"]),
        ),
        ("drop", 0.5, names(&["ALL", "NET_RAW", "KILL", "all"])),
    ])
}

fn boolean() -> Values {
    any::<bool>().prop_map(Value::Bool).boxed()
}

fn user() -> Values {
    one(vec![json!(0), json!(1000), json!(65532)])
}

fn seccomp() -> Values {
    one(vec![
        json!({"type": "RuntimeDefault"}),
        json!({"type": "Unconfined"}),
        json!({"type": "Localhost", "localhostProfile": "p.json"}),
        json!({}),
    ])
}

fn or_empty(value: Values) -> Values {
    prop_oneof![8 => value, 1 => Just(json!({}))].boxed()
}

fn container_context() -> Values {
    or_empty(object(vec![
        ("privileged", 0.15, boolean()),
        ("allowPrivilegeEscalation", 0.3, boolean()),
        ("runAsNonRoot", 0.3, boolean()),
        ("runAsUser", 0.3, user()),
        ("readOnlyRootFilesystem", 0.2, boolean()),
        ("capabilities", 0.4, or_empty(capabilities())),
        ("seccompProfile", 0.2, seccomp()),
        (
            "procMount",
            0.05,
            one(vec![json!("Default"), json!("Unmasked")]),
        ),
    ]))
}

fn container() -> Values {
    let quantities = one(vec![
        json!({"cpu": "100m", "memory": "128Mi"}),
        json!({"memory": "1Gi"}),
        json!({"cpu": 1}),
    ]);
    let port = one(vec![
        json!({"containerPort": 8080}),
        json!({"containerPort": 80, "name": "http"}),
    ]);
    let variable = (word(), text())
        .prop_map(|(name, value)| json!({"name": name, "value": value}))
        .boxed();
    object(vec![
        ("name", 1.0, one(vec![json!("app"), json!("b"), json!("c")])),
        (
            "image",
            0.98,
            one(vec![
                json!("nginx:1.27"),
                json!("ghcr.io/x/y@sha256:0123"),
                json!("busybox"),
            ]),
        ),
        ("command", 0.2, list(text(), 0..3)),
        ("args", 0.2, list(text(), 0..3)),
        ("env", 0.3, list(variable, 0..3)),
        ("ports", 0.3, list(port, 0..3)),
        (
            "resources",
            0.3,
            object(vec![
                ("limits", 0.5, quantities.clone()),
                ("requests", 0.7, quantities),
            ]),
        ),
        ("securityContext", 0.6, container_context()),
        ("restartPolicy", 0.1, Just(json!("Always")).boxed()),
    ])
}

fn pod_spec() -> Values {
    let context = or_empty(object(vec![
        ("runAsNonRoot", 0.3, boolean()),
        ("runAsUser", 0.3, user()),
        ("fsGroup", 0.3, one(vec![json!(0), json!(2000)])),
        ("seccompProfile", 0.3, seccomp()),
        (
            "sysctls",
            0.1,
            list(
                Just(json!({"name": "kernel.x", "value": "1"})).boxed(),
                0..2,
            ),
        ),
        ("supplementalGroups", 0.1, list(user(), 0..3)),
    ]));
    let volume = one(vec![
        json!({"name": "tmp", "emptyDir": {}}),
        json!({"name": "host", "hostPath": {"path": "/"}}),
        json!({"name": "c", "configMap": {"name": "c", "items": []}}),
    ]);
    object(vec![
        ("hostNetwork", 0.1, boolean()),
        ("hostPID", 0.1, boolean()),
        (
            "os",
            0.05,
            one(vec![json!({"name": "windows"}), json!({"name": "linux"})]),
        ),
        ("serviceAccountName", 0.2, word()),
        ("securityContext", 0.5, context),
        ("initContainers", 0.25, list(container(), 0..3)),
        ("containers", 0.97, list(container(), 0..4)),
        ("volumes", 0.3, list(volume, 0..3)),
        ("nodeSelector", 0.2, labels()),
    ])
}

fn labels() -> Values {
    one(vec![
        json!({"app": "web"}),
        json!({"app.kubernetes.io/name": "x", "y": "yes"}),
        json!({}),
    ])
}

fn metadata() -> Values {
    let annotations = vec((word(), text()), 0..3).prop_map(|pairs| {
        let pairs = pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)));
        Value::Object(pairs.collect())
    });
    object(vec![
        ("name", 0.95, word()),
        (
            "namespace",
            0.3,
            one(vec![json!("shop"), json!("kube-system")]),
        ),
        ("labels", 0.4, labels()),
        ("annotations", 0.3, annotations.boxed()),
    ])
}

fn template() -> Values {
    object(vec![
        ("metadata", 0.7, metadata()),
        ("spec", 0.98, pod_spec()),
    ])
}

fn manifest(
    api: &'static str,
    kind: &'static str,
    rest: Vec<(&'static str, f64, Values)>,
) -> Values {
    let mut fields = vec![
        ("apiVersion", 1.0, Just(json!(api)).boxed()),
        ("kind", 1.0, Just(json!(kind)).boxed()),
        ("metadata", 0.97, metadata()),
    ];
    fields.extend(rest);
    object(fields)
}

fn single() -> Values {
    let workload = |replicas: bool| {
        let mut fields = vec![("template", 0.98, template())];
        if replicas {
            fields.push(("replicas", 0.5, one(vec![json!(1), json!(3)])));
            fields.push((
                "selector",
                0.5,
                Just(json!({"matchLabels": {"app": "web"}})).boxed(),
            ));
        }
        object(fields)
    };
    let cron = object(vec![
        ("schedule", 0.9, Just(json!("*/5 * * * *")).boxed()),
        (
            "jobTemplate",
            0.97,
            object(vec![("spec", 0.97, workload(false))]),
        ),
    ]);
    let data = vec((word(), text()), 0..4).prop_map(|pairs| {
        let pairs = pairs
            .into_iter()
            .filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)));
        Value::Object(pairs.collect())
    });
    prop_oneof![
        3 => manifest("v1", "Pod", vec![("spec", 0.98, pod_spec())]),
        4 => manifest("apps/v1", "Deployment", vec![("spec", 0.98, workload(true))]),
        1 => manifest("apps/v1", "StatefulSet", vec![("spec", 0.98, workload(true))]),
        1 => manifest("batch/v1", "Job", vec![("spec", 0.98, workload(false))]),
        2 => manifest("batch/v1", "CronJob", vec![("spec", 0.98, cron)]),
        2 => manifest("v1", "ConfigMap", vec![("data", 0.9, data.boxed())]),
    ]
    .boxed()
}

/// A Kubernetes object, or a `List` of some.
pub fn manifests() -> impl Strategy<Value = Value> {
    prop_oneof![
        12 => single(),
        1 => manifest("v1", "List", vec![("items", 0.98, list(single(), 0..3))]),
    ]
}

fn word() -> Values {
    prop_oneof![
        6 => select(vec!["web", "a", "name", "app.kubernetes.io/part-of", "x-y", "data"]),
        1 => select(vec!["yes", "true", "y", "1", "0x1", "a b", "~", "k: v", "# no", "é", "-x", "", "null", "08"]),
    ]
    .prop_map(Value::from)
    .boxed()
}

/// Strings that are easy to get wrong.
pub fn text() -> Values {
    let known = select(vec![
        "plain",
        "two words",
        "a longer text of words",
        "yes",
        "off",
        "~",
        "",
        "null",
        "0644",
        "1e3",
        "1_000",
        "12:30",
        "2001-01-01",
        "http://x:80/y?z=1",
        "a: b",
        "a #b",
        "#c",
        "- x",
        "-x",
        "? x",
        "{{ .x }}",
        "{a}",
        "[b",
        "it's",
        "\"q\"",
        "back\\slash",
        " lead",
        "trail ",
        "tab\tin",
        "line\n",
        "line",
        "a\nb\n",
        "a\n\n\nb",
        "a\n b\n  c\n",
        " a\nb\n",
        "\na\n",
        "a\n\n",
        "a\n\n\n",
        "\n",
        "# x\ny\n",
        "---\na\n",
        "a\n...\n",
        "é ☃ 🚢\nü\n",
        "p\u{85}q",
        "l\u{2028}s",
        "\u{feff}b",
        "cr\r\nlf",
        "nul\u{1}",
        "%x",
        "@y",
        "`z",
        "=",
        "<<",
        "*a",
        "&a",
        "!t",
        "|",
        ">",
        "key: |\n  text # no comment\n",
        "a  b",
        "x y z about ab",
        "end:",
        "a\n   \nb\n",
        "set -e\nexec a\n",
    ])
    .prop_map(str::to_owned);
    let any = vec(
        select(
            "ab1 :#-'\"\\\n\t{}[],é&*!|>%@~?."
                .chars()
                .collect::<Vec<_>>(),
        ),
        0..12,
    )
    .prop_map(|chars| chars.into_iter().collect::<String>());
    prop_oneof![4 => known, 1 => any]
        .prop_map(Value::from)
        .boxed()
}

/// Any value, of any depth.
pub fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text(),
        1 => Just(Value::Null),
        1 => boolean(),
        1 => one(vec![json!(0), json!(7), json!(-3), json!(0.5), json!(420), json!(1_000_000)]),
        1 => one(vec![json!({}), json!([])]),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            3 => vec((word(), inner.clone()), 0..6).prop_map(|pairs| {
                let pairs = pairs.into_iter().filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)));
                Value::Object(pairs.collect::<Map<_, _>>())
            }),
            2 => vec(inner, 0..5).prop_map(Value::Array),
        ]
    })
}

/// A document that can be edited: a mapping or a sequence.
pub fn any_document() -> impl Strategy<Value = Value> {
    any_value().prop_map(|value| match value {
        Value::Object(_) | Value::Array(_) => value,
        other => json!({ "value": other }),
    })
}
