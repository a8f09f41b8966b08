//! Reads plain scalars the way Kubernetes reads them, and writes strings so that every parser agrees.
//!
//! Kubernetes parses YAML with `sigs.k8s.io/yaml`, which keeps YAML 1.1 habits: `yes` and `on` are
//! true, `0644` is 420, `1_000` is 1000. A hardener that took `hostNetwork: yes` for a string would
//! miss a pod on the host network, so this module is a security feature.

use serde_json::{Number, Value};

/// What a plain scalar means.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// A value that JSON can hold.
    Value(Value),
    /// Infinity or not-a-number, which Kubernetes rejects.
    NotFinite,
}

/// Resolves a plain (unquoted) scalar.
#[must_use]
pub fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Value(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            return Plain::Value(Value::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            return Plain::Value(Value::Bool(false));
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF"
        | ".nan" | ".NaN" | ".NAN" => return Plain::NotFinite,
        _ => {}
    }
    let number = match text.as_bytes().first() {
        Some(b'+' | b'-' | b'.' | b'0'..=b'9') => number(text),
        _ => None,
    };
    Plain::Value(number.map_or_else(|| Value::String(text.to_owned()), Value::Number))
}

/// Tells whether a plain scalar is certainly a string, by a look at it: nothing that [`resolve`] knows begins so.
#[must_use]
pub(super) fn is_word(text: &str) -> bool {
    let first = text.as_bytes().first();
    let may_be_more = |first: &u8| b"0123456789+-.~yYnNtTfFoO".contains(first);
    first.is_some_and(|first| !may_be_more(first))
}

/// The text of a plain scalar used as a mapping key: Kubernetes turns every key into a string.
///
/// Returns `None` for keys that it rejects (null, integers beyond 64 signed bits, infinities).
#[must_use]
pub fn resolve_key(text: &str) -> Option<String> {
    match resolve(text) {
        Plain::Value(Value::String(text)) => Some(text),
        Plain::Value(Value::Bool(value)) => Some(value.to_string()),
        Plain::Value(Value::Number(number)) => {
            if let Some(integer) = number.as_i64() {
                return Some(integer.to_string());
            }
            // Other numbers as keys are printed by Go with 32-bit precision; too exotic to imitate.
            None
        }
        _ => None,
    }
}

/// Tells whether every parser, of YAML 1.1 or 1.2, reads the bare text as this very string.
#[must_use]
pub fn is_plain_safe(text: &str) -> bool {
    const INDICATORS: &[char] = &[
        '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@',
        '`', '=', '<', '.', '+', '~',
    ];
    if text.is_empty() || text.starts_with(INDICATORS) || text.starts_with(char::is_whitespace) {
        return false;
    }
    let breaks_off = text.ends_with([':', ' ']) || text.ends_with(" -");
    if breaks_off || text.contains(": ") || text.contains(" #") {
        return false;
    }
    let harmless = |c: char| {
        (c.is_ascii_graphic() && !matches!(c, ',' | '[' | ']' | '{' | '}'))
            || c == ' '
            || (c.is_alphanumeric() && !c.is_ascii())
    };
    if !text.chars().all(harmless) {
        return false;
    }
    // Digits start numbers, dates and base-60 integers of YAML 1.1; words may be its booleans.
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return !text.chars().all(|c| {
            matches!(
                c,
                '0'..='9'
                    | '_'
                    | '.'
                    | ':'
                    | 'e'
                    | 'E'
                    | '+'
                    | '-'
                    | 'x'
                    | 'X'
                    | 'o'
                    | 'O'
                    | 'b'
                    | 'B'
                    | 'a'
                    | 'A'
                    | 'c'
                    | 'C'
                    | 'd'
                    | 'D'
                    | 'f'
                    | 'F'
                    | 't'
                    | 'T'
                    | 'z'
                    | 'Z'
                    | ' '
            )
        });
    }
    matches!(resolve(text), Plain::Value(Value::String(_)))
        && !matches!(text, "null" | "Null" | "NULL")
}

/// The text as a double-quoted scalar that is valid YAML and valid JSON.
#[must_use]
pub fn double_quoted(text: &str) -> String {
    let json = Value::String(text.to_owned()).to_string();
    // JSON leaves these bare; YAML takes some for line breaks or a byte order mark.
    if json.contains(['\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'])
        || json.chars().any(|c| ('\u{80}'..'\u{a0}').contains(&c))
    {
        return json
            .chars()
            .map(|c| match c {
                '\u{7f}'..'\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                    format!("\\u{:04x}", u32::from(c))
                }
                other => other.to_string(),
            })
            .collect();
    }
    json
}

/// The text as a single-quoted scalar, if it can be one on one line.
#[must_use]
pub fn single_quoted(text: &str) -> Option<String> {
    let printable =
        |c: char| c == ' ' || c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric());
    text.chars()
        .all(printable)
        .then(|| format!("'{}'", text.replace('\'', "''")))
}

/// `resolve` of gopkg.in/yaml.v2: underscores dropped, then Go's base-0 integers, then its floats.
fn number(text: &str) -> Option<Number> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(integer) = integer(&plain) {
        return Some(integer);
    }
    if !is_yaml_float(&plain) {
        return None;
    }
    let value: f64 = plain.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    // Go prints a float without a fraction as an integer, so 1000.0 and 1000 are the same JSON.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked; the comparison is exact"
    )]
    if value.fract() == 0.0 && value.abs() < 9.0e15 {
        return Some(Number::from(value as i64));
    }
    Number::from_f64(value)
}

fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        let value = 0i64.checked_sub_unsigned(magnitude)?;
        return Some(Number::from(value));
    }
    Some(Number::from(magnitude))
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, the float pattern of gopkg.in/yaml.v2.
fn is_yaml_float(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(rest);
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if whole == 0 && count == 0 {
            return false;
        }
        rest = &fraction[count..];
    } else if whole == 0 {
        return false;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_as_kubernetes_does() {
        for (text, value) in [
            ("yes", json!(true)),
            ("yEs", json!("yEs")),
            ("off", json!(false)),
            ("~", json!(null)),
            ("0644", json!(420)),
            ("0o644", json!(420)),
            ("08", json!(8)),
            ("1_000", json!(1000)),
            ("_1", json!("_1")),
            ("-0b11", json!(-3)),
            ("0x_1", json!(1)),
            ("1000.0", json!(1000)),
            (".5", json!(0.5)),
            ("1e400", json!("1e400")),
            ("12:30:45", json!("12:30:45")),
            ("2001-01-01", json!("2001-01-01")),
            ("0x1p3", json!("0x1p3")),
            (
                "18446744073709551615",
                json!(18_446_744_073_709_551_615_u64),
            ),
            ("+", json!("+")),
            ("100m", json!("100m")),
        ] {
            assert_eq!(resolve(text), Plain::Value(value), "{text}");
        }
        assert_eq!(resolve("-.Inf"), Plain::NotFinite);
    }

    #[test]
    fn keys_become_strings() {
        assert_eq!(resolve_key("y").as_deref(), Some("true"));
        assert_eq!(resolve_key("010").as_deref(), Some("8"));
        assert_eq!(resolve_key("~"), None);
    }

    #[test]
    fn words_that_some_parser_misreads_are_not_bare() {
        for text in [
            "yes",
            "y",
            "N",
            "on",
            "null",
            "~",
            "1e3",
            "0o17",
            "12:30",
            "2001-01-01",
            "=",
            "<<",
            "",
            " a",
            "a: b",
            "a #b",
            "- x",
            "a,b",
            "1_000",
            ".5",
            "0xff",
            "\u{85}",
        ] {
            assert!(!is_plain_safe(text), "{text:?}");
        }
        for text in [
            "ALL",
            "RuntimeDefault",
            "runtime/default",
            "nginx:1.27",
            "256Mi",
            "100m",
            "naïve",
            "NET_BIND_SERVICE",
            "kubernetes.io/os",
        ] {
            assert!(is_plain_safe(text), "{text:?}");
        }
    }

    #[test]
    fn quoting_escapes_what_yaml_takes_for_a_break() {
        assert_eq!(double_quoted("p\u{85}q"), r#""p\u0085q""#);
        assert_eq!(double_quoted("a\"b\n"), r#""a\"b\n""#);
        assert_eq!(single_quoted("don't").as_deref(), Some("'don''t'"));
        assert_eq!(single_quoted("a\nb"), None);
    }
}
