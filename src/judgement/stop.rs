//! What ends a request before its time: a denial, its requester, a revocation, a change of the policy. And what the end of one
//! request means for the others of the same grant.

use jiff::Timestamp;

use super::Bench;
use super::Case;
use super::eligibility::may_stop;
use super::extensions::alike;
use super::extensions::ends_first;
use super::facts::Gathered;
use super::refusal::Refusal;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::RevokeStatement;
use crate::identity::Opened;
use crate::policy::Opinion;
use crate::policy::Policy;

/// The first reviewer who denied a request and may, whatever conditions and the rest of the policy say by now. `None` if nobody
/// did.
pub fn denier(bench: &Bench, asked: &RequestStatement, said: &[Opinion]) -> Option<Name> {
    let denials = said.iter().filter(|opinion| opinion.verdict == Verdict::Deny);
    denials.map(|opinion| &opinion.by).find(|by| bench.may_stop(asked, by)).cloned()
}

/// Whether a denial still changes anything: it counts until activation.
///
/// # Errors
/// The grant has begun or is over.
pub fn check_deniable(request: &Request, now: Timestamp) -> Result<(), Refusal> {
    match request.state_at(now) {
        State::Pending | State::Approved => Ok(()),
        state => Err(Refusal::NotReviewable(state)),
    }
}

/// What ends a request for its requester: a grant that has begun ends, and one that has not is cancelled. `denied` is the
/// reviewer whose denial the log does not hold yet: the denial is recorded then, as it counts against equal requests.
///
/// # Errors
/// Somebody else wants to end it, or it is over already.
pub fn end(request: &Request, by: &Name, denied: Option<Name>, now: Timestamp) -> Result<Change, Refusal> {
    if by != request.requester() {
        return Err(Refusal::NotRequester(request.id()));
    }
    let cancelled = Change::Cancelled { by: by.clone() };
    match request.state_at(now) {
        State::Active => Ok(Change::Ended { by: Some(by.clone()) }),
        State::Pending | State::Approved => Ok(denied.map_or(cancelled, |by| Change::Denied { by })),
        state => Err(Refusal::Closed(state)),
    }
}

/// A revocation that was opened: its signature holds.
#[derive(Debug, Clone, Copy)]
pub struct Revocation<'a> {
    statement: &'a RevokeStatement,
    opened: &'a Opened,
}

impl<'a> Revocation<'a> {
    /// A statement that was opened as a revocation.
    ///
    /// # Errors
    /// It is a statement of another kind.
    pub fn of(opened: &'a Opened) -> Result<Self, Refusal> {
        match opened.statement() {
            Statement::Revoke(statement) => Ok(Self { statement, opened }),
            _ => Err(Refusal::OtherRevocation),
        }
    }

    /// When it says that it was made.
    pub fn made(&self) -> Timestamp {
        self.statement.header.at
    }

    /// Who takes the access away.
    pub fn by(&self) -> &Name {
        &self.statement.header.who
    }

    /// Whether it has taken this request away already: then the same again changes nothing.
    pub fn is_done(&self, request: &Request) -> bool {
        let by = request.closing.as_ref().and_then(|closing| closing.by.as_ref());
        request.state == State::Revoked && by == Some(self.by())
    }

    /// Whether it is of this request, in its author's own words and under a key that is theirs.
    ///
    /// # Errors
    /// It is of another request, its reason has more blanks than new text may have, or the key is somebody else's.
    pub fn check(&self, policy: &Policy, request: &Request) -> Result<(), Refusal> {
        if self.statement.request != request.digest {
            return Err(Refusal::OtherRevocation);
        }
        super::review::check_prose(&self.statement.reason)?;
        let owner = policy.person_of_key(self.opened.fingerprint());
        if owner.is_none_or(|person| person.name != *self.by()) {
            return Err(Refusal::ForeignKey {
                key: self.opened.fingerprint().to_owned(),
                who: self.by().clone(),
            });
        }
        Ok(())
    }

    /// Whether its author may take a request away now, as far as people and state go. The policy in force alone says who: the
    /// policy that the request was made under may be lost, and ending must stay possible.
    ///
    /// # Errors
    /// Its author may not approve the request either, or the request is over.
    pub fn check_author(&self, policy: &Policy, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        if !may_stop(policy, &request.statement, self.by()) {
            return Err(Refusal::NotRevoker);
        }
        let state = request.state_at(now);
        if state.is_terminal() { Err(Refusal::Closed(state)) } else { Ok(()) }
    }

    /// Whether conditions of the policy in force let its author take a request away.
    ///
    /// # Errors
    /// A condition forbids it, or could not be judged.
    pub fn check_conditions(
        &self,
        bench: &Bench,
        case: &Case<'_>,
        gathered: &Gathered,
    ) -> Result<(), Refusal> {
        let refused =
            |refusal: crate::policy::Refusal| Refusal::Refused(gathered.explain(refusal.to_string()));
        bench.let_revoke(case, self.by()).map_err(refused)
    }

    /// The change that it makes. `denied` is the reviewer whose denial of a request that has not begun the log does not hold
    /// yet: the denial is recorded then, as it counts against equal requests.
    pub fn change(&self, request: &Request, denied: Option<Name>, now: Timestamp) -> Change {
        let waits = matches!(request.state_at(now), State::Pending | State::Approved);
        match denied.filter(|_| waits) {
            Some(by) => Change::Denied { by },
            None => Change::Revoked {
                by: Some(self.by().clone()),
                reason: self.statement.reason.clone(),
                signed: Some(self.opened.signed().clone()),
            },
        }
    }
}

/// The change by which the policy ends a request, and why.
pub fn by_policy(why: String) -> Change {
    Change::Revoked { by: None, reason: why, signed: None }
}

/// Why a request ends under this policy, because its role or its scope opens something else now. `None` if it does not, or if
/// there is no such role: a role may come back.
pub fn changed(policy: &Policy, asked: &RequestStatement) -> Option<String> {
    let role = policy.role(&asked.role)?;
    if role.target != asked.target {
        return Some(format!("the policy changed: {} opens something else now", asked.role));
    }
    let scope = asked.scope.as_ref()?;
    let document = role.scopes.get(&scope.name).map(|known| known.document.digest());
    let is_same = document == Some(scope.document);
    (!is_same)
        .then(|| format!("the policy changed: {} has another scope {}, or none", asked.role, scope.name))
}

/// The digest of the request that a change ends first, whose extensions end with it: the request itself, or the grant that
/// an extension in force belongs to. `None` if a request for more time ends alone.
pub fn first_of(request: &Request, change: &Change) -> Option<Digest> {
    match request.extends() {
        None => Some(request.digest),
        Some(first) => ends_first(request, change).then_some(first),
    }
}

/// What a change that ends a request means for the other requests of the same grant: `family` is the first request and all
/// that ask more time for it. A grant ends with its extensions, and an extension in force takes the whole grant with it.
pub fn beside<'a>(
    request: &Request,
    change: &Change,
    family: impl IntoIterator<Item = &'a Request>,
    at: Timestamp,
) -> Vec<(&'a Request, Change)> {
    let Some(first) = first_of(request, change) else { return Vec::new() };
    let others = family.into_iter().filter(|other| {
        other.digest != request.digest && (other.digest == first || other.extends() == Some(first))
    });
    others.filter_map(|other| Some((other, alike(change, other, at)?))).collect()
}
