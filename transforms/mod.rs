//! Every transform, one file each. Written by `tests/registry.rs`: do not edit.

use crate::transform::Transform;

mod default_deny_network;
mod default_resources;
mod default_service_account;
mod disable_service_links;
mod disable_token_mount;
mod drop_capabilities;
mod forbid_host_namespaces;
mod forbid_host_ports;
mod forbid_host_process;
mod forbid_privilege_escalation;
mod forbid_privileged;
mod forbid_probe_host;
mod forbid_shared_processes;
mod label_pod_security;
mod limit_empty_dir;
mod limit_range;
mod pull_policy;
mod read_only_root_filesystem;
mod remove_capabilities;
mod resource_quota;
mod restrict_apparmor;
mod restrict_proc_mount;
mod restrict_seccomp;
mod restrict_selinux;
mod restrict_sysctls;
mod restrict_volume_types;
mod run_as_non_root;
mod set_seccomp_profile;

/// Each transform with the text of its file, whose header is its documentation.
pub static ALL: &[(&Transform, &str)] = &[
    (
        &default_deny_network::TRANSFORM,
        include_str!("default_deny_network.rs"),
    ),
    (
        &default_resources::TRANSFORM,
        include_str!("default_resources.rs"),
    ),
    (
        &default_service_account::TRANSFORM,
        include_str!("default_service_account.rs"),
    ),
    (
        &disable_service_links::TRANSFORM,
        include_str!("disable_service_links.rs"),
    ),
    (
        &disable_token_mount::TRANSFORM,
        include_str!("disable_token_mount.rs"),
    ),
    (
        &drop_capabilities::TRANSFORM,
        include_str!("drop_capabilities.rs"),
    ),
    (
        &forbid_host_namespaces::TRANSFORM,
        include_str!("forbid_host_namespaces.rs"),
    ),
    (
        &forbid_host_ports::TRANSFORM,
        include_str!("forbid_host_ports.rs"),
    ),
    (
        &forbid_host_process::TRANSFORM,
        include_str!("forbid_host_process.rs"),
    ),
    (
        &forbid_privilege_escalation::TRANSFORM,
        include_str!("forbid_privilege_escalation.rs"),
    ),
    (
        &forbid_privileged::TRANSFORM,
        include_str!("forbid_privileged.rs"),
    ),
    (
        &forbid_probe_host::TRANSFORM,
        include_str!("forbid_probe_host.rs"),
    ),
    (
        &forbid_shared_processes::TRANSFORM,
        include_str!("forbid_shared_processes.rs"),
    ),
    (
        &label_pod_security::TRANSFORM,
        include_str!("label_pod_security.rs"),
    ),
    (
        &limit_empty_dir::TRANSFORM,
        include_str!("limit_empty_dir.rs"),
    ),
    (&limit_range::TRANSFORM, include_str!("limit_range.rs")),
    (&pull_policy::TRANSFORM, include_str!("pull_policy.rs")),
    (
        &read_only_root_filesystem::TRANSFORM,
        include_str!("read_only_root_filesystem.rs"),
    ),
    (
        &remove_capabilities::TRANSFORM,
        include_str!("remove_capabilities.rs"),
    ),
    (
        &resource_quota::TRANSFORM,
        include_str!("resource_quota.rs"),
    ),
    (
        &restrict_apparmor::TRANSFORM,
        include_str!("restrict_apparmor.rs"),
    ),
    (
        &restrict_proc_mount::TRANSFORM,
        include_str!("restrict_proc_mount.rs"),
    ),
    (
        &restrict_seccomp::TRANSFORM,
        include_str!("restrict_seccomp.rs"),
    ),
    (
        &restrict_selinux::TRANSFORM,
        include_str!("restrict_selinux.rs"),
    ),
    (
        &restrict_sysctls::TRANSFORM,
        include_str!("restrict_sysctls.rs"),
    ),
    (
        &restrict_volume_types::TRANSFORM,
        include_str!("restrict_volume_types.rs"),
    ),
    (
        &run_as_non_root::TRANSFORM,
        include_str!("run_as_non_root.rs"),
    ),
    (
        &set_seccomp_profile::TRANSFORM,
        include_str!("set_seccomp_profile.rs"),
    ),
];
