//! Approving and denying: the digest is recomputed and the request rendered from the bytes that were signed, beside the
//! role as the policy has it. Labels never come from the requester.

use super::Client;
use super::Connected;
use super::Failure;
use super::Standing;
use super::find;
use super::inbox;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::span::Span;
use crate::grant::span::time_since;
use crate::grant::statement::ReviewStatement;
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
    for line in reviewing.describe(client) {
        client.console().say(&line);
    }
    refuse_early(reviewing, connected, word.verdict)?;
    let verb = match word.verdict {
        Verdict::Approve => "Approve",
        Verdict::Deny => "Deny",
    };
    if !word.confirmed && client.console().is_interactive() {
        let more = if asked.extends().is_some() { "more time of " } else { "" };
        let question = format!("{verb} {more}{} for {}?", asked.role, asked.header.who);
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
        scope: None,
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
fn refuse_early(reviewing: &Reviewing, connected: &Connected, verdict: Verdict) -> Result<(), Failure> {
    let standing = &reviewing.standing;
    let asked = &standing.asked;
    if asked.header.who == connected.person {
        return Err(Failure::refused("nobody reviews their own request"));
    }
    if verdict == Verdict::Approve && asked.target != reviewing.role.target {
        return Err(Failure::refused(format!("{} opens something else by now", asked.role))
            .cause(format!("asked for: {}; the policy says: {}", asked.target, reviewing.role.target))
            .hint("the requester has to ask again"));
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

impl Reviewing {
    /// The rule of the way that the request takes, in the policy's words.
    fn rule(&self) -> &str {
        let extend = self.role.extend.as_ref().filter(|_| self.standing.asked.extends().is_some());
        extend.map_or(&self.role.approval, |extend| &extend.approval)
    }

    /// The request in lines, for the person who is about to decide.
    pub fn describe(&self, client: &Client<'_>) -> Vec<String> {
        let asked = &self.standing.asked;
        let now = client.now();
        let more = if asked.extends().is_some() { "more time for " } else { "" };
        let mut lines = vec![
            format!(
                "{} asks for {more}{}  (request {})",
                asked.header.who, asked.role, self.standing.view.id
            ),
            format!("  opens     {}", asked.target.describe()),
        ];
        if !self.role.description.is_empty() {
            lines.push(format!("  role      {}", text::sanitise(&self.role.description)));
        }
        let more = if asked.extends().is_some() { " more" } else { "" };
        lines.push(format!("  for       {}{more} (at most {})", asked.duration, self.role.max_duration));
        if let Some(line) = self.standing.more_time() {
            lines.push(format!("  extends   {line}"));
        }
        if let Some(start) = asked.start {
            lines.push(format!("  from      {start}"));
        }
        let reason =
            if asked.reason.is_empty() { "(none given)".to_owned() } else { text::sanitise(&asked.reason) };
        lines.push(format!("  reason    {reason}"));
        lines.push(format!("  approval  {}", text::sanitise(self.rule())));
        let since = time_since(asked.created, now);
        lines.push(format!("  asked     {since}, signed by {}", self.standing.signer.fingerprint));
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
