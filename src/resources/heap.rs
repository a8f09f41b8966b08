//! Settings by which programs are told how much memory to use: on their command line, or in their environment.

use serde_json::Value;

use crate::pod::Container;
use crate::quantity::Quantity;

/// What a setting says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heap {
    /// So much.
    Bytes(Quantity),
    /// So many percent of the container's limit, below 100.
    Percent(u32),
    /// Something that only the running container knows.
    Unreadable,
}

/// How a program counts bytes where no unit is given.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Mebibytes,
    /// The pages of PostgreSQL.
    Pages,
    Percent,
}

/// Options with their value after `=`, a space, or right behind.
const OPTIONS: [(&str, Unit); 10] = [
    ("-Xmx", Unit::Bytes),
    ("-XX:MaxHeapSize=", Unit::Bytes),
    ("-XX:MaxRAMPercentage=", Unit::Percent),
    ("--max-old-space-size", Unit::Mebibytes),
    ("--max_old_space_size", Unit::Mebibytes),
    ("--maxmemory", Unit::Bytes),
    ("shared_buffers=", Unit::Pages),
    ("--shared-buffers=", Unit::Pages),
    ("--innodb-buffer-pool-size=", Unit::Bytes),
    ("--innodb_buffer_pool_size=", Unit::Bytes),
];

/// Variables whose value is an amount.
const VARIABLES: [&str; 2] = ["GOMEMLIMIT", "MAX_HEAP_SIZE"];

/// The settings of a container, as they are written, and what they say.
pub(super) fn settings(container: &Container<'_>) -> Vec<(String, Heap)> {
    let mut found = Vec::new();
    let lists = ["/command", "/args"].into_iter();
    let words: Vec<&str> = lists
        .flat_map(|list| container.items(list))
        .filter_map(Value::as_str)
        .flat_map(words)
        .collect();
    options(&words, &mut found);
    for variable in container.items("/env") {
        let Some(value) = variable.get("value").and_then(Value::as_str) else {
            continue;
        };
        let name = variable["name"].as_str().unwrap_or_default();
        if VARIABLES.contains(&name) {
            if value != "off" && !value.is_empty() {
                found.push((format!("{name}={value}"), read(value, Unit::Bytes)));
            }
        } else {
            options(&words_of(value), &mut found);
        }
    }
    // memcached has an option of one letter.
    if container.runs(&["memcached"]).is_some() {
        let at = words
            .iter()
            .position(|word| *word == "-m" || *word == "--memory-limit");
        if let Some(value) = at.and_then(|at| words.get(at + 1)) {
            found.push((format!("-m {value}"), read(value, Unit::Mebibytes)));
        }
    }
    found.retain(|(_, heap)| *heap != Heap::Bytes(Quantity::ZERO));
    found
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';');
    text.split(is_end).filter(|word| !word.is_empty())
}

fn words_of(text: &str) -> Vec<&str> {
    words(text).collect()
}

fn options(words: &[&str], into: &mut Vec<(String, Heap)>) {
    // Most words are none of them, and tell so by how they begin.
    let begin = |word: &&&str| word.starts_with(['-', 's']);
    for (at, word) in words.iter().enumerate().filter(|(_, word)| begin(word)) {
        for (option, unit) in OPTIONS {
            let Some(rest) = word.strip_prefix(option) else {
                continue;
            };
            // The value of a long option is the next word, unless `=` comes first.
            let (setting, value) = if option.starts_with("--") && !option.ends_with('=') {
                match (rest.strip_prefix('='), words.get(at + 1)) {
                    (Some(value), _) => ((*word).to_owned(), value),
                    (None, Some(value)) if rest.is_empty() => (format!("{word} {value}"), *value),
                    // A longer option, such as `--maxmemory-policy`, or none.
                    _ => continue,
                }
            } else {
                ((*word).to_owned(), rest)
            };
            into.push((setting, read(value, unit)));
        }
    }
}

fn read(value: &str, unit: Unit) -> Heap {
    let unreadable = Heap::Unreadable;
    if let Unit::Percent = unit {
        let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
        let more = u32::from(fraction.contains(|digit| digit != '0'));
        return match whole.parse::<u32>() {
            Ok(percent) if percent + more < 100 => Heap::Percent(percent + more),
            _ => unreadable,
        };
    }
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = value[digits.len()..].to_ascii_lowercase();
    // Programs of all kinds take these for powers of 1024, or leave room when they do not.
    let factor: u64 = match suffix.trim_end_matches('b').trim_end_matches('i') {
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        "t" => 1 << 40,
        "" if !suffix.is_empty() => 1,
        "" => match unit {
            Unit::Mebibytes => 1 << 20,
            Unit::Pages => 8 << 10,
            Unit::Bytes | Unit::Percent => 1,
        },
        _ => return unreadable,
    };
    let amount = digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor));
    amount
        .and_then(|amount| i64::try_from(amount).ok())
        .map_or(unreadable, |amount| Heap::Bytes(Quantity::whole(amount)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pod::ContainerKind;

    fn of(value: &Value) -> Vec<(String, Heap)> {
        settings(&Container {
            value,
            pointer: "",
            kind: ContainerKind::App,
        })
    }

    fn argument(text: &str) -> Vec<(String, Heap)> {
        of(&json!({"args": [text]}))
    }

    fn mi(amount: i64) -> Heap {
        Heap::Bytes(Quantity::whole(amount << 20))
    }

    #[test]
    fn amounts() {
        for (text, setting, heap) in [
            ("-Xmx512m", "-Xmx512m", mi(512)),
            ("-Xmx2G", "-Xmx2G", mi(2048)),
            ("-Xmx1073741824", "-Xmx1073741824", mi(1024)),
            ("sh -c 'exec java -Xmx1g;'", "-Xmx1g", mi(1024)),
            (
                "--max-old-space-size=300",
                "--max-old-space-size=300",
                mi(300),
            ),
            (
                "--max_old_space_size 300",
                "--max_old_space_size 300",
                mi(300),
            ),
            ("--maxmemory 1gb", "--maxmemory 1gb", mi(1024)),
            ("shared_buffers=128MB", "shared_buffers=128MB", mi(128)),
            ("shared_buffers=128", "shared_buffers=128", mi(1)),
            (
                "-XX:MaxRAMPercentage=75.0",
                "-XX:MaxRAMPercentage=75.0",
                Heap::Percent(75),
            ),
            (
                "-XX:MaxRAMPercentage=74.5",
                "-XX:MaxRAMPercentage=74.5",
                Heap::Percent(75),
            ),
            (
                "-XX:MaxRAMPercentage=100",
                "-XX:MaxRAMPercentage=100",
                Heap::Unreadable,
            ),
            ("-Xmx${HEAP}", "-Xmx${HEAP}", Heap::Unreadable),
            ("-Xmx99999999999g", "-Xmx99999999999g", Heap::Unreadable),
        ] {
            assert_eq!(argument(text), [(setting.to_owned(), heap)], "{text}");
        }
        for text in [
            "--maxmemory-policy noeviction",
            "--maxmemory 0",
            "-Xms1g",
            "--maxmemory",
        ] {
            assert_eq!(argument(text), [], "{text}");
        }
    }

    #[test]
    fn variables() {
        let variable =
            |name: &str, value: &str| of(&json!({"env": [{"name": name, "value": value}]}));
        assert_eq!(variable("GOMEMLIMIT", "900MiB")[0].1, mi(900));
        assert_eq!(variable("GOMEMLIMIT", "$(LIMIT)")[0].1, Heap::Unreadable);
        assert_eq!(variable("GOMEMLIMIT", "off"), []);
        // Only the setting is told, never the rest of the value.
        let found = variable("JAVA_OPTS", "-Dpassword=secret -Xmx1g");
        assert_eq!(found, [("-Xmx1g".to_owned(), mi(1024))]);
    }

    #[test]
    fn an_option_of_one_letter_is_that_of_one_program() {
        let with = |image: &str| of(&json!({"image": image, "args": ["-m", "64"]}));
        assert_eq!(with("memcached:1.6")[0].1, mi(64));
        assert_eq!(with("nginx"), []);
    }
}
