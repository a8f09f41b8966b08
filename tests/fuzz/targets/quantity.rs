//! Quantities: the grammar once more, and arithmetic that cannot overflow.

use kubetemper::quantity::{Form, Quantity};
use serde_json::json;

pub(super) const WORDS: &[&str] = &[
    "500m",
    "1.5Gi",
    "1e3",
    "1E",
    "-1",
    "+.5u",
    "0",
    "100E",
    "9223372036854775807",
    "1e-9",
    "128974848",
    "0.1n",
    "1Ki",
    "64Mi",
    "1.",
    "E3",
    "12.34.5",
    "1e400",
    "5e-4",
    "1k",
    "3P",
    "007",
    "1e+3",
    "170141183460469231731687303715884105727",
];

/// Reads a quantity, prints it in each form, and calculates.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let read = Quantity::parse(text);
    assert_eq!(Form::of(text).is_some(), read.is_some(), "{text}");
    let Some(quantity) = read else {
        assert!(!is_small(text), "{text} is a quantity");
        return;
    };
    let amount = amount(text).unwrap_or_else(|| panic!("{text} is no quantity"));
    assert_eq!(quantity.is_negative(), amount < 0.0, "{text}");
    assert_eq!(quantity.is_positive(), amount > 0.0, "{text}");
    for form in [Form::DecimalSi, Form::DecimalExponent, Form::BinarySi] {
        let canonical = quantity.canonical(form);
        assert_eq!(
            Quantity::parse(&canonical),
            Some(quantity),
            "{text} as {canonical}"
        );
        let again = Form::of(&canonical).expect("a canonical form is one");
        // Binary amounts without a suffix are decimal to the next reader, in Kubernetes too.
        if again == form {
            assert_eq!(quantity.canonical(form), canonical, "{text}");
        }
        // Less than a billionth is rounded away from zero, and nothing is above 2^63-1.
        let capped = amount.abs().clamp(1e-9, 9.223_372_036_854_775e18);
        let printed = self::amount(&canonical)
            .expect("a canonical form is one")
            .abs();
        let close = (printed - capped).abs() <= capped * 1e-6 + 1e-9;
        assert!(close || amount == 0.0, "{text} as {canonical}");
    }
    assert_eq!(Quantity::of(&json!(text)), Some(quantity));
    assert_eq!(quantity + Quantity::ZERO, quantity);
    let same = quantity;
    assert_eq!(quantity - same, Quantity::ZERO);
    assert!(quantity.times(3, 2) >= quantity || quantity.is_negative());
    for step in ["1", "64Mi", "-1", "0", "1n", "100m"]
        .map(Quantity::parse)
        .into_iter()
        .flatten()
    {
        let rounded = quantity.round_up(step);
        assert!(rounded >= quantity, "{text}");
        assert!(!step.is_positive() || rounded - quantity < step, "{text}");
    }
    let _ = quantity * u32::MAX + quantity;
}

/// The number before the suffix, and the suffix.
fn parts(text: &str) -> Option<(f64, &str)> {
    let at = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c)));
    let (number, suffix) = text.split_at(at.unwrap_or(text.len()));
    let digits = number.strip_prefix(['+', '-']).unwrap_or(number);
    let fine = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
        && digits.bytes().any(|byte| byte.is_ascii_digit());
    let number = format!("0{digits}0").parse::<f64>();
    // A nought behind a number without a full stop would make it ten times as much.
    let number = if digits.contains('.') {
        number
    } else {
        digits.parse()
    };
    let sign = if number_is_negative(text) { -1.0 } else { 1.0 };
    fine.then_some((sign * number.ok()?, suffix))
}

fn number_is_negative(text: &str) -> bool {
    text.starts_with('-')
}

fn amount(text: &str) -> Option<f64> {
    let (number, suffix) = parts(text)?;
    let binary = |power: i32| 1024_f64.powi(power);
    let scale = match suffix {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => 10_f64.powi(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    };
    Some(number * scale)
}

/// Tells whether it is a quantity that is short enough for any reader.
fn is_small(text: &str) -> bool {
    let exponent =
        parts(text).and_then(|(_, suffix)| suffix.strip_prefix(['e', 'E'])?.parse().ok());
    text.len() <= 12
        && exponent.is_none_or(|exponent: i32| exponent.abs() <= 9)
        && amount(text).is_some()
}
