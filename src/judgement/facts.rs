//! Facts such as who is on call, fetched from the sources that the policy in force names when something is decided.
//!
//! A source that fails, is late, is stale or says something else than a list of people makes its fact false, never true.
//! What was said is remembered in memory for the fact's `max_age`; one question a source is on its way at a time.

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

/// How long a source that failed is left alone: whoever waited for the same question does not ask it again at once.
const REST: SignedDuration = SignedDuration::from_secs(5);
/// How far a source's clock may run ahead of this machine's.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);
/// How many sources are remembered: as many as policies name, also after changes.
const REMEMBERED: usize = 256;

/// What a source said last.
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

/// The sources, and what they said.
#[derive(Default)]
pub struct Sources {
    places: Mutex<Places>,
    /// Whether open addresses alone are asked.
    open: bool,
}

/// The facts of one case.
#[derive(Debug, Default)]
pub struct Gathered {
    /// What is known to be true of whom.
    pub facts: Facts,
    /// The facts that are not to be had, and so are false of everybody.
    missing: BTreeMap<String, String>,
}

impl Gathered {
    /// The facts that are not to be had, each with the reason.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.missing.iter().map(|(name, why)| (name.as_str(), why.as_str()))
    }

    /// A refusal that also says which facts were not to be had: they may be why.
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
    /// Sources of which only open addresses are asked: no program is run, no file read, no token shown.
    pub fn open() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// The facts that the role's conditions look at in either policy, none older than both allow.
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
            // A task of its own: whoever hangs up does not break off what others wait for.
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

    /// What a source says, from memory if that is young enough.
    async fn ask(&self, system: &System, source: &FactSource, max_age: Span) -> Result<Said, String> {
        if self.open && !source.is_open() {
            return Err("nothing but open addresses is asked here".to_owned());
        }
        let place = self.place(source);
        // Whoever waits here finds the answer, or the failure, of the one before.
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
                // Reading a file costs nothing, and whoever was taken out of it is out at once.
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

/// What was said, unless it is too old by now, or from a time that has not come.
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
