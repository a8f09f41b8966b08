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
        let order = i64::try_from(at).unwrap_or(i64::MAX);
        pieces.extend(
            self::pieces(source, &site.shape, ids, order)
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

fn pieces(source: &str, shape: &Shape, ids: &[Option<usize>], order: i64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let live: Vec<(usize, usize)> = ids
        .iter()
        .enumerate()
        .filter_map(|(at, id)| Some((at, (*id)?)))
        .collect();
    let Some((_, first)) = live.first().copied() else {
        return pieces;
    };
    let on = switch(first);
    let open = |at: usize, text: String| Piece {
        range: at..at,
        order: (true, order),
        text,
        mutant: None,
    };
    let close = |at: usize, text: String| Piece {
        range: at..at,
        order: (false, -order),
        text,
        mutant: None,
    };
    let of = |mutant: usize, piece: Piece| Piece {
        mutant: Some(mutant),
        ..piece
    };
    match shape {
        Shape::Negate(whole) => {
            pieces.push(open(whole.start, format!("({on} != (")));
            pieces.push(close(whole.end, "))".to_owned()));
        }
        Shape::Logic {
            whole,
            operator,
            is_and,
        } => {
            pieces.push(open(whole.start, "(if (".to_owned()));
            let (middle, end) = if *is_and {
                (format!(") != {on} {{"), format!("}} else {{ {on} }})"))
            } else {
                (format!(") != {on} {{ !{on} }} else {{"), "})".to_owned())
            };
            pieces.push(Piece {
                range: operator.clone(),
                ..open(0, middle)
            });
            pieces.push(close(whole.end, end));
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
            pieces.push(open(whole.start, before.to_owned()));
            pieces.push(Piece {
                range: operator.clone(),
                ..open(0, between.to_owned())
            });
            pieces.push(close(whole.end, format!("{after} {{ (l, r) => ")));
            for (at, id) in &live {
                let text = format!("if {} {{ l {} r }} else ", switch(*id), others[*at]);
                pieces.push(of(*id, close(whole.end, text)));
            }
            pieces.push(close(
                whole.end,
                format!("{{ l {} r }} }})", &source[operator.clone()]),
            ));
        }
        Shape::Assign {
            place,
            operator,
            value,
            others,
        } => {
            let name = &source[place.clone()];
            pieces.push(Piece {
                range: place.start..operator.end,
                ..open(0, "match ".to_owned())
            });
            pieces.push(close(value.end, " { r => ".to_owned()));
            for (at, id) in &live {
                let text = format!("if {} {{ {name} {} r }} else ", switch(*id), others[*at]);
                pieces.push(of(*id, close(value.end, text)));
            }
            pieces.push(close(
                value.end,
                format!("{{ {name} {} r }} }}", &source[operator.clone()]),
            ));
        }
        Shape::Minus { operator, whole } => {
            pieces.push(Piece {
                range: operator.clone(),
                ..open(0, "(match ".to_owned())
            });
            pieces.push(close(
                whole.end,
                format!(" {{ v => if {on} {{ v }} else {{ -v }} }})"),
            ));
        }
        Shape::Guard(condition) => {
            // Alternatives: always true, never true.
            let always = ids[0].map_or("false".to_owned(), switch);
            let never = ids[1].map_or("false".to_owned(), switch);
            pieces.push(open(condition.start, format!("!{never} && ({always} || (")));
            pieces.push(close(condition.end, "))".to_owned()));
        }
        Shape::Arm(at) => pieces.push(open(*at, format!(" if !{on}"))),
        Shape::Body { at, values } => {
            for (value, id) in &live {
                let text = format!(" if {} {{ return {}; }}", switch(*id), values[*value]);
                pieces.push(of(*id, open(*at, text)));
            }
        }
        Shape::Statement(whole) => {
            pieces.push(open(whole.start, format!("if !{on} {{ ")));
            pieces.push(close(whole.end, " }".to_owned()));
        }
    }
    pieces
}
