//! Everything that a transform may use.

pub use serde_json::{Value, json};

pub use crate::change::HeldBy;
pub use crate::change::Risk::{self, High, Low};
pub use crate::cluster::Cluster;
pub use crate::command::program_for_root;
pub use crate::flows::{self, NetworkOptions};
pub use crate::image::Image;
pub use crate::limits;
pub use crate::namespace::{Namespace, Object};
pub use crate::plan::{Plan, Proposal, Subject};
pub use crate::pod::{Container, ContainerKind, Metadata, Pod, annotated_profile};
pub use crate::pod_security::{self, Level, Version};
pub use crate::quantity::{Form, Quantity, Written};
pub use crate::quota::{self, QuotaOptions};
pub use crate::read_only::{self, Needs, ReadOnly};
pub use crate::resources;
pub use crate::settings::Profile::{self, Baseline, Restricted, Strict};
pub use crate::token::Token;
pub use crate::transform::Reference::{self, Checklist, Cis, Nsa, Owasp, Pss};
pub use crate::transform::{Options, Run, Transform};
pub use crate::user::{self, Capabilities, Start};
pub use crate::volumes::VolumeNames;
pub use crate::workload::Shape;
