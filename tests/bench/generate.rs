//! Makes the inputs of the benchmarks: manifests as people write them, the same for the same seed.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// A small generator of numbers (SplitMix64), so that the inputs depend on nothing else.
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or_default()
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const NAMES: [&str; 8] = [
    "orders", "billing", "search", "gateway", "mailer", "ledger", "reports", "sessions",
];

/// A Deployment as a chart would print it: comments, labels, environment, probes, volumes.
pub(crate) fn deployment(random: &mut Random, out: &mut String) {
    let (name, number) = (random.pick(&NAMES), random.below(100_000));
    let containers = 1 + random.below(3);
    let _ = write!(
        out,
        "---\n# Source: shop/templates/{name}.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  \
         name: {name}-{number}\n  labels:\n    app.kubernetes.io/name: {name}\n    \
         app.kubernetes.io/instance: \"{name}-{number}\"\n  annotations:\n    \
         checksum/config: {:016x}\nspec:\n  replicas: {}\n  selector:\n    matchLabels:\n      \
         app.kubernetes.io/name: {name}\n  template:\n    metadata:\n      labels:\n        \
         app.kubernetes.io/name: {name}\n    spec:\n      # waits for open connections\n      \
         terminationGracePeriodSeconds: 60\n      containers:\n",
        random.next(),
        1 + random.below(5),
    );
    for index in 0..containers {
        container(random, name, index, out);
    }
    out.push_str("      volumes:\n      - name: data\n        emptyDir: {}\n");
}

fn container(random: &mut Random, name: &str, index: usize, out: &mut String) {
    let tag = random.below(40);
    let _ = write!(
        out,
        "      - name: {name}-{index}\n        image: \"registry.example.com/{name}:1.{tag}.0\"\n        \
         args: [\"--port=8080\", \"--level=info\"] # the chart's defaults\n        env:\n"
    );
    for variable in 0..random.below(8) {
        let _ = write!(
            out,
            "        - name: SETTING_{variable}\n          value: \"{:08x}\"\n",
            random.below(1 << 30)
        );
    }
    out.push_str(
        "        ports:\n        - name: http\n          containerPort: 8080\n          protocol: TCP\n        \
         readinessProbe:\n          httpGet:\n            path: /healthz\n            port: http\n          \
         initialDelaySeconds: 5\n        volumeMounts:\n        - name: data\n          mountPath: /var/lib/data\n",
    );
    if random.below(2) == 0 {
        out.push_str(
            "        resources:\n          requests:\n            cpu: 100m\n            memory: 128Mi\n",
        );
    }
}

/// A Service.
pub(crate) fn service(random: &mut Random, out: &mut String) {
    let (name, number) = (random.pick(&NAMES), random.below(100_000));
    let _ = write!(
        out,
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}-{number}\nspec:\n  selector:\n    \
         app.kubernetes.io/name: {name}\n  ports:\n  - name: http\n    port: 80\n    targetPort: http\n"
    );
}

/// A ConfigMap of about `bytes`.
pub(crate) fn config_map(random: &mut Random, bytes: usize, out: &mut String) {
    let (name, number) = (random.pick(&NAMES), random.below(100_000));
    let _ = write!(
        out,
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-{number}\ndata:\n  dashboard.json: |\n"
    );
    let end = out.len() + bytes;
    while out.len() < end {
        let _ = writeln!(
            out,
            "    {{\"panel\": {}, \"title\": \"{} per second\", \"expr\": \"rate({}_total[5m])\"}}",
            random.below(1000),
            random.pick(&NAMES),
            random.pick(&NAMES)
        );
    }
}

/// A CustomResourceDefinition of about `bytes`.
pub(crate) fn definition(random: &mut Random, bytes: usize, out: &mut String) {
    let (name, number) = (random.pick(&NAMES), random.below(100_000));
    let _ = write!(
        out,
        "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  \
         name: {name}{number}.example.com\nspec:\n  group: example.com\n  names:\n    kind: {name}{number}\n    \
         plural: {name}{number}\n  scope: Namespaced\n  versions:\n  - name: v1\n    served: true\n    \
         storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          \
         spec:\n            type: object\n            properties:\n"
    );
    let end = out.len() + bytes;
    let mut field = 0;
    while out.len() < end {
        field += 1;
        let _ = write!(
            out,
            "              {}Field{field}:\n                description: |-\n                  \
             How the {} of this resource are kept, and for how long.\n                  More of it is in the \
             guide.\n                type: object\n                properties:\n                  limit:\n                    \
             type: integer\n                    format: int32\n                  unit:\n                    \
             type: string\n                    enum: [second, minute, hour]\n",
            random.pick(&NAMES),
            random.pick(&NAMES)
        );
    }
}

/// A stream in which every document is changed.
pub(crate) fn dense(bytes: usize) -> String {
    let mut random = Random(1);
    let mut out = String::with_capacity(bytes + 8192);
    while out.len() < bytes {
        deployment(&mut random, &mut out);
    }
    out
}

/// The files of a repository as real ones are: most bytes are definitions and configuration.
pub(crate) fn mixed(bytes: usize) -> Vec<String> {
    let mut random = Random(2);
    let mut files = Vec::new();
    let mut total = 0;
    while total < bytes {
        let mut file = String::new();
        match random.below(20) {
            0..=7 => {
                let size = 4096 + random.below(120_000);
                definition(&mut random, size, &mut file);
            }
            8..=13 => {
                let size = 1024 + random.below(60_000);
                config_map(&mut random, size, &mut file);
            }
            14..=17 => service(&mut random, &mut file),
            _ => deployment(&mut random, &mut file),
        }
        total += file.len();
        files.push(file);
    }
    files
}

/// Many small files, a third of them workloads.
pub(crate) fn small(files: usize) -> Vec<String> {
    let mut random = Random(3);
    let mut file = |index: usize| {
        let mut file = String::new();
        match index % 3 {
            0 => deployment(&mut random, &mut file),
            1 => service(&mut random, &mut file),
            _ => config_map(&mut random, 400, &mut file),
        }
        file
    };
    (0..files).map(&mut file).collect()
}

/// A rendered chart.
pub(crate) fn chart(bytes: usize) -> String {
    let mut random = Random(4);
    let mut out = String::new();
    while out.len() < bytes {
        deployment(&mut random, &mut out);
        service(&mut random, &mut out);
        config_map(&mut random, 3000, &mut out);
    }
    out
}

/// A `List` on one line, as JSON.
pub(crate) fn json_line(bytes: usize) -> String {
    let mut random = Random(5);
    let mut items: Vec<Value> = Vec::new();
    let mut total = 0;
    while total < bytes {
        let item = pod(&mut random);
        total += item.to_string().len() + 1;
        items.push(item);
    }
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string() + "\n"
}

fn pod(random: &mut Random) -> Value {
    let name = random.pick(&NAMES);
    let environment: Vec<Value> = (0..12)
        .map(|index| json!({"name": format!("SETTING_{index}"), "value": format!("{:x}", random.next())}))
        .collect();
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": format!("{name}-{}", random.below(100_000)), "labels": {"app": name}},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{
                "name": name, "image": format!("registry.example.com/{name}:1.0"), "env": environment,
                "ports": [{"name": "http", "containerPort": 8080}],
            }]}}}
    })
}

/// One document, a `List`, that needs about `edits` edits.
pub(crate) fn list(edits: usize) -> String {
    /// What one small Deployment needs.
    const EACH: usize = 5;
    let mut out = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    for index in 0..edits / EACH {
        let _ = write!(
            out,
            "- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: web-{index}\n  spec:\n    selector:\n      \
             matchLabels: {{app: web}}\n    template:\n      metadata:\n        labels: {{app: web}}\n      spec:\n        \
             containers:\n        - name: web\n          image: registry.example.com/web:1.0\n"
        );
    }
    out
}

/// Documents with a value nested as deep as `depth`.
pub(crate) fn deep(depth: usize, documents: usize) -> String {
    let mut random = Random(6);
    let mut out = String::new();
    for _ in 0..documents {
        deployment(&mut random, &mut out);
        out.push_str(
            "---\napiVersion: example.com/v1\nkind: Tree\nmetadata:\n  name: tree\nspec:\n",
        );
        for level in 1..depth {
            let _ = writeln!(out, "{:indent$}node:", "", indent = 2 * level);
        }
        let _ = writeln!(out, "{:indent$}leaf: 1", "", indent = 2 * depth);
    }
    out
}

/// Deployments with one long annotation each, until the text has `bytes`.
pub(crate) fn long_lines(length: usize, bytes: usize) -> String {
    let mut random = Random(7);
    let mut out = String::new();
    while out.len() < bytes {
        let start = out.len();
        deployment(&mut random, &mut out);
        let at = start + out[start..].find("    checksum/config").unwrap_or_default();
        let line = format!("    note: \"{}\"\n", "x".repeat(length));
        out.insert_str(at, &line);
    }
    out
}

/// Deployments with a value in braces nested as deep as `depth`, so that the text grows with the depth and no faster.
pub(crate) fn nested(depth: usize, documents: usize) -> String {
    let mut random = Random(8);
    let mut out = String::new();
    let tree = format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth));
    for _ in 0..documents {
        let start = out.len();
        deployment(&mut random, &mut out);
        let at = start + out[start..].find("      volumes:").unwrap_or_default();
        out.insert_str(at, &format!("      tree: {tree}\n"));
    }
    out
}

/// Files with all that one application has in a namespace of its own, bound to each other.
pub(crate) fn applications(count: usize) -> Vec<String> {
    let mut random = Random(9);
    let mut file = |index: usize| {
        let mut file = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-{index}\n---\napiVersion: v1\nkind: ServiceAccount\n\
             metadata:\n  name: app\n  namespace: team-{index}\n---\napiVersion: rbac.authorization.k8s.io/v1\n\
             kind: RoleBinding\nmetadata:\n  name: app\n  namespace: team-{index}\nsubjects:\n- kind: ServiceAccount\n  \
             name: app\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: Role\n  name: app\n---\n\
             apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata:\n  name: app\n  \
             namespace: team-{index}\nspec:\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: app}}\n  \
             maxReplicas: 3\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: app\n  namespace: team-{index}\n\
             spec:\n  selector:\n    app.kubernetes.io/name: app\n  ports:\n  - port: 80\n    targetPort: 8080\n"
        );
        let start = file.len();
        deployment(&mut random, &mut file);
        let at = start + file[start..].find("  labels:").unwrap_or_default();
        file.insert_str(at, &format!("  namespace: team-{index}\n"));
        file
    };
    (0..count).map(&mut file).collect()
}
