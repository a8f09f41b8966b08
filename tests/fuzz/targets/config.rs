//! Configuration files: read, or refused with a place and a reason; and what hardening does with them.

use kubetemper::cluster::Cluster;
use kubetemper::config::File;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::settings::Settings;

use super::{harden, text};

const MANIFEST: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
---
apiVersion: example.com/v1
kind: Worker
metadata: {name: worker}
spec: {template: {spec: {containers: [{name: app, image: busybox, securityContext: {privileged: true}}]}}}
";

/// Reads a configuration, and hardens with it.
pub(super) fn check(data: &[u8]) {
    let Some(([], text)) = text::header::<0>(data) else {
        return;
    };
    for document in text::documents(text).into_iter().flatten() {
        if let Err(error) = File::of_function("functionConfig", document.value()) {
            assert!(!error.reason.is_empty() && error.position.is_none());
        }
    }
    let file = match File::read("kubetemper.yaml", text) {
        Ok(file) => file,
        Err(error) => {
            let lines = text.lines().count() + 1;
            let position = error.position.expect("a mistake has a place");
            assert!((1..=lines).contains(&position.line), "{error}");
            assert!(!error.reason.is_empty());
            return;
        }
    };
    assert_eq!(file.overrides.len(), file.spec.overrides.len());
    let mut settings = Settings::default();
    file.spec.apply(&mut settings);
    let harden = |text: &str| {
        let source = Source {
            path: "web.yaml".to_owned(),
            text: text.to_owned(),
            is_patch: false,
        };
        match pipeline::harden(source, &settings, &Cluster::default()) {
            Outcome::Report(report, _) => report,
            Outcome::Template(problem) => panic!("{problem:?}"),
        }
    };
    let report = harden(MANIFEST);
    harden::sensible(&report);
    assert!(report.problems.is_empty(), "{:?}\n{text}", report.problems);
    if let Some(after) = &report.after {
        let twice = harden(after).after;
        assert_eq!(twice, None, "a second run with\n{text}\n{after}");
    }
}
