//! What becomes of the files when the program is killed, interrupted or let down by the system while it writes, or when
//! others write at the same time.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod disk;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod points;
mod together;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tracer;
mod tree;
