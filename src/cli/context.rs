//! `context`: writes down what a run knows of a repository, so that shards need not read all of it.

use rayon::prelude::*;

use super::reading::{self, Reading};
use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit};
use crate::context::{self, Record};
use crate::guards::{File, Listed};

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let reading = reading::read(arguments, REVIEWED)?;
    let failed = reading.say_problems();
    let Reading {
        mut configurations,
        inputs,
        context,
        sources,
    } = reading;
    let cluster = reading::cluster(&context, &inputs, &sources);
    let mut of = Vec::new();
    for path in context.files() {
        of.push(configurations.of(Some(path))?);
    }
    let files: Vec<Listed> = context
        .files()
        .par_iter()
        .zip(of)
        .map(
            |(path, configuration)| match std::fs::read_to_string(path) {
                Ok(text) => {
                    let file = File {
                        path: Some(path),
                        text: &text,
                        settings: &configurations.get(configuration).settings,
                        writable: false,
                        is_patch: context.names_as_patch(path),
                        listed: None,
                    };
                    Listed::of(&file, &cluster)
                }
                // As in a run that reads it itself.
                Err(_) => Listed::default(),
            },
        )
        .collect();
    let root = context::root(
        inputs
            .iter()
            .filter_map(|input| input.entry.path.as_deref()),
    );
    let files = context.files().iter().cloned().zip(files);
    let record = Record::new(&context, cluster, files, &root);
    let mut text = serde_json::to_string(&record).map_err(std::io::Error::from)?;
    text.push('\n');
    run::print(text.as_bytes())?;
    Ok(if failed { Exit::Failed } else { Exit::Done })
}
