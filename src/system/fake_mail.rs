//! Stands in for a mail server: letters are only kept.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;

use super::Mail;
use super::mail::Letter;
use super::mail::MailError;
use super::mail::write;

/// Letters that are only kept.
#[derive(Default)]
pub struct FakeMail {
    /// Every letter that was handed in.
    pub sent: Mutex<Vec<Letter>>,
    /// How the next ones fail.
    pub fails: Mutex<Vec<MailError>>,
}

#[async_trait]
impl Mail for FakeMail {
    async fn send(&self, letter: &Letter, _limit: Duration) -> Result<(), MailError> {
        // What cannot be written cannot be sent, here either.
        write(letter)?;
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(letter.clone());
        self.fails.lock().unwrap_or_else(PoisonError::into_inner).pop().map_or(Ok(()), Err)
    }
}
