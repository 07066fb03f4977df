//! The early ends of a request: by a denial, its requester, a revocation, or a change of the policy. Also the effect of
//! the end of one request on the others of the same grant.

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
use crate::grant::statement::Way;
use crate::identity::Opened;
use crate::policy::Opinion;
use crate::policy::Policy;

/// The first eligible reviewer who denied a request, whatever conditions and the rest of the policy say now. `None` if
/// there is none.
pub fn denier(bench: &Bench, asked: &RequestStatement, said: &[Opinion]) -> Option<Name> {
    let denials = said.iter().filter(|opinion| opinion.verdict == Verdict::Deny);
    denials.map(|opinion| &opinion.by).find(|by| bench.may_stop(asked, by)).cloned()
}

/// Checks that a denial still has an effect: it counts until activation.
///
/// # Errors
/// The grant has begun or ended.
pub fn check_deniable(request: &Request, now: Timestamp) -> Result<(), Refusal> {
    match request.state_at(now) {
        State::Pending | State::Approved => Ok(()),
        state => Err(Refusal::NotReviewable(state)),
    }
}

/// The change by which a requester ends a request: an active grant ends, and an earlier request is cancelled. `denied`
/// is the reviewer whose denial is not in the log yet. The denial is recorded then, because it counts against equal
/// requests.
///
/// # Errors
/// The person is not the requester, or the request has ended already.
pub fn end(request: &Request, by: &Name, denied: Option<Name>, now: Timestamp) -> Result<Change, Refusal> {
    if by != request.requester() {
        return Err(Refusal::NotRequester(request.id()));
    }
    let cancelled = Change::Cancelled { by: by.clone() };
    match request.state_at(now) {
        State::Active => Ok(Change::Ended { by: Some(by.clone()) }),
        State::Pending | State::Approved => {
            Ok(denied.map_or(cancelled, |by| Change::Denied { by, on_page: None }))
        }
        state => Err(Refusal::Closed(state)),
    }
}

/// A revocation with a verified signature.
#[derive(Debug, Clone, Copy)]
pub struct Revocation<'a> {
    statement: &'a RevokeStatement,
    opened: &'a Opened,
}

impl<'a> Revocation<'a> {
    /// A verified statement as a revocation.
    ///
    /// # Errors
    /// It is a statement of another kind.
    pub fn of(opened: &'a Opened) -> Result<Self, Refusal> {
        match opened.statement() {
            Statement::Revoke(statement) => Ok(Self { statement, opened }),
            _ => Err(Refusal::OtherRevocation),
        }
    }

    /// The time in the statement.
    pub fn made(&self) -> Timestamp {
        self.statement.header.at
    }

    /// The revoker.
    pub fn by(&self) -> &Name {
        &self.statement.header.who
    }

    /// Whether it has revoked this request already, so that a repetition changes nothing.
    pub fn is_done(&self, request: &Request) -> bool {
        let by = request.closing.as_ref().and_then(|closing| closing.by.as_ref());
        request.state == State::Revoked && by == Some(self.by())
    }

    /// Checks that it is for this request, with a valid reason and signed by its author's own key.
    ///
    /// # Errors
    /// It is for another request, its reason has characters or blanks that new text may not have, or the key belongs
    /// to another person.
    pub fn check(&self, policy: &Policy, request: &Request) -> Result<(), Refusal> {
        if self.statement.request != request.digest {
            return Err(Refusal::OtherRevocation);
        }
        super::review::check_prose(&self.statement.reason)?;
        super::signer::check_key(policy, self.opened)
    }

    /// Checks that its author may revoke a request now, by eligibility and state. The policy in force alone decides:
    /// the revision that the request was made under may be lost, and revoking must stay possible.
    ///
    /// # Errors
    /// Its author may not approve the request, or the request has ended.
    pub fn check_author(&self, policy: &Policy, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        if !may_stop(policy, &request.statement, self.by()) {
            return Err(Refusal::NotRevoker);
        }
        let state = request.state_at(now);
        if state.is_terminal() { Err(Refusal::Closed(state)) } else { Ok(()) }
    }

    /// Checks that the conditions of the policy in force let its author revoke a request.
    ///
    /// # Errors
    /// A condition forbids it, or cannot be evaluated.
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

    /// The change that it makes. `denied` is the reviewer whose denial of a request before activation is not in the log
    /// yet. The denial is recorded then, because it counts against equal requests.
    pub fn change(&self, request: &Request, denied: Option<Name>, now: Timestamp) -> Change {
        let waits = matches!(request.state_at(now), State::Pending | State::Approved);
        match denied.filter(|_| waits) {
            Some(by) => Change::Denied { by, on_page: None },
            None => Change::Revoked {
                by: Some(self.by().clone()),
                reason: self.statement.reason.clone(),
                signed: Some(self.opened.signed().clone()),
            },
        }
    }
}

/// The change by which the policy ends a request, with the reason.
pub fn by_policy(why: String) -> Change {
    Change::Revoked { by: None, reason: why, signed: None }
}

/// Why a request ends under this policy: its requester left, or its role or its scope opens something else now. `None` if
/// it does not, or if the role is missing ([`is_missing`]), because a role may come back.
pub fn changed(policy: &Policy, asked: &RequestStatement) -> Option<String> {
    if let Some(why) = left(policy, asked) {
        return Some(why);
    }
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

/// Why a request ends whose role or scope the policy no longer has. `None` if it has them. The policy may be without a role for a moment
/// only, while somebody replaces its file, so the caller waits before it ends anything.
pub fn is_missing(policy: &Policy, asked: &RequestStatement) -> Option<String> {
    policy.role(&asked.role).is_none().then(|| format!("the policy has no role {} any more", asked.role))
}

/// Why the requester has left: the policy no longer knows them, or no longer lets them ask for the role. Unknown groups
/// are no reason to end anything, because nothing is minted meanwhile.
fn left(policy: &Policy, asked: &RequestStatement) -> Option<String> {
    let who = &asked.header.who;
    if policy.workload(who).is_some() {
        return None;
    }
    if policy.agent(who).is_some() {
        let role = policy.role(&asked.role)?;
        let may = asked.way != Way::BreakGlass && policy.may_request(who, role);
        return (!may).then(|| format!("{who} may no longer ask for {}", asked.role));
    }
    let Some(person) = policy.person(who) else {
        return Some(format!("{who} is no longer a person of the policy"));
    };
    let role = policy.role(&asked.role)?;
    let may = match asked.way {
        Way::BreakGlass => policy.may_break_glass(person, role),
        Way::Request | Way::Extend(_) => policy.may_request(who, role),
    };
    let is_unknown = person.proof.is_some_and(|proof| proof.groups_unknown);
    (!may && !is_unknown).then(|| format!("{who} may no longer ask for {}", asked.role))
}

/// The digest of the request that a change ends first, and whose extensions end with it: the request itself, or the
/// grant of an extension in force. `None` if an extension request ends alone.
pub fn first_of(request: &Request, change: &Change) -> Option<Digest> {
    match request.extends() {
        None => Some(request.digest),
        Some(first) => ends_first(request, change).then_some(first),
    }
}

/// The changes of the other requests of the same grant when a change ends one: `family` is the first request and all
/// its extensions. A grant ends with its extensions, and an extension in force ends with its whole grant.
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
