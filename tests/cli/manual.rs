//! Completions and manual pages, which packages install: complete, and of use to the shells that are here.

use std::fs;
use std::process::Command;

use kubetemper::transforms::ALL;

use super::support::{Folder, run};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

fn output(arguments: &[&str]) -> String {
    let done = run(None, arguments, "");
    assert_eq!(done.code, 0, "{arguments:?}: {}", done.stderr);
    done.stdout
}

/// The commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = output(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap();
    let name = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    let all = list.lines().take_while(|line| !line.is_empty()).map(name);
    let all: Vec<String> = all.filter(|name| name != "help").collect();
    assert!(all.len() > 10, "{all:?}");
    all
}

/// The long options of a command, as its help shows them.
fn options(command: &str) -> Vec<String> {
    let help = output(&[command, "--help"]);
    let word = |c: char| c == ' ' || c == '[' || c == '=';
    let option = |line: &str| {
        let start = line.trim_start().find("--").filter(|at| *at <= 4)?;
        let name = line.trim_start()[start..].split(word).next()?;
        Some(name.to_owned())
    };
    let entries = help
        .lines()
        // Words stand further to the right.
        .filter(|line| {
            line.find('-')
                .is_some_and(|at| at <= 6 && line[..at].trim().is_empty())
        });
    entries.filter_map(option).collect()
}

#[test]
fn every_command_has_a_page_with_all_its_options() {
    let folder = Folder::new(&[]);
    let pages = folder.path("man");
    assert_eq!(output(&["man", "--output", pages.to_str().unwrap()]), "");
    assert!(options("check").contains(&"--max-risk".to_owned()));
    let mut wanted = vec!["kubetemper.1".to_owned()];
    for command in commands() {
        let name = format!("kubetemper-{command}.1");
        let page = folder.read(&format!("man/{name}"));
        assert!(
            page.contains(&format!(".TH kubetemper-{command} 1")),
            "{page}"
        );
        assert_eq!(output(&["man", &command]), page);
        for option in options(&command) {
            let roff = option.replace('-', "\\-");
            assert!(page.contains(&roff), "{name}: no {option}");
        }
        assert!(!page.contains("\n\n.TP"), "an option without words: {page}");
        wanted.push(name);
    }
    let mut found: Vec<String> = fs::read_dir(pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
    let own = output(&["man"]);
    assert_eq!(own, folder.read("man/kubetemper.1"));
    // Examples keep their lines.
    assert!(
        own.contains("\n.nf\n") && own.contains("\n  kubetemper fix examples/shop.yaml\n"),
        "{own}"
    );
}

#[test]
fn a_page_that_does_not_exist_is_an_error() {
    let done = run(None, &["man", "fixx"], "");
    assert_eq!((done.code, done.stdout.as_str()), (2, ""));
    assert!(done.stderr.contains("no command fixx"), "{}", done.stderr);
}

#[test]
fn every_shell_completes_commands_options_and_transforms() {
    let commands = commands();
    for shell in SHELLS {
        let text = output(&["completions", shell]);
        for command in &commands {
            assert!(text.contains(command.as_str()), "{shell}: no {command}");
            for option in options(command) {
                // fish writes `-l max-risk`.
                let name = option.trim_start_matches('-');
                assert!(text.contains(name), "{shell}: no {option} of {command}");
            }
        }
        // The completions of these two offer no values.
        if shell != "elvish" && shell != "powershell" {
            for (transform, _) in ALL {
                assert!(text.contains(transform.id), "{shell}: no {}", transform.id);
            }
        }
    }
}

/// What bash offers for the last word of a line.
fn complete(script: &str, words: &[&str]) -> String {
    let last = words.len() - 1;
    let (word, before) = (words[last], words[last - 1]);
    let line = words.join("' '");
    let call = format!(
        "COMP_WORDS=('{line}') COMP_CWORD={last}; _kubetemper kubetemper '{word}' '{before}'; echo \"${{COMPREPLY[*]}}\""
    );
    let done = Command::new("bash")
        .args(["--norc", "-c", &format!("source '{script}' && {call}")])
        .output()
        .unwrap();
    let errors = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success() && errors.is_empty(), "{errors}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn bash_completes_what_is_typed() {
    if Command::new("bash").arg("--version").output().is_err() {
        return;
    }
    let text = output(&["completions", "bash"]);
    let folder = Folder::new(&[("kubetemper.bash", &text)]);
    let script = folder.path("kubetemper.bash");
    let script = script.to_str().unwrap();
    for (words, offered) in [
        (&["kubetemper", "expl"][..], "explain"),
        (&["kubetemper", "check", "--max"], "--max-risk"),
        (&["kubetemper", "check", "--max-risk", ""], "none low high"),
        (&["kubetemper", "diff", "--profile", "b"], "baseline"),
        (
            &["kubetemper", "fix", "--only", "drop"],
            "drop-capabilities",
        ),
        (&["kubetemper", "patch", "--as", ""], "json kustomize"),
        (&["kubetemper", "completions", "z"], "zsh"),
    ] {
        assert_eq!(complete(script, words), offered, "{words:?}");
    }
}
