//! Runs the program as a user does: exit status, streams, files.
//!
//! Cases that are only words and files are under `golden/cli/` (`TRYCMD=overwrite cargo test --test cli`
//! rewrites them); here is what needs logic.

#![allow(clippy::unwrap_used, missing_docs)]

mod canaries;
mod context;
mod facts;
mod files;
mod formats;
mod function;
mod guards;
#[cfg(unix)]
mod help;
mod hostile;
mod images;
#[cfg(unix)]
mod interactive;
mod limits;
mod manual;
mod output;
mod patch;
mod patched;
#[cfg(unix)]
mod plugins;
mod shards;
mod since;
mod status;
mod support;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod unstaged;
#[cfg(unix)]
mod untrusted;

#[test]
fn words_and_files() {
    trycmd::TestCases::new().case("golden/cli/*.toml");
}
