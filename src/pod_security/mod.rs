//! Pod Security Standards: the level that a pod reaches, and what keeps it from the next.
//!
//! A port of the 12 baseline and 7 restricted checks of `k8s.io/pod-security-admission/policy`
//! (`check_*.go`, `registry.go`), with the policy versions at which each changed. Reasons and details are
//! worded as the API server words them, so that a report reads like its rejection.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::pod::Pod;

mod baseline;
mod confinement;
mod restricted;
mod wording;

pub use baseline::{ADDABLE_CAPABILITIES, SYSCTLS};
pub use confinement::SE_LINUX_TYPES;

#[cfg(test)]
mod tests;

/// A level of the Pod Security Standards; a greater one is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No check at all.
    Privileged,
    /// Prevents known privilege escalations.
    Baseline,
    /// Current hardening practice.
    Restricted,
}

/// A policy version, as in the label `pod-security.kubernetes.io/enforce-version`: a Kubernetes minor of
/// major 1. One newer than [`Version::NEWEST`] is evaluated like it, as the API server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u32);

/// A check that a pod fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Upstream's ID of the check, for example `capabilities_restricted`.
    pub check: &'static str,
    /// The level that the check belongs to.
    pub level: Level,
    /// Upstream's `ForbiddenReason`: what is forbidden, in a few words.
    pub reason: String,
    /// Upstream's `ForbiddenDetail`: who set what.
    pub detail: String,
}

/// What a failing check says: upstream's `CheckResult` without the ID.
struct Finding {
    reason: &'static str,
    detail: String,
}

type CheckPod = fn(&Pod<'_>) -> Option<Finding>;

/// One check with its revisions.
struct Check {
    id: &'static str,
    level: Level,
    /// First minor and function of each revision, oldest first; the check does not exist before the first.
    revisions: &'static [(u32, CheckPod)],
    /// The baseline check that this one replaces at the restricted level.
    overrides: Option<&'static str>,
}

const fn baseline(id: &'static str, revisions: &'static [(u32, CheckPod)]) -> Check {
    Check {
        id,
        level: Level::Baseline,
        revisions,
        overrides: None,
    }
}

const fn restricted(
    id: &'static str,
    revisions: &'static [(u32, CheckPod)],
    overrides: Option<&'static str>,
) -> Check {
    Check {
        id,
        level: Level::Restricted,
        revisions,
        overrides,
    }
}

/// All checks in the order of the API server's message: baseline by ID, then restricted by ID, bytewise.
const CHECKS: [Check; 19] = [
    baseline("appArmorProfile", &[(0, confinement::app_armor_profile)]),
    baseline("capabilities_baseline", &[(0, baseline::capabilities)]),
    baseline("hostNamespaces", &[(0, baseline::host_namespaces)]),
    baseline("hostPathVolumes", &[(0, baseline::host_path_volumes)]),
    baseline("hostPorts", &[(0, baseline::host_ports)]),
    baseline(
        "hostProbesAndHostLifecycle",
        &[(34, baseline::host_probes_and_lifecycle)],
    ),
    baseline("privileged", &[(0, baseline::privileged)]),
    baseline(
        "procMount",
        &[(0, baseline::proc_mount), (35, baseline::proc_mount_1_35)],
    ),
    baseline(
        "seLinuxOptions",
        &[
            (0, confinement::se_linux_options),
            (31, confinement::se_linux_options_1_31),
        ],
    ),
    baseline(
        "seccompProfile_baseline",
        &[
            (0, confinement::seccomp_annotations),
            (19, confinement::seccomp_profile),
        ],
    ),
    baseline(
        "sysctls",
        &[
            (0, baseline::sysctls),
            (27, baseline::sysctls_1_27),
            (29, baseline::sysctls_1_29),
            (32, baseline::sysctls_1_32),
            (37, baseline::sysctls_1_37),
        ],
    ),
    baseline("windowsHostProcess", &[(0, baseline::windows_host_process)]),
    restricted(
        "allowPrivilegeEscalation",
        &[
            (8, restricted::allow_privilege_escalation),
            (25, restricted::allow_privilege_escalation_1_25),
        ],
        None,
    ),
    restricted(
        "capabilities_restricted",
        &[
            (22, restricted::capabilities),
            (25, restricted::capabilities_1_25),
        ],
        Some("capabilities_baseline"),
    ),
    restricted(
        "procMount_restricted",
        &[(35, baseline::proc_mount)],
        Some("procMount"),
    ),
    restricted(
        "restrictedVolumes",
        &[(0, restricted::volumes)],
        Some("hostPathVolumes"),
    ),
    restricted(
        "runAsNonRoot",
        &[
            (0, restricted::run_as_non_root),
            (35, restricted::run_as_non_root_1_35),
        ],
        None,
    ),
    restricted(
        "runAsUser",
        &[
            (23, restricted::run_as_user),
            (35, restricted::run_as_user_1_35),
        ],
        None,
    ),
    restricted(
        "seccompProfile_restricted",
        &[
            (19, restricted::seccomp_profile),
            (25, restricted::seccomp_profile_1_25),
        ],
        Some("seccompProfile_baseline"),
    ),
];

impl Check {
    /// The revision in force at a minor: the newest that is not newer than it.
    fn revision(&self, minor: u32) -> Option<CheckPod> {
        let newest = self
            .revisions
            .iter()
            .rev()
            .find(|(since, _)| *since <= minor);
        newest.map(|(_, check)| *check)
    }
}

/// The checks of a level that a pod fails, in the order in which the API server lists them.
///
/// A restricted check stands in for the baseline check that it overrides: the same fault is told once.
#[must_use]
pub fn evaluate(pod: &Pod<'_>, level: Level, version: Version) -> Vec<Violation> {
    let minor = version.evaluated();
    let applies = |check: &&Check| {
        let overridden = level == Level::Restricted
            && CHECKS
                .iter()
                .any(|other| other.overrides == Some(check.id) && other.revision(minor).is_some());
        check.level <= level && !overridden
    };
    CHECKS
        .iter()
        .filter(applies)
        .filter_map(|check| {
            let Finding { reason, detail } = check.revision(minor)?(pod)?;
            let reason = reason.to_owned();
            Some(Violation {
                check: check.id,
                level: check.level,
                reason,
                detail,
            })
        })
        .collect()
}

/// The strictest level that a pod passes.
#[must_use]
pub fn level(pod: &Pod<'_>, version: Version) -> Level {
    let passes = |level: &Level| evaluate(pod, *level, version).is_empty();
    [Level::Restricted, Level::Baseline]
        .into_iter()
        .find(passes)
        .unwrap_or(Level::Privileged)
}

/// What the API server says of a pod that it rejects:
/// `violates PodSecurity "restricted:latest": <reason> (<detail>), ...`.
#[must_use]
pub fn message(violations: &[Violation], level: Level, version: Version) -> String {
    let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
    format!(
        "violates PodSecurity \"{level}:{version}\": {}",
        told.join(", ")
    )
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.detail)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

impl Level {
    /// The level that a label names.
    #[must_use]
    pub fn named(label: &Value) -> Option<Self> {
        let levels = [Self::Privileged, Self::Baseline, Self::Restricted];
        levels
            .into_iter()
            .find(|level| label.as_str() == Some(&level.to_string()))
    }
}

impl Version {
    /// The label value `latest`: whatever is newest.
    pub const LATEST: Self = Self(u32::MAX);
    /// The newest minor whose checks are known here.
    pub const NEWEST: Self = Self(37);

    /// Version `v1.<minor>`.
    #[must_use]
    pub const fn new(minor: u32) -> Self {
        Self(minor)
    }

    /// The Kubernetes minor of major 1.
    #[must_use]
    pub const fn minor(self) -> u32 {
        self.0
    }

    /// The minor whose checks run: at most the newest known.
    const fn evaluated(self) -> u32 {
        if self.0 < Self::NEWEST.0 {
            self.0
        } else {
            Self::NEWEST.0
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::LATEST {
            f.pad("latest")
        } else {
            write!(f, "v1.{}", self.0)
        }
    }
}

/// The text is not a policy version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseVersionError(String);

impl fmt::Display for ParseVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a Pod Security version: expected \"latest\" or \"v1.<minor>\"",
            self.0
        )
    }
}

impl std::error::Error for ParseVersionError {}

impl FromStr for Version {
    type Err = ParseVersionError;

    /// Reads `latest`, `v1.N` (the forms of the label) or `1.N`, without leading zeros.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "latest" {
            return Ok(Self::LATEST);
        }
        let digits = text
            .strip_prefix('v')
            .unwrap_or(text)
            .strip_prefix("1.")
            .unwrap_or_default();
        let canonical = digits == "0" || !digits.starts_with(['0', '+']);
        let minor = digits.parse().ok().filter(|_| canonical);
        minor
            .map(Self)
            .ok_or_else(|| ParseVersionError(text.to_owned()))
    }
}
