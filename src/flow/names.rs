//! Finding a role by what somebody typed, and the names that they may have meant.

use std::cmp::Reverse;

use super::Client;
use super::Connected;
use super::Failure;
use crate::grant::Name;
use crate::prompt::index;
use crate::protocol::RoleView;

/// How many names a hint offers.
const SHOWN: usize = 3;
/// How alike two names are at least, from 0 to 1, for one to be offered for the other.
const ALIKE: f64 = 0.86;

/// One role, by its name or an alias.
///
/// # Errors
/// The authority cannot be asked, or has no such role for the viewer. A role that is somebody else's gives the same text as
/// one that does not exist.
pub async fn role(connected: &Connected, name: &Name) -> Result<RoleView, Failure> {
    match connected.authority.role(name).await {
        Err(error) if error.status() == Some(404) => Err(unknown(name, &names(connected).await)),
        found => Ok(found?),
    }
}

/// The given failure, or, where the authority has no such role for the viewer, that there is none.
pub async fn unless_unknown(connected: &Connected, name: &Name, failure: Failure) -> Failure {
    match connected.authority.role(name).await {
        Err(error) if error.status() == Some(404) => unknown(name, &names(connected).await),
        _ => failure,
    }
}

/// The names by which the viewer may ask for something here.
pub(super) async fn names(connected: &Connected) -> Vec<Name> {
    let listed = connected.authority.roles().await.unwrap_or_default();
    let own = listed.into_iter().filter(|role| role.may_request || role.break_glass.is_some());
    own.flat_map(|role| std::iter::once(role.name).chain(role.aliases)).collect()
}

/// The names that this machine remembers, without asking anybody.
pub(super) fn remembered(client: &Client<'_>) -> Vec<Name> {
    let known = index::read(&client.system.files).roles;
    let known = known.into_iter().flat_map(|role| std::iter::once(role.name).chain(role.aliases));
    known.chain(client.settings.roles.keys().cloned()).collect()
}

fn unknown(name: &Name, known: &[Name]) -> Failure {
    let failure = Failure::refused(format!("there is no role {name} that you may ask for"));
    failure.hint(
        meant(name.as_str(), known).unwrap_or_else(|| "`jit roles` lists those that you may".to_owned()),
    )
}

/// `did you mean shop-prod.admin?`, where some known name is like the one that was typed.
pub(super) fn meant(typed: &str, known: &[Name]) -> Option<String> {
    let near = near(typed, known);
    let (last, others) = near.split_last()?;
    let others: Vec<&str> = others.iter().map(|name| name.as_str()).collect();
    let before = if others.is_empty() { String::new() } else { format!("{} or ", others.join(", ")) };
    Some(format!("did you mean {before}{last}?"))
}

/// The names that are like the one typed, or of which it is a part; the most alike first.
fn near<'a>(typed: &str, known: &'a [Name]) -> Vec<&'a Name> {
    let typed = typed.to_ascii_lowercase();
    let mut found: Vec<(u64, &Name)> = Vec::new();
    for name in known {
        let text = name.as_str();
        let is_part = typed.len() >= 2 && (text.contains(&typed) || typed.contains(text));
        let alike =
            strsim::jaro_winkler(&typed, text).max(strsim::normalized_damerau_levenshtein(&typed, text));
        let is_slip = strsim::damerau_levenshtein(&typed, text) <= 2 && text.len() > 4;
        if text != typed
            && (is_part || is_slip || alike >= ALIKE)
            && !found.iter().any(|(_, other)| *other == name)
        {
            // Rounded, so that it can be ordered.
            let rank = (alike * 1000.0).round() as u64;
            found.push((rank, name));
        }
    }
    found.sort_by_key(|(rank, name)| (Reverse(*rank), *name));
    found.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 9, H2.
    #[test]
    fn a_slip_and_a_part_of_a_name_are_understood() {
        let known: Vec<Name> = ["shop-prod.admin", "data-prod.admin", "develop", "logs-read", "db"]
            .iter()
            .map(|name| name.parse().unwrap())
            .collect();
        let meant = |typed: &str| meant(typed, &known);
        assert_eq!(meant("shop-prod.amdin").as_deref(), Some("did you mean shop-prod.admin?"));
        assert_eq!(meant("developp").as_deref(), Some("did you mean develop?"));
        assert_eq!(meant("log-read").as_deref(), Some("did you mean logs-read?"));
        let both = meant("admin").unwrap();
        assert!(
            both.contains("data-prod.admin or shop-prod.admin")
                || both.contains("shop-prod.admin or data-prod.admin"),
            "{both}"
        );
        for far in ["payments", "x", "zz", ""] {
            assert_eq!(meant(far), None, "{far}");
        }
    }
}
