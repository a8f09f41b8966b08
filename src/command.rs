//! What a container runs, as far as its command line tells.

use serde_json::Value;

use crate::image::Image;
use crate::pod::Container;

/// The programs of a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Their names without folders, in order; variables are not resolved.
    pub programs: Vec<String>,
    /// The files that a shell writes for it (`> file`).
    pub writes: Vec<String>,
}

/// Programs that only root can use for what they are there for.
const FOR_ROOT: [&str; 18] = [
    "apk", "apt", "apt-get", "chgrp", "chmod", "chown", "chroot", "gosu", "iptables", "mount",
    "runuser", "setcap", "setpriv", "su-exec", "sudo", "sysctl", "useradd", "yum",
];

/// Programs that change the owner and the mode of files.
const FOR_FILES: [&str; 3] = ["chgrp", "chmod", "chown"];

/// Programs that work on files, and that root without `CAP_DAC_OVERRIDE` and `CAP_FOWNER` is stopped from.
const ON_FILES: [&str; 7] = ["cp", "find", "ln", "mkdir", "mv", "rm", "touch"];

/// Programs that need no rights and write nothing but to standard output, whoever runs them.
const HARMLESS: [&str; 29] = [
    ":", "[", "[[", "break", "cat", "continue", "cut", "date", "dig", "echo", "exit", "export",
    "false", "grep", "head", "hostname", "id", "ls", "nc -z", "nslookup", "printf", "pwd", "read",
    "return", "set", "sleep", "test", "true", "whoami",
];

const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];

impl Command {
    /// Reads the command and the arguments of a container; `None` when nobody can tell what they run.
    ///
    /// Arguments alone go to whatever the image starts: then there is nothing to read, and no program. The entrypoints
    /// of Docker's official images, and many others, start what the arguments name.
    #[must_use]
    pub fn of(container: &Container<'_>) -> Option<Self> {
        let words = |list: &str| -> Option<Vec<String>> {
            let items = container.items(list).map(Value::as_str);
            items.map(|item| item.map(str::to_owned)).collect()
        };
        let (command, args) = (words("/command")?, words("/args")?);
        let is_shell = |word: &String| SHELLS.contains(&basename(word));
        if container.get("/script").is_some() {
            return None;
        }
        let is_program = |word: &String| {
            is_shell(word)
                || word.starts_with('/')
                || !word.starts_with('-') && is_official(container)
        };
        if command.is_empty() && !args.first().is_some_and(is_program) {
            return Some(Self::default());
        }
        let all: Vec<String> = command.into_iter().chain(args).collect();
        let (first, rest) = all.split_first()?;
        if !is_shell(first) {
            return Some(Self {
                programs: vec![basename(first).to_owned()],
                writes: Vec::new(),
            });
        }
        let takes_script = |word: &String| word.starts_with('-') && word.ends_with('c');
        let at = rest.iter().position(takes_script)?;
        script(rest.get(at + 1)?)
    }

    /// A program that only root can use, if it runs one.
    #[must_use]
    pub fn for_root(&self) -> Option<&'static str> {
        let runs = |name: &&str| self.programs.iter().any(|program| program == name);
        FOR_ROOT.into_iter().find(runs)
    }

    /// Tells whether it does nothing that needs rights: any user can run it, and it writes no file.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        !self.programs.is_empty()
            && self
                .programs
                .iter()
                .all(|program| Self::is_harmless_program(program))
            && self.file().is_none()
    }

    /// A file that it writes, other than a device.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        let is_device = |file: &&String| file.starts_with("/dev/") && !file.contains("..");
        let mut files = self.writes.iter().filter(|file| !is_device(file));
        files.next().map(String::as_str)
    }

    /// Tells whether any user can run a program, and it writes nothing.
    #[must_use]
    pub fn is_harmless_program(name: &str) -> bool {
        HARMLESS.contains(&name)
    }

    /// Tells whether all that it needs root for is to change the owner and mode of files.
    #[must_use]
    pub fn only_changes_files(&self) -> bool {
        let program = |name: &String| {
            let name = name.as_str();
            [&FOR_FILES[..], &ON_FILES, &HARMLESS]
                .iter()
                .any(|list| list.contains(&name))
        };
        self.programs.iter().all(program)
            && FOR_FILES
                .iter()
                .any(|name| self.programs.iter().any(|program| program == name))
    }
}

/// Tells whether the image is one of Docker's official images, as far as its name tells.
fn is_official(container: &Container<'_>) -> bool {
    let image = container.get("/image").and_then(Value::as_str);
    image.and_then(Image::parse).is_some_and(|image| {
        let path = image.path.strip_prefix("docker/").unwrap_or(image.path);
        !path.strip_prefix("library/").unwrap_or(path).contains('/')
    })
}

/// A program that only root can use, in the command line or, where that cannot be read, as a word in it.
#[must_use]
pub fn program_for_root(container: &Container<'_>) -> Option<&'static str> {
    match Command::of(container) {
        Some(command) => command.for_root(),
        None => container.runs(&FOR_ROOT),
    }
}

fn basename(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The programs of a shell script; `None` for what this does not understand (functions, `case`, here-documents).
fn script(text: &str) -> Option<Command> {
    let mut command = Command::default();
    // Whether the next word is the name of a program.
    let mut starts = true;
    // Whether the next word is the file of a redirection that writes.
    let mut file = false;
    // Whether the next word is the file of a redirection that reads.
    let mut reads = false;
    // Between `for` and `do` stand words, not programs.
    let mut names = false;
    // The same of the commands that this one is within.
    let mut outer = Vec::new();
    let tokens = tokens(text)?;
    let defines = [Token::Open, Token::Close];
    if tokens.windows(2).any(|pair| pair == defines) {
        return None;
    }
    for token in tokens {
        match token {
            // What is substituted between `for` and `do` or as the file of a redirection is run as well.
            Token::Open if names || file || reads => return None,
            Token::Open => {
                outer.push(starts);
                starts = true;
            }
            Token::Close => starts = outer.pop()?,
            // A redirection without a file: no shell runs that.
            Token::Separator if file || reads => return None,
            Token::Separator => starts = !names,
            Token::Write => file = true,
            Token::Read => reads = true,
            Token::Word(_) if reads => reads = false,
            Token::Word(word) if file => {
                file = false;
                command.writes.push(word);
            }
            Token::Word(word) => match word.as_str() {
                "for" if starts => (starts, names) = (false, true),
                "do" if names => (starts, names) = (true, false),
                "case" | "function" | "eval" | "source" | "." if starts => return None,
                "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "!" | "{" | "exec"
                | "time" | "nohup"
                    if starts => {}
                "done" | "fi" | "}" | "]" | "]]" => {}
                _ if starts && is_assignment(&word) => {}
                name if starts && name.contains('$') => return None,
                name if starts => {
                    command.programs.push(basename(name).to_owned());
                    starts = false;
                }
                flag if flag.starts_with('-') => flags_of_nc(flag, &mut command),
                _ => {}
            },
        }
    }
    (!file && !reads).then_some(command)
}

/// Tells `nc` that only looks whether a port is open from one that listens or runs a program.
fn flags_of_nc(flag: &str, command: &mut Command) {
    let Some(program) = command.programs.last_mut().filter(|name| *name == "nc") else {
        return;
    };
    if flag.contains(['l', 'e', 'c']) {
        program.push_str(" -l");
    } else if flag.contains('z') {
        program.push_str(" -z");
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// What ends a command: `;`, `&`, `|`, a line break.
    Separator,
    /// What begins a command within another: `(`, a backquote.
    Open,
    /// What ends it.
    Close,
    /// A redirection that writes.
    Write,
    /// A redirection that reads.
    Read,
}

type Characters<'t> = std::iter::Peekable<std::str::Chars<'t>>;

/// Splits a script into words and operators; commands in `$(...)` and backquotes become commands of their own.
fn tokens(text: &str) -> Option<Vec<Token>> {
    // Backquotes do not nest: what a second pair is about takes a shell to tell.
    if text.matches('`').count() > 2 {
        return None;
    }
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    // Whether the next backquote begins a command.
    let mut quotes = true;
    let mut chars = text.chars().peekable();
    let mut end = |word: &mut Option<String>, token: Option<Token>| {
        tokens.extend(word.take().map(Token::Word));
        tokens.extend(token);
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let inner = until_quote(&mut chars)?;
                word.get_or_insert_default().push_str(&inner);
            }
            '"' => {
                let inner = quoted(&mut chars)?;
                // What is run inside the quotes counts too.
                if inner.contains("$(") || inner.contains('`') {
                    return None;
                }
                word.get_or_insert_default().push_str(&inner);
            }
            '\\' => match chars.next()? {
                '\n' => {}
                c => word.get_or_insert_default().push(c),
            },
            '#' if word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            '$' if chars.peek() == Some(&'(') => {
                chars.next();
                word.get_or_insert_default().push('$');
                end(&mut word, Some(Token::Open));
            }
            ' ' | '\t' | '\r' => end(&mut word, None),
            '&' if chars.peek() == Some(&'>') => end(&mut word, None),
            ';' | '|' | '&' | '\n' => end(&mut word, Some(Token::Separator)),
            '(' => end(&mut word, Some(Token::Open)),
            ')' => end(&mut word, Some(Token::Close)),
            '`' => {
                // What it gives may be a part of a word, or all of one.
                let opens = quotes;
                quotes = !quotes;
                if opens {
                    word.get_or_insert_default().push('$');
                }
                end(
                    &mut word,
                    Some(if opens { Token::Open } else { Token::Close }),
                );
            }
            '>' => {
                let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit());
                if word.as_deref().is_some_and(is_number) {
                    word = None;
                }
                let token = redirection(&mut chars);
                end(&mut word, token);
            }
            // Here-documents and process substitution are not understood.
            '<' if matches!(chars.peek(), Some('<' | '(' | '&' | '>')) => return None,
            '<' => end(&mut word, Some(Token::Read)),
            c => word.get_or_insert_default().push(c),
        }
    }
    end(&mut word, None);
    Some(tokens)
}

/// What comes behind a `>`: `2>&1` duplicates a descriptor and `>&2` writes to one.
fn redirection(chars: &mut Characters<'_>) -> Option<Token> {
    let is_descriptor = |c: &char| c.is_ascii_digit() || *c == '-';
    chars.next_if_eq(&'>');
    if chars.next_if_eq(&'&').is_some() && chars.peek().is_some_and(is_descriptor) {
        while chars.next_if(is_descriptor).is_some() {}
        return None;
    }
    Some(Token::Write)
}

/// The text up to a single quote.
fn until_quote(chars: &mut Characters<'_>) -> Option<String> {
    let mut inner = String::new();
    loop {
        match chars.next()? {
            '\'' => return Some(inner),
            c => inner.push(c),
        }
    }
}

fn quoted(chars: &mut Characters<'_>) -> Option<String> {
    let mut inner = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(inner),
            '\\' => inner.push(chars.next()?),
            c => inner.push(c),
        }
    }
}

#[cfg(test)]
mod tests;
