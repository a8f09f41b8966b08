//! `kubetemper patch`: what would change, as a JSON patch for each object.

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::options::OUTPUT;
use super::patch_files;
use super::run::{self, REVIEWED, Run};
use super::{Arguments, Error, Exit};
use crate::emit::{self, Patches};

#[derive(Debug, Args)]
pub(super) struct Patch {
    #[command(flatten)]
    pub(super) arguments: Arguments,
    /// What to print: json, kustomize.
    #[arg(
        long = "as",
        value_enum,
        default_value = "json",
        value_name = "FORM",
        display_order = 0,
        help_heading = OUTPUT
    )]
    form: Form,
    /// Write a file for each object into this folder.
    ///
    /// Nothing is printed then.
    #[arg(long, value_name = "DIR", display_order = 0, help_heading = OUTPUT)]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One RFC 6902 patch for each object.
    Json,
    /// The same patches in a kustomize component.
    Kustomize,
}

impl Patch {
    pub(super) fn run(&self) -> Result<Exit, Error> {
        let options = &self.arguments.options;
        options.expect_format("patch", &[], "--as says what to print")?;
        let run = run::run(&self.arguments, REVIEWED)?;
        let mut patches = emit::patches(&run.report.files);
        match self.form {
            Form::Json => {
                for duplicate in patches.duplicates() {
                    run::say(&format!(
                        "warning: {duplicate}; take care which patch you apply to which"
                    ));
                }
            }
            Form::Kustomize => patches.withhold_ambiguous(),
        }
        match &self.output {
            None => run::print(self.text(&run, &patches).as_bytes())?,
            Some(_) if run.failed => run::say(
                "error: nothing is written, since --strict-config takes a warning for an error",
            ),
            Some(folder) => patch_files::write(folder, &self.files(&run, &patches))?,
        }
        run.summarise(options, "check", &mut io::stderr())?;
        for withheld in &patches.withheld {
            run::say(&format!(
                "{withheld}: {}; {}",
                withheld.problem.reason, withheld.problem.help
            ));
        }
        let exit = run.exit(options, !patches.is_empty());
        Ok(if patches.withheld.is_empty() {
            exit
        } else {
            Exit::Failed
        })
    }

    fn text(&self, run: &Run, patches: &Patches<'_>) -> String {
        match self.form {
            Form::Json => {
                let namespace = self.arguments.options.namespace.as_deref();
                emit::patches_json(patches, namespace)
            }
            Form::Kustomize => emit::kustomization(&run.report.files, patches, None),
        }
    }

    /// The files to write, the one that lists the others last.
    fn files(&self, run: &Run, patches: &Patches<'_>) -> Vec<(String, String)> {
        let names = patches.file_names();
        let texts = patches
            .patches
            .iter()
            .map(|patch| emit::patch_file(&patch.operations));
        let objects = patches.creations.iter();
        let texts = texts.chain(objects.map(|creation| emit::object_file(creation.value)));
        let mut files: Vec<_> = names.iter().cloned().zip(texts).collect();
        if self.form == Form::Kustomize {
            let text = emit::kustomization(&run.report.files, patches, Some(&names));
            files.push((patch_files::KUSTOMIZATION.to_owned(), text));
        }
        files
    }
}
