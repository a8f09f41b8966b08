//! Writes a file with all its faults built in, each asleep until the environment names it.

use std::ops::Range;

use crate::sites::{Shape, Site};

/// Something to put into the text, at the place of what it replaces.
struct Piece {
    range: Range<usize>,
    /// Of pieces at one place, closing ones come first, the innermost of them before the others; then the opening
    /// ones, the outermost first.
    order: (bool, i64),
    text: String,
    mutant: Option<usize>,
}

/// A rewritten file, and where each mutant and each place came to stand in it.
pub struct Rewritten {
    pub text: String,
    /// The mutant's own code.
    pub mutants: Vec<(usize, Range<usize>)>,
    /// All that a place takes, by the number of the place.
    pub sites: Vec<(usize, Range<usize>)>,
}

/// Rewrites a file. `ids` holds the numbers of the mutants of each place; `None` is one that does not compile.
pub fn rewrite(source: &str, sites: &[(usize, &Site, Vec<Option<usize>>)]) -> Rewritten {
    let mut pieces: Vec<(usize, Piece)> = Vec::new();
    for (at, (number, site, ids)) in sites.iter().enumerate() {
        let rank = Rank(i64::try_from(at).unwrap_or(i64::MAX));
        pieces.extend(
            self::pieces(source, &site.shape, ids, rank)
                .into_iter()
                .map(|piece| (*number, piece)),
        );
    }
    pieces.sort_by_key(|(_, piece)| (piece.range.start, piece.order));
    let mut out = Rewritten {
        text: String::with_capacity(source.len() * 3),
        mutants: Vec::new(),
        sites: Vec::new(),
    };
    let mut at = 0;
    for (number, piece) in pieces {
        out.text.push_str(&source[at..piece.range.start]);
        let start = out.text.len();
        out.text.push_str(&piece.text);
        at = piece.range.end;
        let end = out.text.len();
        out.mutants
            .extend(piece.mutant.map(|mutant| (mutant, start..end)));
        match out.sites.iter_mut().find(|(other, _)| *other == number) {
            Some((_, range)) => range.end = end,
            None => out.sites.push((number, start..end)),
        }
    }
    out.text.push_str(&source[at..]);
    out
}

fn switch(id: usize) -> String {
    format!("crate::mutated::is({id})")
}

/// The rank of a place among those of its file.
#[derive(Clone, Copy)]
struct Rank(i64);

impl Rank {
    fn open(self, at: usize, text: String) -> Piece {
        self.instead(&(at..at), text)
    }

    fn close(self, at: usize, text: String) -> Piece {
        let order = (false, -self.0);
        Piece {
            order,
            ..self.open(at, text)
        }
    }

    fn instead(self, range: &Range<usize>, text: String) -> Piece {
        Piece {
            range: range.clone(),
            order: (true, self.0),
            text,
            mutant: None,
        }
    }

    /// `if MUTANT { left OTHER r } else { left IS r }`.
    fn choose(
        self,
        at: usize,
        left: &str,
        is: &str,
        others: &[&str],
        live: &[(usize, usize)],
    ) -> Vec<Piece> {
        let other = |(nth, id): &(usize, usize)| Piece {
            mutant: Some(*id),
            ..self.close(
                at,
                format!("if {} {{ {left} {} r }} else ", switch(*id), others[*nth]),
            )
        };
        let last = self.close(at, format!("{{ {left} {is} r }} }}"));
        live.iter().map(other).chain([last]).collect()
    }
}

fn pieces(source: &str, shape: &Shape, ids: &[Option<usize>], rank: Rank) -> Vec<Piece> {
    let live = ids
        .iter()
        .enumerate()
        .filter_map(|(nth, id)| Some((nth, (*id)?)));
    let live: Vec<(usize, usize)> = live.collect();
    let Some((_, first)) = live.first().copied() else {
        return Vec::new();
    };
    let on = switch(first);
    match shape {
        Shape::Negate(whole) => vec![
            rank.open(whole.start, format!("({on} != (")),
            rank.close(whole.end, "))".to_owned()),
        ],
        Shape::Logic {
            whole,
            operator,
            is_and,
        } => {
            let (middle, end) = if *is_and {
                (format!(") != {on} {{"), format!("}} else {{ {on} }})"))
            } else {
                (format!(") != {on} {{ !{on} }} else {{"), "})".to_owned())
            };
            vec![
                rank.open(whole.start, "(if (".to_owned()),
                rank.instead(operator, middle),
                rank.close(whole.end, end),
            ]
        }
        Shape::Binary {
            whole,
            operator,
            others,
            by_reference,
        } => {
            let (before, between, after) = if *by_reference {
                ("(match (&(", "), &(", "))")
            } else {
                ("(match ((", "), (", "))")
            };
            let mut pieces = vec![
                rank.open(whole.start, before.to_owned()),
                rank.instead(operator, between.to_owned()),
                rank.close(whole.end, format!("{after} {{ (l, r) => ")),
            ];
            pieces.extend(rank.choose(whole.end, "l", &source[operator.clone()], others, &live));
            pieces.push(rank.close(whole.end, ")".to_owned()));
            pieces
        }
        Shape::Assign {
            place,
            operator,
            value,
            others,
        } => {
            let mut pieces = vec![
                rank.instead(&(place.start..operator.end), "match ".to_owned()),
                rank.close(value.end, " { r => ".to_owned()),
            ];
            let (left, is) = (&source[place.clone()], &source[operator.clone()]);
            pieces.extend(rank.choose(value.end, left, is, others, &live));
            pieces
        }
        Shape::Minus { operator, whole } => vec![
            rank.instead(operator, "(match ".to_owned()),
            rank.close(
                whole.end,
                format!(" {{ v => if {on} {{ v }} else {{ -v }} }})"),
            ),
        ],
        Shape::Guard(condition) => {
            // Alternatives: always true, never true.
            let always = ids[0].map_or("false".to_owned(), switch);
            let never = ids[1].map_or("false".to_owned(), switch);
            vec![
                rank.open(condition.start, format!("!{never} && ({always} || (")),
                rank.close(condition.end, "))".to_owned()),
            ]
        }
        Shape::Arm(at) => vec![rank.open(*at, format!(" if !{on}"))],
        Shape::Body { at, values } => {
            let early = |(nth, id): &(usize, usize)| Piece {
                mutant: Some(*id),
                ..rank.open(
                    *at,
                    format!(" if {} {{ return {}; }}", switch(*id), values[*nth]),
                )
            };
            live.iter().map(early).collect()
        }
        Shape::Statement(whole) => vec![
            rank.open(whole.start, format!("if !{on} {{ ")),
            rank.close(whole.end, " }".to_owned()),
        ],
    }
}
