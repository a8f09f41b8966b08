//! Finds the places of a file where a fault can be planted.

use std::ops::Range;

use quote::ToTokens as _;
use syn::visit::{self, Visit};
use syn::{Arm, BinOp, Block, Expr, Item, Pat, ReturnType, Signature, Stmt, UnOp};

use crate::values;

/// How the text of a place is rewritten so that a variable of the environment turns the fault on.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A `bool` becomes its opposite.
    Negate(Range<usize>),
    /// `a && b` becomes `a || b`, or the other way about. The operands are not repeated.
    Logic {
        whole: Range<usize>,
        operator: Range<usize>,
        is_and: bool,
    },
    /// `a OP b` with other operators. Comparisons must not move their operands.
    Binary {
        whole: Range<usize>,
        operator: Range<usize>,
        others: Vec<&'static str>,
        by_reference: bool,
    },
    /// `a OP= b` with other operators.
    Assign {
        place: Range<usize>,
        operator: Range<usize>,
        value: Range<usize>,
        others: Vec<&'static str>,
    },
    /// `-x` becomes `x`.
    Minus {
        operator: Range<usize>,
        whole: Range<usize>,
    },
    /// The condition of a match arm is always, or never, true.
    Guard(Range<usize>),
    /// A match arm before a wildcard goes.
    Arm(usize),
    /// A function returns at once; the place is behind its opening brace.
    Body { at: usize, values: Vec<String> },
    /// A call that stands as a statement goes.
    Statement(Range<usize>),
}

/// A place and what may be planted there.
#[derive(Debug, Clone)]
pub struct Site {
    /// The function around it, with the type or trait that it belongs to.
    pub function: String,
    pub line: usize,
    pub column: usize,
    /// The lines of the mutated code, which decide whether a change concerns it.
    pub lines: std::ops::RangeInclusive<usize>,
    pub shape: Shape,
    /// What each mutant of the place does, in the order of the shape's alternatives.
    pub mutants: Vec<String>,
}

/// The places of a file, those further out first.
///
/// # Errors
/// Text that is not Rust.
pub fn find(source: &str) -> syn::Result<Vec<Site>> {
    let file = syn::parse_file(source)?;
    let mut finder = Finder {
        source,
        scope: Vec::new(),
        sites: Vec::new(),
    };
    finder.visit_file(&file);
    Ok(finder.sites)
}

struct Finder<'s> {
    source: &'s str,
    scope: Vec<String>,
    sites: Vec<Site>,
}

fn range(node: &impl syn::spanned::Spanned) -> Range<usize> {
    node.span().byte_range()
}

/// What an operator may become.
fn others(operator: BinOp) -> Vec<&'static str> {
    match operator {
        BinOp::Eq(_) => vec!["!="],
        BinOp::Ne(_) => vec!["=="],
        BinOp::And(_) => vec!["||"],
        BinOp::Or(_) => vec!["&&"],
        BinOp::Lt(_) => vec!["==", ">", "<="],
        BinOp::Gt(_) => vec!["==", "<", ">="],
        BinOp::Le(_) => vec![">", "<"],
        BinOp::Ge(_) => vec!["<", ">"],
        BinOp::Add(_) => vec!["-", "*"],
        BinOp::Sub(_) | BinOp::Mul(_) => vec!["+", "/"],
        BinOp::Div(_) => vec!["%", "*"],
        BinOp::Rem(_) => vec!["/", "+"],
        BinOp::Shl(_) => vec![">>"],
        BinOp::Shr(_) => vec!["<<"],
        BinOp::BitAnd(_) | BinOp::BitXor(_) => vec!["|"],
        BinOp::BitOr(_) => vec!["&"],
        _ => Vec::new(),
    }
}

impl Finder<'_> {
    /// The code in one short line.
    fn text(&self, range: Range<usize>) -> String {
        let words: Vec<&str> = self.source[range].split_whitespace().collect();
        let text = words.join(" ");
        match text.char_indices().nth(70) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    fn add(&mut self, node: &impl syn::spanned::Spanned, shape: Shape, mutants: Vec<String>) {
        let (start, end) = (node.span().start(), node.span().end());
        let outside = self.scope.is_empty();
        if mutants.is_empty() || outside {
            return;
        }
        let function = self.scope.join("::");
        let (line, column, lines) = (start.line, start.column + 1, start.line..=end.line);
        self.sites.push(Site {
            function,
            line,
            column,
            lines,
            shape,
            mutants,
        });
    }

    fn function(&mut self, signature: &Signature, block: &Block) {
        let is_default = signature.ident == "default" && signature.inputs.is_empty();
        if signature.constness.is_some() || signature.asyncness.is_some() {
            return;
        }
        self.scope.push(signature.ident.to_string());
        if !is_default && !block.stmts.is_empty() {
            let values = values::of(&signature.output);
            let kind = match &signature.output {
                ReturnType::Default => String::new(),
                ReturnType::Type(_, kind) => format!(" -> {}", self.text(range(kind))),
            };
            let mutants = values
                .iter()
                .map(|value| format!("return `{value}` from {}{kind}", signature.ident))
                .collect();
            let at = block.brace_token.span.open().byte_range().end;
            self.add(block, Shape::Body { at, values }, mutants);
        }
        self.visit_block(block);
        self.scope.pop();
    }

    fn binary(&mut self, node: &syn::ExprBinary) {
        let (whole, operator) = (range(node), range(&node.op));
        let text = self.text(whole.clone());
        let is = node.op.to_token_stream().to_string();
        let others = others(node.op);
        let mutants = others
            .iter()
            .map(|other| format!("{is} to {other} in `{text}`"))
            .collect();
        let shape = match node.op {
            BinOp::Eq(_) | BinOp::Ne(_) => Shape::Negate(whole),
            BinOp::And(_) | BinOp::Or(_) => {
                if has_let(&node.left) || has_let(&node.right) {
                    return;
                }
                Shape::Logic {
                    whole,
                    operator,
                    is_and: matches!(node.op, BinOp::And(_)),
                }
            }
            BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::BitAndAssign(_) => {
                self.assign(node, &is, &text);
                return;
            }
            _ => {
                let by_reference = matches!(
                    node.op,
                    BinOp::Lt(_) | BinOp::Gt(_) | BinOp::Le(_) | BinOp::Ge(_)
                );
                Shape::Binary {
                    whole,
                    operator,
                    others,
                    by_reference,
                }
            }
        };
        self.add(node, shape, mutants);
    }

    fn assign(&mut self, node: &syn::ExprBinary, is: &str, text: &str) {
        let others = match node.op {
            BinOp::AddAssign(_) => vec!["-=", "*="],
            BinOp::SubAssign(_) | BinOp::MulAssign(_) => vec!["+="],
            BinOp::BitOrAssign(_) => vec!["&="],
            _ => vec!["|="],
        };
        let mutants = others
            .iter()
            .map(|other| format!("{is} to {other} in `{text}`"))
            .collect();
        let (place, value) = (range(&node.left), range(&node.right));
        self.add(
            node,
            Shape::Assign {
                place,
                operator: range(&node.op),
                value,
                others,
            },
            mutants,
        );
    }

    fn arms(&mut self, arms: &[Arm]) {
        let wildcard = arms
            .iter()
            .position(|arm| matches!(arm.pat, Pat::Wild(_)) && arm.guard.is_none());
        for (at, arm) in arms.iter().enumerate() {
            let text = self.text(range(&arm.pat));
            if let Some((_, guard)) = &arm.guard
                && !has_let(guard)
            {
                let condition = self.text(range(guard));
                let mutants = ["true", "false"]
                    .map(|value| format!("guard {value} for `{text} if {condition}`"));
                self.add(&**guard, Shape::Guard(range(guard)), mutants.to_vec());
            } else if arm.guard.is_none() && wildcard.is_some_and(|wildcard| at < wildcard) {
                let mutants = vec![format!("delete arm `{text}`")];
                self.add(arm, Shape::Arm(range(&arm.pat).end), mutants);
            }
        }
    }
}

/// Tells whether an operand is, or begins, a `let` condition, which only `if` and `while` understand.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// A call whose value, if any, is dropped; `call()?` too.
fn is_call(expression: &Expr) -> bool {
    match expression {
        Expr::Try(of) => is_call(&of.expr),
        Expr::Call(_) | Expr::MethodCall(_) => true,
        _ => false,
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.meta.to_token_stream().to_string();
        text == "test" || text.starts_with("cfg (test")
    })
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Fn(function) if !is_test(&function.attrs) => {
                self.function(&function.sig, &function.block);
            }
            Item::Impl(of) if !is_test(&of.attrs) => {
                let kind = self.text(range(&*of.self_ty));
                let name = of.trait_.as_ref().map_or(kind.clone(), |(_, path, _)| {
                    format!("<{} for {kind}>", self.text(range(path)))
                });
                self.scope.push(name);
                visit::visit_item_impl(self, of);
                self.scope.pop();
            }
            Item::Mod(module) if !is_test(&module.attrs) => visit::visit_item_mod(self, module),
            Item::Trait(of) => visit::visit_item_trait(self, of),
            // Constants are computed by the compiler, where no variable is read.
            _ => {}
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        if let syn::ImplItem::Fn(function) = item
            && !is_test(&function.attrs)
        {
            self.function(&function.sig, &function.block);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        if let syn::TraitItem::Fn(function) = item
            && let Some(block) = &function.default
        {
            self.function(&function.sig, block);
        }
    }

    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    fn visit_generics(&mut self, _: &'ast syn::Generics) {}
    fn visit_path(&mut self, _: &'ast syn::Path) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}

    fn visit_expr_repeat(&mut self, node: &'ast syn::ExprRepeat) {
        self.visit_expr(&node.expr);
    }

    fn visit_expr_binary(&mut self, node: &'ast syn::ExprBinary) {
        self.binary(node);
        // The place of an assignment is repeated as it stands.
        if !self.sites.last().is_some_and(|site| matches!(&site.shape, Shape::Assign { place, .. } if *place == range(&node.left))) {
            self.visit_expr(&node.left);
        }
        self.visit_expr(&node.right);
    }

    fn visit_expr_unary(&mut self, node: &'ast syn::ExprUnary) {
        let whole = range(node);
        let text = self.text(whole.clone());
        match node.op {
            UnOp::Not(_) => self.add(
                node,
                Shape::Negate(whole),
                vec![format!("delete ! in `{text}`")],
            ),
            UnOp::Neg(_) => {
                let operator = range(&node.op);
                self.add(
                    node,
                    Shape::Minus { operator, whole },
                    vec![format!("delete - in `{text}`")],
                );
            }
            _ => {}
        }
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_macro(&mut self, node: &'ast syn::ExprMacro) {
        if node.mac.path.is_ident("matches") {
            let text = self.text(range(node));
            self.add(
                node,
                Shape::Negate(range(node)),
                vec![format!("negate `{text}`")],
            );
        }
    }

    fn visit_expr_match(&mut self, node: &'ast syn::ExprMatch) {
        self.arms(&node.arms);
        visit::visit_expr_match(self, node);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        match statement {
            Stmt::Item(item) => self.visit_item(item),
            Stmt::Expr(call, Some(_)) if is_call(call) => {
                let text = self.text(range(call));
                self.add(
                    statement,
                    Shape::Statement(range(statement)),
                    vec![format!("delete `{text};`")],
                );
                visit::visit_stmt(self, statement);
            }
            _ => visit::visit_stmt(self, statement),
        }
    }
}
