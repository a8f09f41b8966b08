//! What Kubernetes reads, and what it writes back.

use proptest::prelude::*;

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

fn parse(text: &str) -> Quantity {
    Quantity::parse(text).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn canonical_forms() {
    for (text, canonical) in [
        ("0", "0"),
        ("0Gi", "0"),
        ("1.5", "1500m"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1.5Gi", "1536Mi"),
        ("1024Mi", "1Gi"),
        ("1000Mi", "1000Mi"),
        ("0.5Ki", "512"),
        ("0.9765625Ki", "1k"),
        ("-0.9765625Ki", "-1k"),
        ("1Ki", "1Ki"),
        ("1023.5Ki", "1048064"),
        ("1.5Ki", "1536"),
        ("1025.7Ki", "1050316800m"),
        ("-2048Ki", "-2Mi"),
        ("1e3", "1e3"),
        ("1000e3", "1e6"),
        ("5e-4", "500e-6"),
        ("1E", "1E"),
        ("1000000", "1M"),
        ("128000k", "128M"),
        ("0.1n", "1n"),
        ("1000P", "1E"),
        ("100E", "9223372036854775807"),
    ] {
        let form = Form::of(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(parse(text).canonical(form), canonical, "{text}");
    }
}

#[test]
fn ratios_and_steps() {
    assert_eq!(parse("1").times(1, 3), parse("333333334n"));
    assert_eq!(parse("-1").times(1, 3), parse("-333333334n"));
    assert_eq!(parse("512Mi").times(3, 2), parse("768Mi"));
    assert_eq!(parse("130Mi").round_up(parse("64Mi")), parse("192Mi"));
    assert_eq!(parse("128Mi").round_up(parse("64Mi")), parse("128Mi"));
    assert_eq!(parse("128Mi").round_up(Quantity::ZERO), parse("128Mi"));
    assert_eq!(parse("-130Mi").round_up(parse("64Mi")), parse("-128Mi"));
    assert_eq!(
        [parse("1"), parse("500m")].into_iter().sum::<Quantity>(),
        parse("1.5")
    );
    assert_eq!(parse("1Gi") - parse("1Mi"), parse("1023Mi"));
    assert_eq!(parse("250m") * 4, Quantity::whole(1));
}

/// Quantities as people write them, with every suffix.
fn written() -> impl Strategy<Value = String> {
    const SUFFIXES: [&str; 15] = [
        "n", "u", "m", "", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "e3", "E2", "e-3",
    ];
    let number = "-?(0|[1-9][0-9]{0,4})(\\.[0-9]{1,3})?";
    (number, prop::sample::select(&SUFFIXES[..])).prop_map(|(number, suffix)| number + suffix)
}

proptest! {
    #[test]
    fn a_canonical_form_is_the_same_amount_and_its_own(text in written()) {
        let amount = parse(&text);
        for form in [Form::DecimalSi, Form::DecimalExponent, Form::BinarySi] {
            let canonical = amount.canonical(form);
            prop_assert!(!canonical.contains('.'), "{canonical}");
            prop_assert_eq!(parse(&canonical), amount, "{}", &canonical);
            let own = Form::of(&canonical);
            prop_assert!(own == Some(form) || own == Some(Form::DecimalSi), "{canonical}");
            prop_assert_eq!(amount.canonical(form), parse(&canonical).canonical(form));
        }
    }

    #[test]
    fn sums_and_products_agree(a in written(), b in written(), times in 0_u32..50) {
        let (a, b) = (parse(&a), parse(&b));
        prop_assert_eq!(a + b, b + a);
        prop_assert_eq!(a + b - b, a);
        prop_assert_eq!(a * times, (0..times).map(|_| a).sum::<Quantity>());
        prop_assert_eq!((a * times).times(1, times.max(1)), if times == 0 { Quantity::ZERO } else { a });
    }

    #[test]
    fn rounding_up_is_the_least_multiple(a in written(), step in 1_i64..10_000) {
        let (a, step) = (parse(&a), Quantity::whole(step));
        let up = a.round_up(step);
        prop_assert!(up >= a && up - step < a);
        prop_assert_eq!(up.round_up(step), up);
    }
}
