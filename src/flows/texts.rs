//! From a text to settings: the lines of a file, `key=value` pairs, flags.

use serde_json::Value;

use crate::yaml;

/// A setting, as far as it can be told from a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Its name; `None` where the text stands alone.
    pub(super) key: Option<String>,
    pub(super) text: String,
    /// It stands where programs take hosts as bare words.
    pub(super) words: bool,
    /// The mapping that it stands in, where the text has mappings: only what stands in the same one belongs together.
    pub(super) group: usize,
}

fn setting(key: Option<&str>, text: &str) -> Setting {
    Setting {
        key: key.map(str::to_owned),
        text: text.to_owned(),
        words: false,
        group: 0,
    }
}

/// The settings in a value of a variable or in a file.
pub(super) fn of_text(key: Option<&str>, text: &str, file: bool) -> Vec<Setting> {
    if file
        && !looks_like_ini(text)
        && let Some(value @ (Value::Object(_) | Value::Array(_))) = yaml::read_leniently(text)
    {
        let mut settings = Vec::new();
        of_value(None, &value, &mut 0, &mut settings);
        return settings;
    }
    if !text.contains('\n') {
        if let Ok(value @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
            let mut settings = Vec::new();
            of_value(key, &value, &mut 0, &mut settings);
            return settings;
        }
        let mut settings = vec![setting(key.filter(|_| !file), &without_pairs(text))];
        if file {
            settings = of_line(text);
        }
        settings.extend(pairs(text));
        return settings;
    }
    text.lines()
        .flat_map(|line| {
            let mut settings = of_line(line);
            settings.extend(pairs(line));
            settings
        })
        .collect()
}

/// `a=b` lines would be read as one YAML scalar, or fail; `[section]` as a list.
fn looks_like_ini(text: &str) -> bool {
    text.lines()
        .map(str::trim)
        .any(|line| line.starts_with('[') && line.ends_with(']') && !line.contains(','))
}

/// Adds the settings of a value. `mappings` counts those that were met.
fn of_value(key: Option<&str>, value: &Value, mappings: &mut usize, into: &mut Vec<Setting>) {
    let group = *mappings;
    match value {
        Value::Object(map) => {
            *mappings += 1;
            // What stands in the mapping itself comes before what stands deeper, or it would be counted there.
            let is_deep = |value: &Value| value.is_object() || value.is_array();
            for deep in [false, true] {
                for (key, value) in map.iter().filter(|(_, value)| is_deep(value) == deep) {
                    of_value(Some(key), value, mappings, into);
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| of_value(key, item, mappings, into)),
        Value::String(text) if text.contains('\n') => into.extend(of_text(key, text, true)),
        Value::String(text) => into.push(Setting {
            group,
            ..setting(key, text)
        }),
        Value::Number(number) => into.push(Setting {
            group,
            ..setting(key, &number.to_string())
        }),
        _ => {}
    }
}

/// The setting of a line of a configuration file of any format; none for a comment.
fn of_line(line: &str) -> Vec<Setting> {
    let line = line.trim();
    if line.is_empty()
        || ["#", "//", ";", "--", "!"]
            .iter()
            .any(|comment| line.starts_with(comment))
    {
        return Vec::new();
    }
    if let Some(rest) = line.strip_prefix('<') {
        let parts = rest
            .split_once('>')
            .and_then(|(tag, rest)| Some((tag, rest.split_once('<')?.0)));
        return match parts {
            Some((tag, text)) if !text.is_empty() => vec![setting(Some(tag), text)],
            _ => vec![setting(None, line)],
        };
    }
    let bare = |text: &str| text.trim().trim_matches(['"', '\'', ',', ';']).to_owned();
    let of_key = |c: char| c.is_alphanumeric() || "_-. \"'".contains(c);
    if let Some(at) = line
        .find(['=', ':'])
        .filter(|at| line[..*at].chars().all(of_key) && *at > 0)
    {
        let (key, value) = (bare(&line[..at]), bare(&line[at + 1..]));
        // `pg:5432` is no key with a value, `http://pg` neither.
        let is_port = value
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .is_some_and(|digits| !digits.is_empty());
        let glued = line[at..].starts_with(':') && !line[at + 1..].starts_with(' ');
        if !(glued && (is_port || value.starts_with("//"))
            || key.contains(' ') && !key.contains(" = "))
        {
            return vec![setting(Some(&key), &value)];
        }
    }
    let mut words = line.split_whitespace();
    // `server backend;`
    if let (Some(key), Some(value), None) = (words.next(), words.next(), words.next()) {
        return vec![setting(Some(key), &bare(value))];
    }
    vec![setting(None, line)]
}

/// The `key=value` pairs within a text.
fn pairs(text: &str) -> Vec<Setting> {
    let parts = text.split(|c: char| c.is_whitespace() || ";&?".contains(c));
    let parts: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let is_key = |key: &str| {
        !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_alphanumeric() || "_-.".contains(c))
    };
    let pair = |(key, value): (&str, &str)| {
        let value = value.trim_matches(['"', '\'', ',']);
        (is_key(key) && !value.is_empty()).then(|| setting(Some(key), value))
    };
    parts.into_iter().filter_map(pair).collect()
}

/// A text without its `key=host` pairs: these are settings of their own, with a port beside them.
fn without_pairs(text: &str) -> String {
    let is_plain = |value: &str| {
        value
            .chars()
            .all(|c| c.is_alphanumeric() || "._-".contains(c))
    };
    let is_pair = |part: &&str| {
        part.split_once('=')
            .is_some_and(|(key, value)| is_plain(key) && is_plain(value))
    };
    if !text.split([' ', ';']).any(|part| is_pair(&part)) {
        return text.to_owned();
    }
    let rest: Vec<&str> = text
        .split([' ', ';'])
        .filter(|part| !is_pair(part))
        .collect();
    rest.join(" ")
}

/// The settings of a command line. A program's own name is not one.
pub(super) fn of_arguments(arguments: &[String]) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut flag: Option<String> = None;
    for argument in arguments {
        if argument.contains(char::is_whitespace) && !argument.starts_with('-') {
            // A script: its words are a command line of their own.
            settings.extend(script(argument));
            flag = None;
            continue;
        }
        let own = argument.trim_matches(['"', '\'', ';', ',', ')', '(']);
        let is_flag = own.starts_with('-') && own.len() > 1;
        let name = own.trim_start_matches('-');
        match name.split_once('=') {
            Some((key, value)) if is_flag => {
                settings.push(setting(Some(key), value.trim_matches(['"', '\''])));
                settings.extend(pairs(value));
                flag = None;
            }
            _ if is_flag => flag = Some(name.to_owned()),
            _ => {
                let key = flag.take().map(|flag| match flag.as_str() {
                    "h" | "H" => "host".to_owned(),
                    "p" | "P" => "port".to_owned(),
                    _ => flag,
                });
                settings.push(Setting {
                    words: true,
                    ..setting(key.as_deref(), own)
                });
                settings.extend(pairs(own));
            }
        }
    }
    settings
}

fn script(text: &str) -> Vec<Setting> {
    let mut settings = Vec::new();
    for line in text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
    {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        settings.extend(of_arguments(&words));
        // `exec 3<>/dev/tcp/pg/5432`.
        for rest in line.split("/dev/tcp/").skip(1) {
            let mut parts = rest.split(['/', ' ', ';', '"', '\'', ')']);
            if let (Some(host), Some(port)) = (parts.next(), parts.next()) {
                settings.push(setting(Some("host"), &format!("{host}:{port}")));
            }
        }
        // `nc -z pg 5432`.
        for pair in words.windows(2) {
            let port = pair[1].trim_end_matches([';', ')']);
            if port.len() >= 2
                && port.parse::<u16>().is_ok()
                && pair[0].starts_with(|c: char| c.is_alphabetic())
            {
                settings.push(Setting {
                    words: true,
                    ..setting(None, &format!("{}:{port}", pair[0]))
                });
            }
        }
    }
    settings
}
