//! Random pods of known images, in the shapes that people write.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::command::LINES;
use super::table::IMAGES;

/// References of images: all tags of the table, and mirrors.
fn references() -> impl Strategy<Value = String> {
    let mut all = Vec::new();
    for image in IMAGES {
        for tag in image
            .tags
            .iter()
            .copied()
            .chain(image.tags.is_empty().then_some("latest"))
        {
            all.push(format!("{}:{tag}", image.name));
        }
        if !image.name.contains('/') {
            all.push(format!(
                "public.ecr.aws/docker/library/{}:latest",
                image.name
            ));
            all.push(format!(
                "{}@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                image.name
            ));
        }
    }
    let more = [
        "redis:8",
        "postgres:18",
        "rabbitmq:4-management",
        "example.com/shop/api:1",
        "bitnami/nginx:1.27",
    ];
    all.extend(more.map(str::to_owned));
    select(all)
}

/// Paths that images write to, their parents and places below.
fn paths() -> impl Strategy<Value = String> {
    let mut all: Vec<String> = Vec::new();
    for path in IMAGES
        .iter()
        .flat_map(|image| image.writes)
        .map(|writes| writes.path)
    {
        all.extend([path.to_owned(), format!("{path}/sub")]);
        all.extend(path.rsplit_once('/').map(|(parent, _)| parent.to_owned()));
    }
    all.extend(
        [
            "/tmp",
            "/data",
            "/out",
            "/run",
            "/var/run",
            "/etc/nginx/conf.d",
            "/var/run/mysqld/",
        ]
        .map(str::to_owned),
    );
    all.retain(|path| path.len() > 1);
    all.sort();
    all.dedup();
    select(all)
}

fn sources() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!({"emptyDir": {}})),
        4 => Just(json!({"persistentVolumeClaim": {"claimName": "data"}})),
        2 => Just(json!({"configMap": {"name": "conf"}})),
        1 => Just(json!({"secret": {"secretName": "key", "defaultMode": 0o400}})),
        1 => Just(json!({"secret": {"secretName": "key", "items": [{"key": "k", "path": "k", "mode": 0o600}]}})),
        1 => Just(json!({"hostPath": {"path": "/srv/data"}})),
        3 => Just(Value::Null),
    ]
}

fn contexts(of_pod: bool) -> impl Strategy<Value = Value> {
    let user = option::weighted(0.25, select(vec![0, 101, 999, 1000, 1001]));
    let required = option::weighted(0.15, any::<bool>());
    let group = option::weighted(
        if of_pod { 0.2 } else { 0.01 },
        select(vec![999, 1000, 2000]),
    );
    let flags = (
        option::weighted(0.1, any::<bool>()),
        option::weighted(0.15, any::<bool>()),
        option::weighted(0.1, any::<bool>()),
    );
    let add = option::weighted(
        0.15,
        select(vec!["NET_BIND_SERVICE", "CHOWN", "NET_ADMIN", "IPC_LOCK"]),
    );
    let drop = option::weighted(0.15, select(vec!["ALL", "NET_RAW", "MKNOD"]));
    (user, required, group, flags, add, drop).prop_map(
        move |(user, required, group, flags, add, drop)| {
            let mut context = Map::new();
            let mut put = |key: &str, value: Option<Value>| {
                if let Some(value) = value {
                    context.insert(key.to_owned(), value);
                }
            };
            put("runAsUser", user.map(|user| json!(user)));
            put("runAsNonRoot", required.map(Value::Bool));
            put(
                "fsGroup",
                group.filter(|_| of_pod).map(|group| json!(group)),
            );
            if !of_pod {
                let (privileged, read_only, escalates) = flags;
                put(
                    "privileged",
                    privileged
                        .filter(|on| !on || escalates != Some(false))
                        .map(Value::Bool),
                );
                put("readOnlyRootFilesystem", read_only.map(Value::Bool));
                let mut capabilities = Map::new();
                if let Some(name) = add {
                    capabilities.insert("add".to_owned(), json!([name]));
                }
                if let Some(name) = drop {
                    capabilities.insert("drop".to_owned(), json!([name]));
                }
                if !capabilities.is_empty() {
                    put("capabilities", Some(Value::Object(capabilities)));
                }
            }
            Value::Object(context)
        },
    )
}

/// A container, and the mounts that it wants: the number of a volume and a path.
fn containers() -> impl Strategy<Value = Value> {
    let line = prop_oneof![
        4 => Just(json!({})),
        1 => Just(json!({"args": ["--config", "/etc/app.conf"]})),
        1 => Just(json!({"command": ["redis-server"], "image": "redis:7"})),
        1 => Just(json!({"command": ["nginx", "-g", "daemon off;"], "image": "nginx:1.27"})),
        3 => (0..LINES.len()).prop_map(|index| json!({"command": LINES[index].words})),
        1 => (0..LINES.len()).prop_map(|index| json!({"args": LINES[index].words})),
    ];
    let mount = (
        0..4usize,
        paths(),
        option::weighted(0.15, any::<bool>()),
        option::weighted(0.1, Just("sub")),
    );
    let env = option::weighted(
        0.1,
        select(vec![
            json!([{"name": "PGDATA", "value": "/var/lib/postgresql/data/pgdata"}]),
            json!([{"name": "SKIP_SETCAP", "value": "true"}]),
            json!([{"name": "NGINX_PORT", "value": "80"}]),
        ]),
    );
    let port = option::weighted(0.3, select(vec![80, 443, 8080, 53]));
    (
        references(),
        line,
        vec(mount, 0..4),
        env,
        port,
        contexts(false),
    )
        .prop_map(|(image, line, mounts, env, port, context)| {
            let mut container = json!({"image": image});
            container
                .as_object_mut()
                .unwrap()
                .extend(line.as_object().unwrap().clone());
            let mut seen = Vec::new();
            let mut items = Vec::new();
            for (volume, path, read_only, sub) in mounts {
                let plain = path.trim_end_matches('/').replace("/var/run", "/run");
                if seen.contains(&plain) {
                    continue;
                }
                seen.push(plain);
                let mut mount = json!({"name": format!("v{volume}"), "mountPath": path});
                if let Some(read_only) = read_only {
                    mount["readOnly"] = json!(read_only);
                }
                if let Some(sub) = sub {
                    mount["subPath"] = json!(sub);
                }
                items.push(mount);
            }
            if !items.is_empty() {
                container["volumeMounts"] = Value::Array(items);
            }
            if let Some(env) = env {
                container["env"] = env;
            }
            if let Some(port) = port {
                container["ports"] = json!([{"containerPort": port}]);
            }
            if context != json!({}) {
                container["securityContext"] = context;
            }
            container
        })
}

/// The kind, and the pointer to its pod spec.
const KINDS: [(&str, &str, &str); 6] = [
    ("v1", "Pod", "/spec"),
    ("apps/v1", "Deployment", "/spec/template/spec"),
    ("apps/v1", "StatefulSet", "/spec/template/spec"),
    ("apps/v1", "DaemonSet", "/spec/template/spec"),
    (
        "batch/v1",
        "CronJob",
        "/spec/jobTemplate/spec/template/spec",
    ),
    ("serving.knative.dev/v1", "Service", "/spec/template/spec"),
];

/// Objects with a pod of known images.
pub fn objects() -> impl Strategy<Value = Value> {
    let parts = (
        vec(containers(), 0..2),
        vec(containers(), 1..4),
        vec(sources(), 4),
        contexts(true),
    );
    (
        select(KINDS.to_vec()),
        parts,
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(kind, parts, host, sidecar)| {
            let ((version, kind, pointer), (mut init, mut apps, sources, context)) = (kind, parts);
            let knative = version.starts_with("serving");
            if knative {
                init.clear();
                apps.truncate(1);
            }
            for (index, container) in init.iter_mut().chain(apps.iter_mut()).enumerate() {
                let mut named = json!({"name": format!("c{index}")});
                named
                    .as_object_mut()
                    .unwrap()
                    .extend(container.as_object().unwrap().clone());
                *container = named;
            }
            if sidecar && let Some(first) = init.first_mut() {
                first["restartPolicy"] = json!("Always");
            }
            let volumes: Vec<Value> = sources
                .into_iter()
                .enumerate()
                .map(|(index, source)| {
                    let mut volume = json!({"name": format!("v{index}")});
                    // Only a StatefulSet takes a volume of a claim template.
                    let source = match source {
                        Value::Null if kind == "StatefulSet" => return Value::Null,
                        Value::Null => json!({"emptyDir": {}}),
                        source => source,
                    };
                    volume
                        .as_object_mut()
                        .unwrap()
                        .extend(source.as_object().unwrap().clone());
                    volume
                })
                .filter(|volume| !volume.is_null())
                .collect();
            let mut spec = json!({"containers": apps, "volumes": volumes});
            if !init.is_empty() {
                spec["initContainers"] = Value::Array(init);
            }
            if host && !knative {
                spec["hostNetwork"] = json!(true);
            }
            if context != json!({}) && !knative {
                spec["securityContext"] = context;
            }
            let mut object =
                json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}});
            let mut at = &mut object;
            for token in pointer.split('/').skip(1) {
                at = &mut at[token];
            }
            *at = spec;
            object
        })
}

/// The object as YAML.
pub fn print(object: &Value) -> String {
    yaml_serde::to_string(object).unwrap()
}
