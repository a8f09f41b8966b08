//! From flows to policies.

use serde_json::json;

use super::super::{Dns, Options, Policies, Policy, policies};
use super::{deployment, flows, with_pg};

fn made(text: &str, options: Options) -> Vec<Policy> {
    match policies(&flows(text), "shop", options) {
        Policies::Made(made) => made,
        Policies::Held(why) => panic!("{why}"),
    }
}

#[test]
fn a_client_and_its_database() {
    let policies = made(&with_pg("env: [{name: H, value: pg}]"), Options::default());
    let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "default-deny",
            "allow-dns",
            "allow-deployment-web",
            "allow-deployment-pg"
        ]
    );
    assert_eq!(
        policies[2].value["spec"],
        json!({
            "podSelector": {"matchLabels": {"app": "web"}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "pg"}}}], "ports": [{"protocol": "TCP", "port": 5432}]}],
        })
    );
    assert_eq!(
        policies[2].comments,
        [(
            "/spec/egress/0/to/0".to_owned(),
            "Deployment/shop/pg: Deployment/shop/web /spec/template/spec/containers/0/env/0/value"
                .to_owned()
        )]
    );
}

#[test]
fn what_is_not_known_is_open_unless_told_otherwise() {
    let text = deployment("dark", "");
    let open = made(&text, Options::default());
    assert_eq!(open[2].value["spec"]["egress"], json!([{}]));
    assert!(
        open[2].comments[0]
            .1
            .starts_with("any destination: no address is written")
    );
    let closed = made(
        &text,
        Options {
            deny_egress: true,
            dns: Dns::NodeLocal,
        },
    );
    assert_eq!(closed[2].value["spec"].get("egress"), None);
    assert_eq!(
        closed[1].value["spec"]["egress"][0]["to"][1],
        json!({"ipBlock": {"cidr": "169.254.20.10/32"}})
    );
}

#[test]
fn names_are_short_and_unique() {
    let long = "a".repeat(70);
    let text = format!(
        "{}{}",
        deployment(&format!("{long}-1"), ""),
        deployment(&format!("{long}-2"), "")
    );
    let policies = made(&text, Options::default());
    assert!(policies.iter().all(|policy| policy.name.len() <= 63));
    assert_ne!(policies[2].name, policies[3].name);
}

#[test]
fn pods_without_labels_hold_the_default_deny() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n";
    assert!(matches!(
        policies(&flows(text), "shop", Options::default()),
        Policies::Held(_)
    ));
}

#[test]
fn the_network_of_the_node_is_not_selected() {
    let text = with_pg("env: [{name: H, value: pg}]").replacen(
        "      containers:",
        "      hostNetwork: true\n      containers:",
        1,
    );
    let policies = made(&text, Options::default());
    assert_eq!(policies[2].name, "allow-deployment-pg");
    assert_eq!(
        policies[2].value["spec"]["ingress"],
        json!([{"ports": [{"protocol": "TCP", "port": 5432}]}])
    );
}

#[test]
fn an_address_without_a_service_here_is_let_out_and_in() {
    let text =
        deployment("web", "env: [{name: CACHE_HOST, value: cache}]") + &deployment("cache", "");
    let policies = made(&text, Options::default());
    let of = |name: &str| {
        let mut policies = policies.iter();
        policies
            .find(|policy| policy.name == name)
            .expect("a policy")
            .value["spec"]
            .clone()
    };
    assert_eq!(
        of("allow-deployment-web")["egress"],
        json!([{"to": [{"podSelector": {}}]}])
    );
    assert_eq!(
        of("allow-deployment-cache")["ingress"],
        json!([{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}])
    );
}

#[test]
fn a_stateful_set_answers_under_the_name_of_a_service_that_is_not_here() {
    let set = deployment("pg", "")
        .replace("kind: Deployment", "kind: StatefulSet")
        .replace("  selector:", "  serviceName: db\n  selector:");
    for (address, expected) in [
        ("db:5432", "pg 5432"),
        ("pg-0.db:5432", "pg 5432"),
        ("db.shop.svc.cluster.local:5432", "pg 5432"),
        ("db.other.svc:5432", "namespace other *"),
    ] {
        let text = deployment(
            "web",
            &format!("env: [{{name: DB_HOST, value: '{address}'}}]"),
        ) + &set;
        assert_eq!(super::calls(&text, "web"), [expected], "{address}");
    }
}

#[test]
fn the_order_of_the_objects_does_not_show() {
    let client = |name: &str| deployment(name, "env: [{name: H, value: pg}]");
    let (a, b) = (client("a"), client("b"));
    let pg = with_pg("");
    let spec = |text: &str| {
        let mut policies = made(text, Options::default()).into_iter();
        policies
            .find(|policy| policy.name == "allow-deployment-pg")
            .expect("a policy")
            .value
    };
    assert_eq!(spec(&format!("{a}{b}{pg}")), spec(&format!("{b}{pg}{a}")));
}
