//! Finds the person that the identity provider's news is about.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::Evidence;
use crate::audit::TokenEvidence;
use crate::audit::index::LoginRecord;
use crate::broker::leaving::News;
use crate::broker::leaving::leave;
use crate::broker::ledger::LedgerError;
use crate::broker::shared::Shared;
use crate::grant::Name;
use crate::policy::Claims;
use crate::policy::Oidc;
use crate::policy::Policy;

/// A person whose access the provider's news may end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The value of the claim by which the policy names people.
    pub subject: String,
    /// The person's name, by the policy.
    pub person: Name,
    /// The name to show.
    pub label: String,
    /// Whether the broker knows the person: the policy lists them, or they have signed in.
    pub is_here: bool,
    /// When they last signed in. `None` if they never did, or have left.
    pub proved: Option<Timestamp>,
    /// The account at the provider (`sub`), if another claim names the person and they have signed in.
    pub account: Option<String>,
    /// Whether the provider ended the account, and they have not signed in since.
    pub is_over: bool,
}

/// The person of a subject, by the policy in force. `None` if the policy takes nobody of this name from tokens.
pub fn find(shared: &Shared, policy: &Policy, oidc: &Oidc, subject: &str) -> Option<Known> {
    let subject = oidc.subject(subject);
    let claims = Claims {
        issuer: oidc.issuer.clone(),
        subject: subject.clone(),
        label: String::new(),
        groups: Vec::new(),
    };
    let index = shared.ledger.index();
    // Somebody whom tokens name is a person of the policy with its sign-ins, under the same subject.
    let person = policy.person_of_claims(&claims).ok()?;
    let found = tokens(index.logins()).find(|(_, token)| is_of(token, oidc, &subject));
    let account = found.and_then(|(_, token)| token.account.clone());
    let login = found.map(|(login, _)| login);
    let is_here = login.is_some() || policy.person(&person.name).is_some();
    let proved = login.map(|login| login.proved);
    let label = login.map_or(person.label, |login| label(&login.evidence).to_owned());
    let is_over = proved.is_none() && index.gone(&person.name).is_some();
    Some(Known { subject, person: person.name, label, is_here, proved, account, is_over })
}

/// The subjects that the policy's claim has for an account (`sub`), or for a name that is shown. Only people who have signed in
/// can be found so.
pub fn subjects(shared: &Shared, oidc: &Oidc, fits: impl Fn(&TokenEvidence) -> bool) -> Vec<String> {
    let index = shared.ledger.index();
    let found = tokens(index.logins()).filter(|(_, token)| token.issuer == oidc.issuer && fits(token));
    found.map(|(_, token)| token.subject.clone()).collect()
}

fn tokens<'a>(
    logins: impl Iterator<Item = &'a LoginRecord>,
) -> impl Iterator<Item = (&'a LoginRecord, &'a TokenEvidence)> {
    logins.filter_map(|login| match &login.evidence {
        Evidence::Token(token) => Some((login, token)),
        Evidence::GitHub { .. } => None,
    })
}

fn is_of(token: &TokenEvidence, oidc: &Oidc, subject: &str) -> bool {
    token.issuer == oidc.issuer && token.subject == subject
}

fn label(evidence: &Evidence) -> &str {
    match evidence {
        Evidence::Token(token) => &token.label,
        Evidence::GitHub { login, .. } => login,
    }
}

/// The subject in an event: `iss_sub`, or `email` if the policy names people by it (RFC 9493, sections 3.2.2 and 3.2.4). Also the
/// `user` of a complex subject (OpenID Shared Signals Framework 1.0, section 3.2). `None` if it names nobody here.
pub fn subject_of_event(shared: &Shared, oidc: &Oidc, named: &Value) -> Option<String> {
    let text = |member: &str| named.get(member).and_then(Value::as_str);
    let format = text("format").or_else(|| text("subject_type"))?;
    match format.replace('-', "_").as_str() {
        "complex" => named.get("user").filter(|user| user.get("user").is_none()).and_then(|user| {
            let is_nested = user.get("format").and_then(Value::as_str) == Some("complex");
            if is_nested { None } else { subject_of_event(shared, oidc, user) }
        }),
        "iss_sub" if text("iss") == Some(oidc.issuer.as_str()) => {
            let account = text("sub")?;
            if oidc.person == "sub" {
                return Some(account.to_owned());
            }
            subjects(shared, oidc, |token| token.account.as_deref() == Some(account)).into_iter().next()
        }
        "email" if oidc.person == "email" => text("email").map(str::to_owned),
        _ => None,
    }
}

/// Ends everything of a person on the provider's word. Does nothing if there is nothing to end. Returns whether it did.
pub async fn retire(
    shared: &Arc<Shared>,
    known: &Known,
    why: &str,
    source: Option<String>,
) -> Result<bool, LedgerError> {
    let is_busy = {
        let now = shared.now();
        let index = shared.ledger.index();
        known.proved.is_some()
            || index.open_of(&known.person).next().is_some()
            || index.sessions(now).any(|(_, session)| session.person == known.person)
    };
    // The log gets a mark even if the person has nothing open: an older token must not sign them in again.
    let is_marked = shared.ledger.index().gone(&known.person).is_some();
    if !is_busy && is_marked {
        return Ok(false);
    }
    let news = News { person: known.person.clone(), why: why.to_owned(), by: None, signed: None, source };
    leave(shared, news).await?;
    Ok(true)
}
