//! The facts that GitHub reports about a token, besides its owner.

use jiff::Timestamp;
use jiff::fmt::strtime;

use super::GitHub;
use super::GitHubError;
use crate::github::api::Slug;
use crate::github::api::models::Account;
use crate::secret::Secret;
use crate::system::System;
use crate::system::http::Response;

/// The facts that GitHub reports about a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFacts {
    /// The scopes of a classic token (`x-oauth-scopes`). `None` for a fine-grained or an app's token, which has
    /// permissions instead.
    pub scopes: Option<Vec<String>>,
    /// When it expires (`github-authentication-token-expiration`), if GitHub reports it.
    pub expires: Option<Timestamp>,
}

impl TokenFacts {
    /// The missing scope that a requester needs, as far as GitHub reports it: for a classic token that is the scope
    /// `repo`.
    pub fn lacks(&self) -> Option<&'static str> {
        let scopes = self.scopes.as_ref()?;
        (!scopes.iter().any(|scope| scope == "repo")).then_some("repo")
    }

    fn of(response: &Response) -> Self {
        let scopes = response.header("x-oauth-scopes").map(|text| {
            text.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect()
        });
        let expires = response.header("github-authentication-token-expiration").and_then(moment);
        Self { scopes, expires }
    }
}

/// Parses `2026-12-01 10:00:00 UTC`, or a time with an offset such as `-0700`.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim().replace("UTC", "+0000");
    strtime::parse("%Y-%m-%d %H:%M:%S %z", &text).ok()?.to_timestamp().ok()
}

/// The account of a token, asked for outside any repository.
///
/// # Errors
/// The address is not an API's, or GitHub does not answer or refuses the token.
pub async fn account_of(api: &str, token: Secret<String>, system: &System) -> Result<Account, GitHubError> {
    // The path of this call names no repository.
    let nowhere = Slug { owner: String::new(), name: String::new() };
    GitHub::new(api, nowhere, token, system)?.user().await
}

impl GitHub {
    /// The token's owner, and what GitHub reports about the token.
    pub async fn token_facts(&self) -> Result<(Account, TokenFacts), GitHubError> {
        let response = self.fetch("/user").await?;
        let account = crate::github::api::transport::decode(&response, &http::Method::GET, "/user")?;
        Ok((account, TokenFacts::of(&response)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_scopes_and_the_end() {
        let response = |headers: &[(&str, &str)]| Response {
            status: 200,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Vec::new(),
        };
        let classic = TokenFacts::of(&response(&[
            ("x-oauth-scopes", "repo, workflow"),
            ("github-authentication-token-expiration", "2026-12-01 10:00:00 UTC"),
        ]));
        assert_eq!(classic.scopes.as_deref(), Some(&["repo".to_owned(), "workflow".to_owned()][..]));
        assert_eq!(classic.expires, Some("2026-12-01T10:00:00Z".parse().unwrap()));
        assert_eq!(classic.lacks(), None);
        let weak = TokenFacts::of(&response(&[("x-oauth-scopes", "")]));
        assert_eq!((weak.lacks(), weak.expires), (Some("repo"), None));
        let fine = TokenFacts::of(&response(&[(
            "github-authentication-token-expiration",
            "2026-12-01 03:00:00 -0700",
        )]));
        assert_eq!((fine.lacks(), fine.expires), (None, Some("2026-12-01T10:00:00Z".parse().unwrap())));
    }
}
