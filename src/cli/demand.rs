//! The level that is demanded of workloads, and which of them miss it.

use super::run::Run;
use crate::pod_security::{self, Level, Version};
use crate::report::{FileReport, ObjectReport};

impl Run {
    /// The workloads that miss the level that is demanded of them.
    pub(super) fn misses(&self) -> impl Iterator<Item = (&FileReport, &ObjectReport, Level)> {
        let files = self.report.files.iter().zip(&self.demands);
        let demanded = files.filter_map(|(file, demand)| Some((file, (*demand)?)));
        demanded.flat_map(|(file, level)| {
            let misses = move |object: &&ObjectReport| {
                let levels = object.level.as_ref();
                levels.is_some_and(|levels| levels.after < level)
            };
            let objects = file.objects.iter().filter(misses);
            objects.map(move |object| (file, object, level))
        })
    }

    /// Tells whether a workload misses the level that is demanded of it.
    pub(super) fn misses_level(&self) -> bool {
        self.misses().next().is_some()
    }

    /// Which workloads miss the level that is demanded of them, and why.
    pub(super) fn misses_in_words(&self) -> Vec<String> {
        let words = |(file, object, level): (&FileReport, &ObjectReport, Level)| {
            let place = format!("{}:{}", file.path, object.line);
            format!("{place}: {} {}", object.label(), miss(object, level))
        };
        self.misses().map(words).collect()
    }
}

/// Why a workload misses a level, in the words of the API server.
pub(super) fn miss(object: &ObjectReport, level: Level) -> String {
    let violations = object.level.iter().flat_map(|levels| &levels.violations);
    let violations: Vec<_> = violations
        .filter(|violation| violation.level <= level)
        .cloned()
        .collect();
    pod_security::message(&violations, level, Version::LATEST)
}
