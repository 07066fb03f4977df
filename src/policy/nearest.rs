//! What somebody meant who mistyped a word: the nearest of those that there are.

/// The nearest of some words, if one is near enough to be meant.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer texts are no typing mistakes, and comparing them takes time.
    const LONGEST: usize = 64;
    let length = typed.chars().count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let lower = typed.to_lowercase();
    let distance = |word: &str| strsim::damerau_levenshtein(&lower, &word.to_lowercase());
    let near = known.into_iter().map(|word| (distance(word), word));
    let (distance, word) = near.min_by_key(|(distance, _)| *distance)?;
    let most = match length.min(word.chars().count()) {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    (distance <= most).then_some(word)
}

/// The nearest of some names, or one that ends in `.typed`, as the roles of `for_each` do.
pub fn nearest_name<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const MOST: usize = 5;
    let known: Vec<&str> = known.into_iter().collect();
    let part = |name: &&&str| name.split(['.', '-', '_', '@', '/']).any(|part| part == typed);
    let parts: Vec<&str> = known.iter().filter(part).take(MOST).copied().collect();
    match nearest(typed, known) {
        Some(meant) if !parts.contains(&meant) => std::iter::once(meant).chain(parts).take(MOST).collect(),
        _ => parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let known = ["approval", "requesters", "duration", "aws"];
        for (typed, meant) in [
            ("approvals", Some("approval")),
            ("Approval", Some("approval")),
            ("aproval", Some("approval")),
            ("duratoin", Some("duration")),
            ("aws", Some("aws")),
            ("gcp", None),
            ("reviewers", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        let roles = ["shop-prod.admin", "data-prod.admin", "develop"];
        assert_eq!(nearest_name("admin", roles), ["shop-prod.admin", "data-prod.admin"]);
        assert_eq!(nearest_name("devlop", roles), ["develop"]);
        assert_eq!(nearest_name("shop-prod.amdin", roles), ["shop-prod.admin"]);
        assert!(nearest_name("zzz", roles).is_empty());
    }
}
