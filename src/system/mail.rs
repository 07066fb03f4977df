//! Outgoing mail: one plain letter, over TLS unless the server is this machine.

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

/// How to reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything else is sent. A server that does not offer it gets nothing.
    StartTls,
    /// Without TLS; for this machine only.
    Plain,
}

/// A letter and its mail server.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The server's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How to connect.
    pub door: Door,
    /// The account and the password.
    pub login: Option<(String, Secret<String>)>,
    /// The letter's id, `<…@…>`. It is the same for every retry.
    pub id: String,
    /// When it was written.
    pub date: Timestamp,
    /// The sender's address.
    pub from: String,
    /// The recipients' addresses.
    pub to: Vec<String>,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Why a letter was not accepted. The message contains only the code of the server's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The letter cannot be composed.
    #[error("the letter cannot be written: {0}")]
    Letter(String),
    /// The server refused.
    #[error("{host} refused it{}", .code.map(|code| format!(" with code {code}")).unwrap_or_default())]
    Refused {
        /// The server.
        host: String,
        /// Its code (RFC 5321 §4.2).
        code: Option<u16>,
    },
    /// The server cannot be reached, or TLS failed.
    #[error("cannot talk to {host}")]
    Unreachable {
        /// The server.
        host: String,
    },
    /// It took too long.
    #[error("{0} did not answer in time")]
    TimeOut(String),
}

/// Sends mail.
#[async_trait]
pub trait Mail: Send + Sync {
    /// Sends one letter to its server, within the limit.
    async fn send(&self, letter: &Letter, limit: Duration) -> Result<(), MailError>;
}

/// Real servers.
pub struct Smtp;

pub(super) fn write(letter: &Letter) -> Result<Message, MailError> {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;

    use tokio::io::AsyncBufReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::io::BufReader;
    use tokio::net::TcpListener;

    use super::*;

    /// A server that accepts everything but one verb, and records what it receives.
    async fn server(refuses: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                let mut in_letter = false;
                write.write_all(b"220 ready\r\n").await.unwrap();
                while let Ok(Some(line)) = lines.next_line().await {
                    let verb = line.split([' ', ':']).next().unwrap_or_default().to_owned();
                    keep.lock().unwrap().push(line.clone());
                    let answer = match verb.as_str() {
                        "." => {
                            in_letter = false;
                            "250 taken"
                        }
                        _ if in_letter => continue,
                        verb if verb == refuses => "550 no such person here \u{1b}[2J",
                        "DATA" => {
                            in_letter = true;
                            "354 go on"
                        }
                        "QUIT" => "221 bye",
                        _ => "250 ok",
                    };
                    write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
                }
            }
        });
        (port, heard)
    }

    fn letter(port: u16, door: Door) -> Letter {
        Letter {
            host: "127.0.0.1".to_owned(),
            port,
            door,
            login: None,
            id: "<jit.1@example.com>".to_owned(),
            date: "2026-11-23T12:00:00Z".parse().unwrap(),
            from: "jit@example.com".to_owned(),
            to: vec!["oncall@example.com".to_owned()],
            subject: "jit: ana asks\r\nBcc: evil@example.com".to_owned(),
            body: "reason: é <b>now</b> <img src=x>\n.\nContent-Type: text/html\nthe end\n".to_owned(),
        }
    }

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn a_letter_arrives_whole_and_no_line_of_it_becomes_a_command_or_a_header() {
        let (port, heard) = server("none").await;
        Smtp.send(&letter(port, Door::Plain), LIMIT).await.unwrap();
        let heard = heard.lock().unwrap().clone();
        let has = |line: &str| heard.iter().any(|heard| heard == line);
        assert!(has("MAIL FROM:<jit@example.com>") && has("RCPT TO:<oncall@example.com>"), "{heard:?}");
        assert!(has("Message-ID: <jit.1@example.com>") && has("Date: Mon, 23 Nov 2026 12:00:00 +0000"));
        assert!(!heard.iter().any(|line| line.starts_with("Bcc")), "{heard:?}");
        assert_eq!(heard.iter().filter(|line| line.as_str() == ".").count(), 1, "{heard:?}");
        // No mail program reads HTML in it: the head says plain text, and what looks like a header is in the body.
        let head = heard.iter().map(String::as_str).take_while(|line| !line.is_empty());
        let types: Vec<&str> = head.filter(|line| line.starts_with("Content-Type")).collect();
        assert_eq!(types, ["Content-Type: text/plain; charset=utf-8"], "{heard:?}");
    }

    #[tokio::test]
    async fn a_server_that_refuses_is_named_with_its_code_and_not_quoted() {
        let (port, _) = server("RCPT").await;
        let error = Smtp.send(&letter(port, Door::Plain), LIMIT).await.unwrap_err();
        assert_eq!(error.to_string(), "127.0.0.1 refused it with code 550");
    }

    #[tokio::test]
    async fn without_tls_nothing_is_said() {
        for door in [Door::StartTls, Door::Tls] {
            let (port, heard) = server("none").await;
            assert!(Smtp.send(&letter(port, door), Duration::from_millis(500)).await.is_err());
            assert!(!heard.lock().unwrap().iter().any(|line| line.contains("jit")), "{door:?}");
        }
    }
}
