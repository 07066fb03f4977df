//! Why a policy decides as it does: the decision, the rule that made it, what would be needed, who could approve.

use serde::Serialize;

use crate::grant::Name;
use crate::grant::span::Span;

use super::Policy;
use super::cases::Shown;
use super::decide::Asking;
use super::decide::Decision;
use super::decide::Refusal;
use super::people::Person;
use super::principal::Principal;
use super::role::ReasonRule;
use super::role::Role;
use super::rule::Rule;

/// A decision in one word, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nobody has to agree.
    AutoApproved,
    /// The reviews suffice.
    Approved,
    /// More reviews are wanted.
    NeedsApproval,
    /// A reviewer said no.
    Denied,
    /// It may not be asked for.
    Refused,
}

/// Something missing, and who could give it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Need {
    /// `1 of group:security`
    pub demand: String,
    /// Everybody who could help.
    pub could_help: Vec<Name>,
}

/// A rule that took part, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// `file:line`
    pub at: String,
    /// What it says, in words.
    pub says: String,
}

/// A decision and everything behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The decision in one word.
    pub verdict: Verdict,
    /// The decision in one line.
    pub decision: String,
    /// Who asks.
    pub who: Name,
    /// For which role, by its own name.
    pub role: Name,
    /// For how long.
    pub duration: Span,
    /// The rules that took part; the one that settled it comes first.
    pub basis: Vec<Basis>,
    /// What is missing.
    pub missing: Vec<Need>,
    /// Everybody who may review such a request.
    pub approvers: Vec<Name>,
    /// What to do or type next.
    pub hint: Option<String>,
}

impl Policy {
    /// Decides and explains. A question without a reason (`reason_given` is false) is answered as if a good one were given.
    pub fn explain(&self, asking: &Asking<'_>, reason_given: bool) -> Explanation {
        let lenient = (!reason_given).then(|| self.with_any_reason());
        let decision = lenient.as_ref().unwrap_or(self).decide(asking);
        let role = self.role(asking.role);
        let person = self.person(asking.who);
        let (verdict, missing, hint) = match &decision {
            Decision::Refused(refusal) => (Verdict::Refused, Vec::new(), refusal.hint()),
            Decision::Denied { .. } => (Verdict::Denied, Vec::new(), None),
            Decision::NeedsApproval { missing } => {
                let need = |missing: &super::Missing| Need {
                    demand: missing.demand.clone(),
                    could_help: missing.could_help.clone(),
                };
                (Verdict::NeedsApproval, missing.iter().map(need).collect(), None)
            }
            Decision::Approved { by, .. } if by.is_empty() => (Verdict::AutoApproved, Vec::new(), None),
            Decision::Approved { .. } => (Verdict::Approved, Vec::new(), None),
        };
        let basis = match (role, person) {
            (Some(role), Some(person)) => self.basis(role, person, &decision, reason_given),
            _ => Vec::new(),
        };
        Explanation {
            verdict,
            decision: Shown(&decision).to_string(),
            who: asking.who.clone(),
            role: role.map_or_else(|| asking.role.clone(), |role| role.name.clone()),
            duration: match &decision {
                Decision::Approved { duration, .. } => *duration,
                _ => asking.duration,
            },
            basis,
            missing,
            approvers: role.map_or_else(Vec::new, |role| self.eligible_reviewers(role, asking.who)),
            hint,
        }
    }

    /// The rules that took part; the one that settled it first.
    fn basis(&self, role: &Role, person: &Person, decision: &Decision, reason_given: bool) -> Vec<Basis> {
        let entry = |keys: &[&str], says: String| {
            let file = role.file();
            let line = self.place(&file, keys).line;
            Basis { at: format!("{file}:{line}"), says }
        };
        let means: Vec<String> = role
            .requesters
            .iter()
            .filter(|principal| person.is(principal))
            .map(|principal| self.path_to(person, principal))
            .collect();
        let asks = match means.as_slice() {
            [] => format!("requesters do not name {}", person.name),
            means => format!("requesters name {}", means.join(", and ")),
        };
        let requesters = entry(&["requesters"], asks);
        let approval = entry(&["approval"], approval(&role.approval));
        let most = entry(&["max_duration"], format!("at most {}", role.max_duration));
        let reason = entry(&["reason"], format!("the reason: {}", role.reason.wanted()));
        let signed = entry(&["signed"], format!("reviews are signed with {}", role.signed.as_str()));
        match decision {
            Decision::Refused(Refusal::NotARequester { .. }) => vec![requesters],
            Decision::Refused(Refusal::TooLong { .. }) => vec![most, requesters],
            Decision::Refused(Refusal::Reason { .. }) => vec![reason, requesters],
            Decision::Refused(Refusal::Assurance { .. }) => vec![signed, approval, requesters],
            _ => {
                let mut basis = vec![approval, requesters, most, signed];
                if !reason_given && !matches!(role.reason, ReasonRule::Optional) {
                    basis.push(reason);
                }
                basis
            }
        }
    }

    /// How a group or person named in a rule means somebody: `group:sre (through group:leads)`.
    fn path_to(&self, person: &Person, principal: &Principal) -> String {
        let Principal::Group(group) = principal else { return principal.to_string() };
        let through = self
            .people
            .inner
            .get(group)
            .into_iter()
            .flatten()
            .find(|inner| person.groups.binary_search(inner).is_ok());
        match through {
            Some(inner) => format!("{principal} (through group:{inner})"),
            None => principal.to_string(),
        }
    }
}

fn approval(rule: &Rule) -> String {
    match rule {
        Rule::None => "nobody has to agree".to_owned(),
        rule => format!("approval by {rule}"),
    }
}
