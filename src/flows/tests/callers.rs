//! Who is called, and by whom if by no workload.

use super::{deployment, flows, lines, service, with_pg};

fn into(text: &str, name: &str) -> Vec<String> {
    let end = format!(" -> {name} ");
    lines(&flows(text))
        .into_iter()
        .filter(|line| line.contains(&end))
        .collect()
}

const API: &str =
    "ports: [{containerPort: 8080, name: http}, {containerPort: 9797, name: metrics}]";

fn api(more: &str) -> String {
    let ports = "[{name: web, port: 80, targetPort: http}, {name: metrics, port: 9090, targetPort: metrics}]";
    format!(
        "{}{}---\n{more}",
        deployment("api", API),
        service("api", ports)
    )
}

#[test]
fn callers_unknown() {
    assert_eq!(into(&with_pg(""), "pg"), ["callers unknown -> pg 5432"]);
    assert_eq!(
        into(&with_pg("env: [{name: H, value: pg}]"), "pg"),
        ["web -> pg 5432"]
    );
}

#[test]
fn a_caller_whose_destinations_are_unknown_may_call_what_others_call() {
    let text = format!(
        "{}{}",
        with_pg("env: [{name: H, value: pg}]"),
        deployment("dark", "")
    );
    assert_eq!(into(&text, "pg"), ["web -> pg 5432", "dark -> pg 5432?"]);
}

#[test]
fn routes_admit_anybody_to_the_port_of_the_backend() {
    for route in [
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {defaultBackend: {service: {name: api, port: {number: 80}}}}\n",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {rules: [{http: {paths: [{backend: {service: {name: api, port: {name: web}}}}]}}]}\n",
        "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: i}\nspec: {backend: {serviceName: api, servicePort: web}}\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {rules: [{backendRefs: [{name: api, port: 80}]}]}\n",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: r}\nspec: {rules: [{backendRefs: [{name: api, port: 80}]}]}\n",
        "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: r}\nspec: {to: {kind: Service, name: api}, port: {targetPort: web}}\n",
    ] {
        assert_eq!(
            into(&api(route), "api"),
            ["ingress controller -> api 8080"],
            "{route}"
        );
    }
}

#[test]
fn webhooks_and_metrics() {
    let webhook = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\nwebhooks: [{name: a, clientConfig: {service: {name: api, namespace: shop, port: 80}}}]\n";
    assert_eq!(into(&api(webhook), "api"), ["API server -> api 8080"]);
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: m}\nspec: {selector: {matchLabels: {app: api}}, podMetricsEndpoints: [{port: metrics}]}\n";
    assert_eq!(
        into(&api(monitor), "api"),
        ["callers unknown -> api 8080,9797", "monitoring -> api 9797"]
    );
    let scraped = deployment("web", "").replace("labels: {app: web}}\n    spec", "labels: {app: web}, annotations: {prometheus.io/scrape: 'true', prometheus.io/port: '9797'}}\n    spec");
    assert_eq!(into(&scraped, "web"), ["monitoring -> web 9797"]);
}

#[test]
fn load_balancers() {
    let text = api("").replace("spec: {selector", "spec: {type: LoadBalancer, selector");
    assert_eq!(into(&text, "api"), ["outside the cluster -> api 8080,9797"]);
}

#[test]
fn a_token_opens_the_api_server() {
    let text = deployment("web", "").replace(
        "automountServiceAccountToken: false",
        "serviceAccountName: web",
    );
    assert_eq!(lines(&flows(&text)), ["web -> API server 443,6443"]);
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\nautomountServiceAccountToken: false\n";
    assert!(lines(&flows(&format!("{text}{account}"))).is_empty());
}
