//! Builds the view of a request from a reading, in the types that client and broker share.

use super::GitHubAuthority;
use super::Reading;
use crate::github::api::models::Pull;
use crate::grant::Digest;
use crate::grant::Extension;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::span::whole_seconds;
use crate::judgement::Judgement;
use crate::judgement::docket::denied_before;
use crate::judgement::views;
use crate::judgement::views::approval_of;
use crate::judgement::views::missing;
use crate::policy::Opinion;
use crate::protocol::ClosingView;
use crate::protocol::ExtendsView;
use crate::protocol::ExtensionView;
use crate::protocol::MissingView;
use crate::protocol::RequestView;
use crate::protocol::ReviewView;

impl GitHubAuthority {
    /// A request as this person sees it.
    pub(super) fn view(&self, reading: &Reading) -> RequestView {
        let now = whole_seconds(self.now());
        let person = &self.seat.person;
        let Reading { request, verified, evidence, .. } = reading;
        let asked = &request.statement;
        let (state, closing) = self.outcome(reading);
        let stands = !state.is_terminal();
        let is_pending = state == State::Pending;
        let has_denied = verified.heard.vouched.iter().any(|opinion| denies(opinion, person));
        RequestView {
            agent_of: None,
            id: request.id(),
            digest: request.digest,
            version: mark(reading, state),
            state,
            signed: request.signed.clone(),
            pending_until: request.pending_until,
            unused_until: request.unused_until,
            approved_duration: request.approved_duration,
            approved_by: request.approved_by.clone(),
            approved_scope: request.approved_scope.as_ref().map(|scope| scope.name.clone()),
            approved_scope_document: request.approved_scope.as_ref().map(|scope| scope.document),
            active_until: request.active_until,
            credentials_until: request.credentials_until(now),
            denial: None,
            approval: approval_of(&evidence.force, asked),
            missing: if is_pending { lacks(reading) } else { Vec::new() },
            reviews: reviews(reading),
            acknowledged: None,
            notices: Vec::new(),
            denied_before: denied_before(&reading.index, &request.digest, asked, now)
                .filter(|_| stands)
                .map(|denial| views::denied_before(denial, asked)),
            extends: extends(reading),
            extensions: request.extensions.iter().map(given).collect(),
            closing,
            ask_again: is_pending.then(|| verified.bench.ask_again(asked)).flatten(),
            why_not: is_pending.then(|| verified.bench.why_not(asked, person)).flatten(),
            may_review: is_pending && verified.bench.may_review(asked, person) && !has_denied,
            may_revoke: stands && verified.bench.may_stop(asked, person),
        }
    }

    /// The request's state, and how it ended. On GitHub a request also ends without a run: when its pull request is
    /// closed, or when its role opens something else in the policy now.
    fn outcome(&self, reading: &Reading) -> (State, Option<ClosingView>) {
        let request = &reading.request;
        let state = request.state_at(whole_seconds(self.now()));
        if state.is_terminal() {
            let closing = request.closing.as_ref();
            let closing = closing.map(|closing| ClosingView {
                at: closing.at,
                by: closing.by.clone(),
                why: closing.why.clone(),
            });
            return (state, closing.or_else(|| ran_out(request, state)));
        }
        let ended = |why: String| ClosingView { at: request.changed, by: None, why };
        match &reading.judgement {
            Judgement::Changed(why) => (State::Revoked, Some(ended(why.clone()))),
            _ => match reading.evidence.check_open() {
                Err(_) if state != State::Active => {
                    let Pull { number, state, .. } = &reading.evidence.pull;
                    let how = if state == "open" { "is not into main" } else { "was closed" };
                    (State::Cancelled, Some(ended(format!("pull request {number} {how}"))))
                }
                _ => (state, None),
            },
        }
    }
}

/// How a request expired. The log has no event for an expiry.
fn ran_out(request: &Request, state: State) -> Option<ClosingView> {
    let (at, why) = match (state, request.state) {
        (State::Expired, State::Approved) => (request.unused_until?, "it was never used"),
        (State::Expired, _) => (request.pending_until, "nobody decided in time"),
        (State::Ended, _) => (request.active_until?, "its time was over"),
        _ => return None,
    };
    Some(ClosingView { at, by: None, why: why.to_owned() })
}

/// The missing conditions for approval: reviews, or objections of the rules that time may remove.
fn lacks(reading: &Reading) -> Vec<MissingView> {
    match &reading.judgement {
        Judgement::Waiting(lacking) => {
            missing(&reading.verified.bench, &reading.request.statement, lacking.clone())
        }
        Judgement::Refused(why) => vec![MissingView { demand: why.clone(), could_help: Vec::new() }],
        Judgement::Approved(_) | Judgement::Denied(_) | Judgement::Changed(_) => Vec::new(),
    }
}

/// Every counted review. Reviews that only GitHub attests have no signature to show.
fn reviews(reading: &Reading) -> Vec<ReviewView> {
    let heard = &reading.verified.heard;
    let signed =
        heard.signed.iter().filter(|review| reading.verified.bench.opinion(review).is_some()).map(|review| {
            ReviewView {
                by: review.by.clone(),
                verdict: review.statement.verdict,
                at: review.at,
                signed: review.signed.clone(),
            }
        });
    let vouched = heard.vouched.iter().map(|opinion| ReviewView {
        by: opinion.by.clone(),
        verdict: opinion.verdict,
        at: heard.times.get(&opinion.by).copied().unwrap_or(reading.verified.asked),
        signed: Signed { statement: String::new(), signature: String::new() },
    });
    let mut all: Vec<ReviewView> = signed.chain(vouched).collect();
    all.sort_by_key(|review| (review.at, review.by.clone()));
    all.dedup_by(|one, other| one.by == other.by && one.verdict == other.verdict);
    all
}

/// The grant that it extends, and when that grant expires without the extension.
fn extends(reading: &Reading) -> Option<ExtendsView> {
    let digest = reading.request.extends()?;
    let until = reading.first.as_ref().and_then(|first| {
        let own = first.extensions.iter().find(|extension| extension.digest == reading.request.digest);
        own.map(|own| own.from).or(first.active_until)
    });
    Some(ExtendsView { id: digest.request_id(), until })
}

fn given(extension: &Extension) -> ExtensionView {
    let id = extension.digest.request_id();
    ExtensionView { id, until: Some(extension.until), signed: extension.signed.clone() }
}

fn denies(opinion: &Opinion, person: &Name) -> bool {
    opinion.by == *person && opinion.verdict == Verdict::Deny
}

/// A hash of the data behind the view, used as the view's version.
fn mark(reading: &Reading, state: State) -> u64 {
    let evidence = &reading.evidence;
    let heard: Vec<String> = evidence
        .reviews
        .iter()
        .map(|review| format!("{} {} {:?}", review.id, review.state, review.commit_id))
        .collect();
    let events = reading.history.as_ref().map_or(0, |history| history.entries.len());
    let text = format!(
        "{state:?} {} {} {} {} {events} {heard:?} {:?}",
        evidence.main,
        evidence.pull.state,
        evidence.pull.base.branch,
        evidence.pull.head.sha,
        reading.judgement
    );
    let digest = Digest::of(text.as_bytes());
    digest.bytes().iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}
