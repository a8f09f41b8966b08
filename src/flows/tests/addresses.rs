//! Addresses in all notations, and what only looks like one.

use super::{calls, deployment, flows, lines, service, with_pg};

#[test]
fn a_service_by_all_its_names() {
    for container in [
        "env: [{name: DB_HOST, value: pg}]",
        "env: [{name: DB_HOST, value: PG}]",
        "env: [{name: DB_HOST, value: pg.}]",
        "env: [{name: DB_HOST, value: pg.shop}]",
        "env: [{name: DB_HOST, value: pg.shop.svc}]",
        "env: [{name: DB_HOST, value: pg.shop.svc.cluster.local}]",
        "env: [{name: DB_HOST, value: pg.shop.svc.cluster.local.}]",
        "env: [{name: DB_HOST, value: pg}, {name: DB_PORT, value: \"80\"}]",
        "env: [{name: CACHE, value: pg}]",
        "env: [{name: X, value: 'pg:80'}]",
        "env: [{name: DATABASE_URL, value: 'postgres://u:p@pg:80/x'}]",
        "env: [{name: DATABASE_URL, value: 'postgres://$(U):$(P)@pg/x'}]",
        "env: [{name: JDBC, value: 'jdbc:postgresql://pg:80/x?user=a'}]",
        "env: [{name: DSN, value: 'host=pg port=80 user=a'}]",
        "env: [{name: H, value: pg}, {name: U, value: 'http://$(H):80'}]",
        "env: [{name: U, value: 'http://$(PG_SERVICE_HOST):$(PG_SERVICE_PORT)'}]",
        "env: [{name: CONFIG, value: '{\"db\": {\"host\": \"pg\"}}'}]",
        "args: [--db-host=pg]",
        "args: [--db-host, pg]",
        "args: ['--db=pg:80']",
        "command: [sh, -c, 'until nc -z pg 80; do sleep 1; done']",
        "command: [sh, -c, 'psql -h pg -p 80']",
        "command: [sh, -c, 'echo > /dev/tcp/pg/80']",
        "command: [wait-for, pg]",
    ] {
        assert_eq!(
            calls(&with_pg(container), "web"),
            ["pg 5432"],
            "{container}"
        );
    }
}

#[test]
fn what_is_no_address() {
    for container in [
        "env: [{name: POSTGRES_DB, value: pg}]",
        "env: [{name: DB_USER, value: pg}]",
        "env: [{name: ENVIRONMENT, value: production}]",
        "env: [{name: GET_HOSTS_FROM, value: dns}]",
        "env: [{name: START, value: '12:30'}, {name: VERSION, value: v0.6.10}]",
        "env: [{name: LISTEN_ADDR, value: '0.0.0.0:8080'}, {name: SELF, value: 'http://localhost:80'}]",
        "env: [{name: PATH_X, value: /opt/pg/bin}]",
        "env: [{name: REDIRECT_URL, value: pg}]",
        "args: [--config=/etc/app.yaml, --level=info]",
    ] {
        assert!(
            calls(&with_pg(container), "web").is_empty(),
            "{container}: {:?}",
            calls(&with_pg(container), "web")
        );
    }
}

#[test]
fn lists_of_hosts() {
    let text = format!(
        "{}{}{}{}{}",
        deployment(
            "web",
            "env: [{name: REDIS_NODES, value: 'redis-master:6379,redis-replica:6379'}]"
        ),
        deployment("redis-master", ""),
        deployment("redis-replica", ""),
        service("redis-master", "[{port: 6379}]"),
        service("redis-replica", "[{port: 6379}]"),
    );
    assert_eq!(
        calls(&text, "web"),
        ["redis-master 6379", "redis-replica 6379"]
    );
}

#[test]
fn the_port_of_a_service_chooses_the_ports_of_the_pods() {
    let text = |container| {
        let api = deployment(
            "api",
            "ports: [{containerPort: 8080, name: http}, {containerPort: 9090, name: grpc}]",
        );
        let ports =
            "[{name: http, port: 80, targetPort: http}, {name: grpc, port: 81, targetPort: grpc}]";
        format!(
            "{}{api}{}",
            deployment("web", container),
            service("api", ports)
        )
    };
    assert_eq!(
        calls(&text("env: [{name: U, value: 'http://api'}]"), "web"),
        ["api 8080"]
    );
    assert_eq!(
        calls(&text("env: [{name: U, value: 'api:81'}]"), "web"),
        ["api 9090"]
    );
    assert_eq!(
        calls(&text("env: [{name: API_HOST, value: api}]"), "web"),
        ["api 8080,9090"]
    );
    // A port that the Service does not have: whatever was meant, nothing of it is cut.
    assert_eq!(
        calls(&text("env: [{name: U, value: 'api:1234'}]"), "web"),
        ["api 8080,9090"]
    );
}

#[test]
fn a_named_port_is_another_number_in_each_deployment() {
    let of = |name: &str, port: u16| {
        let text = deployment(
            name,
            &format!("ports: [{{containerPort: {port}, name: http}}]"),
        );
        text.replace(
            &format!("metadata: {{labels: {{app: {name}}}}}"),
            &format!("metadata: {{labels: {{app: {name}, tier: api}}}}"),
        )
    };
    let client = deployment("web", "env: [{name: API_URL, value: http://api}]");
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {tier: api}, ports: [{port: 80, targetPort: http}]}\n";
    let text = format!("{client}{}{}{service}", of("blue", 8080), of("green", 9090));
    assert_eq!(calls(&text, "web"), ["blue 8080", "green 9090"]);
}

#[test]
fn aliases_and_other_namespaces() {
    let other = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: pg, namespace: data}\nspec:\n  selector: {matchLabels: {app: pg}}\n  template: {metadata: {labels: {app: pg}}, spec: {automountServiceAccountToken: false, containers: [{name: a, image: postgres}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: pg, namespace: data}\nspec: {selector: {app: pg}, ports: [{port: 5432}]}\n";
    let alias = |name: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: db}}\nspec: {{type: ExternalName, externalName: {name}}}\n"
        )
    };
    let web = deployment("web", "env: [{name: DB_HOST, value: 'pg.data'}]");
    assert_eq!(
        calls(&format!("{web}{other}"), "web"),
        ["Deployment/data/pg 5432"]
    );
    let web = deployment("web", "env: [{name: DB_URL, value: 'postgres://db/x'}]");
    let text = format!("{web}{other}{}", alias("pg.data.svc.cluster.local"));
    assert_eq!(calls(&text, "web"), ["Deployment/data/pg 5432"]);
    let text = format!("{web}{}", alias("pg.example.com"));
    assert_eq!(calls(&text, "web"), ["pg.example.com 5432"]);
}

#[test]
fn pods_of_a_headless_service() {
    let text = "---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: pg}
spec:
  serviceName: pg
  selector: {matchLabels: {app: pg}}
  template:
    metadata: {labels: {app: pg}}
    spec: {automountServiceAccountToken: false, containers: [{name: pg, image: postgres}]}
---
apiVersion: v1
kind: Service
metadata: {name: pg}
spec: {clusterIP: None, selector: {app: pg}, ports: [{port: 5432}]}
";
    let web = deployment(
        "web",
        "env: [{name: DB, value: 'postgres://pg-0.pg:5432,pg-1.pg.shop.svc.cluster.local:6432/x'}]",
    );
    let flows = flows(&format!("{text}{web}"));
    assert_eq!(lines(&flows), ["pg -> pg *", "web -> pg 5432,6432"]);
}

#[test]
fn addresses_outside() {
    let env = |value: &str| {
        deployment(
            "web",
            &format!("env: [{{name: PAY_URL, value: '{value}'}}]"),
        )
    };
    for (value, expected) in [
        ("https://api.stripe.com/v1", "api.stripe.com 443"),
        ("http://api.stripe.com:8443", "api.stripe.com 8443"),
        ("redis://cache.example.com", "cache.example.com 6379"),
        (
            "udp://metrics.example.com:9999",
            "metrics.example.com 9999/UDP",
        ),
        (
            "gelf+udp://logs.example.com:12201",
            "logs.example.com 12201/UDP",
        ),
        (
            "statsd.example.com:8125",
            "statsd.example.com 8125,8125/UDP",
        ),
        ("mongodb+srv://u:p@db.example.com/x", "db.example.com 27017"),
        ("10.1.2.3:5432", "10.1.2.3/32 5432"),
        ("http://[2001:db8::1]:80", "2001:db8::1/128 80"),
    ] {
        assert_eq!(calls(&env(value), "web"), [expected], "{value}");
    }
    let flows = flows(&env("smtp.example.com"));
    assert!(
        flows.workloads[0].open[0]
            .text
            .contains("the port of smtp.example.com is not written")
    );
}

#[test]
fn addresses_that_lead_to_nothing_are_listed() {
    let flows = flows(&deployment(
        "web",
        "env: [{name: REDIS_HOST, value: redis}, {name: A_URL, value: 'http://a.b.svc'}]",
    ));
    let listed: Vec<&str> = flows
        .unmatched
        .iter()
        .map(|it| it.address.as_str())
        .collect();
    assert_eq!(listed, ["redis", "a.b.svc"]);
    assert!(flows.workloads[0].open.is_empty());
    assert_eq!(
        lines(&flows),
        ["web -> namespace b *", "web -> namespace shop *"]
    );
}
