//! Reports volumes of the node and of old storage drivers, with what can take their place.
//!
//! ## What it changes
//! Nothing, also with `--override`: where data comes from and goes to is for a person to decide. At profile
//! baseline it reports `hostPath`, at restricted and strict every type that Pod Security restricted forbids
//! (`nfs`, `iscsi`, `gitRepo`, `awsElasticBlockStore` and the like), each with the replacement that fits it best.
//!
//! ## Why
//! A `hostPath` shows a part of the node's file system to the container: with the runtime's socket or a writable
//! folder an intruder takes over the node. The other types give every author of a pod access to storage servers,
//! with credentials and options of their choice, where a PersistentVolume puts the administrator in between.
//!
//! ## When it breaks something
//! It cannot: it only reports. Risk high says that the replacement needs data or storage to be moved.
//!
//! ## References
//! Pod Security Standards, baseline: HostPath Volumes (v1.0+), restricted: Volume Types (v1.0+). CIS 5.2.12.

use crate::prelude::*;

pub(super) static TRANSFORM: Transform = Transform {
    id: "restrict-volume-types",
    summary: "report volumes of the node and of old storage drivers",
    profile: Baseline,
    references: &[
        Pss("baseline"),
        Pss("restricted"),
        Cis("5.2.12"),
        Nsa("Pod security"),
        Owasp("K01"),
        Checklist,
    ],
    options: Options::NONE,
    run: Run::Pod(run),
};

fn run(pod: &Pod<'_>, plan: &mut Plan<'_>) {
    for (index, volume) in pod.items("/volumes").enumerate() {
        for (kind, source) in volume.as_object().into_iter().flatten() {
            let advice = match kind.as_str() {
                _ if source.is_null() => continue,
                "hostPath" => instead_of_path(source["path"].as_str().unwrap_or_default()),
                _ if plan.settings.profile == Baseline => continue,
                _ => match instead_of_type(kind) {
                    Some(advice) => advice,
                    None => continue,
                },
            };
            plan.suggest(pod, &format!("/volumes/{index}/{kind}"), High, advice);
        }
    }
}

/// Folders of the node, and what to use instead of them and of what is below.
const PATHS: [(&[&str], &str); 9] = [
    (
        &["/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo"],
        "set the environment variable TZ instead; the image needs the time zone data",
    ),
    (
        &["/dev/shm"],
        "use an emptyDir with medium: Memory and a sizeLimit instead",
    ),
    (
        &[
            "/var/run/docker.sock",
            "/run/docker.sock",
            "/var/run/containerd",
            "/run/containerd",
            "/var/run/crio",
            "/run/crio",
        ],
        "nothing can replace the runtime's socket, which is root on the node: build images with rootless buildkit, and \
         read containers and their logs from the Kubernetes API",
    ),
    (
        &[
            "/etc/ssl",
            "/etc/pki",
            "/etc/ca-certificates",
            "/usr/share/ca-certificates",
            "/usr/local/share/ca-certificates",
        ],
        "take certificates from the image, a ConfigMap or a projected clusterTrustBundle instead",
    ),
    (
        &["/etc/hosts", "/etc/resolv.conf"],
        "set hostAliases or dnsConfig on the pod instead",
    ),
    (
        &["/var/log"],
        "let programs log to standard output; an agent that collects the node's logs belongs in a namespace of its own \
         with level privileged",
    ),
    (
        &["/dev"],
        "let a device plugin or dynamic resource allocation give the container its device",
    ),
    (
        &["/tmp", "/var/tmp", "/var/cache"],
        "use an emptyDir with a sizeLimit for data that may be lost",
    ),
    (
        &[
            "/",
            "/boot",
            "/etc/cni",
            "/etc/kubernetes",
            "/lib/modules",
            "/opt/cni",
            "/proc",
            "/sys",
            "/var/lib/containers",
            "/var/lib/docker",
            "/var/lib/kubelet",
        ],
        "a program that manages or watches the node cannot do without: give it a namespace of its own with level \
         privileged",
    ),
];

fn instead_of_path(path: &str) -> &'static str {
    let path = path.trim_end_matches('/');
    let is_within = |folder: &&str| {
        let below = path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'));
        below || path == folder.trim_end_matches('/')
    };
    let found = PATHS
        .iter()
        .find(|(folders, _)| folders.iter().any(is_within));
    found.map_or(
        "use a persistentVolumeClaim for data that must last (a local PersistentVolume keeps it on the node), an \
         emptyDir for data that may be lost, a configMap for configuration",
        |(_, advice)| *advice,
    )
}

fn instead_of_type(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "nfs" | "iscsi" | "fc" => {
            "let an administrator declare it as a PersistentVolume, and use a persistentVolumeClaim instead"
        }
        "awsElasticBlockStore" => {
            "use a persistentVolumeClaim of the CSI driver ebs.csi.aws.com instead"
        }
        "azureDisk" => "use a persistentVolumeClaim of the CSI driver disk.csi.azure.com instead",
        "azureFile" => "use a persistentVolumeClaim of the CSI driver file.csi.azure.com instead",
        "gcePersistentDisk" => {
            "use a persistentVolumeClaim of the CSI driver pd.csi.storage.gke.io instead"
        }
        "cinder" => {
            "use a persistentVolumeClaim of the CSI driver cinder.csi.openstack.org instead"
        }
        "vsphereVolume" => {
            "use a persistentVolumeClaim of the CSI driver csi.vsphere.vmware.com instead"
        }
        "portworxVolume" => {
            "use a persistentVolumeClaim of the CSI driver pxd.portworx.com instead"
        }
        "cephfs" => {
            "use a persistentVolumeClaim of the CSI driver cephfs.csi.ceph.com instead; the type is gone since 1.31"
        }
        "rbd" => {
            "use a persistentVolumeClaim of the CSI driver rbd.csi.ceph.com instead; the type is gone since 1.31"
        }
        "gitRepo" => "clone into an emptyDir in an init container, or use an image volume, instead",
        "flexVolume"
        | "glusterfs"
        | "flocker"
        | "quobyte"
        | "scaleIO"
        | "storageos"
        | "photonPersistentDisk" => {
            "use a persistentVolumeClaim of a CSI driver for this storage instead; the type is deprecated or gone"
        }
        _ => return None,
    })
}
