//! Random pods and objects: of the right types, and wrong in every way that the tables know.

use serde_json::{Map, Value, json};

/// A random number generator (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 20;
        usize::try_from(number).unwrap() % bound
    }

    fn one_of(&mut self, values: &Value) -> Value {
        let values = values.as_array().unwrap();
        values[self.below(values.len())].clone()
    }

    /// Some of the fields of a table, each once in so many times.
    fn some(&mut self, table: &[(&str, usize, Value)]) -> Value {
        let mut map = Map::new();
        for (field, times, values) in table {
            if self.below(*times) == 0 {
                map.insert((*field).to_owned(), self.one_of(values));
            }
        }
        Value::Object(map)
    }

    fn list(&mut self, most: usize, mut item: impl FnMut(&mut Self, usize) -> Value) -> Value {
        let length = self.below(most + 1);
        (0..length).map(|index| item(self, index)).collect()
    }
}

fn put(object: &mut Value, field: &str, value: Value) {
    object
        .as_object_mut()
        .unwrap()
        .insert(field.to_owned(), value);
}

/// What stands at both levels. Which wrong things come at all is chosen for the pod, so that some pods are nearly right.
fn context(dice: &mut Dice, rare: usize) -> Vec<(&'static str, usize, Value)> {
    let profiles = json!([
        {"type": "RuntimeDefault"}, {"type": "RuntimeDefault"}, {"type": "Localhost", "localhostProfile": "p"}, null,
        {"type": "Unconfined"}, {"type": "Localhost"}, {"type": "RuntimeDefault", "localhostProfile": "p"},
    ]);
    let users = json!([0, 1, 1000, 2_147_483_647, 2_147_483_648_i64, -1, null]);
    let se_linux = json!([
        {"level": "s0:c1"}, {"type": "container_t"}, {"type": "container_engine_t"}, {"type": "container_init_t"},
        {"type": "container_kvm_t"}, {"type": "spc_t"}, {"user": "u"}, {"role": "r"}, {"type": "", "user": "", "role": ""}, null,
    ]);
    let scale = 1 + dice.below(rare);
    vec![
        ("appArmorProfile", 3 * scale, profiles.clone()),
        (
            "seccompProfile",
            2,
            if scale > 2 {
                json!([{"type": "RuntimeDefault"}])
            } else {
                profiles
            },
        ),
        ("seLinuxOptions", 4 * scale, se_linux),
        (
            "runAsNonRoot",
            2,
            if scale > 2 {
                json!([true])
            } else {
                json!([true, true, true, false, null])
            },
        ),
        ("runAsUser", 2 * scale, users.clone()),
        ("runAsGroup", 4 * scale, users),
        (
            "windowsOptions",
            6 * scale,
            json!([{"hostProcess": true}, {"hostProcess": false}, {}, null]),
        ),
    ]
}

fn capabilities(dice: &mut Dice) -> Value {
    let names = json!([
        "NET_BIND_SERVICE",
        "NET_BIND_SERVICE",
        "CHOWN",
        "NET_RAW",
        "SYS_ADMIN",
        "CAP_SYS_ADMIN",
        "CAP_NET_BIND_SERVICE",
        "SYS_CHROOT",
        "ALL",
        "MKNOD",
        "SETFCAP",
        "AUDIT_WRITE",
        "BPF",
    ]);
    let add = dice.list(2, |dice, _| dice.one_of(&names));
    dice.some(&[
        ("add", 3, json!([add, null, []])),
        (
            "drop",
            1,
            json!([
                ["ALL"],
                ["ALL"],
                ["ALL", "KILL"],
                ["all"],
                ["CAP_ALL"],
                ["NET_RAW"],
                [],
                null
            ]),
        ),
    ])
}

fn quantities(dice: &mut Dice) -> Value {
    let memory = json!(["64Mi", "128Mi", "1Gi", 1_000_000, "1x", "-1"]);
    let few = json!(["1", "2", 1]);
    let table = [
        ("cpu", 2, json!(["100m", "1", 1, "0.5", "2"])),
        ("memory", 2, memory),
        ("nvidia.com/gpu", 5, few.clone()),
        ("hugepages-2Mi", 8, json!(["2Mi", "4Mi"])),
        ("storage.kubernetes.io/x", 9, few),
    ];
    dice.some(&table)
}

fn handler(dice: &mut Dice) -> Value {
    dice.one_of(&json!([
        {"httpGet": {"port": 80}}, {"httpGet": {"port": 80, "host": ""}}, {"httpGet": {"port": 80, "host": "h"}},
        {"tcpSocket": {"port": 80, "host": "127.0.0.1"}}, {"tcpSocket": {"port": 80}}, {"exec": {"command": ["a"]}}, null,
    ]))
}

fn container(dice: &mut Dice, kind: &str, index: usize, rare: usize) -> Value {
    let mut own = context(dice, rare);
    let yes_no = json!([true, false, false, false, null]);
    own.extend([
        (
            "allowPrivilegeEscalation",
            1,
            json!([false, false, false, true, null]),
        ),
        ("privileged", 6, yes_no.clone()),
        ("readOnlyRootFilesystem", 6, yes_no),
        ("procMount", 8, json!(["Default", "Unmasked", null])),
        (
            "capabilities",
            1,
            json!([capabilities(dice), {"drop": ["ALL"]}, {"drop": ["ALL"]}]),
        ),
    ]);
    let mut container = json!({"name": format!("{kind}{index}"), "image": "i"});
    let security = dice.some(&own);
    if dice.below(8) != 0 {
        put(&mut container, "securityContext", security);
    }
    let port = json!([
        {"containerPort": 80}, {"containerPort": 80, "hostPort": 0}, {"containerPort": 80, "hostPort": 80},
        {"containerPort": 80, "hostPort": 81},
    ]);
    let ports = dice.list(2, |dice, _| dice.one_of(&port));
    let mount = json!([
        {"name": "v0", "mountPath": "/a"}, {"name": "v1", "mountPath": "/b"}, {"name": "no", "mountPath": "/c"},
        {"name": "v0", "mountPath": "/d", "mountPropagation": "Bidirectional"},
    ]);
    let mounts = dice.list(3, |dice, _| dice.one_of(&mount));
    let resources = json!({"requests": quantities(dice), "limits": quantities(dice)});
    let hooks = json!({"postStart": handler(dice), "preStop": handler(dice)});
    let more = [
        ("ports", 4, json!([ports])),
        ("volumeMounts", 4, json!([mounts])),
        (
            "volumeDevices",
            12,
            json!([[{"name": "v0", "devicePath": "/dev/x"}], [{"name": "v1", "devicePath": "/a"}], []]),
        ),
        ("resources", 3, json!([resources, {}])),
        ("livenessProbe", 8, json!([handler(dice)])),
        ("readinessProbe", 8, json!([handler(dice)])),
        ("startupProbe", 8, json!([handler(dice)])),
        ("lifecycle", 8, json!([hooks])),
        ("restartPolicy", 3, json!(["Always"])),
        ("resizePolicy", 20, json!([[{"resourceName": "cpu"}]])),
    ];
    for (field, value) in dice.some(&more).as_object().unwrap() {
        let fits = (field != "restartPolicy" || kind == "init")
            && (field != "resizePolicy" || kind == "debug");
        if fits {
            put(&mut container, field, value.clone());
        }
    }
    container
}

/// A random pod, the same for the same seed.
pub(crate) fn pod(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let rare = 1 + dice.below(8);
    let mut own = context(&mut dice, rare);
    let sysctl = json!([
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_notsent_lowat",
        "net.ipv4.tcp_slow_start_after_idle",
        "net.core.somaxconn",
        "kernel.msgmax",
        "net/ipv4/tcp_syncookies",
        "kernel.sem",
        "fs.mqueue.msg_max",
        "net.ipv4.ping_group_range",
    ]);
    let sysctls = dice.list(
        2,
        |dice, _| json!({"name": dice.one_of(&sysctl), "value": "1"}),
    );
    own.extend([
        ("sysctls", 2 + rare, json!([sysctls])),
        ("fsGroup", 6, json!([0, 2000, -5, null])),
        ("fsGroupChangePolicy", 9, json!(["Always"])),
        ("supplementalGroups", 9, json!([[1, 2], [-1], []])),
        ("supplementalGroupsPolicy", 12, json!(["Strict"])),
    ]);
    let source = json!([
        {"emptyDir": {}}, {"secret": {}}, {"configMap": {}}, {"csi": {}}, {"image": {}}, {"projected": {}}, {"downwardAPI": {}},
        {"persistentVolumeClaim": {}}, {"ephemeral": {}}, {"hostPath": {"path": "/"}}, {"nfs": {}}, {"flexVolume": {}}, {},
        {"hostPath": null}, {"gitRepo": {}},
    ]);
    let names = json!(["v0", "v1", "v0", "v2", "V", "-a", ""]);
    let volumes = dice.list(3, |dice, index| {
        let mut volume = dice.one_of(&source);
        let name = if dice.below(3) == 0 {
            dice.one_of(&names)
        } else {
            json!(format!("v{index}"))
        };
        put(&mut volume, "name", name);
        volume
    });
    let on = json!([true, false, null]);
    let table = [
        ("securityContext", 1, json!([dice.some(&own)])),
        ("hostNetwork", 3 * rare, on.clone()),
        ("hostPID", 3 * rare, on.clone()),
        ("hostIPC", 3 * rare, on.clone()),
        ("hostUsers", 3, json!([false, false, true, null])),
        ("shareProcessNamespace", 4, on),
        ("os", 4, json!([{"name": "windows"}, {"name": "linux"}])),
        (
            "nodeSelector",
            8,
            json!([{"kubernetes.io/os": "windows"}, {"kubernetes.io/os": "linux"}]),
        ),
        ("volumes", 2, json!([volumes])),
        ("resources", 9, json!([{"limits": quantities(&mut dice)}])),
    ];
    let mut spec = dice.some(&table);
    let containers = dice.list(1, |dice, index| container(dice, "init", index, rare));
    put(&mut spec, "initContainers", containers);
    let first = container(&mut dice, "app", 0, rare);
    let mut apps = dice.list(1, |dice, index| container(dice, "app", index + 1, rare));
    apps.as_array_mut().unwrap().insert(0, first);
    put(&mut spec, "containers", apps);
    if dice.below(4) == 0 {
        let debug = container(&mut dice, "debug", 0, rare);
        put(&mut spec, "ephemeralContainers", json!([debug]));
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata(&mut dice), "spec": spec})
}

fn metadata(dice: &mut Dice) -> Value {
    let app_armor = json!([
        "runtime/default",
        "localhost/p",
        "unconfined",
        "",
        "other",
        "docker/default"
    ]);
    let seccomp = json!([
        "runtime/default",
        "docker/default",
        "localhost/p",
        "unconfined",
        "other"
    ]);
    let annotations = dice.some(&[
        (
            "container.apparmor.security.beta.kubernetes.io/app0",
            5,
            app_armor.clone(),
        ),
        (
            "container.apparmor.security.beta.kubernetes.io/init0",
            9,
            app_armor,
        ),
        (
            "seccomp.security.alpha.kubernetes.io/pod",
            4,
            seccomp.clone(),
        ),
        (
            "container.seccomp.security.alpha.kubernetes.io/app0",
            5,
            seccomp.clone(),
        ),
        (
            "container.seccomp.security.alpha.kubernetes.io/other",
            9,
            seccomp,
        ),
    ]);
    json!({"name": "pod", "annotations": annotations})
}

/// A random budget, policy or limit range.
pub(crate) fn object(seed: u64) -> Value {
    let mut dice = Dice::new(seed);
    let budget = dice.some(&[
        ("minAvailable", 2, json!([1, "50%", null])),
        ("maxUnavailable", 2, json!([1, 0, null])),
    ]);
    let peer = json!([
        {"podSelector": {}}, {"namespaceSelector": {}, "podSelector": {}}, {"ipBlock": {"cidr": "0.0.0.0/0"}}, {},
        {"ipBlock": {"cidr": "0.0.0.0/0"}, "podSelector": {}}, {"ipBlock": null, "podSelector": {}},
    ]);
    let port = json!([
        {"port": 80}, {"port": 80, "endPort": 90}, {"port": 80, "endPort": 70}, {"port": "http", "endPort": 90},
        {"endPort": 90}, {"port": "http"}, {"port": 80, "endPort": 80},
    ]);
    let mut rule = |peers: &str| {
        let (some_peers, ports) = (
            dice.list(2, |dice, _| dice.one_of(&peer)),
            dice.list(2, |dice, _| dice.one_of(&port)),
        );
        json!({peers: some_peers, "ports": ports})
    };
    let policy = json!({"podSelector": {}, "ingress": [rule("from")], "egress": [rule("to")]});
    let amounts = json!([{"cpu": "100m"}, {"cpu": "1"}, {"memory": "64Mi"}, {"memory": "1Gi", "cpu": "500m"}, {}]);
    let item = dice.some(&[
        ("min", 2, amounts.clone()),
        ("defaultRequest", 2, amounts.clone()),
        ("default", 2, amounts.clone()),
        ("max", 2, amounts),
        ("type", 1, json!(["Container"])),
    ]);
    let (api, kind, spec) = match seed % 3 {
        0 => ("policy/v1", "PodDisruptionBudget", budget),
        1 => ("networking.k8s.io/v1", "NetworkPolicy", policy),
        _ => ("v1", "LimitRange", json!({"limits": [item]})),
    };
    json!({"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, "spec": spec})
}
