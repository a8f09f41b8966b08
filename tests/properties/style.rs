//! How a value is printed: which freedoms of YAML are taken, and how often.
//!
//! Every decision is drawn from the seed and the place in the value, so that a value that shrinks keeps
//! the style of what is left, and a freedom that is turned off changes nothing else.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;

/// A freedom of YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Comments on their own lines and behind values.
    Comments,
    /// Blank lines and trailing spaces.
    Blank,
    /// Collections in brackets.
    Flow,
    /// Brackets that span lines.
    FlowLines,
    /// A comma after the last entry.
    TrailingComma,
    /// `[a: b]`, and keys without a colon in braces.
    FlowShort,
    /// Quotes where none are needed.
    Quotes,
    /// `|` and `>`.
    BlockScalars,
    /// Plain and quoted scalars that span lines.
    Folded,
    /// `~` and nothing at all for null.
    Null,
    /// Anchors and aliases.
    Anchors,
    /// `<<`.
    Merge,
    /// `!!str` and its like.
    Tags,
    /// `yes`, `0644`, `1_000`.
    Yaml11,
    /// `? key`.
    Explicit,
    /// Another indentation below some node.
    Steps,
    /// Sequences indented below their key.
    Dashes,
    /// Values on the line after their key or dash.
    NextLine,
    /// Tabs that separate.
    Tabs,
    /// The root is indented.
    RootIndent,
    /// `---` and `...` where they are not needed.
    Markers,
    /// `%YAML`.
    Directive,
    /// JSON documents.
    Json,
    /// KYAML documents.
    Kyaml,
    /// Empty documents and documents with comments only.
    Empty,
    /// CRLF line ends.
    Crlf,
    /// Some lines end in CRLF, others in LF.
    MixedBreaks,
    /// A byte order mark.
    Bom,
    /// No line break at the end.
    Unterminated,
}

use Feature::{
    Anchors, Blank, BlockScalars, Bom, Comments, Crlf, Dashes, Directive, Empty, Explicit, Flow,
    FlowLines, FlowShort, Folded, Json, Kyaml, Markers, Merge, MixedBreaks, NextLine, Null, Quotes,
    RootIndent, Steps, Tabs, Tags, TrailingComma, Unterminated, Yaml11,
};

const ALL: [Feature; 29] = [
    Comments,
    Blank,
    Flow,
    FlowLines,
    TrailingComma,
    FlowShort,
    Quotes,
    BlockScalars,
    Folded,
    Null,
    Anchors,
    Merge,
    Tags,
    Yaml11,
    Explicit,
    Steps,
    Dashes,
    NextLine,
    Tabs,
    RootIndent,
    Markers,
    Directive,
    Json,
    Kyaml,
    Empty,
    Crlf,
    MixedBreaks,
    Bom,
    Unterminated,
];

/// How a stream is printed.
#[derive(Clone)]
pub struct Style {
    seed: u64,
    /// Percentages, one for each feature.
    odds: Vec<u8>,
}

impl Style {
    /// Tells whether a feature is used at all.
    pub fn uses(&self, feature: Feature) -> bool {
        self.odds[feature as usize] > 0
    }
}

impl fmt::Debug for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}", self.seed)?;
        ALL.iter()
            .filter(|feature| self.uses(**feature))
            .try_for_each(|feature| write!(f, " {feature:?}"))
    }
}

/// Random styles; they shrink towards the plainest one.
pub fn styles() -> impl Strategy<Value = Style> {
    let odds = prop_oneof![5 => Just(0u8), 2 => Just(8), 2 => Just(25), 1 => Just(60)];
    (any::<u64>(), vec(odds, ALL.len())).prop_map(|(seed, odds)| Style { seed, odds })
}

/// Decisions at one place.
pub struct Dice<'s> {
    style: &'s Style,
    state: u64,
}

impl<'s> Dice<'s> {
    pub fn at(style: &'s Style, place: &str) -> Self {
        let state = place
            .bytes()
            .fold(style.seed ^ 0xcbf2_9ce4_8422_2325, |state, byte| {
                (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Self { style, state }
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from((z ^ (z >> 31)) % bound).unwrap()
    }

    pub fn chance(&mut self, feature: Feature) -> bool {
        // Drawn in any case: what follows must not depend on the odds.
        let drawn = self.below(100);
        drawn < usize::from(self.style.odds[feature as usize])
    }

    pub fn pick<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }

    pub fn spaces(&mut self, least: usize, most: usize) -> String {
        " ".repeat(least + self.below(most - least + 1))
    }
}
