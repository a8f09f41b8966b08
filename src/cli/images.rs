//! `kubetemper images`: the images of the manifests, and what is known of each.

use super::run::{self, REVIEWED};
use super::{Arguments, Error, Exit, Format};
use crate::emit;
use crate::images::Uses;
use crate::yaml::Position;

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Error> {
    let help = "`kubetemper check` has it";
    arguments
        .options
        .expect_format("images", &[Format::Json], help)?;
    let input = run::read(arguments, REVIEWED)?;
    let mut uses = Uses::default();
    let mut failed = input.say_problems();
    for (source, settings) in input.texts() {
        let (custom, library) = (&settings.workloads, &settings.images);
        let unread = uses.add(&source.path, &source.text, custom, library);
        for (Position { line, column }, reason) in unread {
            run::say(&format!("{}:{line}:{column}: {reason}", source.path));
            failed = true;
        }
    }
    let text = match arguments.options.format {
        Format::Json => format!("{:#}\n", emit::images_json(&uses)),
        _ => emit::images(&uses, arguments.options.quiet),
    };
    run::print(text.as_bytes())?;
    Ok(if failed { Exit::Failed } else { Exit::Done })
}
