//! Approving and denying. The digest is recomputed, and the request is shown from the signed bytes, beside the policy's
//! role. Labels never come from the requester.

mod said;
mod shown;

use jiff::Timestamp;

use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Standing;
use crate::flow::asking::planned;
use crate::flow::asking::reasons;
use crate::flow::asking::scopes::Piece;
use crate::flow::reviewing::inbox;
use crate::flow::session::pick;
use crate::flow::session::pick::Typed;
use crate::flow::session::sure;
use crate::flow::session::sure::Proof;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::span::Span;
use crate::grant::span::time_since;
use crate::grant::statement::ReviewStatement;
use crate::grant::text;
use crate::protocol::RoleView;
use crate::state::index;
use crate::terraform::Summary;

/// A request as its reviewer sees it.
#[derive(Debug, Clone)]
pub struct Reviewing {
    /// The request, read from its bytes.
    pub standing: Standing,
    /// The role in the policy in force.
    pub role: RoleView,
    /// The plan of the request's command, from a file that the reviewer named. `None` if there is no plan, or no file.
    pub plan: Option<Summary>,
}

/// A reviewer's verdict.
#[derive(Debug, Clone)]
pub struct Word {
    /// Approve or deny.
    pub verdict: Verdict,
    /// The reviewer's comment. A denial without one asks for it.
    pub comment: Option<String>,
    /// The longest duration that the review allows.
    pub duration: Option<Span>,
    /// The scope to which the review narrows the request.
    pub scope: Option<Name>,
    /// Whether to skip the confirmation.
    pub confirmed: bool,
}

/// The result of a review.
#[derive(Debug, Clone)]
pub struct Given {
    /// The request after the review.
    pub standing: Standing,
    /// The reviewed role, scope, person and duration: `shop-prod.admin/orders-read for ana, 30m (asked 1h)`.
    pub of: String,
    /// The longest that the review allows.
    pub lasts: Span,
    /// Why nothing was signed. `None` if the review was signed.
    pub idle: Option<String>,
}

/// Opens the request to review: the one of this id, the only one of this role, or the only one that the viewer may
/// decide.
pub async fn open(
    client: &Client<'_>,
    connected: &Connected,
    typed: Typed<'_>,
) -> Result<Reviewing, Failure> {
    let standing = pick::to_review(client, connected, typed).await?;
    let role = connected.authority.role(&standing.asked.role).await?;
    Ok(Reviewing { standing, role, plan: None })
}

/// Shows the request, asks once, signs and sends the review.
pub async fn give(
    client: &Client<'_>,
    connected: &Connected,
    reviewing: &Reviewing,
    word: &Word,
) -> Result<Given, Failure> {
    let standing = &reviewing.standing;
    if let Some(idle) = reviewing.idle(connected, word, client.now())? {
        return Ok(Given {
            standing: standing.clone(),
            of: reviewing.of(word),
            lasts: reviewing.lasts(word),
            idle: Some(idle),
        });
    }
    for line in reviewing.describe(client).into_iter().chain(reviewing.narrowed(word)) {
        client.console().say(&line);
    }
    refuse_early(reviewing, connected, word)?;
    let comment = comment(client, word)?;
    confirm(client, reviewing, word)?;
    let statement = Statement::Review(ReviewStatement {
        header: client.header(connected),
        request: standing.digest,
        verdict: word.verdict,
        comment,
        duration: word.duration,
        scope: word.scope.clone(),
    });
    let signed = client.sign(connected, &statement)?;
    let view = connected
        .authority
        .review(&standing.view.id, &signed)
        .await
        .map_err(|error| Failure::from(error).because("your review was rejected"))?;
    inbox::say_unwritten(client, index::forget_review(&client.system.files, &standing.view.id));
    let reviewed = Standing::read(view, connected.authority.as_ref())?;
    if reviewed.digest == standing.digest {
        Ok(Given { standing: reviewed, of: reviewing.of(word), lasts: reviewing.lasts(word), idle: None })
    } else {
        Err(Failure::failed("the broker answered with another request than the one that was reviewed"))
    }
}

/// The reviewer's comment. A denial requires one.
fn comment(client: &Client<'_>, word: &Word) -> Result<String, Failure> {
    if word.verdict == Verdict::Approve {
        let comment = text::normalize(word.comment.as_deref().unwrap_or_default());
        return match text::check_new(&comment) {
            Ok(()) => Ok(comment),
            Err(error) => Err(Failure::usage(error.to_string()).hint("write another comment")),
        };
    }
    reasons::said(
        client,
        word.comment.clone(),
        "Reason, which the requester reads",
        "a denial needs a reason",
    )
}

/// Asks whether to go on. An approval needs an answer on a terminal, or the flag that skips the question.
fn confirm(client: &Client<'_>, reviewing: &Reviewing, word: &Word) -> Result<(), Failure> {
    if word.confirmed {
        return Ok(());
    }
    let id = &reviewing.standing.view.id;
    if !client.console().is_interactive() {
        return match word.verdict {
            Verdict::Deny => Ok(()),
            Verdict::Approve => {
                Err(Failure::usage("approving asks first, and there is no terminal to ask on")
                    .hint(format!("when you have read it, type `jit approve {id} -y`")))
            }
        };
    }
    let question = reviewing.question(word);
    let proof = match word.verdict {
        Verdict::Approve if reviewing.is_production() => Proof::Id(id),
        _ => Proof::Yes,
    };
    // An approval needs a typed yes. For a denial, the safe choice, Enter is enough.
    if sure::ask(client, &question, word.verdict == Verdict::Deny, proof)? {
        Ok(())
    } else {
        Err(Failure::failed("no review was given"))
    }
}

/// Refuses, before anything is signed, a review that the authority would refuse.
fn refuse_early(reviewing: &Reviewing, connected: &Connected, word: &Word) -> Result<(), Failure> {
    let verdict = word.verdict;
    let standing = &reviewing.standing;
    let asked = &standing.asked;
    if asked.header.who == connected.person {
        return Err(Failure::refused("nobody reviews their own request")
            .hint(format!("somebody else must; `jit end {}` takes it back", standing.view.id)));
    }
    if standing.is_emergency() {
        return after_the_fact(standing);
    }
    if verdict == Verdict::Approve && asked.target != reviewing.role.target {
        return Err(Failure::refused(format!("{} opens something else by now", asked.role))
            .cause(format!("asked for: {}; the policy says: {}", asked.target, reviewing.role.target))
            .hint("the requester has to ask again"));
    }
    if verdict == Verdict::Approve {
        refuse_dead(standing)?;
        refuse_wider(reviewing, word)?;
    }
    if standing.view.state.is_terminal() {
        let closing = standing.view.closing.as_ref();
        let by = closing.and_then(|closing| closing.by.as_ref());
        let by = by.map_or_else(String::new, |by| format!(" by {by}"));
        return Err(Failure::refused(format!(
            "request {} was {}{by} already",
            standing.view.id,
            standing.view.state.as_str()
        )));
    }
    Ok(())
}

/// Refuses an approval that a later policy made impossible for this reviewer, because the authority would refuse it.
fn refuse_dead(standing: &Standing) -> Result<(), Failure> {
    let view = &standing.view;
    let Some(why) = &view.why_not else { return Ok(()) };
    let again = standing.how_to_ask_again();
    Err(Failure::refused(format!("you cannot approve request {} as it is", view.id))
        .cause(text::sanitise(why))
        .hint(format!("{} must ask again: {again}", standing.asked.header.who)))
}

/// Refuses a review that allows more than the request, or a request that no longer matches the policy.
fn refuse_wider(reviewing: &Reviewing, word: &Word) -> Result<(), Failure> {
    let asked = &reviewing.standing.asked;
    if let Some(allowed) = word.duration.filter(|allowed| *allowed > asked.duration) {
        return Err(Failure::usage(format!("{allowed} is more than the requested {}", asked.duration))
            .hint("leave `--for` out, or name less"));
    }
    let shortest = asked.target.shortest_grant().filter(|_| asked.extends().is_none());
    if let (Some(allowed), Some(shortest)) = (word.duration, shortest)
        && allowed < shortest
    {
        return Err(Failure::usage(format!("{allowed} is too short for {}", asked.role))
            .cause(format!("its credentials can live for {shortest}, and nobody ends them before"))
            .hint(format!("allow at least {shortest}, or deny it")));
    }
    if let Some(scope) = &asked.scope {
        Piece::signed(&reviewing.role, scope)?;
    }
    match (&word.scope, &asked.scope) {
        (Some(allowed), Some(asked)) if *allowed != asked.name => {
            Err(Failure::usage(format!("the request is for the scope {} already", asked.name))
                .hint("leave `--scope` out"))
        }
        (Some(allowed), _) => Piece::of(&reviewing.role, allowed).map(|_| ()),
        (None, _) => Ok(()),
    }
}

/// Refuses a second review of break-glass access. Whether the access has ended does not matter.
fn after_the_fact(standing: &Standing) -> Result<(), Failure> {
    match &standing.view.acknowledged {
        None => Ok(()),
        Some(review) => {
            Err(Failure::refused(format!("{} has reviewed {} already", review.by, standing.view.id)))
        }
    }
}

impl Reviewing {
    /// The same, with the plan in this file.
    ///
    /// # Errors
    /// It is not the plan that the requester signed, or cannot be shown.
    pub fn with_plan(self, client: &Client<'_>, path: Option<&str>) -> Result<Self, Failure> {
        let plan = path.map(|path| planned::signed(client, &self.standing, path)).transpose()?;
        Ok(Self { plan, ..self })
    }

    /// Whether the policy or the signed names indicate production.
    fn is_production(&self) -> bool {
        self.role.production || self.standing.looks_like_production()
    }

    /// The longest that the review allows.
    fn lasts(&self, word: &Word) -> Span {
        let asked = self.standing.asked.duration;
        word.duration.filter(|_| word.verdict == Verdict::Approve).map_or(asked, |allowed| allowed.min(asked))
    }

    /// The subject of the review, with everything that the review signs.
    fn of(&self, word: &Word) -> String {
        let duration = word.duration.filter(|_| word.verdict == Verdict::Approve);
        self.standing.asked.approved_as(duration, word.scope.as_ref())
    }

    /// The question, which says what is about to be signed.
    fn question(&self, word: &Word) -> String {
        let (who, what) = (&self.standing.asked.header.who, self.standing.what());
        match (self.standing.is_emergency(), word.verdict) {
            (true, Verdict::Approve) => format!("Was {who}'s emergency access to {what} justified?"),
            (true, Verdict::Deny) => {
                format!("Was {who}'s emergency access to {what} not justified, and must it end?")
            }
            (false, Verdict::Approve) => format!("Approve {}?", self.of(word)),
            (false, Verdict::Deny) => format!("Deny {}?", self.of(word)),
        }
    }

    /// Why there is nothing to sign: the request is approved, or the viewer has given the same review. `None` if there
    /// is something to sign.
    ///
    /// # Errors
    /// The review would narrow an approved request.
    fn idle(&self, connected: &Connected, word: &Word, now: Timestamp) -> Result<Option<String>, Failure> {
        let standing = &self.standing;
        if word.verdict == Verdict::Deny
            || standing.is_emergency()
            || standing.asked.header.who == connected.person
        {
            return Ok(None);
        }
        let heard = standing.heard();
        if matches!(standing.state_at(now), State::Approved | State::Active) {
            let yes =
                heard.iter().filter(|heard| heard.verdict == Verdict::Approve).map(|heard| heard.at).max();
            let since = yes.map_or_else(String::new, |at| format!(" {}", time_since(at, now)));
            let people: Vec<&str> = standing.view.approved_by.iter().map(Name::as_str).collect();
            let approved = if people.is_empty() {
                "approved without a review".to_owned()
            } else {
                format!("approved by {}{since}", people.join(" and "))
            };
            let narrows =
                word.scope.as_ref().is_some_and(|scope| {
                    standing.asked.scope.as_ref().is_none_or(|asked| asked.name != *scope)
                }) || standing
                    .view
                    .approved_duration
                    .is_some_and(|approved| word.duration.is_some_and(|allowed| allowed < approved));
            if narrows {
                return Err(Failure::refused(format!("{approved}: a review cannot narrow it any more"))
                    .hint(format!("take it away instead: `jit revoke {} --reason TEXT`", standing.view.id)));
            }
            return Ok(Some(format!("{approved}: nothing to do")));
        }
        // If a stronger signature would help, a repeated review is a new one.
        let could_help =
            standing.view.missing.iter().any(|missing| missing.could_help.contains(&connected.person));
        let own = heard.iter().find(|heard| heard.by == connected.person);
        let same = own.filter(|own| {
            own.verdict == Verdict::Approve
                && own.duration == word.duration
                && own.scope == word.scope
                && word.comment.as_deref().unwrap_or_default().is_empty()
        });
        Ok(same.filter(|_| standing.view.state == State::Pending && !could_help).map(|own| {
            let missing: Vec<String> =
                standing.view.missing.iter().map(|missing| text::sanitise(&missing.demand)).collect();
            let missing = if missing.is_empty() {
                String::new()
            } else {
                format!("; it waits for {}", missing.join(" and "))
            };
            format!("you approved it {}: nothing to do{missing}", time_since(own.at, now))
        }))
    }
}
