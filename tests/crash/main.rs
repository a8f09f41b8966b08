//! What becomes of the files when the program is killed, interrupted or let down by the system while it writes, or when
//! others write at the same time.

#![cfg(unix)]
// What is not permitted on a machine is skipped, and said. A traced program is waited for by its id.
#![allow(
    missing_docs,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::zombie_processes
)]

mod disk;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod points;
mod together;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;
mod tree;
