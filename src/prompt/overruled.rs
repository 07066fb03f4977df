//! Whether a shell with access has a variable that leads AWS's tools to other credentials: a start file may export
//! `AWS_PROFILE` after `jit shell` has removed it. Reads only the environment.

use crate::grant::Cloud;
use crate::grant::Name;
use crate::state::index::Entry;
use crate::state::index::Index;
use crate::system::Environment;

/// The variable with the role of the shell's credentials.
pub(super) const GRANT: &str = "JIT_GRANT";
/// The variable that is set if an endpoint serves the shell's credentials.
const SERVED: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// The variable that overrides the access of this shell. `None` if there is none, or if the shell has no access.
pub fn by(environment: &Environment, index: &Index) -> Option<&'static str> {
    let set = |name: &str| environment.get(name);
    // `jit` does not set an invalid name, and a prompt must not show it.
    let role = set(GRANT).filter(|role| role.parse::<Name>().is_ok())?;
    let is_served = set(SERVED).is_some();
    // Another cloud's access leaves the variables of AWS's tools as they are.
    let is_of_aws = |entry: &Entry| matches!(entry.cloud, Cloud::Aws | Cloud::Sandbox);
    let mut of_role = index.entries.iter().filter(|entry| entry.role.as_str() == role).peekable();
    if !is_served && of_role.peek().is_some() && !of_role.any(is_of_aws) {
        return None;
    }
    // Each role of a shell is also a profile, under its name and aliases.
    let is_profile_of_ours = |profile: &str| {
        let known = index.roles.iter().flat_map(|role| std::iter::once(&role.name).chain(&role.aliases));
        profile == role
            || (is_served
                && known
                    .chain(index.entries.iter().map(|entry| &entry.role))
                    .any(|name| name.as_str() == profile))
    };
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        if set(name).is_some_and(|profile| !is_profile_of_ours(profile)) {
            return Some(name);
        }
    }
    // Keys in the environment take precedence over served credentials. `jit` itself puts only temporary ones there.
    let is_foreign = |key: &str| is_served || key.starts_with("AKIA");
    if set("AWS_ACCESS_KEY_ID").is_some_and(is_foreign) {
        return Some("AWS_ACCESS_KEY_ID");
    }
    set("AWS_WEB_IDENTITY_TOKEN_FILE").filter(|_| is_served).map(|_| "AWS_WEB_IDENTITY_TOKEN_FILE")
}

/// The same in words, for a prompt. Empty if nothing overrides the access.
pub fn words(environment: &Environment, index: &Index) -> String {
    let role = environment.get(GRANT).unwrap_or_default();
    by(environment, index).map_or_else(String::new, |name| format!("[{role}] overruled by {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::index::example;

    #[test]
    fn what_a_start_file_exports_is_noticed_and_what_jit_gave_is_not() {
        let index = Index { entries: vec![example("stage", "2026-11-23T11:00:00Z")], ..Index::default() };
        let found = |variables: &[(&str, &str)]| {
            let mut environment = Environment::default();
            variables.iter().for_each(|(name, value)| environment.set(*name, *value));
            by(&environment, &index)
        };
        assert_eq!(found(&[("AWS_PROFILE", "personal")]), None, "no access was given");
        let given = [("JIT_GRANT", "prod"), ("AWS_ACCESS_KEY_ID", "ASIAX"), ("AWS_PROFILE", "")];
        assert_eq!(found(&given), None);
        assert_eq!(found(&[("JIT_GRANT", "prod"), ("AWS_PROFILE", "personal")]), Some("AWS_PROFILE"));
        assert_eq!(
            found(&[("JIT_GRANT", "prod"), ("AWS_DEFAULT_PROFILE", "x")]),
            Some("AWS_DEFAULT_PROFILE")
        );
        assert_eq!(found(&[("JIT_GRANT", "$(id)"), ("AWS_PROFILE", "personal")]), None);
        assert_eq!(found(&[("JIT_GRANT", "prod"), ("AWS_PROFILE", "prod")]), None);
        assert_eq!(found(&[("JIT_GRANT", "prod"), ("AWS_PROFILE", "stage")]), Some("AWS_PROFILE"));
        assert_eq!(
            found(&[("JIT_GRANT", "prod"), ("AWS_ACCESS_KEY_ID", "AKIAX")]),
            Some("AWS_ACCESS_KEY_ID")
        );
        let served =
            |name, value| found(&[("JIT_GRANT", "prod"), (SERVED, "http://127.0.0.1:1/x"), (name, value)]);
        assert_eq!(served("AWS_PROFILE", "stage"), None);
        assert_eq!(served("AWS_PROFILE", "personal"), Some("AWS_PROFILE"));
        assert_eq!(served("AWS_ACCESS_KEY_ID", "ASIAX"), Some("AWS_ACCESS_KEY_ID"));
        assert_eq!(served("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), Some("AWS_WEB_IDENTITY_TOKEN_FILE"));
    }
}
