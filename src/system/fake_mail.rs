//! Stands in for a mail server: letters are only kept.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;

use super::Mail;
use super::mail::Letter;
use super::mail::MailError;
use super::mail::write;

/// Letters that are only recorded.
#[derive(Default)]
pub struct FakeMail {
    /// Every letter that was sent.
    pub sent: Mutex<Vec<Letter>>,
    /// The errors of the next letters.
    pub fails: Mutex<Vec<MailError>>,
}

#[async_trait]
impl Mail for FakeMail {
    async fn send(&self, letter: &Letter, _limit: Duration) -> Result<(), MailError> {
        // A letter that cannot be composed fails here too.
        write(letter)?;
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
        self.fails.lock().unwrap_or_else(PoisonError::into_inner).pop().map_or(Ok(()), Err)
    }
}
