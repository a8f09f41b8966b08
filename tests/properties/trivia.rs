//! Prints what says nothing: comments, blank lines, the ends of lines.

use crate::print::Printer;
use crate::style::{Dice, Feature};

impl Printer<'_> {
    /// A comment behind a value, trailing spaces, and the line break.
    pub fn end_of_line(&mut self) {
        let mut dice = self.dice(&format!("end {}", self.out.len() % 97));
        if dice.chance(Feature::Comments) && dice.below(2) == 0 {
            let gap = dice.spaces(1, 3);
            self.out.push_str(&gap);
            self.comment();
        } else if dice.chance(Feature::Blank) {
            self.out.push_str(&dice.spaces(0, 2));
        }
        self.out.push('\n');
    }

    fn comment(&mut self) {
        let number = self.comments.len();
        let mut dice = Dice::at(self.style, &format!("comment {number}"));
        let gap = dice.spaces(0, 2);
        let words = dice.pick(&[
            " note",
            ": {x",
            " - y: [",
            " it's",
            " say \"so",
            " | >",
            " é☃",
            " # twice",
            " {{ .Values.x }}",
            "\ttab",
            " ---",
            "",
        ]);
        let comment = format!("#{gap}c{number}~{words}");
        self.out.push_str(&comment);
        self.comments.push(comment);
    }

    pub fn comment_line(&mut self, indent: usize) {
        self.out.push_str(&" ".repeat(indent));
        self.comment();
        self.out.push('\n');
    }

    /// Blank lines and comments on lines of their own.
    pub fn trivia(&mut self, column: usize) {
        let mut dice = self.dice(&format!("trivia {column} {}", self.out.len() % 97));
        for _ in 0..2 {
            let inside = self.block.end == self.out.len() && self.block.end > 0;
            if dice.chance(Feature::Blank) && !(inside && self.block.keep) {
                if inside {
                    self.block.end += 1;
                } else {
                    self.out.push_str(&dice.spaces(0, 2));
                }
                self.out.push('\n');
            }
            if dice.chance(Feature::Comments) {
                let indent = if dice.below(2) == 0 {
                    column
                } else {
                    dice.below(column + 5)
                };
                let inside = self.block.end == self.out.len() && self.block.end > 0;
                // A comment ends a block scalar only if it stands to the left of it.
                let most = if inside {
                    self.block.indent - 1
                } else {
                    usize::MAX
                };
                self.comment_line(indent.min(most));
            }
        }
    }
}
