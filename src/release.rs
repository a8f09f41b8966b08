//! The name of a Helm release. Helm tells it to no post-renderer.

/// Helm's own limit.
const MAX_LENGTH: usize = 53;

/// Checks the name of a release: it becomes a part of the names of objects.
///
/// # Errors
/// What Helm would not take for a name.
pub fn parse(name: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inside = |byte: u8| is_plain(byte) || matches!(byte, b'-' | b'.');
    let ends = [name.bytes().next(), name.bytes().next_back()];
    let fits = name.len() <= MAX_LENGTH
        && name.bytes().all(inside)
        && ends.iter().all(|end| end.is_some_and(is_plain));
    if fits {
        Ok(name.to_owned())
    } else {
        Err(format!(
            "a release is named with lower-case letters, digits, `-` and `.`, {MAX_LENGTH} at most"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_helm_takes() {
        for name in ["shop", "a", "shop-2.eu", &"a".repeat(53)] {
            assert!(parse(name).is_ok(), "{name}");
        }
        for name in ["", "Shop", "-a", "a-", "a_b", "ä", &"a".repeat(54)] {
            assert!(parse(name).is_err(), "{name}");
        }
    }
}
