//! The faults: which there are, and which of them are tried.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use crate::sites::{self, Site};
use crate::tree;

/// One fault.
pub struct Mutant {
    pub id: usize,
    pub area: &'static str,
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub function: String,
    pub what: String,
    /// Tells two of the same words in one function apart.
    pub nth: usize,
}

impl Mutant {
    /// What stays the same when lines move: the name under which a fault is argued.
    pub fn name(&self) -> String {
        let nth = if self.nth == 0 {
            String::new()
        } else {
            format!(" #{}", self.nth + 1)
        };
        format!("{}: {}: {}{nth}", self.file, self.function, self.what)
    }
}

/// A measured file with its places.
pub struct File {
    pub path: String,
    pub source: String,
    /// Each place with the numbers of its mutants; `None` is one that does not compile.
    pub sites: Vec<(Site, Vec<Option<usize>>)>,
}

/// The measured files and their mutants, those of changed lines where a change is given.
pub fn read(
    root: &Path,
    names: &[String],
    changed: Option<&BTreeMap<String, BTreeSet<usize>>>,
) -> Result<(Vec<File>, Vec<Mutant>), String> {
    let (mut files, mut mutants) = (Vec::new(), Vec::new());
    for path in names {
        let Some(area) = tree::area(path) else {
            continue;
        };
        let lines = changed.map(|changed| changed.get(path));
        if lines == Some(None) {
            continue;
        }
        let source =
            std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
        let found = sites::find(&source).map_err(|error| format!("{path}: {error}"))?;
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut sites = Vec::new();
        for site in found {
            if lines
                .flatten()
                .is_some_and(|lines| lines.range(site.lines.clone()).next().is_none())
            {
                continue;
            }
            let mut ids = Vec::new();
            for what in &site.mutants {
                let nth = seen
                    .entry((site.function.clone(), what.clone()))
                    .or_default();
                let id = mutants.len() + 1;
                let (file, function, what) = (path.clone(), site.function.clone(), what.clone());
                mutants.push(Mutant {
                    id,
                    area,
                    file,
                    line: site.line,
                    column: site.column,
                    function,
                    what,
                    nth: *nth,
                });
                *nth += 1;
                ids.push(Some(id));
            }
            sites.push((site, ids));
        }
        files.push(File {
            path: path.clone(),
            source,
            sites,
        });
    }
    Ok((files, mutants))
}

/// Takes out the mutants that did not compile in an earlier run, so that the copy is written once and built once.
pub fn forget(files: &mut [File], mutants: &[Mutant], rejected: &str) {
    let rejected: BTreeSet<&str> = rejected.lines().collect();
    let of_name = mutants
        .iter()
        .filter(|mutant| rejected.contains(mutant.name().as_str()));
    let dead: BTreeSet<usize> = of_name.map(|mutant| mutant.id).collect();
    let sites = files.iter_mut().flat_map(|file| &mut file.sites);
    for id in sites.flat_map(|(_, ids)| ids) {
        *id = id.filter(|id| !dead.contains(id));
    }
}

/// As many mutants of each area, chosen by a hash of their names: what is added elsewhere changes no choice.
pub fn sample(mutants: Vec<Mutant>, count: usize, seed: u64) -> Vec<Mutant> {
    let rank = |mutant: &Mutant| {
        let mut hasher = DefaultHasher::new();
        (seed, mutant.name()).hash(&mut hasher);
        hasher.finish()
    };
    let mut by_area: BTreeMap<&str, Vec<Mutant>> = BTreeMap::new();
    for mutant in mutants {
        by_area.entry(mutant.area).or_default().push(mutant);
    }
    let (mut chosen, mut left, mut areas) = (Vec::new(), count, by_area.len());
    // A small area gives all it has, and the others make up for it.
    let mut sorted: Vec<Vec<Mutant>> = by_area.into_values().collect();
    sorted.sort_by_key(Vec::len);
    for mut area in sorted {
        area.sort_by_key(rank);
        area.truncate(left.div_ceil(areas));
        left -= area.len();
        areas -= 1;
        chosen.append(&mut area);
    }
    chosen.sort_by_key(|mutant| mutant.id);
    chosen
}
