//! `kubetemper list`: all transforms.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Error, Exit, run};
use crate::transforms::ALL;

#[derive(Debug, Args)]
pub(super) struct List {
    /// How to print the list.
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// As data.
    Json,
}

impl List {
    pub(super) fn run(&self) -> Result<Exit, Error> {
        let transforms = ALL.iter().map(|(transform, _)| *transform);
        let text = match self.format {
            Format::Human => {
                let width = transforms
                    .clone()
                    .map(|transform| transform.id.len())
                    .max()
                    .unwrap_or_default();
                let line = |id: &str, profile: &str, summary: &str| {
                    format!("{id:width$}  {profile:10}  {summary}\n")
                };
                transforms
                    .map(|transform| {
                        let profile = serde_json::to_value(transform.profile).unwrap_or_default();
                        line(
                            transform.id,
                            profile.as_str().unwrap_or_default(),
                            transform.summary,
                        )
                    })
                    .collect()
            }
            Format::Json => {
                let list: Vec<_> = transforms
                    .map(|transform| {
                        let references: Vec<String> = transform
                            .references
                            .iter()
                            .map(ToString::to_string)
                            .collect();
                        json!({
                            "id": transform.id,
                            "profile": transform.profile,
                            "summary": transform.summary,
                            "references": references,
                        })
                    })
                    .collect();
                format!("{:#}\n", json!(list))
            }
        };
        run::print(text.as_bytes())?;
        Ok(Exit::Done)
    }
}
