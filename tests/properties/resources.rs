//! `default-resources` never contradicts what the author or the namespace says.

use kubetemper::change::Risk;
use kubetemper::cluster::Cluster;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::quantity::Quantity;
use kubetemper::settings::Settings;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::{fail, runner};

const RESOURCES: [&str; 2] = ["cpu", "memory"];

fn quantities() -> impl Strategy<Value = Value> {
    select(vec![
        json!("1m"),
        json!("50m"),
        json!(0.5),
        json!(1),
        json!("2"),
        json!("10"),
        json!("0"),
        json!("1e3"),
        json!("64Mi"),
        json!("100M"),
        json!("256Mi"),
        json!("0.3Gi"),
        json!("1Gi"),
        json!("7Gi"),
        json!(134_217_728),
    ])
}

/// `requests` or `limits`: absent, null, empty, or with some resources.
fn part() -> impl Strategy<Value = Option<Value>> {
    let entries = (
        option::of(quantities()),
        option::of(quantities()),
        any::<bool>(),
    );
    let map = entries.prop_map(|(cpu, memory, gpu)| {
        let mut map = Map::new();
        map.extend(cpu.map(|cpu| ("cpu".to_owned(), cpu)));
        map.extend(memory.map(|memory| ("memory".to_owned(), memory)));
        map.extend(gpu.then(|| ("example.com/gpu".to_owned(), json!(1))));
        Value::Object(map)
    });
    option::of(prop_oneof![8 => map, 1 => Just(Value::Null)])
}

fn containers() -> impl Strategy<Value = Value> {
    let arguments = select(vec![
        json!([]),
        json!(["-Xmx2g"]),
        json!(["-XX:MaxRAMPercentage=80"]),
        json!(["-Xmx$(HEAP)"]),
    ]);
    let container = (part(), part(), arguments).prop_map(|(requests, limits, args)| {
        let mut resources = Map::new();
        resources.extend(requests.map(|it| ("requests".to_owned(), it)));
        resources.extend(limits.map(|it| ("limits".to_owned(), it)));
        json!({"name": "c", "image": "a:1", "args": args, "resources": resources})
    });
    proptest::collection::vec(container, 1..3).prop_map(Value::from)
}

/// A LimitRange that the API server takes: `min <= defaultRequest <= default <= max`.
fn limit_ranges() -> impl Strategy<Value = Option<Value>> {
    let keys =
        proptest::sample::subsequence(vec!["min", "defaultRequest", "default", "max"], 0..=4);
    let memory = ["32Mi", "96Mi", "384Mi", "2Gi"];
    option::of(keys.prop_map(move |keys| {
        let of = |key: &str| match key {
            "min" => memory[0],
            "defaultRequest" => memory[1],
            "default" => memory[2],
            _ => memory[3],
        };
        let mut item = json!({"type": "Container"});
        for key in keys {
            item[key] = json!({"memory": of(key)});
        }
        json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "r"}, "spec": {"limits": [item]}})
    }))
}

fn settings() -> impl Strategy<Value = Settings> {
    let options = (
        option::of(select(vec!["20m", "3"])),
        option::of(select(vec!["32Mi", "3Gi"])),
        option::of(select(vec!["64Mi", "2Gi"])),
        option::of(select(vec!["100m", "4"])),
    );
    let risk = select(vec![Risk::None, Risk::Low, Risk::High, Risk::High]);
    (options, risk).prop_map(|((cpu, memory, limit, cpu_limit), max_risk)| {
        let keys = ["cpuRequest", "memoryRequest", "memoryLimit", "cpuLimit"];
        let values = [cpu, memory, limit, cpu_limit];
        let given = keys
            .iter()
            .zip(values)
            .filter_map(|(key, value)| Some(((*key).to_owned(), json!(value?))));
        let mut settings = Settings {
            max_risk,
            only: vec!["default-resources".to_owned()],
            ..Settings::default()
        };
        settings.options.insert(
            "default-resources".to_owned(),
            Value::Object(given.collect()),
        );
        settings
    })
}

fn amount(container: &Value, part: &str, name: &str) -> Option<Quantity> {
    Quantity::of(&container["resources"][part][name])
}

/// Tells whether the API server takes the resource of a container, after all defaulting, in its namespace.
fn accepted(container: &Value, range: Option<&Value>, name: &str) -> bool {
    let bound = |key: &str| Quantity::of(&range?["spec"]["limits"][0][key][name]);
    let default = bound("default").or(bound("max"));
    let default_request = bound("defaultRequest").or(default).or(bound("min"));
    let limit = amount(container, "limits", name);
    let request = amount(container, "requests", name)
        .or(limit)
        .or(default_request);
    let limit = limit.or(default);
    let below = |low: Option<Quantity>, high: Option<Quantity>| {
        low.zip(high).is_none_or(|(low, high)| low <= high)
    };
    below(request, limit)
        && below(bound("min"), request)
        && below(bound("min"), limit)
        && below(limit, bound("max"))
}

fn harden(text: &str, settings: &Settings) -> Result<Option<String>, TestCaseError> {
    let mut cluster = Cluster::default();
    pipeline::gather(text, &mut cluster);
    let source = Source {
        path: "test.yaml".to_owned(),
        text: text.to_owned(),
        is_patch: false,
    };
    match pipeline::harden(source, settings, &cluster) {
        Outcome::Report(report, _) if report.problems.is_empty() => Ok(report.after),
        other => Err(fail(format!("{other:?}"))),
    }
}

#[test]
fn requests_and_limits_agree_with_all_that_is_written() {
    let cases = (containers(), limit_ranges(), settings());
    let result = runner(1500).run(&cases, |(containers, range, settings)| {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers},
        });
        let mut text = format!("{pod}\n");
        if let Some(range) = &range {
            text = format!("{range}\n---\n{text}");
        }
        let Some(after) = harden(&text, &settings)? else { return Ok(()) };
        prop_assert_eq!(harden(&after, &settings)?, None, "a second run\n{}", after);
        let last = after.trim_end().rsplit("---\n").next().unwrap();
        let after: Value = serde_json::from_str(last).unwrap();
        for (at, before) in containers.as_array().unwrap().iter().enumerate() {
            let after = &after["spec"]["containers"][at];
            for part in ["requests", "limits"] {
                for (name, written) in before["resources"][part].as_object().into_iter().flatten() {
                    prop_assert_eq!(written, &after["resources"][part][name], "{}", name);
                }
            }
            for name in RESOURCES {
                if accepted(before, range.as_ref(), name) {
                    prop_assert!(accepted(after, range.as_ref(), name), "{name}\n{before}\n{after}");
                }
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
