//! Notices by mail.

use super::TRY;
use super::secrets;
use super::words::Words;
use crate::broker::shared::Shared;
use crate::grant::Digest;
use crate::policy::Mail;
use crate::policy::MailDoor;
use crate::system::mail::Door;
use crate::system::mail::Letter;

/// Sends the words as one plain-text mail to every address. `mark` names the notice, so that a retry has the same id.
pub(super) async fn send(shared: &Shared, mail: &Mail, mark: &str, words: &Words) -> Result<(), String> {
    let server = &mail.server;
    let login = match &server.login {
        Some((user, source)) => {
            Some((user.clone(), secrets::read(shared, source, "the mail server's password")?))
        }
        None => None,
    };
    let place = Digest::of(mail.to.join(" ").as_bytes()).request_id();
    let domain = server.from.rsplit('@').next().unwrap_or_default();
    let letter = Letter {
        host: server.host.clone(),
        port: server.port,
        door: match server.door {
            MailDoor::Tls => Door::Tls,
            MailDoor::StartTls => Door::StartTls,
            MailDoor::Plain => Door::Plain,
        },
        login,
        id: format!("<jit.{mark}.{place}@{domain}>"),
        date: shared.system.clock.now(),
        from: server.from.clone(),
        to: mail.to.clone(),
        subject: format!("jit: {}", words.title),
        body: format!("{}\n\n{}\n", words.title, words.body()),
    };
    shared.system.mail.send(&letter, TRY).await.map_err(|error| error.to_string())
}
