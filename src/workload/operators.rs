//! Kinds of operators that take a pod spec, mostly as an overlay on pods of their own.
//!
//! From the schemas in `datreeio/CRDs-catalog` and the projects' type definitions. Kinds that expose security
//! fragments under names of their own (the `CloudNativePG` Cluster, Strimzi, `OpenTelemetry`, `MariaDB`, `MinIO`,
//! `EnvoyProxy`, the driver and executor of Spark themselves...) are left out: a fragment is not a pod spec, and each
//! needs paths of its own.

use super::table::{Layout, Metadata, Row, full, limited, merge};

const TEMPLATE: &str = "/spec/template/spec";

/// Kinds of operators.
pub(super) static OPERATORS: &[Row] = &[
    // The pod spec is inline, beside fields of the component.
    (
        &["serving.kserve.io"],
        &["InferenceService"],
        Layout::Places(&[
            merge("/spec/predictor").metadata(Metadata::Absent),
            merge("/spec/transformer").metadata(Metadata::Absent),
            merge("/spec/explainer").metadata(Metadata::Absent),
        ]),
    ),
    (
        &["serving.kserve.io"],
        &["ServingRuntime", "ClusterServingRuntime"],
        Layout::Places(&[merge("/spec").metadata(Metadata::Absent).containers_only()]),
    ),
    (
        &["sparkoperator.k8s.io"],
        &["SparkApplication"],
        Layout::Places(&[
            merge("/spec/driver/template/spec"),
            merge("/spec/executor/template/spec"),
        ]),
    ),
    (
        &["sparkoperator.k8s.io"],
        &["ScheduledSparkApplication"],
        Layout::Places(&[
            merge("/spec/template/driver/template/spec"),
            merge("/spec/template/executor/template/spec"),
        ]),
    ),
    (
        &["flink.apache.org"],
        &["FlinkDeployment"],
        Layout::Places(&[
            merge("/spec/podTemplate/spec"),
            merge("/spec/jobManager/podTemplate/spec"),
            merge("/spec/taskManager/podTemplate/spec"),
        ]),
    ),
    // Operators of monitoring and logging.
    (
        &["monitoring.coreos.com"],
        &[
            "Prometheus",
            "PrometheusAgent",
            "Alertmanager",
            "ThanosRuler",
        ],
        Layout::Places(&[merge("/spec").metadata(Metadata::At("/spec/podMetadata"))]),
    ),
    (
        &["grafana.integreatly.org"],
        &["Grafana"],
        Layout::Places(&[merge("/spec/deployment/spec/template/spec")]),
    ),
    (
        &["logging.banzaicloud.io"],
        &["Logging"],
        Layout::Places(&[
            merge("/spec/syslogNG/statefulSet/spec/template/spec"),
            merge("/spec/nodeAgents/*/nodeAgentFluentbit/daemonSet/spec/template/spec"),
        ]),
    ),
    // Databases and queues.
    (
        &["postgresql.cnpg.io"],
        &["Pooler"],
        Layout::Places(&[merge(TEMPLATE)]),
    ),
    (
        &["postgres-operator.crunchydata.com", "pgv2.percona.com"],
        &["PostgresCluster", "PerconaPGCluster"],
        Layout::Places(&[
            merge("/spec/instances/*")
                .metadata(Metadata::Absent)
                .containers_only(),
            merge("/spec/proxy/pgBouncer")
                .metadata(Metadata::Absent)
                .containers_only(),
        ]),
    ),
    (
        &["elasticsearch.k8s.elastic.co"],
        &["Elasticsearch"],
        Layout::Places(&[merge("/spec/nodeSets/*/podTemplate/spec")]),
    ),
    (
        &["agent.k8s.elastic.co", "beat.k8s.elastic.co"],
        &["Agent", "Beat"],
        Layout::Places(&[
            merge("/spec/deployment/podTemplate/spec"),
            merge("/spec/daemonSet/podTemplate/spec"),
            merge("/spec/statefulSet/podTemplate/spec"),
        ]),
    ),
    (
        &["*.k8s.elastic.co"],
        &[
            "Kibana",
            "ApmServer",
            "EnterpriseSearch",
            "ElasticMapsServer",
            "Logstash",
        ],
        Layout::Places(&[merge("/spec/podTemplate/spec")]),
    ),
    (
        &["rabbitmq.com"],
        &["RabbitmqCluster"],
        Layout::Places(&[merge("/spec/override/statefulSet/spec/template/spec")]),
    ),
    // The platform.
    (
        &["cert-manager.io"],
        &["Issuer", "ClusterIssuer"],
        Layout::Places(&[
            limited("/spec/acme/solvers/*/http01/ingress/podTemplate/spec"),
            limited("/spec/acme/solvers/*/http01/gatewayHTTPRoute/podTemplate/spec"),
        ]),
    ),
    (
        &["acme.cert-manager.io"],
        &["Challenge"],
        Layout::Places(&[
            limited("/spec/solver/http01/ingress/podTemplate/spec"),
            limited("/spec/solver/http01/gatewayHTTPRoute/podTemplate/spec"),
        ]),
    ),
    (
        &["pkg.crossplane.io"],
        &["DeploymentRuntimeConfig"],
        Layout::Places(&[merge("/spec/deploymentTemplate/spec/template/spec")]),
    ),
    (
        &["actions.github.com"],
        &["AutoscalingRunnerSet"],
        Layout::Places(&[full(TEMPLATE), merge("/spec/listenerTemplate/spec")]),
    ),
    (
        &["operators.coreos.com"],
        &["ClusterServiceVersion"],
        Layout::Places(&[full("/spec/install/spec/deployments/*/spec/template/spec")]),
    ),
    (
        &["k8s.keycloak.org"],
        &["Keycloak"],
        Layout::Places(&[merge("/spec/unsupported/podTemplate/spec")]),
    ),
    (
        &["vault.banzaicloud.com"],
        &["Vault"],
        Layout::Places(&[merge("/spec/vaultPodSpec").metadata(Metadata::Absent)]),
    ),
    (
        &["temporal.io"],
        &["WorkerDeployment", "TemporalWorkerDeployment"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    (
        &["k8up.io"],
        &["PodConfig"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    (
        &["k8up.io"],
        &["PreBackupPod"],
        Layout::Places(&[full("/spec/pod/spec")]),
    ),
    (
        &["capi.weave.works"],
        &["ClusterBootstrapConfig"],
        Layout::Places(&[full("/spec/jobTemplate/spec").metadata(Metadata::Absent)]),
    ),
];
