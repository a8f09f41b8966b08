//! Bounds that keep hostile input from exhausting memory or the stack.

/// Deepest nesting of collections. Kubernetes' own objects stay far below 50.
pub(super) const DEPTH: u32 = 200;

/// Alias expansion may not produce more nodes than this many times the nodes of the document …
pub(super) const EXPANSION_FACTOR: usize = 20;

/// … plus this many.
pub(super) const EXPANSION_FLOOR: usize = 10_000;

/// Alias expansion may not produce more bytes of text than this many times those of the document …
pub(super) const TEXT_FACTOR: usize = 20;

/// … plus this many.
pub(super) const TEXT_FLOOR: usize = 1 << 20;

/// Longest scalar. The API server takes no object of more than 3 MiB.
pub(super) const SCALAR: usize = 8 << 20;
