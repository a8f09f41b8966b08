//! The cases: an input, a command line, and the target of issue 8.

use std::fs;
use std::path::{Path, PathBuf};

use super::generate;

const MEGABYTE: usize = 1 << 20;

/// One run.
pub(crate) struct Case {
    pub(crate) name: String,
    /// The files whose bytes the floor reads.
    pub(crate) inputs: Vec<PathBuf>,
    pub(crate) arguments: Vec<String>,
    pub(crate) stdin: Option<PathBuf>,
    pub(crate) runs: usize,
    pub(crate) target: Option<Target>,
}

/// What a case may take at most.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// Wall time, as a multiple of raw events.
    pub(crate) wall: Option<f64>,
    /// Processor time, as a multiple of raw events.
    pub(crate) cpu: Option<f64>,
    /// Peak memory: a multiple of the input, and bytes on top.
    pub(crate) memory: (f64, usize),
}

fn case(name: &str, inputs: Vec<PathBuf>, arguments: &[&str]) -> Case {
    Case {
        name: name.to_owned(),
        inputs,
        arguments: arguments.iter().map(ToString::to_string).collect(),
        stdin: None,
        runs: 3,
        target: None,
    }
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn tree(folder: &Path, name: &str, files: &[String]) -> (PathBuf, Vec<PathBuf>) {
    let root = folder.join(name);
    let paths = files
        .iter()
        .enumerate()
        .map(|(index, text)| write(&root, &format!("{:03}/{index:05}.yaml", index / 100), text));
    let paths = paths.collect();
    (root, paths)
}

/// A stream on standard input.
fn stream(folder: &Path, name: &str, file: &str, text: &str) -> Case {
    let path = write(folder, &format!("{file}/stream.yaml"), text);
    Case {
        stdin: Some(path.clone()),
        ..case(name, vec![path], &["render", "-"])
    }
}

/// A folder that is checked.
fn folder_of(folder: &Path, name: &str, file: &str, files: &[String]) -> Case {
    let (root, paths) = tree(folder, file, files);
    case(name, paths, &["check", "--quiet", root.to_str().unwrap()])
}

fn most(wall: f64, cpu: f64, memory: (f64, usize)) -> Target {
    let given = |ratio: f64| (ratio > 0.0).then_some(ratio);
    Target {
        wall: given(wall),
        cpu: given(cpu),
        memory,
    }
}

/// The cases with targets.
pub(crate) fn targets(folder: &Path) -> Vec<Case> {
    let with = |case: Case, target: Target| Case {
        target: Some(target),
        ..case
    };
    let dense = generate::dense(20 * MEGABYTE);
    let mixed = generate::mixed(20 * MEGABYTE);
    let largest = mixed.iter().map(String::len).max().unwrap();
    let line = generate::json_line(20 * MEGABYTE);
    let list = generate::list(10_000);
    let chart = generate::chart(100_000);
    vec![
        with(
            stream(
                folder,
                "dense stream, 20 MB, every document changed",
                "dense",
                &dense,
            ),
            most(2.5, 4.5, (4.0, 0)),
        ),
        with(again(folder, "again", &dense), most(1.5, 0.0, (3.0, 0))),
        with(
            folder_of(folder, "mixed repository, 20 MB", "mixed", &mixed),
            most(0.5, 0.0, (0.0, largest + 64 * MEGABYTE)),
        ),
        with(
            folder_of(folder, "5,000 small files", "small", &generate::small(5000)),
            most(1.5, 0.0, (0.0, 64 * MEGABYTE)),
        ),
        with(
            stream(folder, "JSON List on one line, 20 MB", "json", &line),
            most(0.0, 4.5, (6.0, 0)),
        ),
        with(
            stream(folder, "one document with 10,000 edits", "list", &list),
            most(0.0, 4.5, (6.0, 0)),
        ),
        with(
            stream(folder, "rendered chart, 100 KB", "chart", &chart),
            most(0.0, 0.0, (0.0, 32 * MEGABYTE)),
        ),
        case("bare start (`--version`)", Vec::new(), &["--version"]),
        case("empty program", Vec::new(), &[]),
    ]
}

/// A second run, on the output of the first.
fn again(folder: &Path, file: &str, dense: &str) -> Case {
    let path = write(folder, &format!("{file}/stream.yaml"), dense);
    let program = env!("CARGO_BIN_EXE_kubetemper");
    let run = |path: &Path| {
        let input = fs::File::open(path).unwrap();
        let mut command = std::process::Command::new(program);
        let output = command.args(["render", "-"]).stdin(input).output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    let after = run(&path);
    fs::write(&path, after).unwrap();
    Case {
        stdin: Some(path.clone()),
        ..case("second run on it", vec![path], &["render", "-"])
    }
}

/// The cases that grow: each axis by itself.
pub(crate) fn scaling(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |case: Case| cases.push(Case { runs: 1, ..case });
    for megabytes in [1, 10, 100, 1000] {
        let text = generate::dense(megabytes * MEGABYTE);
        add(stream(
            folder,
            &format!("size: {megabytes} MB"),
            &format!("size{megabytes}"),
            &text,
        ));
    }
    for edits in [1, 10, 100, 1000, 10_000, 100_000] {
        let text = generate::list(edits.max(5));
        add(stream(
            folder,
            &format!("edits: {edits}"),
            &format!("edits{edits}"),
            &text,
        ));
    }
    for files in [1, 10, 100, 1000, 10_000, 100_000] {
        let texts = generate::small(files);
        add(folder_of(
            folder,
            &format!("files: {files}"),
            &format!("files{files}"),
            &texts,
        ));
    }
    for depth in [10, 50, 100] {
        let text = generate::deep(depth, 200);
        add(stream(
            folder,
            &format!("depth: {depth}"),
            &format!("depth{depth}"),
            &text,
        ));
    }
    for bytes in [1000, 10_000, 100_000, 1_000_000] {
        let text = generate::long_lines(bytes, 4 * MEGABYTE);
        add(stream(
            folder,
            &format!("line length: {bytes}"),
            &format!("line{bytes}"),
            &text,
        ));
    }
    for jobs in ["1", "2"] {
        let text = generate::dense(20 * MEGABYTE);
        let mut case = stream(
            folder,
            &format!("cores: {jobs}"),
            &format!("cores{jobs}"),
            &text,
        );
        case.arguments
            .extend(["--jobs".to_owned(), jobs.to_owned()]);
        add(case);
    }
    cases
}

/// Makes a text that is so many times as large.
type Stream<'a> = (&'a str, &'a dyn Fn(usize) -> String);

/// Makes the files of a folder that is so many times as large.
type Folder<'a> = (&'a str, &'a dyn Fn(usize) -> Vec<String>);

/// Small inputs for counting instructions, each with one that is twice as large along its axis.
pub(crate) fn axes(folder: &Path) -> Vec<[Case; 2]> {
    let twice = |make: &dyn Fn(usize) -> Case| {
        [1, 2].map(|times| {
            let mut case = make(times);
            case.arguments.extend(["--jobs".to_owned(), "1".to_owned()]);
            case
        })
    };
    let streams: [Stream<'_>; 5] = [
        ("size", &|times| generate::dense(100_000 * times)),
        ("edits", &|times| generate::list(500 * times)),
        ("line length", &|times| generate::json_line(100_000 * times)),
        ("depth", &|times| generate::nested(30 * times, 20)),
        ("second run", &|times| generate::dense(100_000 * times)),
    ];
    let folders: [Folder<'_>; 3] = [
        ("files", &|times| generate::small(150 * times)),
        ("repository", &|times| generate::mixed(400_000 * times)),
        ("namespaces", &|times| generate::applications(25 * times)),
    ];
    let streams = streams.map(|(name, text)| {
        twice(&|times| {
            let file = format!("{name}{times}");
            if name == "second run" {
                return Case {
                    name: name.to_owned(),
                    ..again(folder, &file, &text(times))
                };
            }
            stream(folder, name, &file, &text(times))
        })
    });
    let folders = folders.map(|(name, files)| {
        twice(&|times| folder_of(folder, name, &format!("{name}{times}"), &files(times)))
    });
    streams.into_iter().chain(folders).collect()
}
