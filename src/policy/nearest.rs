//! Finds the word meant by a typing mistake: the nearest known word.

/// The nearest known word. `None` if none is near enough.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer texts are not typing mistakes, and comparing them takes time.
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

/// The names that may be meant by one that is not among them, the likeliest first: the nearest, then those of which it is a
/// part or that are a part of it, as the roles of `for_each` are.
pub fn nearest_names<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const MOST: usize = 5;
    /// A letter is a part of too much.
    const SHORTEST: usize = 2;
    let lower = typed.to_lowercase();
    let known: Vec<&str> = known.into_iter().filter(|name| *name != typed).collect();
    let is_part = |name: &&&str| {
        let name = name.to_lowercase();
        lower.len().min(name.len()) >= SHORTEST && (name.contains(&lower) || lower.contains(&name))
    };
    let mut found: Vec<&str> = nearest(typed, known.iter().copied()).into_iter().collect();
    for name in known.iter().filter(is_part) {
        if !found.contains(name) {
            found.push(name);
        }
    }
    found.truncate(MOST);
    found
}

/// `did you mean shop-prod.admin?`, where some name may be meant by the one that was typed.
pub fn did_you_mean<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    const SHOWN: usize = 3;
    let mut near = nearest_names(typed, known);
    near.truncate(SHOWN);
    let (last, others) = near.split_last()?;
    let before = if others.is_empty() { String::new() } else { format!("{} or ", others.join(", ")) };
    Some(format!("did you mean {before}{last}?"))
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
        assert_eq!(nearest_names("admin", roles), ["shop-prod.admin", "data-prod.admin"]);
        assert_eq!(nearest_names("devlop", roles), ["develop"]);
        assert_eq!(nearest_names("shop-prod.amdin", roles), ["shop-prod.admin"]);
        assert_eq!(nearest_names("Shop-Prod", roles), ["shop-prod.admin"]);
        assert_eq!(nearest_names("developers", roles), ["develop"]);
        assert!(nearest_names("zzz", roles).is_empty());
    }

    /// The command line and `jit policy explain` understand the same slips.
    #[test]
    fn a_slip_and_a_part_of_a_name_are_understood() {
        let known = ["shop-prod.admin", "data-prod.admin", "develop", "logs-read", "db"];
        let meant = |typed: &str| did_you_mean(typed, known);
        assert_eq!(meant("shop-prod.amdin").as_deref(), Some("did you mean shop-prod.admin?"));
        assert_eq!(meant("developp").as_deref(), Some("did you mean develop?"));
        assert_eq!(meant("log-read").as_deref(), Some("did you mean logs-read?"));
        let both = meant("admin").unwrap();
        assert!(
            both.contains("data-prod.admin or shop-prod.admin")
                || both.contains("shop-prod.admin or data-prod.admin"),
            "{both}"
        );
        for far in ["payments", "x", "zz", "", "db"] {
            assert_eq!(meant(far), None, "{far}");
        }
    }
}
