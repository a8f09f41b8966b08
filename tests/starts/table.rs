//! What images do when they start, read from their Dockerfiles and entrypoints. It owes nothing to `facts.yaml`.

/// The USER of an image's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    Root,
    Number(u32),
    /// A name, which the kubelet cannot check, and its number.
    Name(u32),
}

/// Who may write to a folder that the image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Root,
    Everybody,
    User(u32),
}

/// A folder that a program writes to.
#[derive(Debug, Clone, Copy)]
pub struct Writes {
    pub path: &'static str,
    pub owner: Owner,
    /// The image has files there that an empty volume hides.
    pub seeded: bool,
    /// The folder must be the user's own.
    pub own: bool,
    /// Files there may not be readable for a group.
    pub private: bool,
}

/// What an image does.
#[derive(Debug, Clone, Copy)]
pub struct Image {
    pub name: &'static str,
    /// Beginnings of its tags; all when empty.
    pub tags: &'static [&'static str],
    pub user: User,
    /// The user that the entrypoint switches to when it starts as root.
    pub switches_to: Option<u32>,
    pub writes: &'static [Writes],
    pub ports: &'static [u64],
    /// What the entrypoint needs as root.
    pub as_root: &'static [&'static str],
    pub of_file: &'static [&'static str],
    /// Variables without which it does not start as another user than root.
    pub variables: &'static [&'static str],
    /// It starts nothing of its own.
    pub is_base: bool,
}

const fn at(path: &'static str, owner: Owner) -> Writes {
    Writes {
        path,
        owner,
        seeded: false,
        own: false,
        private: false,
    }
}

const fn all(path: &'static str) -> Writes {
    at(path, Owner::Everybody)
}

const fn root(path: &'static str) -> Writes {
    at(path, Owner::Root)
}

const fn of(user: u32, path: &'static str) -> Writes {
    at(path, Owner::User(user))
}

impl Writes {
    const fn seeded(mut self) -> Self {
        self.seeded = true;
        self
    }
    const fn own(mut self) -> Self {
        self.own = true;
        self
    }
    const fn private(mut self) -> Self {
        self.private = true;
        self
    }
}

const fn image(name: &'static str, user: User, writes: &'static [Writes]) -> Image {
    Image {
        name,
        tags: &[],
        user,
        switches_to: None,
        writes,
        ports: &[],
        as_root: &[],
        of_file: &[],
        variables: &[],
        is_base: false,
    }
}

impl Image {
    const fn tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }
    const fn switches(mut self, user: u32, needs: &'static [&'static str]) -> Self {
        self.switches_to = Some(user);
        self.as_root = needs;
        self
    }
    const fn needs(mut self, needs: &'static [&'static str]) -> Self {
        self.as_root = needs;
        self
    }
    const fn ports(mut self, ports: &'static [u64]) -> Self {
        self.ports = ports;
        self
    }
    const fn of_file(mut self, capabilities: &'static [&'static str]) -> Self {
        self.of_file = capabilities;
        self
    }
    const fn variables(mut self, variables: &'static [&'static str]) -> Self {
        self.variables = variables;
        self
    }
    const fn base(mut self) -> Self {
        self.is_base = true;
        self
    }
}

/// `chown` over folders of another user that are closed to root without `CAP_DAC_OVERRIDE`, then gosu.
const GOSU: &[&str] = &["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"];
const GOSU_CHMOD: &[&str] = &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"];
const SETPRIV: &[&str] = &["CHOWN", "DAC_OVERRIDE", "SETGID", "SETPCAP", "SETUID"];
const BIND: &[&str] = &["NET_BIND_SERVICE"];
const APACHE: &[&str] = &["SETGID", "SETUID"];

use User::{Name, Number, Root};

/// The images; the first that fits counts.
pub static IMAGES: &[Image] = &[
    image("nginx", Root, &[root("/var/cache/nginx"), root("/run")])
        .needs(&["CHOWN", "SETGID", "SETUID"])
        .ports(&[80]),
    image("nginxinc/nginx-unprivileged", Number(101), &[all("/tmp")]).ports(&[8080]),
    image("httpd", Root, &[root("/usr/local/apache2/logs")])
        .needs(APACHE)
        .ports(&[80]),
    image("haproxy", Name(99), &[]),
    image("traefik", Root, &[at("/data", Owner::Root).private()]).ports(&[80, 8080]),
    image("caddy", Root, &[all("/data"), all("/config")])
        .of_file(BIND)
        .ports(&[80, 443, 2019]),
    image("varnish", Name(1000), &[of(1000, "/var/lib/varnish")]).ports(&[80]),
    image(
        "postgres",
        Root,
        &[
            all("/run/postgresql"),
            of(70, "/var/lib/postgresql/data").own(),
        ],
    )
    .tags(&["16-alpine", "17-alpine"])
    .switches(70, GOSU_CHMOD),
    image(
        "postgres",
        Root,
        &[all("/run/postgresql"), of(70, "/var/lib/postgresql").own()],
    )
    .tags(&["18-alpine", "alpine"])
    .switches(70, GOSU_CHMOD),
    image(
        "postgres",
        Root,
        &[
            all("/run/postgresql"),
            of(999, "/var/lib/postgresql/data").own(),
        ],
    )
    .tags(&["10", "11", "12", "13", "14", "15", "16", "17"])
    .switches(999, GOSU_CHMOD),
    image(
        "postgres",
        Root,
        &[all("/run/postgresql"), of(999, "/var/lib/postgresql").own()],
    )
    .switches(999, GOSU_CHMOD),
    image(
        "mysql",
        Root,
        &[all("/run/mysqld"), all("/tmp"), all("/var/lib/mysql")],
    )
    .switches(999, GOSU),
    image(
        "mariadb",
        Root,
        &[all("/run/mysqld"), all("/tmp"), all("/var/lib/mysql")],
    )
    .switches(999, GOSU),
    image(
        "mongo",
        Root,
        &[of(999, "/data/db"), of(999, "/data/configdb"), all("/tmp")],
    )
    .switches(999, GOSU),
    image("redis", Root, &[of(999, "/data")])
        .tags(&["5", "6", "7"])
        .switches(999, GOSU),
    image("redis", Root, &[of(999, "/data")]).switches(999, SETPRIV),
    image("memcached", Name(11211), &[]),
    image(
        "rabbitmq",
        Root,
        &[all("/var/lib/rabbitmq").own().private()],
    )
    .tags(&["3.13-alpine", "4-alpine", "alpine"])
    .switches(100, GOSU),
    image(
        "rabbitmq",
        Root,
        &[all("/var/lib/rabbitmq").own().private()],
    )
    .switches(999, GOSU),
    image(
        "wordpress",
        Root,
        &[all("/var/www/html"), all("/run/apache2"), all("/tmp")],
    )
    .needs(GOSU_CHMOD)
    .ports(&[80]),
    image(
        "nextcloud",
        Root,
        &[all("/var/www/html"), all("/run/apache2"), all("/tmp")],
    )
    .needs(GOSU_CHMOD)
    .ports(&[80]),
    image(
        "phpmyadmin",
        Root,
        &[
            of(33, "/etc/phpmyadmin").seeded(),
            all("/run/apache2"),
            all("/tmp"),
        ],
    )
    .needs(APACHE)
    .ports(&[80]),
    image("adminer", Name(100), &[all("/tmp")]).ports(&[8080]),
    image(
        "ghost",
        Root,
        &[of(1000, "/var/lib/ghost/content"), all("/tmp")],
    )
    .switches(1000, GOSU),
    image(
        "influxdb",
        Root,
        &[of(1000, "/var/lib/influxdb2"), of(1000, "/etc/influxdb2")],
    )
    .tags(&["2"])
    .switches(1000, GOSU),
    image(
        "cassandra",
        Root,
        &[
            all("/var/lib/cassandra"),
            all("/var/log/cassandra"),
            all("/etc/cassandra").seeded(),
        ],
    )
    .switches(999, GOSU),
    image(
        "couchdb",
        Root,
        &[
            of(5984, "/opt/couchdb/data"),
            of(5984, "/opt/couchdb/etc/local.d"),
        ],
    )
    .switches(5984, GOSU_CHMOD),
    image(
        "neo4j",
        Root,
        &[
            all("/data"),
            all("/logs"),
            of(7474, "/var/lib/neo4j").seeded(),
        ],
    )
    .switches(7474, GOSU_CHMOD),
    image(
        "zookeeper",
        Root,
        &[
            of(1000, "/data"),
            of(1000, "/datalog"),
            of(1000, "/logs"),
            of(1000, "/conf").seeded(),
        ],
    )
    .switches(1000, GOSU),
    image(
        "grafana/grafana",
        Number(472),
        &[all("/var/lib/grafana"), all("/tmp")],
    )
    .ports(&[3000]),
    image("grafana/loki", Number(10001), &[of(10001, "/loki")]).ports(&[3100]),
    image("prom/prometheus", Name(65534), &[of(65534, "/prometheus")]).ports(&[9090]),
    image(
        "prom/alertmanager",
        Name(65534),
        &[of(65534, "/alertmanager")],
    )
    .ports(&[9093]),
    image("quay.io/prometheus/node-exporter", Name(65534), &[]).ports(&[9100]),
    image(
        "docker.elastic.co/elasticsearch/elasticsearch",
        Number(1000),
        &[
            of(1000, "/usr/share/elasticsearch/data"),
            of(1000, "/usr/share/elasticsearch/logs"),
            of(1000, "/usr/share/elasticsearch/config").seeded(),
            all("/tmp"),
        ],
    )
    .tags(&["8"]),
    image(
        "jenkins/jenkins",
        Name(1000),
        &[of(1000, "/var/jenkins_home"), all("/tmp")],
    ),
    image(
        "quay.io/keycloak/keycloak",
        Number(1000),
        &[of(1000, "/opt/keycloak/lib/quarkus").seeded(), all("/tmp")],
    ),
    image(
        "hashicorp/vault",
        Root,
        &[of(100, "/vault/logs"), of(100, "/vault/file")],
    )
    .switches(100, &["CHOWN", "SETGID", "SETUID", "SETFCAP"])
    .variables(&["SKIP_SETCAP", "SKIP_CHOWN"]),
    image("hashicorp/consul", Root, &[of(100, "/consul/data")])
        .switches(100, &["CHOWN", "SETGID", "SETUID"])
        .variables(&["CONSUL_DISABLE_PERM_MGMT"]),
    image("registry.k8s.io/coredns/coredns", Name(65532), &[])
        .tags(&["v1.11", "v1.12"])
        .of_file(BIND)
        .ports(&[53]),
    image(
        "registry.k8s.io/ingress-nginx/controller",
        Name(101),
        &[
            of(101, "/etc/nginx").seeded(),
            of(101, "/tmp/nginx").seeded(),
        ],
    )
    .of_file(BIND)
    .ports(&[80, 443]),
    image(
        "registry.k8s.io/kube-state-metrics/kube-state-metrics",
        Name(65534),
        &[],
    ),
    image(
        "quay.io/jetstack/cert-manager-controller",
        Number(1000),
        &[],
    ),
    image("quay.io/oauth2-proxy/oauth2-proxy", Number(65532), &[]),
    image("jaegertracing/all-in-one", Number(10001), &[]),
    image(
        "bitnami/nginx",
        Number(1001),
        &[
            of(1001, "/opt/bitnami/nginx/tmp"),
            of(1001, "/opt/bitnami/nginx/conf").seeded(),
        ],
    ),
    image(
        "bitnamilegacy/postgresql",
        Number(1001),
        &[
            of(1001, "/opt/bitnami/postgresql/tmp"),
            of(1001, "/opt/bitnami/postgresql/conf"),
            all("/bitnami/postgresql"),
        ],
    ),
    image("bitnami/redis", Number(1001), &[all("/bitnami/redis/data")]),
    image("stefanprodan/podinfo", Name(100), &[]).ports(&[9898]),
    image("traefik/whoami", Root, &[]).ports(&[80]),
    image("nats", Root, &[]).ports(&[4222]),
    image("registry", Root, &[root("/var/lib/registry")]).ports(&[5000]),
    image("minio/minio", Root, &[root("/data")]).ports(&[9000]),
    image(
        "tomcat",
        Root,
        &[
            all("/usr/local/tomcat/logs"),
            all("/usr/local/tomcat/temp"),
            all("/usr/local/tomcat/work"),
        ],
    )
    .ports(&[8080]),
    image("curlimages/curl", Name(100), &[]),
    image(
        "gitea/gitea",
        Root,
        &[root("/data"), root("/etc/s6"), root("/run")],
    )
    .needs(&[
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "SETGID",
        "SETUID",
        "SYS_CHROOT",
    ])
    .variables(&["it never starts as another user"])
    .ports(&[22]),
    image("gcr.io/distroless/static", Number(65532), &[])
        .tags(&["nonroot"])
        .base(),
    image("gcr.io/distroless/java17-debian12", Root, &[]).base(),
    image("busybox", Root, &[]).base(),
    image("alpine", Root, &[]).base(),
    image("node", Root, &[]).base(),
    image("python", Root, &[]).base(),
    image("eclipse-temurin", Root, &[]).base(),
];

/// An image of which nobody knows anything: it needs whatever it can have.
pub static UNKNOWN: Image = image("", Root, &[root("/srv"), root("/tmp")])
    .needs(GOSU_CHMOD)
    .variables(&["it never starts as another user"]);

/// The image of a reference; none of which this table says nothing. `example.com` has images that nobody knows.
pub fn find(reference: &str) -> Option<&'static Image> {
    let reference = [
        "docker.io/library/",
        "public.ecr.aws/docker/library/",
        "mirror.gcr.io/library/",
        "docker.io/",
    ]
    .iter()
    .find_map(|mirror| reference.strip_prefix(mirror))
    .unwrap_or(reference);
    let reference = reference.split('@').next().unwrap();
    let (name, tag) = match reference.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (reference, "latest"),
    };
    IMAGES
        .iter()
        .find(|image| {
            let mut tags = image.tags.iter();
            image.name == name
                && (image.tags.is_empty()
                    || tags.any(|beginning| {
                        tag.strip_prefix(beginning).is_some_and(|rest| {
                            !beginning.ends_with(char::is_numeric)
                                || !rest.starts_with(|c: char| c.is_ascii_digit())
                        })
                    }))
        })
        .or_else(|| name.starts_with("example.com/").then_some(&UNKNOWN))
}
