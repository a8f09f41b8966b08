//! Questions to a person. They go to standard error: standard output has the product.

use std::io::{self, BufRead, IsTerminal, Write};

use super::Error;

/// Tells whether a person can be asked: standard input and standard error are a terminal.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Prints a text.
pub(super) fn show(text: &str) -> Result<(), Error> {
    let mut out = anstream::stderr().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Asks, and returns the line that was typed, without what would steer a terminal.
pub(super) fn ask(prompt: &str) -> Result<String, Error> {
    show(&format!("{prompt} "))?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        show("\n")?;
        return Err(Error::Usage(
            "the input ended before the last answer; nothing is written".to_owned(),
        ));
    }
    let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(words.chars().filter(|c| !c.is_control()).collect())
}

/// Asks what is answered with yes or no; anything but yes is no.
pub(super) fn confirm(question: &str) -> Result<bool, Error> {
    let answer = ask(&format!("{question} [y/N]"))?.to_lowercase();
    Ok(matches!(answer.as_str(), "y" | "yes"))
}
