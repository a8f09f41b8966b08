//! `kubetemper images`: the images of the manifests, and what is known of each.

use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit, Format};
use crate::emit;
use crate::images::Uses;

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let input = run::read(arguments, REVIEWED)?;
    let mut uses = Uses::default();
    for (source, settings) in input.texts() {
        uses.add(
            &source.path,
            &source.text,
            &settings.workloads,
            &settings.images,
        );
    }
    let text = match arguments.options.format {
        Format::Human => emit::images(&uses, arguments.options.quiet),
        Format::Json => format!("{:#}\n", emit::images_json(&uses)),
    };
    run::print(text.as_bytes())?;
    Ok(if input.say_problems() {
        Exit::Failed
    } else {
        Exit::Done
    })
}
