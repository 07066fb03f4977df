//! Starts from a database that is older than the head in the key folder. The operator accepts this by naming the exact
//! event at which the database ends.
//!
//! The lost events may include a denial, an end or a revocation. Therefore the transaction that records the gap revokes
//! every open request, every session ends, and for a day no condition approves anything.

use std::path::Path;

use jiff::Timestamp;

use super::LedgerError;
use crate::audit::Event;
use crate::audit::Head;
use crate::audit::HeadFile;
use crate::audit::Index;
use crate::audit::Link;
use crate::audit::LogKey;
use crate::audit::Subject;
use crate::broker::store::Row;
use crate::broker::store::Store;
use crate::grant::Change;
use crate::grant::Digest;

/// The readable part of the log, and its expected end.
pub(super) struct Gap<'a> {
    /// The index of the database's events.
    pub(super) index: &'a mut Index,
    /// The newest acknowledged event. `None` if the key folder does not know it.
    pub(super) lost: Option<Head>,
    /// The clock's time.
    pub(super) now: Timestamp,
}

impl Gap<'_> {
    /// Records the gap and everything that it ends in one transaction, and moves the head to the log's new end.
    pub(super) async fn accept(
        self,
        store: &dyn Store,
        key: &LogKey,
        head: &Path,
    ) -> Result<HeadFile, LedgerError> {
        let Self { index, lost, now } = self;
        let ends = index.head();
        let at = index.newest().map_or(now, |newest| newest.max(now));
        let policy = index.revision().unwrap_or_else(|| Digest::of(b""));
        let mut subjects = vec![Subject::GapAccepted {
            lost: lost.map(|lost| lost.sequence),
            hash: lost.map(|lost| Digest::from(lost.hash)),
        }];
        let mut open: Vec<_> = index.all_open().collect();
        // Extensions come after the requests that they extend, otherwise in order of arrival.
        open.sort_by_key(|open| (open.taken, open.digest));
        let reason = format!("the broker's log lost what happened after event {}; ask again", ends.sequence);
        subjects.extend(open.into_iter().map(|open| Subject::Request {
            request: open.digest,
            change: Change::Revoked { by: None, reason: reason.clone(), signed: None },
        }));
        let mut rows = Vec::new();
        let mut tip = ends;
        for subject in subjects {
            let request = subject.request().copied();
            let event = Event { sequence: tip.sequence + 1, at, policy, source: None, subject };
            let link = Link::forge(key, &tip, &event).map_err(|_| LedgerError::Closed)?;
            tip = link.head();
            index.take(&link, &event)?;
            rows.push(Row { link, request });
        }
        store.append(&rows, &[]).await?;
        Ok(HeadFile::replace(head, &tip)?)
    }
}
