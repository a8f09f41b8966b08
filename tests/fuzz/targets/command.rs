//! Command lines and shell scripts: what is read of them never hides a program.

use kubetemper::cluster::Cluster;
use kubetemper::command::Command;
use kubetemper::pipeline::{self, Outcome, Source};
use kubetemper::pod::{Container, ContainerKind};
use kubetemper::settings::Settings;
use serde_json::{Value, json};

pub(super) const WORDS: &[&str] = &[
    "set -e; exec nginx -g 'daemon off;'",
    "chown -R 1000 /data && su-exec app run",
    "until nc -z db 5432; do sleep 1; done",
    "echo hi > /tmp/x 2>&1",
    "if [ -f a ]; then cat a; else true; fi",
    "for x in a b; do rm $x; done",
    "a | b & c",
    "x=$(date); echo \"$x\"",
    "`id`",
    "cat <<EOF\nx\nEOF",
    "case x in a) b;; esac",
    "f() { a; }; f",
    "A=1 b",
    "# c\nd",
    "\\\nls",
    "sleep 1d",
    "(cd /a; ls)",
    "eval x",
    "$CMD",
    "2>/dev/null ls",
    "a && ! b || { c; }",
];

/// Reads a text as the script of a shell, and as words.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // In JSON it may stand, in YAML not.
    if text.contains('\u{7f}') {
        return;
    }
    let words: Vec<&str> = text.split('\u{1f}').collect();
    read(&json!({"name": "c", "image": "busybox", "args": words}));
    let script = read(&shell(text));
    let Some(script) = script else {
        return;
    };
    assert!(
        script.programs.iter().all(|name| !name.contains('/')),
        "{script:?}"
    );
    // A program on a line of its own counts, wherever the text before it ends; but for a `for` without a `do`.
    if !text.ends_with('\\') && !text.contains("for") {
        let longer = read(&shell(&format!("{text}\nchown x y\n")));
        let for_root = longer.as_ref().map(|longer| longer.for_root().is_some());
        assert_ne!(for_root, Some(false), "{text:?}: {longer:?}");
    }
    if script.is_harmless() {
        assert!(
            script.for_root().is_none() && script.file().is_none(),
            "{text:?}"
        );
    }
}

fn shell(text: &str) -> Value {
    json!({"name": "c", "image": "busybox", "command": ["/bin/sh", "-ec"], "args": [text]})
}

fn read(value: &Value) -> Option<Command> {
    let container = Container {
        value,
        pointer: "/spec/containers/0",
        kind: ContainerKind::App,
    };
    let manifest = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [value]}});
    let source = Source {
        path: "-".to_owned(),
        text: manifest.to_string(),
        is_patch: false,
    };
    if container.value.to_string().len().is_multiple_of(16) {
        let outcome = pipeline::harden(source, &Settings::default(), &Cluster::default());
        let Outcome::Report(report, _) = outcome else {
            panic!("{manifest} is no template");
        };
        assert!(
            report.problems.is_empty(),
            "{:?}\n{manifest}",
            report.problems
        );
    }
    Command::of(&container)
}
