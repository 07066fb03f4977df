//! Notices to a person about their own enrolled keys. Somebody who can sign in as a person could enrol a key in silence, so
//! the person is told.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::courier::deliver;
use super::digest::Held;
use super::digest::Matter;
use super::places::Way;
use super::places::reach;
use super::words::Words;
use crate::audit::Event;
use crate::audit::Evidence;
use crate::audit::Subject;
use crate::audit::matter_of_key;
use crate::broker::shared::Shared;
use crate::broker::store::Notice;
use crate::broker::store::Outcome;
use crate::grant::Name;
use crate::policy::Person;
use crate::policy::Policy;

/// The kind of a notice about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyNews {
    /// A sign-in enrolled it.
    Enrolled,
    /// A signature confirmed it.
    Confirmed,
}

impl KeyNews {
    /// The word in the store and the notice.
    pub fn word(self) -> &'static str {
        match self {
            Self::Enrolled => "key_enrolled",
            Self::Confirmed => "key_confirmed",
        }
    }

    /// Parses the word. `None` for the word of another notice.
    pub(super) fn of(word: &str) -> Option<Self> {
        [Self::Enrolled, Self::Confirmed].into_iter().find(|news| news.word() == word)
    }

    /// The person and the key of an event of this kind. `None` if it is another.
    fn named(self, event: &Event) -> Option<(&Name, &str)> {
        match (self, &event.subject) {
            (Self::Enrolled, Subject::Enrolled { person, key, .. })
            | (Self::Confirmed, Subject::Confirmed { person, key, .. }) => Some((person, key)),
            _ => None,
        }
    }
}

/// The rows to store so that a person is told of a key of theirs.
pub fn notices_of_key(policy: &Policy, person: &Person, news: KeyNews) -> Vec<(&'static str, String)> {
    reach(policy, person).into_iter().map(|place| (news.word(), place.label)).collect()
}

/// Sends the notices of an event about a key, in the background.
pub fn tell_of_key(shared: &Arc<Shared>, fingerprint: &str, event: u64) {
    let (shared, key) = (Arc::clone(shared), matter_of_key(fingerprint));
    tokio::spawn(async move {
        let notices = shared.ledger.store().notices_of(&key).await.unwrap_or_default();
        for notice in notices {
            if notice.event == event && notice.outcome == Outcome::Waiting {
                resume(&shared, notice, None).await;
            }
        }
    });
}

/// Sends a stored notice about a key. Does nothing if the log has no such event.
pub(super) async fn resume(shared: &Arc<Shared>, notice: Notice, tried: Option<oneshot::Sender<()>>) {
    let event = match shared.ledger.event(notice.event).await {
        Ok(Some(event)) => event,
        Ok(None) => return,
        Err(error) => {
            tracing::warn!(%error, event = notice.event, "the event of a notice cannot be read");
            return;
        }
    };
    let held = Held { matter: Matter::Key(Arc::new(event)), notice };
    tokio::spawn(deliver(Arc::clone(shared), held, tried));
}

/// The place that the policy in force names for a notice, and its text from the event in the log.
pub(super) fn prepare(
    shared: &Shared,
    policy: &Policy,
    event: &Event,
    notice: &Notice,
) -> Result<(Way, Words), String> {
    let news = KeyNews::of(&notice.about).ok_or("there is no such kind of notice")?;
    let (person, key) = news
        .named(event)
        .filter(|(_, key)| matter_of_key(key) == notice.matter)
        .ok_or("the log has no such event")?;
    let known = policy.person(person).ok_or("the policy no longer knows the person")?;
    let place = reach(policy, known).into_iter().find(|place| place.label == notice.place);
    let place = place.ok_or("the policy no longer names this place")?;
    Ok((place.way, words(shared, event, person, key)))
}

fn words(shared: &Shared, event: &Event, person: &Name, key: &str) -> Words {
    let (title, mut lines) = match &event.subject {
        Subject::Confirmed { by, with, .. } if by == person => {
            (format!("a key of yours was confirmed, {person}"), vec![format!("with:  your key {with}")])
        }
        Subject::Confirmed { by, .. } => {
            (format!("{by} confirmed a key as yours, {person}"), vec![format!("by:    {by}")])
        }
        Subject::Enrolled { until, evidence, .. } => {
            let at = match evidence {
                Evidence::Token(token) => token.issuer.clone(),
                Evidence::GitHub { login, .. } => format!("GitHub, as {login}"),
            };
            let lasts = until.map_or("until it is dropped".to_owned(), |until| format!("until {until}"));
            (
                format!("a key was enrolled for you, {person}"),
                vec![format!("by:    a sign-in at {at}"), format!("lasts: {lasts}")],
            )
        }
        _ => (format!("a key of yours changed, {person}"), Vec::new()),
    };
    lines.insert(0, format!("key:   {key}"));
    lines.push(format!("when:  {}", event.at));
    lines.push(format!("from:  {}", event.source.as_deref().unwrap_or("an unknown address")));
    let command = format!("jit key drop {key}");
    lines.push("If this was not you, drop the key, and tell your security team:".to_owned());
    lines.push(format!("type: {command}"));
    lines.push(format!("at {}", shared.authority));
    let notice = serde_json::json!({
        "type": if matches!(event.subject, Subject::Confirmed { .. }) { KeyNews::Confirmed.word() } else { KeyNews::Enrolled.word() },
        "broker": shared.authority,
        "person": person,
        "key": key,
        "at": event.at,
        "source": event.source,
        "command": command,
    });
    Words::new(notice, title, lines)
}
