//! The configuration: its errors, where it is found, what wins, what it does, and its documentation.

#![allow(clippy::unwrap_used, missing_docs)]

mod errors;
mod files;
mod init;
mod manual;
mod options;
mod overrides;
mod precedence;
mod stale;
mod support;
