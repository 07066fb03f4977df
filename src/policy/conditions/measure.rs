//! Limits for Cedar text before it is parsed, because parsers and evaluators recurse with the nesting.

/// The deepest nesting of brackets.
const MAX_NESTING: usize = 32;
/// The longest single policy or expression, in bytes.
pub(super) const MAX_LENGTH: usize = 4096;

/// The position at which a text exceeds a limit, and the message that says how.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) at: usize,
    pub(super) message: String,
}

/// Checks the nesting of brackets and the length between semicolons, outside of strings and comments.
pub(super) fn check(text: &str) -> Result<(), Excess> {
    let bytes = text.as_bytes();
    let (mut at, mut nesting, mut start) = (0, 0_usize, 0);
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
            b'"' => at = end_of_text(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes.iter().skip(at).take_while(|byte| **byte != b'\n').count();
                continue;
            }
            b'(' | b'[' | b'{' => nesting += 1,
            b')' | b']' | b'}' => nesting = nesting.saturating_sub(1),
            b';' => start = at,
            _ => {}
        }
        if nesting > MAX_NESTING {
            return Err(Excess { at, message: format!("this nests deeper than {MAX_NESTING}") });
        }
        at += 1;
        if at - start > MAX_LENGTH {
            return Err(Excess {
                at: start,
                message: format!("this is longer than the {MAX_LENGTH} bytes that one condition may have"),
            });
        }
    }
    Ok(())
}

/// The closing quote of a string that begins at `at`.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_and_length_have_bounds() {
        assert_eq!(check(&"(".repeat(32)), Ok(()));
        assert_eq!(check(&"(".repeat(33)).unwrap_err().at, 32);
        assert_eq!(check(&"()".repeat(1000)), Ok(()));
        assert_eq!(check(&format!("\"{}\"", "(".repeat(100))), Ok(()));
        assert_eq!(check(&format!("\"\\\"{}\" // {}", "(".repeat(100), "[".repeat(100))), Ok(()));
        assert_eq!(check(&format!("\"{}", "\\".repeat(101))), Ok(()));
        assert!(check(&"a && ".repeat(1000)).is_err());
        assert_eq!(check(&"a && b; ".repeat(10_000)), Ok(()));
        assert!(check(&format!("\"{}\"", ";".repeat(MAX_LENGTH))).is_err());
    }
}
