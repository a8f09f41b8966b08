//! Exit status, and what is printed when there is nothing good to print.

use super::support::{BROKEN, Folder, POD, TEMPLATE, hardened, run};

#[test]
fn exit_status_says_whether_there_is_work() {
    let folder = Folder::new(&[
        ("pod.yaml", POD),
        ("hardened.yaml", &hardened()),
        ("broken.yaml", BROKEN),
    ]);
    for (arguments, code) in [
        (&["check", "pod.yaml"][..], 1),
        (&["check", "hardened.yaml"], 0),
        (&["check", "broken.yaml"], 2),
        (&["check", "pod.yaml", "broken.yaml"], 2),
        (&["diff", "pod.yaml"], 1),
        (&["diff", "hardened.yaml"], 0),
        (&["diff", "pod.yaml", "broken.yaml"], 2),
        (&["render", "pod.yaml"], 0),
        (&["render", "hardened.yaml"], 0),
        (&["render", "broken.yaml"], 2),
        (&["fix", "hardened.yaml"], 0),
        (&["fix", "broken.yaml"], 2),
        (&["fix", "pod.yaml"], 0),
        (&["check", "pod.yaml"], 0),
        (&["diff", "pod.yaml"], 0),
    ] {
        let done = folder.run(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {}", done.stderr);
    }
    assert_eq!(folder.read("broken.yaml"), BROKEN);
    assert_eq!(folder.read("hardened.yaml"), hardened());
}

#[test]
fn held_changes_are_no_work() {
    let privileged = POD.replace(
        "    image",
        "    securityContext: {privileged: true}\n    image",
    );
    let folder = Folder::new(&[("privileged.yaml", &privileged), ("pod.yaml", POD)]);
    for (risk, name) in [("high", "privileged.yaml"), ("none", "pod.yaml")] {
        let only = "--only=drop-capabilities";
        let done = folder.run(&["check", only, "--max-risk", risk, name]);
        assert_eq!(done.code, 0, "{}", done.stdout);
    }
}

#[test]
fn exit_zero_maps_only_one_to_zero() {
    let folder = Folder::new(&[("pod.yaml", POD), ("broken.yaml", BROKEN)]);
    assert_eq!(folder.run(&["check", "--exit-zero", "pod.yaml"]).code, 0);
    assert_eq!(folder.run(&["diff", "--exit-zero", "pod.yaml"]).code, 0);
    assert_eq!(folder.run(&["check", "--exit-zero", "broken.yaml"]).code, 2);
}

#[test]
fn a_bare_program_in_a_pipe_renders() {
    let bare = run(None, &[], POD);
    let render = run(None, &["render", "-"], POD);
    assert_eq!((bare.code, &bare.stdout), (0, &render.stdout));
    let flags = run(None, &["--max-risk", "high", "--recreate"], POD);
    assert_eq!(flags.code, 0, "{}", flags.stderr);
    assert!(
        flags.stdout.contains("runAsNonRoot: true"),
        "{}",
        flags.stdout
    );
}

#[test]
fn render_keeps_what_is_immutable_on_a_live_object() {
    let done = run(None, &["render", "--max-risk", "high"], POD);
    assert_eq!((done.code, done.stdout.as_str()), (0, POD));
}

#[test]
fn render_of_an_unreadable_document_prints_nothing() {
    for input in [
        format!("{POD}---\n{BROKEN}"),
        format!("{BROKEN}---\n{POD}"),
        TEMPLATE.to_owned(),
    ] {
        let done = run(None, &["render"], &input);
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{input}");
        assert!(!done.stderr.is_empty(), "no reason given for {input}");
    }
}

#[test]
fn render_of_nothing_is_nothing_and_of_something_is_something() {
    for input in [
        "",
        "# only a comment\n",
        "---\n",
        "a: 1\n",
        "\u{feff}a: 1\r\n",
    ] {
        let done = run(None, &["render"], input);
        assert_eq!((done.code, done.stdout.as_str()), (0, input));
    }
}

#[test]
fn a_demand_that_is_not_met_exits_one_and_renders_nothing() {
    let done = run(None, &["render", "--require", "restricted"], POD);
    assert_eq!((done.code, done.stdout.as_str()), (1, ""));
    assert!(done.stderr.contains("Pod/app"), "{}", done.stderr);
    let hardened = hardened();
    let done = run(None, &["render", "--require", "restricted"], &hardened);
    assert_eq!((done.code, done.stdout), (0, hardened));
    let done = run(None, &["render", "--require", "baseline"], POD);
    assert_eq!((done.code, done.stdout.as_str()), (0, POD));
}

#[test]
fn a_demand_counts_what_the_author_decided() {
    let privileged = POD.replace(
        "    image",
        "    securityContext: {privileged: true}\n    image",
    );
    let folder = Folder::new(&[("pod.yaml", &privileged)]);
    let demand = ["check", "--require", "baseline", "pod.yaml"];
    assert_eq!(folder.run(&["fix", "pod.yaml"]).code, 0);
    assert_eq!(folder.run(&["check", "pod.yaml"]).code, 0);
    assert_eq!(folder.run(&demand).code, 1);
    assert_eq!(
        folder.run(&[&demand[..], &["--exit-zero"]].concat()).code,
        0
    );
}
