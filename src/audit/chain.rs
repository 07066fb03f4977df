//! Chains events: each hash covers the hash before it, and a key kept outside the database authenticates each hash.

use aws_lc_rs::digest::Context;
use aws_lc_rs::digest::SHA256;
use aws_lc_rs::hmac;

use super::Event;
use super::Head;

/// Domain separator: keeps these hashes apart from every other use of SHA-256.
const DOMAIN: &[u8] = b"jit.event.v1\0";

/// Why the log cannot be trusted. The authority refuses every call until an operator has looked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// An event's HMAC does not verify: it was not written with this log key.
    #[error("event {0} was not written by this broker, or was changed afterwards")]
    Forged(u64),
    /// An event does not follow the one before it.
    #[error("event {0} does not follow the one before it: an event was removed, inserted or moved")]
    Broken(u64),
    /// The bytes of an event do not parse.
    #[error("event {0} is damaged")]
    Damaged(u64),
    /// An event is this broker's own, and of a form that this version does not know.
    #[error(
        "event {0} was made by a newer jit, which knows more kinds of events: update jit, nothing is lost"
    )]
    Newer(u64),
    /// The log does not contain the newest event that the broker has acknowledged.
    #[error(
        "the log ends before event {0}, or has another event in its place: the database is older than the key folder"
    )]
    Truncated(u64),
    /// The stored events of a request are not the ones that this broker wrote for it.
    #[error("the events of request {0} are not all there")]
    Incomplete(String),
}

/// The key that authenticates events. It lives in the key folder, never in the database.
pub struct LogKey(hmac::Key);

impl LogKey {
    /// Makes a key from 32 bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }
}

/// One event as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number. The body repeats it, and the body is authoritative.
    pub sequence: u64,
    /// The hash of the previous event. Zeros for the first event.
    pub previous: [u8; 32],
    /// The event's canonical bytes.
    pub body: Vec<u8>,
    /// SHA-256 over the domain, `previous` and `body`.
    pub hash: [u8; 32],
    /// HMAC-SHA256 over `hash` with the log key.
    pub authentication: [u8; 32],
}

impl Link {
    /// Makes the link that appends an event to the head of the log.
    pub fn forge(key: &LogKey, head: &Head, event: &Event) -> Result<Self, serde_json::Error> {
        let body = event.body()?;
        let hash = hash(&head.hash, &body);
        Ok(Self {
            sequence: event.sequence,
            previous: head.hash,
            hash,
            authentication: array(hmac::sign(&key.0, &hash).as_ref()),
            body,
        })
    }

    /// Verifies this event alone: hash, HMAC, format and number.
    pub fn verify(&self, key: &LogKey) -> Result<Event, ChainError> {
        if hash(&self.previous, &self.body) != self.hash
            || hmac::verify(&key.0, &self.hash, &self.authentication).is_err()
        {
            return Err(ChainError::Forged(self.sequence));
        }
        // The log key has vouched for the bytes: JSON that is no event of ours is one of a newer version's.
        let event = Event::parse(&self.body).ok_or_else(|| {
            let is_json =
                serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&self.body).is_ok();
            if is_json { ChainError::Newer(self.sequence) } else { ChainError::Damaged(self.sequence) }
        })?;
        if event.sequence == self.sequence { Ok(event) } else { Err(ChainError::Broken(self.sequence)) }
    }

    /// Verifies this event, and that it follows `head` directly.
    pub fn follow(&self, key: &LogKey, head: &Head) -> Result<Event, ChainError> {
        if self.sequence != head.sequence + 1 || self.previous != head.hash {
            return Err(ChainError::Broken(self.sequence));
        }
        self.verify(key)
    }

    /// The head of a log whose newest event is this one.
    pub fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: self.hash }
    }
}

/// Extends the running hash over the events of one request, so that no event can be left out or replaced.
pub fn extend_trace(trace: &[u8; 32], event: &[u8; 32]) -> [u8; 32] {
    hash(trace, event)
}

/// The hash of an event: SHA-256 over the domain, the previous hash and the canonical bytes. It takes no key.
pub fn hash(previous: &[u8; 32], body: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(DOMAIN);
    context.update(previous);
    context.update(body);
    array(context.finish().as_ref())
}

fn array(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Subject;
    use crate::grant::Digest;
    use proptest::prelude::*;

    fn key() -> LogKey {
        LogKey::new(&[7; 32])
    }

    fn log(length: u64) -> Vec<Link> {
        let mut head = Head::default();
        (1..=length)
            .map(|sequence| {
                let event = Event {
                    sequence,
                    at: "2026-11-23T10:00:00Z".parse().unwrap(),
                    policy: Digest::of(b"policy"),
                    source: None,
                    subject: Subject::Policy { revision: Digest::of(&sequence.to_be_bytes()), commit: None },
                };
                let link = Link::forge(&key(), &head, &event).unwrap();
                head = link.head();
                link
            })
            .collect()
    }

    /// Does what a start does: verifies the whole chain, then that it contains the head that was kept elsewhere.
    fn accepts(links: &[Link], kept: &Head) -> bool {
        let mut head = Head::default();
        let mut seen = kept.sequence == 0;
        for link in links {
            if link.follow(&key(), &head).is_err() {
                return false;
            }
            head = link.head();
            seen |= head == *kept;
        }
        seen
    }

    #[test]
    fn a_whole_log_is_accepted_and_so_is_one_that_is_ahead_of_its_head() {
        let links = log(9);
        assert!(accepts(&links, &links[8].head()));
        assert!(accepts(&links, &links[6].head()));
        assert!(!accepts(&links, &Head { sequence: 10, hash: [0; 32] }));
    }

    #[test]
    fn another_key_is_noticed() {
        let other = LogKey::new(&[8; 32]);
        assert_eq!(log(1)[0].verify(&other), Err(ChainError::Forged(1)));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_noticed(which in 0_usize..6, place in any::<prop::sample::Index>(), bit in 0_u8..8, part in 0_usize..5) {
            let mut links = log(6);
            let kept = links[5].head();
            let link = &mut links[which];
            match part {
                0 => { let at = place.index(link.body.len()); link.body[at] ^= 1 << bit; }
                1 => link.previous[place.index(32)] ^= 1 << bit,
                2 => link.hash[place.index(32)] ^= 1 << bit,
                3 => link.authentication[place.index(32)] ^= 1 << bit,
                _ => link.sequence ^= 1 << bit,
            }
            prop_assert!(!accepts(&links, &kept));
        }

        #[test]
        fn deleting_inserting_swapping_and_cutting_are_noticed(first in 0_usize..6, second in 0_usize..6, how in 0_usize..4) {
            let mut links = log(6);
            let kept = links[5].head();
            match how {
                0 => { links.remove(first); }
                1 => { let copy = links[first].clone(); links.insert(second, copy); }
                2 => { prop_assume!(first != second); links.swap(first, second); }
                _ => links.truncate(first),
            }
            prop_assert!(!accepts(&links, &kept));
        }

        #[test]
        fn renumbering_is_noticed(from in 0_usize..6) {
            let mut links = log(6);
            let kept = links[5].head();
            links.remove(from);
            for (index, link) in links.iter_mut().enumerate() {
                link.sequence = u64::try_from(index).unwrap() + 1;
            }
            prop_assert!(!accepts(&links, &kept));
        }
    }
}
