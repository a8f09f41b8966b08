//! Kinds that run pods which their author writes: the built-in ones in all their API versions, and custom ones.
//!
//! Custom kinds are taken from the schemas in `datreeio/CRDs-catalog` and the projects' type definitions. Kueue's
//! Workload is left out: a controller owns it.

use super::pipeline::Tasks;
use super::table::{Layout, Metadata, Row, full, limited, merge};

const TEMPLATE: &str = "/spec/template/spec";
const JOB: &str = "/spec/jobTemplate/spec/template/spec";

/// Built-in kinds, and custom ones whose pods the author writes.
pub(super) static WORKLOADS: &[Row] = &[
    (&[""], &["Pod"], Layout::Places(&[full("/spec")])),
    (
        &[""],
        &["PodTemplate"],
        Layout::Places(&[full("/template/spec")]),
    ),
    // DeploymentConfig was in the core group before OpenShift 3.6.
    (
        &[""],
        &["ReplicationController", "DeploymentConfig"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    (
        &["apps", "extensions"],
        &["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    (
        &["batch", "extensions"],
        &["Job"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    (
        &["batch"],
        &["CronJob", "ScheduledJob"],
        Layout::Places(&[full(JOB)]),
    ),
    (
        &["apps.openshift.io"],
        &["DeploymentConfig"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    // Rollouts and batch.
    (
        &["argoproj.io"],
        &["Rollout"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    (
        &["argoproj.io"],
        &["Experiment"],
        Layout::Places(&[full("/spec/templates/*/template/spec")]),
    ),
    (
        &["argoproj.io"],
        &["AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"],
        Layout::Places(&[full("/spec/metrics/*/provider/job/spec/template/spec")]),
    ),
    (
        &["argoproj.io"],
        &["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"],
        Layout::Workflow(&["/spec"]),
    ),
    (
        &["argoproj.io"],
        &["CronWorkflow"],
        Layout::Workflow(&["/spec/workflowSpec"]),
    ),
    (
        &["keda.sh"],
        &["ScaledJob"],
        Layout::Places(&[full("/spec/jobTargetRef/template/spec")]),
    ),
    (
        &["jobset.x-k8s.io"],
        &["JobSet"],
        Layout::Places(&[full("/spec/replicatedJobs/*/template/spec/template/spec")]),
    ),
    (
        &["leaderworkerset.x-k8s.io"],
        &["LeaderWorkerSet"],
        Layout::Places(&[
            full("/spec/leaderWorkerTemplate/leaderTemplate/spec"),
            full("/spec/leaderWorkerTemplate/workerTemplate/spec"),
        ]),
    ),
    (
        &["batch.volcano.sh"],
        &["Job"],
        Layout::Places(&[full("/spec/tasks/*/template/spec")]),
    ),
    (
        &["apps.kruise.io"],
        &["CloneSet", "DaemonSet", "StatefulSet", "BroadcastJob"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    (
        &["apps.kruise.io"],
        &["AdvancedCronJob"],
        Layout::Places(&[
            full("/spec/template/jobTemplate/spec/template/spec"),
            full("/spec/template/broadcastJobTemplate/spec/template/spec"),
        ]),
    ),
    (
        &["apps.kruise.io"],
        &["UnitedDeployment"],
        // statefulSetTemplate, advancedStatefulSetTemplate, cloneSetTemplate or deploymentTemplate
        Layout::Places(&[full("/spec/template/*/spec/template/spec")]),
    ),
    (
        &["apps.kruise.io"],
        &["SidecarSet"],
        Layout::Places(&[merge("/spec").metadata(Metadata::Absent).containers_only()]),
    ),
    // Knative: pod-level security is behind feature flags, fields of containers are restricted by a webhook.
    (
        &["serving.knative.dev"],
        &["Service", "Configuration"],
        Layout::Places(&[limited(TEMPLATE).containers_only()]),
    ),
    (
        &["serving.knative.dev"],
        &["Revision"],
        Layout::Places(&[limited("/spec").containers_only()]),
    ),
    (
        &["sources.knative.dev"],
        &["ContainerSource"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    // Tekton.
    (
        &["tekton.dev"],
        &["Task", "ClusterTask"],
        Layout::Tasks(&[Tasks {
            specs: &["/spec"],
            pod_template: None,
        }]),
    ),
    (
        &["tekton.dev"],
        &["TaskRun"],
        Layout::Tasks(&[Tasks {
            specs: &["/spec/taskSpec"],
            pod_template: Some("/spec/podTemplate"),
        }]),
    ),
    (
        &["tekton.dev"],
        &["Pipeline"],
        Layout::Tasks(&[Tasks {
            specs: &["/spec/tasks/*/taskSpec", "/spec/finally/*/taskSpec"],
            pod_template: None,
        }]),
    ),
    // Each task may take another pod template, by name: so the tasks are tied to none.
    (
        &["tekton.dev"],
        &["PipelineRun"],
        Layout::Tasks(&[
            Tasks {
                specs: &[
                    "/spec/pipelineSpec/tasks/*/taskSpec",
                    "/spec/pipelineSpec/finally/*/taskSpec",
                ],
                pod_template: None,
            },
            // v1
            Tasks {
                specs: &[],
                pod_template: Some("/spec/taskRunTemplate/podTemplate"),
            },
            Tasks {
                specs: &[],
                pod_template: Some("/spec/taskRunSpecs/*/podTemplate"),
            },
            // v1beta1
            Tasks {
                specs: &[],
                pod_template: Some("/spec/podTemplate"),
            },
            Tasks {
                specs: &[],
                pod_template: Some("/spec/taskRunSpecs/*/taskPodTemplate"),
            },
        ]),
    ),
    // Machine learning.
    (
        &["kubeflow.org"],
        &[
            "PyTorchJob",
            "TFJob",
            "XGBoostJob",
            "PaddleJob",
            "JAXJob",
            "MXJob",
            "MPIJob",
        ],
        Layout::Places(&[
            full("/spec/pytorchReplicaSpecs/*/template/spec"),
            full("/spec/tfReplicaSpecs/*/template/spec"),
            full("/spec/xgbReplicaSpecs/*/template/spec"),
            full("/spec/paddleReplicaSpecs/*/template/spec"),
            full("/spec/jaxReplicaSpecs/*/template/spec"),
            full("/spec/mxReplicaSpecs/*/template/spec"),
            full("/spec/mpiReplicaSpecs/*/template/spec"),
        ]),
    ),
    (
        &["kubeflow.org"],
        &["Notebook"],
        Layout::Places(&[full(TEMPLATE)]),
    ),
    (
        &["trainer.kubeflow.org"],
        &["TrainingRuntime", "ClusterTrainingRuntime"],
        Layout::Places(&[full(
            "/spec/template/spec/replicatedJobs/*/template/spec/template/spec",
        )]),
    ),
    (
        &["ray.io"],
        &["RayCluster"],
        Layout::Places(&[
            full("/spec/headGroupSpec/template/spec"),
            full("/spec/workerGroupSpecs/*/template/spec"),
        ]),
    ),
    (
        &["ray.io"],
        &["RayJob"],
        Layout::Places(&[
            full("/spec/rayClusterSpec/headGroupSpec/template/spec"),
            full("/spec/rayClusterSpec/workerGroupSpecs/*/template/spec"),
            full("/spec/submitterPodTemplate/spec"),
        ]),
    ),
    (
        &["ray.io"],
        &["RayService"],
        Layout::Places(&[
            full("/spec/rayClusterConfig/headGroupSpec/template/spec"),
            full("/spec/rayClusterConfig/workerGroupSpecs/*/template/spec"),
        ]),
    ),
];
