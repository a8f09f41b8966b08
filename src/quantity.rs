//! Quantities as Kubernetes writes them: `500m`, `1.5Gi`, `1e3` (`apimachinery/pkg/api/resource/quantity.go`).

mod form;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use form::Form;

/// An amount, exact to a billionth. How it was written is told by [`Form`], not by the amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

/// A quantity as somebody wrote it, checked when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[0-9.]+([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$"))]
pub struct Written(String);

const NANO: i128 = 1_000_000_000;

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many whole units: bytes, cores, pods.
    #[must_use]
    pub const fn whole(units: i64) -> Self {
        Self(units as i128 * NANO)
    }

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
        let amount = divide_away(amount, divisor);
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

    /// The amount times a ratio, such as 3/2; what is less than a billionth is rounded away from zero.
    #[must_use]
    pub fn times(self, numerator: u32, denominator: u32) -> Self {
        let product = self.0.saturating_mul(i128::from(numerator));
        Self(divide_away(product, i128::from(denominator.max(1))))
    }

    /// The least multiple of a step that is not below the amount; the amount itself if the step is not positive.
    #[must_use]
    pub fn round_up(self, step: Self) -> Self {
        if step.0 <= 0 {
            return self;
        }
        let steps = self.0.div_euclid(step.0) + i128::from(self.0.rem_euclid(step.0) != 0);
        Self(steps.saturating_mul(step.0))
    }
}

/// A quotient, rounded away from zero as Kubernetes does.
fn divide_away(amount: i128, by: i128) -> i128 {
    amount / by + amount.signum() * i128::from(amount % by != 0)
}

impl std::ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Mul<u32> for Quantity {
    type Output = Self;
    fn mul(self, times: u32) -> Self {
        self.times(times, 1)
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::ZERO, std::ops::Add::add)
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

impl Written {
    /// The amount.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        // It was checked when it was read.
        Quantity::parse(&self.0).unwrap_or_default()
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
