//! One-time codes. A terminal with a session gets one, its owner types it into the page, and the terminal asks whether the
//! browser that entered it may come in.
//!
//! The code goes from the terminal to the page and not the other way. A code that the page shows could be an attacker's
//! page: typing it into a terminal would sign the attacker's browser in.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;
use tokio::sync::watch;

use super::browser::Browser;
use crate::grant::Digest;
use crate::grant::span::Span;
use crate::system::Entropy;

/// How long a code is valid.
pub const VALID: Span = Span::of_minutes(10);
/// The letters of a code: without vowels, so that it is no word, and without look-alikes (RFC 8628, 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// The length of a code: 34 bits, for ten minutes, behind the terminal's question.
const LENGTH: usize = 8;

/// The state of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// No browser has entered it.
    Waiting,
    /// A browser has entered it and waits for the terminal's answer.
    Entered(Browser),
    /// The terminal lets that browser in.
    Allowed,
    /// The terminal does not, or the code is over.
    Refused,
}

/// A code.
pub struct Issued {
    /// The letters, without a hyphen.
    pub code: String,
    /// The SHA-256 of the token of the session that asked for it.
    pub session: Digest,
    /// When it expires.
    pub expires: Timestamp,
    /// Its state.
    pub phase: watch::Sender<Phase>,
}

/// The codes, one for each session.
#[derive(Default)]
pub struct Codes(Mutex<HashMap<Digest, Arc<Issued>>>);

impl Codes {
    fn held(&self) -> MutexGuard<'_, HashMap<Digest, Arc<Issued>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Issues a code to a session. It replaces the session's earlier one.
    pub fn issue(&self, session: Digest, entropy: &dyn Entropy, now: Timestamp) -> Arc<Issued> {
        let mut held = self.held();
        held.retain(|_, code| code.expires > now);
        let mut code = random_code(entropy);
        while held.values().any(|other| other.code == code) {
            code = random_code(entropy);
        }
        let phase = watch::channel(Phase::Waiting).0;
        let issued = Arc::new(Issued { code, session, expires: VALID.after(now), phase });
        if let Some(earlier) = held.insert(session, Arc::clone(&issued)) {
            earlier.phase.send_replace(Phase::Refused);
        }
        issued
    }

    /// The code of a session, if it has one.
    pub fn of(&self, session: &Digest, now: Timestamp) -> Option<Arc<Issued>> {
        self.held().get(session).filter(|code| code.expires > now).map(Arc::clone)
    }

    /// Enters a code for a browser. Each code is entered once. `None` if there is no such code, it has expired, or another
    /// browser has entered it.
    pub fn enter(&self, typed: &str, browser: Browser, now: Timestamp) -> Option<Arc<Issued>> {
        let typed = spell(typed)?;
        let held = self.held();
        let found = held.values().find(|issued| issued.code == typed && issued.expires > now)?;
        let was_waiting = found.phase.send_if_modified(|phase| {
            let is_waiting = *phase == Phase::Waiting;
            if is_waiting {
                *phase = Phase::Entered(browser);
            }
            is_waiting
        });
        was_waiting.then(|| Arc::clone(found))
    }

    /// Takes the terminal's answer about the browser with this id. Returns false if that browser does not wait.
    pub fn answer(&self, session: &Digest, browser: &str, allow: bool, now: Timestamp) -> bool {
        let Some(issued) = self.of(session, now) else { return false };
        issued.phase.send_if_modified(|phase| {
            let fits = matches!(phase, Phase::Entered(entered) if entered.id == browser);
            if fits {
                *phase = if allow { Phase::Allowed } else { Phase::Refused };
            }
            fits
        })
    }

    /// Ends a code, whatever its state.
    pub fn end(&self, issued: &Arc<Issued>) {
        issued.phase.send_replace(Phase::Refused);
        let mut held = self.held();
        if held.get(&issued.session).is_some_and(|current| Arc::ptr_eq(current, issued)) {
            held.remove(&issued.session);
        }
    }
}

impl Issued {
    /// The code as people read it: `BCDF-GHJK`.
    pub fn spelled(&self) -> String {
        let (first, second) = self.code.split_at(self.code.len() / 2);
        format!("{first}-{second}")
    }
}

/// A random code. A byte beyond the largest multiple of twenty is drawn again, so that all letters are equally likely.
fn random_code(entropy: &dyn Entropy) -> String {
    let mut code = String::new();
    while code.len() < LENGTH {
        for byte in entropy.seed().into_iter().filter(|byte| *byte < 240).take(LENGTH - code.len()) {
            code.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        }
    }
    code
}

/// A typed code in its canonical spelling. `None` if it cannot be one.
fn spell(typed: &str) -> Option<String> {
    let letters = typed.chars().filter(|letter| !matches!(letter, '-' | ' '));
    let code: String = letters.map(|letter| letter.to_ascii_uppercase()).take(LENGTH + 1).collect();
    let fits = code.len() == LENGTH && code.bytes().all(|letter| LETTERS.contains(&letter));
    fits.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::entropy::OsEntropy;

    fn browser(id: &str) -> Browser {
        Browser { id: id.to_owned(), address: None, agent: String::new() }
    }

    #[test]
    fn a_code_is_entered_once_and_in_time() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let codes = Codes::default();
        let session = Digest::of(b"session");
        let issued = codes.issue(session, &OsEntropy, now);
        let typed = issued.spelled().to_ascii_lowercase();
        assert!(codes.enter("BCDF-GHJ", browser("x"), now).is_none());
        assert!(codes.enter("", browser("x"), now).is_none());
        assert!(codes.enter(&typed, browser("late"), VALID.after(now)).is_none());
        assert!(codes.enter(&typed, browser("first"), now).is_some());
        assert!(codes.enter(&typed, browser("second"), now).is_none());
        assert!(!codes.answer(&session, "second", true, now));
        assert!(!codes.answer(&Digest::of(b"other"), "first", true, now));
        assert!(codes.answer(&session, "first", true, now));
        assert_eq!(*issued.phase.borrow(), Phase::Allowed);
        assert!(!codes.answer(&session, "first", false, now));
        codes.end(&issued);
        assert!(codes.of(&session, now).is_none());
    }

    #[test]
    fn a_new_code_ends_the_one_before() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let codes = Codes::default();
        let session = Digest::of(b"session");
        let first = codes.issue(session, &OsEntropy, now);
        let second = codes.issue(session, &OsEntropy, now);
        assert!(codes.enter(&first.code, browser("x"), now).is_none());
        assert!(codes.enter(&second.code, browser("x"), now).is_some());
    }
}
