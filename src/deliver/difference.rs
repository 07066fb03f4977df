//! The difference of two texts, for people who look before they write.

/// The difference of two texts, line by line: removed lines with `-`, added lines with `+`. Equal lines at both ends
/// are left out.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.trim().lines().collect(), new.trim().lines().collect());
    let start = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let end =
        old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(one, other)| one == other);
    let end = end.count();
    let gone = old[start..old.len() - end].iter().map(|line| format!("-{line}"));
    let come = new[start..new.len() - end].iter().map(|line| format!("+{line}"));
    gone.chain(come).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_moves_is_shown() {
        assert_eq!(difference("a\nb\nd\n", "a\nb\nc\nd\n"), ["+c"]);
        assert_eq!(difference("", "a\nb"), ["+a", "+b"]);
        assert_eq!(difference("a\nb\nc", "a\nx\nc"), ["-b", "+x"]);
        assert_eq!(difference("a\na", "a\na\na"), ["+a"]);
        assert!(difference("a", "a").is_empty());
    }
}
