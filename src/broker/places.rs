//! Slots for connections: a limit in all, and a limit for one address.
//!
//! When all slots are taken, a new connection displaces the oldest one that is not working for somebody with a session.
//! Silent callers therefore displace each other, and never a person who waits for an approval or for credentials.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

/// The slots of one broker.
pub struct Places {
    most: usize,
    most_of_one: usize,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    next: u64,
    /// All connections, oldest first.
    all: BTreeMap<u64, Connection>,
    of_one: HashMap<IpAddr, usize>,
}

struct Connection {
    address: Option<IpAddr>,
    work: Work,
    /// Tells the connection to close.
    leave: Option<oneshot::Sender<()>>,
}

/// The number of calls in progress on one connection from people with a session.
#[derive(Clone, Default)]
pub struct Work(Arc<AtomicUsize>);

impl Work {
    /// Begins a call, which ends when the returned guard is dropped.
    pub fn begin(&self) -> Working {
        self.0.fetch_add(1, Ordering::AcqRel);
        Working(self.clone())
    }

    fn is_under_way(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

/// A call in progress.
pub struct Working(Work);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// One connection's slot, released on drop.
pub struct Place {
    places: Arc<Places>,
    number: u64,
    /// The calls in progress.
    pub work: Work,
    /// Completes when the connection has to make room.
    pub displaced: oneshot::Receiver<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.held().remove(self.number);
    }
}

impl Held {
    fn remove(&mut self, number: u64) {
        let Some(Connection { address: Some(address), .. }) = self.all.remove(&number) else { return };
        if let Some(count) = self.of_one.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.of_one.remove(&address);
            }
        }
    }

    /// Displaces the oldest connection without a call in progress, of one address or of all. `false` if there is none.
    fn displace(&mut self, address: Option<IpAddr>) -> bool {
        let waits = |connection: &&mut Connection| {
            (address.is_none() || connection.address == address) && !connection.work.is_under_way()
        };
        let oldest = self.all.iter_mut().find(|(_, connection)| waits(connection)).map(|(number, _)| *number);
        let Some(number) = oldest else { return false };
        if let Some(leave) = self.all.get_mut(&number).and_then(|connection| connection.leave.take()) {
            let _ = leave.send(());
        }
        // The slot counts as free at once, although the connection takes a moment to close.
        self.remove(number);
        true
    }
}

impl Places {
    /// Makes slots: so many in all and so many for one address.
    pub fn new(most: usize, most_of_one: usize) -> Arc<Self> {
        Arc::new(Self { most, most_of_one, held: Mutex::default() })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a slot for a new connection. An `address` of `None` counts against the total only. Returns `None` if calls
    /// in progress hold all slots that it could use.
    pub fn take(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let mut held = self.held();
        let of_one = address.and_then(|address| held.of_one.get(&address)).copied().unwrap_or(0);
        if of_one >= self.most_of_one && !held.displace(address) {
            return None;
        }
        if held.all.len() >= self.most && !held.displace(None) {
            return None;
        }
        let number = held.next;
        held.next += 1;
        let (leave, displaced) = oneshot::channel();
        let work = Work::default();
        held.all.insert(number, Connection { address, work: work.clone(), leave: Some(leave) });
        if let Some(address) = address {
            *held.of_one.entry(address).or_default() += 1;
        }
        Some(Place { places: Arc::clone(self), number, work, displaced })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn silent_callers_displace_each_other_and_never_one_who_is_served() {
        let places = Places::new(4, 2);
        let mut silent = places.take(address(1)).unwrap();
        let served = places.take(address(1)).unwrap();
        let working = served.work.begin();
        // The third connection of the same address displaces the silent one, although others are older.
        let mut third = places.take(address(1)).unwrap();
        assert!(silent.displaced.try_recv().is_ok());
        drop(silent);
        let other = places.take(address(2)).unwrap();
        let _busy = (other.work.begin(), third.work.begin());
        assert!(places.take(address(1)).is_none(), "both places of this address are worked on");
        let mut proxied = places.take(None).unwrap();
        let _another = places.take(None).unwrap();
        assert!(proxied.displaced.try_recv().is_ok(), "of all the oldest that waits");
        assert!(third.displaced.try_recv().is_err());
        drop(working);
        drop(served);
        assert!(places.take(address(1)).is_some(), "a place that was given back is free");
    }

    #[test]
    fn all_places_come_back() {
        let places = Places::new(3, 3);
        for round in 0..10 {
            let taken: Vec<_> = (0..5).filter_map(|_| places.take(address(round))).collect();
            assert_eq!(taken.len(), 5);
        }
        let held = places.held();
        assert!(held.all.is_empty() && held.of_one.is_empty());
    }
}
