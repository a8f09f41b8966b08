//! kubetemper hardens Kubernetes manifests in place, and proves what it did.
//!
//! The pipeline, one file for each step:
//!
//! 1. `input` reads files, folders and standard input;
//! 2. `yaml` cuts a stream into documents and reads each with the positions of everything in it;
//! 3. `workload` finds the pods of each object;
//! 4. `engine` lets the rules under `transforms/` plan on the value, and decides what is held back;
//! 5. `pipeline` turns the applied changes into edits of the text, splices them, and proves the result;
//! 6. `emit` renders the list of changes: report, diff, words for people.

pub mod answers;
pub mod capacity;
pub mod change;
pub mod cli;
pub mod cluster;
pub mod command;
pub mod config;
pub mod context;
pub mod docs;
mod document;
pub mod emit;
pub mod engine;
pub mod exempt;
pub mod flows;
mod foreign;
pub mod group;
pub mod guards;
mod hold;
pub mod image;
pub mod images;
pub mod input;
pub mod keep;
pub mod krm;
pub mod limits;
pub mod namespace;
mod node_agent;
pub mod output;
mod patch;
pub mod pipeline;
pub mod plan;
pub mod planned;
pub mod pod;
pub mod pod_security;
mod pointer;
pub mod prelude;
pub mod quantity;
pub mod quota;
pub mod read_only;
pub mod release;
pub mod report;
pub mod resources;
mod secrets;
pub mod settings;
mod stream;
pub mod survey;
pub mod token;
pub mod transform;
#[path = "../transforms/mod.rs"]
pub mod transforms;
pub mod typed;
pub mod user;
pub mod validity;
pub mod volumes;
pub mod workload;
pub mod yaml;

/// The examples of `docs/library.md` are tried with the tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
pub struct Library;
