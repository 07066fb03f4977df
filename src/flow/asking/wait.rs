//! Waiting for a decision: a state machine driven by the request's version, so that it never misses an approval that
//! arrives while it starts to watch. It survives dropped connections, sleep and a broker's restart. Ctrl-C leaves the
//! request open.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::authority::AuthorityError;
use crate::flow::Client;
use crate::flow::Connected;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::asking::extend;
use crate::grant::Name;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::span::Span;
use crate::grant::span::local;
use crate::grant::text;
use crate::state::index;

/// How long one long-polling read lasts.
const ROUND: Duration = Duration::from_secs(25);
/// The shortest time between two reads without news.
const BREATH: Duration = Duration::from_secs(1);
/// The longest pause between two retries while the broker is unreachable.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Access begins by itself only if it was approved within this time after the request, in seconds.
pub const AT_ONCE: i64 = 600;

/// Waits until the request is decided. Returns it if it is approved or active, else a failure.
pub async fn decided(
    client: &Client<'_>,
    connected: &Connected,
    standing: Standing,
    limit: Option<Span>,
) -> Result<Standing, Failure> {
    let deadline = limit.map(|limit| limit.after(client.now()));
    let mut standing = standing;
    let waited = standing.view.state == State::Pending;
    let mut trouble = 0;
    while standing.view.state == State::Pending {
        let now = client.now();
        if deadline.is_some_and(|deadline| deadline <= now) {
            client.console().settle();
            return Err(still_waiting(&standing, "no reviewer has decided yet"));
        }
        client.console().progress(&waiting_line(&standing, &client.system.zone));
        let round = deadline.map_or(ROUND, |deadline| round_until(now, deadline));
        let next = connected.authority.changed(&standing.view.id, &standing.view, round);
        let answer = tokio::select! {
            answer = next => answer,
            () = client.system.processes.interrupted() => {
                client.console().settle();
                return Err(still_waiting(&standing, "stopped waiting; the request stays"));
            }
        };
        match answer {
            Ok(Some(view)) => {
                trouble = 0;
                standing = Standing::read(view, connected.authority.as_ref())?;
            }
            Ok(None) => {
                trouble = 0;
                if client.now() < now + BREATH {
                    // An authority that answers at once without news would be asked in a circle.
                    client.system.clock.sleep(BREATH).await;
                }
            }
            Err(error) if may_pass(&error) => {
                trouble += 1;
                client
                    .console()
                    .progress(&format!("{error}; {} is still pending, trying again", standing.view.id));
                tokio::select! {
                    () = client.system.clock.sleep(pause(trouble)) => {}
                    () = client.system.processes.interrupted() => {
                        client.console().settle();
                        return Err(still_waiting(&standing, "stopped waiting; the request stays"));
                    }
                }
            }
            Err(error) => {
                client.console().settle();
                return Err(Failure::from(error).hint(format!(
                    "the request stays; type `jit wait {}` to continue waiting",
                    standing.view.id
                )));
            }
        }
    }
    client.console().settle();
    if waited && client.settings.rings() {
        let state = standing.state_at(client.now()).as_str();
        client.console().ring(&format!("{} is {state}", standing.what()));
    }
    if standing.asked.extends().is_some() {
        extend::settle(client, connected, &standing).await?;
    } else {
        index::put(&client.system.files, &standing.entry())?;
    }
    match standing.state_at(client.now()) {
        State::Approved | State::Active => Ok(standing),
        state => {
            client.sweep()?;
            Err(closed(&standing, state))
        }
    }
}

/// Whether an approved grant should start at once: the approval came soon after the request, and the requester waits
/// for it.
pub fn starts_at_once(standing: &Standing, now: Timestamp) -> bool {
    let soon = now.as_second() - standing.asked.created.as_second() <= AT_ONCE;
    let begun = standing.asked.start.is_none_or(|start| start <= now);
    standing.view.state == State::Active || (soon && begun)
}

fn may_pass(error: &AuthorityError) -> bool {
    error.is_passing()
}

fn pause(trouble: u32) -> Duration {
    Duration::from_secs(1 << trouble.min(5)).min(LONGEST_PAUSE)
}

fn round_until(now: Timestamp, deadline: Timestamp) -> Duration {
    let left = u64::try_from(deadline.as_second() - now.as_second()).unwrap_or(0).max(1);
    ROUND.min(Duration::from_secs(left))
}

/// The line while a request waits. It stands for minutes without a change, so it has the time of the request and not its age.
fn waiting_line(standing: &Standing, zone: &TimeZone) -> String {
    if let Some(why) = &standing.view.ask_again {
        let (role, id) = (&standing.asked.role, &standing.view.id);
        let again = standing.how_to_ask_again();
        return format!("{role} {id} cannot be approved: {}; ask again: {again}", text::sanitise(why));
    }
    let missing: Vec<String> = standing
        .view
        .missing
        .iter()
        .map(|missing| {
            let people: Vec<&str> = missing.could_help.iter().take(4).map(Name::as_str).collect();
            let demand = text::sanitise(&missing.demand);
            if people.is_empty() { demand } else { format!("{demand} ({})", people.join(", ")) }
        })
        .collect();
    let missing = if missing.is_empty() { "a decision".to_owned() } else { missing.join(" and ") };
    let asked = local(standing.asked.created, zone);
    format!("{} {} waits for {missing}; asked at {asked}", standing.asked.role, standing.view.id)
}

fn still_waiting(standing: &Standing, message: &str) -> Failure {
    let mut failure = Failure::new(Kind::Waiting, format!("{}: {message}", standing.asked.role));
    for missing in &standing.view.missing {
        failure = failure.cause(format!("{} is missing", missing.demand));
    }
    failure.hint(format!("type `jit wait {}` to go on waiting, from any terminal", standing.view.id))
}

/// The failure for a user of a request that has ended.
pub fn closed(standing: &Standing, state: State) -> Failure {
    let name = &standing.asked.role;
    let title = standing.what();
    let is_extension = standing.asked.extends().is_some();
    let role = if is_extension { format!("more time for {title}") } else { title.clone() };
    let closing = standing.view.closing.as_ref();
    let by = closing.and_then(|closing| closing.by.as_ref());
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    let message = match state {
        State::Denied => format!("{role} was denied{by}"),
        State::Revoked => format!("{role} was revoked{by}"),
        State::Cancelled => format!("the request for {role} was taken back"),
        State::Expired => format!("the request for {role} expired"),
        _ => format!("the access to {title} has ended"),
    };
    let mut failure = Failure::refused(message);
    let mut said = false;
    for review in standing.view.reviews.iter().filter(|review| review.verdict == Verdict::Deny) {
        // Reads the comment from the signed bytes, not from a label.
        if let Ok(Statement::Review(statement)) = Statement::parse(review.signed.statement.as_bytes())
            && !statement.comment.is_empty()
            && statement.request == standing.digest
        {
            failure = failure.cause(format!("{}: {}", review.by, text::prose(&statement.comment)));
            said = true;
        }
    }
    if let Some(closing) = closing.filter(|closing| !said && !closing.why.is_empty()) {
        failure = match &closing.by {
            Some(by) if state == State::Ended => failure.cause(format!("{by} ended it")),
            _ => failure.cause(text::prose(&closing.why)),
        };
    }
    match state {
        State::Denied | State::Cancelled | State::Expired if is_extension => {
            failure.hint("the access itself lasts as long as before: `jit status` says until when")
        }
        State::Denied => {
            failure.hint("talk to the reviewer before asking again: they will see that it was denied")
        }
        _ => failure.hint(format!("ask again: `jit request {name}`")),
    }
}
