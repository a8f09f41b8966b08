//! As a plugin of Helm 4, which throws away what a post-renderer says: only its exit status gets through. So the report,
//! and the reason why there is none, go to a file in the plugin's folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::run::say;
use crate::emit;
use crate::output;
use crate::report::Report;

/// The name in `docs/helm-plugin/plugin.yaml`.
const PLUGIN: &str = "kubetemper";

/// The file in the plugin's folder.
const REPORT: &str = "report.json";

/// The file that takes the report when Helm runs the plugin. Other plugins (helm-diff) pass their own name and folder
/// on to the post-renderers that they run.
pub(super) fn report_file() -> Option<PathBuf> {
    let is_ours = env::var_os("HELM_PLUGIN_NAME").is_some_and(|name| name == PLUGIN);
    let folder = env::var_os("HELM_PLUGIN_DIR").filter(|_| is_ours)?;
    Some(PathBuf::from(folder).join(REPORT))
}

/// Writes the report into the plugin's folder. Somebody else may own that: it is no reason to fail a release.
pub(super) fn write(text: &str) {
    if let Some(path) = report_file()
        && let Err(error) = fs::write(&path, text)
    {
        say(&format!("warning: {}: {error}", path.display()));
    }
}

/// Writes why there is no report to where it would be.
pub(super) fn write_error(named: Option<&Path>, error: &str) {
    let mut report = emit::json(&Report::default(), &|_| Vec::new());
    report["error"] = json!(error);
    let text = format!("{report:#}\n");
    match named {
        // The error is told all the same; a second one about the file would only hide it.
        Some(path) => drop(output::report(path, &text)),
        None => write(&text),
    }
}
