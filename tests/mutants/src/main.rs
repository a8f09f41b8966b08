//! Mutation testing: plants small faults in the code and counts those that the tests notice.
//!
//! All faults are written into one copy of the tree, each asleep until `KUBETEMPER_MUTANT` holds its number, so that
//! the tests are built once and not once for each fault. `docs/CONTRIBUTING.md` says how it is used.

mod compile;
mod mutant;
mod report;
mod rewrite;
mod sites;
mod tree;
mod trial;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Parser;

use compile::Builder;
use mutant::{File, Mutant};
use trial::{Suite, Verdict};

/// Tests that look at the sources themselves, and say nothing about what the code does.
const SKIPPED: [&str; 1] = ["registry"];

/// Tests that trace what the program writes.
const TRACED: &str = "crash";

#[derive(Parser)]
#[command(about = "Plants faults in the code and counts those that the tests notice")]
struct Options {
    /// The repository.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Where the copy and what is built of it are kept.
    #[arg(long)]
    work: PathBuf,
    /// Only faults in lines that changed since this revision.
    #[arg(long, value_name = "REVISION")]
    diff: Option<String>,
    /// So many faults, as many from each area.
    #[arg(long)]
    sample: Option<usize>,
    /// Which sample.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only faults whose file, function or description contains this.
    #[arg(long)]
    only: Option<String>,
    /// Only faults that the last run did not catch.
    #[arg(long)]
    again: bool,
    /// Ends after so many seconds, the build included.
    #[arg(long, value_name = "SECONDS")]
    cap: Option<u64>,
    /// So many faults are tried at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Builds with optimisation: worth it for more than fifty faults.
    #[arg(long)]
    optimise: bool,
    /// Exit 1 if less than this part of the faults, in percent, is caught.
    #[arg(long, default_value_t = 90)]
    threshold: usize,
    /// Shows the faults and tries none.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // The next run goes on from what was built.
        Err(error) if error == compile::OVER => {
            println!("mutants: {error}: none was tried");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<bool, String> {
    let started = Instant::now();
    let deadline = options
        .cap
        .map(|seconds| started + Duration::from_secs(seconds));
    let io = |error: std::io::Error| error.to_string();
    let root = options.root.canonicalize().map_err(io)?;
    std::fs::create_dir_all(&options.work).map_err(io)?;
    let work = options.work.canonicalize().map_err(io)?;
    let names = tree::files(&root).map_err(io)?;
    let changed = options
        .diff
        .as_ref()
        .map(|revision| tree::changed(&root, revision))
        .transpose()
        .map_err(io)?;
    let (mut files, mut mutants) = mutant::read(&root, &names, changed.as_ref())?;
    if let Some(only) = &options.only {
        mutants.retain(|mutant| mutant.name().contains(only.as_str()));
    }
    if mutants.is_empty() {
        println!("mutants: the change touches no measured code");
        return Ok(true);
    }
    if options.list {
        for mutant in &mutants {
            println!("{}:{}: {}", mutant.file, mutant.line, mutant.name());
        }
        println!("{} mutants", mutants.len());
        return Ok(true);
    }
    let builder = Builder {
        tree: work.join("tree"),
        target: work.join("target"),
        optimise: options.optimise,
        deadline,
    };
    link_shared(&root, &work);
    let rejected = work.join("rejected.txt");
    mutant::forget(
        &mut files,
        &mutants,
        &std::fs::read_to_string(&rejected).unwrap_or_default(),
    );
    compiled(&root, &names, &mut files, &builder)?;
    let live: BTreeSet<usize> = files
        .iter()
        .flat_map(|file| &file.sites)
        .flat_map(|(_, ids)| ids.iter().flatten().copied())
        .collect();
    let dead = mutants.iter().filter(|mutant| !live.contains(&mutant.id));
    let dead: BTreeSet<String> = dead.map(Mutant::name).collect();
    let known = std::fs::read_to_string(&rejected).unwrap_or_default();
    let all_dead: BTreeSet<&str> = known
        .lines()
        .chain(dead.iter().map(String::as_str))
        .collect();
    std::fs::write(
        &rejected,
        all_dead.into_iter().collect::<Vec<_>>().join("\n"),
    )
    .map_err(io)?;
    let all = mutants.len();
    mutants.retain(|mutant| live.contains(&mutant.id));
    println!(
        "{} mutants in {} files ({} more do not compile)",
        mutants.len(),
        files.len(),
        all - mutants.len()
    );
    if options.again {
        let survivors = report::survivors(&work.join("outcome.tsv"));
        mutants.retain(|mutant| survivors.contains(&mutant.name()));
    }
    if let Some(count) = options.sample {
        mutants = mutant::sample(mutants, count, options.seed);
    }
    let programs = builder.build(&SKIPPED)?;
    println!("built after {} s", started.elapsed().as_secs());
    let mut suites = measured(programs, &builder.tree, &work)?;
    suites.sort_by_key(|suite| suite.time);
    let times: Vec<String> = suites
        .iter()
        .map(|suite| format!("{} {:.1} s", suite.name, suite.time.as_secs_f32()))
        .collect();
    println!("tests: {}", times.join(", "));
    let verdicts = trials(&mutants, &suites, &builder.tree, options.jobs, deadline);
    let argued = report::argued(&root)?;
    let good = report::print(&mutants, &verdicts, &argued, options.threshold);
    report::write(&work.join("outcome.tsv"), &mutants, &verdicts).map_err(io)?;
    println!("took {} s", started.elapsed().as_secs());
    Ok(good)
}

/// Runs the tests without any mutant.
fn measured(
    programs: Vec<(String, PathBuf)>,
    tree: &Path,
    work: &Path,
) -> Result<Vec<Suite>, String> {
    let mut suites = Vec::new();
    for (name, program) in programs {
        let traced = name == TRACED;
        suites.push(Suite::measure(name, program, tree, work, traced)?);
    }
    // They may come by wherever others do.
    let passed: BTreeSet<usize> = suites
        .iter()
        .flat_map(|suite| suite.passed.clone())
        .collect();
    let traced = suites.iter_mut().filter(|suite| suite.name == TRACED);
    traced.for_each(|suite| suite.passed.clone_from(&passed));
    Ok(suites)
}

/// The tests of the reference data look beside the repository; they do beside the copy too.
fn link_shared(root: &Path, work: &Path) {
    if let Some(shared) = root
        .parent()
        .map(|parent| parent.join("shared"))
        .and_then(|shared| shared.canonicalize().ok())
    {
        let _ = std::os::unix::fs::symlink(shared, work.join("shared"));
    }
}

/// Writes the copy, and takes out what the compiler rejects until it takes the rest.
fn compiled(
    root: &Path,
    names: &[String],
    files: &mut [File],
    builder: &Builder,
) -> Result<(), String> {
    let count = files
        .iter()
        .flat_map(|file| &file.sites)
        .map(|(_, ids)| ids.len())
        .sum::<usize>();
    let highest = files
        .iter()
        .flat_map(|file| &file.sites)
        .flat_map(|(_, ids)| ids.iter().flatten())
        .max()
        .copied();
    for _ in 0..30 {
        let mut texts = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            let sites: Vec<_> = file
                .sites
                .iter()
                .enumerate()
                .map(|(at, (site, ids))| (at, site, ids.clone()))
                .collect();
            let rewritten = rewrite::rewrite(&file.source, &sites);
            texts.insert(file.path.clone(), rewritten.text.clone());
            places.insert(file.path.clone(), (number, rewritten));
        }
        let library =
            std::fs::read_to_string(root.join("src/lib.rs")).map_err(|error| error.to_string())?;
        texts.insert(
            "src/lib.rs".to_owned(),
            format!("{library}#[allow(missing_docs)]\npub mod mutated;\n"),
        );
        texts.insert(
            "src/mutated.rs".to_owned(),
            compile::module(highest.unwrap_or(count) + 1),
        );
        tree::copy(root, &builder.tree, names, &texts).map_err(|error| error.to_string())?;
        let rejections = builder.check()?;
        if rejections.is_empty() {
            return Ok(());
        }
        println!("{} errors of the compiler", rejections.len());
        for rejection in rejections {
            let Some((number, rewritten)) = places.get(&rejection.file) else {
                return Err(format!("{}: {}", rejection.file, rejection.message));
            };
            drop_rejected(&mut files[*number], rewritten, &rejection)?;
        }
    }
    Err("the compiler still rejects mutants after thirty attempts".to_owned())
}

/// Takes out the mutant that an error points at, else all of the place, else those of the line.
fn drop_rejected(
    file: &mut File,
    rewritten: &rewrite::Rewritten,
    rejection: &compile::Rejection,
) -> Result<(), String> {
    let mutant = rejection
        .spans
        .iter()
        .find_map(|span| compile::innermost(&rewritten.mutants, span));
    if let Some(mutant) = mutant {
        let ids = file.sites.iter_mut().flat_map(|(_, ids)| ids);
        ids.filter(|id| **id == Some(mutant))
            .for_each(|id| *id = None);
        return Ok(());
    }
    let bodies: Vec<usize> = file
        .sites
        .iter()
        .enumerate()
        .filter(|(_, (site, _))| matches!(site.shape, sites::Shape::Body { .. }))
        .map(|(at, _)| at)
        .collect();
    let ranges: Vec<_> = rewritten
        .sites
        .iter()
        .filter(|(at, _)| !bodies.contains(at))
        .cloned()
        .collect();
    let inner = rejection
        .spans
        .iter()
        .find_map(|span| compile::innermost(&ranges, span));
    let places = match inner {
        Some(place) => BTreeSet::from([place]),
        None => rejection
            .spans
            .iter()
            .flat_map(|span| compile::beside(&rewritten.text, &ranges, span))
            .collect(),
    };
    if places.is_empty() {
        let (path, message) = (&file.path, &rejection.message);
        return Err(format!(
            "{path}: no mutant stands where the compiler says: {message}: {:?}",
            rejection.spans
        ));
    }
    for place in places {
        file.sites[place].1.iter_mut().for_each(|id| *id = None);
    }
    Ok(())
}

fn trials(
    mutants: &[Mutant],
    suites: &[Suite],
    tree: &Path,
    jobs: usize,
    deadline: Option<Instant>,
) -> Vec<Verdict> {
    // In a scattered order, so that a run that ends early is a sample too.
    let mut queue: Vec<usize> = (0..mutants.len()).collect();
    queue.sort_by_key(|at| at.wrapping_mul(2_654_435_761) % 1_000_003);
    let queue = Mutex::new(queue);
    let verdicts = Mutex::new(vec![Verdict::NotRun; mutants.len()]);
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while let Some(at) = queue.lock().ok().and_then(|mut queue| queue.pop()) {
                    let verdict = trial::trial(mutants[at].id, suites, tree, deadline);
                    if !verdict.is_caught() && verdict != Verdict::NotRun {
                        println!(
                            "{verdict:?}: {}:{}: {}",
                            mutants[at].file,
                            mutants[at].line,
                            mutants[at].name()
                        );
                    }
                    if let Ok(mut verdicts) = verdicts.lock() {
                        verdicts[at] = verdict;
                        let tried = verdicts
                            .iter()
                            .filter(|verdict| **verdict != Verdict::NotRun)
                            .count();
                        if tried % 50 == 0 {
                            println!("{tried} of {}", mutants.len());
                        }
                    }
                }
            });
        }
    });
    verdicts.into_inner().unwrap_or_default()
}
