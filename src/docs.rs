//! Documentation pages, made from the headers of the transforms' files.

use crate::transforms::ALL;

/// The page of a transform as Markdown; `None` for an unknown id.
#[must_use]
pub fn page(id: &str) -> Option<String> {
    let (transform, source) = ALL.iter().find(|(transform, _)| transform.id == id)?;
    let header = source.lines().take_while(|line| line.starts_with("//!"));
    let text = |line: &'static str| {
        let text = line.trim_start_matches("//!");
        text.strip_prefix(' ').unwrap_or(text)
    };
    let body: Vec<&str> = header.map(text).collect();
    Some(format!("# {}\n\n{}\n", transform.id, body.join("\n")))
}
