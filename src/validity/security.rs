//! Security contexts that contradict themselves.

use serde_json::Value;

use super::Found;
use crate::pod::{Container, Pod};

pub(super) fn check(pod: &Pod<'_>, found: &mut Found) {
    const IDS: [&str; 2] = ["runAsUser", "runAsGroup"];
    if let Some(context) = pod.get("/securityContext") {
        profiles(context, |rule, field, message| {
            found.pod(rule, format!("securityContext.{field}"), message);
        });
        ids(context, &["runAsUser", "runAsGroup", "fsGroup"], |field| {
            found.pod("id-range", format!("securityContext.{field}"), RANGE);
        });
        for id in pod.items("/securityContext/supplementalGroups") {
            if !is_id(id) {
                let field = format!("securityContext.supplementalGroups {id}");
                found.pod("id-range", field, RANGE);
            }
        }
    }
    annotations(pod, found);
    for container in &pod.containers {
        if let Some(context) = container.get("/securityContext") {
            profiles(context, |rule, field, message| {
                found.container(rule, container, format!("securityContext.{field}"), message);
            });
            ids(context, &IDS, |field| {
                let field = format!("securityContext.{field}");
                found.container("id-range", container, field, RANGE);
            });
            privileges(pod, container, found);
        }
        let user = pod.effective(container, "runAsUser");
        let non_root = pod.effective(container, "runAsNonRoot");
        if user.is_some_and(|user| *user == 0) && non_root == Some(&Value::Bool(true)) {
            let message = "container's runAsUser breaks non-root policy";
            found.container("non-root-user", container, "securityContext", message);
        }
    }
}

const RANGE: &str = "must be between 0 and 2147483647, inclusive";

fn is_id(value: &Value) -> bool {
    value
        .as_i64()
        .is_some_and(|id| i32::try_from(id).is_ok_and(|id| id >= 0))
}

fn ids(context: &Value, fields: &[&str], mut reject: impl FnMut(&str)) {
    for field in fields {
        let value = context.get(field).filter(|value| !value.is_null());
        if value.is_some_and(|value| !is_id(value)) {
            reject(field);
        }
    }
}

fn privileges(pod: &Pod<'_>, container: &Container<'_>, found: &mut Found) {
    let mut reject = |rule, message| found.container(rule, container, "securityContext", message);
    if container.get("/securityContext/allowPrivilegeEscalation") == Some(&Value::Bool(false)) {
        if container.is_true("/securityContext/privileged") {
            reject(
                "privilege-escalation-privileged",
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
            );
        }
        // This literal only: `SYS_ADMIN` without the prefix is accepted.
        let mut added = container.items("/securityContext/capabilities/add");
        if added.any(|name| name == "CAP_SYS_ADMIN") {
            reject(
                "privilege-escalation-sys-admin",
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
            );
        }
    }
    let unmasked = container
        .get("/securityContext/procMount")
        .is_some_and(|mount| mount == "Unmasked");
    if unmasked && pod.get("/hostUsers") != Some(&Value::Bool(false)) {
        let message = "`hostUsers` must be false to use `Unmasked`";
        found.container(
            "proc-mount",
            container,
            "securityContext.procMount",
            message,
        );
    }
}

/// `localhostProfile` goes with the type `Localhost`, and with no other.
fn profiles(context: &Value, mut reject: impl FnMut(&'static str, String, String)) {
    for (field, name, rule) in [
        ("seccompProfile", "seccomp", "seccomp-localhost-profile"),
        ("appArmorProfile", "AppArmor", "app-armor-localhost-profile"),
    ] {
        let profile = context.get(field).filter(|profile| profile.is_object());
        let Some(profile) = profile else { continue };
        let local = profile["type"] == "Localhost";
        let verb = match (
            local,
            profile.get("localhostProfile").unwrap_or(&Value::Null),
        ) {
            (true, Value::Null) => "must",
            (false, Value::String(_)) => "can only",
            _ => continue,
        };
        reject(
            rule,
            format!("{field}.localhostProfile"),
            format!("{verb} be set when {name} type is Localhost"),
        );
    }
}

/// The annotations that came before the fields must say the same where both are there.
fn annotations(pod: &Pod<'_>, found: &mut Found) {
    const SECCOMP: &str = "container.seccomp.security.alpha.kubernetes.io/";
    const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
    if pod.is_windows() {
        return;
    }
    let differs = |key: &str, profile: Option<&Value>| {
        let annotation = pod.annotation(key).filter(|text| !text.is_empty());
        annotation
            .zip(profile)
            .is_some_and(|(text, profile)| !says(text, profile, key.starts_with(APP_ARMOR)))
    };
    let message = |kind: &str| format!("{kind} type in annotation and field must match");
    let profile = pod.get("/securityContext/seccompProfile");
    if differs("seccomp.security.alpha.kubernetes.io/pod", profile) {
        let field = "securityContext.seccompProfile";
        found.pod("seccomp-annotation", field, message("seccomp"));
    }
    for container in &pod.containers {
        let profile = container.get("/securityContext/seccompProfile");
        if differs(&format!("{SECCOMP}{}", container.name()), profile) {
            let field = "securityContext.seccompProfile";
            found.container("seccomp-annotation", container, field, message("seccomp"));
        }
        let profile = pod.effective(container, "appArmorProfile");
        if differs(&format!("{APP_ARMOR}{}", container.name()), profile) {
            let field = "securityContext.appArmorProfile";
            found.container(
                "app-armor-annotation",
                container,
                field,
                message("apparmor"),
            );
        }
    }
}

/// Tells whether an annotation and a field ask for the same profile.
fn says(annotation: &str, profile: &Value, app_armor: bool) -> bool {
    match profile["type"].as_str() {
        // The name that Docker gave it is one of seccomp's.
        Some("RuntimeDefault") => {
            annotation == "runtime/default" || !app_armor && annotation == "docker/default"
        }
        Some("Unconfined") => annotation == "unconfined",
        Some("Localhost") => {
            let name = annotation.strip_prefix("localhost/");
            name.is_some_and(|name| profile["localhostProfile"] == name)
        }
        _ => true,
    }
}
