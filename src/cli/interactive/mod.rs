//! `kubetemper fix --interactive`: change by change. Nothing is written before the last answer.
//!
//! The workloads come first, file by file, then the guards of namespaces, which depend on them. What is left out is
//! left out of the plan, which is then made anew: a change may depend on others, and no change is made that was not
//! shown as it is made.

mod asked;
mod keeping;

use std::collections::{BTreeMap, BTreeSet};

use asked::Asked;

use super::reading::{self, Reading};
use super::run::{self, REVIEWED, Run, harden_all};
use super::{Arguments, Error, Options, terminal, unstaged};
use crate::answers::Answers;
use crate::change::Fate;
use crate::cluster::Cluster;
use crate::emit::{self, Preview, Question};
use crate::pipeline::{self, Outcome, Source};
use crate::report::{FileReport, Problem, Status};

const HELP: &str = "\
y  make this change
n  leave it out of this run
a  make it, and all others of this transform
k  never make it here: write the reason into the manifest
q  quit; what was accepted so far can still be written
?  print this help
";

/// What the answers came to.
pub(super) struct Outcomes {
    pub(super) run: Run,
    /// For files with a new keep, by their index in the report, the text that they have.
    pub(super) originals: BTreeMap<usize, String>,
}

/// Asks about each change. `None` when nothing is to be written.
pub(super) fn run(arguments: &Arguments, yes: bool) -> Result<Option<Outcomes>, Error> {
    if !terminal::is_there() {
        return Err(Error::Usage(
            "--interactive needs a terminal; `kubetemper fix` makes all changes, and `kubetemper diff` shows them"
                .to_owned(),
        ));
    }
    let reading = run::read(arguments, REVIEWED)?;
    let mut session = Session::new(reading, &arguments.options);
    let plan = session.harden_all()?;
    plan.warnings.iter().for_each(|warning| run::say(warning));
    if !yes {
        unstaged::confirm(&plan)?;
    }
    // What cannot be changed gives rise to no question, but is no less a failure.
    for (file, input) in plan.report.files.into_iter().zip(plan.inputs) {
        session
            .problems
            .entry(input)
            .or_default()
            .extend(file.problems);
    }
    if session.ask()? == Next::Stop {
        let write = session.has_any() && terminal::confirm("Write what you accepted so far?")?;
        if !write {
            run::say("nothing is written");
            return Ok(None);
        }
    }
    session.finish().map(Some)
}

/// What to plan: the workloads of a file, by the index of the input, or everything.
#[derive(Debug, Clone, Copy)]
enum Step {
    File(usize),
    All,
}

/// What comes after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The next question.
    Go,
    /// The plan is made anew.
    Again,
    /// The end.
    Stop,
}

struct Session<'a> {
    options: &'a Options,
    /// With new keeps in the texts.
    reading: Reading<'a>,
    cluster: Cluster,
    /// What was answered about each input.
    answers: Vec<Answers>,
    /// The texts as they were read, of inputs with a new keep.
    originals: BTreeMap<usize, String>,
    /// What was wrong with each input before the first answer.
    problems: BTreeMap<usize, Vec<Problem>>,
    /// Transforms that need no more questions.
    all: BTreeSet<&'static str>,
}

impl<'a> Session<'a> {
    fn new(reading: Reading<'a>, options: &'a Options) -> Self {
        Self {
            options,
            cluster: reading::cluster(&reading.context, &reading.inputs, &reading.sources),
            answers: vec![Answers::default(); reading.inputs.len()],
            reading,
            originals: BTreeMap::new(),
            problems: BTreeMap::new(),
            all: BTreeSet::new(),
        }
    }

    /// Asks all questions.
    fn ask(&mut self) -> Result<Next, Error> {
        let files = 0..self.reading.inputs.len();
        let files = files.filter(|input| !self.reading.inputs[*input].excluded);
        let steps: Vec<Step> = files.map(Step::File).chain([Step::All]).collect();
        for step in steps {
            loop {
                let plan = self.plan(step)?;
                let questions = asked::questions(&plan, &self.answers);
                let count = questions.len();
                let mut next = Next::Go;
                for (index, asked) in questions.iter().enumerate() {
                    next = self.question(step, &plan, asked, (index + 1, count))?;
                    if next != Next::Go {
                        break;
                    }
                }
                match next {
                    Next::Go => break,
                    Next::Again => {}
                    Next::Stop => return Ok(Next::Stop),
                }
            }
        }
        Ok(Next::Go)
    }

    fn question(
        &mut self,
        step: Step,
        plan: &[(usize, FileReport)],
        asked: &Asked,
        (number, count): (usize, usize),
    ) -> Result<Next, Error> {
        if self.all.contains(asked.transform()) {
            asked.record(&mut self.answers[asked.input], true);
            return Ok(Next::Go);
        }
        terminal::show(&format!("\n{}", self.words(step, asked)))?;
        loop {
            let prompt = format!("({number}/{count}) Make this change? [y,n,a,k,q,?]");
            match terminal::ask(&prompt)?.as_str() {
                "y" | "Y" => {
                    asked.record(&mut self.answers[asked.input], true);
                    return Ok(Next::Go);
                }
                "n" | "N" => {
                    asked.record(&mut self.answers[asked.input], false);
                    self.renew(asked.input);
                    return Ok(Next::Again);
                }
                "a" => {
                    self.all.insert(asked.transform());
                    asked.record(&mut self.answers[asked.input], true);
                    return Ok(Next::Go);
                }
                "k" if self.keep(step, plan, asked)? => return Ok(Next::Again),
                "k" => {}
                "q" => return Ok(Next::Stop),
                _ => terminal::show(HELP)?,
            }
        }
    }

    /// The question in words, with the lines that it is about.
    fn words(&self, step: Step, asked: &Asked) -> String {
        let texts = match step {
            Step::File(input) => self.difference(input, asked),
            Step::All => None,
        };
        let preview = match (&texts, asked.new_texts()) {
            (Some((before, after)), _) => Preview::Edit(before, after),
            (None, Some(texts)) => Preview::New(texts),
            (None, None) => Preview::Values,
        };
        emit::question(&Question {
            objects: &asked.labels(),
            place: asked.parts[0].place.clone(),
            changes: &asked.changes(),
            preview,
            color: run::color(self.options.color),
        })
    }

    /// The file with what was accepted so far, in which nothing more is done, and its text with the change.
    fn difference(&self, input: usize, asked: &Asked) -> Option<(FileReport, String)> {
        let text = &self.source(input)?.text;
        let mut answers = self.answers[input].clone();
        answers.close();
        let before = self.harden(input, text, &answers)?;
        let before = before.after.unwrap_or(before.before);
        asked.record(&mut answers, true);
        let after = self.harden(input, text, &answers)?;
        let after = after.after.unwrap_or(after.before);
        let mut nothing = Answers::default();
        nothing.close();
        Some((self.harden(input, &before, &nothing)?, after))
    }

    /// Plans with the answers so far.
    fn plan(&mut self, step: Step) -> Result<Vec<(usize, FileReport)>, Error> {
        Ok(match step {
            Step::File(input) => {
                let text = self.source(input).map(|source| source.text.clone());
                let file = text.and_then(|text| self.harden(input, &text, &self.answers[input]));
                file.map(|file| (input, file)).into_iter().collect()
            }
            Step::All => {
                let run = self.harden_all()?;
                run.inputs.into_iter().zip(run.report.files).collect()
            }
        })
    }

    /// Hardens the workloads of one file, with other answers or another text.
    fn harden(&self, input: usize, text: &str, answers: &Answers) -> Option<FileReport> {
        let source = self.source(input)?;
        let mut settings = self.reading.inputs[input]
            .settings(&self.reading.configurations)
            .clone();
        settings.answers = answers.clone();
        let source = Source {
            text: text.to_owned(),
            path: source.path.clone(),
            is_patch: source.is_patch,
        };
        match pipeline::harden(source, &settings, &self.cluster) {
            Outcome::Report(file, _) => Some(*file),
            Outcome::Template(_) => None,
        }
    }

    fn harden_all(&mut self) -> Result<Run, Error> {
        let sources = self.reading.sources.clone();
        harden_all(&mut self.reading, sources, &self.cluster, self.options)
    }

    fn source(&self, input: usize) -> Option<&Source> {
        self.reading.sources[input].as_ref().ok()?.as_ref()
    }

    /// Gives the answers about a file to all that plans on it.
    fn renew(&mut self, input: usize) {
        let mut settings = self.reading.inputs[input]
            .settings(&self.reading.configurations)
            .clone();
        settings.answers = self.answers[input].clone();
        self.reading.inputs[input].own = Some(Box::new(settings));
    }

    /// Tells whether there is anything to write.
    fn has_any(&mut self) -> bool {
        !self.originals.is_empty() || self.answers.iter().any(Answers::accept_any)
    }

    /// The run with what was accepted, and nothing else.
    fn finish(mut self) -> Result<Outcomes, Error> {
        for input in 0..self.answers.len() {
            self.answers[input].close();
            self.renew(input);
        }
        let mut run = self.harden_all()?;
        let mut originals = BTreeMap::new();
        for (index, file) in run.report.files.iter_mut().enumerate() {
            let problems = self.problems.remove(&run.inputs[index]);
            for problem in problems.into_iter().flatten() {
                // A keep may have moved it.
                let same = |other: &Problem| {
                    other.object == problem.object && other.reason == problem.reason
                };
                if !file.problems.iter().any(same) {
                    file.problems.push(problem);
                }
            }
            let original = self.originals.get(&run.inputs[index]);
            let Some(original) = original.filter(|_| !file.created) else {
                continue;
            };
            originals.insert(index, original.clone());
            if file.status == Status::Unchanged {
                file.status = Status::Changed;
                file.after = Some(file.before.clone());
            }
        }
        self.say_unmade(&run);
        Ok(Outcomes { run, originals })
    }

    /// Says which accepted changes are not made after all: without those that were left out the result would be
    /// rejected, or contradict itself.
    fn say_unmade(&self, run: &Run) {
        let files = run.report.files.iter().zip(&run.inputs);
        for (file, input) in files {
            for object in &file.objects {
                let identity = asked::identity(object);
                let changes = object.changes.iter().map(|located| &located.change);
                let unmade = changes.filter(|change| {
                    !change.is_applied() && self.answers[*input].accepts(&identity, change)
                });
                for change in unmade {
                    let (place, label) = (emit::plain(&file.path), emit::plain(&object.label()));
                    let why = match &change.fate {
                        Fate::Held { why, .. } | Fate::Refused(why) => why,
                        Fate::Applied => continue,
                    };
                    run::say(&format!(
                        "{place}: {label}: {} is not made after all: {}",
                        change.transform,
                        emit::plain(why)
                    ));
                }
            }
        }
    }
}
