//! Settings in ConfigMaps and Secrets, seen and not seen.

use super::{calls, deployment, flows, with_pg};

fn open(container: &str) -> bool {
    let known = "env: [{name: A_URL, value: 'http://pg'}]";
    let text = with_pg(&format!("{known}\n{container}"));
    let text = text.replace(
        "\n        env: [{name: A_URL, value: 'http://pg'}]\n        env: [",
        "\n        env: [{name: A_URL, value: 'http://pg'}, ",
    );
    let flows = flows(&text);
    let web = flows
        .workloads
        .iter()
        .find(|it| it.name == "web")
        .expect("web");
    !web.open.is_empty()
}

#[test]
fn what_is_not_seen_opens_the_egress() {
    for container in [
        "env: [{name: DB_URL, valueFrom: {secretKeyRef: {name: db, key: url}}}]",
        "env: [{name: CONFIG, valueFrom: {secretKeyRef: {name: db, key: config}}}]",
        "env: [{name: DB_HOST, valueFrom: {configMapKeyRef: {name: elsewhere, key: host}}}]",
        "envFrom: [{secretRef: {name: db}}]",
        "envFrom: [{configMapRef: {name: elsewhere}}]",
    ] {
        assert!(open(container), "{container}");
    }
    for container in [
        "env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]",
        "env: [{name: DB_USER, valueFrom: {secretKeyRef: {name: db, key: user}}}]",
        "env: [{name: API_KEY, valueFrom: {secretKeyRef: {name: db, key: k}}}]",
        "env: [{name: OAUTH_REDIRECT_URI, valueFrom: {configMapKeyRef: {name: elsewhere, key: DEMO_OAUTH_REDIRECT_URI}}}]",
    ] {
        assert!(!open(container), "{container}");
    }
}

#[test]
fn an_unknown_image_without_an_address_is_open_a_known_one_is_not() {
    let opens = |image: &str| {
        let text = deployment("a", "").replace("example/a:1", image);
        !flows(&text).workloads[0].open.is_empty()
    };
    assert!(opens("gcr.io/google-samples/gb-frontend:v5"));
    assert!(!opens("registry.k8s.io/redis:e2e") && !opens("docker.io/library/postgres:16"));
}

#[test]
fn settings_of_config_maps() {
    let configured = |data: &str| {
        let map =
            format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n{data}");
        let volume = "volumeMounts: [{name: c, mountPath: /c}]\n";
        let web = with_pg(volume).replacen(
            "      containers:",
            "      volumes: [{name: c, configMap: {name: c}}]\n      containers:",
            1,
        );
        calls(&format!("{web}{map}"), "web")
    };
    for data in [
        "  app.yaml: |\n    db:\n      host: pg\n      port: 80\n",
        "  app.properties: |\n    # http://nobody\n    spring.datasource.url=jdbc:postgresql://pg:80/x\n",
        "  nginx.conf: |\n    server {\n      proxy_pass http://pg;\n    }\n",
        "  nginx.conf: |\n    upstream x {\n      server pg;\n    }\n",
        "  app.json: '{\"hosts\": [\"pg\"]}'\n",
        "  app.ini: |\n    [db]\n    host = pg\n",
        "  app.toml: |\n    [db]\n    address = \"pg:80\"\n",
        "  app.xml: |\n    <c>\n      <host>pg</host>\n    </c>\n",
        "  a.conf: |\n    bind 127.0.0.1\n    replicaof pg 80\n    server pg:80\n",
    ] {
        assert_eq!(configured(data), ["pg 5432"], "{data}");
    }
    assert!(configured("  a.conf: |\n    # pg:80\n    name = x\n").is_empty());
}

#[test]
fn settings_of_secrets_are_masked() {
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {DB_URL: cG9zdGdyZXM6Ly91OnB3QHBnOjgwL3g=}\n";
    let text = format!("{}{secret}", with_pg("envFrom: [{secretRef: {name: s}}]"));
    assert_eq!(calls(&text, "web"), ["pg 5432"]);
    let flows = flows(&text);
    assert!(
        flows
            .workloads
            .iter()
            .all(|it| it.name != "web" || it.open.is_empty())
    );
    assert!(!format!("{flows:?}").contains("pw@"));
    let url = with_pg("env: [{name: U, value: 'postgres://u:pw@pg:80/x'}]");
    assert!(!format!("{:?}", super::flows(&url)).contains("pw@"));
}
