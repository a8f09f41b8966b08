//! The cases, by topic.

mod anchors;
mod block;
mod documents;
mod empty;
mod flow;
mod json;
mod kinds;
mod refused;
mod remove;
mod scalars;
