//! What scripts run, and what that needs.

use proptest::prelude::*;
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
        (
            "envsubst < /tpl/a > /etc/a && nginx",
            Some("envsubst nginx"),
        ),
        ("echo `false || echo `chown 1 /d` || true`", None),
        ("cat < $(chown a b)", Some("cat chown")),
        ("cat <<EOF\nchown\nEOF", None),
        ("echo \"$(chown a b)\"", None),
        ("echo 'unclosed", None),
        ("ch\\own 1 /d; 'c'hmod 1 /d", Some("chown chmod")),
        (
            "echo \"a; chown b\" 'c && apk add d' # && chown e",
            Some("echo"),
        ),
        ("(sleep 1; chown a b) & wait", Some("sleep chown wait")),
        ("for f in $(apk add a); do echo $f; done", None),
        ("for f in `apk add a`; do echo $f; done", None),
        ("nc -zv db 5432 || nc -l -p 80", Some("nc -z nc -l")),
        ("exec >/dev/null 2>&1\nsleep 1", Some("sleep")),
        ("A=$(id -u) echo a", Some("id echo")),
        ("2>/dev/null /usr/bin/chown a b", Some("chown")),
        ("echo a\\\n  b; ls", Some("echo ls")),
        ("f() { apk add a; }; f", None),
        ("sh -c 'chown a b'", Some("sh")),
        ("", Some("")),
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
    assert_eq!(json(json!({"args": ["/scripts/run.sh", "a"]})), "run.sh");
    // What an official image's entrypoint starts; others make of it what they like.
    assert_eq!(
        json(json!({"image": "redis:7", "args": ["chown", "1", "/data"]})),
        "chown"
    );
    assert_eq!(
        json(json!({"image": "hashicorp/vault", "args": ["server"]})),
        ""
    );
    assert_eq!(
        json(json!({"command": ["sh", "-c", "exec \"$0\" \"$@\""], "args": ["chown"]})),
        "?"
    );
    assert_eq!(
        json(json!({"command": ["env", "A=1", "sh", "-c", "chown a b"]})),
        "env"
    );
    assert_eq!(json(json!({"command": [1, "chown"]})), "?");
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
    for text in [
        "echo a >&/data/x",
        "echo a &> /data/x",
        "echo a >| /data/x",
        "echo a > /dev/../data/x",
        "echo a >> \"$FILE\"",
        "> /data/x",
        "nc -l 80",
        "nc -lz 80",
        "nc -e sh -z db 80",
        "",
        "\"$@\"",
        "sh -c 'sleep 1'",
        // What runs is what the inner command prints.
        "`echo reboot`",
        "$(echo reboot)",
        "sleep 1; `echo reboot`",
    ] {
        assert!(!harmless(text), "{text}");
    }
    for text in [
        "sleep 5 2>&1",
        "echo a >&2",
        "nc -z db 80",
        "until nc -z db 80 2>/dev/null; do :; done",
    ] {
        assert!(harmless(text), "{text}");
    }
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

/// Shell that runs what stands for `@`.
const AROUND: [&str; 35] = [
    "@",
    "true && @",
    "true; @",
    "false || @ || true",
    "if @; then echo a; fi",
    "if true; then @; else echo b; fi",
    "if false; then echo a; elif @; then echo b; fi",
    "while @; do sleep 1; done",
    "until false; do @; sleep 1; done",
    "for i in a b; do @; done",
    "for i in a\ndo\n@\ndone",
    "for i in $(@); do echo $i; done",
    "for i in `@`; do echo $i; done",
    "( @ )",
    "{ @; }",
    "! @",
    "A=1 B='2 3' @",
    "A=$(@) sleep 1",
    "A=$(true) @",
    "A=`true` @",
    "echo `@`",
    "echo $(@)",
    "echo \"a $(@)\"",
    "echo a | @",
    "@ | cat",
    "sleep 1 & @",
    "# what it does\n@",
    "echo a > /dev/null; @",
    "echo a 2>&1; @",
    "echo $((1 + 1)); @",
    "f() { @; }; f",
    "case a in a) @;; esac",
    "cat <<END\na\nEND\n@",
    "test -f /a && [ -d /b ] && @",
    "echo \\\n a; @",
];

/// Commands that only root can use, or that write a file.
const HARMFUL: [&str; 10] = [
    "chown 1 /d",
    "'chown' 1 /d",
    "\"ch\"own 1 /d",
    "ch\\own 1 /d",
    "/bin/chown 1 /d",
    "2>/dev/null apk add a",
    "exec chmod 1 /d",
    "echo a > /d/f",
    "echo a >&/d/f",
    "echo a >>'/d/f'",
];

proptest! {
    /// Nothing that a shell runs is overlooked.
    #[test]
    fn harm_is_seen(
        around in proptest::collection::vec(proptest::sample::select(AROUND.to_vec()), 1..4),
        harm in proptest::sample::select(HARMFUL.to_vec()),
    ) {
        let text = around.iter().fold(harm.to_owned(), |text, around| around.replace('@', &text));
        let value = json!({"command": ["sh", "-c", text]});
        let command = of(&value);
        prop_assert!(!command.as_ref().is_some_and(Command::is_harmless), "{}: {:?}", text, command);
        let is_seen = command.is_none_or(|command| command.for_root().is_some() || command.file().is_some());
        prop_assert!(is_seen, "{}", text);
    }

    /// Whatever the text, it is read or not, in peace.
    #[test]
    fn any_text_is_read(text in any::<String>(), shell in "[ -~\n]{0,60}", marks in "[$`'\"\\\\(){}<>&|;#a \n]{0,30}") {
        for text in [text, shell, marks] {
            for value in [json!({"command": ["sh", "-c", text]}), json!({"args": [text]}), json!({"command": [text]})] {
                let container = Container { value: &value, pointer: "", kind: ContainerKind::App };
                let mut harmless = program_for_root(&container).is_none();
                if let Some(command) = Command::of(&container) {
                    harmless &= command.is_harmless();
                    prop_assert!(!(harmless && command.only_changes_files()));
                }
            }
        }
    }
}
