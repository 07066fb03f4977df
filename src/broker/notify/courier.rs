//! Brings notices to their places: up to three tries each, alone or joined with others.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::about::About;
use super::command;
use super::digest::Held;
use super::digest::Matter;
use super::digest::TOGETHER;
use super::digest::Turn;
use super::digest::WINDOW;
use super::keys;
use super::mail;
use super::places::Way;
use super::places::recipients;
use super::slack;
use super::teams;
use super::webhook;
use super::words;
use super::words::Words;
use crate::broker::shared::Shared;
use crate::broker::store::Outcome;
use crate::grant::Digest;

/// The pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];

/// One delivery to a place.
enum Parcel {
    /// One notice. Its place and text are looked up at each try.
    One(Held),
    /// Several notices as one text.
    Digest(Way, Words, Vec<Held>),
}

/// Sends one notice, alone or with others that wait for the same place. `tried` completes after its first try, or when
/// it waits.
pub(super) async fn deliver(shared: Arc<Shared>, held: Held, tried: Option<oneshot::Sender<()>>) {
    let held = match prepare(&shared, &held) {
        Ok(Prepared { way, is_urgent: false, .. }) if way.is_read_by_people() => {
            let now = shared.system.clock.now();
            let turn = shared.outbox.lanes().enter(&way, held, now);
            match turn {
                Turn::Alone(held) => held,
                Turn::Waits => return,
                Turn::First => return send_joined(&shared, &way, tried).await,
            }
        }
        _ => held,
    };
    insist(&shared, Parcel::One(held), tried).await;
}

/// Waits until the window is over, and sends all that wait for the place then.
async fn send_joined(shared: &Arc<Shared>, way: &Way, tried: Option<oneshot::Sender<()>>) {
    drop(tried);
    let mut closing = shared.closing.subscribe();
    tokio::select! {
        () = shared.system.clock.sleep(WINDOW) => {}
        // The database stores them, so the next start sends them.
        _ = closing.wait_for(|closing| *closing) => return,
    }
    let now = shared.system.clock.now();
    let waiting = shared.outbox.lanes().take(way, now);
    let mut joined: Vec<(Held, Words)> = Vec::new();
    let mut alone = Vec::new();
    for held in waiting {
        match prepare(shared, &held) {
            Ok(ready) if ready.way == *way => joined.push((held, ready.words)),
            // The policy changed meanwhile, or the notice is out of date.
            _ => alone.push(held),
        }
    }
    while !joined.is_empty() {
        let rest = joined.split_off(TOGETHER.min(joined.len()));
        let (held, words): (Vec<Held>, Vec<Words>) = joined.into_iter().unzip();
        joined = rest;
        if held.len() == 1 {
            alone.extend(held);
        } else {
            let parcel = Parcel::Digest(way.clone(), Words::joined(&shared.authority, &words), held);
            tokio::spawn(insist_alone(Arc::clone(shared), parcel));
        }
    }
    for held in alone {
        tokio::spawn(insist_alone(Arc::clone(shared), Parcel::One(held)));
    }
}

async fn insist_alone(shared: Arc<Shared>, parcel: Parcel) {
    insist(&shared, parcel, None).await;
}

/// Tries up to three times, and records each outcome.
async fn insist(shared: &Shared, mut parcel: Parcel, mut tried: Option<oneshot::Sender<()>>) {
    let mut closing = shared.closing.subscribe();
    for pause in PAUSES.into_iter().map(Some).chain([None]) {
        let outcome = {
            let Ok(_permit) = shared.couriers.acquire().await else { return };
            try_once(shared, &parcel).await
        };
        let problem = outcome.err();
        let outcome = match (&problem, pause) {
            (None, _) => Outcome::Delivered,
            (Some(_), Some(_)) => Outcome::Waiting,
            (Some(_), None) => Outcome::Failed,
        };
        let members = match &mut parcel {
            Parcel::One(held) => std::slice::from_mut(held),
            Parcel::Digest(_, _, held) => held.as_mut_slice(),
        };
        let word = match outcome {
            Outcome::Delivered => "delivered",
            Outcome::Waiting => "retried",
            Outcome::Failed => "failed",
        };
        let mut settled = Vec::with_capacity(members.len());
        for Held { notice, .. } in members {
            (notice.outcome, notice.problem) = (outcome, problem.clone());
            if let Some(problem) = &problem {
                let (place, matter) = (&notice.place, notice.matter.request_id());
                tracing::warn!(%place, about = %notice.about, %matter, %problem, "a notice failed");
            }
            shared.metrics.noticed(word);
            settled.push(notice.clone());
        }
        if let Err(error) = shared.ledger.store().settle(&settled).await {
            tracing::warn!(%error, "the outcome of notices could not be written");
        }
        if let Some(tried) = tried.take() {
            let _ = tried.send(());
        }
        let Some(pause) = pause.filter(|_| outcome == Outcome::Waiting) else { return };
        tokio::select! {
            () = shared.system.clock.sleep(pause) => {}
            _ = closing.wait_for(|closing| *closing) => return,
        }
    }
}

/// A notice that can be sent.
struct Prepared {
    way: Way,
    words: Words,
    /// Whether it is sent at once even in a flood.
    is_urgent: bool,
}

/// The place that the policy in force names for a notice, and its text from the log.
fn prepare(shared: &Shared, held: &Held) -> Result<Prepared, String> {
    let Held { matter, notice } = held;
    let policy = shared.in_force().policy;
    let request = match matter {
        Matter::Request(request) => request,
        Matter::Key(event) => {
            let (way, words) = keys::prepare(shared, &policy, event, notice)?;
            return Ok(Prepared { way, words, is_urgent: true });
        }
    };
    let about = About::of(&notice.about, request, &policy, shared.now())?;
    let places = recipients(&policy, &request.statement.role, request.requester(), about);
    let place = places.into_iter().find(|place| place.label == notice.place);
    let place = place.ok_or("the policy no longer names this place")?;
    let words = words::of(shared, &policy, request, about);
    Ok(Prepared { way: place.way, words, is_urgent: about.is_urgent() })
}

async fn try_once(shared: &Shared, parcel: &Parcel) -> Result<(), String> {
    let (way, words, mark) = match parcel {
        Parcel::One(held) => {
            let Prepared { way, words, .. } = prepare(shared, held)?;
            if let Way::Webhook(webhook) = &way {
                return webhook::post(shared, webhook, &held.notice, words.json()).await;
            }
            (way, words, format!("{}.{}", held.notice.matter.request_id(), held.notice.event))
        }
        Parcel::Digest(way, words, held) => {
            let members: Vec<String> =
                held.iter().map(|held| format!("{}.{}", held.notice.matter, held.notice.event)).collect();
            let digest = Digest::of(members.join("\n").as_bytes()).request_id();
            (way.clone(), words.clone(), format!("digest.{digest}"))
        }
    };
    match way {
        Way::Slack(source) => slack::post(shared, &source, &words).await,
        Way::Member(token, member) => slack::post_to_member(shared, &token, &member, &words).await,
        Way::Teams(source) => teams::post(shared, &source, &words).await,
        Way::Command(command) => command::run(shared, &command, &words.json()).await,
        Way::Mail(mail) => mail::send(shared, &mail, &mark, &words).await,
        Way::Webhook(_) => Err("webhooks get no digests".to_owned()),
    }
}
