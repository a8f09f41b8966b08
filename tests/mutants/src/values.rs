//! What a function may return instead of what it computes, by its return type.

use quote::ToTokens as _;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

/// Expressions of the return type. Those that do not type-check are dropped when the compiler says so.
pub fn of(output: &ReturnType) -> Vec<String> {
    match output {
        ReturnType::Default => vec![String::new()],
        ReturnType::Type(_, kind) => values(kind),
    }
}

fn values(kind: &Type) -> Vec<String> {
    let strings = |values: &[&str]| values.iter().map(ToString::to_string).collect();
    match kind {
        Type::Path(path) => {
            let Some(segment) = path.path.segments.last() else {
                return Vec::new();
            };
            let inner = argument(&segment.arguments);
            let each = |wrap: &str| {
                let inner = inner.map(values).unwrap_or_default();
                inner
                    .iter()
                    .map(|value| format!("{wrap}({value})"))
                    .collect::<Vec<_>>()
            };
            match segment.ident.to_string().as_str() {
                "bool" => strings(&["true", "false"]),
                "String" => strings(&["String::new()", "\"xyzzy\".to_owned()"]),
                "usize" | "u8" | "u16" | "u32" | "u64" | "u128" => strings(&["0", "1"]),
                "isize" | "i8" | "i16" | "i32" | "i64" | "i128" => strings(&["0", "1", "-1"]),
                "Option" => [strings(&["None"]), each("Some")].concat(),
                "Result" => each("Ok"),
                "Vec" => {
                    let items = inner.map(values).unwrap_or_default();
                    let full = items.iter().take(1).map(|item| format!("vec![{item}]"));
                    std::iter::once("vec![]".to_owned()).chain(full).collect()
                }
                "Cow" => strings(&["\"\".into()", "\"xyzzy\".into()"]),
                _ => strings(&["Default::default()"]),
            }
        }
        Type::Reference(reference) if reference.mutability.is_none() => {
            if reference.elem.to_token_stream().to_string() == "str" {
                strings(&["\"\"", "\"xyzzy\""])
            } else if matches!(*reference.elem, Type::Slice(_)) {
                strings(&["&[]"])
            } else {
                Vec::new()
            }
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() => strings(&["()"]),
        Type::Tuple(_) => strings(&["Default::default()"]),
        _ => Vec::new(),
    }
}

/// The first type argument of `Option<T>`, `Result<T, E>`, `Vec<T>`.
fn argument(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(kind) => Some(kind),
        _ => None,
    })
}
