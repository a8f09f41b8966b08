//! Conditions on tags: `*alpine* && >=18`, `>=2 <3`, `*chiseled* || *distroless*`.

use crate::exempt::matches;

/// Tells whether a tag fits a condition. A tag without a leading number, or none, counts as the newest.
pub(super) fn fit(condition: &str, tag: Option<&str>) -> bool {
    let all = |terms: &str| {
        terms
            .split_whitespace()
            .filter(|term| *term != "&&")
            .all(|term| is(term, tag))
    };
    condition.split("||").any(all)
}

fn is(term: &str, tag: Option<&str>) -> bool {
    if let Some(bound) = term.strip_prefix(">=") {
        return number(tag).is_none_or(|number| number >= parts(bound));
    }
    if let Some(bound) = term.strip_prefix('<') {
        return number(tag).is_some_and(|number| number < parts(bound));
    }
    matches(term, tag.unwrap_or("latest"))
}

/// The leading number of a tag, with or without a `v` before it.
fn number(tag: Option<&str>) -> Option<Vec<u64>> {
    let tag = tag?;
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    tag.starts_with(|first: char| first.is_ascii_digit())
        .then(|| parts(tag))
}

fn parts(text: &str) -> Vec<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let text = &text[..end.unwrap_or(text.len())];
    let parts = text.split('.').filter(|part| !part.is_empty());
    parts.filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        for (condition, tag, expected) in [
            (">=18", Some("18"), true),
            (">=18", Some("18.1-alpine"), true),
            (">=18", Some("17.9"), false),
            (">=18", Some("latest"), true),
            (">=18", None, true),
            ("<8", Some("7.2-alpine"), true),
            ("<8", Some("alpine"), false),
            ("*alpine* && <8", Some("7-alpine3.20"), true),
            ("*alpine* && <8", Some("7"), false),
            (">=2 <3", Some("v2.7.1"), true),
            (">=2 <3", Some("3"), false),
            (">=1.11 <2", Some("1.8"), false),
            (">=1.11 <2", Some("1.11.8"), true),
            (
                "*chiseled* || *distroless*",
                Some("8.0-jammy-chiseled"),
                true,
            ),
        ] {
            assert_eq!(fit(condition, tag), expected, "{condition} {tag:?}");
        }
    }
}
