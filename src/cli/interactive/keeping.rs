//! The answer `k`: a keep, with its reason, in the text of the file.

use std::path::Path;

use super::asked::{self, Asked};
use super::{Session, Step};
use crate::cli::{Error, run, terminal};
use crate::emit;
use crate::keep::{self, Keep};
use crate::report::FileReport;

/// Where the keep is to stand.
struct Target {
    input: usize,
    /// `file:line`.
    place: String,
    document: usize,
    object: String,
    change: String,
    container: Option<String>,
}

impl Session<'_> {
    /// Asks why, and writes the keep. Tells whether that was done.
    pub(super) fn keep(
        &mut self,
        step: Step,
        plan: &[(usize, FileReport)],
        asked: &Asked,
    ) -> Result<bool, Error> {
        let Some(target) = self.target(plan, asked) else {
            terminal::show(
                "there is no object to keep it on; n leaves it out, an exception in kubetemper.yaml for good\n",
            )?;
            return Ok(false);
        };
        let reason = terminal::ask("Why?")?;
        if reason.is_empty() {
            terminal::show("a keep needs a reason\n")?;
            return Ok(false);
        }
        let count = asked::accepted(plan, &self.answers);
        let Some((text, comment, left)) = self.choose(step, asked, &target, &reason, count)? else {
            terminal::show(
                "no keep holds it; n leaves it out, an exception in kubetemper.yaml for good\n",
            )?;
            return Ok(false);
        };
        let manner = if comment {
            "a comment"
        } else {
            "an annotation"
        };
        let place = emit::plain(&target.place);
        let mut words = format!("kept with {manner}, {place}\n");
        if left < count {
            words.push_str("the same keep holds changes that you accepted before\n");
        }
        terminal::show(&words)?;
        self.set_text(target.input, text);
        Ok(true)
    }

    /// The first text in which the keep holds what it should and nothing that was accepted, else the first in which
    /// it holds; whether it is a comment; and how many accepted changes are left.
    fn choose(
        &mut self,
        step: Step,
        asked: &Asked,
        target: &Target,
        reason: &str,
        count: usize,
    ) -> Result<Option<(String, bool, usize)>, Error> {
        let mut second = None;
        for (text, comment) in self.texts(asked, target, reason) {
            let Some(before) = self.replace(target.input, text.clone()) else {
                continue;
            };
            let plan = self.plan(step);
            self.replace(target.input, before);
            let plan = plan?;
            if asked.is_in(&plan) {
                continue;
            }
            let left = asked::accepted(&plan, &self.answers);
            if left >= count {
                return Ok(Some((text, comment, left)));
            }
            second = second.or(Some((text, comment, left)));
        }
        Ok(second)
    }

    /// The texts with the keep, those with a comment first. What a chart or a kustomization builds loses comments.
    fn texts(&self, asked: &Asked, target: &Target, reason: &str) -> Vec<(String, bool)> {
        let Some(source) = self.source(target.input) else {
            return Vec::new();
        };
        let path = self.reading.inputs[target.input].entry.path.as_deref();
        let is_built = path.is_some_and(|path| self.reading.context.builder(path).is_some());
        let extension = path.and_then(Path::extension);
        let keep = Keep {
            document: target.document,
            object: &target.object,
            change: &target.change,
            container: target.container.as_deref(),
            transform: asked.transform(),
            reason,
        };
        let mut texts = Vec::new();
        if !is_built && extension.is_none_or(|extension| extension != "json") {
            let commented = keep::commented(&source.text, keep);
            texts.extend(commented.into_iter().map(|text| (text, true)));
        }
        match keep::annotated(&source.text, keep) {
            Ok(text) => texts.push((text, false)),
            Err(refusal) if texts.is_empty() => run::say(&emit::plain(&refusal.to_string())),
            Err(_) => {}
        }
        texts
    }

    /// The object that the keep belongs to: that of the change, for a new object the namespace that it is for.
    fn target(&self, plan: &[(usize, FileReport)], asked: &Asked) -> Option<Target> {
        let part = &asked.parts[0];
        if !part.created {
            return Some(Target {
                input: asked.input,
                place: part.place.clone(),
                document: part.document,
                object: part.pointer.clone(),
                change: part.change.pointer.clone(),
                container: part.change.container.clone(),
            });
        }
        let namespace = part.object.namespace.as_ref();
        let objects = plan.iter().flat_map(|(input, file)| {
            file.objects
                .iter()
                .map(move |object| (*input, file, object))
        });
        let mut found = objects.filter(|(input, _, object)| {
            let writable = !self.reading.inputs[*input].excluded;
            writable
                && !object.created
                && object.kind == "Namespace"
                && object.name.as_ref() == namespace
        });
        let (input, file, object) = found.next()?;
        Some(Target {
            input,
            place: format!("{}:{}", file.path, object.line),
            document: object.document,
            object: object.pointer.clone(),
            change: object.pointer.clone(),
            container: None,
        })
    }

    /// Gives an input another text; returns the old one.
    fn replace(&mut self, input: usize, text: String) -> Option<String> {
        let source = self.reading.sources[input].as_mut().ok()?.as_mut()?;
        Some(std::mem::replace(&mut source.text, text))
    }

    fn set_text(&mut self, input: usize, text: String) {
        if let Some(before) = self.replace(input, text) {
            self.originals.entry(input).or_insert(before);
        }
    }
}
