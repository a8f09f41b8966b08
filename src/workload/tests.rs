//! The table of kinds by example, and shapes that are hard to read.

use serde_json::{Value, json};

use super::kinds::WORKLOADS;
use super::operators::OPERATORS;
use super::{Shape, identity, pod_templates};
use crate::pod::ContainerKind::{App, Ephemeral, Init, Sidecar};

/// API version, kind, and pointers of pod specs. The last kinds, without pointers, have tests of their own.
const EXAMPLES: &str = "
v1 Pod /spec
v1 PodTemplate /template/spec
v1 ReplicationController /spec/template/spec
v1 DeploymentConfig /spec/template/spec
apps.openshift.io/v1 DeploymentConfig /spec/template/spec
apps/v1 Deployment /spec/template/spec
apps/v1beta1 Deployment /spec/template/spec
extensions/v1beta1 Deployment /spec/template/spec
apps/v1beta2 ReplicaSet /spec/template/spec
extensions/v1beta1 DaemonSet /spec/template/spec
apps/v1beta1 StatefulSet /spec/template/spec
batch/v1 Job /spec/template/spec
extensions/v1beta1 Job /spec/template/spec
batch/v1 CronJob /spec/jobTemplate/spec/template/spec
batch/v1beta1 CronJob /spec/jobTemplate/spec/template/spec
batch/v2alpha1 ScheduledJob /spec/jobTemplate/spec/template/spec
argoproj.io/v1alpha1 Rollout /spec/template/spec
argoproj.io/v1alpha1 Experiment /spec/templates/0/template/spec /spec/templates/1/template/spec
argoproj.io/v1alpha1 AnalysisTemplate /spec/metrics/0/provider/job/spec/template/spec
argoproj.io/v1alpha1 ClusterAnalysisTemplate /spec/metrics/0/provider/job/spec/template/spec
argoproj.io/v1alpha1 AnalysisRun /spec/metrics/0/provider/job/spec/template/spec
keda.sh/v1alpha1 ScaledJob /spec/jobTargetRef/template/spec
jobset.x-k8s.io/v1alpha2 JobSet /spec/replicatedJobs/0/template/spec/template/spec
leaderworkerset.x-k8s.io/v1 LeaderWorkerSet /spec/leaderWorkerTemplate/leaderTemplate/spec /spec/leaderWorkerTemplate/workerTemplate/spec
batch.volcano.sh/v1alpha1 Job /spec/tasks/0/template/spec
apps.kruise.io/v1alpha1 CloneSet /spec/template/spec
apps.kruise.io/v1alpha1 DaemonSet /spec/template/spec
apps.kruise.io/v1beta1 StatefulSet /spec/template/spec
apps.kruise.io/v1alpha1 BroadcastJob /spec/template/spec
apps.kruise.io/v1alpha1 AdvancedCronJob /spec/template/broadcastJobTemplate/spec/template/spec
apps.kruise.io/v1alpha1 UnitedDeployment /spec/template/cloneSetTemplate/spec/template/spec
apps.kruise.io/v1alpha1 SidecarSet /spec
serving.knative.dev/v1 Service /spec/template/spec
serving.knative.dev/v1 Configuration /spec/template/spec
serving.knative.dev/v1 Revision /spec
sources.knative.dev/v1 ContainerSource /spec/template/spec
kubeflow.org/v1 PyTorchJob /spec/pytorchReplicaSpecs/Worker/template/spec
kubeflow.org/v1 TFJob /spec/tfReplicaSpecs/PS/template/spec
kubeflow.org/v1 XGBoostJob /spec/xgbReplicaSpecs/Master/template/spec
kubeflow.org/v1 PaddleJob /spec/paddleReplicaSpecs/Worker/template/spec
kubeflow.org/v1 JAXJob /spec/jaxReplicaSpecs/Worker/template/spec
kubeflow.org/v1 MXJob /spec/mxReplicaSpecs/Worker/template/spec
kubeflow.org/v2beta1 MPIJob /spec/mpiReplicaSpecs/Launcher/template/spec /spec/mpiReplicaSpecs/Worker/template/spec
kubeflow.org/v1 Notebook /spec/template/spec
trainer.kubeflow.org/v1alpha1 TrainingRuntime /spec/template/spec/replicatedJobs/0/template/spec/template/spec
trainer.kubeflow.org/v1alpha1 ClusterTrainingRuntime /spec/template/spec/replicatedJobs/0/template/spec/template/spec
ray.io/v1 RayCluster /spec/headGroupSpec/template/spec /spec/workerGroupSpecs/0/template/spec
ray.io/v1 RayJob /spec/rayClusterSpec/headGroupSpec/template/spec /spec/submitterPodTemplate/spec
ray.io/v1 RayService /spec/rayClusterConfig/workerGroupSpecs/0/template/spec
serving.kserve.io/v1beta1 InferenceService /spec/predictor /spec/transformer
serving.kserve.io/v1alpha1 ServingRuntime /spec
serving.kserve.io/v1alpha1 ClusterServingRuntime /spec
sparkoperator.k8s.io/v1beta2 SparkApplication /spec/driver/template/spec
sparkoperator.k8s.io/v1beta2 ScheduledSparkApplication /spec/template/executor/template/spec
flink.apache.org/v1beta1 FlinkDeployment /spec/podTemplate/spec /spec/jobManager/podTemplate/spec
monitoring.coreos.com/v1 Prometheus /spec
monitoring.coreos.com/v1alpha1 PrometheusAgent /spec
monitoring.coreos.com/v1 Alertmanager /spec
monitoring.coreos.com/v1 ThanosRuler /spec
grafana.integreatly.org/v1beta1 Grafana /spec/deployment/spec/template/spec
logging.banzaicloud.io/v1beta1 Logging /spec/nodeAgents/0/nodeAgentFluentbit/daemonSet/spec/template/spec
postgresql.cnpg.io/v1 Pooler /spec/template/spec
postgres-operator.crunchydata.com/v1beta1 PostgresCluster /spec/instances/0 /spec/proxy/pgBouncer
pgv2.percona.com/v2 PerconaPGCluster /spec/instances/0
elasticsearch.k8s.elastic.co/v1 Elasticsearch /spec/nodeSets/0/podTemplate/spec
agent.k8s.elastic.co/v1alpha1 Agent /spec/statefulSet/podTemplate/spec
beat.k8s.elastic.co/v1beta1 Beat /spec/daemonSet/podTemplate/spec
kibana.k8s.elastic.co/v1 Kibana /spec/podTemplate/spec
apm.k8s.elastic.co/v1 ApmServer /spec/podTemplate/spec
enterprisesearch.k8s.elastic.co/v1 EnterpriseSearch /spec/podTemplate/spec
maps.k8s.elastic.co/v1alpha1 ElasticMapsServer /spec/podTemplate/spec
logstash.k8s.elastic.co/v1alpha1 Logstash /spec/podTemplate/spec
rabbitmq.com/v1beta1 RabbitmqCluster /spec/override/statefulSet/spec/template/spec
cert-manager.io/v1 Issuer /spec/acme/solvers/0/http01/ingress/podTemplate/spec
cert-manager.io/v1 ClusterIssuer /spec/acme/solvers/0/http01/gatewayHTTPRoute/podTemplate/spec
acme.cert-manager.io/v1 Challenge /spec/solver/http01/ingress/podTemplate/spec
pkg.crossplane.io/v1beta1 DeploymentRuntimeConfig /spec/deploymentTemplate/spec/template/spec
actions.github.com/v1alpha1 AutoscalingRunnerSet /spec/template/spec /spec/listenerTemplate/spec
operators.coreos.com/v1alpha1 ClusterServiceVersion /spec/install/spec/deployments/0/spec/template/spec
k8s.keycloak.org/v2alpha1 Keycloak /spec/unsupported/podTemplate/spec
vault.banzaicloud.com/v1alpha1 Vault /spec/vaultPodSpec
temporal.io/v1alpha1 WorkerDeployment /spec/template/spec
temporal.io/v1alpha1 TemporalWorkerDeployment /spec/template/spec
k8up.io/v1 PodConfig /spec/template/spec
k8up.io/v1 PreBackupPod /spec/pod/spec
capi.weave.works/v1alpha1 ClusterBootstrapConfig /spec/jobTemplate/spec
argoproj.io/v1alpha1 Workflow
argoproj.io/v1alpha1 WorkflowTemplate
argoproj.io/v1alpha1 ClusterWorkflowTemplate
argoproj.io/v1alpha1 CronWorkflow
tekton.dev/v1 Task
tekton.dev/v1beta1 ClusterTask
tekton.dev/v1 TaskRun
tekton.dev/v1 Pipeline
tekton.dev/v1 PipelineRun
";

/// The lines of the examples.
fn examples() -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> {
    EXAMPLES
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut words = line.split(' ');
            let api_version = words.next().expect("a version");
            (api_version, words.next().expect("a kind"), words.collect())
        })
}

/// Puts a value at a pointer, with the maps and lists above it.
pub(super) fn put(object: &mut Value, pointer: &str, value: Value) {
    let mut place = object;
    for token in pointer.split('/').skip(1) {
        place = if let Ok(index) = token.parse::<usize>() {
            if !place.is_array() {
                *place = json!([]);
            }
            let items = place.as_array_mut().expect("a list");
            items.resize(items.len().max(index + 1), Value::Null);
            &mut items[index]
        } else {
            &mut place[token]
        };
    }
    *place = value;
}

/// The pod specs of a document, with its container pointers.
pub(super) fn found(document: &Value) -> Vec<(String, Vec<String>)> {
    let templates = pod_templates(&identity(document, ""), document, "", &[]);
    let pointers =
        |containers: Vec<(_, String)>| containers.into_iter().map(|found| found.1).collect();
    templates
        .into_iter()
        .map(|found| (found.spec, pointers(found.containers)))
        .collect()
}

#[test]
fn each_kind_has_its_pods_where_the_table_says() {
    for (api_version, kind, specs) in examples().filter(|example| !example.2.is_empty()) {
        let mut object = json!({"apiVersion": api_version, "kind": kind});
        for spec in &specs {
            let pod = json!({
                "containers": [{"name": "app", "image": "a"}, {"name": "second", "image": "b"}],
                "initContainers": [{"name": "init"}, {"name": "side", "restartPolicy": "Always"}],
                "ephemeralContainers": [{"name": "debug"}],
            });
            put(&mut object, spec, pod);
        }
        let document = json!({"apiVersion": "v1", "kind": "List", "items": [object]});
        let pointer = "/items/0";
        let templates = pod_templates(&identity(&document, pointer), &document, pointer, &[]);
        let pointers: Vec<&str> = templates.iter().map(|found| found.spec.as_str()).collect();
        let expected: Vec<String> = specs
            .iter()
            .map(|spec| format!("{pointer}{spec}"))
            .collect();
        assert_eq!(pointers, expected, "{api_version} {kind}");
        for template in &templates {
            let pod = template.pod(&document);
            let seen: Vec<_> = pod
                .containers
                .iter()
                .map(|one| (one.kind, one.name()))
                .collect();
            let expected = [
                (Init, "init"),
                (Sidecar, "side"),
                (App, "app"),
                (App, "second"),
                (Ephemeral, "debug"),
            ];
            assert_eq!(seen, expected, "{api_version} {kind}");
            assert!(pod.spec.is_object() && pod.pointer == template.spec);
        }
    }
}

#[test]
fn every_kind_of_the_table_has_an_example() {
    for (groups, kinds, _) in WORKLOADS.iter().chain(OPERATORS) {
        for kind in *kinds {
            let exists = examples().any(|(api_version, other, _)| {
                let group = api_version.split_once('/').map_or("", |parts| parts.0);
                let matches = |pattern: &&str| {
                    pattern
                        .strip_prefix('*')
                        .map_or(group == *pattern, |end| group.ends_with(end))
                };
                *kind == other && groups.iter().any(matches)
            });
            assert!(exists, "{groups:?} {kind}");
        }
    }
}

#[test]
fn shape_level_and_metadata_follow_the_kind() {
    let of = |api_version: &str, kind: &str, spec: &str| {
        let mut object = json!({"apiVersion": api_version, "kind": kind});
        put(&mut object, spec, json!({}));
        let template = pod_templates(&identity(&object, ""), &object, "", &[]).remove(0);
        (template.shape, template.pod_level, template.metadata)
    };
    let at = |pointer: &str| Some(pointer.to_owned());
    assert_eq!(
        of("v1", "Pod", "/spec"),
        (Shape::Full, true, at("/metadata"))
    );
    assert_eq!(
        of("apps/v1", "Deployment", "/spec/template/spec"),
        (Shape::Full, true, at("/spec/template/metadata"))
    );
    assert_eq!(
        of("serving.knative.dev/v1", "Service", "/spec/template/spec"),
        (Shape::Limited, false, at("/spec/template/metadata"))
    );
    assert_eq!(
        of("monitoring.coreos.com/v1", "Prometheus", "/spec"),
        (Shape::Merge, true, at("/spec/podMetadata"))
    );
    assert_eq!(
        of("apps.kruise.io/v1alpha1", "SidecarSet", "/spec"),
        (Shape::Merge, false, None)
    );
    assert_eq!(
        of(
            "serving.kserve.io/v1",
            "InferenceService",
            "/spec/predictor"
        ),
        (Shape::Merge, true, None)
    );
}

#[test]
fn metadata_and_containers_are_read_through_the_template() {
    let document = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {
        "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}}});
    let templates = pod_templates(&identity(&document, ""), &document, "", &[]);
    let pod = templates[0].pod(&document);
    assert_eq!(
        pod.metadata.map(|metadata| metadata.value),
        Some(&json!({"labels": {"app": "web"}}))
    );
    assert_eq!(
        pod.containers[0].pointer,
        "/spec/template/spec/containers/0"
    );
}

#[test]
fn odd_shapes_are_skipped() {
    let deployment = |template: Value| {
        found(
            &json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": template}}),
        )
    };
    let spec = "/spec/template/spec".to_owned();
    assert_eq!(deployment(Value::Null), []);
    assert_eq!(deployment(json!({"spec": null})), []);
    assert_eq!(deployment(json!({"spec": "text"})), []);
    assert_eq!(deployment(json!({"spec": {}})), [(spec.clone(), vec![])]);
    for containers in [
        json!(null),
        json!("text"),
        json!({"0": {"name": "a"}, "x": 1}),
        json!([]),
    ] {
        let found = deployment(json!({"spec": {"containers": containers}}));
        assert_eq!(found.len(), 1);
    }
    let found_one = deployment(json!({"spec": {"containers": [null, "text", {"name": "a"}, []]}}));
    assert_eq!(
        found_one,
        [(spec.clone(), vec![format!("{spec}/containers/2")])]
    );
    for other in [
        json!({"apiVersion": "apps/v1", "kind": "Deployment"}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": []}),
        json!({"apiVersion": "v1", "kind": "Service", "spec": {"containers": [{}]}}),
        json!({"apiVersion": "example.org/v1", "kind": "Deployment", "spec": {"template": {"spec": {}}}}),
        json!({"kind": 5, "apiVersion": []}),
        json!({}),
        json!([]),
        json!("text"),
        Value::Null,
    ] {
        assert_eq!(found(&other), []);
    }
}

#[test]
fn keys_in_pointers_are_escaped() {
    let document = json!({"apiVersion": "kubeflow.org/v1", "kind": "TFJob", "spec": {"tfReplicaSpecs":
        {"a/b~c": {"template": {"spec": {"containers": [{"name": "tensorflow"}]}}}}}});
    let template = pod_templates(&identity(&document, ""), &document, "", &[]).remove(0);
    assert_eq!(template.spec, "/spec/tfReplicaSpecs/a~1b~0c/template/spec");
    assert_eq!(template.pod(&document).containers[0].name(), "tensorflow");
}
