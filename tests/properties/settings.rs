//! Random settings of a run.

use kubetemper::change::Risk;
use kubetemper::settings::{Override, Profile, Settings};
use kubetemper::transforms::ALL;
use proptest::prelude::*;
use proptest::sample::select;

/// Any settings of a run.
pub fn settings() -> impl Strategy<Value = Settings> {
    let ids = || {
        let ids: Vec<String> = ALL
            .iter()
            .map(|(transform, _)| transform.id.to_owned())
            .collect();
        prop_oneof![
            6 => Just(Vec::new()),
            1 => proptest::sample::subsequence(ids.clone(), 0..=ids.len()),
        ]
    };
    let overrides = prop_oneof![
        4 => Just(Override::Nothing),
        3 => Just(Override::Everything),
        1 => ids().prop_map(Override::Transforms),
    ];
    (
        select(vec![
            Profile::Restricted,
            Profile::Baseline,
            Profile::Strict,
        ]),
        select(vec![Risk::High, Risk::Low, Risk::None]),
        overrides,
        ids(),
        ids(),
        prop_oneof![5 => Just(false), 1 => Just(true)],
    )
        .prop_map(
            |(profile, max_risk, overrides, only, skip, hold_immutable)| Settings {
                profile,
                max_risk,
                overrides,
                only,
                skip,
                hold_immutable,
                ..Settings::default()
            },
        )
}
