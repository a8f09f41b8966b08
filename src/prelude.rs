//! Everything that a transform may use.

pub use serde_json::{Value, json};

pub use crate::change::HeldBy;
pub use crate::change::Risk::{self, High, Low};
pub use crate::cluster::Cluster;
pub use crate::plan::Plan;
pub use crate::pod::{Container, ContainerKind, Pod};
pub use crate::settings::Profile::{self, Baseline, Restricted, Strict};
pub use crate::transform::Reference::{self, Checklist, Cis, Nsa, Owasp, Pss};
pub use crate::transform::{Options, Run, Transform};
