//! The canonical form of quantities: the one that the API server answers with.

use super::{NANO, Quantity};

/// The family of suffixes that a quantity is written with; arithmetic keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `n`, `u`, `m`, none, `k`, `M`, `G`, `T`, `P`, `E`: cores, and whatever is counted.
    DecimalSi,
    /// `e3`, `E6`.
    DecimalExponent,
    /// `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`: bytes.
    BinarySi,
}

impl Form {
    /// The form that a quantity is written in; `None` if it is none.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        Quantity::parse(text)?;
        Some(if text.ends_with('i') {
            Self::BinarySi
        } else if text.contains(['e', 'E']) && !text.ends_with('E') {
            Self::DecimalExponent
        } else {
            Self::DecimalSi
        })
    }
}

impl Quantity {
    /// The canonical form (`Quantity.CanonicalizeBytes`): no fraction, and the largest suffix that leaves none.
    ///
    /// Binary suffixes that would hide a fraction, or an amount below 1024, give way to decimal ones.
    #[must_use]
    pub fn canonical(self, form: Form) -> String {
        if form == Form::BinarySi && self.0.abs() >= 1024 * NANO && self.0 % NANO == 0 {
            return binary(self.0 / NANO);
        }
        let (number, thousands) = decimal(self.0);
        let suffix = if form == Form::DecimalExponent {
            match thousands {
                0 => String::new(),
                thousands => format!("e{}", 3 * thousands),
            }
        } else {
            let suffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
            // `decimal` stops at the last of them.
            let at = usize::try_from(thousands + 3).unwrap_or_default();
            suffixes.get(at).copied().unwrap_or_default().to_owned()
        };
        format!("{number}{suffix}")
    }
}

/// A number of billionths as a whole number and an exponent of 1000.
fn decimal(nanos: i128) -> (i128, i32) {
    let (mut number, mut thousands) = (nanos, -3);
    if number == 0 {
        return (0, 0);
    }
    while number % 1000 == 0 && thousands < 6 {
        number /= 1000;
        thousands += 1;
    }
    (number, thousands)
}

fn binary(units: i128) -> String {
    let (mut number, mut suffix) = (units, "");
    for next in ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] {
        if number % 1024 != 0 {
            break;
        }
        number /= 1024;
        suffix = next;
    }
    format!("{number}{suffix}")
}
