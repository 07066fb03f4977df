//! Approving and denying: the digest is recomputed and the request rendered from the bytes that were signed, beside the
//! role as the policy has it. Labels never come from the requester.

use jiff::Timestamp;

use super::Client;
use super::Connected;
use super::Failure;
use super::Standing;
use super::find;
use super::inbox;
use super::scopes::Piece;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::span::Span;
use crate::grant::span::time_left;
use crate::grant::span::time_since;
use crate::grant::statement::ReviewStatement;
use crate::grant::statement::Way;
use crate::grant::text;
use crate::prompt::index;
use crate::protocol::RoleView;

/// A request as its reviewer sees it.
#[derive(Debug, Clone)]
pub struct Reviewing {
    /// The request, read from its bytes.
    pub standing: Standing,
    /// The role, as the policy in force has it.
    pub role: RoleView,
}

/// A reviewer's word.
#[derive(Debug, Clone)]
pub struct Word {
    /// Yes or no.
    pub verdict: Verdict,
    /// What the reviewer says.
    pub comment: String,
    /// "For at most this long."
    pub duration: Option<Span>,
    /// "For no more than this scope."
    pub scope: Option<Name>,
    /// Whether the question is skipped.
    pub confirmed: bool,
}

/// Opens the request of this id, or the oldest that the viewer may decide.
pub async fn open(
    client: &Client<'_>,
    connected: &Connected,
    id: Option<&str>,
) -> Result<Reviewing, Failure> {
    let standing = match id {
        Some(id) => find::for_acting(connected, id).await?,
        None => inbox::inbox(client, connected)
            .await?
            .into_iter()
            .find(|standing| standing.view.may_review)
            .ok_or_else(|| Failure::failed("nothing waits for your review"))?,
    };
    let role = connected.authority.role(&standing.asked.role).await?;
    Ok(Reviewing { standing, role })
}

/// Shows the request, asks once, signs and sends the review.
pub async fn give(
    client: &Client<'_>,
    connected: &Connected,
    reviewing: &Reviewing,
    word: &Word,
) -> Result<Standing, Failure> {
    let standing = &reviewing.standing;
    let asked = &standing.asked;
    for line in reviewing.describe(client).into_iter().chain(reviewing.narrowed(word)) {
        client.console().say(&line);
    }
    refuse_early(reviewing, connected, word)?;
    let verb = match word.verdict {
        Verdict::Approve => "Approve",
        Verdict::Deny => "Deny",
    };
    if !word.confirmed && client.console().is_interactive() {
        let more = if asked.extends().is_some() { "more time of " } else { "" };
        let question = if standing.is_emergency() {
            let found = if word.verdict == Verdict::Approve { "right" } else { "wrong" };
            format!("Say that it was {found} of {} to take {}?", asked.header.who, asked.role)
        } else {
            format!("{verb} {more}{} for {}?", asked.role, asked.header.who)
        };
        // Agreeing takes a typed yes; saying no is the safe way.
        if !client.console().confirm(&question, word.verdict == Verdict::Deny)? {
            return Err(Failure::failed("no review was given"));
        }
    }
    let comment = text::normalize(&word.comment);
    text::check(&comment).map_err(|error| Failure::usage(error.to_string()).hint("write another comment"))?;
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
        .map_err(|error| Failure::from(error).because("the review was not taken"))?;
    inbox::say_unwritten(client, index::forget_review(&client.system.files, &standing.view.id));
    let reviewed = Standing::read(view, connected.authority.as_ref())?;
    if reviewed.digest == standing.digest {
        Ok(reviewed)
    } else {
        Err(Failure::failed("the broker answered with another request than the one that was reviewed"))
    }
}

/// What the authority would refuse anyway, said before anything is signed.
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
        return Err(Failure::refused(format!(
            "request {} is {} already",
            standing.view.id,
            standing.view.state.as_str()
        )));
    }
    Ok(())
}

/// What a later policy made impossible: the authority would refuse the approval, or it would never be enough.
fn refuse_dead(standing: &Standing) -> Result<(), Failure> {
    let view = &standing.view;
    let Some(why) = view.why_not.as_ref().or(view.ask_again.as_ref()) else { return Ok(()) };
    let again = standing.how_to_ask_again();
    Err(Failure::refused(format!("request {} cannot be approved by you as it stands", view.id))
        .cause(text::sanitise(why))
        .hint(format!("{} must ask again: {again}", standing.asked.header.who)))
}

/// A ceiling only lowers, and what was asked for must still be what the policy says.
fn refuse_wider(reviewing: &Reviewing, word: &Word) -> Result<(), Failure> {
    let asked = &reviewing.standing.asked;
    if let Some(allowed) = word.duration.filter(|allowed| *allowed > asked.duration) {
        return Err(Failure::usage(format!(
            "{allowed} is more than the {} that was asked for",
            asked.duration
        ))
        .hint("leave `--for` out, or name less"));
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

/// An emergency is reviewed once, be it over or not.
fn after_the_fact(standing: &Standing) -> Result<(), Failure> {
    match &standing.view.acknowledged {
        None => Ok(()),
        Some(review) => {
            Err(Failure::refused(format!("{} has reviewed {} already", review.by, standing.view.id)))
        }
    }
}

impl Reviewing {
    /// The scope that is asked for, or why it cannot be shown, in lines.
    fn scope(&self) -> Vec<String> {
        let Some(asked) = &self.standing.asked.scope else { return Vec::new() };
        let piece = match Piece::signed(&self.role, asked) {
            Ok(piece) => piece,
            Err(failure) => return vec![format!("  scope     {}: {failure}", asked.name)],
        };
        let allows = piece.lines().into_iter().map(|line| format!("  allows    {line}"));
        std::iter::once(format!("  scope     {}", piece.title())).chain(allows).collect()
    }

    /// The scope to which the reviewer is about to narrow the request, in lines.
    fn narrowed(&self, word: &Word) -> Vec<String> {
        let Some(name) = word.scope.as_ref().filter(|_| self.standing.asked.scope.is_none()) else {
            return Vec::new();
        };
        let Ok(piece) = Piece::of(&self.role, name) else { return Vec::new() };
        let allows = piece.lines().into_iter().map(|line| format!("  allows    {line}"));
        std::iter::once(format!("  narrowed  {}", piece.title())).chain(allows).collect()
    }

    /// What has become of an emergency.
    fn so_far(&self, now: Timestamp) -> String {
        let state = self.standing.state_at(now);
        let left = |until: Timestamp| format!("{}, {} left", state.as_str(), time_left(now, until));
        match (state, &self.standing.view) {
            (State::Active, view) => view.active_until.map_or_else(|| state.as_str().to_owned(), left),
            (State::Approved, view) => view.unused_until.map_or_else(|| state.as_str().to_owned(), left),
            _ => state.as_str().to_owned(),
        }
    }

    /// The rule of the way that the request takes, in the policy's words.
    fn rule<'a>(&'a self, piece: Option<&'a Piece>) -> &'a str {
        let extend = self.role.extend.as_ref().filter(|_| self.standing.asked.extends().is_some());
        match (extend, piece) {
            (Some(extend), _) => &extend.approval,
            (None, Some(piece)) => &piece.view.approval,
            (None, None) => &self.role.approval,
        }
    }

    /// The request in lines, for the person who is about to decide.
    pub fn describe(&self, client: &Client<'_>) -> Vec<String> {
        let asked = &self.standing.asked;
        let now = client.now();
        let emergency = self.standing.is_emergency();
        let verb = match asked.way {
            Way::Request => "asks for",
            Way::Extend(_) => "asks for more time for",
            Way::BreakGlass => "broke the glass for",
        };
        let mut lines = vec![
            format!("{} {verb} {}  (request {})", asked.header.who, asked.role, self.standing.view.id),
            format!("  opens     {}", asked.target.describe()),
        ];
        if !self.role.description.is_empty() {
            lines.push(format!("  role      {}", text::sanitise(&self.role.description)));
        }
        lines.extend(self.scope());
        let found = asked.scope.as_ref().and_then(|scope| Piece::signed(&self.role, scope).ok());
        let longest = found.as_ref().map_or(self.role.max_duration, |piece| piece.view.max_duration);
        let more = if asked.extends().is_some() { " more" } else { "" };
        if emergency {
            lines.push(format!("  for       {}", asked.duration));
            lines.push(format!("  now       {}", self.so_far(now)));
        } else {
            lines.push(format!("  for       {}{more} (at most {longest})", asked.duration));
        }
        if let Some(line) = self.standing.more_time() {
            lines.push(format!("  extends   {line}"));
        }
        if let Some(start) = asked.start {
            lines.push(format!("  from      {start}"));
        }
        let reason =
            if asked.reason.is_empty() { "(none given)".to_owned() } else { text::sanitise(&asked.reason) };
        lines.push(format!("  reason    {reason}"));
        lines.push(if emergency {
            "  approval  nobody was asked; a yes says that it was right, a no ends what is left of it"
                .to_owned()
        } else {
            format!("  approval  {}", text::sanitise(self.rule(found.as_ref())))
        });
        if asked.agent {
            lines.push("  agent     a coding agent asks, by its own word".to_owned());
        }
        let since = time_since(asked.created, now);
        if let Some(run) = &asked.workload {
            lines.push(format!("  run       {}", run.describe()));
        }
        lines.push(match &self.standing.signer {
            Some(signer) => format!("  asked     {since}, signed by {}", signer.fingerprint),
            None => format!("  asked     {since}, proven by its run's own token"),
        });
        lines.push(format!("  digest    {}", self.standing.digest));
        if let Some(denied) = &self.standing.view.denied_before {
            let by = denied.by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            lines.push(format!(
                "  beware    an equal request was denied{by} {}: {}",
                time_since(denied.at, now),
                text::sanitise(&denied.why)
            ));
        }
        if self.role.policy != asked.policy {
            lines
                .push("  note      the policy has changed since it was asked; both must allow it".to_owned());
        }
        lines
    }
}
