//! A file with one role's token: rewritten after each renewal, and removed when the access ends.

use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::deliver::endpoint::Offer;
use crate::deliver::endpoint::slot::Slot;
use crate::deliver::endpoint::source::Answer;
use crate::grant::Lease;
use crate::system::Clock;
use crate::system::files;

/// How often the end of the access is checked. The access may end between two renewals.
const LOOK: Duration = Duration::from_secs(5);

/// The text of the file for a lease.
pub type Text = fn(&Lease) -> Zeroizing<String>;

/// The files of one command. Dropping it stops the renewals.
pub struct KeptFiles {
    tasks: JoinSet<()>,
    clock: Arc<dyn Clock>,
}

impl KeptFiles {
    /// No files yet.
    pub fn new(clock: &Arc<dyn Clock>) -> Self {
        Self { tasks: JoinSet::new(), clock: Arc::clone(clock) }
    }

    /// Writes a file, and keeps it fresh from then on. Its folder must be private. Returns what is kept. Needs a tokio runtime.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&mut self, offer: Offer, path: PathBuf, text: Text) -> io::Result<Arc<Slot>> {
        files::replace_private(&path, text(&offer.lease).as_bytes())?;
        let number = offer.lease.number;
        let slot = Arc::new(Slot::new(offer.role, offer.lease, offer.source, Arc::clone(&self.clock)));
        let (renewing, kept) = (Arc::clone(&slot), Arc::clone(&slot));
        self.tasks.spawn(async move { renewing.keep_fresh().await });
        let clock = Arc::clone(&self.clock);
        self.tasks.spawn(async move { follow(&slot, &path, (number, text), &*clock).await });
        Ok(kept)
    }
}

async fn follow(slot: &Slot, path: &Path, (mut number, text): (u32, Text), clock: &dyn Clock) {
    let mut attempts = slot.attempts();
    loop {
        match slot.look() {
            Answer::Lease(lease, _) if lease.number != number => {
                if let Err(error) = files::replace_private(path, text(&lease).as_bytes()) {
                    tracing::warn!(%error, "a renewed token cannot be written");
                } else {
                    number = lease.number;
                }
            }
            Answer::Lease(..) | Answer::Unavailable(_) => {}
            Answer::Ended(_) => {
                let _ = std::fs::remove_file(path);
                return;
            }
        }
        tokio::select! {
            changed = attempts.changed() => if changed.is_err() { return },
            () = clock.sleep(LOOK) => {}
        }
    }
}
