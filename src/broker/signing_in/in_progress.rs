//! Sign-ins in progress: a limited number in all and of each address, each for a limited time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;

use crate::grant::Digest;

/// The most sign-ins in progress.
const MAX: usize = 1_024;

/// Too many sign-ins are in progress, in all or of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// A sign-in with the address that started it. `None` for an unknown address.
struct Started<T> {
    by: Option<IpAddr>,
    ends: Timestamp,
    flow: T,
}

/// The sign-ins in progress, by the SHA-256 of their secret names.
pub struct InProgress<T> {
    most_of_address: usize,
    flows: Mutex<HashMap<Digest, Started<T>>>,
}

impl<T: Clone> InProgress<T> {
    /// Begins empty. One address may have at most this many, so that one caller cannot use up all places.
    pub fn new(most_of_address: usize) -> Self {
        Self { most_of_address, flows: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Digest, Started<T>>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(
        &self,
        held: &mut HashMap<Digest, Started<T>>,
        by: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), Full> {
        held.retain(|_, started| started.ends > now);
        let own = held.values().filter(|started| by.is_some() && started.by == by).count();
        if held.len() >= MAX || own >= self.most_of_address { Err(Full) } else { Ok(()) }
    }

    /// Forgets expired sign-ins, and checks that there is room for one more.
    ///
    /// # Errors
    /// There is no room.
    pub fn check_room(&self, by: Option<IpAddr>, now: Timestamp) -> Result<(), Full> {
        self.check(&mut self.held(), by, now)
    }

    /// Adds a sign-in under its secret name.
    ///
    /// # Errors
    /// There is no room.
    pub fn add(
        &self,
        handle: &str,
        (by, ends): (Option<IpAddr>, Timestamp),
        flow: T,
        now: Timestamp,
    ) -> Result<(), Full> {
        let mut held = self.held();
        self.check(&mut held, by, now)?;
        held.insert(Digest::of(handle.as_bytes()), Started { by, ends, flow });
        Ok(())
    }

    /// The sign-in with this secret name, whether or not its time is up.
    pub fn find(&self, handle: &str) -> Option<T> {
        self.held().get(&Digest::of(handle.as_bytes())).map(|started| started.flow.clone())
    }

    /// Takes out the sign-in with this secret name, so that nobody else gets it: if it is in time and passes the test.
    pub fn take<R>(&self, handle: &str, now: Timestamp, test: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        let name = Digest::of(handle.as_bytes());
        let mut held = self.held();
        let passed = held.get(&name).filter(|started| started.ends > now).and_then(|known| test(&known.flow));
        if passed.is_some() {
            held.remove(&name);
        }
        passed
    }

    /// Forgets a sign-in.
    pub fn forget(&self, handle: &str) {
        self.held().remove(&Digest::of(handle.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn nobody_fills_the_place_of_all() {
        let (now, ends) = (at("2026-11-23T10:00:00Z"), at("2026-11-23T10:10:00Z"));
        let flows = InProgress::new(2);
        let by = Some("192.0.2.7".parse().unwrap());
        assert_eq!(flows.add("a", (by, ends), 1, now), Ok(()));
        assert_eq!(flows.add("b", (by, ends), 2, now), Ok(()));
        assert_eq!((flows.check_room(by, now), flows.add("c", (by, ends), 3, now)), (Err(Full), Err(Full)));
        assert_eq!(flows.check_room(Some("192.0.2.8".parse().unwrap()), now), Ok(()));
        assert_eq!(flows.check_room(by, ends), Ok(()), "they are over");
        // Callers whose addresses are not known have the places of all together.
        let flows = InProgress::new(2);
        let added = (0..2_000).filter(|n| flows.add(&n.to_string(), (None, ends), *n, now).is_ok()).count();
        assert_eq!(added, MAX);
    }

    #[test]
    fn it_is_taken_once_and_in_time() {
        let (now, ends) = (at("2026-11-23T10:00:00Z"), at("2026-11-23T10:10:00Z"));
        let flows = InProgress::new(2);
        flows.add("a", (None, ends), 1, now).unwrap();
        assert_eq!(flows.take("b", now, |flow| Some(*flow)), None);
        assert_eq!(flows.take("a", ends, |flow| Some(*flow)), None, "its time is up");
        assert_eq!(flows.take("a", now, |flow| (*flow == 2).then_some(*flow)), None);
        assert_eq!(flows.take("a", now, |flow| Some(*flow)), Some(1), "what does not pass takes nothing");
        assert_eq!(flows.take("a", now, |flow| Some(*flow)), None);
    }
}
