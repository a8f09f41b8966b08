//! Every transform, one file each. Written by `tests/registry.rs`: do not edit.

use crate::transform::Transform;

mod drop_capabilities;
mod forbid_privilege_escalation;
mod run_as_non_root;
mod set_seccomp_profile;

/// Each transform with the text of its file, whose header is its documentation.
pub static ALL: &[(&Transform, &str)] = &[
    (
        &drop_capabilities::TRANSFORM,
        include_str!("drop_capabilities.rs"),
    ),
    (
        &forbid_privilege_escalation::TRANSFORM,
        include_str!("forbid_privilege_escalation.rs"),
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
