//! What scripts run, and what that needs.

use serde_json::json;

use super::*;
use crate::pod::ContainerKind;

fn of(value: &Value) -> Option<Command> {
    Command::of(&Container {
        value,
        pointer: "",
        kind: ContainerKind::App,
    })
}

fn programs(text: &str) -> Option<String> {
    let value = json!({"command": ["sh", "-c", text]});
    of(&value).map(|command| command.programs.join(" "))
}

#[test]
fn programs_of_scripts() {
    for (text, expected) in [
        ("sleep 3600", Some("sleep")),
        (
            "chown -R 999:999 /data && chmod 0700 '/data'",
            Some("chown chmod"),
        ),
        (
            "until nslookup db; do echo waiting; sleep 2; done;",
            Some("nslookup echo sleep"),
        ),
        (
            "while true; do date >> /out/log; sleep 1; done",
            Some("true date sleep"),
        ),
        ("for f in a b; do /bin/cat $f; done", Some("cat")),
        (
            "until [ $(curl -s http://a) = 1 ]; do sleep 1; done",
            Some("[ curl sleep"),
        ),
        ("A=1 B=2 exec /usr/bin/env x", Some("env")),
        (
            "# a comment\nset -e\nls 2>&1 >/dev/null || true",
            Some("set ls true"),
        ),
        (
            "if [ -f /x ]; then cat /x; else echo no; fi",
            Some("[ cat echo"),
        ),
        ("$PROGRAM --flag", None),
        ("case $1 in a) ls;; esac", None),
        ("cat <<EOF\nchown\nEOF", None),
        ("echo \"$(chown a b)\"", None),
        ("echo 'unclosed", None),
    ] {
        assert_eq!(programs(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn command_lines_without_a_shell() {
    let command = |value: Value| of(&value).map(|command| command.programs.join(" "));
    let json = |value| command(value).unwrap_or_else(|| "?".to_owned());
    assert_eq!(
        json(json!({"command": ["/bin/chown", "1:1", "/data"]})),
        "chown"
    );
    assert_eq!(json(json!({"args": ["--mount=/data"]})), "");
    assert_eq!(json(json!({"args": ["bash", "-c", "id"]})), "id");
    assert_eq!(
        json(json!({"command": ["/bin/sh", "/scripts/run.sh"]})),
        "?"
    );
    assert_eq!(
        json(json!({"command": ["sh", "-ec"], "args": ["id; ls"]})),
        "id ls"
    );
}

#[test]
fn what_they_need() {
    let harmless =
        |text: &str| of(&json!({"command": ["sh", "-c", text]})).is_some_and(|c| c.is_harmless());
    assert!(harmless("echo a > /dev/null; sleep 1") && !harmless("echo a > /data/x"));
    assert!(!harmless("nginx -g 'daemon off;'") && !harmless("chown 1 /x"));
    let files = |text: &str| {
        of(&json!({"command": ["sh", "-c", text]})).is_some_and(|c| c.only_changes_files())
    };
    assert!(
        files("mkdir -p /d && chown 1 /d")
            && !files("mkdir /d")
            && !files("chown 1 /d && apk add x")
    );
}
