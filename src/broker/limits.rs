//! Rate limits: a token bucket for each person, and for each address of unauthenticated calls, in memory, on the
//! broker's clock.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::net::Ipv6Addr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;

/// The most remembered callers. Callers with a full bucket are dropped first.
const REMEMBERED: usize = 20_000;

/// The rate of one caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls at once.
    pub burst: u32,
    /// Calls per minute in the long run.
    pub per_minute: u32,
}

/// The limits for callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failed logins, per address.
    pub login: Rate,
    /// Calls with a session or a valid signature, per person.
    pub person: Rate,
    /// Unauthenticated calls, per address.
    pub address: Rate,
    /// The most callers that wait for changes at once, in all.
    pub waiters: usize,
    /// The most connections at once, if the process may open as many files. One address may have an eighth of them.
    pub connections: usize,
    /// How long a caller may take to receive one answer.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            login: Rate { burst: 30, per_minute: 30 },
            person: Rate { burst: 120, per_minute: 600 },
            address: Rate { burst: 600, per_minute: 6_000 },
            waiters: 5_000,
            connections: 10_000,
            answer: Duration::from_secs(30),
        }
    }
}

struct Bucket {
    /// Tokens, in millionths.
    level: u64,
    at: Timestamp,
}

/// The address that limits use: a 64-bit IPv6 network is one caller, because a single machine can use all of it.
pub fn limited_as(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

/// Buckets for one kind of caller.
pub struct Buckets<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

const TOKEN: u64 = 1_000_000;

impl<K: Eq + Hash> Buckets<K> {
    /// Makes buckets for this rate.
    pub fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::default() }
    }

    /// Takes one token. The error is the seconds until the next token.
    pub fn take(&self, caller: K, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(&caller) {
            buckets.retain(|_, bucket| self.filled(bucket, now) < self.full());
            if buckets.len() >= REMEMBERED {
                return Err(60);
            }
        }
        let full = self.full();
        let bucket = buckets.entry(caller).or_insert(Bucket { level: full, at: now });
        let level = self.filled(bucket, now);
        // If the clock was set back, the bucket refills from the new time, and this call adds no tokens.
        *bucket = Bucket { level, at: now };
        if level < TOKEN {
            return Err((TOKEN - level).div_ceil(self.per_second().max(1)).max(1));
        }
        bucket.level = level - TOKEN;
        Ok(())
    }

    fn full(&self) -> u64 {
        u64::from(self.rate.burst) * TOKEN
    }

    fn per_second(&self) -> u64 {
        u64::from(self.rate.per_minute) * TOKEN / 60
    }

    fn filled(&self, bucket: &Bucket, now: Timestamp) -> u64 {
        let seconds = u64::try_from(now.as_second() - bucket.at.as_second()).unwrap_or(0);
        bucket.level.saturating_add(seconds.saturating_mul(self.per_second())).min(self.full())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_callers_is_remembered_within_bounds() {
        let start: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let buckets = Buckets::new(Rate { burst: 30, per_minute: 30 });
        let many = REMEMBERED * 2;
        let passed = (0..many).filter(|caller| buckets.take(*caller, start).is_ok()).count();
        assert_eq!(passed, REMEMBERED, "newcomers wait; nobody who is known is forgotten");
        assert_eq!(buckets.take(many, start), Err(60));
        assert_eq!(buckets.take(0, start), Ok(()), "a known caller goes on");
        // A minute later the buckets are full again, so they make room for others.
        let later = start + jiff::SignedDuration::from_secs(60);
        assert_eq!(buckets.take(many, later), Ok(()));
        assert_eq!(buckets.buckets.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_burst_passes_then_a_trickle() {
        let start: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let buckets = Buckets::new(Rate { burst: 3, per_minute: 30 });
        let passed = (0..10).filter(|_| buckets.take("ana", start).is_ok()).count();
        assert_eq!(passed, 3);
        assert_eq!(buckets.take("ana", start), Err(2));
        assert_eq!(buckets.take("bo", start), Ok(()));
        let later = start + jiff::SignedDuration::from_secs(2);
        assert_eq!(buckets.take("ana", later), Ok(()));
        assert!(buckets.take("ana", later).is_err());
        assert!(buckets.take("ana", start).is_err(), "a clock that jumps back fills nothing");
    }
}
