//! Volumes and where they are mounted.

use std::collections::HashSet;

use super::Found;
use crate::pod::{Container, Pod};
use crate::pointer::At;
use crate::quantity::Quantity;

pub(super) fn check(pod: &Pod<'_>, found: &mut Found) {
    let mut names = HashSet::new();
    for volume in pod.items("/volumes") {
        let name = volume["name"].as_str().unwrap_or_default();
        let field = format!("volume \"{name}\"");
        if !is_dns_label(name) {
            let message = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
                           at most 63, and must start and end with an alphanumeric character";
            found.pod("volume-name", &field, message);
        }
        if !names.insert(name) {
            found.pod("volume-duplicate", &field, "Duplicate value");
        }
        let limit = volume
            .at("/emptyDir/sizeLimit")
            .filter(|limit| !limit.is_null());
        if limit.is_some_and(|limit| Quantity::of(limit).is_none_or(Quantity::is_negative)) {
            let message = "SizeLimit field must be a valid resource quantity";
            found.pod("volume-size-limit", &field, message);
        }
    }
    for container in &pod.containers {
        mounts(container, &names, found);
    }
}

fn mounts(container: &Container<'_>, volumes: &HashSet<&str>, found: &mut Found) {
    let mut paths = HashSet::new();
    for mount in container.items("/volumeMounts") {
        let path = mount["mountPath"].as_str().unwrap_or_default();
        let name = mount["name"].as_str().unwrap_or_default();
        let field = format!("volumeMount at {path}");
        if !paths.insert(path) {
            found.container("mount-path", container, &field, "must be unique");
        }
        if !volumes.contains(name) {
            let message = format!("Not found: \"{name}\"");
            found.container("mount-volume", container, &field, message);
        }
        let bidirectional = mount["mountPropagation"] == "Bidirectional";
        if bidirectional && !container.is_true("/securityContext/privileged") {
            let message =
                "Bidirectional mount propagation is available only to privileged containers";
            found.container("mount-propagation", container, &field, message);
        }
    }
    for device in container.items("/volumeDevices") {
        let path = device["devicePath"].as_str().unwrap_or_default();
        let name = device["name"].as_str().unwrap_or_default();
        let field = format!("volumeDevice at {path}");
        if !paths.insert(path) {
            let message = "must not already exist as a path in volumeMounts";
            found.container("mount-path", container, &field, message);
        }
        if !volumes.contains(name) {
            let message = format!("Not found: \"{name}\"");
            found.container("mount-volume", container, &field, message);
        }
    }
}

fn is_dns_label(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| alphanumeric(*byte) || *byte == b'-')
        && alphanumeric(bytes[0])
        && alphanumeric(bytes[bytes.len() - 1])
}
