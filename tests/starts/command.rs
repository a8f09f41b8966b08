//! Command lines that people write, and what they need.

use super::table::{Image, Owner, UNKNOWN, Writes};

/// What a container does once it runs.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// The image's own program, which its entrypoint starts.
    pub own: bool,
    /// The image's own program, without its entrypoint.
    pub direct: bool,
    pub root: bool,
    pub privileged: bool,
    pub capabilities: Vec<&'static str>,
    pub writes: Vec<Writes>,
    pub ports: Vec<u64>,
    /// The user that it gives the folder to.
    pub gives: Option<(&'static str, u32)>,
}

/// A command line: its words, and a name for what it does.
pub struct Line {
    pub words: &'static [&'static str],
    needs: fn(&mut Needs),
}

const fn root(path: &'static str) -> Writes {
    Writes {
        path,
        owner: Owner::Root,
        seeded: true,
        own: false,
        private: false,
    }
}

/// Command lines for any image that has a shell.
pub static LINES: &[Line] = &[
    Line {
        words: &["sleep", "infinity"],
        needs: |_| {},
    },
    Line {
        words: &["sh", "-c", "while true; do date; sleep 5; done"],
        needs: |_| {},
    },
    Line {
        words: &[
            "sh",
            "-c",
            "until nslookup db; do echo waiting; sleep 2; done",
        ],
        needs: |_| {},
    },
    Line {
        words: &["sh", "-c", "until nc -z db 5432; do sleep 1; done"],
        needs: |_| {},
    },
    Line {
        words: &["sh", "-c", "echo hello > /out/file"],
        needs: |needs| needs.writes.push(root("/out")),
    },
    Line {
        words: &["sh", "-c", "echo hello >&/out/file"],
        needs: |needs| needs.writes.push(root("/out")),
    },
    Line {
        words: &["sh", "-c", "cp -r /src/. /data"],
        needs: |needs| needs.writes.push(root("/data")),
    },
    Line {
        words: &["touch", "/data/ready"],
        needs: |needs| needs.writes.push(root("/data")),
    },
    Line {
        words: &["sh", "-c", "apk add --no-cache curl && sleep 1d"],
        needs: |needs| {
            needs.root = true;
            needs.writes.push(root("/lib/apk"));
        },
    },
    Line {
        words: &["sh", "-c", "for f in $(apk add curl); do sleep 1; done"],
        needs: |needs| {
            needs.root = true;
            needs.writes.push(root("/lib/apk"));
        },
    },
    Line {
        words: &["sh", "-c", "while true; do nc -l -p 80; done"],
        needs: |needs| needs.ports.push(80),
    },
    Line {
        words: &["sh", "-c", "chown -R 999:999 /data"],
        needs: |needs| {
            chown(needs);
            needs.gives = Some(("/data", 999));
        },
    },
    Line {
        words: &["chown", "-R", "999:999", "/var/lib/postgresql/data"],
        needs: |needs| {
            chown(needs);
            needs.gives = Some(("/var/lib/postgresql/data", 999));
        },
    },
    Line {
        words: &["sh", "-c", "mkdir -p /data/x && chmod -R 0777 /data"],
        needs: |needs| {
            needs.root = true;
            needs.capabilities.extend(["DAC_OVERRIDE", "FOWNER"]);
            needs.writes.push(root("/data"));
        },
    },
    Line {
        words: &["sysctl", "-w", "vm.max_map_count=262144"],
        needs: |needs| {
            needs.privileged = true;
            needs.root = true;
        },
    },
    Line {
        words: &["ping", "-c1", "db"],
        needs: |needs| {
            needs.root = true;
            needs.capabilities.push("NET_RAW");
        },
    },
    Line {
        words: &["crond", "-f"],
        needs: unknown,
    },
    Line {
        words: &["sh", "/scripts/start.sh"],
        needs: unknown,
    },
    Line {
        words: &["python", "app.py"],
        needs: unknown,
    },
    Line {
        words: &["sh", "-c", "exec \"$@\"", "--", "python", "app.py"],
        needs: unknown,
    },
    Line {
        words: &[
            "sh",
            "-c",
            "echo a > /etc/nginx/conf.d/a.conf; nginx -g 'daemon off;'",
        ],
        needs: |needs| {
            needs.direct = true;
            needs.writes.push(root("/etc/nginx/conf.d"));
        },
    },
    Line {
        words: &["/scripts/start.sh"],
        needs: unknown,
    },
    Line {
        words: &["sh", "-c", "nginx -g 'daemon off;'"],
        needs: |needs| needs.direct = true,
    },
];

fn chown(needs: &mut Needs) {
    needs.root = true;
    needs.capabilities.extend(["CHOWN", "DAC_OVERRIDE"]);
}

fn unknown(needs: &mut Needs) {
    needs.root = true;
    needs.capabilities.extend(UNKNOWN.as_root);
    needs.writes.extend(UNKNOWN.writes);
}

/// What a container of an image needs that runs these words; `None` when this table does not have them.
pub fn needs(image: &Image, command: &[&str], args: &[&str]) -> Option<Needs> {
    let mut needs = Needs::default();
    let all: Vec<&str> = command.iter().chain(args).copied().collect();
    if let Some(line) = LINES.iter().find(|line| line.words == all) {
        if line
            .words
            .last()
            .is_some_and(|word| word.ends_with("daemon off;'"))
            && image.name != "nginx"
        {
            return None;
        }
        (line.needs)(&mut needs);
        return Some(needs);
    }
    let is_own = |word: &&&str| !word.starts_with('/') && !["sh", "bash"].contains(*word);
    match (command, args.first()) {
        ([], first) if first.is_none_or(|word| is_own(&word)) => {
            if image.is_base {
                unknown(&mut needs);
            } else {
                needs.own = true;
            }
        }
        ([program, ..], _) if image.name.ends_with(program.trim_end_matches("-server")) => {
            needs.direct = true;
        }
        _ => return None,
    }
    Some(needs)
}
