//! Text of others in a comment: it stays text, links nothing and calls nobody.

use std::fmt::Write;

use super::super::style::plain;

/// Characters of a name or sentence that are shown.
const LONGEST: usize = 1000;

/// A text in the font of code. GitHub neither links nor notifies from there.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// A sentence. Parts of it between backticks are code.
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without a partner is only a character.
    let pairs = !parts.len().is_multiple_of(2);
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        if pairs && at % 2 == 1 {
            out.push_str(&code(part));
            continue;
        }
        if !pairs && at > 0 {
            out.push_str("&#96;");
        }
        out.push_str(&silent(part));
    }
    out
}

/// A block of code. Its fence is longer than any in it.
pub(super) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}diff\n{text}{fence}\n")
}

/// Escaped text in which neither `@` nor `#` makes a mention: GitHub looks for those after it has read the entities.
fn silent(text: &str) -> String {
    escaped(text)
        .replace("&#64;", "&#64;&#8203;")
        .replace("&#35;", "&#35;&#8203;")
}

/// Text without meaning in Markdown and HTML, also in a cell of a table: an entity is never markup.
fn escaped(text: &str) -> String {
    const MARKS: &str = "\\`*{}[]<>#|~&@";
    let mut out = String::with_capacity(text.len());
    let text = plain(text);
    let mut before = ' ';
    let mut rest = text.chars().enumerate().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map_or(' ', |(_, next)| *next);
        let within = before.is_alphanumeric() && next.is_alphanumeric();
        let marks = match c {
            '_' => !within,
            // A URL, or an emoji.
            ':' => !(next == ' ' || within),
            c => MARKS.contains(c),
        };
        before = c;
        if at == LONGEST {
            out.push('…');
            break;
        }
        if marks {
            // Writing to a string does not fail.
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_others_is_markup() {
        let text = "a|b <b> @team #12 [x](y) *z* `c|d @e` http://h";
        assert_eq!(
            prose(text),
            "a&#124;b &#60;b&#62; &#64;&#8203;team &#35;&#8203;12 &#91;x&#93;(y) &#42;z&#42; \
             <code>c&#124;d &#64;e</code> http&#58;//h"
        );
        assert_eq!(prose("one ` @b"), "one &#96; &#64;&#8203;b");
        assert_eq!(code("a\nb`c"), "<code>a&#92;u&#123;a&#125;b&#96;c</code>");
        assert!(code(&"x".repeat(9999)).len() < 2000);
    }

    #[test]
    fn a_fence_holds_what_it_fences() {
        assert_eq!(fenced("+ a\n"), "```diff\n+ a\n```\n");
        assert_eq!(fenced("+ ````\n"), "`````diff\n+ ````\n`````\n");
    }
}
