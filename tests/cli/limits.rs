//! Input that is too deep, too long or too much is refused with words, in every place that is read.

use super::support::{Folder, POD, run};

const DEEP: usize = 100_000;

/// Nested far deeper than any stack.
fn deep() -> [(&'static str, String); 5] {
    [
        (
            "sequence",
            format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)),
        ),
        (
            "mapping",
            format!("{}1{}", "{a: ".repeat(DEEP), "}".repeat(DEEP)),
        ),
        (
            "JSON",
            format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP)),
        ),
        ("never closed", "[".repeat(DEEP)),
        ("anchors", "&a [".repeat(5000)),
    ]
}

#[test]
fn manifests_that_nest_too_deep() {
    for (what, text) in deep() {
        for head in [
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: ",
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: ",
        ] {
            let done = run(None, &["render", "-"], &format!("{head}{text}\n"));
            assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{what}");
            assert!(
                done.stderr.contains("nested deeper than 200 levels"),
                "{what}: {}",
                done.stderr
            );
        }
    }
    let blocks: Vec<String> = (0..2000).map(|at| " ".repeat(at)).collect();
    let blocks = blocks.join("a:\n");
    for text in [blocks, format!("{}a\n", "- ".repeat(DEEP))] {
        let done = run(
            None,
            &["render", "-"],
            &format!("# apiVersion kind\n{text}"),
        );
        assert!(
            done.stderr.contains("nested deeper than 200 levels"),
            "{}",
            done.stderr
        );
    }
}

#[test]
fn other_files_that_nest_too_deep() {
    for (what, text) in deep() {
        let configuration =
            format!("apiVersion: kubetemper.dev/v1alpha1\nkind: Hardening\nspec: {text}\n");
        let files = [
            ("pod.yaml", POD),
            ("config.yaml", configuration.as_str()),
            (
                "around/rbac.yaml",
                &format!("# apiVersion: kind: RoleBinding\na: {text}\n"),
            ),
            ("images.yaml", &text),
            ("oci/app.json", &text),
            ("layout/oci-layout", "{}"),
            ("layout/index.json", &text),
        ];
        let folder = Folder::new(&files);
        for (flag, name, told) in [
            ("--config", "config.yaml", "nested deeper than 200 levels"),
            ("--images", "images.yaml", "nested deeper than 200 levels"),
            ("--image-config", "oci", "app.json: "),
            ("--image-config", "layout", "index.json: "),
        ] {
            let done = folder.run(&["check", "--no-context", flag, name, "pod.yaml"]);
            assert_eq!(done.code, 2, "{what} {flag}: {}", done.stderr);
            assert!(done.stderr.contains(told), "{what} {flag}: {}", done.stderr);
        }
        let done = folder.run(&["check", "--no-config", "--context", "around", "pod.yaml"]);
        assert_eq!(done.code, 1, "{what}: {}", done.stderr);
    }
}

/// What a container runs is read too: programs within programs.
#[test]
fn commands_that_nest_too_deep() {
    for (what, text) in deep() {
        let text = &text[..text.len().min(DEEP / 5)];
        let quoted = serde_json::to_string(&text.replace('[', "$(").replace(']', ")")).unwrap();
        let pod = format!(
            "{POD}    command: [sh, -c, {quoted}]\n    env: [{{name: A, value: {quoted}}}]\n"
        );
        let done = run(None, &["check", "-"], &pod);
        assert_eq!(done.code, 1, "{what}: {}", done.stderr);
    }
}

#[test]
fn aliases_of_much_text_are_refused() {
    let text = "x".repeat(100_000);
    let aliases = "*a,".repeat(10_000);
    for start in [
        format!("a: &a {text}\n  b: [{aliases}]"),
        format!("a: &a {{{text}: 1}}\n  b: [{aliases}]"),
    ] {
        let done = run(
            None,
            &["render", "-"],
            &format!("apiVersion: v1\nkind: Pod\nspec:\n  {start}\n"),
        );
        assert_eq!((done.code, done.stdout.as_str()), (2, ""));
        let told = "aliases expand to far more than the document holds";
        assert!(done.stderr.contains(told), "{}", done.stderr);
    }
}

#[test]
fn limits_hold_for_files_and_streams() {
    let two = format!("{POD}---\n{POD}");
    let folder = Folder::new(&[("two.yaml", &two), (".git/HEAD", "")]);
    for (limit, told) in [
        (
            "file-size=64",
            "the file has 65 bytes or more, and the limit is 64",
        ),
        (
            "document-size=64",
            "the document that begins here has more than 64 bytes, and the limit is 64",
        ),
        (
            "line-length=14",
            "this line has 15 bytes, and the limit is 14",
        ),
        (
            "documents=1",
            "another document begins here, and the limit is 1",
        ),
    ] {
        let name = limit.split('=').next().unwrap();
        let help = format!("split it, or raise the limit with `--limit {name}=...`");
        for (path, input) in [("two.yaml", ""), ("-", two.as_str())] {
            let verb = if path == "-" { "render" } else { "fix" };
            let done = run(Some(folder.root()), &[verb, "--limit", limit, path], input);
            assert_eq!(
                (done.code, done.stdout.as_str()),
                (2, ""),
                "{limit}: {}",
                done.stderr
            );
            assert!(
                done.stderr.contains(told) && done.stderr.contains(&help),
                "{limit}: {}",
                done.stderr
            );
        }
        assert_eq!(folder.read("two.yaml"), two);
    }
    let done = folder.run(&["check", "--limit", "documents=2", "two.yaml"]);
    assert_eq!(done.code, 1, "{}", done.stderr);
    let done = folder.run(&["check", "--limit", "lines=2", "two.yaml"]);
    assert!(
        done.code == 2 && done.stderr.contains("there is no limit `lines`"),
        "{}",
        done.stderr
    );
}
