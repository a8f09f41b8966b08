//! What each fuzz target does with its bytes. A check panics where a promise is broken, and nowhere else.
//!
//! The binaries under `bin/` hand the bytes of cargo-fuzz to these functions, `tests/fuzzing/` its own.

mod address;
mod command;
mod config;
mod edit;
mod harden;
mod image;
mod index;
mod krm;
mod mutation;
mod quantity;
mod scalar;
mod text;
mod tree;

/// What the bytes of a target are made from at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seeds {
    /// Manifests, and YAML of any kind.
    Yaml,
    /// Several files, see [`tree`].
    Trees,
    /// Manifests as the items of a `ResourceList`.
    Lists,
    /// Configurations of kubetemper.
    Configurations,
    /// Short texts of these kinds.
    Words(&'static [&'static str]),
}

/// A fuzz target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    /// Its name, also of its binary.
    pub name: &'static str,
    /// The check.
    pub check: fn(&[u8]),
    /// How many bytes before the text choose settings or changes.
    pub header: usize,
    /// Where to begin.
    pub seeds: Seeds,
}

const fn target(name: &'static str, check: fn(&[u8]), header: usize, seeds: Seeds) -> Target {
    Target {
        name,
        check,
        header,
        seeds,
    }
}

/// All targets.
pub(crate) const ALL: [Target; 11] = [
    target("index", index::check, 0, Seeds::Yaml),
    target("edit", edit::check, edit::HEADER, Seeds::Yaml),
    target("harden", harden::check, harden::HEADER, Seeds::Yaml),
    target("tree", tree::check, harden::HEADER, Seeds::Trees),
    target("krm", krm::check, 0, Seeds::Lists),
    target("config", config::check, 0, Seeds::Configurations),
    target("scalar", scalar::check, 0, Seeds::Words(scalar::WORDS)),
    target(
        "quantity",
        quantity::check,
        0,
        Seeds::Words(quantity::WORDS),
    ),
    target("image", image::check, 0, Seeds::Words(image::WORDS)),
    target("command", command::check, 0, Seeds::Words(command::WORDS)),
    target("address", address::check, 0, Seeds::Words(address::WORDS)),
];

/// Checks bytes with the target of a name.
pub(crate) fn check(name: &str, data: &[u8]) {
    for target in ALL.iter().filter(|target| target.name == name) {
        (target.check)(data);
    }
}
