//! The evidence behind enrolled keys, verified again from the log.

use std::collections::BTreeSet;

use crate::audit::Evidence;
use crate::audit::Index;
use crate::audit::LetIn;
use crate::audit::Subject;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::jobs::texts;
use crate::broker::signing_in::proof::claims;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::identity::Opened;
use crate::identity::oidc::Expected;
use crate::identity::oidc::Nonce;
use crate::identity::oidc::enrolment;
use crate::identity::oidc::verify_again;
use crate::judgement::let_in;
use crate::judgement::refusal::Refusal;
use crate::policy::Policy;

/// Verifies again the evidence of every enrolled key that signed a request or a review of it: the token that
/// enrolled the key, the newest token of its person, and the signatures that confirm it.
///
/// # Errors
/// A part of the evidence no longer verifies under the policy in force.
pub async fn check_evidence(shared: &Shared, policy: &Policy, request: &Request) -> Result<(), Fault> {
    let signers = signers(shared, request);
    let events = behind(&shared.ledger.index(), signers);
    for sequence in events {
        let event = shared.ledger.event(sequence).await?;
        let event = event.ok_or_else(|| lost(sequence))?;
        let holds = match &event.subject {
            Subject::Enrolled { line, evidence, .. } => {
                proves(shared, policy, evidence, Some(line), event.at)
            }
            Subject::Entered { workload, token, jwk, issuer, claims, .. } => {
                let expected = Expected { issuer, client: &shared.authority, nonce: Nonce::Any };
                let known = policy.workload_of_claims(issuer, claims);
                known.is_some_and(|known| known.name == *workload)
                    && verify_again(token, jwk, &expected, event.at)
                        .is_ok_and(|proven| texts(&proven.claims) == *claims)
            }
            Subject::PageOpened { way: way @ LetIn::Login { evidence, .. }, .. } => {
                let_in::check(way, event.at).is_ok() && proves(shared, policy, evidence, None, event.at)
            }
            Subject::Proved { evidence, .. } => proves(shared, policy, evidence, None, event.at),
            Subject::Confirmed { person, key, by, with, signed } => confirms(shared, signed, person, key)
                .is_some_and(|opened| opened.who() == by && opened.fingerprint() == with),
            _ => false,
        };
        if !holds {
            return Err(Refusal::Changed(fails(&event.subject)).into());
        }
    }
    Ok(())
}

/// The words about evidence that does not hold: the policy names another provider, or the broker's address changed.
fn fails(subject: &Subject) -> String {
    let what = "a key that signed it does not hold under the policy in force and this broker's address";
    match subject {
        Subject::Enrolled { person, key, .. } | Subject::Confirmed { person, key, .. } => format!(
            "the proof of {what}: {person} drops it with `jit key drop {key}`, signs in again, and has it confirmed anew"
        ),
        Subject::Proved { person, .. } => format!("the proof of {what}: {person} signs in again"),
        _ => format!("the proof of {what}"),
    }
}

/// The numbers of the events that prove these keys and every key that confirms one of them.
fn behind(index: &Index, mut fingerprints: Vec<String>) -> BTreeSet<u64> {
    let (mut events, mut seen) = (BTreeSet::new(), BTreeSet::new());
    while let Some(fingerprint) = fingerprints.pop() {
        events.extend(index.job(&fingerprint).map(|job| job.event));
        if let Some((login, key)) = index.enrolled_key(&fingerprint) {
            events.extend([login.event, key.event]);
            for (_, with, event) in &key.confirmed {
                events.insert(*event);
                if !seen.contains(with) {
                    fingerprints.push(with.clone());
                }
            }
        }
        seen.insert(fingerprint);
    }
    events
}

/// The fingerprints of the keys that signed a request and its reviews.
fn signers(shared: &Shared, request: &Request) -> Vec<String> {
    let asked = Opened::open_asking(request.signed.clone(), &shared.authority).ok();
    let reviews = request.reviews.iter().chain(&request.acknowledged);
    let opened = reviews
        .filter_map(|review| Opened::open(review.signed.clone(), Kind::Review, &shared.authority).ok());
    asked.into_iter().chain(opened).map(|opened| opened.fingerprint().to_owned()).collect()
}

fn proves(
    shared: &Shared,
    policy: &Policy,
    evidence: &Evidence,
    line: Option<&str>,
    at: jiff::Timestamp,
) -> bool {
    let (Evidence::Token(token), Some(oidc)) = (evidence, policy.oidc()) else {
        return matches!(evidence, Evidence::GitHub { .. }) && policy.github_app().is_some();
    };
    let bound = match (line, &token.random) {
        (Some(line), Some(random)) => Some(enrolment::nonce(&shared.authority, line, random)),
        (Some(_), None) => return false,
        (None, _) => None,
    };
    let nonce = bound.as_deref().map_or(Nonce::Any, Nonce::Is);
    let expected = Expected { issuer: &oidc.issuer, client: &oidc.client_id, nonce };
    let Ok(proven) = verify_again(&token.token, &token.jwk, &expected, at) else { return false };
    claims(oidc, &proven).is_ok_and(|(claims, is_known)| {
        claims.subject == token.subject && token.groups == is_known.then_some(claims.groups)
    })
}

/// The statement that confirms this key of this person. `None` if it does not verify or says something else.
fn confirms(shared: &Shared, signed: &Signed, person: &Name, key: &str) -> Option<Opened> {
    [Kind::Enrol, Kind::Vouch].into_iter().find_map(|kind| {
        let opened = Opened::open(signed.clone(), kind, &shared.authority).ok()?;
        let names = match opened.statement() {
            Statement::Enrol(statement) => statement.key == key && statement.header.who == *person,
            Statement::Vouch(statement) => statement.key == key && statement.person == *person,
            _ => false,
        };
        names.then_some(opened)
    })
}

fn lost(sequence: u64) -> Fault {
    Refusal::Changed(format!("event {sequence}, which proves a key that signed it, is missing")).into()
}
