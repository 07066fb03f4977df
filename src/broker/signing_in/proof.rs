//! The proof that a token gives of a person, and what the log keeps of it.

use jiff::Timestamp;

use crate::audit::Evidence;
use crate::audit::TokenEvidence;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Name;
use crate::identity::oidc::Expected;
use crate::identity::oidc::Failure;
use crate::identity::oidc::Groups;
use crate::identity::oidc::Nonce;
use crate::identity::oidc::Proven;
use crate::identity::oidc::email;
use crate::identity::oidc::groups;
use crate::policy::Claims;
use crate::policy::ClaimsError;
use crate::policy::Oidc;
use crate::policy::Person;
use crate::policy::Policy;

/// The mark before an address to show that the provider has not verified.
pub const UNVERIFIED: &str = "not verified: ";

/// A person whom a token proved.
pub struct Proved {
    /// The person, by the policy.
    pub person: Person,
    /// The evidence for the log.
    pub evidence: Evidence,
}

/// Why a proof is refused.
#[derive(Debug, thiserror::Error)]
enum ProofError {
    #[error("the policy of this broker names no identity provider")]
    NoProvider,
    #[error(transparent)]
    Verify(#[from] Failure),
    #[error("the token has no claim {0:?} that is text, and the policy names people by it")]
    Claim(String),
    #[error("the provider has not verified the e-mail address, and the policy names people by it")]
    Email,
    #[error(transparent)]
    Person(#[from] ClaimsError),
    #[error("a newer token of this person came in before")]
    Older,
    #[error("the token was issued before a key of this person was dropped, or before the person left")]
    Cut,
    #[error("the provider gives the {claim} of {person} to another account than before")]
    OtherAccount { claim: String, person: Name },
    #[error("the provider gives this account another {claim} than before, and {person} has it here")]
    OtherName { claim: String, person: Name },
}

impl From<ProofError> for Fault {
    fn from(error: ProofError) -> Self {
        let text = error.to_string();
        match error {
            ProofError::NoProvider => Self::new(Code::NotFound, text).hint(
                "log in with an SSH key: `jit login --ssh`, or have [identity.oidc] added to access.toml",
            ),
            ProofError::Verify(failure @ Failure::Provider(_)) => {
                let fault = Self::new(Code::Unready, text).retry_after(10);
                failure.hint().map_or_else(|| fault.clone(), |hint| fault.clone().hint(hint))
            }
            ProofError::Verify(failure) => {
                let fault = Self::new(Code::Statement, text);
                failure.hint().map_or_else(|| fault.clone(), |hint| fault.clone().hint(hint))
            }
            ProofError::Claim(_) => Self::new(Code::Policy, text)
                .hint("the policy's owner compares [identity.oidc] with the provider's claims"),
            ProofError::Email => {
                Self::new(Code::Policy, text).hint("name people by a claim that never changes, such as `sub`")
            }
            ProofError::Person(_) => Self::new(Code::Policy, text).hint(
                "the policy's owner compares [identity.oidc] and people.toml with the token",
            ),
            ProofError::OtherAccount { ref person, .. } => Self::new(Code::Policy, text).hint(format!(
                "if the old account is gone, a voucher ends what it had: `jit revoke --person {person}`; name people by a claim that never changes"
            )),
            ProofError::OtherName { ref person, .. } => Self::new(Code::Policy, text).hint(format!(
                "one human is one person: a voucher ends what {person} has, `jit revoke --person {person}`, then sign in again; name people by a claim that never changes"
            )),
            ProofError::Older | ProofError::Cut => {
                Self::new(Code::Statement, text).hint("run `jit login` again")
            }
        }
    }
}

/// Verifies a token of the policy's identity provider, and finds the person.
///
/// # Errors
/// The broker has no keys of the provider, the token is refused or names no person of the policy, or the
/// broker already has a newer proof.
pub async fn prove(
    shared: &Shared,
    policy: &Policy,
    token: &str,
    nonce: Nonce<'_>,
    random: Option<&str>,
) -> Result<Proved, Fault> {
    let oidc = policy.oidc().ok_or(ProofError::NoProvider)?;
    let cache = shared.providers.of(&shared.system, &oidc.issuer);
    let expected = Expected { issuer: &oidc.issuer, client: &oidc.client_id, nonce };
    let proven = cache.verify(token, &expected).await.map_err(ProofError::from)?;
    let issued = proven.issued;
    let claims = claims(oidc, &proven)?;
    let person = policy.person_of_claims(&claims.0).map_err(ProofError::from)?;
    let (claims, is_known) = claims;
    let account = (oidc.person != "sub").then(|| proven.subject.clone());
    let evidence = Evidence::Token(TokenEvidence {
        token: token.to_owned(),
        jwk: proven.key,
        random: random.map(str::to_owned),
        issued,
        issuer: claims.issuer,
        subject: claims.subject,
        account,
        label: claims.label,
        groups: is_known.then_some(claims.groups),
    });
    check_newer(shared, &person.name, &evidence, issued)?;
    check_account(shared, &oidc.person, &person.name, &evidence)?;
    Ok(Proved { person, evidence })
}

/// Checks that the broker has no newer proof: an older token could bring back groups that the person has
/// left.
fn check_newer(
    shared: &Shared,
    person: &Name,
    evidence: &Evidence,
    issued: Timestamp,
) -> Result<(), ProofError> {
    let index = shared.ledger.index();
    let login = evidence.login();
    if index.cut(&login, person).is_some_and(|cut| issued <= cut) {
        return Err(ProofError::Cut);
    }
    match index.login(&login) {
        Some(known) if known.proved > issued => Err(ProofError::Older),
        _ => Ok(()),
    }
}

/// Checks that the claim that names the person has not passed to another account, such as the e-mail address of somebody who
/// left, and that the account has not been somebody else here under another value of the claim: a person who can change it would
/// be two people, and approve their own request.
fn check_account(shared: &Shared, claim: &str, person: &Name, evidence: &Evidence) -> Result<(), ProofError> {
    let index = shared.ledger.index();
    if let Some(other) = index.other_name(person, evidence) {
        return Err(ProofError::OtherName { claim: claim.to_owned(), person: other.clone() });
    }
    let account = |evidence: &Evidence| match evidence {
        Evidence::Token(token) => token.account.clone(),
        Evidence::GitHub { .. } => None,
    };
    let known = index.login(&evidence.login()).and_then(|login| account(&login.evidence));
    match (known, account(evidence)) {
        (Some(known), Some(now)) if known != now => {
            Err(ProofError::OtherAccount { claim: claim.to_owned(), person: person.clone() })
        }
        _ => Ok(()),
    }
}

/// The claims that the policy reads, and whether the groups are known.
pub(super) fn claims(oidc: &Oidc, proven: &Proven) -> Result<(Claims, bool), Fault> {
    let text = |claim: &str| match claim {
        "sub" => Some(proven.subject.clone()),
        _ => proven.claim(claim).and_then(|value| value.as_str()).map(str::to_owned),
    };
    let subject = match oidc.person.as_str() {
        "email" => email(proven).map(str::to_owned).ok_or(ProofError::Email)?,
        claim => {
            text(claim).filter(|text| text.len() <= 255).ok_or_else(|| ProofError::Claim(claim.to_owned()))?
        }
    };
    let subject = oidc.subject(&subject);
    let listed = oidc.groups.as_ref().map(|claim| groups(proven, claim));
    let (groups, is_known) = match listed {
        None => (Vec::new(), true),
        Some(Groups::Listed(groups)) => (groups, true),
        Some(Groups::Unknown(why)) => {
            tracing::warn!(why, "a token leaves the groups of its person open");
            (Vec::new(), false)
        }
        Some(Groups::Absent) => {
            tracing::warn!("a token has no claim for groups, so the groups of its person are not known");
            (Vec::new(), false)
        }
    };
    let label = text(&oidc.label).unwrap_or_default();
    // Many providers let people write any address into their account. The name to show comes first to be cut, so the warning
    // stands before it.
    let is_claimed = oidc.label == "email" && !label.is_empty() && email(proven).is_none();
    let label = if is_claimed { format!("{UNVERIFIED}{label}") } else { label };
    Ok((Claims { issuer: proven.issuer.clone(), subject, label, groups }, is_known))
}
