//! The people who may read, review and stop a request, by the rule of its own way into the role.

use super::Bench;
use super::Case;
use super::household::is_agents_owner;
use super::is_eligible;
use crate::grant::Assurance;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::statement::RequestStatement;
use crate::policy::Action;
use crate::policy::Person;
use crate::policy::PersonKey;
use crate::policy::Policy;
use crate::policy::Role;

/// Whether one policy lets a person deny or revoke this request, and so read it: its possible reviewers, for an extension also
/// the possible reviewers of the requests that it extends, and the owner of the agent that asks.
pub fn may_stop(policy: &Policy, asked: &RequestStatement, reviewer: &Name) -> bool {
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    let role = policy.role(&asked.role).filter(|_| asked.extends().is_some());
    is_eligible(policy, asked, reviewer)
        || is_agents_owner(policy, asked, reviewer)
        || role.is_some_and(|role| {
            policy.may_review_way(reviewer, role, Action::Request, scope, &asked.header.who)
        })
}

/// Whether one of the rules of the role or of its scopes names a person, for any requester.
pub fn may_review_some(policy: &Policy, role: &Role, viewer: &Name) -> bool {
    std::iter::once(None).chain(role.scopes.keys().map(Some)).any(|scope| {
        may_review_piece(policy, role, Action::Request, scope, viewer)
            || (role.extend.is_some()
                && may_review_piece(policy, role, Action::Extend { before: 0 }, scope, viewer))
    })
}

/// The same for one way, into the whole role or one scope.
pub fn may_review_piece(
    policy: &Policy,
    role: &Role,
    action: Action,
    scope: Option<&Name>,
    viewer: &Name,
) -> bool {
    let people = policy.people().map(|person| &person.name);
    let others = policy.workloads().map(|workload| &workload.name);
    let mut requesters = people.chain(others).chain(policy.agents().map(|agent| &agent.name));
    let somebody = requesters.find(|name| *name != viewer);
    somebody.is_some_and(|somebody| policy.may_review_way(viewer, role, action, scope, somebody))
}

impl Bench {
    /// Whether a person may review this request: the rules of both policies name them, and both policies have their
    /// signing key or account. This one rule serves inboxes, views, the list of missing reviews, and the review itself.
    pub fn may_review(&self, asked: &RequestStatement, reviewer: &Name) -> bool {
        self.is_named(asked, reviewer) && self.has_login_in_both(asked, reviewer)
    }

    /// Whether the rules of both policies name a person as a reviewer of this request, whatever they sign with.
    pub fn is_named(&self, asked: &RequestStatement, reviewer: &Name) -> bool {
        [&self.under, &self.force].iter().all(|policy| is_eligible(policy, asked, reviewer))
    }

    /// Whether a sufficiently strong key, or an account if that is enough, belongs to a person in both policies.
    fn has_login_in_both(&self, asked: &RequestStatement, reviewer: &Name) -> bool {
        let (Some(under), Some(force)) = (self.under.person(reviewer), self.force.person(reviewer)) else {
            return false;
        };
        let demanded = self.demanded_from(asked, 0, reviewer);
        let same = |key: &PersonKey| force.keys.iter().any(|other| other.fingerprint == key.fingerprint);
        let strong = |key: &&PersonKey| demanded.is_none_or(|demanded| key.worth >= demanded);
        // A repository on GitHub identifies people by their account, a broker by their session's key.
        let account = AuthorityAddress::of(&self.authority).is_github()
            && demanded == Some(Assurance::Account)
            && under.github.is_some()
            && under.github == force.github;
        account || under.keys.iter().filter(strong).any(same)
    }

    /// Why a person whom the policy in force names may not review this request. `None` if they may, or if it does not
    /// name them either.
    pub fn why_not(&self, asked: &RequestStatement, reviewer: &Name) -> Option<String> {
        if !is_eligible(&self.force, asked, reviewer) || self.may_review(asked, reviewer) {
            return None;
        }
        // If their key is not strong enough today either, the review itself says so.
        let demanded = self.demanded_from(asked, 0, reviewer).unwrap_or(Assurance::Touch);
        // A repository on GitHub knows people by their accounts, a broker by their keys.
        let has_login = AuthorityAddress::of(&self.authority).is_github();
        let can_sign = |person: &Person| person.can_sign(demanded) && (has_login || !person.keys.is_empty());
        if !self.force.person(reviewer).is_some_and(can_sign) {
            return None;
        }
        Some(if self.is_named(asked, reviewer) {
            format!("it was asked under an older policy, in which {reviewer} had another key")
        } else {
            format!("it was asked under an older policy, in which {reviewer} could not review it")
        })
    }

    /// Why nobody can approve this request as it is. `None` while somebody can.
    pub fn ask_again(&self, asked: &RequestStatement) -> Option<String> {
        let action = Case::action_of(asked, 0);
        let scope = asked.scope.as_ref().map(|scope| &scope.name);
        let who = &asked.header.who;
        let passes = |policy: &Policy, may_review: &dyn Fn(&Person) -> bool| {
            let role = policy.role(&asked.role);
            role.is_none_or(|role| policy.could_be_approved(role, action, scope, who, may_review))
        };
        let in_both = |person: &Person| self.may_review(asked, &person.name);
        if passes(&self.under, &in_both) && passes(&self.force, &in_both) {
            return None;
        }
        Some(if passes(&self.force, &|_| true) {
            "it was asked under an older policy, and too few of today's reviewers could review it then"
                .to_owned()
        } else {
            format!("without {who}, the policy names too few people who could approve it")
        })
    }

    /// Whether a person may deny or revoke this request, by the policy in force alone.
    pub fn may_stop(&self, asked: &RequestStatement, reviewer: &Name) -> bool {
        may_stop(&self.force, asked, reviewer)
    }
}
