//! Decides a request, for every authority, by two policy revisions: the one that it was made under and the one in
//! force.
//!
//! May use levels 0 to 2. Invariant: a signature counts only while both revisions assign its key to that person.

pub mod ask;
pub mod budget;
pub mod ceilings;
pub mod clocks;
pub mod docket;
pub mod eligibility;
pub mod emergency;
pub mod extend;
pub mod extensions;
pub mod facts;
pub mod household;
mod inquiry;
pub mod let_in;
pub mod mint;
pub mod page;
pub mod refusal;
pub mod review;
pub mod reviewers;
pub mod signer;
pub mod stop;
pub mod views;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use ceilings::CeilingError;
use ceilings::document;
use ceilings::narrowest;
use signer::foreign;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::ScopeDocument;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::request::Review;
use crate::grant::span::Span;
use crate::grant::statement::Kind;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::RequestedScope;
use crate::grant::statement::Way;
use crate::identity::Opened;
use crate::identity::statement::open;
use crate::policy::Action;
use crate::policy::Asking;
use crate::policy::Decision;
use crate::policy::Facts;
use crate::policy::Missing;
use crate::policy::Opinion;
use crate::policy::Policy;
use crate::policy::Refusal;
use crate::policy::Role;

/// The two policy revisions that must both agree.
#[derive(Clone)]
pub struct Bench {
    /// The authority that decides: a broker's URL, or `github:<repository id>`.
    pub authority: String,
    /// The revision that the request was made under.
    pub under: Arc<Policy>,
    /// The revision in force.
    pub force: Arc<Policy>,
}

/// The decision of both policies together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The policies refuse it.
    Refused(String),
    /// The role opens something else now: this ends the request.
    Changed(String),
    /// An eligible reviewer denied it.
    Denied(Name),
    /// Reviews are missing.
    Waiting(Vec<Missing>),
    /// Both policies are satisfied.
    Approved(Terms),
}

/// The terms of an approval: the stricter ones of both policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How long the grant lasts.
    pub duration: Span,
    /// The lifetime of one set of credentials.
    pub lease: Span,
    /// How long an unused approval is valid.
    pub unused: Span,
    /// The reviewers whose reviews count. Empty if no review was needed.
    pub by: Vec<Name>,
    /// The limit of the credentials' permissions. `None` for the whole role.
    pub scope: Option<ScopeDocument>,
    /// The same by name and digest, as an approval records it.
    pub named: Option<RequestedScope>,
    /// Whether the credentials work only from the requester's address.
    pub bind_ip: bool,
}

/// The input for both policies.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The request.
    pub request: &'a RequestStatement,
    /// The same statement as signed.
    pub signed: &'a Signed,
    /// The verified request. `None` to verify it from its bytes.
    pub opened: Option<&'a Opened>,
    /// The latest review of each reviewer.
    pub reviews: &'a [Review],
    /// The recorded approvals. Their ceilings apply whether or not they still count as a yes.
    pub ceilings: &'a [Review],
    /// The approved scope, if one is recorded.
    pub approved_scope: Option<&'a RequestedScope>,
    /// Reviews without a signature, attested by the authority itself. They are as strong as `account`.
    pub vouched: &'a [Opinion],
    /// The requester's address.
    pub source: Option<IpAddr>,
    /// The number of earlier extensions of the grant, for an extension request.
    pub before: u32,
    /// The facts from the sources.
    pub facts: &'a Facts,
    /// Whether conditions may approve it without a review. Never for a request that people approved before.
    pub automatic: bool,
    /// Whether an ID token has proved to the authority that the named workload asks. This is as strong as `account`.
    pub proven: bool,
    /// The time of the decision.
    pub now: Timestamp,
}

static NO_FACTS: Facts = Facts::none();

impl<'a> Case<'a> {
    /// The case of a request with its current reviews.
    pub fn of(request: &'a Request, now: Timestamp) -> Self {
        Self {
            source: source_of(request),
            reviews: &request.reviews,
            ceilings: &request.reviews,
            approved_scope: request.approved_scope.as_ref(),
            automatic: !is_approved_by_people(request),
            ..Self::new(&request.statement, &request.signed, now)
        }
    }

    /// The case of a request without reviews, from an unknown address.
    pub fn new(request: &'a RequestStatement, signed: &'a Signed, now: Timestamp) -> Self {
        Self {
            request,
            signed,
            opened: None,
            reviews: &[],
            ceilings: &[],
            approved_scope: None,
            vouched: &[],
            source: None,
            before: 0,
            facts: &NO_FACTS,
            automatic: true,
            proven: false,
            now,
        }
    }

    /// The case of a request that was just verified, so that its signature is not verified again.
    ///
    /// `None` for a statement of another kind.
    pub fn taken(opened: &'a Opened, now: Timestamp) -> Option<Self> {
        let case = Self::new(opened.asked()?, opened.signed(), now);
        Some(Self { opened: Some(opened), ..case })
    }

    /// The way into the role that it takes.
    pub fn action(&self) -> Action {
        Self::action_of(self.request, self.before)
    }

    fn action_of(request: &RequestStatement, before: u32) -> Action {
        match request.way {
            Way::Request => Action::Request,
            Way::Extend(_) => Action::Extend { before },
            Way::BreakGlass => Action::BreakGlass,
        }
    }
}

impl Bench {
    /// The role in both policies, the older revision first.
    pub fn roles(&self, name: &Name) -> Option<(&Role, &Role)> {
        Some((self.under.role(name)?, self.force.role(name)?))
    }

    /// Whether both policies assign a key to this person.
    pub fn is_key_of(&self, fingerprint: &str, who: &Name) -> bool {
        [&self.under, &self.force]
            .iter()
            .all(|policy| policy.owner_of_key(fingerprint).is_some_and(|owner| owner == who))
    }

    /// Verifies the request's signature, unless it was just verified for this authority. Returns its strength, if both
    /// policies assign its key to the requester.
    fn asked(&self, case: &Case<'_>) -> Result<Assurance, String> {
        let fits = |opened: &&Opened| opened.signed() == case.signed && opened.authority() == self.authority;
        let kind = case.request.way.kind();
        let opened = match case.opened.filter(fits) {
            Some(opened) => opened,
            None => &Opened::open(case.signed.clone(), kind, &self.authority)
                .map_err(|error| error.to_string())?,
        };
        let who = opened.who();
        if opened.statement().kind() == kind && self.is_key_of(opened.fingerprint(), who) {
            Ok(self.worth(opened.fingerprint(), opened.assurance()))
        } else {
            Err(foreign(who))
        }
    }

    /// The review as policies evaluate it. `None` if its signature does not verify or its key is not the reviewer's.
    pub fn opinion(&self, review: &Review) -> Option<Opinion> {
        let (statement, verified) = open(&review.signed, Kind::Review, &self.authority).ok()?;
        let Statement::Review(statement) = statement else { return None };
        let counts = statement.header.who == review.by && self.is_key_of(&verified.fingerprint, &review.by);
        counts.then(|| Opinion {
            by: review.by.clone(),
            verdict: statement.verdict,
            duration: statement.duration,
            scope: statement.scope,
            assurance: self.worth(&verified.fingerprint, verified.assurance),
        })
    }

    /// Judges a case by both policies.
    pub fn judge(&self, case: &Case<'_>) -> Judgement {
        tracing::trace!(target: "jit::work", "judged");
        let request = case.request;
        let Some((under, force)) = self.roles(&request.role) else {
            return Judgement::Refused(format!("there is no role {} (any more)", request.role));
        };
        if request.target != under.target {
            return Judgement::Refused("the request is for something that its role does not open".to_owned());
        }
        if request.target != force.target {
            return Judgement::Changed(format!(
                "the policy changed: {} now opens {}",
                request.role,
                force.target.describe()
            ));
        }
        if let Some(why) = household::changed_hands(&self.under, &self.force, &request.header.who) {
            return Judgement::Changed(why);
        }
        // A condition that denies by address does nothing without an address, so it would let in a caller who hides
        // theirs.
        let looks = |policy: &Policy| policy.looks_at_address(&request.role);
        if case.source.is_none() && (looks(&self.under) || looks(&self.force)) {
            return Judgement::Refused(format!(
                "the requester's address is not known, and conditions of {} look at it",
                request.role
            ));
        }
        if let Some(asked) = &request.scope {
            if document(under, Some(&asked.name)).map(ScopeDocument::digest) != Some(asked.document) {
                return Judgement::Refused(format!("{} has no such scope {}", request.role, asked.name));
            }
            if document(force, Some(&asked.name)).map(ScopeDocument::digest) != Some(asked.document) {
                let (role, scope) = (&request.role, &asked.name);
                return Judgement::Changed(format!(
                    "the policy changed: {role} has another scope {scope}, or none"
                ));
            }
        }
        let proof = match (&request.workload, case.proven) {
            (Some(_), true) => Ok(Assurance::Account),
            (Some(_), false) => Err("no token proves (any more) which workload asks".to_owned()),
            (None, _) => self.asked(case),
        };
        let assurance = match proof {
            Ok(assurance) => assurance,
            Err(why) => return Judgement::Refused(why),
        };
        let signed = case.reviews.iter().filter_map(|review| self.opinion(review));
        let opinions: Vec<Opinion> = signed.chain(case.vouched.iter().cloned()).collect();
        // A stricter policy shortens an approval, and need not end it.
        let scope = request.scope.as_ref().map(|scope| &scope.name);
        let duration = match self.longest(case) {
            Ok(longest) => request.duration.min(longest),
            Err(refusal) => return Judgement::Refused(refusal.to_string()),
        };
        let asking = Asking {
            action: case.action(),
            reason: &request.reason,
            assurance,
            reviews: &opinions,
            source: case.source,
            interactive: request.interactive,
            agent: request.agent,
            facts: case.facts,
            automatic: case.automatic,
            scope,
            ..Asking::new(&request.header.who, &request.role, duration, case.now)
        };
        let decided = (self.under.decide(&asking), self.force.decide(&asking));
        match decided {
            (_, Decision::Refused(refusal)) | (Decision::Refused(refusal), _) => {
                Judgement::Refused(refusal.to_string())
            }
            (_, Decision::Denied { by }) | (Decision::Denied { by }, _) => Judgement::Denied(by),
            (under, force) => {
                self.agree(case, under, force).unwrap_or_else(|why| Judgement::Refused(why.to_string()))
            }
        }
    }

    /// The approval of both policies together, within every ceiling.
    fn agree(&self, case: &Case<'_>, under: Decision, force: Decision) -> Result<Judgement, CeilingError> {
        // Checked while reviews are missing too, so that the reviewer whose ceiling leaves nothing is told, and not the
        // last reviewer.
        let bound = ceilings::bound(self, case)?;
        let (
            Decision::Approved { duration: first, scope: narrowed, by: earlier, .. },
            Decision::Approved { duration, scope, by: now, .. },
        ) = (&under, &force)
        else {
            let missing = match (under, force) {
                (_, Decision::NeedsApproval { missing }) | (Decision::NeedsApproval { missing }, _) => {
                    missing
                }
                _ => Vec::new(),
            };
            return Ok(Judgement::Waiting(missing));
        };
        let role = &case.request.role;
        let scope = narrowest(role, [bound.scope.as_ref(), narrowed.as_ref(), scope.as_ref()])?;
        let Some((under, force)) = self.roles(role) else {
            return Ok(Judgement::Refused(format!("there is no role {role} (any more)")));
        };
        let found = document(force, scope);
        if let Some(scope) = scope.filter(|_| found.is_none() || document(under, scope) != found) {
            return Err(CeilingError::NoScope { role: role.clone(), scope: scope.clone() });
        }
        let named = scope.cloned().zip(found.map(ScopeDocument::digest));
        // The policy in force may need nobody where the earlier one rests on people: no condition may take their place.
        let by = if now.is_empty() { earlier } else { now };
        Ok(Judgement::Approved(Terms {
            duration: bound.duration.unwrap_or(*duration).min(*duration).min(*first),
            lease: under.lease.min(force.lease),
            unused: under.unused.min(force.unused),
            by: by.clone(),
            named: named.map(|(name, document)| RequestedScope { name, document }),
            scope: found.cloned(),
            bind_ip: under.bind_ip || force.bind_ip,
        }))
    }

    /// The longest duration that both policies allow for a request of this way and scope.
    ///
    /// # Errors
    /// One of them has no such role, way or scope.
    pub fn longest(&self, case: &Case<'_>) -> Result<Span, Refusal> {
        let name = &case.request.role;
        let scope = case.request.scope.as_ref().map(|scope| &scope.name);
        let (under, force) = self.roles(name).ok_or_else(|| Refusal::UnknownRole(name.clone()))?;
        let longest = |role: &Role| role.terms(case.action(), scope).map(|terms| terms.max_duration);
        Ok(longest(under)?.min(longest(force)?))
    }
}

/// Whether people approved it, so that no condition may approve it in their place.
pub fn is_approved_by_people(request: &Request) -> bool {
    request.approved_duration.is_some() && !request.approved_by.is_empty()
}

/// The requester's address, as in the log.
pub fn source_of(request: &Request) -> Option<IpAddr> {
    request.source.as_ref()?.parse().ok()
}

/// Whether one policy's rule for the request's way and scope names a person as a reviewer.
pub fn is_eligible(policy: &Policy, request: &RequestStatement, reviewer: &Name) -> bool {
    let action = Case::action_of(request, 0);
    let scope = request.scope.as_ref().map(|scope| &scope.name);
    let requester = &request.header.who;
    requester != reviewer
        && policy
            .role(&request.role)
            .is_some_and(|role| policy.may_review_way(reviewer, role, action, scope, requester))
}

#[cfg(test)]
mod tests;
