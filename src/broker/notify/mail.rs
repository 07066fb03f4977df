//! Notices by mail.

use super::TRY;
use super::secrets;
use super::words::Words;
use crate::broker::shared::Shared;
use crate::broker::store::Notice;
use crate::grant::Digest;
use crate::policy::Mail;
use crate::policy::MailDoor;
use crate::system::mail::Door;
use crate::system::mail::Letter;

/// Sends the words as one plain-text mail to every address. The notice's id is the mail's id, so that a retry is
/// recognisable.
pub(super) async fn send(shared: &Shared, mail: &Mail, notice: &Notice, words: &Words) -> Result<(), String> {
    let login = match &mail.login {
        Some((user, source)) => {
            Some((user.clone(), secrets::read(shared, source, "the mail server's password")?))
        }
        None => None,
    };
    let place = Digest::of(notice.place.as_bytes()).request_id();
    let domain = mail.from.rsplit('@').next().unwrap_or_default();
    let letter = Letter {
        host: mail.host.clone(),
        port: mail.port,
        door: match mail.door {
            MailDoor::Tls => Door::Tls,
            MailDoor::StartTls => Door::StartTls,
            MailDoor::Plain => Door::Plain,
        },
        login,
        id: format!("<jit.{}.{}.{place}@{domain}>", notice.request.request_id(), notice.event),
        date: shared.system.clock.now(),
        from: mail.from.clone(),
        to: mail.to.clone(),
        subject: format!("jit: {}", words.title),
        body: format!("{}\n\n{}\n", words.title, words.body()),
    };
    shared.system.mail.send(&letter, TRY).await.map_err(|error| error.to_string())
}
