//! The options of `default-resources`. A generated LimitRange agrees with them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::{Quantity, Written};

/// Options of `default-resources`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Defaults {
    /// The CPU that a container asks for if it asks for none.
    pub cpu_request: Cpu,
    /// The memory that a container asks for if it asks for none; no more than its limit.
    pub memory_request: Memory,
    /// The memory that a container may use if nothing else limits it; more where the manifest tells that it needs
    /// more.
    pub memory_limit: Memory,
    /// The CPU that a container may use if nothing else limits it; without it there is no limit.
    #[schemars(example = &"1")]
    pub cpu_limit: Option<Cpu>,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            cpu_request: Cpu("50m".into()),
            memory_request: Memory("64Mi".into()),
            memory_limit: Memory("256Mi".into()),
            cpu_limit: None,
        }
    }
}

/// An amount of CPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
pub struct Cpu(#[schemars(with = "Written")] Written);

/// An amount of memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
pub struct Memory(#[schemars(with = "Written")] Written);

impl TryFrom<Written> for Cpu {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        let milli = Quantity::whole(1).times(1, 1000);
        if written.quantity().round_up(milli) == written.quantity() {
            return Ok(Self(written));
        }
        Err(format!(
            "`{written}` is finer than Kubernetes divides a CPU; write whole `m`"
        ))
    }
}

impl TryFrom<Written> for Memory {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        if written.quantity() >= Quantity::whole(1 << 20) {
            return Ok(Self(written));
        }
        Err(format!(
            "`{written}` is less than 1Mi of memory; write it as `64Mi`"
        ))
    }
}

impl From<Cpu> for Written {
    fn from(cpu: Cpu) -> Self {
        cpu.0
    }
}

impl From<Memory> for Written {
    fn from(memory: Memory) -> Self {
        memory.0
    }
}

impl Cpu {
    /// The amount.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        self.0.quantity()
    }
}

impl Memory {
    /// The amount.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        self.0.quantity()
    }
}

impl std::fmt::Display for Cpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
