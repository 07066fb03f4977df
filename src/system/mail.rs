//! Mail out: one plain letter, over TLS unless the server is this machine.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;

use async_trait::async_trait;
use jiff::Timestamp;
use lettre::AsyncSmtpTransport;
use lettre::AsyncTransport;
use lettre::Message;
use lettre::Tokio1Executor;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;

use crate::secret::Secret;

/// How the server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything is said; a server that does not offer it gets nothing.
    StartTls,
    /// Plain; for this machine only.
    Plain,
}

/// A letter and the server that takes it.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The server's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is reached.
    pub door: Door,
    /// Whom to log in as, and the password.
    pub login: Option<(String, Secret<String>)>,
    /// The letter's id, `<…@…>`: the same at every try.
    pub id: String,
    /// When it was written.
    pub date: Timestamp,
    /// The sender's address.
    pub from: String,
    /// The addresses that get it.
    pub to: Vec<String>,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub body: String,
}

/// Why a letter was not taken. Nothing that the server said is part of the message but its code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The letter cannot be written.
    #[error("the letter cannot be written: {0}")]
    Letter(String),
    /// The server refused.
    #[error("{host} refused it{}", .code.map(|code| format!(" with code {code}")).unwrap_or_default())]
    Refused {
        /// Which server.
        host: String,
        /// Its code (RFC 5321 §4.2).
        code: Option<u16>,
    },
    /// The server cannot be reached, or TLS failed.
    #[error("cannot talk to {host}")]
    Unreachable {
        /// Which server.
        host: String,
    },
    /// It took too long.
    #[error("{0} did not answer in time")]
    TimeOut(String),
}

/// Sends mail.
#[async_trait]
pub trait Mail: Send + Sync {
    /// Hands one letter to its server, within the limit.
    async fn send(&self, letter: &Letter, limit: Duration) -> Result<(), MailError>;
}

/// Real servers.
pub struct Smtp;

fn write(letter: &Letter) -> Result<Message, MailError> {
    let wrong = |error: &dyn std::fmt::Display| MailError::Letter(error.to_string());
    let seconds = u64::try_from(letter.date.as_second()).unwrap_or_default();
    let mut builder = Message::builder()
        .message_id(Some(letter.id.clone()))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
        .from(letter.from.parse().map_err(|error: lettre::address::AddressError| wrong(&error))?)
        .subject(letter.subject.clone());
    for to in &letter.to {
        builder = builder.to(to.parse().map_err(|error: lettre::address::AddressError| wrong(&error))?);
    }
    builder.header(ContentType::TEXT_PLAIN).body(letter.body.clone()).map_err(|error| wrong(&error))
}

fn explain(host: &str, error: &lettre::transport::smtp::Error) -> MailError {
    let host = host.to_owned();
    if error.is_timeout() {
        MailError::TimeOut(host)
    } else if error.is_permanent() || error.is_transient() {
        MailError::Refused { host, code: error.status().map(u16::from) }
    } else {
        MailError::Unreachable { host }
    }
}

#[async_trait]
impl Mail for Smtp {
    async fn send(&self, letter: &Letter, limit: Duration) -> Result<(), MailError> {
        type Transport = AsyncSmtpTransport<Tokio1Executor>;
        let message = write(letter)?;
        let failed = |error| explain(&letter.host, &error);
        let builder = match letter.door {
            Door::Tls => Transport::relay(&letter.host).map_err(failed)?,
            Door::StartTls => Transport::starttls_relay(&letter.host).map_err(failed)?,
            Door::Plain => Transport::builder_dangerous(&letter.host),
        };
        let builder = builder.port(letter.port).timeout(Some(limit));
        let builder = match &letter.login {
            Some((user, password)) => {
                builder.credentials(Credentials::new(user.clone(), password.expose().clone()))
            }
            None => builder,
        };
        let sending = builder.build();
        match tokio::time::timeout(limit, sending.send(message)).await {
            Ok(outcome) => outcome.map(|_| ()).map_err(failed),
            Err(_) => Err(MailError::TimeOut(letter.host.clone())),
        }
    }
}

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
