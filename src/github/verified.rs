//! A request with verified evidence, and the decision of both policies.

use std::sync::Arc;

use jiff::Timestamp;

use super::Refusal;
use crate::forge::log::History;
use crate::forge::log::JournalIndex;
use crate::forge::request_file::RequestFile;
use crate::github::reviews::Heard;
use crate::github::workload;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::request::Review;
use crate::grant::statement::RequestedScope;
use crate::grant::statement::Way;
use crate::grant::text::sanitise;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::Terms;
use crate::judgement::ask;
use crate::judgement::clocks;
use crate::judgement::docket::denied_before;
use crate::judgement::extend::may_be_automatic;
use crate::judgement::extensions::count_before;
use crate::judgement::facts::Gathered;
use crate::judgement::facts::Sources;
use crate::judgement::is_approved_by_people;
use crate::judgement::mint::Past;
use crate::judgement::mint::Ruling;
use crate::judgement::mint::rule;
use crate::judgement::refusal::Refusal as Rule;
use crate::judgement::review::check_prose;
use crate::judgement::stop::denier;
use crate::system::System;

/// A request whose file, author, base and clocks are verified. [`Verified::judge`] decides whether it is approved.
pub struct Verified {
    /// The request's file.
    pub file: RequestFile,
    /// Both policies.
    pub bench: Bench,
    /// The result of its reviews.
    pub heard: Heard,
    /// When it was asked, according to GitHub.
    pub asked: Timestamp,
    /// When the request expires undecided.
    pub pending_until: Timestamp,
    /// The pull request.
    pub pull: u64,
    /// The numeric id of the account that dispatched the run.
    pub actor: u64,
    /// Whether conditions may approve it without a review. They may not after a denial of an equal request.
    pub automatic: bool,
    /// Whether an equal request was denied within the last day, by the log.
    pub is_denied: bool,
    /// Whether people approved it, by the log.
    pub by_people: bool,
    /// Whether it is in the log, and was accepted before.
    pub is_known: bool,
    /// Whether an ID token proves the workload that asks.
    pub proven: bool,
    /// When it expires: its own `not_after`, or the end of its grant if an extension moved that further.
    pub until: Timestamp,
    /// The number of earlier extensions of the grant, for an extension request.
    pub before: u32,
    /// Whether its grant has begun.
    pub is_active: bool,
    /// The approvals whose ceilings apply, whether or not they count as a yes: those in the current reviews, and those
    /// in the log.
    pub ceilings: Vec<Review>,
    /// The approved scope, if the log has one.
    pub approved_scope: Option<RequestedScope>,
    /// Why the denial of whoever dispatched the run does not count. `None` if they gave none, or if it counts.
    pub objection: Option<Rule>,
    /// The facts from the sources. Empty until [`Verified::learn`].
    pub learnt: Gathered,
}

impl Verified {
    /// Checks that the person who dispatched the run is the requester, in both policies.
    pub fn check_actor(&self) -> Result<(), Refusal> {
        if self.file.statement.workload.is_some() {
            let app = workload::check_app(&[&self.bench.under, &self.bench.force], self.actor);
            let cause = "somebody else dispatched the run".to_owned();
            return app.map_err(|_| Refusal::Who { who: self.file.statement.header.who.clone(), cause });
        }
        for policy in [&self.bench.under, &self.bench.force] {
            let same = policy
                .person_of_github(self.actor)
                .is_some_and(|person| person.name == self.file.statement.header.who);
            if !same {
                let cause = "somebody else dispatched the run".to_owned();
                return Err(Refusal::Who { who: self.file.statement.header.who.clone(), cause });
            }
        }
        Ok(())
    }

    /// Applies what the log knows of equal requests: for 24 hours after a denial no condition approves alone.
    pub fn heed(&mut self, index: &JournalIndex, now: Timestamp) {
        self.is_denied = denied_before(index, &self.file.digest, &self.file.statement, now).is_some();
        self.automatic = !self.is_denied;
    }

    /// Applies its own events: a started grant was approved then, and may last longer than requested.
    pub fn recall(&mut self, history: Option<&History>) {
        let Some(request) = history.map(|history| &history.request) else { return };
        self.is_known = true;
        self.ceilings.extend(request.reviews.iter().cloned());
        self.approved_scope.clone_from(&request.approved_scope);
        self.by_people = is_approved_by_people(request);
        self.automatic &= !self.by_people;
        if request.state == State::Active {
            self.is_active = true;
            self.automatic = request.approved_by.is_empty();
            self.until = request.active_until.map_or(self.until, |until| until.max(self.until));
        }
    }

    /// Sets its place among the extensions of the grant that it extends. A pending extension expires with that grant.
    pub fn extending(&mut self, first: &Request) {
        self.before = count_before(first, &self.file.statement, &self.file.digest);
        self.automatic &= may_be_automatic(first);
        let own = first.extensions.iter().find(|extension| extension.digest == self.file.digest);
        let end = own.map(|own| own.from).or(first.active_until).unwrap_or(self.asked);
        self.pending_until = self.pending_until.min(end);
    }

    /// Fetches the facts for the role's conditions, from open addresses only, because no code of the repository may run
    /// here.
    pub async fn learn(&mut self, system: &System, now: Timestamp) {
        self.learn_from(&Arc::new(Sources::open()), system, now).await;
    }

    /// The same from sources with a cache, for repeated reads.
    pub async fn learn_from(&mut self, sources: &Arc<Sources>, system: &System, now: Timestamp) {
        let role = self.file.statement.role.clone();
        self.learnt = sources.gather(system, &self.bench, &role, now).await;
    }

    /// The case for both policies.
    pub fn case(&self, now: Timestamp) -> Case<'_> {
        Case {
            reviews: &self.heard.signed,
            ceilings: &self.ceilings,
            approved_scope: self.approved_scope.as_ref(),
            vouched: &self.heard.vouched,
            automatic: self.automatic,
            proven: self.proven,
            before: self.before,
            facts: &self.learnt.facts,
            ..Case::new(&self.file.statement, &self.file.signed, now)
        }
    }

    /// Checks a request that the log does not know against the rules of asking, by both policies at the time that it
    /// was asked, as a broker does on arrival. The run checks an extension against its grant.
    ///
    /// # Errors
    /// It would not be accepted.
    pub fn check_new(&self) -> Result<(), Rule> {
        if self.is_known {
            return Ok(());
        }
        let asked = &self.file.statement;
        check_prose(&asked.reason)?;
        // A stricter policy since then shortens it, and need not end it: both policies judge it at every mint.
        let bench = self.asking_bench();
        match asked.way {
            Way::Extend(_) => ask::check_policy(&bench.force, asked),
            Way::Request | Way::BreakGlass => ask::check(&bench, &self.case(self.asked), None),
        }
    }

    /// The policies that say what may be asked for: both, or the one that the request was made under alone if the
    /// policy has changed since.
    pub fn asking_bench(&self) -> Bench {
        if self.is_older() { self.own_bench() } else { self.bench.clone() }
    }

    /// Whether the policy has changed since the request was made.
    fn is_older(&self) -> bool {
        self.bench.under.revision != self.bench.force.revision
    }

    /// The bench of the policy that it was made under alone.
    fn own_bench(&self) -> Bench {
        Bench { force: Arc::clone(&self.bench.under), ..self.bench.clone() }
    }

    /// Checks the clocks of a request that the log does not know against the policy that it was made under. A request
    /// that they do not allow was never valid, and not even its end is recorded.
    ///
    /// # Errors
    /// A clock does not fit.
    pub fn check_own_clocks(&self) -> Result<(), Rule> {
        if self.is_known || self.file.statement.way != Way::Request {
            return Ok(());
        }
        clocks::check(&self.own_bench(), &self.case(self.asked))
    }

    /// Judges the request by both policies with the current reviews. A denial counts until activation, whatever
    /// conditions say about its author and the request's policies.
    pub fn judge(&self, now: Timestamp) -> Judgement {
        let denied = self.denied_by().filter(|_| !self.is_active);
        let case = || Case { automatic: self.automatic && !self.was_agreed(now), ..self.case(now) };
        denied.map_or_else(|| self.bench.judge(&self.past().case(case())), Judgement::Denied)
    }

    /// Whether people approved it under the policy that it was made under, which no run has recorded yet. No condition
    /// of a later policy replaces an approval by people (docs/trust.md, "What a reviewer narrowed").
    fn was_agreed(&self, now: Timestamp) -> bool {
        if self.is_known || !self.is_older() {
            return false;
        }
        let case = Case { automatic: false, ..self.case(now) };
        matches!(self.own_bench().judge(&case), Judgement::Approved(terms) if !terms.by.is_empty())
    }

    /// The eligible reviewer who denied it, whatever the policies say of the request now.
    pub fn denied_by(&self) -> Option<Name> {
        denier(&self.bench, &self.file.statement, &self.heard.vouched)
    }

    /// The log's record of it before a mint.
    fn past(&self) -> Past {
        // A policy that does not load ends the run before this.
        let healthy = true;
        Past { is_active: self.is_active, by_people: self.by_people, denied: self.is_denied, healthy }
    }

    /// The terms of the approval.
    pub fn terms(&self, now: Timestamp) -> Result<Terms, Refusal> {
        if self.until <= now {
            return Err(Rule::Lapsed.into());
        }
        self.check_new()?;
        let judgement = match self.judge(now) {
            Judgement::Denied(by) => return Err(Refusal::Denied(by)),
            Judgement::Refused(why) if !self.is_known && !self.is_older() => {
                return Err(Rule::Refused(self.explain(why)).into());
            }
            judgement => judgement,
        };
        match rule(judgement, &self.file.statement, self.past(), |why| self.explain(why)) {
            Ruling::Terms(terms) => Ok(terms),
            Ruling::Ends(_, refusal) | Ruling::Refuses(refusal) => Err(refusal.into()),
            // A review in time counts, however late the run starts; a review that is missing then comes too late.
            Ruling::Waits(_) if !self.is_known && self.pending_until <= now => {
                Err(Rule::NotMintable(State::Expired).into())
            }
            Ruling::Waits(missing) => {
                let demands: Vec<String> = missing.into_iter().map(|missing| missing.demand).collect();
                Err(Refusal::Waiting(self.explain(demands.join(", "))))
            }
        }
    }

    /// A refusal that also names the unavailable facts, with reasons.
    fn explain(&self, why: String) -> String {
        let mut text = self.learnt.explain(why);
        for (name, why) in self.learnt.missing() {
            text.push_str(&format!("; {name}: {}", sanitise(why)));
        }
        text
    }
}
