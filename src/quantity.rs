//! Quantities as Kubernetes writes them: `500m`, `1.5Gi`, `1e3` (`apimachinery/pkg/api/resource/quantity.go`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An amount, exact to a billionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

/// A quantity as somebody wrote it, checked when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[0-9.]+([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$"))]
pub struct Written(String);

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Reads a quantity; `None` if Kubernetes could not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at = text
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.')))
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at(at);
        let (sign, digits) = match number.as_bytes().first()? {
            b'-' => (-1, &number[1..]),
            b'+' => (1, &number[1..]),
            _ => (1, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        // More digits than the largest quantity has, or than a billionth needs, cannot matter.
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        let (factor, divisor) = scale(suffix)?;
        let divisor = divisor.checked_mul(10_i128.checked_pow(fraction.len().try_into().ok()?)?)?;
        let amount = mantissa.checked_mul(factor)?.checked_mul(NANO)?;
        // Kubernetes rounds away from zero.
        let amount = amount / divisor + i128::from(amount % divisor != 0);
        Some(Self(sign * amount.min(i128::from(i64::MAX) * NANO)))
    }

    /// Reads the quantity in a manifest, where it may be a number.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    /// Tells whether it is less than nothing.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Tells whether it is more than nothing.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }
}

impl std::ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A suffix as a fraction.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    let power = |base: i128, exponent: u32| Some((base.checked_pow(exponent)?, 1));
    match suffix {
        "n" => Some((1, NANO)),
        "u" => Some((1, 1_000_000)),
        "m" => Some((1, 1_000)),
        "" => Some((1, 1)),
        "k" => power(1_000, 1),
        "M" => power(1_000, 2),
        "G" => power(1_000, 3),
        "T" => power(1_000, 4),
        "P" => power(1_000, 5),
        "E" => power(1_000, 6),
        "Ki" => power(1_024, 1),
        "Mi" => power(1_024, 2),
        "Gi" => power(1_024, 3),
        "Ti" => power(1_024, 4),
        "Pi" => power(1_024, 5),
        "Ei" => power(1_024, 6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let scale = 10_i128.checked_pow(exponent.unsigned_abs())?;
            Some(if exponent < 0 { (1, scale) } else { (scale, 1) })
        }
    }
}

impl TryFrom<String> for Written {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match Quantity::parse(&text) {
            Some(quantity) if quantity.is_positive() => Ok(Self(text)),
            _ => Err(format!(
                "`{text}` is no positive quantity such as `500m` or `64Mi`"
            )),
        }
    }
}

impl From<Written> for String {
    fn from(written: Written) -> Self {
        written.0
    }
}

impl From<&'static str> for Written {
    /// A default; it must be a quantity.
    fn from(text: &'static str) -> Self {
        debug_assert!(Quantity::parse(text).is_some(), "{text}");
        Self(text.to_owned())
    }
}

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_amounts() {
        for (a, b) in [
            ("1", "1000m"),
            ("0.5", "500m"),
            ("1.5Gi", "1536Mi"),
            ("1E", "1e18"),
            ("1E3", "1k"),
            ("+1", "1."),
            ("1e-3", "1m"),
            (".5u", "500n"),
            ("0.1n", "1n"),
            ("1e18", "1000000000000000000"),
            ("100E", "9223372036854775807"),
        ] {
            let parse = |text| Quantity::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(parse(a), parse(b), "{a} {b}");
        }
        assert!(Quantity::parse("1M") < Quantity::parse("1Mi"));
        assert!(Quantity::parse("-1") < Quantity::parse("0"));
    }

    #[test]
    fn what_is_no_quantity() {
        for text in [
            "", "1K", "1gb", "1 Gi", "Mi", "1.2.3", "1-2", "e3", "--1", "1e", ".",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }
}
