//! The form of the table, and how images are found in it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::table::{TEXT, Table, chunks};
use super::*;

fn entries() -> Vec<Facts> {
    yaml_serde::from_str(TEXT).unwrap()
}

fn found(reference: &str) -> Option<Facts> {
    Library::default()
        .find(reference)
        .map(|known| known.facts.clone())
}

#[test]
fn every_entry_can_be_read_and_found_where_it_stands() {
    let entries = entries();
    assert_eq!(chunks(TEXT).len(), entries.len());
    for (chunk, entry) in chunks(TEXT).iter().zip(&entries) {
        let alone: Vec<Facts> = yaml_serde::from_str(chunk).unwrap();
        assert_eq!(&alone[0], entry);
        // A key of the head below another one would be overlooked.
        let lines = chunk.lines().skip(1);
        let mut late = lines
            .skip_while(|line| line.starts_with("  aliases:") || line.starts_with("  versions:"));
        let is_head =
            |line: &str| line.starts_with("  aliases:") || line.starts_with("  versions:");
        assert!(!late.any(is_head), "{}", entry.image);
    }
}

#[test]
fn every_entry_has_a_source_and_makes_sense() {
    for facts in entries() {
        let image = &facts.image;
        assert_eq!(facts.check(), Ok(()), "{image}");
        assert!(!facts.source.is_empty(), "{image}: where was this read?");
        assert!(facts.non_root.is_some(), "{image}: nonRoot is missing");
    }
}

#[test]
fn no_match_is_ambiguous() {
    let entries = entries();
    let mut lengths = BTreeSet::new();
    for (name, rows) in Table::built_in().names() {
        let images: BTreeSet<&str> = rows
            .iter()
            .map(|row| entries[*row].image.as_str())
            .collect();
        assert_eq!(images.len(), 1, "{name} is in several images: {images:?}");
        let versions: Vec<_> = rows.iter().map(|row| &entries[*row].versions).collect();
        let distinct: BTreeSet<_> = versions.iter().collect();
        assert_eq!(
            distinct.len(),
            versions.len(),
            "{name}: twice the same versions"
        );
        let (_, but_last) = versions.split_last().unwrap();
        let hidden = but_last.iter().any(|versions| versions.is_none());
        assert!(!hidden, "{name}: an entry without versions hides the next");
        if let Some((prefix, _)) = name.split_once('*') {
            // Two patterns of the same length that can match the same name begin alike.
            assert!(lengths.insert((name.len(), prefix)), "{name} is ambiguous");
        }
    }
}

#[test]
fn names_of_the_same_image() {
    let nginx = found("nginx").unwrap();
    for reference in [
        "library/nginx:1.27",
        "docker.io/nginx",
        "index.docker.io/library/nginx",
        "public.ecr.aws/docker/library/nginx:latest",
        "mirror.gcr.io/library/nginx",
        "mirror.gcr.io/nginx",
        "rancher/mirrored-library-nginx:1.27",
    ] {
        assert_eq!(found(reference).as_ref(), Some(&nginx), "{reference}");
    }
    assert_eq!(
        found("k8s.gcr.io/coredns/coredns:v1.9"),
        found("registry.k8s.io/coredns/coredns:v1.9")
    );
    assert_eq!(found("example.com/nginx"), None);
    assert_eq!(found("quay.io/nginx"), None);
}

#[test]
fn tags_and_digests_decide() {
    let user = |reference: &str| found(reference).unwrap().ids().unwrap().user;
    assert_eq!((user("postgres:16"), user("postgres:16-alpine")), (999, 70));
    assert_eq!((user("rabbitmq:4"), user("rabbitmq:4-alpine")), (999, 100));
    assert!(found("haproxy:2.3").unwrap().user.is_root());
    assert!(!found("haproxy:lts").unwrap().user.is_root());
    let digest = format!("@sha256:{}", "0".repeat(64));
    let confidence = |reference: String| found(&reference).unwrap().confidence;
    assert_eq!(confidence(format!("postgres{digest}")), Confidence::Low);
    assert_eq!(confidence(format!("postgres:16{digest}")), Confidence::High);
    assert_eq!(confidence(format!("mongo{digest}")), Confidence::High);
}

#[test]
fn what_the_user_gives_comes_first() {
    let mut library = Library::default();
    let text =
        "- image: nginx\n  user: 1234\n- image: example.com/*\n  nonRoot: {user: 5, group: 5}\n";
    library.add_table("mine.yaml", yaml_serde::from_str(text).unwrap());
    let known = library.find("nginx:1").unwrap();
    assert_eq!(known.facts.user, User::Number(1234));
    assert_eq!(known.origin, Origin::File("mine.yaml".to_owned()));
    assert_eq!(
        library
            .find("example.com/a")
            .unwrap()
            .facts
            .ids()
            .unwrap()
            .user,
        5
    );
    let wrong = "- image: nginx\n  usr: 1\n";
    assert!(yaml_serde::from_str::<Vec<Facts>>(wrong).is_err());
}

#[test]
fn the_configuration_of_an_image_beats_the_table() {
    let mut library = Library::default();
    let text =
        r#"{"config": {"User": "33", "ExposedPorts": {"8080/tcp": {}}, "Volumes": {"/x": {}}}}"#;
    let configuration =
        Configuration::read(&["nginx:1.27".to_owned()], "nginx.json", text).unwrap();
    library.add_configuration(configuration);
    let facts = library
        .find("docker.io/library/nginx:1.27")
        .unwrap()
        .facts
        .clone();
    assert_eq!(
        (facts.user, facts.ports),
        (User::Number(33), vec![Port::Tcp(8080)])
    );
    assert!(facts.data.contains(&Item::Always("/x".to_owned())));
    assert!(library.find("nginx:1.28").unwrap().facts.user.is_root());
    assert!(Configuration::read(&[], "a.json", "{}").is_err());
}
