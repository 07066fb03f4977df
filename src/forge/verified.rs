//! A request whose evidence is in order, and what both policies say of it.

use std::sync::Arc;

use jiff::Timestamp;

use super::Refusal;
use super::log::History;
use super::log::JournalIndex;
use super::request_file::RequestFile;
use super::reviews::Heard;
use super::workload;
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
use crate::judgement::extensions::count_before;
use crate::judgement::extensions::past_a_limit;
use crate::judgement::facts::Gathered;
use crate::judgement::facts::Sources;
use crate::judgement::is_approved_by_people;
use crate::judgement::mint::Past;
use crate::judgement::mint::Ruling;
use crate::judgement::mint::rule;
use crate::judgement::refusal::Refusal as Rule;
use crate::judgement::stop::denier;
use crate::system::System;

/// A request whose file, author, base and clocks are in order. Whether it may be had is [`Verified::judge`]'s word.
pub struct Verified {
    /// The request's file.
    pub file: RequestFile,
    /// Both policies.
    pub bench: Bench,
    /// What the reviews amount to.
    pub heard: Heard,
    /// When GitHub says that it was asked.
    pub asked: Timestamp,
    /// When nobody will have decided.
    pub pending_until: Timestamp,
    /// The pull request.
    pub pull: u64,
    /// The numeric id of who dispatched the run.
    pub actor: u64,
    /// Whether conditions may approve this by themselves: not after a denial of an equal request.
    pub automatic: bool,
    /// Whether an equal request was denied within the last day, by the log.
    pub is_denied: bool,
    /// Whether people approved it, by the log.
    pub by_people: bool,
    /// Whether the log knows it: it was taken in before.
    pub is_known: bool,
    /// Whether a token proves which workload asks.
    pub proven: bool,
    /// When it lapses: its own `not_after`, or the end of its grant where more time has moved that out.
    pub until: Timestamp,
    /// How often the grant was extended before, for a request that asks for more time.
    pub before: u32,
    /// Whether its grant has begun.
    pub is_active: bool,
    /// The approvals whose ceilings hold, whether or not they count as a yes: those that the reviews carry now, and those that
    /// the log has.
    pub ceilings: Vec<Review>,
    /// The scope that it was approved for, where the log has it.
    pub approved_scope: Option<RequestedScope>,
    /// What the sources of facts said; nothing until [`Verified::learn`].
    pub learnt: Gathered,
}

impl Verified {
    /// Whether the person who dispatched the run is the one who asked, in both policies.
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

    /// Heeds what the log knows of equal requests: for a day after a denial nothing is approved by a condition alone.
    pub fn heed(&mut self, index: &JournalIndex, now: Timestamp) {
        self.is_denied = denied_before(index, &self.file.digest, &self.file.statement, now).is_some();
        self.automatic = !self.is_denied;
    }

    /// Heeds its own events: a grant that has begun was approved then, and may last longer than it was asked for.
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

    /// Finds its place among the extensions of the grant that it extends, which it cannot outwait.
    pub fn extending(&mut self, first: &Request) {
        self.before = count_before(first, &self.file.statement, &self.file.digest);
        self.automatic &= past_a_limit(first).is_none();
        let own = first.extensions.iter().find(|extension| extension.digest == self.file.digest);
        let end = own.map(|own| own.from).or(first.active_until).unwrap_or(self.asked);
        self.pending_until = self.pending_until.min(end);
    }

    /// Asks the sources of the facts that the role's conditions look at: open addresses alone, as nothing of the repository
    /// runs where this runs.
    pub async fn learn(&mut self, system: &System, now: Timestamp) {
        self.learn_from(&Arc::new(Sources::open()), system, now).await;
    }

    /// The same from sources that remember what they said: for whoever looks again and again.
    pub async fn learn_from(&mut self, sources: &Arc<Sources>, system: &System, now: Timestamp) {
        let role = self.file.statement.role.clone();
        self.learnt = sources.gather(system, &self.bench, &role, now).await;
    }

    /// What is put to both policies.
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

    /// Holds a request that the log does not know against the rules of asking, as a broker does when it takes one: both
    /// policies, at the time that it was asked. More time is held against its grant where that is known, by the run.
    ///
    /// # Errors
    /// It would not be taken.
    pub fn check_new(&self) -> Result<(), Rule> {
        let asked = &self.file.statement;
        match asked.way {
            _ if self.is_known => Ok(()),
            Way::Extend(_) => ask::check_policy(&self.bench.force, asked),
            Way::Request | Way::BreakGlass => ask::check(&self.bench, &self.case(self.asked), None),
        }
    }

    /// Holds the clocks of a request that the log does not know against the policy that it was made under alone: what they do
    /// not allow was never a request, and not even its end is recorded.
    ///
    /// # Errors
    /// A clock does not fit.
    pub fn check_own_clocks(&self) -> Result<(), Rule> {
        if self.is_known || self.file.statement.way != Way::Request {
            return Ok(());
        }
        let bench = Bench { force: Arc::clone(&self.bench.under), ..self.bench.clone() };
        clocks::check(&bench, &self.case(self.asked))
    }

    /// Whether both policies agree, with the reviews that there are. A denial counts until activation, whatever conditions say
    /// of its author and the policies of the request.
    pub fn judge(&self, now: Timestamp) -> Judgement {
        let denied = self.denied_by().filter(|_| !self.is_active);
        denied.map_or_else(|| self.bench.judge(&self.past().case(self.case(now))), Judgement::Denied)
    }

    /// The reviewer who denied it, if one who may did: whatever else the policies say of the request by now.
    pub fn denied_by(&self) -> Option<Name> {
        denier(&self.bench, &self.file.statement, &self.heard.vouched)
    }

    /// What the log says of it before a mint.
    fn past(&self) -> Past {
        Past { is_active: self.is_active, by_people: self.by_people, denied: self.is_denied }
    }

    /// The terms on which it may be had.
    pub fn terms(&self, now: Timestamp) -> Result<Terms, Refusal> {
        if self.until <= now {
            return Err(Rule::Lapsed.into());
        }
        self.check_new()?;
        let judgement = match self.judge(now) {
            Judgement::Denied(by) => return Err(Refusal::Denied(by)),
            Judgement::Refused(why) if !self.is_known => {
                return Err(Rule::Refused(self.explain(why)).into());
            }
            judgement => judgement,
        };
        match rule(judgement, &self.file.statement, self.past(), |why| self.explain(why)) {
            Ruling::Terms(terms) => Ok(terms),
            Ruling::Ends(_, refusal) | Ruling::Refuses(refusal) => Err(refusal.into()),
            Ruling::Waits(missing) => {
                let demands: Vec<String> = missing.into_iter().map(|missing| missing.demand).collect();
                Err(Refusal::Waiting(self.explain(demands.join(", "))))
            }
        }
    }

    /// A refusal that also says which facts were not to be had, and why.
    fn explain(&self, why: String) -> String {
        let mut text = self.learnt.explain(why);
        for (name, why) in self.learnt.missing() {
            text.push_str(&format!("; {name}: {}", sanitise(why)));
        }
        text
    }
}
