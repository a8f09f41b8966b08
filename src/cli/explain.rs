//! `kubetemper explain`: the page of a transform.

use clap::Args;

use super::{Error, Exit, run};
use crate::docs;

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The transform's id; `kubetemper list` names all.
    id: String,
}

impl Explain {
    pub(super) fn run(&self) -> Result<Exit, Error> {
        run::known(&self.id)?;
        run::print(docs::page(&self.id).unwrap_or_default().as_bytes())?;
        Ok(Exit::Done)
    }
}
