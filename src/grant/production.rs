//! Reads from the words in a name whether it means production or administration. If it means production, questions want
//! more than a yes, and `jit policy check` wants a touch. If it means either, `jit policy check` wants somebody to
//! agree.

/// Names that contain `prod` but are not production.
const OTHERS: [&str; 8] =
    ["nonprod", "non-prod", "non_prod", "preprod", "pre-prod", "pre_prod", "no-prod", "not-prod"];

/// The words that mean administration, anywhere in a name.
const POWERS: [&str; 3] = ["admin", "root", "poweruser"];

/// Whether one of these names says production or administration.
pub fn looks_powerful<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    let says_power = |name: &str| {
        let name = name.to_ascii_lowercase();
        POWERS.iter().any(|word| name.contains(word))
    };
    names.into_iter().any(|name| says_power(name) || says_production(name))
}

/// Whether one of these names says production: `prod` or `production` anywhere, or `prd` or `live` as a separate word.
/// `nonprod`, `preprod` and words such as `product` do not count.
pub fn looks_like_production<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    names.into_iter().any(says_production)
}

fn says_production(name: &str) -> bool {
    let mut name = name.to_ascii_lowercase();
    for other in OTHERS {
        name = name.replace(other, "");
    }
    let inside = name.match_indices("prod").any(|(place, found)| {
        let rest = name.get(place + found.len()..).unwrap_or_default();
        rest.starts_with("uction") || !rest.starts_with('u')
    });
    inside
        || name
            .split(|character: char| !character.is_ascii_alphanumeric())
            .any(|word| matches!(word, "prd" | "live"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_told_by_the_words_of_a_name() {
        for name in [
            "prod-admin",
            "shop-prod.admin",
            "ProdAdmin",
            "production",
            "AdminPRODUCTION",
            "orders-prd",
            "env:prod",
            "live",
            "eu-live.read",
            "nonprod-to-prod",
            "prod1",
            "shopprod",
            "product-prod",
        ] {
            assert!(looks_like_production([name]), "{name}");
        }
        for name in [
            "stage-admin",
            "nonprod-admin",
            "pre-prod.read",
            "preprod",
            "product-reader",
            "producer",
            "deliver",
            "olive",
            "",
        ] {
            assert!(!looks_like_production([name]), "{name}");
        }
        assert!(looks_like_production(["admin", "prod"]));
        assert!(!looks_like_production([]));
    }
    /// The lint of a gate that stops nobody took `product-reader` for production, and `orders-live` for nothing.
    #[test]
    fn what_looks_powerful_says_production_in_the_same_words() {
        for name in ["prod-read", "orders-live", "stage-admin", "RootAccess", "PowerUserAccess"] {
            assert!(looks_powerful(["x", name]), "{name}");
        }
        for name in ["product-reader", "preprod", "nonprod.read", "stage", ""] {
            assert!(!looks_powerful(["x", name]), "{name}");
        }
    }
}
