//! Facts such as who is on call, fetched for each decision from the sources that the policy in force names.
//!
//! A fact is false if its source fails, is late, is stale or does not return a list of people. Answers are cached in
//! memory for the fact's `max_age`. Each source has at most one call in progress.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Bench;
use super::inquiry;
use super::inquiry::Said;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::policy::FactFrom;
use crate::policy::FactSource;
use crate::policy::Facts;
use crate::system::System;

/// The pause after a failure of a source, so that callers who waited for the same answer do not ask again at once.
const REST: SignedDuration = SignedDuration::from_secs(5);
/// How far a source's clock may be ahead of this machine's.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);
/// The most cached sources: as many as policies name, including after changes.
const REMEMBERED: usize = 256;

/// A source's last answer.
#[derive(Debug, Clone, Default)]
enum Known {
    #[default]
    Nothing,
    Said(Said),
    Failed {
        why: String,
        at: Timestamp,
    },
}

type Places = HashMap<(String, FactFrom), Arc<tokio::sync::Mutex<Known>>>;

/// The sources, and their cached answers.
#[derive(Default)]
pub struct Sources {
    places: Mutex<Places>,
    /// Whether only open addresses are asked.
    open: bool,
}

/// The facts of one case.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The people for whom each fact is true.
    pub facts: Facts,
    /// The unavailable facts, which are false for everybody.
    missing: BTreeMap<String, String>,
}

impl Gathered {
    /// The unavailable facts, each with the reason.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.missing.iter().map(|(name, why)| (name.as_str(), why.as_str()))
    }

    /// A refusal that also names the unavailable facts, because they may be the cause.
    pub fn explain(&self, why: String) -> String {
        let names: Vec<&str> = self.missing.keys().map(String::as_str).collect();
        match names.as_slice() {
            [] => why,
            [one] => format!("{why} (the fact {one} is not available now, and so counts as false)"),
            several => {
                format!(
                    "{why} (the facts {} are not available now, and so count as false)",
                    several.join(", ")
                )
            }
        }
    }
}

impl Sources {
    /// Sources that ask only open addresses: they run no program, read no file, and send no token.
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// The facts for the role's conditions in either policy, none older than both allow.
    pub async fn gather(
        self: &Arc<Self>,
        system: &System,
        bench: &Bench,
        role: &Name,
        now: Timestamp,
    ) -> Gathered {
        let looked_at = bench.under.facts_of(role).chain(bench.force.facts_of(role));
        let mut ages: BTreeMap<&str, Span> = BTreeMap::new();
        for source in looked_at {
            let age = ages.entry(&source.name).or_insert(source.max_age);
            *age = source.max_age.min(*age);
        }
        let mut gathered = Gathered::default();
        let mut asked = Vec::new();
        for (name, max_age) in ages {
            let source = bench.force.facts().iter().find(|source| source.name == name);
            let Some(source) = source.cloned() else {
                gathered.missing.insert(name.to_owned(), "the policy in force has no such fact".to_owned());
                continue;
            };
            let (sources, system) = (Arc::clone(self), system.clone());
            // A separate task, so that a caller who hangs up does not cancel the call that others wait for.
            let asking = tokio::spawn(async move { sources.ask(&system, &source, max_age).await });
            asked.push((name, max_age, asking));
        }
        for (name, max_age, asking) in asked {
            let said = asking.await.unwrap_or_else(|error| Err(error.to_string()));
            match said.and_then(|said| fresh(said, max_age, now)) {
                Ok(said) => gathered.facts.insert(name, said.people, said.at),
                Err(why) => {
                    gathered.missing.insert(name.to_owned(), why);
                }
            }
        }
        gathered
    }

    /// A source's answer, from the cache if that is recent enough.
    async fn ask(&self, system: &System, source: &FactSource, max_age: Span) -> Result<Said, String> {
        if self.open && !source.is_open() {
            return Err("nothing but open addresses is asked here".to_owned());
        }
        let place = self.place(source);
        // A caller who waits here gets the answer, or the failure, of the previous call.
        let mut known = place.lock().await;
        let now = system.clock.now();
        match &*known {
            Known::Said(said) => {
                if let Ok(said) = fresh(said.clone(), max_age, now) {
                    return Ok(said);
                }
            }
            Known::Failed { why, at } if (SignedDuration::ZERO..REST).contains(&now.duration_since(*at)) => {
                return Err(why.clone());
            }
            Known::Failed { .. } | Known::Nothing => {}
        }
        match inquiry::ask(system, source).await {
            Ok(said) => {
                // Reading a file is cheap, and a person removed from it loses the fact at once.
                let remembers = !matches!(source.from, FactFrom::File(_));
                *known = if remembers { Known::Said(said.clone()) } else { Known::Nothing };
                Ok(said)
            }
            Err(why) => {
                tracing::warn!(fact = %source.name, %why, "a fact is not available, and so is false");
                *known = Known::Failed { why: why.clone(), at: system.clock.now() };
                Err(why)
            }
        }
    }

    fn place(&self, source: &FactSource) -> Arc<tokio::sync::Mutex<Known>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= REMEMBERED {
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        Arc::clone(places.entry((source.name.clone(), source.from.clone())).or_default())
    }
}

/// The answer, unless it is too old or from the future.
fn fresh(said: Said, max_age: Span, now: Timestamp) -> Result<Said, String> {
    let age = now.duration_since(said.at);
    if age < -AHEAD {
        return Err(format!("it is from {}, which has not come yet", said.at));
    }
    if i64::try_from(max_age.seconds()).is_ok_and(|most| age <= SignedDuration::from_secs(most)) {
        Ok(said)
    } else {
        Err(format!("it is from {}, and may be {max_age} old at most", said.at))
    }
}
