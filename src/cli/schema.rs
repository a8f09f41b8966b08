//! `kubetemper schema`: the JSON Schema of the configuration.

use super::{Error, Exit, run};
use crate::config;

pub(super) fn run() -> Result<Exit, Error> {
    run::print(format!("{:#}\n", config::schema()).as_bytes())?;
    Ok(Exit::Done)
}
